"""Panes that draw line by line, and only the lines whose text changed.

A pane costs what its visible lines cost, however many it has; what was drawn once is kept.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.words import PLAIN, ROLES, UNICODE, Line, Signs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

#: Strips that are kept; more than any terminal shows.
KEPT = 600


class LinePane(ScrollView, can_focus=True):
    """Lines of spans. A role becomes a style by the component class `line--ROLE`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"line--{role}" for role in ROLES),
        "line--cursor",
        "line--cursor-blurred",
    }

    def __init__(self, *, id: str | None = None, signs: Signs = UNICODE) -> None:  # noqa: A002
        super().__init__(id=id)
        self.signs = signs
        self._strips: dict[int, Strip] = {}
        self._styles: dict[tuple[str, str], Style] = {}

    # -- for those who know the lines --

    def count(self) -> int:
        """Return how many lines there are."""
        raise NotImplementedError

    def line_at(self, index: int, width: int) -> Line:
        """Return a line; it is cut or filled to `width`."""
        raise NotImplementedError

    def ground_of(self, _index: int) -> str:
        """Return the component class under a line: none, `cursor` or `cursor-blurred`."""
        return ""

    # -- drawing --

    @property
    def line_width(self) -> int:
        """The cells of a line."""
        return self.scrollable_content_region.width

    @property
    def page(self) -> int:
        """The lines that can be seen at once."""
        return max(1, self.scrollable_content_region.height)

    def count_changed(self) -> None:
        """Tell the scrollbar how many lines there are now."""
        size = Size(0, self.count())
        if size != self.virtual_size:
            self.virtual_size = size

    def redraw_line(self, index: int) -> None:
        """Draw one line again, if it can be seen."""
        self._strips.pop(index, None)
        y = index - self.scroll_offset.y
        if 0 <= y < self.page:
            self.refresh(Region(0, y, self.line_width, 1))

    def redraw_all(self) -> None:
        """Draw every line again."""
        self._strips.clear()
        self.refresh()

    def style_of(self, role: str, ground: str = "") -> Style:
        """Return the style of a role on a ground."""
        style = self._styles.get((role, ground))
        if style is None:
            style = self.rich_style
            if ground:
                style += self.get_component_rich_style(f"line--{ground}", partial=True)
            if role != PLAIN and not (ground and self.app.native_ansi_color):
                # On a reversed line colours would become patches of background.
                style += self.get_component_rich_style(f"line--{role}", partial=True)
            self._styles[role, ground] = style
        return style

    def notify_style_update(self) -> None:
        """Forget what was drawn in other colours."""
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the visible part."""
        index = y + self.scroll_offset.y
        width = self.line_width
        strip = self._strips.get(index)
        if strip is None or strip.cell_length != width:
            if len(self._strips) > KEPT:
                self._strips.clear()
            line = self.line_at(index, width) if index < self.count() else ()
            ground = self.ground_of(index)
            segments = [Segment(text, self.style_of(role, ground)) for text, role in line]
            strip = Strip(segments).adjust_cell_length(width, self.style_of(PLAIN, ground))
            self._strips[index] = strip
        return strip

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
    """Lines that are given to it, wrapped already."""

    def __init__(self, *, id: str | None = None, signs: Signs = UNICODE) -> None:  # noqa: A002
        super().__init__(id=id, signs=signs)
        self._lines: list[Line] = []

    @property
    def text(self) -> str:
        """All lines as plain text."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines)

    def count(self) -> int:
        """Return how many lines there are, rounded up.

        Another count draws the whole pane again: so what fits counts as a page, and more as eights.
        """
        return self.page if len(self._lines) <= self.page else -(-len(self._lines) // 8) * 8

    def line_at(self, index: int, width: int) -> Line:  # noqa: ARG002 - wrapped already
        """Return a line."""
        return self._lines[index] if index < len(self._lines) else ()

    def set_lines(self, lines: Sequence[Line], *, top: bool = False) -> None:
        """Show other lines; only those that differ are drawn again. `top` scrolls to the first."""
        before, after = self._lines, list(lines)
        self._lines = after
        self.count_changed()
        if top and self.scroll_offset.y:
            self._strips.clear()
            self.scroll_to(y=0, animate=False)
            return
        for index in range(max(len(before), len(after))):
            if before[index : index + 1] != after[index : index + 1]:
                self.redraw_line(index)
