"""The line in which the filter is typed."""

from __future__ import annotations

from tui.messages import Typed
from tui.widgets.line_input import LineInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class FilterLine(LineInput):
    """Filters as it is typed: enter keeps the filter, esc clears it."""

    LEAVING = {**LineInput.LEAVING, "down": True}

    def __init__(self, value: str, done: Callable[[bool], None]) -> None:
        hint = "filter: enter keeps it, esc clears it"
        super().__init__(value, name="filter", done=done, placeholder=hint)

    def on_input_changed(self) -> None:
        """Filter by what is there now."""
        if not self.left:
            self.post_message(Typed(self.value))
