"""Which login has the most usage left. Pure: what was told goes in, an order comes out."""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.usage_answer import Window
    from profiles.usage_plan import UsageResult

_NEVER = float("inf")


class Candidate(NamedTuple):
    """A login that may be chosen. `left`: per cent in its tightest `window`; 0 when it `is_stopped`; None if untold."""

    name: str
    left: float | None
    window: Window | None
    is_stopped: bool


def choose(results: Sequence[UsageResult], active: str | None, now: float) -> list[Candidate]:
    """Return the logins of which usage was told just now, the best first.

    Most left in the tightest window; then the earliest reset; then the active profile, then the order of `results`. One
    that told no limits at all comes last, since nobody knows. `now`: seconds since the epoch, UTC.
    """
    found: list[Candidate] = []
    for result in results:
        snapshot = result.snapshot
        if snapshot is None or not result.is_fresh:
            continue
        window = snapshot.tightest(now)
        left = None if window is None else max(0.0, 100.0 - (window.used_percent or 0.0))
        is_stopped = snapshot.reached is not None
        found.append(Candidate(result.name, 0.0 if is_stopped else left, window, is_stopped))
    return sorted(
        found,
        key=lambda each: (
            each.left is None,
            -(each.left or 0.0),
            each.window.resets_at or _NEVER if each.window is not None else _NEVER,
            each.name != active,
        ),
    )
