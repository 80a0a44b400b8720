"""What dead processes left behind: temporary documents and half-made profiles (R7).

Under the locks of their folder whoever wrote them is dead. A whole one is a copy like any other: it is read before it
is removed.
"""

from __future__ import annotations

import os
import stat

from profiles.atomic import MARK
from profiles.generation import Copy, copy_of, read_copy
from profiles.paths import AUTH_FILE

#: A torn file is not believed to be finished before it stayed the same for this long (seconds, R6).
UNCHANGED_FOR = 1.0
_TORN = "torn-"
#: Folders of profiles being made begin with this.
HALF_MADE = ".new-"
#: Temporary documents: ours, and those of a killed Codex (profiles/CODEX.md, C13).
_STARTS = (f".{AUTH_FILE}{MARK}", ".auth-")


def leftovers(home: str) -> list[str]:
    """Return the temporary documents in a home, and beside the file that its auth.json leads to."""
    folders = {home, os.path.dirname(os.path.realpath(f"{home}/{AUTH_FILE}"))}
    return [
        f"{folder}/{name}"
        for folder in sorted(folders)
        for name in _names(folder)
        if name.startswith(_STARTS)
    ]


def read_leftover(path: str) -> Copy | None:
    """Read a temporary document; None when it is gone.

    Killed after the last byte and before the cut, its writer left reserved space behind it, which is all zeros (R7).
    """
    copy = read_copy(path)
    if copy is None or copy.document is not None or not copy.raw.endswith(b"\0"):
        return copy
    whole = copy_of(path, copy.raw.rstrip(b"\0"), copy.modified_ns, copy.inode, copy.mode)
    return whole if whole.document is not None else copy


def torn_name(path: str) -> str:
    """Return a name beside a replaced file that is still being written; whoever reads it waits for its writer."""
    folder = os.path.dirname(path)
    return f"{folder}/.{AUTH_FILE}{MARK}{_TORN}{os.getpid()}-{os.urandom(4).hex()}"


def is_torn_name(path: str) -> bool:
    """Say whether the leftover was half written when it was replaced."""
    return os.path.basename(path).startswith(f".{AUTH_FILE}{MARK}{_TORN}")


def is_being_written(copy: Copy, now: float) -> bool:
    """Say whether it is half a document that changed a moment ago: somebody truncated it and writes on (R6).

    `now` in seconds since the epoch, UTC.
    """
    if copy.document is not None or not stat.S_ISREG(copy.mode):
        return False
    return now - copy.modified_ns / 1e9 < UNCHANGED_FOR


def litter(folder: str) -> list[str]:
    """Return temporary files of ours that hold no login."""
    return [
        f"{folder}/{name}"
        for name in _names(folder)
        if name.startswith(".") and MARK in name and not name.startswith(_STARTS)
    ]


def half_made(root: str) -> list[str]:
    """Return the half-made folders below the folder of the profiles."""
    return [f"{root}/{name}" for name in _names(root) if name.startswith(HALF_MADE)]


def any_at(home: str, root: str) -> bool:
    """Say whether there is a home to reconcile, or something half-made to take up."""
    return os.path.isdir(home) or bool(half_made(root))


def documents_in(folder: str) -> list[Copy]:
    """Return the whole documents with a login in a half-made folder, temporary ones included."""
    found = []
    for path in (f"{folder}/{AUTH_FILE}", *leftovers(folder)):
        copy = read_leftover(path)
        if copy is not None and copy.document is not None and copy.document.identity is not None:
            found.append(copy)
    return found


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
