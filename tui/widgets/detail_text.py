"""The words about one profile: each tab has a room of its own in `tabs`; only that of the tab shown is entered."""

from __future__ import annotations

from typing import Any

from tui.detail_state import HISTORY, HOLDERS, OVERVIEW, PROCESSES, RAW, USAGE, Facts
from tui.widgets.tabs.building import Page, Surroundings, Words
from tui.widgets.tabs.overview import overview
from tui.widgets.tabs.strip import strip_line
from tui.widgets.words import MUTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.model import ProfileRow
    from tui.widgets.words import Line


def first_lines(facts: Facts, around: Surroundings) -> list[Line]:
    """Return what the pane shows at first: the line of tabs, and the page of the first."""
    return [strip_line(facts.tab, around.width), *detail_page(facts, around).lines]


def detail_page(facts: Facts, around: Surroundings) -> Page:
    """Return the page that is shown of a profile."""
    row = facts.row
    if row is None:
        return Page([(("nothing is selected", MUTED),)], [])
    if facts.face == OVERVIEW:
        part: Any = facts.part
        return overview(row, part, facts.told, around)
    if row.name is None and facts.face != USAGE:
        words = Words(around)
        words.name(row)
        words.sentence("This login is in no profile yet. R looks again.")
        return words.page
    page = _page(row, facts, around)
    if facts.part is None and facts.face != USAGE and (facts.is_slow or not row.state):
        page.lines.append(((f"reading{around.signs.more}", MUTED),))
    return page


def _page(row: ProfileRow, facts: Facts, around: Surroundings) -> Page:
    """Return the page of another tab than the first."""
    # What a face was read for is known by its name.
    part: Any = facts.part
    if facts.face == USAGE:
        from tui.widgets.tabs.usage import usage_page

        return usage_page(row, facts.told, around)
    if facts.face == HOLDERS:
        from tui.widgets.tabs.holders import holders_page

        return holders_page(row, part, around)
    if facts.face == PROCESSES:
        from tui.widgets.tabs.processes import processes_page

        return processes_page(row, part, around)
    if facts.face == HISTORY:
        from tui.widgets.tabs.history import history_page

        return history_page(row, part, around)
    from tui.widgets.tabs.tokens import raw_page, tokens_page

    return raw_page(row, part, around) if facts.face == RAW else tokens_page(row, part, around)
