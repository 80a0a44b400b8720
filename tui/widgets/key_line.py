"""The last line: what the keys do here and now, or what is being written."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from tui.messages import Pressed
from tui.widgets.ink import ink_of
from tui.widgets.key_text import busy_text, key_words
from tui.widgets.words import ACCENT, WARN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from textual.events import Click

    from tui.keys import Keymap
    from tui.widgets.words import Signs


class KeyLine(Widget):
    """Words that apply now, most used first; the rightmost go first, `help` goes last."""

    def __init__(self, *, signs: Signs, keymap: Keymap) -> None:
        super().__init__(id="keys")
        self._signs = signs
        self._keymap = keymap
        self._place = "list"
        self._busy: str | None = None

    def show(self, place: str, busy: str | None) -> None:
        """Show the keys of a place, or what is being written."""
        if (place, busy) != (self._place, self._busy):
            self._place, self._busy = place, busy
            self.refresh()

    @property
    def text(self) -> str:
        """The line as plain text."""
        return str(self.render())

    def render(self) -> Text:
        """Return the line."""
        ink = ink_of(self.app)
        line = Text(no_wrap=True, end="")
        if self._busy is not None:
            return line.append(busy_text(self._busy, self.size.width, self._signs), ink[WARN])
        for number, word in enumerate(key_words(self._place, self._keymap, self.size.width)):
            meta = Style(meta={"action": word.action})
            line.append("  " if number else "")
            line.append(word.key, ink[ACCENT] + meta)
            line.append(f" {word.word}", meta)
        return line

    def on_click(self, event: Click) -> None:
        """Do what the clicked word says."""
        action = event.style.meta.get("action")
        if isinstance(action, str):
            self.post_message(Pressed(action))
