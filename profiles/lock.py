"""Locks that Codex and Switchyard both respect (R13).

Order: login locks, then home locks (each sorted), then Codex's own two. All are tried without waiting; on a busy one
everything taken is released and tried again, so that no order can lead to a deadlock.
"""

from __future__ import annotations

import errno
import os
from typing import NamedTuple, Self

from profiles.atomic import PRIVATE_FILE, make_private_folder, not_writable
from profiles.errors import LocksUnsupported, StoreError, StoreLocked
from profiles.files import LOCK_EXCLUSIVE, LOCK_SHARED, UNSUPPORTED
from profiles.paths import AUTH_FILE, CODEX_HOME_LOCK, path_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from profiles.context import Context
    from profiles.files import Files
    from profiles.model import Identity

#: Seconds between two tries, and how long we try before giving up with exit 6.
RETRY_EVERY = 0.05
WAIT = 10.0
#: Codex 0.169 gives up on `<auth.json>.lock` after 5 s and drops its rotated token (profiles/CODEX.md).
CODEX_LOCK_LIMIT = 2.0
#: Bytes of a pid in a lock, with the spaces that cover a longer one.
SIGNATURE = 12


class Wanted(NamedTuple):
    """One lock file; ours are made when missing, with the holder's pid inside; Codex's stay empty.

    `make` is false for Codex's locks in a home of somebody else: a lock file that they cannot open makes their Codex
    drop every rotated token (profiles/CODEX.md, C65).
    """

    path: str
    ours: bool
    shared: bool = False
    make: bool = True


def login_lock(context: Context, identity: Identity) -> Wanted:
    """The lock of one login, wherever its copies lie."""
    return Wanted(f"{context.roots.locks}/login-{identity.digest()}", ours=True)


def home_lock(context: Context, home: str) -> Wanted:
    """Our lock of one home (canonical path)."""
    return Wanted(f"{context.roots.locks}/home-{path_digest(home)}", ours=True)


def store_lock(context: Context) -> Wanted:
    """The lock under which profiles are made, renamed and removed; sorted among the home locks."""
    return home_lock(context, context.roots.profiles)


def state_lock(context: Context) -> Wanted:
    """The lock under which one of our small state files is read and replaced; the last of all, held for no time."""
    return Wanted(f"{context.roots.locks}/state", ours=True)


def run_lock(context: Context, identity: Identity, *, shared: bool) -> Wanted:
    """The lock that `tui run` holds shared while its child lives (R14)."""
    return Wanted(f"{context.roots.locks}/{identity.digest()}.run", ours=True, shared=shared)


def codex_locks(home: str, *, make: bool = True) -> list[Wanted]:
    """Codex's own two locks of a home, in Codex's order."""
    return [
        Wanted(f"{home}/{CODEX_HOME_LOCK}", ours=False, make=make),
        Wanted(path_of_file_lock(f"{home}/{AUTH_FILE}"), ours=False, make=make),
    ]


def path_of_file_lock(path: str) -> str:
    """Return the path of Codex's lock of one auth.json: beside the file that it leads to."""
    target = os.path.realpath(path)
    if not (os.path.isfile(target) or _is_free_place(target)):
        # Neither Codex nor we save through a link to a device, a folder, or into nowhere.
        target = path
    return f"{target}.lock"


def _is_free_place(path: str) -> bool:
    return not os.path.lexists(path) and os.path.isdir(os.path.dirname(path))


class HeldLocks:
    """Locks that are held until `release`, or the end of the `with` block."""

    def __init__(self, context: Context, beside: HeldLocks | None = None) -> None:
        """Hold nothing yet; what is held by `beside` counts as held already."""
        self._context = context
        self._descriptors: list[int] = []
        self._by_path: dict[str, tuple[int, tuple[int, int]]] = {}
        self._inodes: set[tuple[int, int]] = set(beside.inodes) if beside is not None else set()

    def try_all(self, wanted: Iterable[Wanted]) -> str | None:
        """Take every lock; on a busy one release all and return its path.

        Raises StoreNotWritable and LocksUnsupported.
        """
        for lock in wanted:
            try:
                taken = self._try(lock)
            except BaseException:
                self.release()
                raise
            if not taken:
                self.release()
                return lock.path
        return None

    def _try(self, lock: Wanted) -> bool:
        files = self._context.files
        try:
            descriptor = files.open(lock.path, os.O_RDWR | (os.O_CREAT if lock.make else 0))
        except FileNotFoundError as error:
            if not lock.make:
                return True
            raise not_writable(lock.path, error) from error
        except OSError as error:
            raise not_writable(lock.path, error) from error
        found = os.fstat(descriptor)
        if not found.st_size and found.st_mode & PRIVATE_FILE != PRIVATE_FILE:
            _open_to_ourselves(files, lock.path, descriptor)
        inode = (found.st_dev, found.st_ino)
        if inode in self._inodes:
            files.close(descriptor)
            return True
        try:
            files.lock(descriptor, LOCK_SHARED if lock.shared else LOCK_EXCLUSIVE)
        except BlockingIOError:
            files.close(descriptor)
            return False
        except OSError as error:
            files.close(descriptor)
            raise _not_lockable(lock.path, error) from error
        if _moved(lock.path, inode):
            # A profile was renamed or deleted between open and flock: this is no longer the lock of that path.
            files.close(descriptor)
            return False
        self._descriptors.append(descriptor)
        self._inodes.add(inode)
        self._by_path[lock.path] = (descriptor, inode)
        if lock.ours and not lock.shared:
            _sign(descriptor)
        return True

    @property
    def inodes(self) -> frozenset[tuple[int, int]]:
        """The lock files that are held, by device and inode."""
        return frozenset(self._inodes)

    def let_go(self, paths: Iterable[str]) -> None:
        """Give up the locks of these paths before the others."""
        gone = set(paths)
        for path in [path for path in self._by_path if path in gone]:
            descriptor, inode = self._by_path.pop(path)
            self._descriptors.remove(descriptor)
            self._inodes.discard(inode)
            self._context.files.close(descriptor)

    def release(self) -> None:
        """Give everything up, in reverse order."""
        while self._descriptors:
            self._context.files.close(self._descriptors.pop())
        self._by_path.clear()
        self._inodes.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.release()


def _open_to_ourselves(files: Files, path: str, descriptor: int) -> None:
    """A umask may take our own rights away; the next one, Codex too, could then not open the lock."""
    try:
        files.chmod(descriptor, PRIVATE_FILE)
    except OSError as error:
        files.close(descriptor)
        raise not_writable(path, error) from error


def _not_lockable(path: str, error: OSError) -> StoreError:
    if error.errno in UNSUPPORTED or error.errno == errno.ENOLCK:
        return LocksUnsupported(
            path,
            f"{path}: the file system has no working locks (flock: {os.strerror(error.errno)})",
            "keep CODEX_HOME and Switchyard's folders on a local file system: tui paths",
        )
    return not_writable(path, error)


def _moved(path: str, inode: tuple[int, int]) -> bool:
    try:
        now = os.stat(path)
    except OSError:
        return True
    return (now.st_dev, now.st_ino) != inode


def sign_run(path: str, home: str) -> None:
    """Note in a run lock, held shared, in which home the login is used; a hint, like every signature."""
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{os.getpid()} {home}\n")
    except OSError:
        pass


def homes_of_runs(path: str) -> set[str]:
    """Return the homes that living runs noted in a run lock."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            notes = [line.rstrip("\n").partition(" ") for line in file]
    except OSError:
        return set()
    return {home for pid, _, home in notes if home and pid.isdigit() and _lives(int(pid))}


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True


def _sign(descriptor: int) -> None:
    """Leave our pid in the lock, for systems without /proc/locks; it is a hint and never decides.

    Nothing is truncated for it: ext4 sends a file that was truncated and written anew to the disk at once, and the next
    one to truncate it waits for that; with nine locks that was a third of a switch.
    """
    text = f"{os.getpid():<{SIGNATURE - 1}}\n".encode()
    try:
        before = os.pread(descriptor, SIGNATURE + 1, 0)
        if before == text:
            return
        if len(before) > SIGNATURE:
            os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text, 0)
    except OSError:
        pass


def holder_of(path: str) -> int | None:
    """Return the pid that holds the lock, when the system or the lock's own text tells."""
    from profiles.processes import lock_holder

    pid = lock_holder(path)
    if pid is not None:
        return pid
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read(20))
    except (OSError, ValueError):
        return None


def in_order(locks: Sequence[Wanted]) -> list[Wanted]:
    """Return the locks in the one order in which they are ever taken (R13)."""

    def rank(lock: Wanted) -> tuple[int, str]:
        name = os.path.basename(lock.path)
        if not lock.ours:
            # Codex takes auth.lock before <auth.json>.lock; homes among themselves are sorted.
            return (3, os.path.dirname(lock.path)) if name == CODEX_HOME_LOCK else (4, lock.path)
        if name.startswith("login-"):
            return (0, lock.path)
        return (1, lock.path) if name.endswith(".run") else (2, lock.path)

    unique = {(lock.path, lock.shared): lock for lock in locks}
    return sorted(unique.values(), key=rank)


def is_held(context: Context, identity: Identity) -> bool:
    """Say whether somebody works with this login right now. Writes nothing, and waits for nobody."""
    try:
        descriptor = os.open(login_lock(context, identity).path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        context.files.lock(descriptor, LOCK_SHARED)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def acquire(
    context: Context,
    locks: Sequence[Wanted],
    wait: float = WAIT,
    beside: HeldLocks | None = None,
) -> HeldLocks:
    """Take all `locks`, trying for `wait` seconds.

    Raises StoreLocked (naming the holder's pid when it can be seen), StoreNotWritable, LocksUnsupported.
    """
    make_private_folder(context.files, context.roots.locks)
    ordered = in_order(locks)
    begun = context.monotonic()
    while True:
        held = HeldLocks(context, beside)
        busy = held.try_all(ordered)
        if busy is None:
            return held
        waited = context.monotonic() - begun
        if waited >= wait:
            raise StoreLocked(busy, holder_of(busy), waited)
        context.sleep(RETRY_EVERY)
