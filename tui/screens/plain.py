"""Long texts as a terminal can select them: from the first column, unbroken, with nothing around them.

What Textual draws are lines of their own, so a URL of five lines would be five pieces in the clipboard. So each text is
written once more over its own cells, in one go: the terminal breaks it and knows that it is one.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from tui.screens.moving import moving_bindings
from tui.terminal import clean
from tui.widgets.ink import ink_of
from tui.widgets.login_status import status_words
from tui.widgets.title_text import DEMO
from tui.widgets.words import MUTED, PLAIN, STRONG, cells, crop, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tui.login_state import Login
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


#: The lines that stay while the rest scrolls: the way back, and what the login is at.
HEAD = 2


class PlainScreen(Screen[None], inherit_bindings=False):
    """Passages, and above them what their login is at; any way back closes them.

    No toast covers them: what there is to say about the login stands in their second line.
    """

    CSS = """
    PlainScreen { background: $sy-ground; }
    PlainScreen ToastRack, PlainScreen Toast { display: none; }
    PlainText { width: 1fr; height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *moving_bindings(dict.fromkeys(("back", "quit", "plain"), "leave")),
        Binding("enter,space", "leave", priority=True),
        Binding("ctrl+l", "redraw", priority=True),
    ]

    def __init__(
        self, app: Switchyard, login: Login, passages: Sequence[Passage], said: str = ""
    ) -> None:
        super().__init__()
        self._yard = app
        self._login = login
        self._text = PlainText(app, passages, said)

    def compose(self) -> ComposeResult:
        """Show the passages."""
        yield self._text

    def on_mount(self) -> None:
        """Let the terminal select."""
        self._yard.logins.watch(self._look)
        self._look()
        if self._yard.config.mouse:
            self._yard.send(_NO_MOUSE)

    def on_unmount(self) -> None:
        """Take the mouse back."""
        self._yard.logins.unwatch(self._look)
        if self._yard.config.mouse:
            self._yard.send(_MOUSE)

    def _look(self) -> None:
        self._text.show(status_words(self._login))

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

    def action_move(self, how: str) -> None:
        """Scroll."""
        if self._text.move(how):
            self.call_after_refresh(self._write)

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)


class PlainText(Widget):
    """The cells of the passages."""

    def __init__(self, app: Switchyard, passages: Sequence[Passage], said: str) -> None:
        super().__init__()
        self._passages = passages
        self._keymap, self._signs = app.keymap, app.signs
        self._said, self._demo = said, app.scene.demo
        self._status = ""
        self._top = 0

    def show(self, status: str) -> None:
        """Say what the login is at; nothing but that line is drawn again."""
        if status != self._status:
            self._status = status
            self.refresh(Region(0, HEAD - 1, self.size.width, 1))

    def move(self, how: str) -> bool:
        """Scroll as a moving action says; False when all can be seen there already."""
        page = max(1, self.size.height - HEAD)
        half, all_of_it = max(1, page // 2), len(self._rows())
        steps = {
            "move-down": 1,
            "move-up": -1,
            "page-down": page,
            "page-up": -page,
            "half-page-down": half,
            "half-page-up": -half,
            "move-top": -all_of_it,
            "move-bottom": all_of_it,
        }
        before, last = self._top, max(0, all_of_it - page)
        self._top = max(0, min(before + steps.get(how, 0), last))
        if self._top != before:
            self.refresh()
        return self._top != before

    def on_resize(self) -> None:
        """Show no emptiness below the last line."""
        page = max(1, self.size.height - HEAD)
        self._top = max(0, min(self._top, len(self._rows()) - page))

    def _heading(self) -> str:
        words = [DEMO] if self._demo else []
        words.append(f"{self._keymap.first('back')} goes back")
        if len(self._rows()) > self.size.height - HEAD:
            words.append(
                f"{self._keymap.first('move-down')} {self._keymap.first('move-up')} scroll"
            )
        return "   ".join([*words, *([self._said] if self._said else [])])

    def _rows(self) -> list[tuple[str, str, int]]:
        """Return the rows: text, role, and the number of the passage that begins in it, or -1."""
        width = max(1, self.size.width)
        rows: list[tuple[str, str, int]] = [("", MUTED, -1)]
        for number, passage in enumerate(self._passages):
            rows += [(line, MUTED, -1) for line in wrap(clean(passage.heading), width)]
            text = clean(passage.text)
            rows += [
                (text[at : at + width], STRONG, -1 if at else number)
                for at in range(0, len(text), width)
            ]
            rows.append(("", MUTED, -1))
        return rows[:-1]

    def render_line(self, y: int) -> Strip:
        """Return one row."""
        if y < HEAD:
            words, role = (self._status, PLAIN) if y else (self._heading(), MUTED)
            text = crop(clean(words), self.size.width, self._signs)
        else:
            rows, at = self._rows(), y - HEAD + self._top
            text, role, _ = rows[at] if at < len(rows) else ("", MUTED, -1)
        style = self.rich_style
        strip = Strip([Segment(text, style + ink_of(self.app)[role])])
        return strip.adjust_cell_length(self.size.width, style)

    def unbroken(self) -> list[str]:
        """Return what writes each text in one piece over its cells; what does not fit stays as it is drawn."""
        style = self.rich_style + ink_of(self.app)[STRONG]
        written: list[str] = []
        for row, (_, _, number) in enumerate(self._rows()):
            y = row - self._top + HEAD
            if number < 0 or y < HEAD:
                continue
            text = clean(self._passages[number].text)
            if y + -(-cells(text) // max(1, self.size.width)) > self.size.height:
                break
            drawn = Strip([Segment(text, style)]).render(self.app.console)
            written.append(f"\x1b[{y + 1};1H{_WRAP}{drawn}{_NO_WRAP}")
        return written
