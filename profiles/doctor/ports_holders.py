"""Who holds a port of the callback, and the step that frees it: a login is finished or cancelled, not killed."""

from __future__ import annotations

import os

from profiles.doctor.waiting import proc_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine
    from profiles.doctor.waiting import Listener

#: Without a port: what can be done by whoever cannot free one.
DEVICE_CODE = "tui login NAME --device-code"
#: Programs that publish the port of a container.
_CONTAINERS = ("docker-proxy", "rootlessport")
_KNOWN = {
    **dict.fromkeys(_CONTAINERS, "it publishes the port of a container"),
    "ssh": "an SSH client, which forwards the port to another machine (ssh -L), perhaps for a login there",
    **dict.fromkeys(
        ("sshd", "sshd-session"), "somebody who came in by SSH forwards the port (ssh -R)"
    ),
    "cli-proxy-api": "CLIProxyAPI, which has logins of its own",
    "opencode": "OpenCode, whose own login waits there, too",
    **dict.fromkeys(("code", "cursor", "windsurf"), "an editor, which forwards ports"),
    **dict.fromkeys(("nc", "ncat", "socat"), "a relay"),
}
_INTERPRETERS = ("python", "node", "bun", "deno", "ruby", "perl")
#: The first of the kernel's numbers for terminals of windows, and those in a row; that of consoles.
_PTS, _ROW, _CONSOLE = 136, 8, 4


def words_of(machine: Machine, holder: Listener) -> str:
    """Say who listens where and what that is, as far as known; no argument that may be a secret."""
    if holder.is_login:
        return f"{holder.words} waits for its callback"
    told = what(machine, holder)
    return f"{holder.words}: {told}" if told else holder.words


def what(machine: Machine, holder: Listener) -> str:
    """Say what a program that is no login is, as far as known."""
    from profiles.processes import executable

    if holder.pid is None:
        return ""
    path = executable(holder.pid, proc_of(machine))
    parts = [_KNOWN.get(holder.program, ""), _script(machine, holder.pid), path or ""]
    return ", ".join(each for each in parts if each)


def free(machine: Machine, holder: Listener | None) -> str:
    """Return the step that frees a port, or does without it."""
    if holder is None or holder.pid is None or holder.owner:
        return DEVICE_CODE
    if holder.is_login:
        return end_login(machine, holder.pid, holder.program)
    if holder.program in _CONTAINERS:
        return f"docker stop $(docker ps -q --filter publish={holder.port})"
    script = _script(machine, holder.pid)
    return f"end {holder.who}{f', {script}' if script else ''}: kill {holder.pid}"


def end_login(machine: Machine, pid: int, program: str, *, finish: bool = True) -> str:
    """Return the step that brings a login which waits to its end; to `finish` it may not be possible, or wrong."""
    from profiles.doctor.ssh_session import find_session

    if pid == os.getpid():
        return "finish or cancel the login that waits in this program"
    tunnel = " through the tunnel of ssh.no_tunnel" if find_session(machine) else ""
    who = f"{program} (pid {pid})"
    step = f"finish {who} in its page{tunnel}, or cancel it" if finish else f"cancel {who}"
    if program == "codex app-server":
        return f"{step} in the editor or app that began it"
    terminal = _terminal(machine, pid)
    if terminal is None and proc_of(machine) is not None:
        return f"{step} where it runs; it has no terminal, so where nobody can: kill {pid}"
    key = "ctrl-c"
    if program == "tui" and "login" not in _line(machine, pid):
        key = "esc in its screen"
    return f"{step}: {key} where it runs{f' ({terminal})' if terminal else ''}"


def _line(machine: Machine, pid: int) -> list[str]:
    return (machine.text(f"{machine.proc}/{pid}/cmdline") or "").rstrip("\0").split("\0")


def _script(machine: Machine, pid: int) -> str:
    """Return the module or the file that an interpreter runs: the one argument that is shown."""
    program, *words = _line(machine, pid)
    if not os.path.basename(program).startswith(_INTERPRETERS):
        return ""
    if words[:1] == ["-m"] and words[1:] and words[1].replace(".", "").replace("_", "").isalnum():
        return words[1]
    return words[0] if words and words[0][:1] != "-" and os.path.isfile(words[0]) else ""


def _terminal(machine: Machine, pid: int) -> str | None:
    """Return the terminal in which a process runs, as `ps` names it; None without one."""
    stat = machine.text(f"{machine.proc}/{pid}/stat") or ""
    # The second field, a name in parentheses, may itself hold spaces and parentheses.
    fields = stat.rpartition(")")[2].split()
    number = int(fields[4]) if len(fields) > 4 and fields[4].isdecimal() else 0
    major, minor = os.major(number), os.minor(number)
    if _PTS <= major < _PTS + _ROW:
        return f"pts/{(major - _PTS) * 256 + minor}"
    return f"tty{minor}" if major == _CONSOLE else None
