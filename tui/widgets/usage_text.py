"""The words about a profile's usage in the detail: a line or two for each window, credits, what stops it."""

from __future__ import annotations

from tui.usage_state import OLD
from tui.widgets.bars import bar, role_of
from tui.widgets.words import BAD, MUTED, PLAIN, Line, Signs, Span, cells, fit, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.usage_answer import UsageSnapshot, Window

#: The cells of a window's label, of its percentage, and of the longest bar.
LABEL, PERCENT, LONGEST = 4, 5, 20


def usage_lines(snapshot: UsageSnapshot, now: float, width: int, signs: Signs) -> list[Line]:
    """Return what was told: each window with its bar, and when it is reset."""
    from tui.usage_words import credit_words, reached

    lines: list[Line] = []
    room = max((cells(_reset(window, now)) for window in snapshot.windows), default=0)
    beside = width - LABEL - PERCENT - 2 - room
    for window in snapshot.windows:
        lines += _window(window, snapshot, now, (width, beside), signs)
    credit, stopped = credit_words(snapshot.credits), reached(snapshot)
    if not snapshot.windows and credit is None:
        lines.append((("no limits told", MUTED),))
    if credit is not None:
        lines.append((("credits  ", MUTED), (credit, PLAIN)))
    if stopped is not None:
        lines += [((text, BAD),) for text in wrap(stopped, width)]
    return lines


def usage_moments(snapshot: UsageSnapshot) -> list[float | None]:
    """Return the times whose countdowns those lines show."""
    return [snapshot.at, *(window.resets_at for window in snapshot.windows)]


def _window(
    window: Window, snapshot: UsageSnapshot, now: float, widths: tuple[int, int], signs: Signs
) -> list[Line]:
    from tui.usage_words import percent

    width, beside = widths
    used = window.used_now(now)
    role = role_of(used, old=snapshot.age(now) >= OLD)
    is_beside = beside >= 8
    room = min(LONGEST, beside if is_beside else width - LABEL - PERCENT)
    label: Span = (fit(window.label, LABEL, signs), MUTED)
    spans: list[Span] = [label]
    if used is not None:
        spans += bar(used, room, signs, role)
        spans.append((fit(percent(used), PERCENT, signs, right=True), role))
    reset = _reset(window, now)
    if not reset:
        return [tuple(spans)]
    if used is None:
        return [(label, (reset, MUTED))]
    if is_beside:
        return [(*spans, (f"  {reset}", MUTED))]
    return [tuple(spans), ((" " * LABEL, MUTED), (reset, MUTED))]


def _reset(window: Window, now: float) -> str:
    from tui.usage_words import resets

    if window.resets_at is not None and window.resets_at <= now:
        return "was reset since then"
    return resets(window, now)
