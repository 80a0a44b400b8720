"""The callback's way from Windows's browser to a Codex in WSL: who has the ports there, and what is in between."""

from __future__ import annotations

import errno
import os

from profiles.doctor.finding import ERROR, INFO, UNKNOWN, WARNING, Finding
from profiles.doctor.wsl_system import NONE, kernel_root, networking, windows_settings
from profiles.doctor.wsl_windows import PORTS, is_reserved, reserved_ranges, windows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from profiles.doctor.machine import Machine
    from profiles.ports import PortHolder
    from profiles.wsl import WindowsHolder

_LOOPBACK = frozenset({"127.0.0.1", "0.0.0.0", "::", "::ffff:127.0.0.1"})  # noqa: S104 - compared only
_REFUSED = frozenset({errno.EADDRINUSE, errno.EACCES, errno.EPERM, errno.EADDRNOTAVAIL})
#: What the programs of editors that forward ports are called, in lower case.
_EDITORS = frozenset(
    {
        *("code", "code - insiders", "code - oss", "cursor", "windsurf", "vscodium"),
        *("antigravity", "kiro", "trae"),
    }
)
#: Programs that do not end because somebody wants a port.
_SYSTEM = frozenset({"system", "svchost", "services", "idle", "wslrelay", "wslservice", "vmmem"})
_ADMINISTER = (
    "in a PowerShell run as administrator: net stop winnat; netsh int ipv4 add excludedportrange protocol=tcp "
    "startport=1455 numberofports=3; net start winnat"
)


def excluded(machine: Machine) -> list[Finding]:
    """Look whether Windows keeps the redirect ports back."""
    ranges, why = reserved_ranges(machine)
    if ranges is None:
        return [_unknown("port.excluded", "Windows's reserved ports are not known", why)]
    hit = {port: found for port in PORTS if (found := is_reserved(port, ranges)) is not None}
    if 1455 not in hit:
        return []
    evidence = "\n".join(
        f"port {port} lies in the reserved range {each.first}-{each.last} of Windows (netsh)"
        for port, each in hit.items()
    )
    if len(hit) < len(PORTS):
        why = "Codex 0.169 takes 1457 then. Older versions know 1455 alone, and fail on Windows."
        title = "Windows keeps port 1455 back; 1457 is free"
        return [Finding("port.excluded", INFO, title, evidence, why, _ADMINISTER)]
    why = (
        "No program on Windows may listen there, not even WSL's relay: a browser's callback reaches nobody, and a "
        "Codex on Windows says os error 10013, or that the port is in use. Such ranges move when Windows starts anew."
    )
    title = "Windows keeps both redirect ports back, 1455 and 1457"
    return [Finding("port.excluded", ERROR, title, evidence, why, _ADMINISTER)]


def mirrored(machine: Machine) -> list[Finding] | None:
    """Look whether a port is taken though nobody in this Linux has it; None where ports are not shared."""
    mode = networking(machine)
    if not mode.shares_ports and mode.is_sure:
        return None
    taken = {port: why for port in PORTS if (why := _refused(machine, port)) is not None}
    if not taken:
        return [] if mode.shares_ports else None
    lines = [
        f"port {port} cannot be had ({why}), and no program in this Linux has it"
        for port, why in taken.items()
    ]
    said, silent = windows(machine)
    holders = [each for each in (said.holders if said else ()) if each.port in taken]
    ranges, unread = (None, "") if holders else reserved_ranges(machine)
    fix = "wsl.exe --shutdown, then try again"
    if holders:
        lines += [_holder(each) for each in holders]
        fix = _free(holders[0])
    elif ranges is not None and any(is_reserved(port, ranges) for port in taken):
        lines += [
            f"port {port} lies in the reserved range {found.first}-{found.last} of Windows (netsh)"
            for port in taken
            if (found := is_reserved(port, ranges)) is not None
        ]
        fix = _ADMINISTER
    else:
        lines += [f"who on Windows is not known: {each}" for each in (silent, unread) if each]
    both = len(taken) == len(PORTS)
    return [
        Finding(
            "port.mirrored",
            ERROR if both else INFO,
            "Windows has both redirect ports"
            if both
            else f"Windows has port {next(iter(taken))}, which nobody here has",
            "\n".join([*lines, f"networking mode: {mode.name} (by {mode.known_by})"]),
            "In mirrored mode, and in WSL 1, Windows's ports are those of Linux: what is taken or reserved there "
            "cannot be had here. "
            + ("A login by browser cannot begin." if both else "Codex 0.169 takes the other one."),
            fix,
        )
    ]


def callback(machine: Machine) -> list[Finding] | None:
    """Look at what is between Windows's browser and a listener here; None where ports are shared."""
    mode = networking(machine)
    if mode.shares_ports or mode.name == NONE:
        return None
    said, why = windows(machine)
    found = _forwarding(machine, said.user if said else None)
    if said is None:
        return [
            *found,
            _unknown("wsl.callback", "who has port 1455 on Windows is not known", why),
            _unknown("wslrelay.1455", "whether wslrelay.exe has port 1455 is not known", why),
        ]
    from profiles.wsl import RELAY

    here = {port: _here(machine, port) for port in PORTS}
    reached = [each for each in said.holders if each.address in _LOOPBACK]
    relays = [each for each in reached if each.program.lower() == RELAY]
    # Codex goes to 1457 only when somebody here has 1455.
    others = [
        each
        for each in reached
        if each.program.lower() != RELAY and (each.port == PORTS[0] or here[PORTS[0]])
    ]
    return [*found, *_swallowed(others), *_relayed(relays, here)]


def _forwarding(machine: Machine, user: str | None) -> list[Finding]:
    settings = windows_settings(machine, user)
    place = settings.place("wsl2.localhostforwarding") if settings is not None else None
    if place is None or place[0].value.lower() != "false":
        return []
    return [
        Finding(
            "wsl.callback",
            WARNING,
            "Windows's browser cannot reach a login in WSL",
            f"localhostForwarding=false in {place[1]}",
            "The browser calls 127.0.0.1 of Windows, and WSL was told not to hand such calls on: it says signed in, "
            "or refused, and Codex here keeps waiting.",
            f"delete line {place[0].line} of {place[1].rpartition(':')[0]}, then: wsl.exe --shutdown   "
            "(or log in with: tui login NAME --device-code)",
        )
    ]


def _swallowed(holders: Sequence[WindowsHolder]) -> list[Finding]:
    found = []
    forwarding = [each for each in holders if each.program.lower() in _EDITORS]
    if forwarding:
        found.append(
            Finding(
                "wsl.callback",
                INFO,
                f"An editor on Windows has port {forwarding[0].port}",
                "\n".join(_holder(each) for each in forwarding),
                "Editors hand ports on to WSL by themselves: the callback gets here when theirs leads to this Linux, "
                "and to the same port (vscode.forward).",
                "look at the editor's view of ports: 1455 there must lead to 1455 here",
            )
        )
    holders = [each for each in holders if each not in forwarding]
    if not holders:
        return found
    first = holders[0]
    return [
        *found,
        Finding(
            "wsl.callback",
            WARNING,
            f"A program on Windows has port {first.port} and takes the callback",
            "\n".join(_holder(each) for each in holders),
            "Codex listens in Linux without a complaint, but the browser calls Windows's own 127.0.0.1: it "
            "says signed in, and Codex here keeps waiting.",
            _free(first),
        ),
    ]


def _relayed(relays: Iterable[WindowsHolder], here: dict[int, list[PortHolder]]) -> list[Finding]:
    mine, foreign = [], []
    for relay in relays:
        own = here[relay.port]
        if own:
            mine.append(f"{_holder(relay)} stands for {own[0].words} in this Linux")
        else:
            foreign.append(f"{_holder(relay)}; nobody in this Linux has that port")
    if foreign:
        return [
            Finding(
                "wslrelay.1455",
                WARNING,
                "A login in another WSL distro holds the callback port",
                "\n".join([*foreign, *mine]),
                "wslrelay.exe hands a port of Windows to the Linux that listens there: a codex login, or an editor's "
                "Codex inside WSL (ide.wsl). Until that ends, a login on Windows finds the port in use, and one here "
                "does not get its callback. Ending wslrelay.exe itself is no cure.",
                "end or cancel the login in the other distro (wsl.exe -l --running names it)",
            )
        ]
    if mine:
        return [
            Finding(
                "wslrelay.1455",
                INFO,
                "wslrelay.exe hands the callback port to this Linux",
                "\n".join(mine),
                "That is how a callback gets here. A login on Windows finds the port in use meanwhile.",
                "nothing to do; the port is free when that login has ended",
            )
        ]
    return []


def _here(machine: Machine, port: int) -> list[PortHolder]:
    """Return who in this Linux would get a call to 127.0.0.1 there."""
    from profiles.ports import holders

    return [each for each in holders(port, kernel_root(machine)) if each.covers_loopback]


def _refused(machine: Machine, port: int) -> str | None:
    """Return why nobody can listen there although nobody in this Linux does, or None."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
        # As Codex does it: the end of a login a minute ago is no reason to refuse the next.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno in _REFUSED and not _here(machine, port):
                return os.strerror(error.errno or 0).lower()
    return None


def _free(holder: WindowsHolder) -> str:
    """Say how to free a port that a program of Windows has; nobody is told to end Windows, or all containers."""
    name = holder.program.lower()
    if "docker" in name:
        return f"docker ps --filter publish={holder.port}   (then docker stop that container)"
    if holder.pid <= 4 or name in _SYSTEM:
        return f"tui login NAME --device-code   ({holder.program} is a part of Windows: let it run)"
    return f"on Windows: Stop-Process -Id {holder.pid}   (ends {holder.program})"


def _holder(each: WindowsHolder) -> str:
    return f"{each.program} (pid {each.pid}) on Windows listens on {each.address}:{each.port}"


def _unknown(id_: str, title: str, why: str) -> Finding:
    return Finding(
        id_,
        UNKNOWN,
        title,
        why,
        "Only Windows can tell, and it could not be asked.",
        "tui doctor   (once more, when Windows can be asked)",
    )
