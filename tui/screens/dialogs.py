"""Questions over the main screen: yes or no, and a line of text.

Yes and no have priority, as the keys of the main screen: what they close is closed before the next key
is looked at. A line of text takes its keys in turn.
"""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.terminal import clean
from tui.widgets.line_input import LineInput
from tui.widgets.prose import Prose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Click

DIALOG_CSS = """
Dialog { align: center middle; background: $sy-ground 60%; }
Dialog:ansi { background: ansi_default; }
Dialog > .pane {
    width: 64;
    max-width: 100%;
    height: auto;
    max-height: 100%;
    padding: 1 2;
    overflow-y: auto;
}
Dialog.-low > .pane, Dialog.-flat > .pane { padding: 0 1; }
Dialog .choices { height: 1; width: 1fr; margin-top: 1; align-horizontal: right; }
Dialog Choice { width: auto; height: 1; padding: 0 2; margin-left: 1; color: $sy-muted; }
Dialog Choice:focus { background: $sy-cursor; color: $sy-text; text-style: bold; }
Dialog Choice:ansi:focus { background: ansi_default; text-style: bold reverse; }
Dialog LineInput { margin-top: 1; }
Dialog .wrong { color: $sy-warn; height: auto; }
Dialog .keys { color: $sy-muted; margin-top: 1; }
"""


class Choice(Static, can_focus=True):
    """One answer."""

    def __init__(self, text: str, *, agrees: bool) -> None:
        super().__init__(text, markup=False)
        self.agrees = agrees


def boxed(box: Vertical, title: str) -> Vertical:
    """Return a dialog's box with its title; the style sheets know it as a pane."""
    box.border_title = clean(title).replace("[", "\\[")  # titles are markup
    box.add_class("pane")
    return box


#: The keys of a dialog, each with a word: they stand in it, and in the last line of the screen.
Footer = tuple[tuple[str, str], ...]


def keys_of(footer: Footer) -> Static:
    """Return the line of a dialog that names its keys."""
    words = "  ".join(f"{key} {word}" for key, word in footer)
    return Static(words, markup=False, classes="keys")


class Confirm(ModalScreen[bool], inherit_bindings=False):
    """A question. The focus is on the answer that changes nothing; y, n and esc answer at once."""

    DEFAULT_CLASSES = "Dialog"
    CSS = DIALOG_CSS.replace("Dialog", "Confirm")
    AUTO_FOCUS = "Choice"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", priority=True),
        Binding("n,escape,q", "answer(False)", priority=True),
        Binding("enter,space", "choose", priority=True),
        Binding("left,right,h,l,tab,shift+tab", "other", priority=True),
    ]

    def __init__(self, title: str, text: str, *, yes: str, no: str = "cancel") -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._yes = yes
        self._no = no

    @property
    def footer(self) -> Footer:
        """What the last line of the screen shows."""
        return (("y", self._yes), ("n", self._no), ("tab", "the other"))

    def compose(self) -> ComposeResult:
        """Ask."""
        box = Vertical(
            Prose(self._text),
            Horizontal(
                Choice(f"n {self._no}", agrees=False),
                Choice(f"y {self._yes}", agrees=True),
                classes="choices",
            ),
        )
        yield boxed(box, self._title)

    def action_answer(self, agreed: bool) -> None:  # noqa: FBT001 - as Textual calls it
        """Answer."""
        self.dismiss(agreed)

    def action_choose(self) -> None:
        """Answer with what has the focus."""
        focused = self.focused
        self.dismiss(isinstance(focused, Choice) and focused.agrees)

    def action_other(self) -> None:
        """Go to the other answer."""
        self.focus_next(Choice)

    def on_click(self, event: Click) -> None:
        """Answer with what was clicked."""
        if isinstance(event.widget, Choice):
            self.dismiss(event.widget.agrees)


class AskText(ModalScreen[str], inherit_bindings=False):
    """A line of text; enter takes it, esc leaves everything as it is."""

    CSS = DIALOG_CSS.replace("Dialog", "AskText")
    AUTO_FOCUS = "LineInput"
    footer: Footer = (("enter", "saves"), ("esc", "cancels"))

    def __init__(self, title: str, text: str, value: str, *, is_name: bool) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._value = value
        self._is_name = is_name

    def compose(self) -> ComposeResult:
        """Ask."""
        line = LineInput(self._value, name="line", done=self._left)
        box = Vertical(
            Prose(self._text),
            line,
            Prose("", classes="wrong"),
            keys_of(self.footer),
        )
        yield boxed(box, self._title)

    def on_input_changed(self) -> None:
        """Say at once what is wrong with a name."""
        self.query_one(".wrong", Prose).update("")

    def _left(self, keep: bool) -> None:  # noqa: FBT001 - a callback
        line = self.query_one(LineInput)
        value = line.value.strip()
        why = why_no_name(value) if keep and self._is_name else None
        if why is not None:
            self.query_one(".wrong", Prose).update(why)
            return
        line.left = True
        self.dismiss(value if keep else None)


def why_no_name(value: str) -> str | None:
    """Say why a profile cannot have this name; None when it can."""
    from profiles.errors import ProfileNameInvalid
    from profiles.store import check_name

    try:
        check_name(value)
    except ProfileNameInvalid as error:
        return f"{error.message if value else 'a name is needed'}: {error.hint}"
    return None
