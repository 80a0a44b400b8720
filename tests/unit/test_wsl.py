"""WSL: told from Linux and from containers on it, and Windows asked who has the port."""

from __future__ import annotations

import os

import pytest

from profiles.wsl import (
    WindowsHolder,
    hint_of_unseen,
    hint_of_windows,
    is_wsl,
    powershell,
    windows_holders,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

WSL2 = "6.6.87.2-microsoft-standard-WSL2\n"
WSL1 = "4.4.0-19041-Microsoft\n"
DEBIAN = "6.1.0-37-amd64\n"


def machine(box: Box, release: str, interop: str | None) -> str:
    """Make a root with this kernel, and its word on Windows programs."""
    root = f"{box.path}/root"
    for folder in ("proc/sys/kernel", "proc/sys/fs/binfmt_misc"):
        os.makedirs(f"{root}/{folder}")
    write(f"{root}/proc/sys/kernel/osrelease", release)
    write(f"{root}/proc/sys/fs/binfmt_misc/status", "enabled\n")
    if interop is not None:
        write(f"{root}/proc/sys/fs/binfmt_misc/WSLInterop-late", interop)
    return root


def write(path: str, text: str, mode: int = 0o644) -> None:
    """Write a file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


@pytest.mark.parametrize(
    ("release", "interop", "expected"),
    [
        (WSL2, "enabled\ninterpreter /init\n", True),
        (WSL1, "enabled\ninterpreter /init\n", True),
        (WSL2, "disabled\n", False),
        (WSL2, None, False),  # a container on a WSL host
        (DEBIAN, None, False),
        (DEBIAN, "enabled\n", False),
    ],
)
def test_wsl_is_told_by_its_kernel(
    box: Box, release: str, interop: str | None, *, expected: bool
) -> None:
    """Over ssh the variables are missing; a container's kernel is the host's, and it is not WSL."""
    assert is_wsl({}, machine(box, release, interop)) is expected


def test_wsl_is_told_by_its_variables(box: Box) -> None:
    """Either one will do, and an empty one is none."""
    root = machine(box, DEBIAN, None)
    assert is_wsl({"WSL_DISTRO_NAME": "Debian"}, root)
    assert is_wsl({"WSL_INTEROP": "/run/WSL/8_interop"}, root)
    assert not is_wsl({"WSL_DISTRO_NAME": ""}, root)
    assert not is_wsl({}, f"{box.path}/nothing")


def windows(box: Box, script: str) -> dict[str, str]:
    """Put a `powershell.exe` first on PATH."""
    os.mkdir(f"{box.path}/bin")
    write(f"{box.path}/bin/powershell.exe", f"#!/bin/sh\n{script}\n", 0o755)
    return {"PATH": f"{box.path}/bin:/usr/bin:/bin"}


def test_windows_is_asked_who_has_the_port(box: Box) -> None:
    """A real program is run; CRLF, blank lines and chatter are fine, the relay is us and left out."""
    environ = windows(
        box,
        r"""printf '%s\n' "$@" > "$0.asked"
        printf 'warning: x\r\n1455|127.0.0.1|12528|codex\r\n\r\n1457|127.0.0.1|4|wslrelay\r\nasked\r\n'; exit 1""",
    )
    assert windows_holders((1455, 1457), environ, box.path) == [
        WindowsHolder(1455, "127.0.0.1", 12528, "codex")
    ]
    with open(f"{box.path}/bin/powershell.exe.asked", encoding="utf-8") as file:
        asked = file.read()
    assert "-NoProfile\n-NonInteractive\n-Command\n" in asked
    assert "-LocalPort 1455,1457 " in asked


def test_a_windows_that_has_nobody_there(box: Box) -> None:
    """Nobody is not the same as not known."""
    assert windows_holders([1455], windows(box, "echo asked"), box.path) == []


@pytest.mark.parametrize("script", ["exit 1", "echo 'cannot execute binary file' >&2; exit 126"])
def test_a_windows_that_does_not_answer(box: Box, script: str) -> None:
    """Interop may be off: then it is not known, and nobody is accused or cleared."""
    assert windows_holders([1455], windows(box, script), box.path) is None


def test_no_windows_at_all(box: Box) -> None:
    """Without PowerShell nothing is run; in its usual place it is found when PATH has no Windows folders."""
    environ = {"PATH": "/usr/bin:/bin"}
    assert windows_holders([1455], environ, box.path) is None
    usual = f"{box.path}/mnt/c/Windows/System32/WindowsPowerShell/v1.0"
    os.makedirs(usual)
    write(f"{usual}/powershell.exe", "#!/bin/sh\necho asked\n", 0o755)
    assert powershell(environ, box.path) == f"{usual}/powershell.exe"
    assert windows_holders([1455], environ, box.path) == []


def test_what_people_are_told() -> None:
    """Each hint names the ports and a next step."""
    told = hint_of_windows([WindowsHolder(1455, "127.0.0.1", 12528, "codex")])
    assert "codex (pid 12528) has 1455" in told
    assert "device code" in told
    unseen = hint_of_unseen([1455, 1457])
    for word in (
        "-LocalPort 1455,1457",
        "excludedportrange",
        "networkingMode=nat",
        "wsl --shutdown",
    ):
        assert word in unseen
