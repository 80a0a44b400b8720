"""Small JSON files of ours in the state folder: read with mistrust, replaced whole."""

from __future__ import annotations

import json
import os
from typing import Any

from profiles import lock
from profiles.atomic import make_private_folder, replace_file
from profiles.files import read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.context import Context


def load_object(path: str) -> dict[str, Any]:
    """Return the JSON object in the file; an empty one when it is missing, cut or something else."""
    try:
        found = json.loads(read_regular(path))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def change_object(
    context: Context, path: str, change: Callable[[dict[str, Any]], dict[str, Any] | None]
) -> None:
    """Replace what is in the file by what `change` makes of it; nothing is written when that is None.

    Nobody else changes a state file meanwhile: refreshes of several logins do not share any other lock. Raises
    StoreNotWritable and StoreLocked.
    """
    if change(load_object(path)) is None:
        return
    with lock.acquire(context, [lock.state_lock(context)]):
        value = change(load_object(path))
        if value is not None:
            save_object(context, path, value)


def save_object(context: Context, path: str, value: dict[str, Any]) -> None:
    """Replace the file durably. Raises StoreNotWritable."""
    make_private_folder(context.files, os.path.dirname(path))
    # Escaped, because a path need not be text and must come back as it was.
    data = json.dumps(value, indent=1, sort_keys=True).encode("ascii")
    replace_file(context.files, path, data)
