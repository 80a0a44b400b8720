"""States that outlive a run, remembered for one refresh token: `login-needed` and `uncertain` (R12, R19).

A mark belongs to a token's digest, so a newer generation of the login ends it by itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from profiles.state_file import change_object, load_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.context import Context

LOGIN_NEEDED, UNCERTAIN = "login-needed", "uncertain"


class Mark(NamedTuple):
    """`state` is one of the two above; `since` in seconds since the epoch, UTC."""

    state: str
    reason: str
    since: float


def marks_path(context: Context) -> str:
    """Return the path of the file."""
    return f"{context.roots.state}/states.json"


def load_marks(context: Context) -> dict[str, Mark]:
    """Return the marks by token digest; entries that make no sense are passed over."""
    return _marks(load_object(marks_path(context)))


def _marks(value: dict[str, Any]) -> dict[str, Mark]:
    found: dict[str, Mark] = {}
    entries = value.get("tokens")
    if not isinstance(entries, dict):
        return found
    for digest, entry in entries.items():
        if not isinstance(entry, dict) or entry.get("state") not in (LOGIN_NEEDED, UNCERTAIN):
            continue
        found[digest] = Mark(
            entry["state"], str(entry.get("reason", "")), _seconds(entry.get("since"))
        )
    return found


def _seconds(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float) else 0.0
    except OverflowError:
        return 0.0


def set_mark(context: Context, digest: str, state: str, reason: str) -> None:
    """Remember a state for a token; `login-needed` is never weakened to `uncertain`.

    Raises StoreNotWritable and StoreLocked.
    """

    def mark(present: Mark | None) -> Mark | None:
        kept = present is not None and present.state in (LOGIN_NEEDED, state)
        return present if kept else Mark(state, reason, context.now())

    change_mark(context, digest, mark)


def change_mark(
    context: Context, digest: str, change: Callable[[Mark | None], Mark | None]
) -> None:
    """Let `change` make another mark of a token's present one, or none. Raises StoreNotWritable and StoreLocked."""

    def changed(value: dict[str, Any]) -> dict[str, Any] | None:
        marks = _marks(value)
        now = change(marks.get(digest))
        if now == marks.pop(digest, None):
            return None
        if now is not None:
            marks[digest] = now
        return {"schema": 1, "tokens": {digest: mark._asdict() for digest, mark in marks.items()}}

    change_object(context, marks_path(context), changed)
