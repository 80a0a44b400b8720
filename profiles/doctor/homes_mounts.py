"""On what kind of file system a path lies, by /proc/mounts, and whether locks hold there: tried, without writing."""

from __future__ import annotations

import errno
import os
from typing import NamedTuple

from profiles.files import LOCK_EXCLUSIVE, LOCK_SHARED, UNSUPPORTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine
    from profiles.files import Files

#: Others' disks, over a wire: SQLite's shared memory does not work there, and flock only with luck.
_NETWORK = frozenset(
    {"afs", "ceph", "cifs", "glusterfs", "ncpfs", "nfs", "nfs4", "smb3", "smbfs", "afpfs", "9p"}
)
#: FUSE in name, a local disk in fact.
_LOCAL = frozenset({"fuse.fuse-overlayfs", "fuse.snapfuse"})
#: There is one mode for all files, whatever chmod says.
_WITHOUT_MODES = frozenset({"vfat", "msdos", "exfat", "fuseblk", "ntfs", "ntfs3"})


class Mount(NamedTuple):
    """A mounted file system: where, of what kind, with which options, from what."""

    point: str
    kind: str
    options: str = ""
    source: str = ""

    @property
    def is_windows(self) -> bool:
        """Whether it is a Windows drive seen from WSL."""
        if self.kind == "drvfs":
            return True
        drive = len(self.source) >= 2 and self.source[0].isalpha() and self.source[1] == ":"
        return self.kind in ("9p", "v9fs") and (drive or "drvfs" in self.options)

    @property
    def is_network(self) -> bool:
        """Whether its files lie on another machine, or behind a program that may not keep locks."""
        if self.kind == "9p" and self.point == "/":
            return False  # a sandbox, whose whole disk is lent by its host
        remote = self.kind in _NETWORK or self.kind.startswith("fuse.")
        return remote and not self.is_windows and self.kind not in _LOCAL

    @property
    def has_modes(self) -> bool:
        """Whether chmod changes anything there."""
        if self.is_windows:
            return "metadata" in self.options
        return self.kind not in _WITHOUT_MODES and not self.kind.startswith("smb")


def mount_of(machine: Machine, path: str) -> Mount | None:
    """Return on which file system a canonical path lies; None when the system does not tell."""
    best: Mount | None = None
    for mount in _mounts(machine):
        for point in {mount.point, machine.path(mount.point)}:
            inside = path == point or path.startswith(point.rstrip("/") + "/")
            if inside and (best is None or len(point) >= len(best.point)):
                best = mount._replace(point=point)
    return best


def is_mount_point(machine: Machine, path: str) -> bool:
    """Tell whether something is mounted at this very path."""
    mount = mount_of(machine, path)
    return mount is not None and mount.point == path


def _mounts(machine: Machine) -> list[Mount]:
    def read() -> list[Mount]:
        found = []
        for line in (machine.text(machine.path("/proc/mounts")) or "").splitlines():
            words = line.split(" ")
            if len(words) > 3:
                found.append(Mount(_plain(words[1]), words[2], words[3], _plain(words[0])))
        return found

    return machine.once("mounts", read)


def _plain(word: str) -> str:
    for code, sign in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        word = word.replace(code, sign)
    return word


def why_locks_fail(files: Files, paths: list[str]) -> str | None:
    """Say why locks do not hold, tried on the first of these files that can be read; None when they do, or none can.

    One descriptor takes a shared lock for a moment; a second one must then not get it for itself. Nothing is written.
    """
    for path in paths:
        try:
            one = files.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            return _tried(files, path, one)
        finally:
            files.close(one)
    return None


def _tried(files: Files, path: str, one: int) -> str | None:
    try:
        files.lock(one, LOCK_SHARED)
    except BlockingIOError:
        return None
    except OSError as error:
        return _refusal(error)
    try:
        two = files.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        files.lock(two, LOCK_EXCLUSIVE)
    except BlockingIOError:
        return None
    except OSError as error:
        # NFS gives an exclusive lock only to who may write, and says so: the shared one did work.
        return None if error.errno == errno.EBADF else _refusal(error)
    else:
        return "two locks were given out at once"
    finally:
        files.close(two)


def _refusal(error: OSError) -> str | None:
    if error.errno in UNSUPPORTED or error.errno == errno.ENOLCK:
        return f"flock: {os.strerror(error.errno or 0)}"
    return None
