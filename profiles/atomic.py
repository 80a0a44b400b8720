"""Whole files or none: reserve, write, sync, rename, sync the folder (R7).

A temporary file is named `.auth.json.switchyard-…` (or `.<name>.switchyard-…`), lies beside its target and is
locked with flock while its writer lives, so that one left by a dead process can be told apart and read.
"""

from __future__ import annotations

import errno
import os
import stat
from itertools import count
from typing import NamedTuple, Self

from profiles.errors import StoreError, StoreNotWritable
from profiles.files import LOCK_EXCLUSIVE, Files

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
#: The middle of every temporary name.
MARK = ".switchyard-"

_serial = count()

_WHY = {
    errno.ENOSPC: ("the disk is full", "free some space, then repeat"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, then repeat"),
    errno.EROFS: ("the file system is read-only", "mount it writable, then repeat"),
    errno.EACCES: ("permission denied", "check the owner and mode of this folder with: ls -ld"),
    errno.EPERM: ("not permitted", "check the owner and attributes of this folder with: ls -ld"),
    errno.EIO: (
        "the disk reported an input/output error",
        "look at the kernel's log (dmesg), then repeat",
    ),
    errno.ENOENT: ("its folder does not exist", "make the folder, then repeat"),
    errno.ENOTDIR: ("a part of the path is not a folder", "check the path, then repeat"),
    errno.EEXIST: ("what is there is not a folder", "move it away, then repeat"),
    errno.EISDIR: ("it is a folder", "move it away, then repeat"),
    errno.ELOOP: ("its links lead in a circle", "remove the link, then repeat"),
    errno.ENOTSUP: ("it is no file", "move it away, then repeat"),
}


def not_writable(path: str, error: OSError) -> StoreError:
    """Turn a failed system call on `path` into an error that people can act on."""
    number = error.errno if error.errno is not None else 0
    why, hint = _WHY.get(number, (os.strerror(number) if number else "cannot be written", "repeat"))
    return StoreNotWritable(path, f"{path} cannot be written: {why}", hint)


class Replaced(NamedTuple):
    """A file whose name was taken by another: it has a temporary name now, or only this open descriptor."""

    path: str | None
    descriptor: int


class Reservation:
    """Space taken for one document beside its target, before anything irrevocable happens.

    The file exists, is 0600, locked and of the wanted size. `fill` makes bytes durable in it, `install` renames it over
    the target. `discard` (and leaving the `with` block without `install`) removes it.
    """

    def __init__(self, files: Files, target: str, size: int) -> None:
        """Reserve `size` bytes beside `target`. Raises StoreNotWritable; leaves nothing behind then."""
        self._files = files
        self.target = target
        folder, name = os.path.split(target)
        self.folder = folder
        self.path = f"{folder}/.{name}{MARK}{os.getpid()}-{next(_serial)}-{os.urandom(4).hex()}"
        self._descriptor = -1
        self._open = False
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            self._descriptor = files.open(self.path, flags, PRIVATE_FILE)
            self._open = True
            files.chmod(self._descriptor, PRIVATE_FILE)
            files.lock(self._descriptor, LOCK_EXCLUSIVE)
            files.allocate(self._descriptor, size)
        except OSError as error:
            self.discard()
            raise not_writable(target, error) from error

    def fill(self, data: bytes, modified_ns: int | None = None) -> None:
        """Put `data` into the reserved file and bring it to the disk. Raises StoreNotWritable.

        `modified_ns` (nanoseconds since the epoch) keeps the age of a copied document, by which R3 may have to decide.
        """
        try:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            self._files.write(self._descriptor, data)
            self._files.truncate(self._descriptor, len(data))
            if modified_ns is not None:
                os.utime(self._descriptor, ns=(modified_ns, modified_ns))
            self._files.sync(self._descriptor)
        except OSError as error:
            raise not_writable(self.target, error) from error

    def install(self) -> None:
        """Rename over the target and sync the folder. Raises StoreNotWritable."""
        try:
            self._files.rename(self.path, self.target)
            self._close()
            self._files.sync_folder(self.folder)
        except OSError as error:
            raise not_writable(self.target, error) from error

    def exchange(self) -> Replaced | None:
        """Take the target's name, the replaced file getting ours; None when there was nothing to replace.

        Where the system cannot exchange names the replaced file is at least kept open. Nothing is waited for here: call
        `settle` afterwards. Raises StoreNotWritable.
        """
        spare = -1
        try:
            there = os.path.lexists(self.target)
            if there and self._files.exchange(self.path, self.target):
                self._close()
                return Replaced(self.path, -1)
            spare = self._files.open(self.target, os.O_RDONLY) if there else -1
            self._files.rename(self.path, self.target)
        except OSError as error:
            if spare >= 0:
                self._files.close(spare)
            raise not_writable(self.target, error) from error
        self._close()
        return Replaced(None, spare) if there else None

    def settle(self) -> None:
        """Bring the new names to the disk. Raises StoreNotWritable."""
        try:
            self._files.sync_folder(self.folder)
        except OSError as error:
            raise not_writable(self.target, error) from error

    def leave(self) -> None:
        """Let go of the file and let it lie: whole, with its content, for whoever settles leftovers next (R7, R18)."""
        self._close()

    def discard(self) -> None:
        """Remove the reserved file, if it is still there."""
        if self._open:
            try:
                self._files.unlink(self.path)
            except OSError:
                # What cannot be removed is found, read and removed by the next writing verb (R7).
                pass
            self._close()

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._files.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.discard()


def replace_file(files: Files, path: str, data: bytes, modified_ns: int | None = None) -> None:
    """Make `path` hold exactly `data`, mode 0600, durably; a reader sees the old bytes or the new.

    `path` must not be a symbolic link whose target is meant: resolve it first. Raises StoreNotWritable.
    """
    with Reservation(files, path, len(data)) as reserved:
        reserved.fill(data, modified_ns)
        reserved.install()


def _open_to_append(files: Files, path: str) -> int:
    """Open; links are followed, and what is no file is not written to."""
    path = os.path.realpath(path)
    existed = os.path.lexists(path)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = files.open(path, flags, PRIVATE_FILE)
    try:
        _must_be_a_file(descriptor)
        if not existed:
            # The umask may have taken even our own rights away.
            files.chmod(descriptor, PRIVATE_FILE)
    except BaseException:
        files.close(descriptor)
        raise
    return descriptor


def _must_be_a_file(descriptor: int) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))


def check_appendable(files: Files, path: str) -> None:
    """Raise StoreNotWritable when no line could be appended to the file, which is made when missing."""
    try:
        files.close(_open_to_append(files, path))
    except OSError as error:
        raise not_writable(path, error) from error


def append_line(files: Files, path: str, line: str) -> None:
    """Append one line durably, in one write. Raises StoreNotWritable."""
    try:
        descriptor = _open_to_append(files, path)
        try:
            # A line cut by a crash must not swallow the one that follows it.
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            files.write(descriptor, (("\n" if torn else "") + line + "\n").encode())
            files.sync(descriptor)
        finally:
            files.close(descriptor)
        if not size:
            files.sync_folder(os.path.dirname(os.path.realpath(path)))
    except OSError as error:
        raise not_writable(path, error) from error


def make_private_folder(files: Files, path: str) -> None:
    """Make `path` and what is missing above it, mode 0700 whatever the umask. Raises StoreNotWritable."""
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path)
    if parent and not os.path.isdir(parent):
        make_private_folder(files, parent)
    try:
        files.make_folder(path, PRIVATE_FOLDER)
        # Else a power cut could take the folder away, with what was made durable in it.
        files.sync_folder(parent)
    except FileExistsError as error:
        if not os.path.isdir(path):
            raise not_writable(path, error) from error
    except OSError as error:
        raise not_writable(path, error) from error
