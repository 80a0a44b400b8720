"""The words of the profile list: one line a profile, and the headings above."""

from __future__ import annotations

from profiles.claims import plan_name
from tui.usage_state import Told
from tui.widgets.bars import window_cell, window_labels
from tui.widgets.columns import MARKER_CELLS, USAGE, Column, Longest
from tui.widgets.words import (
    GOOD,
    MUTED,
    PLAIN,
    STRONG,
    UNSAVED,
    Line,
    cells,
    expiry_text,
    fit,
    kind_word,
    state_word,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.model import ProfileRow
    from tui.usage_state import Usage
    from tui.widgets.words import Signs, Span

_NOTHING = Told()


def row_line(
    row: ProfileRow, columns: Sequence[Column], now: float, signs: Signs, told: Told = _NOTHING
) -> Line:
    """Return the line of a profile; `told` is what is known of its usage."""
    spans: list[Span] = [(f"{signs.active if row.active else ' '} ", GOOD)]
    for number, column in enumerate(columns):
        if number:
            spans.append(("  ", PLAIN))
        if column.id.startswith(USAGE):
            spans.extend(window_cell(told, column.title, column.width, now, signs))
        else:
            spans.extend(_cell(row, column, now, signs))
    return tuple(spans)


def head_text(columns: Sequence[Column], signs: Signs) -> str:
    """Return the line of the headings."""
    titles = (fit(column.title, column.width, signs, right=column.right) for column in columns)
    return " " * MARKER_CELLS + "  ".join(titles)


def _cell(row: ProfileRow, column: Column, now: float, signs: Signs) -> list[Span]:
    width = column.width
    if column.id == "name":
        return [(fit(row.name or UNSAVED, width, signs), STRONG if row.active else PLAIN)]
    if column.id == "state":
        word = state_word(row.state, signs)
        if word.role == GOOD:
            # What is well stays quiet: only its sign has a colour.
            rest = fit(f" {word.word}", width - cells(word.sign), signs)
            return [(word.sign, GOOD), (rest, MUTED)]
        return [(fit(word.text, width, signs), word.role)]
    if column.id == "expires":
        text = expiry_text(now, row.access_token_expires_at, signs)
        role = MUTED if text == signs.dash else PLAIN
        return [(fit(text, width, signs, right=column.right), role)]
    if column.id == "account":
        return [(fit(row.email or kind_word(row.kind), width, signs), MUTED)]
    if column.id == "workspace":
        return [(fit(row.workspace or "", width, signs), MUTED)]
    return [(fit(plan_name(row.plan) or "", width, signs), MUTED)]


def longest_of(rows: Sequence[ProfileRow], signs: Signs, usage: Usage | None = None) -> Longest:
    """Return the longest text of each column."""
    if not rows:
        return Longest()
    states = {row.state for row in rows}
    return Longest(
        name=max(len(row.name or UNSAVED) for row in rows),
        state=max(cells(state_word(state, signs).text) for state in states),
        account=max(cells(row.email or kind_word(row.kind)) for row in rows),
        plan=max(cells(plan_name(plan) or "") for plan in {row.plan for row in rows}),
        workspace=max(cells(name or "") for name in {row.workspace for row in rows}),
        windows=window_labels(usage.told.values()) if usage is not None else (),
    )
