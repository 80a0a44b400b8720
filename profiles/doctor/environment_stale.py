"""Programs that still run with variables of another day: what they began with is not what this terminal has."""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles.command_line import base_name, is_name
from profiles.doctor.environment_places import BEATING, NETWORK
from profiles.doctor.environment_programs import tmux_removal, tmux_servers
from profiles.doctor.finding import INFO, WARNING, Finding, Mend, Mended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from profiles.doctor.environment_programs import TmuxServer
    from profiles.doctor.machine import Machine
    from profiles.model import Process

STALE = "env.stale_process"
#: Exemptions differ from one program to another, and break no login by themselves.
_WATCHED = (*BEATING, *(name for name in NETWORK if name.upper() != "NO_PROXY"))
#: Names of editors' own programs, and parts of the paths of those that run on a remote machine.
_EDITORS = ("code", "code-insiders", "cursor", "windsurf", "codium", "vscodium")
_SERVERS = (".vscode-server", ".cursor-server", ".windsurf-server", ".vscodium-server")
_EDITOR, _TMUX, _SCREEN, _UPDATER = "editor", "tmux", "screen", "updater"


class Seen(NamedTuple):
    """A program that hands its environment on. `kind` is one of the words above."""

    pid: int
    parent: int
    kind: str
    name: str


def stale_processes(machine: Machine) -> list[Finding]:
    """Return a finding for each program that has a watched variable which we lack, or have otherwise."""
    expected = _expected(machine)
    found = []
    for process in machine.processes:
        names = _differing(_environ(machine, process.pid), expected)
        if names:
            found.append(_of_codex(machine, process, names))
    others = list(_others(machine))
    editors = {each.pid for each in others if each.kind == _EDITOR}
    servers = {each.pid: each for each in tmux_servers(machine)[0]}
    for other in others:
        if other.kind == _EDITOR and other.parent in editors:
            continue  # of an editor's dozens of processes the first alone is named
        server = servers.get(other.pid)
        # Nobody gets the proxy or certificates of an idle one; a credential in it is worth a word all the same.
        idle = other.kind in (_TMUX, _SCREEN) and _is_idle(machine, other)
        watched: tuple[str, ...] = BEATING if idle else _WATCHED
        if server is not None:
            # What it hands on by now counts, not what it began with.
            handed = {name: value.reveal() for name, value in server.variables["-g"].items()}
            names = _differing(handed, expected)
        else:
            names = _differing(_environ(machine, other.pid), expected)
        names = [name for name in names if name in watched]
        if names:
            found.append(_of_other(machine, other, names, server))
    return found


def _is_idle(machine: Machine, other: Seen) -> bool:
    """Tell whether a multiplexer is neither the one that we are in nor one in which a Codex runs."""
    current = machine.environ.get("TMUX", "").split(",")[1:2]
    current += machine.environ.get("STY", "").split(".")[:1]
    if str(other.pid) in current:
        return False
    inner = [os.getpid(), *(each.pid for each in machine.processes)]
    return not any(other.pid in _above(machine, pid) for pid in inner)


def _above(machine: Machine, pid: int) -> list[int]:
    """Return the programs in which a program runs, the nearest first."""
    found: list[int] = []
    while pid > 0 and len(found) < 64:
        status = _read(f"{machine.proc}/{pid}/status").partition("PPid:")[2].split()
        pid = int(status[0]) if status else 0
        found.append(pid)
    return found


def _expected(machine: Machine) -> Mapping[str, set[str]]:
    """Return the values with which a Codex that is started now would run: ours, and those of the home's `.env`."""
    from profiles.oauth.variables import variables_of

    said = variables_of(machine.context)
    expected = {}
    for name in _WATCHED:
        values = {machine.environ.get(name, "").strip()}
        found = said.find(name)
        if found is not None:
            values.add(found.value.strip())
        expected[name] = values
    return expected


def _differing(environ: Mapping[str, str], expected: Mapping[str, set[str]]) -> list[str]:
    return [
        name
        for name in _WATCHED
        if environ.get(name, "").strip() and environ[name].strip() not in expected[name]
    ]


def _environ(machine: Machine, pid: int) -> Mapping[str, str]:
    """Return the environment with which a process began; nothing when it may not be read."""
    if not os.path.isdir(machine.proc):
        import psutil

        try:
            return psutil.Process(pid).environ()
        except (psutil.Error, OSError):
            return {}
    pairs = (entry.partition("=") for entry in _read(f"{machine.proc}/{pid}/environ").split("\0"))
    return {name: value for name, equals, value in pairs if equals}


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read(1 << 20))
    except OSError:
        return ""


def _others(machine: Machine) -> Iterator[Seen]:
    """Yield this user's programs that hand their environment to what people start in them."""
    for pid, parent, words, program in _running(machine):
        kind, name = _kind(words, program)
        if kind and pid != os.getpid():
            yield Seen(pid, parent, kind, name)


def _running(machine: Machine) -> Iterator[tuple[int, int, list[str], str]]:
    """Yield pid, parent, words and program of this user's processes."""
    if not os.path.isdir(machine.proc):
        yield from _running_elsewhere(machine.context.uid)
        return
    for name in os.listdir(machine.proc):
        if not name.isdigit():
            continue
        folder = f"{machine.proc}/{name}"
        status = dict(
            line.split(":", 1) for line in _read(f"{folder}/status").splitlines() if ":" in line
        )
        owner = status.get("Uid", "").split()
        if not owner or int(owner[0]) != machine.context.uid:
            continue
        try:
            program = os.readlink(f"{folder}/exe")
        except OSError:
            program = ""
        words = _read(f"{folder}/cmdline").rstrip("\0").split("\0")
        yield int(name), int(status.get("PPid", "0")), words, program


def _running_elsewhere(uid: int) -> Iterator[tuple[int, int, list[str], str]]:
    import psutil

    for process in psutil.process_iter():
        try:
            if process.uids().real == uid:
                yield process.pid, process.ppid(), process.cmdline(), process.exe()
        except (psutil.Error, OSError):
            continue


def _kind(words: list[str], program: str) -> tuple[str, str]:
    """Return what a program is to us, and its name for people; two empty texts for what it is not."""
    first = base_name(words[0]) if words else ""
    own = base_name(program)
    if first in _EDITORS or own in _EDITORS:
        return _EDITOR, own if own in _EDITORS else first
    for server in _SERVERS:
        if any(f"/{server}" in word for word in (program, *words[:2])):
            return _EDITOR, server.removeprefix(".")
    if first.startswith("tmux") or own == "tmux":
        return _TMUX, "tmux"
    if first == "SCREEN" or own == "screen":
        return _SCREEN, "screen"
    if "pid-update-loop" in words and (is_name(own) or is_name(first)):
        return _UPDATER, "the daemon's updater"
    return "", ""


def _evidence(who: str, names: list[str], machine: Machine) -> str:
    lines = []
    for name in names:
        ours = "has another value" if machine.environ.get(name, "").strip() else "does not have it"
        lines.append(f"{who} runs with {name}; this terminal {ours}")
    return "\n".join(lines)


def _title(who: str, name: str, machine: Machine) -> str:
    """Return a title that says only what is so: another value, or one where this terminal has none."""
    if machine.environ.get(name, "").strip():
        return f"{who} began with another {name}"
    article = "an" if name[0] in "AHSahs" else "a"
    return f"{who} has {article} {name} that is not set here"


def _why(names: list[str]) -> str:
    begins = "A program keeps the variables with which it was started, "
    if any(name in BEATING for name in names):
        return f"{begins}so it goes on using that credential and not the login in auth.json."
    return f"{begins}so it goes on using the proxy or certificates of that day."


def _of_codex(machine: Machine, process: Process, names: list[str]) -> Finding:
    from profiles.daemon import command_line

    label = f"{process.command} (the daemon)" if process.daemon else process.command
    home = f", CODEX_HOME={machine.short(process.home)}" if process.home else ""
    evidence = _evidence(f"pid {process.pid}, {label}{home},", names, machine)
    # An exec is given its key on purpose, and so is a home that is none of ours what it runs with.
    meant = process.command == "codex exec" and names == ["CODEX_API_KEY"]
    level = INFO if meant or not _is_ours(machine, process.home) else WARNING
    if not process.daemon:
        title = _title("A running Codex", names[0], machine)
        fix = f"quit {process.command} (pid {process.pid}) and start it from this terminal"
        return Finding(STALE, level, title, evidence, _why(names), fix)
    why = f"{_why(names)} Every new screen of Codex joins the daemon."
    unset = "".join(f"-u {name} " for name in names if machine.environ.get(name, "").strip())
    line = command_line(process.home or machine.home)
    fix = f"env {unset}{line}" if unset and any(name in BEATING for name in names) else line
    title = _title("Codex's daemon", names[0], machine)
    mend = None if process.home is None else _restart(machine, process.home)
    return Finding(STALE, level, title, evidence, why, fix, mend)


def _is_ours(machine: Machine, home: str | None) -> bool:
    """Tell whether a home is the active one or a profile's; one that cannot be told counts."""
    profiles = os.path.realpath(machine.context.roots.profiles)
    return home is None or home == machine.home or home.startswith(f"{profiles}/")


def _restart(machine: Machine, home: str) -> Mend:
    from profiles.daemon import command_line

    def apply() -> Mended:
        from profiles.daemon import restart

        was = restart(home, machine.environ)
        said = "it was restarted from here" if was else "it does not run any more"
        return Mended((f"Codex's daemon of {home}: {said}",))

    return Mend("restart Codex's daemon", (command_line(home),), apply)


def _of_other(
    machine: Machine, other: Seen, names: list[str], server: TmuxServer | None
) -> Finding:
    evidence = _evidence(f"pid {other.pid}, {other.name},", names, machine)
    why = f"{_why(names)} Whatever is started in it gets them, too."
    if server is not None:
        fix = "; ".join(tmux_removal(machine, server, name) for name in names)
    elif other.kind == _UPDATER:
        why = f"{_why(names)} It starts the daemon anew when Codex is updated."
        fix = f"kill {other.pid}"
    elif other.kind == _EDITOR:
        fix = f"quit {other.name} with all its windows, and start it again from a new login"
    else:
        fix = f"end {other.name} (pid {other.pid}), and start it again from a new terminal"
    title = _title(f"{other.name[0].upper()}{other.name[1:]}", names[0], machine)
    # A terminal with another proxy may well be meant; one with a credential that is gone here is not.
    bad = other.kind == _UPDATER or any(name in BEATING for name in names)
    return Finding(STALE, WARNING if bad else INFO, title, evidence, why, fix)


def inherited_from(machine: Machine, name: str, pid: int | None = None) -> str | None:
    """Name the outermost program around us that began with a variable: nearest to who set it. None when none did."""
    pid = os.getppid() if pid is None else pid
    found = None
    for _ in range(64):
        if pid <= 0 or not _environ(machine, pid).get(name, "").strip():
            break
        comm = _read(f"{machine.proc}/{pid}/comm").strip()
        found = f"pid {pid}, {comm or 'a program'}"
        status = _read(f"{machine.proc}/{pid}/status").partition("PPid:")[2].split()
        pid = int(status[0]) if status else 0
    return found
