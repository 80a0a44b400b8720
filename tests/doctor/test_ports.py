"""The ports of the callback: who has them, which logins wait, and what else stands between the browser and us."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

import pytest

from profiles.doctor import ports, ssh
from profiles.doctor.finding import ERROR, INFO, WARNING
from profiles.doctor.waiting import PORTS
from profiles.oauth.redirect_port import REDIRECT_PORTS
from tests.doctor.listening import (
    end,
    kill,
    login_in_a_terminal,
    login_that_waits,
    npm_client,
    only_here,
    program_that_listens,
    two_ports,
    wrong,
)
from tests.doctor.patient import Patient
from tests.support.fake_codex import running, running_codex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.finding import Finding
    from tests.conftest import Box

NOBODY = 65534
EVERY = "0.0.0.0"  # noqa: S104 - on purpose: what CLIProxyAPI does


@pytest.fixture
def patient(box: Box) -> Patient:
    """A machine with a browser, and with names as they usually are."""
    made = Patient(box)
    made.set(BROWSER="firefox")
    made.context["processes"] = only_here(box)
    made.put("/etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost\n")
    return made


@pytest.fixture
def pair() -> tuple[int, int]:
    """Two free ports that stand for 1455 and 1457."""
    return two_ports()


def look(patient: Patient, pair: tuple[int, int], *ids: str) -> list[Finding]:
    """Return what is not fine about these ports."""
    return wrong(patient.machine(), ports.checks(pair), *ids)


def test_ports_healthy(patient: Patient, pair: tuple[int, int]) -> None:
    """With nobody there nothing is wrong, and each thing that was looked at says so."""
    findings = patient.findings("ports")
    assert {each.id for each in findings} == set(ports.SEEN)
    assert look(patient, pair) == []
    assert PORTS == REDIRECT_PORTS


def test_port_busy_by_another_program(patient: Patient, pair: tuple[int, int]) -> None:
    """A program that holds the first port is named with its pid; ended by the fix, all is well."""
    with program_that_listens(pair[0]) as pid:
        [found] = look(patient, pair)
        assert (found.id, found.level) == ("port.busy", WARNING)
        assert f"127.0.0.1:{pair[0]}: python" in found.evidence
        assert f"(pid {pid}): {os.path.realpath(sys.executable)}" in found.evidence
        assert found.fix == f"end {found.title.partition(' by ')[2]}: kill {pid}"
        kill(found)
    assert look(patient, pair) == []


def test_port_busy_by_a_script(patient: Patient, pair: tuple[int, int]) -> None:
    """What Python runs is named by its module or file, and nothing else of the command line, where a secret may be."""
    words = ["-m", "http.server", "--bind", "127.0.0.1", "-d", patient.work, str(pair[0])]
    with running([sys.executable, *words], PYTHONUNBUFFERED="1") as child:
        [found] = look(patient, pair)
        assert "): http.server, /" in found.evidence
        assert patient.work not in found.evidence
        assert found.fix.endswith(f"(pid {child.pid}), http.server: kill {child.pid}")


def test_port_busy_on_every_address(patient: Patient, pair: tuple[int, int]) -> None:
    """Who listens on all addresses, as CLIProxyAPI does, has 127.0.0.1 too; also through IPv6's."""
    for address, shown in ((EVERY, EVERY), ("::", "[::]")):
        with program_that_listens(pair[0], address) as pid:
            [found] = look(patient, pair, "port.busy")
            assert f"{shown}:{pair[0]}: " in found.evidence
            assert found.fix.endswith(f": kill {pid}")
    assert look(patient, pair) == []


def test_port_busy_by_a_login(patient: Patient, pair: tuple[int, int]) -> None:
    """A login of Codex that waits is no fault: it is to be finished or cancelled in its terminal, never killed."""
    for port in pair:
        with login_in_a_terminal(patient.box.path, port, "login") as login:
            pid, terminal = login.pid, login.terminal
            [found] = look(patient, pair)
            assert (found.id, found.level) == ("port.busy", INFO)
            assert found.title == f"A login waits on {port}: codex login (pid {pid})"
            assert "waits for its callback" in found.evidence
            assert ("asks it to go, and so ends it" in found.why) == (port == pair[0])
            assert found.fix == (
                f"finish codex login (pid {pid}) in its page, or cancel it: ctrl-c where it runs ({terminal})"
            )
            login.press_ctrl_c()
        assert look(patient, pair) == []


def test_port_busy_by_a_login_without_a_terminal(patient: Patient, pair: tuple[int, int]) -> None:
    """Where there is nothing to press ctrl-c in, the end of it stands last."""
    with login_that_waits(patient.box.path, pair[0]) as pid:
        [found] = look(patient, pair)
        assert found.fix == (
            f"finish codex login (pid {pid}) in its page, or cancel it where it runs; "
            f"it has no terminal, so where nobody can: kill {pid}"
        )
        kill(found)
    assert look(patient, pair) == []


@pytest.mark.parametrize(
    ("words", "key"), [(["login", "ada", "--browser"], "ctrl-c"), ([], "esc in its screen")]
)
def test_port_busy_by_our_own_login(
    patient: Patient, pair: tuple[int, int], words: list[str], key: str
) -> None:
    """A `tui login --browser` and a login in the open screen wait like Codex's; each is cancelled in its own way."""
    with login_in_a_terminal(patient.box.path, pair[0], *words, name="tui") as login:
        pid, terminal = login.pid, login.terminal
        [found] = look(patient, pair)
        assert (found.id, found.level) == ("port.busy", INFO)
        assert found.title == f"A login waits on {pair[0]}: tui (pid {pid})"
        assert "asks it to go" not in found.why  # it does not go
        assert found.fix == (
            f"finish tui (pid {pid}) in its page, or cancel it: {key} where it runs ({terminal})"
        )


def test_what_is_said_of_one_login_agrees(patient: Patient, pair: tuple[int, int]) -> None:
    """Catches checks that send somebody to end, to tunnel and to wait for the same login: over SSH one way is named."""
    patient.set(SSH_CONNECTION="203.0.113.7 50000 192.0.2.1 22")
    with login_in_a_terminal(patient.box.path, pair[0], "login") as login:
        pid, terminal = login.pid, login.terminal
        patient.context["now"] = lambda: time.time() + 1210
        late, busy = look(patient, pair, "port.busy", "callback.timeout")
        [tunnel] = wrong(patient.machine(), ssh.checks(pair), "ssh.no_tunnel")
        assert (busy.level, late.level, tunnel.level) == (INFO, WARNING, WARNING)
        assert (
            busy.fix
            == late.fix
            == (
                f"finish codex login (pid {pid}) in its page through the tunnel of ssh.no_tunnel, "
                f"or cancel it: ctrl-c where it runs ({terminal})"
            )
        )
        assert f"-L 127.0.0.1:{pair[0]}:127.0.0.1:{pair[0]} " in tunnel.fix
    with program_that_listens(pair[0]), program_that_listens(pair[1]):
        [tunnel] = wrong(patient.machine(), ssh.checks(pair), "ssh.no_tunnel")
        assert tunnel.fix == "tui login NAME --device-code"  # no login gets a port


def test_port_busy_both(patient: Patient, pair: tuple[int, int]) -> None:
    """With both held no login can begin: an error that names both; one of them ended is enough."""
    with program_that_listens(pair[1]) as other:
        with login_that_waits(patient.box.path, pair[0]) as pid:
            [found] = look(patient, pair)
            assert (found.id, found.level) == ("port.busy", ERROR)
            assert f"codex login (pid {pid})" in found.evidence
            assert f"(pid {other})" in found.evidence
            assert found.fix.startswith(f"finish codex login (pid {pid}) ")
            end(pid)
        [left] = look(patient, pair)
        assert (left.id, left.level) == ("port.busy", INFO)
    assert look(patient, pair) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can begin another user's process")
def test_port_busy_by_another_user(patient: Patient, pair: tuple[int, int]) -> None:
    """Another user's program is named with that user."""
    with program_that_listens(pair[0], uid=NOBODY) as pid:
        [found] = look(patient, pair)
        assert f"(pid {pid}) of nobody (uid {NOBODY})" in found.evidence
        assert found.fix == "tui login NAME --device-code"  # though we are root
        patient.context["uid"] = 4711
        [found] = look(patient, pair)
        assert found.fix == "tui login NAME --device-code"


def test_port_busy_by_nobody_who_is_seen(patient: Patient, pair: tuple[int, int]) -> None:
    """A port that somebody has without listening is in no table, but cannot be had: it is busy all the same."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", pair[0]))
        [found] = look(patient, pair)
        assert (found.id, found.level) == ("port.busy", WARNING)
        assert "nobody who can be seen from here (Address already in use)" in found.evidence
        assert found.fix == "tui login NAME --device-code"
    assert look(patient, pair) == []


def test_port_busy_by_nobody_in_wsl(box: Box, pair: tuple[int, int]) -> None:
    """In WSL it is Windows that has such a port, and another check asks there: no second alarm."""
    patient = Patient(box, proc=None)
    patient.context["processes"] = list
    patient.set(WSL_DISTRO_NAME="Ubuntu")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", pair[0]))
        assert look(patient, pair, "port.busy") == []


def test_port_busy_by_ourselves(patient: Patient, pair: tuple[int, int]) -> None:
    """The login that waits in this very program is not to be killed."""
    with socket.create_server(("127.0.0.1", pair[0])):
        [found] = look(patient, pair)
        assert found.level == INFO
        assert f"tui (this program) (pid {os.getpid()})" in found.evidence
        assert found.fix == "finish or cancel the login that waits in this program"


def test_port_published_for_a_container(patient: Patient, pair: tuple[int, int]) -> None:
    """Where Docker has published the port, the container is what is to be stopped."""
    text = (
        "import ctypes, socket, sys\nctypes.CDLL(None).prctl(15, b'docker-proxy', 0, 0, 0)\n"
        f"s = socket.create_server(('127.0.0.1', {pair[0]}))\nprint('up', flush=True)\nsys.stdin.read()"
    )
    with running_codex(f"{patient.box.path}/publishing", text=text) as pid:
        patient.context["processes"] = list
        [found] = look(patient, pair, "port.busy")
        assert f"docker-proxy (pid {pid})" in found.evidence
        assert found.fix == f"docker stop $(docker ps -q --filter publish={pair[0]})"


def test_state_mismatch(patient: Patient, pair: tuple[int, int]) -> None:
    """Two logins that wait at once are both named; with the older one ended, one is left, which is fine."""
    with (
        login_that_waits(patient.box.path, pair[1]) as older,
        running_codex(f"{patient.box.path}/second", "login", "--device-auth") as newer,
    ):
        [found] = look(patient, pair, "state.mismatch")
        assert found.level == WARNING
        assert f"codex login (pid {older}), waits on {pair[1]}" in found.evidence
        assert f"codex login (pid {newer})" in found.evidence
        assert found.fix.startswith(f"cancel codex login (pid {older}) where it runs; ")
        kill(found)
        assert look(patient, pair, "state.mismatch") == []


def test_state_mismatch_by_an_editor(patient: Patient, pair: tuple[int, int]) -> None:
    """An editor's app-server that listens for a login counts, one that only runs does not."""
    with running_codex(f"{patient.box.path}/one", "login") as pid:
        with running_codex(f"{patient.box.path}/two", "app-server"):
            assert look(patient, pair, "state.mismatch") == []
        with login_that_waits(patient.box.path, pair[0], "app-server") as editor:
            [found] = look(patient, pair, "state.mismatch")
            assert f"codex app-server (pid {editor})" in found.evidence
            assert f"codex login (pid {pid})" in found.evidence


def test_callback_timeout(patient: Patient, pair: tuple[int, int]) -> None:
    """A login that has been waiting for 20 minutes waits in vain; one of a moment ago does not."""
    with running_codex(f"{patient.box.path}/login", "login") as pid:
        assert look(patient, pair) == []
        patient.context["now"] = lambda: time.time() + 1210
        [found] = look(patient, pair)
        assert (found.id, found.level) == ("callback.timeout", WARNING)
        assert f"codex login (pid {pid}), home ~/.codex, for 20 min" in found.evidence
        kill(found)
    assert look(patient, pair) == []


def test_redirect_ipv6_by_a_listener(patient: Patient, pair: tuple[int, int]) -> None:
    """Who listens on ::1 takes the callback of an old client; a new one does not care."""
    npm_client(patient)
    with program_that_listens(pair[0], "::1") as pid:
        [found] = look(patient, pair)
        assert (found.id, found.level) == ("redirect.ipv6", WARNING)
        assert f"[::1]:{pair[0]}" in found.evidence
        assert f"(pid {pid})" in found.evidence
        assert f"codex 0.155.0 ({patient.bin}/codex)" in found.why
        npm_client(patient, "0.169.0")
        [harmless] = look(patient, pair)
        assert (harmless.id, harmless.level, harmless.fix) == ("redirect.ipv6", INFO, "")
        kill(found)
        npm_client(patient)
        assert look(patient, pair) == []


def test_redirect_ipv6_by_names(patient: Patient, pair: tuple[int, int]) -> None:
    """An /etc/hosts whose localhost is ::1 alone is named with its line; the line of the fix mends it."""
    npm_client(patient)
    path = patient.put("/etc/hosts", "# names\n127.0.1.1 box\n::1 localhost  # only\n")
    [found] = look(patient, pair)
    assert (found.id, found.level) == ("redirect.ipv6", WARNING)
    assert f"{path}:3: localhost is ::1" in found.evidence
    subprocess.run(["/bin/sh", "-c", found.fix.replace("sudo ", "")], check=True, stdout=-3)
    [left] = look(patient, pair)
    assert (left.level, left.title) == (INFO, "The name localhost is ::1 first here")
    npm_client(patient, "0.169.0")
    assert look(patient, pair) == []


def test_browser_none(patient: Patient, pair: tuple[int, int]) -> None:
    """Without display and opener no browser opens: worth knowing, no alarm; BROWSER or an opener is enough."""
    patient.set(BROWSER=None, PATH=patient.bin)
    [found] = look(patient, pair)
    assert (found.id, found.level) == ("browser.none", INFO)
    assert "BROWSER is not set; neither DISPLAY nor WAYLAND_DISPLAY is set" in found.evidence
    patient.program("xdg-open", "")
    assert "xdg-open" not in look(patient, pair)[0].evidence  # a page needs a display as well
    patient.set(WAYLAND_DISPLAY="wayland-0")
    assert look(patient, pair) == []
    patient.set(WAYLAND_DISPLAY=None, BROWSER="lynx")
    assert look(patient, pair) == []


def test_browser_none_over_ssh(patient: Patient, pair: tuple[int, int]) -> None:
    """Over SSH an opener is of no use: it would open its page here; an editor's BROWSER brings it there."""
    patient.set(BROWSER=None, SSH_CONNECTION="203.0.113.7 50000 192.0.2.1 22")
    patient.program("wslview", "")
    [found] = look(patient, pair)
    assert "SSH session from 203.0.113.7 to 192.0.2.1 port 22" in found.evidence
    patient.set(BROWSER="/home/ada/.vscode-server/bin/helpers/browser.sh")
    assert look(patient, pair) == []


def test_browser_none_in_wsl(box: Box, pair: tuple[int, int]) -> None:
    """In WSL Windows opens the page, unless its programs cannot be run: then wslu brings an opener."""
    patient = Patient(box, proc=None)
    patient.put("/proc/sys/kernel/osrelease", "5.15.0-microsoft-standard-WSL2\n")
    patient.set(WSL_DISTRO_NAME="Ubuntu", PATH=patient.bin)
    patient.context["processes"] = list
    [found] = look(patient, pair, "browser.none")
    assert found.fix == "sudo apt install wslu && export BROWSER=wslview"
    patient.program("wslview", "")
    assert look(patient, pair, "browser.none") == []
    os.unlink(f"{patient.bin}/wslview")
    patient.program("powershell.exe", "")
    assert look(patient, pair, "browser.none") == []


def test_no_false_alarm(patient: Patient, pair: tuple[int, int]) -> None:
    """A neighbour's port, another loopback address, a client of a port, a codex that is no login: all fine."""
    between = next(
        port for port in range(min(pair) + 1, 65000) if port not in pair and _is_free(port)
    )
    with (
        program_that_listens(between),
        program_that_listens(pair[0], "127.0.0.2"),
        running_codex(f"{patient.box.path}/exec", "exec", "a prompt about login"),
        running_codex(f"{patient.box.path}/status", "login", "status"),
        socket.create_server(("127.0.0.1", 0)) as elsewhere,
        socket.create_connection(elsewhere.getsockname()),
    ):
        assert look(patient, pair) == []


def test_port_is_never_called(patient: Patient, pair: tuple[int, int]) -> None:
    """A listener that is looked at gets no connection: one could end the login that waits there."""
    with socket.create_server(("127.0.0.1", pair[0])) as listener:
        listener.setblocking(False)
        look(patient, pair)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_what_cannot_be_seen_says_why() -> None:
    """The rows without a check are explained, each with what to do."""
    assert set(ports.UNSEEN) == {"port.connect", "pkce", "callback.paste"}
    assert {id_ for check in ports.CHECKS for id_ in check.fine} == set(ports.SEEN)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
