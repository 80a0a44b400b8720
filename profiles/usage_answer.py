"""What the backend says about usage and workspaces: read with mistrust; what is odd or missing is None (C121, C122).

A window is named by its length and never by its place in the answer: a plan may have one, two or others.
"""

from __future__ import annotations

from typing import Any, NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

#: A time beyond the year 9999, and a share that no gauge shows, are no times and no shares.
_LAST_TIME, _MOST_USED = 253_402_300_800, 10_000
#: Longer words than this are none.
_LONGEST = 200
_MINUTES_OF_DAY, _MINUTES_OF_HOUR = 1440, 60


class Window(NamedTuple):
    """One limit: `used_percent` of what `window_seconds` allow; `resets_at` in seconds since the epoch, UTC."""

    label: str
    window_seconds: int | None
    used_percent: float | None
    resets_at: float | None

    def used_now(self, now: float) -> float | None:
        """Return the share used as far as it still holds: a window that was reset since tells nothing any more."""
        is_over = self.resets_at is not None and self.resets_at <= now
        return None if is_over else self.used_percent


class Credits(NamedTuple):
    """What may be used beyond the windows; `balance` as the backend writes it."""

    has_credits: bool | None
    unlimited: bool | None
    balance: str | None


class UsageSnapshot(NamedTuple):
    """What was said at one moment (`at`: seconds since the epoch, UTC); windows from the shortest to the longest.

    `reached` is the backend's word for the limit that stops this login now, or None.
    """

    at: float
    plan: str | None
    windows: tuple[Window, ...]
    credits: Credits | None
    reached: str | None

    def age(self, now: float) -> float:
        """Return how many seconds ago this was said."""
        return max(0.0, now - self.at)

    def tightest(self, now: float) -> Window | None:
        """Return the window of which most is used, of equals the one that is reset last; None when none is known."""
        known = [window for window in self.windows if window.used_now(now) is not None]
        return max(
            known,
            key=lambda window: (window.used_percent or 0.0, window.resets_at or 0.0),
            default=None,
        )


def label_of(seconds: int | None) -> str:
    """Return what a window of this length is called: `5h`, `7d`, `45m`; a minute begun counts as one, as in Codex."""
    if seconds is None:
        return "limit"
    minutes = -(-seconds // 60)
    if minutes % _MINUTES_OF_DAY == 0:
        return f"{minutes // _MINUTES_OF_DAY}d"
    if minutes % _MINUTES_OF_HOUR == 0:
        return f"{minutes // _MINUTES_OF_HOUR}h"
    return f"{minutes}m"


def read_usage(document: object, now: float) -> UsageSnapshot | None:
    """Return what an answer of `wham/usage` says; None when it is not about usage at all."""
    if not isinstance(document, dict):
        return None
    limits = _object(document.get("rate_limit"))
    found = (_window(limits.get(name), now) for name in ("primary_window", "secondary_window"))
    return UsageSnapshot(
        at=now,
        plan=_word(document.get("plan_type")),
        windows=in_order(window for window in found if window is not None),
        credits=_credits(document.get("credits")),
        reached=_reached(document, limits),
    )


def read_workspaces(document: object) -> dict[str, str | None] | None:
    """Return the names of a person's workspaces by account id, None for one without; None when it says nothing."""
    accounts = _object(document).get("accounts")
    if not isinstance(accounts, list):
        return None
    found: dict[str, str | None] = {}
    for each in accounts:
        account = _word(_object(each).get("id"))
        if account is not None:
            found[account] = _word(each.get("name"))
    return found


def in_order(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Return windows from the shortest to the longest, those of unknown length last."""
    return tuple(sorted(windows, key=lambda window: window.window_seconds or _LAST_TIME))


def _window(value: object, now: float) -> Window | None:
    fields = _object(value)
    seconds = _number(fields.get("limit_window_seconds"), _LAST_TIME)
    length = int(seconds) if seconds is not None and seconds >= 1 else None
    used = _number(fields.get("used_percent"), _MOST_USED)
    resets = _number(fields.get("reset_at"), _LAST_TIME) or None
    if resets is None:
        left = _number(fields.get("reset_after_seconds"), _LAST_TIME)
        resets = None if left is None else now + left
    if length is None and used is None:
        return None
    return Window(label_of(length), length, used, resets)


def _credits(value: object) -> Credits | None:
    if not isinstance(value, dict):
        return None
    balance = value.get("balance")
    if isinstance(balance, int | float) and _number(balance, 1e15) is not None:
        balance = f"{balance:g}"
    found = Credits(_flag(value.get("has_credits")), _flag(value.get("unlimited")), _word(balance))
    return found if any(each is not None for each in found) else None


def _reached(document: dict[str, Any], limits: dict[str, Any]) -> str | None:
    told = document.get("rate_limit_reached_type")
    word = _word(told.get("type") if isinstance(told, dict) else told)
    if word is not None:
        return word
    if limits.get("limit_reached") is True:
        return "rate_limit_reached"
    return (
        "spend_limit_reached"
        if _object(document.get("spend_control")).get("reached") is True
        else None
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _word(value: object) -> str | None:
    """Return a short text that can be shown and written anywhere; None for anything else."""
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
        return None
    return value if value.isprintable() else None


def _number(value: object, limit: float) -> float | None:
    """Return a number from 0 to `limit`, a whole one as int."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= limit:
        return None
    return int(value) if value == int(value) else value
