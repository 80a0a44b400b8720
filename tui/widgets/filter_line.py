"""The line in which the filter is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding
from textual.widgets import Input

from tui.messages import Typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

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
    #: With priority, as all keys of the screen: the next key may be here before a message is.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "done(True)", "keep", show=False, priority=True),
        Binding("escape", "done(False)", "clear", show=False, priority=True),
    ]

    def __init__(self, value: str, done: Callable[[bool], None]) -> None:
        super().__init__(value, id="filter", placeholder="filter: enter keeps it, esc clears it")
        self._done = done
        self.cursor_blink = False
        self.select_on_focus = False

    def on_input_changed(self) -> None:
        """Filter by what is there now."""
        self.post_message(Typed(self.value))

    def action_done(self, keep: bool) -> None:  # noqa: FBT001 - as Textual calls it
        """Back to the list, with what the filter lets through, or with everything."""
        self._done(keep)
