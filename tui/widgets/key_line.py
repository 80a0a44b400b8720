"""The last line: what the keys do here and now, or what is being written."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from tui.keys import BY_ID, FILTER_FOOTER, FOOTERS
from tui.messages import Pressed
from tui.widgets.ink import ink_of
from tui.widgets.words import ACCENT, WARN, cells, crop

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
        line = Text(no_wrap=True, end="")
        if self._busy is not None:
            words = crop(f"{self._busy}{self._signs.more}", self.size.width, self._signs)
            return line.append(words, ink_of(self.app)[WARN])
        key_style = ink_of(self.app)[ACCENT]
        if self._place == "filter":
            for number, (key, word) in enumerate(FILTER_FOOTER):
                line.append("  " if number else "")
                line.append(key, key_style)
                line.append(f" {word}")
            return line
        for number, action in enumerate(self._fitting()):
            meta = Style(meta={"action": action})
            line.append("  " if number else "")
            line.append(self._keymap.first(action), key_style + meta)
            line.append(f" {BY_ID[action].word}", meta)
        return line

    def _fitting(self) -> list[str]:
        """Return the actions whose words fit."""
        actions = [action for action in FOOTERS[self._place] if self._keymap.of(action)]
        while len(actions) > 1 and self._cells(actions) > self.size.width:
            del actions[-2 if actions[-1] == "help" else -1]
        return actions

    def _cells(self, actions: list[str]) -> int:
        words = [f"{self._keymap.first(each)} {BY_ID[each].word}" for each in actions]
        return sum(map(cells, words)) + 2 * (len(words) - 1)

    def on_click(self, event: Click) -> None:
        """Do what the clicked word says."""
        action = event.style.meta.get("action")
        if isinstance(action, str):
            self.post_message(Pressed(action))
