"""The line with the names of the tabs: whole where there is room, else short but for the one that is shown."""

from __future__ import annotations

from tui.detail_state import TABS
from tui.widgets.words import MUTED, TAB, Line, Span, cells


def strip_line(tab: str, width: int) -> Line:
    """Return the line; the tab that is shown is reversed, so that it is told apart without colours."""
    spans: list[Span] = []
    for start, _, each, name in _placed(tab, width):
        if start:
            spans.append((" ", MUTED))
        spans.append((name, TAB if each == tab else MUTED))
    return tuple(spans)


def tab_at(x: int, tab: str, width: int) -> str | None:
    """Return the tab whose name is at a cell of that line; None beside them."""
    return next((each for start, end, each, _ in _placed(tab, width) if start <= x < end), None)


def _placed(tab: str, width: int) -> list[tuple[int, int, str, str]]:
    """Return where each name begins and ends, the tab, and the name."""
    names = {each: long for each, (long, _) in TABS.items()}
    if sum(map(cells, names.values())) + len(names) - 1 > width:
        names = {each: long if each == tab else short for each, (long, short) in TABS.items()}
    placed, at = [], 0
    for each, name in names.items():
        placed.append((at, at + cells(name), each, name))
        at += cells(name) + 1
    return placed
