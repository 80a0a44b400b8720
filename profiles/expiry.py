"""States of a login in time, in words, and when the words change next. Times: seconds since the epoch, UTC."""

from __future__ import annotations

#: The states of the JSON contract, in the order in which the first that applies is taken.
BROKEN, EMPTY, MOVING, MOVED = "broken", "empty", "moving", "moved"
LOGIN_NEEDED, UNCERTAIN, STATIC = "login-needed", "uncertain", "static"
EXPIRED, EXPIRING, OK = "expired", "expiring", "ok"
STATES = (BROKEN, EMPTY, MOVING, MOVED, LOGIN_NEEDED, UNCERTAIN, STATIC, EXPIRED, EXPIRING, OK)

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
#: Codex refreshes a token that it cannot read once its `last_refresh` is older than this (profiles/CODEX.md).
OPAQUE_LIFE = 8 * DAY
#: Nobody is warned earlier than this.
WARN_AT_MOST = DAY


def token_state(
    now: float,
    expires_at: float | None,
    issued_at: float | None,
    last_refresh: float | None,
    *,
    refreshable: bool,
) -> str:
    """Return ok, expiring, expired or (expired and not refreshable) login-needed for OAuth tokens.

    A tenth of the token's life, 24 h at most, is "expiring". For a token without a readable expiry Codex's own rule
    stands in: it is due eight days after the last refresh.
    """
    if expires_at is None and last_refresh is not None:
        expires_at, issued_at = last_refresh + OPAQUE_LIFE, last_refresh
    if expires_at is None:
        return OK
    left = expires_at - now
    if left <= 0:
        return EXPIRED if refreshable else LOGIN_NEEDED
    life = expires_at - issued_at if issued_at is not None else 10 * DAY
    return EXPIRING if left <= min(life / 10, WARN_AT_MOST) else OK


def duration_words(seconds: float) -> str:
    """Write a span of time in at most two units: `9d 4h`, `3h59m`, `12m`, `45s`; negative spans as positive."""
    left = int(abs(seconds))
    if left >= 2 * DAY:
        days, rest = divmod(left, int(DAY))
        hours = rest // int(HOUR)
        return f"{days}d {hours}h" if hours and days < 100 else f"{days}d"
    if left >= HOUR:
        hours, rest = divmod(left, int(HOUR))
        return f"{hours}h{rest // 60:02d}m"
    if left >= MINUTE:
        return f"{left // 60}m"
    return f"{left}s"


def countdown(now: float, moment: float | None) -> str:
    """Write how long until `moment`: `3h59m`, `2d 1h ago`, or a dash when it is unknown."""
    if moment is None:
        return "-"
    left = moment - now
    return duration_words(left) if left > 0 else f"{duration_words(left)} ago"


def next_change(now: float, moment: float | None) -> float | None:
    """Return in how many seconds `countdown(now, moment)` reads differently; None when it never does."""
    if moment is None:
        return None
    left = abs(moment - now)
    unit = HOUR if left >= 2 * DAY else MINUTE if left >= MINUTE else 1.0
    rest = left % unit
    if moment > now:
        # Words are cut down to whole units, so they change just after the whole unit is passed.
        return max(rest, 0.0) + 0.01
    return unit - rest + 0.01
