"""The line in which the filter is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding
from textual.widgets import Input

from tui.messages import FilterDone, Typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from textual.binding import BindingType


class FilterLine(Input):
    """Filters as it is typed: enter keeps the filter, esc clears it."""

    DEFAULT_CSS = """
    FilterLine, FilterLine:focus {
        height: 1;
        border: none;
        padding: 0;
        background: $sy-raised;
        color: $sy-text;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "keep", "keep", show=False),
        Binding("escape", "clear", "clear", show=False),
    ]

    def __init__(self, value: str) -> None:
        super().__init__(value, id="filter", placeholder="filter: enter keeps it, esc clears it")
        self.cursor_blink = False
        self.select_on_focus = False

    def on_input_changed(self) -> None:
        """Filter by what is there now."""
        self.post_message(Typed(self.value))

    def action_keep(self) -> None:
        """Back to the list, with what the filter lets through."""
        self.post_message(FilterDone(keep=True))

    def action_clear(self) -> None:
        """Back to the list, with everything."""
        self.post_message(FilterDone(keep=False))
