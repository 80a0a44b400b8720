"""Windows asked from inside WSL: one question to PowerShell for all checks, and the quick programs each by itself.

Whatever cannot be asked says why: a check that needs it is then "unknown", never "ok".
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from profiles.doctor.wsl_system import drives, kernel_root, linux_path
from profiles.wsl import ANSWERED, IN_UTF8, question_of_holders, read_holders, runs_windows_programs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.doctor.machine import Machine
    from profiles.wsl import WindowsHolder

#: The registered redirect ports.
PORTS = (1455, 1457)
#: Where Windows keeps its programs, below the drive; the first for all but those that are named.
_PLACES = {"powershell.exe": "Windows/System32/WindowsPowerShell/v1.0"}
_USUAL = "Windows/System32"
_OFF = "Windows programs cannot be run from this Linux (interop is off)"
#: Distros that programs made for themselves: nobody logs in there.
_TOOLS = re.compile(r"docker-desktop(-data)?|rancher-desktop(-data)?|podman-.*", re.IGNORECASE)


class Told(NamedTuple):
    """What a Windows program printed; None and why not, when it could not be asked."""

    out: str | None
    why: str = ""
    code: int = 0


class Windows(NamedTuple):
    """What PowerShell said: who listens on the redirect ports, and this person's folder as seen from here."""

    holders: Sequence[WindowsHolder]
    user: str | None


class Reserved(NamedTuple):
    """A range of ports that Windows keeps back. What an administrator put there can be used on request."""

    first: int
    last: int
    administered: bool


def find_windows(machine: Machine, name: str) -> str | None:
    """Return where a program of Windows lies: on PATH, or in its usual place for those who keep PATH clean."""
    found = machine.which(name)
    mount = drives(machine).get("c")
    if found is None and mount is not None:
        usual = machine.path(f"{mount}/{_PLACES.get(name, _USUAL)}/{name}")
        found = usual if os.access(usual, os.X_OK) else None
    return found


def ask(machine: Machine, command: Sequence[str], patience: float, encoding: str = "utf-8") -> Told:
    """Run a Windows program; `out` is None when it is missing, cannot be started or is late."""
    name = command[0]
    if not runs_windows_programs(kernel_root(machine)):
        return Told(None, _OFF)
    program = find_windows(machine, name)
    if program is None:
        return Told(None, f"{name} is neither on PATH nor in its usual place on drive C")
    # From a Linux folder Windows programs complain about UNC paths, in the midst of their answer.
    mount = drives(machine).get("c")
    folder = machine.path(mount) if mount is not None else None
    if folder is not None and not os.path.isdir(folder):
        folder = None
    words = [program, *command[1:]]
    ran = machine.run(words, patience, folder=folder, encoding=encoding)
    if ran is None:
        return Told(None, f"{program} cannot be started")
    if ran.code is None:
        return Told(None, f"{name} gave no answer in the time that was left")
    return Told(ran.out, "", ran.code)


def windows(machine: Machine) -> tuple[Windows | None, str]:
    """Return what PowerShell says, asked once for all checks; None and why not."""
    return machine.once("wsl.windows", lambda: _windows(machine))


def _windows(machine: Machine) -> tuple[Windows | None, str]:
    question = "; ".join(
        (IN_UTF8, '"profile|$env:USERPROFILE"', question_of_holders(PORTS), f'"{ANSWERED}"')
    )
    words = ["powershell.exe", "-NoProfile", "-NonInteractive", "-Command", question]
    told = ask(machine, words, 15.0)
    if told.out is None:
        late = "no answer" in told.why
        return None, f"{told.why} (a cold start takes it 2 to 6 s)" if late else told.why
    lines = told.out.split("\n")
    if ANSWERED not in (line.strip() for line in lines):
        return None, f"powershell.exe gave no whole answer (exit code {told.code})"
    users = (line.strip()[8:] for line in lines if line.startswith("profile|"))
    user = linux_path(machine, next(users, ""))
    return Windows(read_holders(told.out), user), ""


def reserved_ranges(machine: Machine) -> tuple[list[Reserved] | None, str]:
    """Return the TCP ports that Windows keeps back; None and why it is not known."""
    words = ["int", "ipv4", "show", "excludedportrange", "protocol=tcp"]
    # Its words are in the language and the code page of this Windows; only the digits are read.
    told = ask(machine, ["netsh.exe", *words], 3.0, encoding="latin-1")
    if told.out is None:
        return None, told.why
    rows = re.findall(r"^\s*(\d+)\s+(\d+)\s*(\*?)\s*$", told.out, re.MULTILINE)
    if told.code or (not rows and "---" not in told.out):
        return None, f"netsh.exe gave no list of ranges (exit code {told.code})"
    return [Reserved(int(first), int(last), bool(star)) for first, last, star in rows], ""


def is_reserved(port: int, ranges: Sequence[Reserved]) -> Reserved | None:
    """Return the range that keeps a port from everybody; None also when an administrator set it aside."""
    around = [each for each in ranges if each.first <= port <= each.last]
    if any(each.administered for each in around):
        return None
    return around[0] if around else None


def distros(machine: Machine) -> tuple[list[str] | None, str]:
    """Return the distros of this Windows that people log in to; None and why they are not known."""
    told = ask(machine, ["wsl.exe", "-l", "-q"], 3.0, encoding="latin-1")
    if told.out is None:
        return None, told.why
    raw = told.out.encode("latin-1", "replace")
    # UTF-16, unless WSL_UTF8 is set on Windows.
    text = raw.decode("utf-16-le" if b"\0" in raw else "utf-8", "replace").lstrip("\ufeff")
    names = [line.strip() for line in text.splitlines()]
    names = [name for name in names if name and not _TOOLS.fullmatch(name)]
    if told.code or not names:
        return None, f"wsl.exe gave no list of distros (exit code {told.code})"
    return names, ""


def windows_codex_home(machine: Machine) -> str | None:
    r"""Return the CODEX_HOME of this person on the Windows side, as seen from here; None when it is not set there.

    The registry answers more quickly than PowerShell.
    """
    told = ask(machine, ["reg.exe", "query", r"HKCU\Environment", "/v", "CODEX_HOME"], 1.5)
    if told.out is None or told.code:
        return None
    found = re.search(r"^\s*CODEX_HOME\s+REG_(?:EXPAND_)?SZ\s+(.+?)\s*$", told.out, re.MULTILINE)
    if found is None or "%" in found[1] or "\ufffd" in found[1]:
        return None
    return linux_path(machine, found[1])
