"""Programs that keep variables and hand them on: systemd, cron, tmux, launchd, and Windows where this is WSL."""

from __future__ import annotations

import os
import re
import shlex
import threading
from typing import NamedTuple

from profiles.doctor.environment_places import Place
from profiles.doctor.environment_windows import in_registry
from profiles.doctor.variable_hits import hit
from profiles.doctor.wsl_system import in_wsl
from profiles.model import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from profiles.doctor.machine import Machine

    Asked = tuple[list[Place], str | None]
    Ask = Callable[[Machine, Collection[str]], Asked]

#: Seconds. All are asked at once; Windows may take longer.
_PATIENCE = 2.0
_LONGEST = 5.5
#: As many tmux servers are asked.
_SERVERS = 8
_LINE = re.compile(r"([A-Za-z_]\w*)=(.*)")


def in_programs(
    machine: Machine, names: Collection[str]
) -> tuple[list[Place], list[tuple[str, str]]]:
    """Return what programs hand on, and the names of those that gave no answer, with why."""
    asks: list[tuple[str, Ask]] = [("tmux", _tmux)]
    if machine.platform == "darwin":
        asks.append(("launchctl", _launchd))
    else:
        asks.append(("systemctl --user", _systemd))
    asks.append(("crontab", _cron))
    if in_wsl(machine):
        asks.append(("the Windows side", in_registry))
    answers: dict[str, Asked] = {}

    def ask(name: str, one: Ask) -> None:
        answers[name] = one(machine, names)

    threads = [threading.Thread(target=ask, args=each, daemon=True) for each in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(machine.left(_LONGEST))
    places, unasked = [], []
    for name, _ask in asks:
        found, why = answers.get(name, ([], "no answer in time"))
        places += found
        if why is not None:
            unasked.append((name, why))
    return places, unasked


def _place(
    name: str, value: str | None, where: str, remove: str, reach: str = "", *, bites: bool = True
) -> Place:
    return Place(
        name, where, reach=reach, bites=bites, remove=remove, hit=hit(name, 0, value, raw="")
    )


def _systemd(machine: Machine, names: Collection[str]) -> Asked:
    ran = machine.run(["systemctl", "--user", "show-environment"], _PATIENCE)
    if ran is None or ran.code not in (0, None):
        return [], None  # no systemd, or none for this user: nothing is handed on
    if ran.code is None:
        return [], f"no answer within {_PATIENCE:g} s"
    found = []
    for line in ran.out.splitlines():
        said = _LINE.fullmatch(line)
        if said and said[1] in names:
            value = None if said[2].startswith("$'") else said[2]
            remove = f"systemctl --user unset-environment {said[1]}"
            where = "systemd (systemctl --user show-environment)"
            found.append(_place(said[1], value, where, remove, "the desktop and its services"))
    return found, None


def _cron(machine: Machine, names: Collection[str]) -> Asked:
    ran = machine.run(["crontab", "-l"], _PATIENCE)
    if ran is None or ran.code not in (0, None):
        return [], None
    if ran.code is None:
        return [], f"no answer within {_PATIENCE:g} s"
    found = []
    for number, line in enumerate(ran.out.splitlines(), 1):
        said = re.fullmatch(r"\s*([\"']?)([A-Za-z_]\w*)\1\s*=\s*(.*?)\s*", line)
        if said and said[2] in names:
            value = said[3].strip("\"'")
            where = f"crontab -l, line {number}"
            found.append(
                _place(said[2], value, where, "crontab -e", "the jobs of cron", bites=False)
            )
    return found, None


class TmuxServer(NamedTuple):
    """A tmux server that answered: what it hands to new windows, by flag of `show-environment`."""

    socket: str
    pid: int
    variables: Mapping[str, Mapping[str, Secret]]


def tmux_servers(machine: Machine) -> tuple[list[TmuxServer], str | None]:
    """Return this user's tmux servers, and why one of them could not be asked; asked once for all checks."""
    return machine.once("tmux servers", lambda: _ask_tmux(machine))


def _ask_tmux(machine: Machine) -> tuple[list[TmuxServer], str | None]:
    if machine.which("tmux") is None:
        return [], None
    found = []
    why = None
    current = machine.environ.get("TMUX", "").split(",")[0]
    sockets = _sockets(machine)
    if current and current not in sockets:
        sockets.insert(0, current)
    for socket in sockets[:_SERVERS]:
        variables: dict[str, dict[str, Secret]] = {}
        pid = 0
        for flag in ("-g", "")[: 2 if socket == current else 1]:
            words = ["tmux", "-S", socket, "display-message", "-p", "#{pid}", ";"]
            ran = machine.run([*words, "show-environment", *([flag] if flag else [])], _PATIENCE)
            if ran is not None and ran.code is None:
                why = f"{socket}: no answer within {_PATIENCE:g} s"
            if ran is None or ran.code != 0:
                break
            first, *lines = ran.out.splitlines()
            pid = int(first) if first.isdecimal() else 0
            said = (_LINE.fullmatch(line) for line in lines)
            variables[flag] = {each[1]: Secret(each[2]) for each in said if each}
        if variables:
            found.append(TmuxServer(socket, pid, variables))
    return found, why


def _tmux(machine: Machine, names: Collection[str]) -> Asked:
    found = []
    servers, why = tmux_servers(machine)
    for server in servers:
        for flag, variables in server.variables.items():
            for name in names:
                if name in variables:
                    words = [*tmux_words(machine, server), "show-environment", *flag.split()]
                    found.append(
                        _place(
                            name,
                            variables[name].reveal(),
                            shlex.join(words),
                            tmux_removal(machine, server, name, flag),
                            "new windows of tmux",
                        )
                    )
    return found, why


def tmux_words(machine: Machine, server: TmuxServer) -> list[str]:
    """Return how a person here calls this server."""
    current = machine.environ.get("TMUX", "").split(",")[0]
    is_usual = server.socket in (current, f"{_tmux_folder(machine)}/default")
    return ["tmux"] if is_usual else ["tmux", "-S", server.socket]


def tmux_removal(machine: Machine, server: TmuxServer, name: str, flag: str = "-g") -> str:
    """Return the command that takes a variable away from what a tmux server hands on."""
    return shlex.join(
        [*tmux_words(machine, server), "set-environment", "-gu" if flag else "-u", name]
    )


def _tmux_folder(machine: Machine) -> str:
    base = machine.environ.get("TMUX_TMPDIR", "") or machine.path("/tmp")  # noqa: S108 - tmux's own
    return f"{base}/tmux-{machine.context.uid}"


def _sockets(machine: Machine) -> list[str]:
    """Return the sockets of this user's tmux servers, living or dead."""
    import stat

    folder = _tmux_folder(machine)
    try:
        paths = [f"{folder}/{name}" for name in sorted(os.listdir(folder))]
        return [path for path in paths if stat.S_ISSOCK(os.stat(path).st_mode)]
    except OSError:
        return []


def _launchd(machine: Machine, names: Collection[str]) -> Asked:
    found: list[Place] = []
    for name in names:
        ran = machine.run(["launchctl", "getenv", name], _PATIENCE)
        if ran is None:
            return [], "launchctl cannot be run"
        if ran.code is None:
            return found, f"no answer within {_PATIENCE:g} s"
        if ran.code == 0 and ran.out.strip():
            value, where = ran.out.rstrip("\n"), f"launchd (launchctl getenv {name})"
            remove = f"launchctl unsetenv {name}"
            found.append(_place(name, value, where, remove, "what the desktop starts"))
    return found, None
