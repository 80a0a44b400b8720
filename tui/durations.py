"""Spans of time as people write them: `90s`, `15m`, `36h`, `5d`."""

from __future__ import annotations

from profiles.errors import UsageError

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
#: Longer than any span that means something, and than any that a float cannot hold.
_DIGITS = 9


def parse_duration(text: str) -> float:
    """Return the seconds of a whole number with one unit. Raises UsageError."""
    number, unit = text[:-1], text[-1:]
    if unit in _SECONDS and number.isascii() and number.isdigit() and len(number) <= _DIGITS:
        return int(number) * _SECONDS[unit]
    shown = text if len(text) <= 20 else f"{text[:17]}..."
    raise UsageError(
        f"{shown!r} is no span of time", "a whole number with s, m, h or d: 90s, 15m, 36h, 5d"
    )
