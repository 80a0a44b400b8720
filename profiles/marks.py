"""States that outlive a run, remembered for one refresh token: `login-needed` and `uncertain` (R12, R19).

A mark belongs to a token's digest, so a newer generation of the login ends it by itself.
"""

from __future__ import annotations

from typing import NamedTuple

from profiles.state_file import load_object, save_object

TYPE_CHECKING = False
if TYPE_CHECKING:
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
    found: dict[str, Mark] = {}
    entries = load_object(marks_path(context)).get("tokens")
    if not isinstance(entries, dict):
        return found
    for digest, entry in entries.items():
        if not isinstance(entry, dict) or entry.get("state") not in (LOGIN_NEEDED, UNCERTAIN):
            continue
        since = entry.get("since")
        found[digest] = Mark(
            entry["state"],
            str(entry.get("reason", "")),
            _seconds(since),
        )
    return found


def _seconds(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float) else 0.0
    except OverflowError:
        return 0.0


def set_mark(context: Context, digest: str, state: str, reason: str) -> None:
    """Remember a state for a token; `login-needed` is never weakened to `uncertain`.

    Raises StoreNotWritable.
    """
    marks = load_marks(context)
    present = marks.get(digest)
    if present is not None and (present.state in (LOGIN_NEEDED, state)):
        return
    marks[digest] = Mark(state, reason, context.now())
    save_marks(context, marks)


def save_marks(context: Context, marks: dict[str, Mark]) -> None:
    """Write all marks. Raises StoreNotWritable."""
    tokens = {digest: mark._asdict() for digest, mark in marks.items()}
    save_object(context, marks_path(context), {"schema": 1, "tokens": tokens})
