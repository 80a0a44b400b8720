"""What each home held when we last looked: a hint, never the word on which something is written (R12).

From it comes the warning of the silent revocation: `codex login` (0.140 and later) revokes the login that it replaces
and `codex logout` the one that it removes (profiles/CODEX.md), so a login that changed without us may be dead.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from profiles.state_file import change_object, load_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context


class Sight(NamedTuple):
    """A login as last seen in a home: identity digest, digest of its refresh token ("" without one), its profile."""

    identity: str
    token: str
    profile: str


def seen_path(context: Context) -> str:
    """Return the path of the file."""
    return f"{context.roots.state}/seen.json"


def _sight(value: object) -> Sight | None:
    if not isinstance(value, dict):
        return None
    words = [value.get(name) for name in Sight._fields]
    if not all(isinstance(word, str) for word in words) or not words[0]:
        return None
    return Sight(*(str(word) for word in words))


def _entries(context: Context) -> dict[str, Any]:
    homes = load_object(seen_path(context)).get("homes")
    return homes if isinstance(homes, dict) else {}


def seen_homes(context: Context) -> list[str]:
    """Return the homes in which we ever saw or put a login."""
    return [home for home in _entries(context) if home.startswith("/")]


def last_seen(context: Context, home: str) -> Sight | None:
    """Return what the home held when we last looked."""
    entry = _entries(context).get(home)
    return _sight(entry.get("last")) if isinstance(entry, dict) else None


def pending(context: Context, home: str) -> Sight | None:
    """Return what we were about to put there, if we were stopped before we could note that we did."""
    entry = _entries(context).get(home)
    return _sight(entry.get("pending")) if isinstance(entry, dict) else None


def remember(context: Context, home: str, sight: Sight | None, coming: Sight | None = None) -> None:
    """Note what the home holds, and what is about to be put there. Raises StoreNotWritable and StoreLocked."""
    entry: dict[str, Any] = {}
    if sight is not None:
        entry["last"] = sight._asdict()
    if coming is not None:
        entry["pending"] = coming._asdict()

    def change(found: dict[str, Any]) -> dict[str, Any] | None:
        homes = found.get("homes")
        entries = homes if isinstance(homes, dict) else {}
        if entries.get(home) == entry:
            return None
        return {"schema": 1, "homes": {**entries, home: entry}}

    change_object(context, seen_path(context), change)
