"""Panes that draw line by line, and only the lines whose text changed.

A pane costs what its visible lines cost, however many it has; what was drawn once is kept.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.terminal import clean
from tui.widgets.ink import ink_of
from tui.widgets.words import PLAIN, Line, Signs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

#: Strips that are kept; more than any terminal shows.
KEPT = 600


class LinePane(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines of spans; `line_at` gives them, as many as `count` says.

    The first `FIXED` rows of the pane do not scroll: `fixed_line` gives what stands there.
    """

    FIXED: ClassVar[int] = 0

    def __init__(self, *, name: str, signs: Signs) -> None:
        super().__init__(id=name)
        self.signs = signs
        self._prepared = 0
        self._strips: dict[int, Strip] = {}
        self._styles: dict[tuple[str, str], Style] = {}

    # -- for those who know the lines --

    def prepare(self, width: int) -> None:
        """Make the lines for a width, which is not the one of before, or not with these words."""

    def count(self) -> int:
        """Return how many lines there are."""
        raise NotImplementedError

    def line_at(self, index: int, width: int) -> Line:
        """Return a line; it is cut or filled to `width`."""
        raise NotImplementedError

    def fixed_line(self, _row: int, _width: int) -> Line:
        """Return what stands in a row that does not scroll."""
        return ()

    def ground_of(self, _index: int) -> str:
        """Return what lies under a line: nothing, or one of the grounds of `ink`."""
        return ""

    # -- drawing --

    @property
    def line_width(self) -> int:
        """The cells of a line."""
        return self.scrollable_content_region.width

    @property
    def page(self) -> int:
        """The lines that can be seen at once."""
        return max(1, self.scrollable_content_region.height - self.FIXED)

    def prepare_again(self) -> None:
        """Make the lines again: the words are others. Before there is a width, nothing is made."""
        self._prepared = self.line_width
        if self._prepared > 0:
            self.prepare(self._prepared)
            self.count_changed()

    def on_resize(self) -> None:
        """Make the lines for another width, if drawing them did not do so already."""
        if self._prepared != self.line_width:
            self._strips.clear()
            self.prepare_again()
        else:
            self.count_changed()

    def count_changed(self) -> None:
        """Tell the scrollbar how many lines there are now.

        Setting `virtual_size` as Textual means it lays the whole screen out and draws the whole
        pane again, which is 4 kB for each key in a small terminal. The scrollbar is always there
        (`overflow-y: scroll`), so nothing but its own cells can change.
        """
        lines = max(self.count(), self.page)
        if lines + self.FIXED != self.virtual_size.height:
            self.set_reactive(LinePane.virtual_size, Size(0, lines + self.FIXED))
        self.vertical_scrollbar.window_virtual_size = lines
        self.vertical_scrollbar.window_size = self.page
        if self.scroll_offset.y > lines - self.page:
            self.scroll_to(y=lines - self.page, animate=False)

    def redraw_line(self, index: int) -> None:
        """Draw one line again, if it can be seen."""
        self._strips.pop(index, None)
        y = index - self.scroll_offset.y
        if 0 <= y < self.page:
            self.refresh(Region(0, y + self.FIXED, self.line_width, 1))

    def redraw_fixed(self) -> None:
        """Draw the rows that do not scroll again."""
        self.refresh(Region(0, 0, self.line_width, self.FIXED))

    def redraw_all(self) -> None:
        """Draw every line again."""
        self._strips.clear()
        self.refresh()

    def style_of(self, role: str, ground: str = "") -> Style:
        """Return the style of a role on a ground."""
        style = self._styles.get((role, ground))
        if style is None:
            ink = ink_of(self.app)
            style = self.rich_style + ink[ground or PLAIN]
            if not (ground and self.app.native_ansi_color):
                # On a reversed line colours would become patches of background.
                style += ink[role]
            self._styles[role, ground] = style
        return style

    def notify_style_update(self) -> None:
        """Forget what was drawn in other colours."""
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the visible part."""
        index = y - self.FIXED + self.scroll_offset.y
        width = self.line_width
        if width != self._prepared:
            self._prepared = width
            self._strips.clear()
            self.prepare(width)
        if y < self.FIXED:
            return self._strip_of(self.fixed_line(y, width), "", width)
        strip = self._strips.get(index)
        if strip is None or strip.cell_length != width:
            if len(self._strips) > KEPT:
                self._strips.clear()
            line = self.line_at(index, width) if index < self.count() else ()
            strip = self._strip_of(line, self.ground_of(index), width)
            self._strips[index] = strip
        return strip

    def _strip_of(self, line: Line, ground: str, width: int) -> Strip:
        # Whoever made the lines wrote out what could steer a terminal; none of it passes here.
        segments = [Segment(clean(text), self.style_of(role, ground)) for text, role in line]
        return Strip(segments).adjust_cell_length(width, self.style_of(PLAIN, ground))

    # -- moving --

    def step(self, how: str) -> int:
        """Return by how many lines a moving action moves (`move-down`, `page-up`, …)."""
        steps = {
            "move-down": 1,
            "move-up": -1,
            "page-down": self.page,
            "page-up": -self.page,
            "half-page-down": max(1, self.page // 2),
            "half-page-up": -max(1, self.page // 2),
            "move-top": -self.count(),
            "move-bottom": self.count(),
        }
        return steps.get(how, 0)

    def move(self, how: str) -> None:
        """Scroll as a moving action says."""
        self.scroll_to(y=max(0, self.scroll_offset.y + self.step(how)), animate=False)


class LineView(LinePane):
    """Lines that are wrapped for the width once, by `wrapped`."""

    def __init__(self, *, name: str, signs: Signs) -> None:
        super().__init__(name=name, signs=signs)
        self._lines: list[Line] = []

    def wrapped(self, width: int) -> Sequence[Line]:
        """Return the lines for a width."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """All lines as plain text."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines)

    def prepare(self, width: int) -> None:
        """Wrap the words; of what can be seen only lines that differ are drawn again."""
        before, after = self._lines, list(self.wrapped(width))
        self._lines = after
        for index in range(max(len(before), len(after))):
            if before[index : index + 1] != after[index : index + 1]:
                self.redraw_line(index)

    def count(self) -> int:
        """Return how many lines there are."""
        return len(self._lines)

    def line_at(self, index: int, width: int) -> Line:  # noqa: ARG002 - wrapped already
        """Return a line."""
        return self._lines[index] if index < len(self._lines) else ()
