"""The profiles, one a line. Ten thousand cost no more than ten: only what is seen is drawn."""

from __future__ import annotations

from textual.widget import Widget

from profiles import expiry
from tui.messages import Scrolled
from tui.sorting import Order
from tui.usage_state import Usage
from tui.widgets.bars import change_of, window_cell, window_labels
from tui.widgets.columns import USAGE, Column, Longest, columns_for
from tui.widgets.cursor_pane import CursorPane
from tui.widgets.row_text import (
    Known,
    countdown_text,
    counted,
    head_text,
    longest_of,
    row_line,
    used_text,
)
from tui.widgets.words import Line, cells, next_change, state_word, wrap_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from profiles.model import ProfileRow
    from tui.state import State
    from tui.widgets.words import Signs


class ProfileList(CursorPane):
    """Rows, a cursor, and below them words for who has few rows or none."""

    def __init__(self, *, signs: Signs, now: Callable[[], float]) -> None:
        super().__init__(name="list", signs=signs)
        self.rows: Sequence[ProfileRow] = ()
        self.head = ListHead(self)
        self._now = now
        self._columns: tuple[Column, ...] = ()
        self._columns_width = -1
        self._longest = Longest()
        self._drawn: dict[int, tuple[object, ...]] = {}
        self._paragraphs: Sequence[Line] = ()
        self._notes: list[Line] = []
        self._marks: Mapping[str, str] = {}
        self._among: Sequence[ProfileRow] = ()
        self._usage = Usage()
        self._order = Order()
        self._used: Mapping[str, float] = {}
        self._marked: frozenset[str] = frozenset()

    # -- content --

    def know(self, state: State) -> None:
        """Take what is known of the rows besides them: usage, order, when each was last used, marks."""
        self._usage, self._order, self._used = state.usage, state.order, state.used
        self.show_marks(state.marked)

    def show_marks(self, names: frozenset[str]) -> None:
        """Draw the marks of these profiles; only lines that get or lose one are drawn again."""
        changed, self._marked = self._marked ^ names, names
        if changed:
            for index in self.seen_rows():
                if self.rows[index].name in changed:
                    self.redraw_line(index)

    def mark(self, marks: Mapping[str, str]) -> None:
        """Say of some profiles, by name, what a login or a refresh for them is at."""
        before, self._marks = self._marks, dict(marks)
        if before == self._marks:
            return
        self._take_longest(self._longest_of(self._among))
        for index in self.seen_rows():
            if self.rows[index].name in before.keys() | self._marks.keys():
                self.redraw_line(index)

    def show_usage(self) -> None:
        """Draw the bars that are others by now, in columns of their own from the first one on."""
        self._take_longest(self._longest._replace(windows=window_labels(self._usage.told.values())))
        for index in self.seen_rows():
            if index in self._drawn and self._changing(index, self._now()) != self._drawn[index]:
                self.redraw_line(index)

    def _take_longest(self, longest: Longest) -> None:
        if longest != self._longest:
            self._longest = longest
            self._columns_width = -1
            self.prepare_again()
            self.redraw_all()

    def _longest_of(self, rows: Sequence[ProfileRow]) -> Longest:
        longest = longest_of(rows, self.signs, self._usage, self._order, self._now())
        words = (cells(state_word(mark, self.signs).text) for mark in self._marks.values())
        return longest._replace(state=max((longest.state, *words)))

    def show(
        self,
        rows: Sequence[ProfileRow],
        cursor: int,
        paragraphs: Sequence[Line] = (),
        *,
        among: Sequence[ProfileRow] | None = None,
    ) -> None:
        """Show other rows, and paragraphs below them; only visible lines that differ are drawn.

        `among` are all rows, where a filter hides some: the columns keep their places then.
        """
        same = len(rows) == len(self.rows) and paragraphs == self._paragraphs
        before, self.rows = self.rows, rows
        self._among = rows if among is None else among
        longest = self._longest_of(self._among)
        self.head.set_class(not rows, "-none")
        if not same or longest != self._longest:
            self._longest, self._paragraphs = longest, paragraphs
            self._columns_width = -1
            self.prepare_again()
            self.redraw_all()
        else:
            seen = self.seen_rows()
            self._strips = {i: strip for i, strip in self._strips.items() if i in seen}
            for index in seen:
                if before[index] != rows[index]:
                    self.redraw_line(index)
        self.put_cursor(cursor)
        self.tick()

    def prepare(self, width: int) -> None:
        """Lay columns and notes out for a width."""
        self.columns(width)
        self._notes = [()] if self._paragraphs and self.rows else []
        for paragraph in self._paragraphs:
            self._notes += wrap_line(paragraph, width)

    def columns(self, width: int) -> tuple[Column, ...]:
        """Return the columns at a width."""
        if width != self._columns_width:
            self._columns_width = width
            before, self._columns = self._columns, columns_for(width, self._longest)
            self._strips.clear()
            if before and before != self._columns:
                self.head.refresh()
        return self._columns

    # -- time --

    def seen_rows(self) -> range:
        """Return the indexes of the rows that can be seen."""
        top = self.scroll_offset.y
        return range(min(top, len(self.rows)), min(top + self.page, len(self.rows)))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Tell that other rows are seen now, with countdowns of their own."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(Scrolled())

    def tick(self) -> float | None:
        """Let time pass: draw the lines whose countdown reads differently.

        Return in how many seconds the next one will; None when none does.
        """
        ids = {column.id for column in self._columns}
        if not ids - {"name", "state"}:
            return None
        now = self._now()
        for index in self.seen_rows():
            if index in self._drawn and self._changing(index, now) != self._drawn[index]:
                self.redraw_line(index)
        rows = [self.rows[index] for index in self.seen_rows()]
        waits: list[float | None] = []
        if "expires" in ids:
            waits.append(next_change(now, (counted(row) for row in rows)))
        if "used" in ids:
            used = (None if row.active else self._used.get(row.name or "") for row in rows)
            waits.append(next_change(now, used))
        if any(each.startswith(USAGE) for each in ids):
            waits += [change_of(self._usage.of(row), now) for row in rows]
        return min((wait for wait in waits if wait is not None), default=None)

    def _changing(self, index: int, now: float) -> tuple[object, ...]:
        """Return what of a line reads otherwise as time passes, or as more is known of its usage."""
        row = self.rows[index]
        words = [countdown_text(row, now, self.signs)]
        if self._columns[2:3] and self._columns[2].id == "used":
            words.append(used_text(row, self._used.get(row.name or ""), now, self.signs))
        told = self._usage.of(row)
        shown = [column for column in self._columns if column.id.startswith(USAGE)]
        if told.snapshot is None or not shown:
            return tuple(words)
        bars = (window_cell(told, each.title, each.width, now, self.signs) for each in shown)
        return (*words, *map(tuple, bars))

    def turned(self) -> bool:
        """Whether the state of a visible login is another by now, so that the disk must be read."""
        now = self._now()
        timed = (expiry.OK, expiry.EXPIRING)
        for index in self.seen_rows():
            row = self.rows[index]
            if row.state in timed and row.state != expiry.token_state(
                now, row.access_token_expires_at, row.issued_at, row.last_refresh, refreshable=True
            ):
                return True
        return False

    # -- drawing --

    def row_count(self) -> int:
        """Return how many rows there are."""
        return len(self.rows)

    def count(self) -> int:
        """Return how many lines there are: rows and notes."""
        return len(self.rows) + len(self._notes)

    def line_at(self, index: int, width: int) -> Line:
        """Return the line of a row, or a note below the rows."""
        if index >= len(self.rows):
            return self._notes[index - len(self.rows)]
        now, row = self._now(), self.rows[index]
        columns = self.columns(width)
        self._drawn[index] = self._changing(index, now)
        mark = self._marks.get(row.name or "")
        shown = row._replace(state=mark) if mark is not None else row
        name = row.name or ""
        known = Known(self._usage.of(row), self._used.get(name), name in self._marked)
        return row_line(shown, columns, now, self.signs, known)


class ListHead(Widget):
    """The headings of the columns."""

    def __init__(self, of: ProfileList) -> None:
        super().__init__(id="head")
        self._list = of

    def render(self) -> str:
        """Return the one line."""
        return head_text(self._list.columns(self._list.line_width), self._list.signs)
