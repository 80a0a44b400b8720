"""Rows of one line each, with a cursor on one of them; it stays in sight, and can be clicked."""

from __future__ import annotations

from tui.messages import Chosen
from tui.widgets.ink import CURSOR, CURSOR_BLURRED
from tui.widgets.lines import LinePane

TYPE_CHECKING = False
if TYPE_CHECKING:
    from textual.events import Click

    from tui.widgets.words import Signs


class CursorPane(LinePane):
    """A pane of rows; other lines may stand below them."""

    def __init__(self, *, name: str, signs: Signs) -> None:
        super().__init__(name=name, signs=signs)
        self.cursor = 0

    def row_count(self) -> int:
        """Return how many lines are rows, which the cursor can be on."""
        return self.count()

    def put_cursor(self, cursor: int) -> None:
        """Put the cursor on a row; two lines are drawn again."""
        before = self.cursor
        self.cursor = cursor
        if before != cursor:
            self.redraw_line(before)
            self.redraw_line(cursor)
        self.keep_in_sight()

    def keep_in_sight(self) -> None:
        """Scroll to where the cursor is, if it cannot be seen."""
        top, page = self.scroll_offset.y, self.page
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + page:
            self.scroll_to(y=self.cursor - page + 1, animate=False)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        super().on_resize()
        self.keep_in_sight()

    def on_click(self, event: Click) -> None:
        """Choose the row that was clicked."""
        index = event.get_content_offset_capture(self).y + self.scroll_offset.y
        if index < self.row_count():
            self.post_message(Chosen(index))

    def on_focus(self) -> None:
        """Show that keys act here."""
        self.redraw_line(self.cursor)

    def on_blur(self) -> None:
        """Show that keys act elsewhere."""
        self.redraw_line(self.cursor)

    def ground_of(self, index: int) -> str:
        """Return what lies under a row."""
        if index != self.cursor or index >= self.row_count():
            return ""
        return CURSOR if self.has_focus else CURSOR_BLURRED
