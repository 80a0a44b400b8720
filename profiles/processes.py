"""Who runs Codex, and with which home.

On Linux /proc is read directly, because every switch looks (2 ms for 150 processes); elsewhere
psutil answers. A process is told by its command line, its home by its environment
(profiles/CODEX.md). Whole command lines never leave this file: a prompt or a secret may stand in
one. Processes that vanish while they are read are skipped.
"""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

from profiles.command_line import LOGIN, SCREENS, Words, base_name, is_name, read_words
from profiles.errors import UsageError
from profiles.model import Process
from profiles.paths import user_home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    EnvironOf = Callable[[int], Mapping[str, str] | None]

#: Where the kernel tells about processes; None: there is no such folder here, ask psutil.
PROC: str | None = "/proc" if sys.platform.startswith("linux") else None


class _Seen(NamedTuple):
    """A process that is a Codex, before wrapper and native child are made one."""

    pid: int
    parent: int
    words: Words
    home: str | None


def codex_processes(
    proc: str | None = PROC, uid: int | None = None, environ_of: EnvironOf | None = None
) -> list[Process]:
    """Return this user's running Codex processes that may use a login, sorted by pid.

    The launcher of npm and its native child are one entry, the child's. Not listed: ourselves, the
    daemon's update loop, and commands that neither use nor change a login (`login status`,
    `doctor`, `app-server proxy`, …). `home` is canonical, None where the environment is closed.
    """
    uid = os.getuid() if uid is None else uid
    seen = _scan_psutil(uid, environ_of) if proc is None else _scan_proc(proc, uid, environ_of)
    parents = {each.parent for each in seen}
    return [
        Process(each.pid, each.words.label, each.words.daemon, each.home)
        for each in sorted(seen)
        if not (each.words.wrapper and each.pid in parents)
    ]


def processes_of_home(home: str, processes: Iterable[Process] | None = None) -> list[Process]:
    """Return those of `processes` (default: all that run now) whose home is `home`."""
    home = os.path.realpath(home)
    processes = codex_processes() if processes is None else processes
    return [process for process in processes if process.home == home]


def is_login(process: Process) -> bool:
    """Tell whether it is a `codex login`, which overwrites its home's login when done (R15)."""
    return process.command == LOGIN


def is_tui(process: Process) -> bool:
    """Tell whether it is Codex's own screen, which joins the home's daemon."""
    return process.command in SCREENS


def start_time(pid: int, proc: str | None = PROC) -> float | None:
    """Return when a process began, in seconds since the epoch, UTC; None if it is gone."""
    if proc is None:
        import psutil

        try:
            return float(psutil.Process(pid).create_time())
        except psutil.Error:
            return None
    import time

    stat = _read(f"{proc}/{pid}/stat")
    # The second field, a name in parentheses, may itself hold spaces and parentheses.
    fields = stat.rpartition(b")")[2].split()
    if len(fields) < 20:
        return None
    up = time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.time() - up + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def executable(pid: int, proc: str | None = PROC) -> str | None:
    """Return the program file that a process runs; None if unknown or deleted since."""
    if proc is None:
        import psutil

        try:
            path: str | None = psutil.Process(pid).exe()
        except psutil.Error:
            return None
    else:
        path = _link(f"{proc}/{pid}/exe")
    return path if path and os.path.exists(path) else None


def lock_holder(path: str, proc: str | None = PROC) -> int | None:
    """Return a living process that holds a flock on the file, if the system tells."""
    if proc is None:
        return None
    try:
        status = os.stat(path)
    except OSError:
        return None
    wanted = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    for line in _read(f"{proc}/locks").decode("ascii", "replace").splitlines():
        # `5: FLOCK  ADVISORY  WRITE 5687 fe:00:16065072 0 EOF`; a `->` after the number only waits.
        fields = line.split()
        if len(fields) > 5 and fields[1] == "FLOCK" and fields[5] == wanted:
            pid = int(fields[4])
            if os.path.exists(f"{proc}/{pid}/stat"):
                return pid
    # Another device number (btrfs), or the locker left the lock to a child: ask the open files.
    for pid in _pids(proc):
        if _locks_through_descriptor(f"{proc}/{pid}", status.st_dev, status.st_ino):
            return pid
    return None


def _locks_through_descriptor(folder: str, device: int, inode: int) -> bool:
    """Tell whether the process has the file open and holds a flock through that."""
    try:
        descriptors = os.listdir(f"{folder}/fd")
    except OSError:
        return False
    for descriptor in descriptors:
        try:
            status = os.stat(f"{folder}/fd/{descriptor}")
        except OSError:
            continue
        if (status.st_dev, status.st_ino) == (device, inode) and b"FLOCK" in _read(
            f"{folder}/fdinfo/{descriptor}"
        ):
            return True
    return False


def _scan_proc(proc: str, uid: int, environ_of: EnvironOf | None) -> list[_Seen]:
    """Read /proc: one short read per process, more only for those that may be a Codex."""
    own = os.getpid()
    seen = []
    for pid in _pids(proc):
        folder = f"{proc}/{pid}"
        line = _read(f"{folder}/cmdline", 4096)
        program = _link(f"{folder}/exe")
        if pid == own or (b"codex" not in line and not is_name(base_name(program))):
            continue
        words = read_words(os.fsdecode(line).removesuffix("\0").split("\0"), program)
        if words is None:
            continue
        owner, parent = _owner_and_parent(folder)
        if owner != uid:
            continue
        environ = environ_of(pid) if environ_of else _environ(folder)
        home = None if environ is None else _home(environ, _link(f"{folder}/cwd"))
        seen.append(_Seen(pid, parent, words, home))
    return seen


def _scan_psutil(uid: int, environ_of: EnvironOf | None) -> list[_Seen]:
    """Ask psutil, on systems without /proc."""
    import psutil

    seen = []
    for process in psutil.process_iter():
        try:
            words = read_words(process.cmdline(), None)
            if words is None or process.uids().real != uid or process.pid == os.getpid():
                continue
            parent = process.ppid()
            try:
                environ = environ_of(process.pid) if environ_of else process.environ()
            except psutil.AccessDenied:
                environ = None
            home = None if environ is None else _home(environ, process.cwd())
        except (psutil.Error, OSError):
            continue
        seen.append(_Seen(process.pid, parent, words, home))
    return seen


def _home(environ: Mapping[str, str], folder: str | None) -> str | None:
    """Return the canonical home of a process, from its environment and its working folder."""
    home = environ.get("CODEX_HOME", "")
    if not home:
        try:
            home = f"{user_home(environ)}/.codex"
        except UsageError:
            return None
    if not os.path.isabs(home):
        if folder is None:
            return None
        home = os.path.join(folder, home)
    return os.path.realpath(home)


def _environ(folder: str) -> dict[str, str] | None:
    """Return the environment with which a process began; None when it may not be read."""
    try:
        with open(f"{folder}/environ", "rb", buffering=0) as file:
            text = os.fsdecode(file.readall() or b"")
    except OSError:
        return None
    pairs = (entry.partition("=") for entry in text.split("\0"))
    return {name: value for name, equals, value in pairs if equals}


def _owner_and_parent(folder: str) -> tuple[int, int]:
    """Return the real user id and the parent's pid; -1 for what cannot be read."""
    found = {b"Uid:": -1, b"PPid:": -1}
    for line in _read(f"{folder}/status", 4096).splitlines():
        fields = line.split(maxsplit=2)
        if len(fields) > 1 and fields[0] in found:
            found[fields[0]] = int(fields[1])
    return found[b"Uid:"], found[b"PPid:"]


def _pids(proc: str) -> list[int]:
    return [int(name) for name in os.listdir(proc) if name.isdigit()]


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)
    except OSError:
        return None


def _read(path: str, limit: int = 1 << 20) -> bytes:
    """Return the beginning of a file of the kernel; nothing if it is gone or forbidden."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(descriptor, limit)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
