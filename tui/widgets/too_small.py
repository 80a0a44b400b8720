"""What is shown where nothing else has room."""

from __future__ import annotations

from textual.widget import Widget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from textual.geometry import Size

#: The least that the screen needs, in cells.
COLUMNS, ROWS = 40, 10


class TooSmall(Widget):
    """A plain sentence."""

    def render(self) -> str:
        """Return the sentence."""
        width, height = self.app.size
        return f"terminal too small, {COLUMNS}x{ROWS} needed, is {width}x{height}"


def too_small(size: Size) -> bool:
    """Tell whether nothing but that sentence has room."""
    return size.width < COLUMNS or size.height < ROWS
