"""When each profile was last used here, as the history has it: switched to or away from, run, logged in to."""

from __future__ import annotations

from profiles.history import newest_first

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context


def last_used(context: Context) -> dict[str, float]:
    """Return by profile when it was last in use (seconds since the epoch, UTC); who never was is left out.

    A profile was in use until it was switched away from. Renamed profiles keep their past; what was deleted has none,
    nor has a new profile of the same name. Who is active now is not told here: the disk tells that.
    """
    found: dict[str, float] = {}
    #: What an older entry calls a profile, and what it is called today; None: it is no more.
    today: dict[str, str | None] = {}
    for entry in newest_first(context):
        if entry.verb == "rename":
            today[entry.before] = today.get(entry.profile, entry.profile)
            today[entry.profile] = None
        elif entry.verb == "delete":
            today[entry.profile] = None
        elif entry.verb in ("run", "login") or (
            entry.verb in ("switch", "undo") and entry.result == "changed"
        ):
            for name in (entry.profile, entry.before):
                called = today.get(name, name)
                if called:
                    found.setdefault(called, entry.time)
    return found
