"""Lines of which one is chosen: up and down choose, the chosen one stays in sight, a click takes it."""

from __future__ import annotations

from tui.widgets.ink import CURSOR
from tui.widgets.lines import LinePane

TYPE_CHECKING = False
if TYPE_CHECKING:
    from textual.events import Click
    from textual.geometry import Size


class ChoiceLines(LinePane, can_focus=False):
    """As many choices as `choices` says, one a line; lines that follow them cannot be chosen.

    Keys come from the screen, or from what has the focus instead.
    """

    #: Where the cursor is.
    at = 0

    def choices(self) -> int:
        """Return how many lines can be chosen."""
        return self.count()

    def take(self, index: int) -> None:
        """Take what was clicked."""
        raise NotImplementedError

    def move(self, how: str) -> None:
        """Choose another line; from the last the first comes next."""
        among = self.choices()
        if not among:
            return
        step, before = self.step(how), self.at
        at = before + step
        self.at = at % among if abs(step) == 1 else max(0, min(at, among - 1))
        for index in (before, self.at):
            self.redraw_line(index)
        top, page = self.scroll_offset.y, self.page
        if self.at < top:
            self.scroll_to(y=self.at, animate=False)
        elif self.at >= top + page or self.at == among - 1:
            last = self.count() - 1 if self.at == among - 1 else self.at
            self.scroll_to(y=max(0, last - page + 1), animate=False)

    def on_click(self, event: Click) -> None:
        """Take what was clicked."""
        index = event.get_content_offset_capture(self).y + self.scroll_offset.y
        if index < self.choices():
            self.take(index)

    def get_content_height(self, _container: Size, _viewport: Size, _width: int) -> int:
        """Return the height of all lines."""
        return self.count()

    def ground_of(self, index: int) -> str:
        """Return what lies under the chosen line."""
        return CURSOR if index == self.at and self.choices() else ""
