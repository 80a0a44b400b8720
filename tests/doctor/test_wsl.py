"""WSL told from what is not, how it is set up, and what is not known when Windows cannot be asked."""

from __future__ import annotations

import os
import time

import pytest

from profiles.doctor.finding import ERROR, INFO, OK, UNKNOWN, WARNING
from tests.doctor.patient import Patient
from tests.doctor.test_wsl_ports import only
from tests.doctor.windows import DEBIAN, NAMES, WSL1, WSL2, Windows
from tests.support.tokens import Login

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

SETUP = (
    "wsl.version",
    "wsl.network",
    "wsl.interop",
    "wsl.browser",
    "wsl.env",
    "home.distros",
    "wsl.exit",
)


@pytest.fixture
def windows(box: Box) -> Windows:
    """A healthy WSL 2 in NAT mode."""
    return Windows(Patient(box, proc=None))


# -- nothing to find --


def test_wsl_healthy(windows: Windows) -> None:
    """A healthy WSL: every id is answered for, by ok but for the facts of wsl.version, and nothing alarms."""
    Login().fresh().write(windows.patient.box.codex)
    windows.user_file(
        ".wslconfig", "# nothing\n[wsl2]\nnetworkingMode=NAT\nlocalhostForwarding=true\n"
    )
    found = windows.patient.findings("wsl", "ide")
    assert {each.level for each in found} == {OK, INFO}
    assert [each.id for each in found if each.level == INFO] == ["wsl.version"]
    assert {each.id for each in found} >= {
        *(*SETUP, "wsl.homes", "port.excluded", "wsl.callback", "wslrelay.1455"),
    }


def test_linux_healthy(box: Box) -> None:
    """Plain Linux, with a drive of Windows mounted even: nothing is said, no program run, at once."""
    patient = Patient(box)
    patient.put("/mnt/c/Users/u/.codex/auth.json", Login().text())
    for name in ("powershell.exe", "netsh.exe", "wsl.exe", "curl.exe", "reg.exe", "wslinfo"):
        patient.program(name, f"open({box.path!r} + '/ran', 'w')")
    start = time.monotonic()
    assert patient.findings("wsl", "ide") == []
    assert time.monotonic() - start < 0.3
    assert not os.path.exists(f"{box.path}/ran")


@pytest.mark.parametrize(
    ("kernel", "interop", "files", "variables"),
    [
        (WSL2, None, ["/.dockerenv"], False),  # a container on a WSL host
        (WSL2, None, ["/run/.containerenv"], True),  # … into which the variables were handed
        (WSL2, None, [], False),  # … that leaves no mark
        (WSL2, "disabled\n", ["/.dockerenv", "/run/WSL/1_interop"], False),
        (DEBIAN, None, [], False),
    ],
)
def test_what_is_not_wsl(
    box: Box, kernel: str, interop: str | None, files: list[str], variables: bool
) -> None:
    """A container on a WSL host has its kernel, and is not WSL; nor is a Linux with Windows's drive mounted."""
    windows = Windows(Patient(box, proc=None), kernel=kernel, interop=interop, variables=variables)
    for path in files:
        windows.patient.put(path, "")
    assert windows.patient.findings("wsl", "ide") == []


def test_a_distro_made_of_an_image(windows: Windows) -> None:
    """A file system that once was a container's, imported as a distro, and systemd's own word: it is WSL."""
    windows.patient.put("/.dockerenv", "")
    windows.patient.set(container="wsl")
    assert windows.found("wsl.version")


@pytest.mark.parametrize("platform", ["darwin", "freebsd14"])
def test_other_systems(windows: Windows, platform: str) -> None:
    """WSL is a Linux: elsewhere nothing is looked at, whatever files are there."""
    assert windows.patient.findings("wsl", platform=platform) == []


def test_offline_sends_nothing(windows: Windows) -> None:
    """--offline leaves Windows's curl alone, and nothing else of this."""
    found = {each.id for each in windows.patient.findings("wsl", offline=True)}
    assert "wsl.exit" not in found
    assert "wsl.callback" in found
    assert windows.asked("curl.exe") == []


# -- what it is --


def test_the_facts(windows: Windows) -> None:
    """wsl.version says version, distro, mode, and who says so."""
    windows.tell(mode="mirrored")
    finding = only(windows.found("wsl.version"), "wsl.version", INFO)
    for fact in ("WSL 2", "Ubuntu", "mirrored (by wslinfo)", "release 2.6.1.0"):
        assert fact in finding.evidence


def test_wsl_over_ssh(box: Box) -> None:
    """Without its variables WSL is told by its kernel, and the distro by its own name."""
    windows = Windows(Patient(box, proc=None), variables=False)
    windows.patient.put("/etc/os-release", 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12"\n')
    finding = only(windows.found("wsl.version"), "wsl.version", INFO)
    assert "distro Debian GNU/Linux 12" in finding.evidence


def test_wsl_1(box: Box) -> None:
    """WSL 1 is out for Codex; after its change to 2 that is gone."""
    windows = Windows(Patient(box, proc=None), kernel=WSL1)
    finding = only(windows.found(*SETUP), "wsl.version", WARNING)
    assert "networking wsl1 (by the kernel)" in finding.evidence
    assert finding.fix.startswith("wsl.exe --set-version Ubuntu 2")
    windows.patient.put("/proc/sys/kernel/osrelease", f"{WSL2}\n")
    windows.patient.put("/proc/version", f"Linux version {WSL2}\n")
    only(windows.found(*SETUP), "wsl.version", INFO)


def test_no_network(windows: Windows) -> None:
    """Mode none is no network; the file that asked for what failed is named."""
    windows.tell(mode="none")
    windows.user_file(".wslconfig", "[experimental]\nnetworkingMode=mirrored\n")
    finding = only(windows.found("wsl.network"), "wsl.network", ERROR)
    assert "none (by wslinfo)" in finding.evidence
    assert "/mnt/c/Users/u/.wslconfig:2" in finding.fix
    windows.user_file(".wslconfig", "[wsl2]\nnetworkingMode=nat\n")
    windows.shut_down()
    assert windows.found("wsl.network") == []


def test_a_mode_that_is_not_in_effect(windows: Windows) -> None:
    """The file is the wish, wslinfo the truth; a new start makes them one."""
    windows.user_file(".wslconfig", "[wsl2]\r\nnetworkingMode=Mirrored\r\n")
    finding = only(windows.found("wsl.network"), "wsl.network", INFO)
    assert ".wslconfig:2 asks for mirrored; wslinfo says nat" in finding.evidence
    assert finding.fix == "wsl.exe --shutdown"
    windows.shut_down("mirrored")
    assert windows.found("wsl.network") == []


def test_an_old_wsl_without_wslinfo(windows: Windows) -> None:
    """Then the file's wish is all that is known, and no disagreement is found."""
    windows.remove("wslinfo")
    windows.user_file(".wslconfig", "[wsl2]\nnetworkingMode=mirrored\n")
    found = only(windows.found("wsl.version", "wsl.network"), "wsl.version", INFO)
    assert "mirrored (by /mnt/c/Users/u/.wslconfig:2)" in found.evidence


@pytest.mark.parametrize(
    "line",
    [
        "C: /win/c drvfs rw,noatime,uid=1000 0 0",  # WSL 1
        "C:\\134 /win/c 9p rw,aname=drvfs;path=C:\\;uid=1000;symlinkroot=/mnt/,trans=fd 0 0",
        "drvfs /win/c 9p rw,aname=drvfs;path=C:\\134;uid=1000 0 0",
        "drvfsa0 /win/c virtiofs rw 0 0",
    ],
)
def test_mounts_of_drives(box: Box, line: str) -> None:
    """Each way in which WSL writes a drive down."""
    windows = Windows(Patient(box, proc=None), drive="/win/c")
    windows.mount(f"{line}\n")
    windows.user_file(".wslconfig", "[wsl2]\nlocalhostForwarding=false\n")
    windows.remove("powershell.exe")
    found = windows.found("wsl.callback")
    assert [each.level for each in found] == [WARNING, UNKNOWN]
    assert "/win/c/Users/u/.wslconfig:2" in found[0].evidence


@pytest.mark.parametrize("mounted", [True, False])
def test_drives_elsewhere(box: Box, mounted: bool) -> None:
    """The drives' root is movable: the mounts tell, or /etc/wsl.conf where they do not."""
    windows = Windows(Patient(box, proc=None), drive="/win/c")
    if not mounted:
        windows.mount("")
        windows.patient.put("/etc/wsl.conf", '[automount]\nroot = "/win/"\n')
    windows.user_file(".wslconfig", "[wsl2]\nlocalhostForwarding=false\n")
    windows.remove("netsh.exe")
    windows.install("netsh.exe", "/win/c/Windows/System32")
    windows.tell(ranges=[[1438, 1537, False]])
    found = windows.found("wsl.callback", "port.excluded")
    assert [each.id for each in found] == ["port.excluded", "wsl.callback"]
    assert "/win/c/Users/u/.wslconfig:2" in found[1].evidence


# -- Windows programs --


@pytest.mark.parametrize("variables", [True, False])
def test_interop_off(box: Box, variables: bool) -> None:
    """Nothing that only Windows knows is ok then: all is unknown, with the line that switched it off."""
    windows = Windows(Patient(box, proc=None), interop="disabled\n", variables=variables)
    os.makedirs(windows.real("/run/WSL"))
    windows.patient.put("/etc/wsl.conf", "[boot]\nsystemd=true\n\n[interop]\nenabled = false\n")
    found = windows.patient.findings("wsl")
    unknown = {each.id for each in found if each.level == UNKNOWN}
    assert unknown == {
        *("wsl.interop", "port.excluded", "wsl.callback", "wslrelay.1455"),
        *("home.distros", "wsl.exit"),
    }
    (finding,) = (each for each in found if each.id == "wsl.interop")
    assert "/etc/wsl.conf:5" in finding.evidence
    assert not any(windows.asked(name) for name in ("powershell.exe", "netsh.exe", "curl.exe"))
    windows.patient.put("/etc/wsl.conf", "[interop]\nenabled = true\n")
    windows.patient.put("/proc/sys/fs/binfmt_misc/WSLInterop", "enabled\n")
    assert windows.found(*unknown) == []


def test_a_program_that_linux_cannot_start(windows: Windows) -> None:
    """Exec format error, as when the registration is broken: unknown, and no crash."""
    path = windows.patient.put("/mnt/c/Windows/System32/netsh.exe", b"MZ\x90\0", 0o755)
    windows.remove("netsh.exe")
    finding = only(windows.found("port.excluded"), "port.excluded", UNKNOWN)
    assert path in finding.evidence


@pytest.mark.parametrize(
    ("programs", "environ"),
    [
        (("wslview",), {}),
        (("wslview",), {"BROWSER": "wslview"}),
        (("firefox",), {"BROWSER": "nothing:firefox %s"}),
        (("cmd.exe",), {}),
        (("xdg-open",), {"DISPLAY": ":0", "BROWSER": "nothing"}),
        ((), {"SSH_CONNECTION": "192.0.2.1 5000 192.0.2.2 22", "BROWSER": "nothing"}),
        ((), {}),  # nothing at all: browser.none
    ],
)
def test_what_opens_a_browser(
    windows: Windows, programs: tuple[str, ...], environ: dict[str, str]
) -> None:
    """wsl.browser: any of these ways will do, and that there is none is another finding."""
    windows.remove("powershell.exe")
    windows.patient.environ["PATH"] = windows.patient.bin
    windows.patient.set(**environ)
    for name in programs:
        windows.patient.program(name, "")
    assert windows.found("wsl.browser") == []


def test_windows_kept_out_of_path(windows: Windows) -> None:
    """wsl.browser: we find PowerShell in its place, Codex does not; wslview mends it."""
    windows.remove("powershell.exe")
    windows.install("powershell.exe", "/mnt/c/Windows/System32/WindowsPowerShell/v1.0")
    windows.patient.environ["PATH"] = windows.patient.bin
    windows.patient.put("/etc/wsl.conf", "[interop]\nappendWindowsPath=false\n")
    finding = only(windows.found("wsl.browser"), "wsl.browser", INFO)
    assert "/etc/wsl.conf:2" in finding.evidence
    assert finding.fix.startswith("sudo apt install wslu")
    windows.patient.program("wslview", "")
    assert windows.found("wsl.browser") == []


def test_a_browser_that_is_not_there(windows: Windows) -> None:
    """wsl.browser: BROWSER names nothing, although Windows could be asked; unset, or there, it works."""
    windows.patient.set(BROWSER="wslview %s")
    finding = only(windows.found("wsl.browser"), "wsl.browser", INFO)
    assert "BROWSER names wslview" in finding.evidence
    assert finding.fix == "unset BROWSER"
    windows.patient.set(BROWSER=None)
    assert windows.found("wsl.browser") == []


def test_everything_hangs(windows: Windows) -> None:
    """A Windows that answers nothing holds nobody: all that it alone knows is unknown, in time."""
    windows.tell(hanging=[*NAMES])
    start = time.monotonic()
    found = windows.patient.findings("wsl", "ide", limit=1.5)
    assert time.monotonic() - start < 3.0
    assert {each.id for each in found if each.level == UNKNOWN} == {
        *("port.excluded", "wsl.callback", "wslrelay.1455", "home.distros", "wsl.exit"),
    }
    assert all(each.evidence for each in found if each.level == UNKNOWN)


# -- what Windows hands over --


def test_a_token_from_windows(windows: Windows) -> None:
    """wsl.env: the variable is named with its kind and length, never shown; unset on Windows it is gone."""
    token = Login().access_token
    windows.patient.set(WSLENV="FOO/p:CODEX_ACCESS_TOKEN/u:BAR", CODEX_ACCESS_TOKEN=token)
    finding = only(windows.found("wsl.env"), "wsl.env", INFO)
    assert f"JWT, {len(token)} characters" in finding.evidence
    assert "CODEX_ACCESS_TOKEN/u" in finding.evidence
    assert not any(token in str(field) for field in finding)
    assert "SetEnvironmentVariable('CODEX_ACCESS_TOKEN',$null,'User')" in finding.fix
    windows.patient.set(CODEX_ACCESS_TOKEN=None)
    assert windows.found("wsl.env") == []


def test_a_path_of_windows(windows: Windows) -> None:
    """wsl.env: a path that was handed over untranslated means nothing here; with /p it does."""
    windows.patient.set(WSLENV="SSL_CERT_FILE", SSL_CERT_FILE=r"C:\corp\ca.pem")
    finding = only(windows.found("wsl.env"), "wsl.env", WARNING)
    assert "SSL_CERT_FILE/p" in finding.fix
    windows.patient.set(WSLENV="SSL_CERT_FILE/p", SSL_CERT_FILE="/mnt/c/corp/ca.pem")
    only(windows.found("wsl.env"), "wsl.env", INFO)


@pytest.mark.parametrize(
    "environ",
    [
        {"WSLENV": ""},
        {"WSLENV": "CODEX_ACCESS_TOKEN", "CODEX_ACCESS_TOKEN": ""},
        {
            "WSLENV": "USERPROFILE/p:WT_SESSION::",
            "WT_SESSION": "x",
            "USERPROFILE": "/mnt/c/Users/u",
        },
        {"CODEX_HOME": "/nowhere"},
    ],
)
def test_harmless_variables(windows: Windows, environ: dict[str, str]) -> None:
    """An empty list, an empty value, other variables, and one that Linux itself sets are none of this."""
    windows.patient.set(**environ)
    assert windows.found("wsl.env") == []


# -- other distros --


@pytest.mark.parametrize("utf8", [False, True])
def test_other_distros(windows: Windows, utf8: bool) -> None:
    """home.distros: in UTF-16, and in UTF-8 where that was set; those of Docker count for nothing."""
    windows.tell(distros=["Ubuntu", "docker-desktop", "docker-desktop-data"], utf8=utf8)
    assert windows.found("home.distros") == []
    windows.tell(distros=["Ubuntu", "Débian", "docker-desktop"], utf8=utf8)
    finding = only(windows.found("home.distros"), "home.distros", INFO)
    assert finding.evidence == "Ubuntu   (this one)\nDébian"
    windows.tell(distros=["Ubuntu"], utf8=utf8)
    assert windows.found("home.distros") == []


def test_distros_that_are_not_told(windows: Windows) -> None:
    """Unknown when wsl.exe fails or hangs."""
    windows.tell(broken={"wsl.exe": 1})
    only(windows.found("home.distros"), "home.distros", UNKNOWN)
    windows.tell(broken={}, hanging=["wsl.exe"])
    found = windows.found("home.distros", limit=0.8)
    assert "no answer" in only(found, "home.distros", UNKNOWN).evidence


# -- the exit of Windows --


@pytest.mark.parametrize(
    ("answer", "level", "words"),
    [
        (['{"error":"unsupported_country_region_territory"}', "403", 0], WARNING, "territory"),
        (["<!DOCTYPE html><HTML>…", "403", 0], WARNING, "robots"),
        (["<html>sign in to the hotel", "302", 0], WARNING, "302 where 400 is right"),
        (["", "000", 6], INFO, "the name has no address"),
        (["", "000", 60], INFO, "the certificate is not trusted"),
        (["", "000", 99], INFO, "exit code 99"),
    ],
)
def test_the_exit_of_windows(
    windows: Windows, answer: list[object], level: str, words: str
) -> None:
    """wsl.exit: what Windows's curl gets in the place of 400 is told, and gone when it gets 400."""
    windows.tell(curl=answer)
    finding = only(windows.found("wsl.exit"), "wsl.exit", level)
    assert words in finding.evidence
    windows.tell(curl=['{"error":{}}', "400", 0])
    assert windows.found("wsl.exit") == []
    words_sent = windows.asked("curl.exe")[-1]
    assert words_sent[-1] == "https://auth.openai.com/oauth/token"
    assert "grant_type=authorization_code" in words_sent


def test_a_curl_that_hangs(windows: Windows) -> None:
    """Unknown, in time."""
    windows.tell(hanging=["curl.exe"])
    start = time.monotonic()
    only(windows.found("wsl.exit", limit=1.0), "wsl.exit", UNKNOWN)
    assert time.monotonic() - start < 3
