"""The words of the profile list: one line a profile, and the headings above."""

from __future__ import annotations

from typing import NamedTuple

from profiles.claims import plan_name
from profiles.expiry import DAY, LOGIN_NEEDED
from tui.usage_state import Told
from tui.widgets.bars import window_cell, window_labels
from tui.widgets.columns import COUNTDOWN_CELLS, MARKER_CELLS, USAGE, Column, Longest
from tui.widgets.words import (
    ACCENT,
    GOOD,
    MUTED,
    PLAIN,
    STRONG,
    UNSAVED,
    Line,
    age_text,
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
    from tui.sorting import Order
    from tui.usage_state import Usage
    from tui.widgets.words import Signs, Span


class Known(NamedTuple):
    """What is known of a profile beyond its row: its usage, when it was last used, whether it is marked."""

    told: Told = Told()
    used: float | None = None
    marked: bool = False


_NOTHING = Known()


def row_line(
    row: ProfileRow, columns: Sequence[Column], now: float, signs: Signs, known: Known = _NOTHING
) -> Line:
    """Return the line of a profile; `known` is what is not in its row."""
    active = signs.active if row.active else " "
    # Without a mark it is one span: each costs bytes on the line.
    spans: list[Span] = (
        [(active, GOOD), (signs.mark, ACCENT)] if known.marked else [(f"{active} ", GOOD)]
    )
    for number, column in enumerate(columns):
        if number:
            spans.append(("  ", PLAIN))
        if column.id.startswith(USAGE):
            spans.extend(window_cell(known.told, column.title, column.width, now, signs))
        elif column.id == "used":
            text = used_text(row, known.used, now, signs)
            role = MUTED if text == signs.dash else PLAIN
            spans.append((fit(text, column.width, signs, right=True), role))
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
        text = countdown_text(row, now, signs)
        role = MUTED if text == signs.dash else PLAIN
        return [(fit(text, width, signs, right=column.right), role)]
    if column.id == "account":
        return [(fit(row.email or kind_word(row.kind), width, signs), MUTED)]
    if column.id == "workspace":
        return [(fit(row.workspace or "", width, signs), MUTED)]
    return [(fit(plan_name(row.plan) or "", width, signs), MUTED)]


def countdown_text(row: ProfileRow, now: float, signs: Signs) -> str:
    """Return how long the access token still lives, or how long ago it ended, as short as it can be told."""
    text = expiry_text(now, counted(row), signs)
    return text.removeprefix("just ")


def counted(row: ProfileRow) -> float | None:
    """Return the end that a countdown beside the state may lead to; None where the state says that it is over.

    An access token may live on for days in a login that is lost: told beside that, they would reassure.
    """
    return None if row.state == LOGIN_NEEDED else row.access_token_expires_at


def used_text(row: ProfileRow, used: float | None, now: float, signs: Signs) -> str:
    """Return how long ago a profile was last used; the active one is used now."""
    return "now" if row.active else age_text(now, used, signs).removeprefix("just ")


def longest_of(
    rows: Sequence[ProfileRow],
    signs: Signs,
    usage: Usage | None = None,
    order: Order | None = None,
    now: float = 0.0,
) -> Longest:
    """Return the longest text of each column, and what the rows are sorted by. `now`: seconds since the epoch, UTC."""
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
        expires=_countdown_cells(rows, now),
        sorted_by=order.by if order is not None else "",
    )


def _countdown_cells(rows: Sequence[ProfileRow], now: float) -> int:
    """Return the cells of the longest countdown: `300d ago` is longer than any below a hundred days."""
    first = min((row.access_token_expires_at or now for row in rows), default=now)
    # Some days early, since the columns are not looked at again whenever time passes.
    days = (now - first) / DAY + 2
    return COUNTDOWN_CELLS + (days >= 100) + (days >= 1000)
