"""What dead processes left behind: temporary documents and half-made profiles (R7).

Under the locks of their folder whoever wrote them is dead. A whole one is a copy like any other: it is read before it
is removed.
"""

from __future__ import annotations

import os

from profiles.atomic import MARK
from profiles.generation import Copy, read_copy
from profiles.paths import AUTH_FILE

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


def documents_in(folder: str) -> list[Copy]:
    """Return the whole documents with a login in a half-made folder, temporary ones included."""
    found = []
    for path in (f"{folder}/{AUTH_FILE}", *leftovers(folder)):
        copy = read_copy(path)
        if copy is not None and copy.document is not None and copy.document.identity is not None:
            found.append(copy)
    return found


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
