"""Which processes are a Codex, with which home they run, and who holds a lock."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest

from profiles.command_line import read_words
from profiles.model import Process
from profiles.processes import (
    codex_processes,
    executable,
    is_login,
    is_tui,
    lock_holder,
    processes_of_home,
    start_time,
)
from tests.support.childuid import NOBODY, as_nobody
from tests.support.fake_codex import WAIT, program, running, running_codex, script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

SECRET = "sk-proj-do-not-show-me"

#: Command lines, and what they are: the label, "daemon" behind it, or None for "no client".
LINES = [
    ("codex", "codex"),
    ("/usr/bin/codex", "codex"),
    ("node /usr/lib/node_modules/.bin/codex", "codex"),
    ("/usr/bin/node --max-old-space-size=4096 /x/@openai/codex/bin/codex.js exec hi", "codex exec"),
    ("bun /x/codex", "codex"),
    ("/bin/sh /home/me/bin/codex resume --last", "codex resume"),
    ("python3.11 /home/me/bin/codex", "codex"),
    ("/x/codex-x86_64-unknown-linux-musl app-server", "codex app-server"),
    ("/x/codex-aarch64-apple-darwin", "codex"),
    ("codex-exec --json", "codex exec"),
    (f"codex {SECRET}", "codex"),
    (f"codex -c api_key={SECRET} exec {SECRET}", "codex exec"),
    (f"codex --config=api_key={SECRET} e {SECRET}", "codex exec"),
    ("codex -m exec", "codex"),
    ("codex --model o9 --search login", "codex login"),
    ("codex login --device-auth", "codex login"),
    ("codex login status", None),
    ("codex -- login", "codex"),
    ("codex app-server", "codex app-server"),
    ("codex app-server --listen unix:///run/mine.sock", "codex app-server"),
    ("codex app-server --listen unix:// --managed-daemon", "codex app-server daemon"),
    ("codex app-server --listen=unix://", "codex app-server daemon"),
    ("codex --enable remote_control app-server --listen unix://", "codex app-server daemon"),
    ("codex app-server daemon pid-update-loop", None),
    ("codex app-server pid-update-loop", None),
    ("codex app-server daemon restart", None),
    ("codex app-server proxy", None),
    ("codex app-server --managed-daemon --help", None),
    ("codex exec -h", None),
    ("codex exec -- -h", "codex exec"),
    ("codex doctor --json", None),
    ("codex --version", None),
    ("vim codex", None),
    ("less /usr/bin/codex", None),
    ("tail -f /var/log/codex", None),
    ("bash -c codex", None),
    ("python3 -m codex", None),
    ("bash install.sh codex", None),
    ("codex-switchyard list", None),
    ("/usr/bin/python3 /usr/bin/codex-switchyard run a -- codex", None),
    ("codex-linux-sandbox --cwd / -- make", None),
    ("codex-code-mode-host", None),
    ("/x/codex --codex-run-as-apply-patch patch", None),
    ("", None),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_command_line_is_told_by_its_words(line: str, expected: str | None) -> None:
    """A Codex is known by how it was started, and nothing of its arguments gets into the label."""
    words = read_words(line.split(), "/usr/bin/something")
    said = None if words is None else words.label + (" daemon" if words.daemon else "")
    assert said == expected


def test_program_under_another_name_is_told_by_its_file() -> None:
    """A link `cdx` to the client is a Codex; the tools that the client runs as are none."""
    words = read_words(["cdx", "exec"], "/opt/codex/bin/codex")
    assert words is not None
    assert words.label == "codex exec"
    assert read_words(["apply_patch"], "/opt/codex/bin/codex") is None
    assert read_words(["codex-linux-sandbox"], "/opt/codex/bin/codex") is None


def mine(pid: int) -> list[Process]:
    """Return how this process is listed; others of the machine may run at the same time."""
    return [process for process in codex_processes() if process.pid == pid]


def home_of(pid: int) -> str | None:
    """Return the home of a process that must be listed once."""
    (process,) = mine(pid)
    return process.home


@pytest.mark.parametrize("kind", ["script", "program"])
def test_running_codex_is_listed_with_its_home(box: Box, kind: str) -> None:
    """A script and a program called `codex` are both seen, with label and CODEX_HOME, once each."""
    home = f"{box.path}/other"
    with running_codex(
        f"{box.path}/bin", "exec", SECRET, native=kind == "program", CODEX_HOME=home
    ) as pid:
        assert mine(pid) == [Process(pid, "codex exec", False, home)]
        assert SECRET not in repr(codex_processes())
    assert mine(pid) == []


def test_home_is_found_as_codex_finds_it(box: Box) -> None:
    """Unset and empty CODEX_HOME are ~/.codex, a relative one starts at the working folder."""
    folder = f"{box.path}/bin"
    os.makedirs(f"{box.path}/job/rel")
    with (
        running_codex(folder, CODEX_HOME=None) as unset,
        running_codex(folder, CODEX_HOME="") as empty,
        running_codex(folder, CODEX_HOME="rel", cwd=f"{box.path}/job") as relative,
    ):
        assert home_of(unset) == box.codex
        assert home_of(empty) == box.codex
        assert home_of(relative) == f"{box.path}/job/rel"


def test_two_paths_to_one_home_are_one(box: Box) -> None:
    """A home reached through a link is the home: both spellings find the process, another not."""
    os.makedirs(f"{box.path}/real")
    os.symlink(f"{box.path}/real", f"{box.path}/link")
    with running_codex(f"{box.path}/bin", CODEX_HOME=f"{box.path}/link") as pid:
        assert [each.pid for each in processes_of_home(f"{box.path}/real")] == [pid]
        assert [each.pid for each in processes_of_home(f"{box.path}/link/.")] == [pid]
        assert processes_of_home(box.codex) == []


def test_wrapper_and_native_child_are_one_entry(box: Box) -> None:
    """The launcher of npm waits for the native program: the program alone is listed."""
    native = program(f"{box.path}/native")
    launcher = (
        "import os, subprocess, sys\n"
        f"subprocess.run([{native!r}, '-c', 'echo $$; read line', *sys.argv[1:]])"
    )
    command = [script(f"{box.path}/bin", launcher), "app-server"]
    with running(command, CODEX_HOME=box.home) as child:
        entries = processes_of_home(box.home)
        assert [entry.command for entry in entries] == ["codex app-server"]
        assert entries[0].pid != child.pid
        assert executable(entries[0].pid) == native


def test_codex_run_by_a_codex_is_listed_too(box: Box) -> None:
    """A native Codex whose tool runs `codex exec` stays in the list: both hold a login."""
    path = script(f"{box.path}/bin")
    outer = ["-c", f"{path} exec prompt; true"]
    with running([program(f"{box.path}/native"), *outer], CODEX_HOME=box.home) as child:
        entries = processes_of_home(box.home)
        assert [entry.command for entry in entries] == ["codex", "codex exec"]
        assert entries[0].pid == child.pid


def test_file_called_codex_in_another_program_is_not_a_codex(box: Box) -> None:
    """Whoever merely looks at a file called codex is not listed."""
    path = script(f"{box.path}/bin")
    with running(["sh", "-c", f"echo up; exec tail -f {path}"]) as child:
        assert mine(child.pid) == []
        child.kill()


def test_we_are_not_a_codex_ourselves(box: Box) -> None:
    """A program called codex that asks does not find itself, whatever it is called."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    text = (
        f"import os, sys; sys.path.insert(0, {root!r})\n"
        "from profiles.processes import codex_processes\n"
        "print(os.getpid() in [each.pid for each in codex_processes()])"
    )
    done = subprocess.run([script(f"{box.path}/bin", text)], capture_output=True, check=True)
    assert done.stdout == b"False\n"


def test_processes_of_other_users_are_not_listed(box: Box) -> None:
    """Only this user's processes count: nobody's Codex is nobody's."""
    path = program(f"{box.path}/bin")
    with running([*as_nobody(), path, "-c", "echo up; read line", "exec"]) as child:
        assert child.pid not in {each.pid for each in codex_processes()}
        assert child.pid in {each.pid for each in codex_processes(uid=NOBODY)}


def test_environment_is_read_of_a_codex_only(box: Box) -> None:
    """Looking costs one short read for each process that is no Codex: no environment, no uid."""
    asked: list[int] = []

    def environ_of(pid: int) -> dict[str, str] | None:
        asked.append(pid)
        return {"CODEX_HOME": "/somewhere"} if pid == ours else None

    with running_codex(f"{box.path}/bin") as ours:
        listed = codex_processes(environ_of=environ_of)
    assert ours in asked
    assert sorted(asked) == [each.pid for each in listed]
    assert {each.pid: each.home for each in listed}[ours] == "/somewhere"
    assert all(each.home is None for each in listed if each.pid != ours)


def test_vanished_processes_are_skipped(box: Box) -> None:
    """A process that is gone before all of it was read is no error, and is not listed."""
    folder = f"{box.path}/proc/77777"
    os.makedirs(folder)
    _write(f"{folder}/cmdline", "codex\0exec\0")
    assert codex_processes(proc=f"{box.path}/proc") == []
    os.makedirs(f"{box.path}/proc/77778")  # gone even before that
    assert codex_processes(proc=f"{box.path}/proc") == []


def test_program_that_is_just_being_started_is_not_taken_for_a_screen(box: Box) -> None:
    """Between its file and its words a program is not listed: it may be any command of Codex."""
    folder = f"{box.path}/proc/77777"
    os.makedirs(folder)
    os.symlink("/opt/codex/bin/codex", f"{folder}/exe")
    _write(f"{folder}/status", f"PPid:\t1\nUid:\t{os.getuid()}\t0\t0\t0\n")
    _write(f"{folder}/environ", "HOME=/home/me\0")
    _write(f"{folder}/cmdline", "")
    assert codex_processes(proc=f"{box.path}/proc") == []
    _write(f"{folder}/cmdline", "codex\0login\0")
    listed = codex_processes(proc=f"{box.path}/proc")
    assert listed == [Process(77777, "codex login", False, "/home/me/.codex")]


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def test_comings_and_goings_never_fail(box: Box) -> None:
    """Scans while processes start and end under them all succeed, and see the one that stays."""
    path = script(f"{box.path}/bin", "pass")
    with running_codex(f"{box.path}/bin2") as stays:
        children = [subprocess.Popen([path], stdin=subprocess.DEVNULL) for _ in range(8)]
        scans = 0
        while any(child.poll() is None for child in children) or scans < 20:
            assert stays in {each.pid for each in codex_processes()}
            scans += 1


def test_zombie_is_not_running(box: Box) -> None:
    """A Codex that has ended but was not waited for yet is not running."""
    with running_codex(f"{box.path}/bin") as pid:
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert os.path.exists(f"/proc/{pid}")
        assert mine(pid) == []


def test_psutil_says_the_same(box: Box) -> None:
    """Where there is no /proc, psutil finds the same processes with the same homes."""
    with (
        running_codex(f"{box.path}/bin", "exec", CODEX_HOME=box.home) as one,
        running_codex(
            f"{box.path}/bin", "login", native=True, CODEX_HOME="rel", cwd=box.path
        ) as two,
    ):
        by_psutil = [each for each in codex_processes(None) if each.pid in {one, two}]
        assert by_psutil == sorted(mine(one) + mine(two))
        started, by_proc = start_time(one, None), start_time(one)
        assert started is not None
        assert by_proc == pytest.approx(started, abs=1.5)


def test_login_and_screen_are_told_apart() -> None:
    """A waiting `codex login` (R15) and Codex's screen are known by their labels."""
    labels = ["codex", "codex login", "codex resume", "codex exec", "codex app-server"]
    processes = [Process(1, label, False, None) for label in labels]
    assert [each.command for each in processes if is_login(each)] == ["codex login"]
    assert [each.command for each in processes if is_tui(each)] == ["codex", "codex resume"]


def test_start_time_is_when_it_began(box: Box) -> None:
    """The start is in seconds of our clock, right to a tenth (R20 compares it with history)."""
    before = time.time()
    with running_codex(f"{box.path}/bin") as pid:
        after = time.time()
        began = start_time(pid)
        assert began is not None
        assert before - 0.1 <= began <= after + 0.1
    assert start_time(pid) is None


@pytest.mark.parametrize("how", [fcntl.LOCK_EX, fcntl.LOCK_SH])
def test_lock_holder_is_named(box: Box, how: int) -> None:
    """The holder of a lock is named; a free file and a missing one have none (R13, exit 6)."""
    path = f"{box.path}/lock"
    assert lock_holder(path) is None
    with open(path, "wb"):
        assert lock_holder(path) is None
    text = f"import fcntl; f = open({path!r}); fcntl.flock(f, {how}); {WAIT}"
    with running([sys.executable, "-c", text]) as child:
        assert lock_holder(path) == child.pid
    assert lock_holder(path) is None


def test_who_waits_for_a_lock_does_not_hold_it(box: Box) -> None:
    """With one holder and one waiter the holder is named."""
    path = f"{box.path}/lock"
    with open(path, "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        text = f"import fcntl; f = open({path!r}); print(1, flush=True); fcntl.flock(f, 2)"
        with running([sys.executable, "-c", text]) as child:
            _until_waiting(child.pid)
            assert lock_holder(path) == os.getpid()
            os.kill(child.pid, signal.SIGKILL)


def _until_waiting(pid: int) -> None:
    """Return when the kernel lists the process as one that waits for a flock."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with open("/proc/locks", encoding="ascii") as file:
            if any("->" in line and f" {pid} " in line for line in file):
                return
    pytest.fail("nobody waits for the lock")


def test_lock_left_to_a_child_names_the_child(box: Box) -> None:
    """A lock outlives its taker in a child that inherited the file: the living one is named."""
    path = f"{box.path}/lock"
    text = (
        "import fcntl, os, subprocess, sys\n"
        f"f = open({path!r}, 'w'); fcntl.flock(f, fcntl.LOCK_EX)\n"
        "subprocess.Popen(['sh', '-c', 'echo $$; read line'], pass_fds=[f.fileno()])"
    )
    taker = subprocess.Popen(
        [sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert taker.stdin is not None
    assert taker.stdout is not None
    with taker.stdin, taker.stdout:
        child = int(taker.stdout.readline())
        taker.wait()
        assert lock_holder(path) == child


def test_looking_is_quick() -> None:
    """A scan costs under 5 ms for 150 processes: every switch makes one."""
    count = sum(name.isdigit() for name in os.listdir("/proc"))
    best = min(_seconds_of_a_scan() for _ in range(50))
    assert best / count < 0.005 / 150, f"{best * 1000:.2f} ms for {count} processes"


def _seconds_of_a_scan() -> float:
    begun = time.perf_counter()
    codex_processes()
    return time.perf_counter() - begun
