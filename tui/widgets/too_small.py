"""What is shown where nothing else has room."""

from __future__ import annotations

from textual.widget import Widget

#: The least that the screen needs, in cells.
COLUMNS, ROWS = 40, 10


class TooSmall(Widget):
    """A plain sentence."""

    def render(self) -> str:
        """Return the sentence."""
        width, height = self.app.size
        return f"terminal too small, {COLUMNS}x{ROWS} needed, is {width}x{height}"
