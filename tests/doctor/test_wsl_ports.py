"""The callback's way from Windows's browser to a Codex in WSL."""

from __future__ import annotations

import contextlib
import re
import socket

import pytest

from profiles.doctor.finding import ERROR, INFO, UNKNOWN, WARNING
from profiles.oauth.redirect_port import bind_loopback
from tests.doctor.patient import Patient
from tests.doctor.windows import WSL1, WSL2, Windows
from tests.support.fake_codex import running_codex
from tests.support.tokens import SECRETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from profiles.doctor.finding import Finding
    from tests.conftest import Box

PORTS = ("port.excluded", "port.mirrored", "wsl.callback", "wslrelay.1455")
#: Listens as Codex does, and waits.
LISTENING = """
import socket, sys
made = socket.socket()
made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
made.bind(("127.0.0.1", PORT)); made.listen()
print("up", flush=True); sys.stdin.read()
"""


@pytest.fixture
def windows(box: Box) -> Windows:
    """A healthy WSL 2 in NAT mode."""
    return Windows(Patient(box, proc=None))


def only(found: list[Finding], id_: str, level: str) -> Finding:
    """Return the one finding, and hold it to what every finding must be."""
    (finding,) = found
    assert (finding.id, finding.level) == (id_, level), finding
    assert len(finding.title) <= 70
    assert finding.evidence
    assert finding.fix or level == INFO
    assert not any(secret in str(field) for field in finding for secret in SECRETS)
    return finding


def stop(windows: Windows, finding: Finding) -> None:
    """Carry the fix out: end the program of Windows that it names."""
    pid = re.search(r"Stop-Process -Id (\d+)", finding.fix)
    assert pid is not None, finding.fix
    windows.stop(int(pid[1]))


@contextlib.contextmanager
def occupied(*ports: int) -> Iterator[None]:
    """Hold ports as Windows does in mirrored mode: they are taken, and this Linux sees nobody who has them.

    (The patient's kernel tells of no socket, unless `windows.see` lets it.)
    """
    with contextlib.ExitStack() as stack:
        for port in ports:
            stack.enter_context(bind_loopback(port))
        yield


@pytest.mark.parametrize("language", ["en", "zh", "de"])
def test_both_ports_reserved_by_windows(windows: Windows, language: str) -> None:
    """port.excluded: found in the words of any language; the administrator's own reservation takes it away."""
    windows.tell(language=language, ranges=[[1438, 1537, False], [50000, 50059, True]])
    finding = only(windows.found(*PORTS), "port.excluded", ERROR)
    for port in (1455, 1457):
        assert f"port {port} lies in the reserved range 1438-1537" in finding.evidence
    command = re.search(r"startport=(\d+) numberofports=(\d+)", finding.fix)
    assert command is not None
    windows.reserve_for_us(int(command[1]), int(command[2]))
    assert windows.found(*PORTS) == []


def test_one_port_reserved_leaves_the_other(windows: Windows) -> None:
    """port.excluded: with 1457 free Codex 0.169 works, so 1455 alone is worth knowing and no more."""
    windows.tell(ranges=[[1400, 1455, False]])
    assert "1457 is free" in only(windows.found(*PORTS), "port.excluded", INFO).title
    windows.tell(ranges=[[1457, 1500, False]])
    assert windows.found(*PORTS) == []


@pytest.mark.parametrize(
    "ranges",
    [[], [[1300, 1454, False], [1458, 1600, False]], [[1400, 1500, True]], [[14550, 14570, False]]],
)
def test_harmless_ranges(windows: Windows, ranges: list[list[object]]) -> None:
    """No ranges, ranges around the ports, and an administrator's own are no trouble."""
    windows.tell(ranges=ranges)
    assert windows.found(*PORTS) == []


def test_a_port_that_windows_has_in_mirrored_mode(
    windows: Windows, redirect_ports: tuple[int, int]
) -> None:
    """port.mirrored: a bind that fails, nobody here: Windows names the program, and ending it frees the port."""
    windows.tell(mode="mirrored")
    for port in redirect_ports:
        windows.listen(port, "codex-lb", 4711)
    with occupied(*redirect_ports):
        finding = only(windows.found(*PORTS), "port.mirrored", ERROR)
        assert "codex-lb (pid 4711) on Windows listens on 127.0.0.1:1455" in finding.evidence
        assert "mirrored (by wslinfo)" in finding.evidence
    stop(windows, finding)
    assert windows.found(*PORTS) == []


def test_a_reserved_range_in_mirrored_mode(
    windows: Windows, redirect_ports: tuple[int, int]
) -> None:
    """port.mirrored: without a holder the reserved range of Windows is the reason, and is named."""
    windows.tell(mode="mirrored", ranges=[[1438, 1537, False]])
    with occupied(*redirect_ports):
        found = windows.found("port.mirrored")
        finding = only(found, "port.mirrored", ERROR)
    assert "reserved range 1438-1537" in finding.evidence
    assert "excludedportrange" in finding.fix
    windows.reserve_for_us(1455, 3)
    assert windows.found(*PORTS) == []


def test_one_port_of_windows_leaves_the_other(
    windows: Windows, redirect_ports: tuple[int, int]
) -> None:
    """port.mirrored: one port taken is info, since 0.169 takes the other; who has it may stay unknown."""
    windows.tell(mode="mirrored", broken={"powershell.exe": 5}, hanging=["netsh.exe"])
    with occupied(redirect_ports[0]):
        found = windows.found("port.mirrored", limit=1.5)
        finding = only(found, "port.mirrored", INFO)
    assert "port 1455 cannot be had" in finding.evidence
    assert "exit code 5" in finding.evidence
    assert "netsh.exe gave no answer" in finding.evidence
    assert finding.fix.startswith("wsl.exe --shutdown")


def test_a_mode_that_nobody_tells(windows: Windows, redirect_ports: tuple[int, int]) -> None:
    """port.mirrored: without wslinfo the mode is a guess; a port that nobody here has is told all the same."""
    windows.remove("wslinfo")
    windows.listen(redirect_ports[0], "codex", 4711)
    with occupied(redirect_ports[0]):
        finding = only(windows.found("port.mirrored"), "port.mirrored", INFO)
    assert "nat (by the default; wslinfo does not say)" in finding.evidence
    windows.stop(4711)
    assert windows.found("port.mirrored") == []


@pytest.mark.parametrize("kernel", [WSL2, WSL1])
def test_a_listener_here_is_none_of_windows(
    box: Box, redirect_ports: tuple[int, int], kernel: str
) -> None:
    """A login of this Linux that has the port is port.busy, not port.mirrored; nor is a connection that ended."""
    windows = Windows(Patient(box, proc=None), kernel=kernel)
    windows.tell(mode="mirrored")
    text = LISTENING.replace("PORT", str(redirect_ports[0]))
    with running_codex(box.path, "login", text=text) as pid:
        windows.see(pid)
        assert windows.found(*PORTS) == []
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", redirect_ports[1]))
        listener.listen()
        with socket.create_connection(listener.getsockname()) as client:
            listener.accept()[0].close()  # first, so that this end is in TIME_WAIT
            assert client.recv(1) == b""
    assert windows.found(*PORTS) == []


def test_localhost_forwarding_off(windows: Windows) -> None:
    """wsl.callback: the line of .wslconfig is named; without it, and after a new start, all is well."""
    path = windows.user_file(
        ".wslconfig", "\ufeff[wsl2]\r\nmemory=8GB\r\nlocalhostForwarding = False # no\r\n"
    )
    finding = only(windows.found(*PORTS), "wsl.callback", WARNING)
    assert f"{path}:3" in finding.evidence
    assert f"delete line 3 of {path}" in finding.fix
    windows.user_file(".wslconfig", "[wsl2]\r\nmemory=8GB\r\n")
    assert windows.found(*PORTS) == []


def test_windows_itself_says_whose_settings_count(windows: Windows) -> None:
    """Of two people PowerShell's answer chooses, when PATH says nothing."""
    windows.patient.set(PATH=windows.patient.environ["PATH"].rpartition(":")[0])
    windows.patient.put("/mnt/c/Users/w/.wslconfig", "[wsl2]\nlocalhostForwarding=false\n")
    assert windows.found(*PORTS) == []
    windows.tell(profile=r"C:\Users\w")
    finding = only(windows.found(*PORTS), "wsl.callback", WARNING)
    assert "/mnt/c/Users/w/.wslconfig:2" in finding.evidence


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::"])  # noqa: S104 - words
def test_a_program_of_windows_swallows_the_callback(windows: Windows, address: str) -> None:
    """wsl.callback: whoever has 1455 on Windows gets what the browser sends, though Linux can listen there."""
    windows.listen(1455, "cli-proxy-api", 9044, address)
    finding = only(windows.found(*PORTS), "wsl.callback", WARNING)
    assert f"cli-proxy-api (pid 9044) on Windows listens on {address}:1455" in finding.evidence
    stop(windows, finding)
    assert windows.found(*PORTS) == []


@pytest.mark.parametrize(
    ("program", "pid", "level", "step"),
    [
        ("Code", 9044, INFO, "view of ports"),
        ("Cursor", 9044, INFO, "view of ports"),
        ("codex", 9044, WARNING, "Stop-Process -Id 9044"),
        ("com.docker.backend", 9044, WARNING, "docker ps --filter publish=1455"),
        ("System", 4, WARNING, "--device-code"),
        ("svchost", 1234, WARNING, "--device-code"),
    ],
)
def test_what_is_done_about_a_program(
    windows: Windows, program: str, pid: int, level: str, step: str
) -> None:
    """wsl.callback: nobody is told to end their editor, all containers or Windows itself."""
    windows.listen(1455, program, pid)
    finding = only(windows.found(*PORTS), "wsl.callback", level)
    assert step in finding.fix
    assert ("Stop-Process" in finding.fix) == ("Stop-Process" in step)


def test_a_listener_that_no_browser_reaches(windows: Windows) -> None:
    """An address of Windows that is not its loopback takes nothing from anybody."""
    windows.listen(1455, "nginx", 9044, "192.168.1.7")
    windows.listen(1456, "anything", 9045)
    assert windows.found(*PORTS) == []


def test_mirrored_healthy(windows: Windows, redirect_ports: tuple[int, int]) -> None:
    """In mirrored mode localhostForwarding means nothing, and free ports are all that is wanted."""
    windows.tell(mode="mirrored")
    windows.user_file(".wslconfig", "[wsl2]\nnetworkingMode=mirrored\nlocalhostForwarding=false\n")
    assert windows.found(*PORTS, "wsl.network") == []
    assert windows.asked("powershell.exe") == []


def test_the_second_port_counts_when_the_first_is_held(
    windows: Windows, redirect_ports: tuple[int, int]
) -> None:
    """wsl.callback: 1457 on Windows matters only while somebody here has 1455 and Codex goes on to 1457."""
    windows.see()
    windows.listen(1457, "docker", 77)
    assert windows.found(*PORTS) == []
    with running_codex(windows.patient.box.path, "login", text=LISTENING.replace("PORT", "1455")):
        finding = only(windows.found(*PORTS), "wsl.callback", WARNING)
    assert "docker (pid 77)" in finding.evidence
    assert "port 1457" in finding.title


def test_a_login_in_another_distro(windows: Windows) -> None:
    """wslrelay.1455: the relay has the port and nobody here does; the end of that login ends the finding."""
    windows.listen(1455, "wslrelay", 12528)
    finding = only(windows.found(*PORTS), "wslrelay.1455", WARNING)
    assert "wslrelay (pid 12528) on Windows listens on 127.0.0.1:1455" in finding.evidence
    assert "Stop-Process" not in finding.fix
    windows.stop(12528)
    assert windows.found(*PORTS) == []


def test_the_relay_of_a_login_here(windows: Windows, redirect_ports: tuple[int, int]) -> None:
    """wslrelay.1455: the relay of a login of this distro is the normal sign, and names who it is."""
    windows.listen(redirect_ports[0], "wslrelay", 12528)
    text = LISTENING.replace("PORT", str(redirect_ports[0]))
    with running_codex(windows.patient.box.path, "login", text=text) as pid:
        windows.see(pid)
        finding = only(windows.found(*PORTS), "wslrelay.1455", INFO)
        assert f"(pid {pid}) in this Linux" in finding.evidence
    windows.stop(12528)
    assert windows.found(*PORTS) == []


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        ({"hanging": ["powershell.exe"]}, "a cold start takes it 2 to 6 s"),
        ({"broken": {"powershell.exe": 126}}, "exit code 126"),
        ({"missing": "powershell.exe"}, "neither on PATH nor in its usual place"),
    ],
)
def test_a_powershell_that_does_not_answer(
    windows: Windows, trouble: dict[str, object], why: str
) -> None:
    """What only PowerShell knows is unknown, never ok, and says why; netsh is asked all the same."""
    missing = trouble.pop("missing", None)
    if isinstance(missing, str):
        windows.remove(missing)
    windows.tell(**trouble)
    found = windows.found(*PORTS, limit=1.2)
    assert [(each.id, each.level) for each in found] == [
        ("wsl.callback", UNKNOWN),
        ("wslrelay.1455", UNKNOWN),
    ]
    assert all(why in each.evidence for each in found)
    assert len(windows.asked("netsh.exe")) == 1


def test_a_netsh_that_does_not_answer(windows: Windows) -> None:
    """port.excluded is unknown when netsh fails."""
    windows.tell(broken={"netsh.exe": 1})
    only(windows.found(*PORTS), "port.excluded", UNKNOWN)


def test_powershell_is_asked_once(windows: Windows, redirect_ports: tuple[int, int]) -> None:
    """Two checks share one answer, from the folder of the drive; PowerShell is found without PATH, too."""
    windows.remove("wslinfo")
    windows.remove("powershell.exe")
    windows.install("powershell.exe", "/mnt/c/Windows/System32/WindowsPowerShell/v1.0")
    windows.listen(redirect_ports[0], "codex", 12528)
    with occupied(redirect_ports[0]):
        found = windows.found(*PORTS)
    assert [each.id for each in found] == ["wsl.callback", "port.mirrored"]
    assert all("codex (pid 12528)" in each.evidence for each in found)
    ((folder, *words),) = windows.asked("powershell.exe")
    assert folder == windows.real("/mnt/c")
    assert words[:3] == ["-NoProfile", "-NonInteractive", "-Command"]
