"""Documents that were overwritten, by home, and profiles that were deleted (R5).

A backup is named `<time>-<digest>.json`; the same bytes are kept once. The last ten of a home stay; an older one goes
only when every login in it is known spent or has a newer copy elsewhere.
"""

from __future__ import annotations

import os

from profiles.atomic import make_private_folder, replace_file
from profiles.digest import sha256_hex
from profiles.generation import Copy, read_copy
from profiles.paths import path_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.context import Context

KEEP = 10


def folder_of(context: Context, home: str) -> str:
    """Return the folder with the backups of a home (canonical path)."""
    return f"{context.roots.backups}/{path_digest(home)}"


def _stamp(context: Context) -> str:
    from time import gmtime, strftime

    now = context.now()
    return strftime("%Y%m%dT%H%M%S", gmtime(now)) + f"{int(now * 1000) % 1000:03d}Z"


def keep(context: Context, home: str, raw: bytes, modified_ns: int) -> str:
    """Make the bytes durable among the backups of `home`; return the file. Raises StoreNotWritable."""
    folder = folder_of(context, home)
    make_private_folder(context.files, folder)
    ending = f"-{sha256_hex(raw)[:16]}.json"
    for name in _names(folder):
        if name.endswith(ending):
            known = read_copy(f"{folder}/{name}")
            # A backup is believed for what it holds, not for what it is called.
            if known is not None and known.raw == raw:
                return known.path
    path = f"{folder}/{_stamp(context)}{ending}"
    replace_file(context.files, path, raw, modified_ns)
    return path


def _names(folder: str) -> list[str]:
    try:
        return sorted(n for n in os.listdir(folder) if n.endswith(".json") and n[0] != ".")
    except OSError:
        return []


def kept(context: Context, home: str) -> list[str]:
    """Return the backups of a home, oldest first."""
    folder = folder_of(context, home)
    return [f"{folder}/{name}" for name in _names(folder)]


def prune(context: Context, home: str, is_needless: Callable[[Copy], bool]) -> None:
    """Remove what is older than the last ten and needless; what cannot be removed stays."""
    paths = kept(context, home)
    for path in paths[: max(0, len(paths) - KEEP)]:
        copy = read_copy(path)
        if copy is not None and is_needless(copy):
            try:
                context.files.unlink(path)
            except OSError:
                return


def deleted_folder(context: Context, name: str) -> str:
    """Return a free place for a deleted profile's folder, making what is above it. Raises StoreNotWritable."""
    folder = f"{context.roots.backups}/deleted"
    make_private_folder(context.files, folder)
    base = f"{folder}/{_stamp(context)}-{name}"
    place, number = base, 2
    while os.path.lexists(place):
        place, number = f"{base}-{number}", number + 1
    return place
