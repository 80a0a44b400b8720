"""A question about several profiles: it names them all, and its answers are always in sight."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from tui.screens.dialogs import DIALOG_CSS, Choice, Confirm, Footer, boxed
from tui.terminal import clean
from tui.widgets.prose import Prose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

#: Lines of the box besides its words: borders, padding, the answers and what is above them.
_AROUND, _AROUND_LOW = 6, 4


class ConfirmSeveral(Confirm, inherit_bindings=False):
    """Yes or no; names and words scroll above the answers where they are longer than the screen."""

    CSS = (
        DIALOG_CSS
        + """
Dialog > .pane { overflow-y: hidden; }
Dialog .several { height: auto; width: 1fr; scrollbar-size: 1 1; scrollbar-color: $sy-line;
    scrollbar-background: $sy-ground; background: $sy-ground; }
Dialog .names { width: 1fr; height: auto; text-style: bold; margin-bottom: 1; }
Dialog.-low .names, Dialog.-flat .names { margin-bottom: 0; }
"""
    ).replace("Dialog", "ConfirmSeveral")
    BINDINGS: ClassVar[list[BindingType]] = [
        *Confirm.BINDINGS,
        Binding("down,j", "scroll_names(1)", priority=True),
        Binding("up,k", "scroll_names(-1)", priority=True),
        Binding("pagedown,ctrl+d", "scroll_names(8)", priority=True),
        Binding("pageup,ctrl+u", "scroll_names(-8)", priority=True),
    ]

    def __init__(self, title: str, names: Sequence[str], words: Sequence[str], *, yes: str) -> None:
        super().__init__(title, "", yes=yes)
        self._names = list(names)
        self._words = list(words)
        self._scroll = VerticalScroll(
            Static(clean(", ".join(self._names)), markup=False, classes="names"),
            *(Prose(each) for each in self._words),
            classes="several",
            can_focus=False,
        )

    @property
    def footer(self) -> Footer:
        """What the last line of the screen shows."""
        return (*super().footer, ("j k", "scroll"))

    def compose(self) -> ComposeResult:
        """Ask."""
        answers = Horizontal(
            Choice(f"n {self._no}", agrees=False),
            Choice(f"y {self._yes}", agrees=True),
            classes="choices",
        )
        yield boxed(Vertical(self._scroll, answers), self._title)

    def on_resize(self) -> None:
        """Leave the answers their room."""
        high = self.app.size.height
        self._scroll.styles.max_height = max(2, high - (_AROUND if high >= 16 else _AROUND_LOW))

    def action_scroll_names(self, lines: int) -> None:
        """Scroll."""
        self._scroll.scroll_relative(y=lines, animate=False)
