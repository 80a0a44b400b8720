"""The daemon of a home: found, told to be in use or not, restarted and stopped by Codex itself.

Its place is taken by a script that listens where the daemon does; the real one is in
tests/real_codex/test_daemon.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import time

import pytest

from profiles import daemon
from profiles.daemon import DaemonStatus
from profiles.errors import CodexFailed
from profiles.model import Process
from tests.support.fake_codex import running_codex, script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.conftest import Box

#: Listens on the home's socket, as the real one through a link into a folder with a short path;
#: answers each byte, and hangs up on who hangs up.
LISTEN = """
import os, socket, sys, threading
control = os.environ["CODEX_HOME"] + "/app-server-control"
real = os.environ["HOME"] + "/socket-of-" + os.path.basename(os.environ["CODEX_HOME"])
os.makedirs(control, exist_ok=True)
os.symlink(real, control + "/app-server-control.sock")
listener = socket.socket(socket.AF_UNIX)
listener.bind(real)
listener.listen()
def serve():
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=[connection], daemon=True).start()
def answer(connection):
    with connection:
        while byte := connection.recv(1):
            connection.sendall(byte)
threading.Thread(target=serve, daemon=True).start()
print("up", flush=True)
sys.stdin.read()
"""

#: A client that writes down how it was run, ends the daemon it was told of, and says `said`.
CLIENT = """
import json, os, signal, sys
asked = dict(args=sys.argv[1:], stdin=sys.stdin.read(), env=dict(os.environ))
with open({log!r}, "w") as file:
    json.dump(asked, file)
{then}
"""


@contextlib.contextmanager
def running_daemon(box: Box, home: str, *words: str) -> Iterator[int]:
    """Run what looks like, and listens like, the daemon of a home."""
    os.makedirs(home, exist_ok=True)
    arguments = words or ("app-server", "--listen", "unix://", "--managed-daemon")
    folder = f"{box.path}/daemon-{os.path.basename(home)}"
    with running_codex(folder, *arguments, text=LISTEN, CODEX_HOME=home) as pid:
        yield pid


def client(box: Box, then: str = "") -> dict[str, str]:
    """Put a client on the PATH and return the environment that finds it."""
    log = f"{box.path}/asked.json"
    script(f"{box.path}/path", CLIENT.format(log=log, then=then))
    return {"PATH": f"{box.path}/path", "HOME": box.home}


def asked(box: Box) -> dict[str, Any]:
    """Return how the client was run."""
    with open(f"{box.path}/asked.json", encoding="utf-8") as file:
        found = json.load(file)
    assert isinstance(found, dict)
    return found


@contextlib.contextmanager
def connected(home: str) -> Iterator[None]:
    """Join the daemon of a home as a screen does, until the daemon has seen us leave."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(os.path.realpath(f"{home}/{daemon.SOCKET}"))
        yield
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""


@contextlib.contextmanager
def typed(text: bytes) -> Iterator[None]:
    """Let our own stdin hold something while the block runs."""
    ours, end = os.dup(0), os.memfd_create("stdin")
    try:
        os.write(end, text)
        os.lseek(end, 0, os.SEEK_SET)
        os.dup2(end, 0)
        yield
    finally:
        os.dup2(ours, 0)
        os.close(ours)
        os.close(end)


def test_daemon_is_found_by_its_home(box: Box) -> None:
    """Only the daemon of this very home is found, not another home's, and not an app-server."""
    other = f"{box.path}/other"
    assert daemon.find(box.codex) is None
    with (
        running_daemon(box, other) as elsewhere,
        running_codex(f"{box.path}/bin", "app-server", CODEX_HOME=box.codex),
    ):
        assert daemon.find(box.codex) is None
        with running_daemon(box, box.codex) as here:
            found = daemon.find(box.codex)
            assert found == DaemonStatus(here, None, attached=False, program=None)
            far = daemon.find(other)
            assert far is not None
            assert far.pid == elsewhere


def test_update_loop_is_no_daemon(box: Box) -> None:
    """The process that `stop` leaves behind, which looks for updates, is not taken for a daemon."""
    with running_daemon(box, box.codex, "app-server", "daemon", "pid-update-loop"):
        assert daemon.find(box.codex) is None


def test_connection_to_the_socket_is_attached(box: Box) -> None:
    """A client makes the daemon attached until it hangs up; another home's client does not."""
    other = f"{box.path}/other"
    with running_daemon(box, box.codex), running_daemon(box, other), connected(other):
        assert not _attached(box.codex)
        with connected(box.codex):
            assert _attached(box.codex)
        assert not _attached(box.codex)


def test_screen_of_the_home_is_attached_where_sockets_cannot_be_seen(box: Box) -> None:
    """Without a view of the sockets a screen that runs with the home counts as attached."""
    processes = [Process(9, "codex app-server", True, box.codex)]
    assert daemon.find(box.codex, processes, proc=box.path) == (9, None, False, None)
    for label, attached in (("codex exec", False), ("codex", True)):
        processes.append(Process(10, label, False, box.codex))
        found = daemon.find(box.codex, processes, proc=box.path)
        assert found is not None
        assert found.attached is attached


def _attached(home: str) -> bool:
    found = daemon.find(home)
    assert found is not None
    return found.attached


IDLE = DaemonStatus(1, None, attached=False, program=None)
IN_USE = DaemonStatus(1, None, attached=True, program=None)


@pytest.mark.parametrize("interactive", [True, False])
@pytest.mark.parametrize(
    ("status", "flag", "config", "asked_if_possible"),
    [
        (None, "restart", "restart", "none"),
        (IDLE, None, None, "restart"),
        (IN_USE, None, None, "ask"),
        (IN_USE, "restart", "leave", "restart"),
        (IDLE, "leave", "restart", "leave"),
        (IN_USE, None, "restart", "restart"),
        (IDLE, None, "leave", "leave"),
        (IDLE, None, "ask", "ask"),
    ],
)
def test_decision_after_a_switch(
    status: DaemonStatus | None,
    flag: str | None,
    config: str | None,
    asked_if_possible: str,
    interactive: bool,
) -> None:
    """The flag beats the config beats the rule: restart unless attached, else ask, else leave."""
    expected = asked_if_possible
    if expected == "ask" and not interactive:
        expected = "leave"
    assert daemon.decide(status, flag, config, interactive=interactive) == expected


@pytest.mark.parametrize("verb", ["restart", "stop"])
def test_codex_is_run_for_the_home_and_without_overriding_credentials(box: Box, verb: str) -> None:
    """The daemon would keep the environment that it is restarted with: no credential is in it."""
    environ = client(box) | {"CODEX_ACCESS_TOKEN": "at-x", "CODEX_API_KEY": "sk-x", "LANG": "C"}
    os.makedirs(f"{box.path}/real")
    os.symlink(f"{box.path}/real", f"{box.path}/link")
    environ["CODEX_HOME"] = "/elsewhere"
    with running_daemon(box, f"{box.path}/real"):
        act = daemon.restart if verb == "restart" else daemon.stop
        with typed(b"what the person types next"):
            assert act(f"{box.path}/link", environ)
    seen = asked(box)
    assert seen["args"] == ["app-server", "daemon", verb]
    assert seen["stdin"] == ""
    assert seen["env"]["CODEX_HOME"] == f"{box.path}/real"
    assert seen["env"]["LANG"] == "C"
    assert not {"CODEX_ACCESS_TOKEN", "CODEX_API_KEY"} & set(seen["env"])


def test_nothing_is_run_without_a_daemon(box: Box) -> None:
    """Codex's own `restart` would install 0.4 GB and start a daemon where none ran."""
    environ = client(box)
    assert not daemon.restart(box.codex, environ)
    assert not daemon.stop(box.codex, environ)
    assert not daemon.stop_if_idle(box.codex, environ)
    assert not os.path.exists(f"{box.path}/asked.json")


def test_failure_says_why_and_what_to_run(box: Box) -> None:
    """The complaint of Codex and the line to run reach the person; its other output does not."""
    then = (
        'print("{secret json}"); print("{\\"event\\":1}", file=sys.stderr)\n'
        'print("Error: \\x1b[31mnot managed\\n\\nStack", file=sys.stderr); sys.exit(1)'
    )
    environ = client(box, then)
    with running_daemon(box, box.codex) as pid, pytest.raises(CodexFailed) as caught:
        daemon.restart(box.codex, environ)
    assert f"process {pid}" in caught.value.message
    assert caught.value.message.endswith("[31mnot managed")
    assert "\x1b" not in caught.value.message
    assert "secret" not in caught.value.message
    assert caught.value.hint == f"run: {daemon.command_line(box.codex)}"


def test_failure_without_words_names_the_exit_code(box: Box) -> None:
    """A client that fails silently is not taken for one that succeeded."""
    with running_daemon(box, box.codex), pytest.raises(CodexFailed, match="exit code 3"):
        daemon.stop(box.codex, client(box, "sys.exit(3)"))


def test_missing_client_is_said(box: Box) -> None:
    """Without any `codex` the error says so."""
    with running_daemon(box, box.codex), pytest.raises(CodexFailed, match="no codex was found"):
        daemon.restart(box.codex, {"PATH": f"{box.path}/none"})


def test_hanging_client_is_ended_with_its_children(box: Box) -> None:
    """A client that never answers is given up, and nothing of it runs on or keeps us waiting."""
    mark = f"{box.path}/child"
    then = (
        "import subprocess\n"
        "child = subprocess.Popen(['/bin/sleep', '600'])\n"
        f"open({mark!r}, 'w').write(str(child.pid))\n"
        "child.wait()"
    )
    begun = time.monotonic()
    with running_daemon(box, box.codex), pytest.raises(CodexFailed, match="no answer within 1 s"):
        daemon.restart(box.codex, client(box, then), timeout=1)
    assert time.monotonic() - begun < 8
    with open(mark, encoding="ascii") as file:
        child = int(file.read())
    with (
        open(f"/proc/{child}/stat", encoding="ascii")
        if _exists(child)
        else contextlib.nullcontext()
    ):
        assert not _runs(child)


def _exists(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


def _runs(pid: int) -> bool:
    """Tell whether a process runs: a zombie that nobody waited for does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_idle_daemon_is_stopped_and_one_in_use_is_not(box: Box) -> None:
    """A daemon that serves nobody is stopped after `tui run`; one with a client stays (R14)."""
    environ = client(box)
    with running_daemon(box, box.codex) as pid:
        with connected(box.codex):
            assert not daemon.stop_if_idle(box.codex, environ, sleep=lambda _: None)
            assert not os.path.exists(f"{box.path}/asked.json")
        with running_codex(f"{box.path}/bin", CODEX_HOME=box.codex):  # not connected yet
            assert not daemon.stop_if_idle(box.codex, environ, sleep=lambda _: None)
        environ = client(box, f"os.kill({pid}, signal.SIGTERM)")
        with contextlib.ExitStack() as screen:
            screen.enter_context(connected(box.codex))  # and ends while we look
            assert daemon.stop_if_idle(box.codex, environ, sleep=lambda _: screen.close())
        assert asked(box)["args"][-1] == "stop"
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert daemon.find(box.codex) is None


def test_line_for_a_person_works_in_a_shell(box: Box) -> None:
    """The line that is printed runs `codex` with the home, whatever characters that has."""
    home = f"{box.path}/a home; $(touch {box.path}/broken) 'quoted'"
    environ = client(box)
    subprocess.run(["/bin/sh", "-c", daemon.command_line(home)], env=environ, check=True)
    assert asked(box)["env"]["CODEX_HOME"] == home
    assert asked(box)["args"] == ["app-server", "daemon", "restart"]
    assert not os.path.exists(f"{box.path}/broken")
