"""How this WSL is set up: version, network, Windows programs, browser, variables from Windows, other distros."""

from __future__ import annotations

import os
import re

from profiles.doctor.finding import ERROR, INFO, UNKNOWN, WARNING, Finding
from profiles.doctor.wsl_system import (
    NONE,
    distro,
    drives,
    kernel_root,
    linux_settings,
    networking,
    version,
    windows_settings,
    wished_mode,
)
from profiles.doctor.wsl_windows import distros, find_windows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine

#: Programs that open Windows's browser when they are on PATH; the first two are made for it.
_OPENERS = ("wslview", "wsl-open", "cmd.exe", "powershell.exe")
#: Variables that beat a login, and those that lead to files.
_LOGINS = ("CODEX_ACCESS_TOKEN", "CODEX_API_KEY")
_PATHS = ("CODEX_HOME", "CODEX_CA_CERTIFICATE", "SSL_CERT_FILE", "SSL_CERT_DIR")
_OTHERS = ("OPENAI_API_KEY", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def setup(machine: Machine) -> list[Finding]:
    """Say which WSL this is; look at its network."""
    number, mode = version(machine), networking(machine)
    release = machine.run(["wslinfo", "--wsl-version"], 1.0)
    program = release.out.strip() if release is not None and release.code == 0 else ""
    facts = [
        f"WSL {number}",
        f"distro {distro(machine)}",
        f"networking {mode.name} (by {mode.known_by})",
    ]
    if re.fullmatch(r"\d[\d.]*", program):
        facts.append(f"release {program}")
    found = [_version(number, ", ".join(facts), distro(machine))]
    wish = wished_mode(windows_settings(machine))
    if mode.name == NONE:
        found.append(
            Finding(
                "wsl.network",
                ERROR,
                "This WSL has no network",
                f"networking mode: {NONE} (by {mode.known_by})",
                "Nothing here reaches the login service. WSL also falls back to this when it cannot set up the mode "
                "that .wslconfig asks for.",
                _change_mode(wish.known_by if wish else None),
            )
        )
    elif wish is not None and wish.name != mode.name and mode.is_sure:
        found.append(
            Finding(
                "wsl.network",
                INFO,
                f"Networking is {mode.name}, not {wish.name} as asked for",
                f"{wish.known_by} asks for {wish.name}; wslinfo says {mode.name}",
                "The file holds from the next start of WSL on; an older Windows cannot do every mode, and takes nat.",
                "wsl.exe --shutdown",
            )
        )
    return found


def _version(number: int, facts: str, name: str) -> Finding:
    if number == 1:
        return Finding(
            "wsl.version",
            WARNING,
            "Codex does not support WSL 1",
            facts,
            "Since 0.115 its sandbox needs the kernel of WSL 2.",
            f"wsl.exe --set-version {name} 2   (in PowerShell on Windows)",
        )
    return Finding("wsl.version", INFO, f"This is WSL 2, {name}", facts)


def _change_mode(place: str | None) -> str:
    where = f"in {place}" if place else "below [wsl2] of .wslconfig on Windows"
    return f"write networkingMode=nat {where}, then: wsl.exe --shutdown"


def interop(machine: Machine) -> list[Finding]:
    """Look whether Windows programs can be run."""
    from profiles.wsl import runs_windows_programs

    if runs_windows_programs(kernel_root(machine)):
        return []
    place = linux_settings(machine).place("interop.enabled")
    evidence = (
        f"nothing in {machine.path('/proc/sys/fs/binfmt_misc')} hands Windows programs to Windows"
    )
    fix = "wsl.exe --shutdown   (in PowerShell on Windows)"
    if place is not None and place[0].value.lower() == "false":
        evidence += f"\nenabled=false below [interop] in {place[1]}"
        fix = f"write enabled=true in {place[1]}, then, on Windows: wsl.exe --shutdown"
    return [
        Finding(
            "wsl.interop",
            UNKNOWN,
            "Windows cannot be asked: interop is off",
            evidence,
            "Who has the callback port on Windows, what it reserves and how it gets out cannot be seen; nor can its "
            "browser be opened from here.",
            fix,
        )
    ]


def browser(machine: Machine) -> list[Finding] | None:
    """Look whether what should open Windows's browser can; None over ssh, where it would open for nobody.

    That there is nothing at all which could is `browser.none`, of the ports.
    """
    environ = machine.environ
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return None
    words = [each.split() for each in environ.get("BROWSER", "").split(os.pathsep)]
    named = [each[0] for each in words if each]
    if any(machine.which(each) is not None for each in named):
        return []
    desktop = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    if desktop and machine.which("xdg-open") is not None:
        return []
    from profiles.wsl import runs_windows_programs

    lines = [f"BROWSER names {each}, which is not on PATH" for each in named]
    on_path = [each for each in _OPENERS if machine.which(each) is not None]
    fix = "sudo apt install wslu   (brings wslview)"
    if not runs_windows_programs(kernel_root(machine)):
        lines.append("Windows programs cannot be run here, and there is no desktop")
        fix = "open the address that the login shows by hand, or: tui login NAME --device-code"
    elif on_path and not named:
        return []
    elif on_path:
        fix = "unset BROWSER"
    else:
        aside = find_windows(machine, "powershell.exe")
        if aside is None and not named:
            return []
        lines.append(f"none of {', '.join(_OPENERS)} is on PATH")
        place = linux_settings(machine).place("interop.appendwindowspath")
        if place is not None and place[0].value.lower() == "false":
            lines.append(f"appendWindowsPath=false in {place[1]}")
    return [
        Finding(
            "wsl.browser",
            INFO,
            "Codex cannot open Windows's browser from here",
            "\n".join(lines),
            "A login shows its address and waits: open it by hand.",
            fix,
        )
    ]


def from_windows(machine: Machine) -> list[Finding]:
    """Look which variables of a login are handed over by Windows (WSLENV)."""
    found = []
    for entry in machine.environ.get("WSLENV", "").split(":"):
        name, _, flags = entry.partition("/")
        value = machine.environ.get(name, "").strip()
        if value and name.upper() in (*_LOGINS, *_PATHS, *_OTHERS):
            found.append(_handed_over(name, value, f"{name}/{flags}" if flags else name, machine))
    return found


def _handed_over(name: str, value: str, entry: str, machine: Machine) -> Finding:
    from profiles.doctor.redaction import described

    evidence = f"WSLENV holds {entry}; {name} is set here ({described(value)})"
    source = "It is set on Windows, and no file of this Linux would show where."
    take_out = (
        f"in PowerShell on Windows: [Environment]::SetEnvironmentVariable('{name}',$null,'User'); "
        "then a new terminal"
    )
    if name in _LOGINS:
        # What it does to a login is env.access_token's and env.api_key's to say.
        title = f"{name}, which beats logins, comes from Windows"
        return Finding("wsl.env", INFO, title, evidence, source, take_out)
    if name in _PATHS and _WINDOWS_PATH.match(value):
        evidence += "\nits value is a path of Windows, which means nothing here"
        flag = f"in WSLENV on Windows write {name}/p for {entry}   (then WSL translates the path)"
        return Finding(
            "wsl.env", WARNING, f"{name} holds a path of Windows", evidence, source, flag
        )
    if name == "CODEX_HOME" and any(
        value.startswith(f"{each}/") for each in drives(machine).values()
    ):
        evidence += f"\nit leads to a drive of Windows: {value}"
    return Finding("wsl.env", INFO, f"{name} comes from Windows", evidence, source, take_out)


def other_distros(machine: Machine) -> list[Finding]:
    """Look how many distros there are, each with a home of its own."""
    names, why = distros(machine)
    if names is None:
        title = "the distros of this Windows are not known"
        return [Finding("home.distros", UNKNOWN, title, why, "", "wsl.exe -l -q")]
    if len(names) < 2:
        return []
    own = machine.environ.get("WSL_DISTRO_NAME", "")
    lines = [f"{name}{'   (this one)' if name == own else ''}" for name in names]
    return [
        Finding(
            "home.distros",
            INFO,
            f"{len(names)} distros, each with its own Codex home",
            "\n".join(lines),
            "A login here is none in the others. Copies of one login would end each other at the next refresh.",
            "log in apart in each distro that uses Codex: tui login NAME --device-code",
        )
    ]
