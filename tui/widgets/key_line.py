"""The last line: what the keys do here and now, or what is being written."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from tui.messages import Pressed
from tui.widgets.ink import ink_of
from tui.widgets.key_text import Word, busy_text, fitting, key_words
from tui.widgets.words import ACCENT, WARN, cells, crop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Click

    from tui.keymap import Keymap
    from tui.widgets.words import Signs


class KeyLine(Widget):
    """Words that apply now, most used first; the rightmost go first, `help` goes last."""

    def __init__(self, *, signs: Signs, keymap: Keymap) -> None:
        super().__init__(id="keys")
        self._signs = signs
        self._keymap = keymap
        self._place = "list"
        self._busy: str | None = None
        self._aside: str | None = None
        self._marked = 0
        self._dialog: tuple[Word, ...] | None = None

    @property
    def marked(self) -> int:
        """How many profiles are marked."""
        return self._marked

    @marked.setter
    def marked(self, count: int) -> None:
        if count != self._marked:
            self._marked = count
            self.refresh()

    def show(self, place: str, busy: str | None, aside: str | None = None) -> None:
        """Show the keys of a place, or what is being written; `aside`, at the right, goes on beside it."""
        if (place, busy, aside) != (self._place, self._busy, self._aside):
            self._place, self._busy, self._aside = place, busy, aside
            self.refresh()

    def show_dialog(self, keys: Sequence[tuple[str, str]] | None) -> None:
        """Show the keys of a dialog that is open, each with a word; none of the place below it. None: no dialog is."""
        words = None if keys is None else tuple(Word(key, word) for key, word in keys)
        if words != self._dialog:
            self._dialog = words
            self.refresh()

    @property
    def text(self) -> str:
        """The line as plain text."""
        return str(self.render())

    def render(self) -> Text:
        """Return the line."""
        ink = ink_of(self.app)
        line = Text(no_wrap=True, end="")
        words = f"{self._signs.away} {self._aside}" if self._aside else ""
        aside = crop(words, self.size.width, self._signs)
        width = self.size.width - (cells(aside) + 2 if aside else 0)
        if self._dialog is not None:
            self._append(line, fitting(self._dialog, width))
        elif self._busy is not None:
            line.append(busy_text(self._busy, width, self._signs), ink[WARN])
        else:
            self._append(line, key_words(self._place, self._keymap, width, self._marked))
        if aside:
            line.append(" " * (self.size.width - cells(aside) - line.cell_len))
            line.append(aside, ink[ACCENT])
        return line

    def _append(self, line: Text, words: Sequence[Word]) -> None:
        ink = ink_of(self.app)
        for number, word in enumerate(words):
            meta = Style(meta={"action": word.action})
            line.append("  " if number else "")
            line.append(word.key, ink[ACCENT] + meta)
            line.append(f" {word.word}", meta)

    def on_click(self, event: Click) -> None:
        """Do what the clicked word says."""
        action = event.style.meta.get("action")
        if isinstance(action, str):
            self.post_message(Pressed(action))
