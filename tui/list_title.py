"""The title of the list: how many profiles, the filter, the order, the marks. No Textual here."""

from __future__ import annotations

from tui.sorting import title_words
from tui.widgets.words import cells, crop

#: What a pane's border needs beside its title: corners, a line and a space at each side.
AROUND = 6

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.state import State
    from tui.widgets.words import Signs


def list_titles(state: State, signs: Signs) -> list[str]:
    """Return what the list may be called, the fullest first: the marks stay longest, since they decide what keys do."""
    if state.partial:
        return [f"Profiles  reading{signs.more}"]
    count = len(state.all_rows)
    if not count:
        return ["Profiles"]
    head = f"/{state.filter}  {len(state.rows)}/{count}" if state.filter else str(count)
    marks, order, notes = marks_words(state), title_words(state.order), notes_words(state)
    full = [f"Profiles  {head}", *filter(None, (notes, order, marks))]
    without_order = [f"Profiles  {head}", *filter(None, (notes, marks))]
    shorter = [head, *filter(None, (notes, marks))]
    short = [head, marks] if marks else [f"Profiles  {head}"]
    ways = (full, without_order, shorter, short) if notes else (full, without_order, short)
    return list(dict.fromkeys(f" {signs.dot} ".join(parts) for parts in ways))


def fitting(titles: Sequence[str], room: int, signs: Signs) -> str:
    """Return the fullest title that has room, in cells; the last one is cut if need be."""
    for title in titles:
        if cells(title) <= room:
            return title
    return crop(titles[-1], room, signs)


def notes_words(state: State) -> str:
    """Return how many the filter lets through for their note alone, which no line of the list shows."""
    words = state.filter.lower().split()
    count = 0
    for row in state.rows if words else ():
        if row.note:
            fields = (row.name, row.email, row.plan, row.workspace, row.state, row.kind)
            shown = "\n".join(field for field in fields if field).lower()
            count += not all(word in shown for word in words)
    return f"{count} by note" if count else ""


def marks_words(state: State) -> str:
    """Return how many profiles are marked, and how many of them a filter hides; nothing where none is."""
    hidden = state.hidden_marks
    if not state.marked:
        return ""
    return f"{len(state.marked)} marked" + (f", {hidden} hidden" if hidden else "")
