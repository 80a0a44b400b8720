"""Long texts as a terminal can select them: from the first column, unbroken, with nothing around them.

What Textual draws are lines of their own, so a URL of five lines would be five pieces in the clipboard. So each text is
written once more over its own cells, in one go: the terminal breaks it and knows that it is one.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual.binding import Binding
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from tui.terminal import clean
from tui.widgets.ink import ink_of
from tui.widgets.words import MUTED, STRONG, cells

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tui.screens.switchyard import Switchyard

#: What stops and starts that the terminal breaks long lines.
_WRAP, _NO_WRAP = "\x1b[?7h", "\x1b[?7l"
#: What gives the mouse back to the terminal, so that it selects as it always does.
_NO_MOUSE = "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l"
_MOUSE = "\x1b[?1000h\x1b[?1003h\x1b[?1015h\x1b[?1006h"


class Passage(NamedTuple):
    """A heading, and below it a text that stays in one piece."""

    heading: str
    text: str


class PlainScreen(Screen[None], inherit_bindings=False):
    """Passages; any way back closes them."""

    CSS = "PlainScreen { background: $sy-ground; } PlainText { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,p,enter,space", "leave", priority=True),
        Binding("ctrl+l", "redraw", priority=True),
    ]

    def __init__(self, app: Switchyard, passages: Sequence[Passage]) -> None:
        super().__init__()
        self._yard = app
        self._text = PlainText(passages)

    def compose(self) -> ComposeResult:
        """Show the passages."""
        yield self._text

    def on_mount(self) -> None:
        """Let the terminal select."""
        if self._yard.config.mouse:
            self._yard.send(_NO_MOUSE)

    def on_unmount(self) -> None:
        """Take the mouse back."""
        if self._yard.config.mouse:
            self._yard.send(_MOUSE)

    def on_resize(self) -> None:
        """Write everything once more, over what was drawn."""
        self.call_after_refresh(self._write)

    def _write(self) -> None:
        if self.is_current:
            self._yard.send("".join(self._text.unbroken()))

    def action_redraw(self) -> None:
        """Draw it again."""
        self.refresh()
        self.call_after_refresh(self._write)

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)


class PlainText(Widget):
    """The cells of the passages."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        super().__init__()
        self._passages = passages

    def _rows(self) -> list[tuple[str, str, int]]:
        """Return the rows: text, role, and the number of the passage that begins in it, or -1."""
        width = max(1, self.size.width)
        rows: list[tuple[str, str, int]] = [("esc goes back", MUTED, -1), ("", MUTED, -1)]
        for number, passage in enumerate(self._passages):
            rows.append((clean(passage.heading), MUTED, -1))
            text = clean(passage.text)
            rows += [
                (text[at : at + width], STRONG, -1 if at else number)
                for at in range(0, len(text), width)
            ]
            rows.append(("", MUTED, -1))
        return rows

    def render_line(self, y: int) -> Strip:
        """Return one row."""
        rows = self._rows()
        text, role, _ = rows[y] if y < len(rows) else ("", MUTED, -1)
        style = self.rich_style
        strip = Strip([Segment(text, style + ink_of(self.app)[role])])
        return strip.adjust_cell_length(self.size.width, style)

    def unbroken(self) -> list[str]:
        """Return what writes each text in one piece over its cells; what does not fit stays as it is drawn."""
        style = self.rich_style + ink_of(self.app)[STRONG]
        written: list[str] = []
        for y, (_, _, number) in enumerate(self._rows()):
            if number < 0:
                continue
            text = clean(self._passages[number].text)
            if y + -(-cells(text) // max(1, self.size.width)) > self.size.height:
                break
            drawn = Strip([Segment(text, style)]).render(self.app.console)
            written.append(f"\x1b[{y + 1};1H{_WRAP}{drawn}{_NO_WRAP}")
        return written
