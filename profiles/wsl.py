"""Linux inside Windows: whether we are there, and whether Windows has the port that a browser will call.

The browser of such a person runs on the Windows side, and calls Windows's own 127.0.0.1. In the usual mode WSL relays
that to us (`wslrelay.exe`); in `mirrored` mode both sides share their ports.
"""

from __future__ import annotations

import os
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    #: Runs a command with a time limit in seconds; its output, or None when it could not be had.
    Ask = Callable[[Sequence[str], float], str | None]

#: Where Windows keeps it, for those who keep Windows's folders out of PATH.
_POWERSHELL = "mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe"
#: Seconds; a cold start of PowerShell takes 2 to 6 of them.
_PATIENCE = 15.0
#: WSL's own program on the Windows side, which hands a port of a Linux listener on.
RELAY = "wslrelay"
#: The answer's last line: its exit code says nothing, as "nobody listens" counts as a failure.
ANSWERED = "asked"
#: Without it PowerShell answers in the code page of this Windows.
IN_UTF8 = "[Console]::OutputEncoding=[Text.Encoding]::UTF8"


class WindowsHolder(NamedTuple):
    """A Windows program that listens on one of the ports."""

    port: int
    address: str
    pid: int
    program: str


def is_wsl(environ: Mapping[str, str], root: str = "/") -> bool:
    """Tell whether this is WSL. A container on a WSL host is not: nothing of Windows can be run from it."""
    if environ.get("WSL_DISTRO_NAME") or environ.get("WSL_INTEROP"):
        return True
    # The variables are missing under sshd, systemd and cron.
    kernel = _read(f"{root}/proc/sys/kernel/osrelease") + _read(f"{root}/proc/version")
    return "microsoft" in kernel.lower() and runs_windows_programs(root)


def runs_windows_programs(root: str = "/") -> bool:
    """Tell whether the kernel hands Windows programs over to Windows."""
    folder = f"{root}/proc/sys/fs/binfmt_misc"
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return any(
        name.startswith("WSLInterop") and _read(f"{folder}/{name}").startswith("enabled")
        for name in names
    )


def powershell(environ: Mapping[str, str], root: str = "/") -> str | None:
    """Return the path of Windows's PowerShell, or None."""
    from shutil import which

    found = which("powershell.exe", path=environ.get("PATH", os.defpath))
    usual = f"{root.rstrip('/')}/{_POWERSHELL}"
    return found or (usual if os.access(usual, os.X_OK) else None)


def windows_holders(
    ports: Iterable[int], environ: Mapping[str, str], root: str = "/", ask: Ask | None = None
) -> list[WindowsHolder] | None:
    """Return the Windows programs that listen on these ports; None when Windows cannot be asked.

    WSL's own relay is left out: it stands for a listener of ours. Takes seconds, so call it in a thread.
    """
    program = powershell(environ, root)
    if program is None:
        return None
    question = f'{IN_UTF8}; {question_of_holders(ports)}; "{ANSWERED}"'
    words = [program, "-NoProfile", "-NonInteractive", "-Command", question]
    answer = (ask or _run)(words, _PATIENCE)
    if answer is None or ANSWERED not in answer.split():
        return None
    return [each for each in read_holders(answer) if each.program.lower() != RELAY]


def question_of_holders(ports: Iterable[int]) -> str:
    """Return what PowerShell is asked for who listens on these ports; `read_holders` reads the answer."""
    numbers = ",".join(str(int(port)) for port in ports)
    return (
        f"Get-NetTCPConnection -State Listen -LocalPort {numbers} -ErrorAction SilentlyContinue | % {{ "
        '"$($_.LocalPort)|$($_.LocalAddress)|$($_.OwningProcess)|'
        '$((Get-Process -Id $_.OwningProcess).ProcessName)" }'
    )


def read_holders(answer: str) -> list[WindowsHolder]:
    """Read PowerShell's lines, `1455|127.0.0.1|12528|codex`; whatever else it says is skipped.

    WSL's own relay (`RELAY`), which stands for a listener in some Linux, is among them.
    """
    found = []
    for line in answer.splitlines():
        fields = line.strip().split("|")
        if len(fields) != 4 or not (fields[0].isdecimal() and fields[2].isdecimal()):
            continue
        name = "".join(sign for sign in fields[3] if sign.isprintable()) or "a program"
        found.append(WindowsHolder(int(fields[0]), fields[1], int(fields[2]), name))
    return found


def hint_of_windows(holders: Sequence[WindowsHolder]) -> str:
    """Say what to do when a Windows program has a port that the browser is going to call."""
    who = ", ".join(f"{each.program} (pid {each.pid}) has {each.port}" for each in holders)
    return (
        f"on the Windows side {who}, and would take the callback: end that program there, or use the device code, "
        "or paste the address at which the browser ends"
    )


def hint_of_unseen(ports: Sequence[int]) -> str:
    """Say what to do when a port is taken and nobody in this Linux has it: then Windows does, in mirrored mode."""
    numbers = ",".join(str(port) for port in ports)
    return (
        "no program in this Linux has it, so the Windows side does (mirrored networking shares the ports; a reserved "
        f"range counts too). In PowerShell: Get-NetTCPConnection -State Listen -LocalPort {numbers}; "
        "netsh int ipv4 show excludedportrange protocol=tcp. Free it there, or set networkingMode=nat in .wslconfig "
        "and run wsl --shutdown"
    )


def _run(words: Sequence[str], patience: float) -> str | None:
    import subprocess

    # From a Linux folder Windows programs complain about UNC paths, in the midst of their answer.
    folder = "/mnt/c" if os.path.isdir("/mnt/c") else None
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience,
            check=False,
            cwd=folder,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(4096)
    except OSError:
        return ""
