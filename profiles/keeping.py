"""A login that somebody approved and that is in memory alone: what becomes of it when the program must end now (R7).

It is saved as it would have been. Where that cannot be, it is left behind whole, as a dead process would have left it,
and whoever writes next takes it up.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles.atomic import make_private_folder, replace_file
from profiles.errors import ProfilesError, StoreError
from profiles.leftovers import HALF_MADE
from profiles.logging_in import NEW, save_login
from profiles.paths import AUTH_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.context import Context


class Kept(NamedTuple):
    """Where it is: in the profile `name`, or left behind in the folder `path`."""

    name: str | None
    path: str | None


def keep_login(context: Context, name: str, document: AuthDocument) -> Kept:
    """Make a whole login durable, whoever's it is; one of another identity never replaces the profile's own.

    Raises StoreError when it can be written nowhere.
    """
    try:
        return Kept(save_login(context, name, document, on_mismatch=NEW).name, None)
    except ProfilesError:
        # Locks that somebody holds, a disk that is full, a file that is not to be used.
        return Kept(None, leave_behind(context, document))


def leave_behind(context: Context, document: AuthDocument) -> str:
    """Leave a whole document for whoever settles leftovers next, and return its folder. Raises StoreNotWritable.

    No lock is waited for. Should somebody settle leftovers in this very moment, the folder is made once more.
    """
    for last in (False, False, True):
        folder = f"{context.roots.profiles}/{HALF_MADE}{os.getpid()}-{os.urandom(4).hex()}"
        path = f"{folder}/{AUTH_FILE}"
        try:
            make_private_folder(context.files, folder)
            replace_file(context.files, path, document.raw, int(context.now() * 1e9))
        except StoreError:
            if last or os.path.isdir(folder):
                raise
        else:
            return folder
    raise AssertionError  # the last round returned or raised
