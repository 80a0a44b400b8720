"""The system calls that change files or pin them, as one object.

Everything in `profiles` that writes, syncs, renames, links, locks or removes goes through a `Files`. Tests
put another one in its place that fails, or stops for good, at any single call (the disk is full, the power is gone).
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import sys

#: What a file system says that cannot do a thing at all, rather than not now.
UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})

LOCK_EXCLUSIVE = fcntl.LOCK_EX | fcntl.LOCK_NB
LOCK_SHARED = fcntl.LOCK_SH | fcntl.LOCK_NB


def read_regular(path: str, last: int | None = None) -> bytes:
    """Return what is in a file, or its `last` bytes. Raises OSError; what is no file, such as a pipe, raises it too."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            number = errno.EISDIR if stat.S_ISDIR(found.st_mode) else errno.EINVAL
            raise OSError(number, os.strerror(number), path)
        position = 0 if last is None else max(0, found.st_size - last)
        pieces = []
        while piece := os.pread(descriptor, 1 << 20, position):
            pieces.append(piece)
            position += len(piece)
    finally:
        os.close(descriptor)
    return b"".join(pieces)


class Files:
    """The real calls. Every method raises `OSError` as the system does."""

    def open(self, path: str, flags: int, mode: int = 0o600) -> int:
        """Open without leaking the descriptor into children."""
        return os.open(path, flags | os.O_CLOEXEC, mode)

    def close(self, descriptor: int) -> None:
        """Close; this also gives up a lock held through the descriptor."""
        os.close(descriptor)

    def write(self, descriptor: int, data: bytes) -> None:
        """Write all of `data` at the present position."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def allocate(self, descriptor: int, size: int) -> None:
        """Make sure that `size` bytes can be written later, so that a full disk shows now (R7)."""
        if size <= 0:
            return
        reserve = getattr(os, "posix_fallocate", None)
        if reserve is not None:
            try:
                reserve(descriptor, 0, size)
            except OSError as error:
                if error.errno not in UNSUPPORTED:
                    raise
            else:
                return
        os.pwrite(descriptor, b"\0" * size, 0)

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut the file to `size` bytes."""
        os.ftruncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        """Bring the file to the disk itself (F_FULLFSYNC where plain fsync only reaches the drive's cache)."""
        full = getattr(fcntl, "F_FULLFSYNC", None) if sys.platform == "darwin" else None
        if full is not None:
            try:
                fcntl.fcntl(descriptor, full)
            except OSError as error:
                if error.errno not in UNSUPPORTED:
                    raise
            else:
                return
        os.fsync(descriptor)

    def sync_folder(self, folder: str) -> None:
        """Bring the folder's names to the disk."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise
        finally:
            os.close(descriptor)

    def chmod(self, descriptor: int, mode: int) -> None:
        """Set the mode of an open file."""
        os.fchmod(descriptor, mode)

    def rename(self, source: str, target: str) -> None:
        """Rename a file over another in one step, or a folder."""
        os.rename(source, target)

    def exchange(self, one: str, two: str) -> bool:
        """Let two files take each other's name in one step; False where the system cannot.

        A second name instead would not do: Codex 0.169 drops its rotated token when auth.json has two (C15 in
        profiles/CODEX.md), and a kill could leave it so.
        """
        import ctypes

        library = ctypes.CDLL(None, use_errno=True)
        first, second = os.fsencode(one), os.fsencode(two)
        if sys.platform == "darwin":
            done = library.renamex_np(first, second, 2) == 0  # RENAME_SWAP
        elif hasattr(library, "renameat2"):
            here = -100  # AT_FDCWD
            done = library.renameat2(here, first, here, second, 2) == 0  # RENAME_EXCHANGE
        else:
            return False
        number = ctypes.get_errno()
        if done:
            return True
        if number in UNSUPPORTED:
            return False
        raise OSError(number, os.strerror(number), two)

    def unlink(self, path: str) -> None:
        """Remove a name."""
        os.unlink(path)

    def remove_folder(self, path: str) -> None:
        """Remove an empty folder."""
        os.rmdir(path)

    def make_folder(self, path: str, mode: int = 0o700) -> None:
        """Make one folder, of this mode whatever the umask."""
        os.mkdir(path, mode)
        os.chmod(path, mode)

    def lock(self, descriptor: int, operation: int) -> None:
        """`flock`, never waiting: `BlockingIOError` when somebody else holds it."""
        fcntl.flock(descriptor, operation)
