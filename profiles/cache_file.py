"""Small JSON files in the cache folder: what the backend told, by some key. Read with mistrust, and dispensable.

They are written without fsync, 0600, and need not be writable: what is lost is asked for again.
"""

from __future__ import annotations

import json
import os
from typing import Any

from profiles.atomic import make_private_folder
from profiles.errors import StoreError
from profiles.state_file import load_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context

#: What is older than this (seconds) is not worth keeping.
KEPT = 90 * 86_400.0


def load_entries(path: str) -> dict[str, Any]:
    """Return what the file holds; nothing when it is missing, cut or something else."""
    entries = load_object(path).get("entries")
    return entries if isinstance(entries, dict) else {}


def save_entries(context: Context, path: str, entries: dict[str, Any]) -> None:
    """Replace the file, if that can be done."""
    temporary = f"{path}.{os.getpid()}"
    try:
        make_private_folder(context.files, os.path.dirname(path))
        data = json.dumps({"schema": 1, "entries": entries}, separators=(",", ":")).encode("ascii")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(temporary, flags, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(data)
        os.replace(temporary, path)
    except (OSError, StoreError):
        try:
            os.unlink(temporary)
        except OSError:
            pass


def believable_number(value: object) -> float | None:
    """Return a number that may be one of ours."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and 0 <= value < 1e12 else None  # type: ignore[operator,return-value]
