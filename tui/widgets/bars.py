"""How much of a login's windows is used, as bars: in the list a few cells each, labelled by the windows' lengths."""

from __future__ import annotations

from tui.usage_state import OLD
from tui.widgets.columns import BAR_CELLS, PERCENT_CELLS, TIGHTEST
from tui.widgets.words import BAD, GOOD, MUTED, WARN, Span, fit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from profiles.usage_answer import UsageSnapshot, Window
    from tui.usage_state import Told
    from tui.widgets.words import Signs

#: Windows shorter than this (seconds) are in the first column, longer ones in the second.
_DAY = 86_400


def role_of(used: float | None, *, old: bool = False) -> str:
    """Return the role of a share that is used, in per cent."""
    from tui.usage_words import NEARLY_GONE, SCARCE

    if used is None or old:
        return MUTED
    return BAD if used >= NEARLY_GONE else WARN if used >= SCARCE else GOOD


def bar(used: float, width: int, signs: Signs, role: str) -> list[Span]:
    """Return a bar; it is empty at nothing and full at all only."""
    halves = 2 if signs.half else 1
    share = min(max(used, 0.0), 100.0)
    count = round(share / 100 * width * halves)
    if share > 0:
        count = max(count, 1)
    if share < 100:
        count = min(count, width * halves - 1)
    full, half = divmod(count, halves)
    text = signs.full * full + signs.half * half
    spans = [(text, role), (signs.free * (width - full - half), MUTED)]
    return [span for span in spans if span[0]]


def window_labels(told: Iterable[Told]) -> tuple[str, ...]:
    """Return the windows that get a column: of those below a day, and of the others, the one that most logins have."""
    counts: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for each in told:
        for window in each.snapshot.windows if each.snapshot is not None else ():
            count = counts[_is_long(window)]
            count[window.label] = count.get(window.label, 0) + 1
    return tuple(max(sorted(count), key=lambda each: count[each]) for count in counts if count)


def window_cell(told: Told, label: str, width: int, now: float, signs: Signs) -> list[Span]:
    """Return the cell of a window; where a login has another one instead, its label in the colour of what is used.

    Of TIGHTEST it is the bar of the window of which most is used, whichever that is.
    """
    snapshot = told.snapshot
    window = _window(snapshot, label, now) if snapshot is not None else None
    if snapshot is None or window is None:
        return [(" " * width, MUTED)]
    used = window.used_now(now)
    role = role_of(used, old=snapshot.age(now) >= OLD)
    if label not in (window.label, TIGHTEST):
        words = (
            window.label
            if width < BAR_CELLS + PERCENT_CELLS
            else f"{window.label} {_percent(used)}"
        )
        return [(fit(words, width, signs), role)]
    if used is None:
        return [(fit(signs.dash, width, signs), MUTED)]
    spans = bar(used, BAR_CELLS, signs, role)
    if width > BAR_CELLS:
        spans.append((fit(_percent(used), width - BAR_CELLS, signs, right=True), role))
    return spans


def change_of(told: Told, now: float) -> float | None:
    """Return in how many seconds the cells of a login read differently; None: never."""
    if told.snapshot is None:
        return None
    moments = [told.snapshot.at + OLD, *(each.resets_at for each in told.snapshot.windows)]
    waits = [moment - now + 0.01 for moment in moments if moment is not None and moment > now]
    return min(waits, default=None)


def _window(snapshot: UsageSnapshot, label: str, now: float) -> Window | None:
    """Return the window of this label, else the fullest of the same sort."""
    windows: Sequence[Window] = snapshot.windows
    if label == TIGHTEST:
        return snapshot.tightest(now) or next(iter(windows), None)
    same = next((each for each in windows if each.label == label), None)
    if same is not None:
        return same
    is_long = label.endswith("d")
    others = [each for each in windows if _is_long(each) == is_long]
    return max(others, key=lambda each: each.used_percent or 0.0, default=None)


def _is_long(window: Window) -> bool:
    return (window.window_seconds or _DAY) >= _DAY


def _percent(used: float | None) -> str:
    from tui.usage_words import percent

    return percent(used)
