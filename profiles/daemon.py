"""The app-server daemon of a home: find it, restart or stop it, decide what a switch does with it.

Codex's screen starts the daemon by itself, it outlives the screen, keeps the login that it began
with in memory, and every later `codex` of that home joins it (profiles/CODEX.md). After a switch it
is therefore restarted, or said to be still the old login.
"""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from profiles.command_line import is_name
from profiles.errors import CodexFailed
from profiles.processes import PROC, codex_processes, executable, is_tui, processes_of_home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import IO, Literal

    from profiles.model import Process

    Verb = Literal["restart", "stop"]
    Decision = Literal["restart", "leave", "ask", "none"]

#: Where the daemon listens, below its home; a link into the folder for short socket paths.
SOCKET = "app-server-control/app-server-control.sock"
#: Seconds. Codex waits up to 60 s for a running turn to end, and 10 for the new daemon.
PATIENCE = 90.0
#: How often, every 50 ms, a daemon is looked at whose last client may just be hanging up.
_HANG_UP_LOOKS = 20
#: The credentials that would follow the daemon, and beat every login switched to later.
OVERRIDES = ("CODEX_ACCESS_TOKEN", "CODEX_API_KEY")
#: Socket states in /proc/net/unix: 01 listens, 02 is not accepted yet, 03 is connected.
_CONNECTED = frozenset({b"02", b"03"})


class DaemonStatus(NamedTuple):
    """A running daemon: `attached` when a client (a screen, an editor) is connected to it.

    `version` and `program` are None when they cannot be told from the file that it runs.
    """

    pid: int
    version: str | None
    attached: bool
    program: str | None


def find(
    home: str, processes: Iterable[Process] | None = None, proc: str | None = PROC
) -> DaemonStatus | None:
    """Return the daemon of a home, or None; `processes` are those that run, when already known."""
    processes = codex_processes(proc) if processes is None else processes
    own = processes_of_home(home, processes)
    for process in own:
        if process.daemon:
            break
    else:
        return None
    attached = _connected(home, proc)
    if attached is None:
        attached = any(is_tui(each) for each in own)
    program = executable(process.pid, proc)
    if program is None or not is_name(os.path.basename(program)):
        return DaemonStatus(process.pid, None, attached, None)
    return DaemonStatus(process.pid, _version(program), attached, program)


def decide(
    status: DaemonStatus | None, flag: str | None, config: str | None, *, interactive: bool
) -> Decision:
    """Return what to do with the daemon after a switch: as the flag says, else as the config does.

    Both are `restart`, `leave`, `ask` or None. Without a word from the person it is restarted when
    nobody is attached to it; otherwise they are asked, and where nobody can be asked it is left.
    """
    if status is None:
        return "none"
    choice = flag or config or ("ask" if status.attached else "restart")
    if choice == "restart":
        return "restart"
    return "ask" if choice == "ask" and interactive else "leave"


def command_line(home: str, verb: Verb = "restart") -> str:
    """Return the line with which a person restarts or stops the daemon of a home."""
    import shlex

    return f"CODEX_HOME={shlex.quote(home)} codex app-server daemon {verb}"


def restart(
    home: str,
    environ: Mapping[str, str],
    status: DaemonStatus | None = None,
    timeout: float = PATIENCE,
) -> bool:
    """Restart the daemon of a home, so that it reads `auth.json` again; False if none runs.

    `timeout` is in seconds. A turn that still runs is given 60 s by Codex; screens reconnect by
    themselves. Raises CodexFailed, with the line to run by hand.
    """
    return _ask_codex(home, "restart", environ, status, timeout)


def stop(
    home: str,
    environ: Mapping[str, str],
    status: DaemonStatus | None = None,
    timeout: float = PATIENCE,
) -> bool:
    """Stop the daemon of a home; False if none runs. Raises CodexFailed as `restart` does."""
    return _ask_codex(home, "stop", environ, status, timeout)


def stop_if_idle(
    home: str,
    environ: Mapping[str, str],
    timeout: float = PATIENCE,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Stop the daemon of a home if no client is attached, as at the end of `tui run` (R14).

    Returns whether one was stopped. Raises CodexFailed as `restart` does.
    """
    for look in range(_HANG_UP_LOOKS):
        if look:
            # The screen that has just ended may still be on the daemon's side of the socket.
            sleep(0.05)
        own = processes_of_home(home)
        status = find(home, own)
        if status is None:
            return False
        # A screen connects a moment after it has started.
        if not status.attached and not any(is_tui(each) for each in own):
            break
    else:
        return False
    return stop(home, environ, status, timeout)


def _ask_codex(
    home: str,
    verb: Verb,
    environ: Mapping[str, str],
    status: DaemonStatus | None,
    timeout: float,
) -> bool:
    """Run `codex app-server daemon VERB` with the first client that can."""
    status = find(home) if status is None else status
    if status is None:
        # Never let Codex find that out: its `restart` would install 0.4 GB and start a daemon.
        return False
    environ = {name: value for name, value in environ.items() if name not in OVERRIDES}
    environ["CODEX_HOME"] = os.path.realpath(home)
    why = "no codex was found on PATH"
    for program in _programs(status, environ):
        failed = _run([program, "app-server", "daemon", verb], environ, timeout)
        if failed is None:
            return True
        why = f"{program}: {failed}"
    message = f"the app-server daemon of {home} (process {status.pid}) did not {verb}: {why}"
    raise CodexFailed(message, f"run: {command_line(home, verb)}")


def _programs(status: DaemonStatus, environ: Mapping[str, str]) -> list[str]:
    """Return the clients to try.

    First the daemon's own: a `codex` on PATH may be too old for the command, or newer, and would
    then install its own 0.4 GB copy into the home before it restarts.
    """
    from shutil import which

    on_path = which("codex", path=environ.get("PATH", os.defpath))
    return [os.path.abspath(program) for program in (status.program, on_path) if program]


def _run(command: list[str], environ: Mapping[str, str], timeout: float) -> str | None:
    """Run a command to its end, or end it; return why it failed, None if it did not."""
    import signal
    import subprocess
    import tempfile

    # A file, not a pipe: whoever inherits a pipe can keep us waiting for its end.
    with tempfile.TemporaryFile() as said:
        try:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=dict(environ),
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            return error.strerror or "cannot be run"
        try:
            code = child.wait(timeout)
        except BaseException as error:
            # npm's launcher and its native child are one group; the daemon has left it.
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except OSError:
                child.kill()
            child.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                return f"no answer within {timeout:g} s"
            raise
        return None if code == 0 else (_complaint(said) or f"exit code {code}")


def _complaint(said: IO[bytes]) -> str:
    """Return the line with which Codex says what is wrong, without its colours."""
    said.seek(0)
    for line in said.read(65536).decode("utf-8", "replace").splitlines():
        if line.lower().startswith("error: "):
            return "".join(sign for sign in line[7:] if sign.isprintable())[:200]
    return ""


def _version(program: str) -> str | None:
    """Return the version by the folder of the daemon's copy, `…/releases/0.169.0-x86_64-…/…`."""
    _, found, rest = program.partition("/releases/")
    version = rest.partition("-")[0]
    return version if found and version[:1].isdigit() else None


def _connected(home: str, proc: str | None) -> bool | None:
    """Tell whether anybody is connected to the home's socket; None when that cannot be seen."""
    if proc is None:
        return None
    path = os.path.join(home, SOCKET)
    paths = {os.fsencode(each) for each in (path, os.path.realpath(path))}
    try:
        with open(f"{proc}/net/unix", "rb") as table:
            # Num RefCount Protocol Flags Type St Inode Path
            rows = [row.rstrip(b"\n").split(None, 7) for row in table]
    except OSError:
        return None
    states = [row[5] for row in rows if len(row) == 8 and row[7] in paths]
    # Not even the listener: it belongs to another network namespace.
    return not _CONNECTED.isdisjoint(states) if states else None
