"""The way back from the browser on this machine: the ports of the callback, who has them, and who opens the page."""

from __future__ import annotations

from profiles.doctor.checks import Check
from profiles.doctor.finding import ERROR, INFO, WARNING, Finding
from profiles.doctor.ports_browser import find_no_browser
from profiles.doctor.ports_holders import DEVICE_CODE, end_login, free, words_of
from profiles.doctor.waiting import PORTS, listeners, proc_of, waiting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from profiles.doctor.codex_clients import Client
    from profiles.doctor.machine import Machine
    from profiles.doctor.waiting import Listener

    #: Returns why a port cannot be listened on, as an error number; None when it can.
    Bind = Callable[[int], int | None]

SEEN: dict[str, str] = {
    "port.busy": (
        "Who listens on 127.0.0.1:1455 and 1457, where a browser login is called back. While both are held no such "
        "login can begin; while 1455 is, it goes to 1457, and a tunnel of 1455 leads to the wrong program."
    ),
    "state.mismatch": (
        "Whether two logins wait at once. Then the page of one can end at the other, which says State mismatch."
    ),
    "callback.timeout": (
        "Whether a login has been waiting for longer than ten minutes: its sign-in was not finished, or its callback "
        "cannot reach this machine."
    ),
    "redirect.ipv6": (
        "Who listens on [::1] at the ports of the callback, and what /etc/hosts makes of localhost. Clients before "
        "0.163 listen on 127.0.0.1 and send the browser to localhost, which may be ::1."
    ),
    "browser.none": (
        "Whether a browser can be opened from here. Codex does not fail without one: it prints the address and waits."
    ),
}
UNSEEN: dict[str, str] = {
    "port.connect": (
        "Whether a listener answers is not tried: a single request can end a login that waits there. The kernel's "
        "tables are read instead; do not try it with curl or a browser either."
    ),
    "pkce": (
        "That the issuer refuses an exchange after a right-looking callback (400) stands in its answer alone: the code "
        "of one attempt met the verifier of another, the address was edited, or the code was used twice or too late. "
        "Begin a fresh login, and never edit or reuse its address."
    ),
    "callback.paste": (
        "Where a callback cannot arrive, it can be carried by hand, of which nothing can be seen from here: copy the "
        "whole failed address out of the browser and paste it into the login of tui, or run where codex waits: "
        "curl -sS --noproxy 127.0.0.1 'ADDRESS' (single quotes; keep it out of the shell's history)."
    ),
}

_FINE = {
    "port.busy": "1455 and 1457 are free for the callback of a login",
    "state.mismatch": "no two logins wait at once",
    "callback.timeout": "no login waits in vain",
}
#: Seconds after which nobody sits in front of the page any more.
_LONG = 600.0


def checks(ports: Sequence[int] = PORTS, bind: Bind | None = None) -> tuple[Check, ...]:
    """Return the checks for these ports, the first of which is taken first."""
    tried = bind or _try_bind

    def look(machine: Machine) -> list[Finding]:
        return [*_busy(machine, ports, tried), *_two_logins(machine, ports), *_long(machine)]

    return (
        Check(_FINE, look),
        Check(
            {"redirect.ipv6": "localhost and [::1] do not stand in a callback's way"},
            lambda machine: _ipv6(machine, ports),
            slow=True,
        ),
        Check({"browser.none": "a browser can be opened from here"}, find_no_browser),
    )


def _busy(machine: Machine, ports: Sequence[int], bind: Bind) -> list[Finding]:
    import os

    taken: dict[int, list[str]] = {}
    held = [each for each in listeners(machine, ports) if each.covers]
    for port in ports:
        own = [words_of(machine, each) for each in held if each.port == port]
        number = None if own else bind(port)
        if number is not None and not _in_wsl(machine):  # there Windows is asked, by another check
            own = [f"127.0.0.1:{port}: nobody who can be seen from here ({os.strerror(number)})"]
        if own:
            taken[port] = own
    if not taken:
        return []
    first = ports[0]
    left = [port for port in ports if port not in taken]
    holder = next((each for each in held if each.port == next(iter(taken))), None)
    by = f" by {holder.who}" if holder else ""
    if not left:
        level, title = ERROR, f"{_and(ports)} are both taken"
        why = "No login by the browser can begin here: its callback may come to these ports only."
    elif holder is not None and holder.is_login:
        level, title = INFO, f"A login waits on {holder.port}: {holder.who}"
        why = f"It waits there until its page is signed in. A new login takes {left[0]} meanwhile."
        if holder.port == first and holder.program.startswith("codex"):  # ours does not go
            why += " A new codex login first asks it to go, and so ends it."
    elif first in taken:
        level, title = WARNING, f"{first} is in use{by}"
        why = (
            f"A new login waits on {left[0]} then, and a tunnel or forward of {first} leads to the wrong program. "
            f"A new codex login also asks whoever has {first} to go, which only a login of Codex does."
        )
    else:
        level, title = INFO, f"{_and(list(taken))} is in use{by}"
        why = f"{first} is free, and is what a login takes first."
    evidence = "\n".join(line for lines in taken.values() for line in lines)
    why = f"{why} A device code needs no port: {DEVICE_CODE}."
    return [Finding("port.busy", level, title[:70], evidence, why, free(machine, holder))]


def _two_logins(machine: Machine, ports: Sequence[int]) -> list[Finding]:
    from profiles.processes import is_login, start_time

    found = {each.pid: each.who for each in waiting(machine, ports) if each.pid is not None}
    programs = {each.pid: each.program for each in waiting(machine, ports)}
    where = {each.pid: f", waits on {each.port}" for each in waiting(machine, ports)}
    for process in machine.processes:
        if is_login(process):
            found.setdefault(process.pid, f"{process.command} (pid {process.pid})")
            programs.setdefault(process.pid, process.command)
    if len(found) < 2:
        return []
    oldest = min(found, key=lambda pid: (start_time(pid, proc_of(machine)) or 0.0, pid))
    return [
        Finding(
            "state.mismatch",
            WARNING,
            f"{len(found)} logins wait at once",
            "\n".join(f"{words}{where.get(pid, '')}" for pid, words in sorted(found.items())),
            "The page of one can end at the other, which says State mismatch and goes on waiting. The older one is "
            "the one to end; then use the page of the newest only.",
            end_login(machine, oldest, programs[oldest], finish=False),
        )
    ]


def _long(machine: Machine) -> list[Finding]:
    from profiles.processes import is_login, start_time

    found = []
    for process in machine.processes:
        since = start_time(process.pid, proc_of(machine)) if is_login(process) else None
        if since is None or machine.context.now() - since < _LONG:
            continue
        minutes = int((machine.context.now() - since) // 60)
        home = "" if process.home is None else f", home {machine.short(process.home)}"
        found.append(
            Finding(
                "callback.timeout",
                WARNING,
                f"A login has been waiting for {minutes} minutes",
                f"{process.command} (pid {process.pid}){home}, for {minutes} min",
                "Its page was not finished, or its callback cannot reach this machine, as over SSH without a tunnel. "
                "Finished after all, it overwrites that home's login. Cancelled, it can be done by device code.",
                end_login(machine, process.pid, process.command),
            )
        )
    return found


def _ipv6(machine: Machine, ports: Sequence[int]) -> list[Finding]:
    from profiles.doctor.codex_clients import BY_NUMBER, clients

    old = [each for each in clients(machine) if each.numbers and each.numbers < BY_NUMBER]
    level = WARNING if old else INFO
    client = (
        f"codex {old[0].version} ({old[0].path}) sends the browser to localhost and listens on 127.0.0.1."
        if old
        else "Only clients before 0.163 send the browser to localhost, and none is on PATH."
    )
    found = [
        Finding(
            "redirect.ipv6",
            level,
            f"[::1]:{each.port} is held by {each.who}"[:70],
            each.words,
            f"{client} Where localhost is ::1, the callback ends at that program: then type 127.0.0.1 for localhost "
            "in the address, and open it again.",
            _free_six(old[0], each) if old else "",
        )
        for each in listeners(machine, ports)
        if each.address == "::1"
    ]
    path = machine.path("/etc/hosts")
    first, line, has_number = _localhost(machine.text(path))
    if first is None or (has_number and (not old or ":" not in first)):
        return found
    if has_number:
        level = INFO
    place = f"{path}:{line}: localhost is {first}"
    return [
        *found,
        Finding(
            "redirect.ipv6",
            level,
            "The name localhost is ::1 first here"
            if has_number
            else "The name localhost is not 127.0.0.1 here",
            place if has_number else f"{place}, and no line says 127.0.0.1 localhost",
            f"{client} A browser that does not try both gets connection refused.",
            f"echo '127.0.0.1 localhost' | sudo tee -a {path}"
            if not has_number
            else "type 127.0.0.1 for localhost in the failed address, and open it again",
        ),
    ]


def _free_six(client: Client, holder: Listener) -> str:
    return client.update if holder.pid is None or holder.owner else f"kill {holder.pid}"


def _localhost(hosts: str | None) -> tuple[str | None, int, bool]:
    """Return what localhost is first, in which line, and whether 127.0.0.1 is among it; None when it is not named."""
    named = [
        (words[0], number)
        for number, line in enumerate((hosts or "").splitlines(), 1)
        if (words := line.partition("#")[0].split()) and "localhost" in words[1:]
    ]
    if not named:
        return None, 0, False  # the resolver knows the name by itself
    return *named[0], any(address == "127.0.0.1" for address, _ in named)


def _try_bind(port: int) -> int | None:
    """Try to have the port for a moment, without listening: nobody can call, and another login is not kept out.

    For that SO_REUSEADDR is set, where it takes nothing from anybody: on Linux.
    """
    import socket
    import sys

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform.startswith("linux"):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno
    return None


def _in_wsl(machine: Machine) -> bool:
    from profiles.wsl import is_wsl

    return is_wsl(machine.environ, machine.root)


def _and(ports: Sequence[int]) -> str:
    return " and ".join(map(str, ports))


CHECKS: tuple[Check, ...] = checks()
