"""The lines of a login's pane: for a pasted callback, and for the ssh line."""

from __future__ import annotations

from textual.widgets import Static

from tui.terminal import clean
from tui.widgets.line_input import LineInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.events import Paste


class PasteLine(LineInput):
    """A line that takes what is pasted without the blanks and lines around it; `secret` shows dots instead."""

    def __init__(
        self, value: str, *, name: str, done: Callable[[bool], None], hint: str, secret: bool
    ) -> None:
        super().__init__(value, name=name, done=done, placeholder=hint)
        self.password = secret

    def on_paste(self, event: Paste) -> None:
        """Take the first line of what was pasted."""
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(first_line(event.text))


class LineLabel(Static):
    """What belongs into the line below it, or why that cannot be; nothing where it has no words."""

    DEFAULT_CSS = """
    LineLabel { height: auto; max-height: 5; color: $sy-muted; }
    LineLabel.-wrong { color: $sy-warn; }
    """

    def __init__(self, text: str) -> None:
        super().__init__(text, markup=False)
        self.display = bool(text)

    def say(self, why: str) -> None:
        """Say why the line cannot be taken."""
        self.update(clean(why))
        self.display = True
        self.add_class("-wrong")


def first_line(text: str) -> str:
    """Return the first line with words in it, without what surrounds them."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
