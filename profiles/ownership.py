"""Who may be a source of a login, or a target (R8)."""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context

#: File systems of a Windows drive seen from WSL: owner and mode are made up there.
_WINDOWS_DRIVES = frozenset({"9p", "drvfs", "v9fs"})
#: No file, or a link to none: the folder alone decides.
_LEADS_NOWHERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


def why_not_trusted(context: Context, path: str) -> str | None:
    """Say why the file must not be believed or replaced, or None when all is well.

    It must be this user's, and so must its folder, which nobody else may write. A missing file is judged by its folder.
    """
    folder = os.path.dirname(path)
    found, is_link = None, False
    try:
        found = os.lstat(path)
        is_link = stat.S_ISLNK(found.st_mode)
        if is_link:
            found = os.stat(path)
    except OSError as error:
        if error.errno not in _LEADS_NOWHERE:
            return f"cannot be looked at: {os.strerror(error.errno or 0)}"
        found = None
    if found is not None and found.st_uid != context.uid:
        return f"belongs to user {found.st_uid}, not to you (user {context.uid})"
    why = why_folder_not_trusted(context, folder)
    if why is None and is_link:
        # Who may write where a link leads may write what is read through it.
        return why_folder_not_trusted(context, os.path.dirname(os.path.realpath(path)))
    return why


def why_folder_not_trusted(context: Context, folder: str) -> str | None:
    """Say why nothing in the folder can be believed, or None when all is well."""
    try:
        found = os.stat(folder)
    except OSError as error:
        if error.errno in _LEADS_NOWHERE:
            return None
        return f"its folder cannot be looked at: {os.strerror(error.errno or 0)}"
    if not stat.S_ISDIR(found.st_mode):
        return None
    if found.st_uid != context.uid:
        return f"its folder belongs to user {found.st_uid}, not to you (user {context.uid})"
    if _others_may_write(found) and not _on_windows_drive(folder):
        mode = stat.S_IMODE(found.st_mode)
        return f"others may write its folder (mode {mode:04o}); close it with: chmod go-w {folder}"
    return None


def _others_may_write(found: os.stat_result) -> bool:
    if found.st_mode & stat.S_IWOTH:
        return True
    # A group-writable home is the usual thing where everybody has a group of their own (umask 002).
    return bool(found.st_mode & stat.S_IWGRP) and found.st_gid != os.getegid()


def _on_windows_drive(folder: str, mounts: str = "/proc/mounts") -> bool:
    """Say whether the folder lies on a Windows drive, where every mode reads 0777."""
    best, kind = "", ""
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                words = line.split(" ")
                if len(words) < 3:
                    continue
                point = words[1].replace("\\040", " ")
                inside = folder == point or folder.startswith(point.rstrip("/") + "/")
                if inside and len(point) >= len(best):
                    best, kind = point, words[2]
    except OSError:
        return False
    return kind in _WINDOWS_DRIVES
