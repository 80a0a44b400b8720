"""Questions about logins: which way for a new profile, a secret, and one of several answers."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.login_state import BROWSER, DEVICE, KEY, TOKEN
from tui.screens.dialogs import DIALOG_CSS, Footer, boxed, keys_of, why_no_name
from tui.terminal import clean
from tui.widgets.line_input import LineInput
from tui.widgets.paste_line import LineLabel, PasteLine
from tui.widgets.prose import Prose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Click, Key

CHOICES_CSS = (
    DIALOG_CSS
    + """
Dialog Answers { height: auto; margin-top: 1; }
Dialog Answer { height: auto; width: 1fr; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
Dialog Answer.-chosen { background: $sy-cursor; text-style: bold; }
Dialog Answer.-chosen:ansi { background: ansi_default; text-style: bold reverse; }
Dialog.-low .keys, Dialog.-low LineInput, Dialog.-low Answers { margin-top: 0; }
Dialog.-flat .keys, Dialog.-flat LineInput, Dialog.-flat Answers { margin-top: 0; }
"""
)

#: A profile without a login; a home that is there already, found beside the active one.
EMPTY, FOUND = "empty", "found"


class Option(NamedTuple):
    """One of several answers: what is returned for it, its name, and a few words about it."""

    id: str
    name: str
    about: str = ""


WAYS = (
    Option(DEVICE, "device code", "typed at a page, on any device"),
    Option(BROWSER, "browser", "here, or through an SSH tunnel"),
    Option(KEY, "API key", "begins with sk-"),
    Option(TOKEN, "access token", "begins with at-; it is checked first"),
    Option(EMPTY, "empty", "no login yet"),
)


class Answer(Static):
    """One of the answers, with a few words about it beside it, or below where `column` is 0."""

    def __init__(self, option: Option, column: int) -> None:
        name, about = clean(option.name), clean(option.about)
        text = f"{name:{column}}  {about}" if column else f"{name}\n  {about}"
        super().__init__(text if about else name, markup=False)
        self.option = option


class Answers(Vertical):
    """The answers, one of them chosen; it never has the focus itself."""

    def __init__(
        self,
        options: Sequence[Option],
        *,
        taken: Callable[[Option], None],
        beside: bool = True,
        at: int = 0,
    ) -> None:
        column = max(len(option.name) for option in options) if beside else 0
        self._answers = [Answer(option, column) for option in options]
        super().__init__(*self._answers)
        self._at = at
        self._taken = taken

    def on_mount(self) -> None:
        """Show which is chosen."""
        self.turn(0)

    @property
    def chosen(self) -> Option:
        """The one that enter takes."""
        return self._answers[self._at].option

    def turn(self, step: int) -> None:
        """Choose the next one, or the one before."""
        self._at = (self._at + step) % len(self._answers)
        for number, answer in enumerate(self._answers):
            answer.set_class(number == self._at, "-chosen")
        self._answers[self._at].scroll_visible(animate=False)

    def on_click(self, event: Click) -> None:
        """Take what was clicked."""
        if isinstance(event.widget, Answer):
            self._taken(event.widget.option)


class Choose(ModalScreen[str], inherit_bindings=False):
    """One of several answers; esc gives none."""

    CSS = CHOICES_CSS.replace("Dialog", "Choose")
    AUTO_FOCUS = "Answers"
    footer: Footer = (("enter", "takes it"), ("esc", "changes nothing"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", priority=True),
        Binding("enter,space", "take", priority=True),
        Binding("down,j,tab", "turn(1)", priority=True),
        Binding("up,k,shift+tab", "turn(-1)", priority=True),
    ]

    def __init__(self, title: str, text: str, options: Sequence[Option]) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._answers = Answers(options, taken=self._take, beside=False)
        self._answers.can_focus = True

    def compose(self) -> ComposeResult:
        """Ask."""
        words = [Prose(self._text)] if self._text else []
        yield boxed(Vertical(*words, self._answers, keys_of(self.footer)), self._title)

    def action_turn(self, step: int) -> None:
        """Choose another one."""
        self._answers.turn(step)

    def action_take(self) -> None:
        """Answer."""
        self.dismiss(self._answers.chosen.id)

    def _take(self, option: Option) -> None:
        self.dismiss(option.id)

    def action_leave(self) -> None:
        """Give no answer."""
        self.dismiss(None)


class Wanted(NamedTuple):
    """A new profile: its name, and how it gets its login (or EMPTY)."""

    name: str
    way: str


class NewLogin(ModalScreen[Wanted], inherit_bindings=False):
    """A name for a new profile, and how it gets its login. The name is typed, the arrows choose the way."""

    CSS = CHOICES_CSS.replace("Dialog", "NewLogin")
    AUTO_FOCUS = "LineInput"
    footer: Footer = (("enter", "goes on"), ("esc", "cancels"), ("up down", "choose"))

    def __init__(self, taken: Sequence[str], found: int = 0) -> None:
        super().__init__()
        self._names = {name.lower(): name for name in taken}
        homes = f"one of {found} that lie here"
        ways = (*WAYS, Option(FOUND, "found home", homes)) if found else WAYS
        self._answers = Answers(ways, taken=lambda option: self._take(option.id))
        self._line = NameLine(self._answers, done=self._left)
        self._wrong = Prose("", classes="wrong")

    def compose(self) -> ComposeResult:
        """Ask."""
        box = Vertical(
            self._line,
            self._wrong,
            self._answers,
            keys_of(self.footer),
        )
        yield boxed(box, "New profile")

    def on_input_changed(self) -> None:
        """Forget what was wrong with the name of before."""
        self._wrong.update("")

    def _left(self, keep: bool) -> None:  # noqa: FBT001 - a callback
        if keep:
            self._take(self._answers.chosen.id)
        else:
            self._line.left = True
            self.dismiss(None)

    def _take(self, way: str) -> None:
        name = self._line.value.strip()
        # A home that was found has a name of its own to offer.
        why = why_no_name(name) if name or way != FOUND else None
        there = self._names.get(name.lower())
        if why is None and there is not None:
            why = f"{there} exists already: esc, and l logs in to it again"
        if why is not None:
            self._wrong.update(why)
            return
        self._line.left = True
        self.dismiss(Wanted(name, way))


class NameLine(LineInput):
    """The name; up and down belong to the answers below."""

    _STEPS = {"up": -1, "shift+tab": -1, "down": 1, "tab": 1}

    def __init__(self, answers: Answers, *, done: Callable[[bool], None]) -> None:
        super().__init__("", name="line", done=done, placeholder="its name")
        self._answers = answers

    def on_key(self, event: Key) -> None:
        """Choose another way."""
        if event.key in self._STEPS and not self.left:
            self._answers.turn(self._STEPS[event.key])
            event.stop()
            event.prevent_default()


class AskSecret(ModalScreen[str], inherit_bindings=False):
    """A key or a token, typed or pasted; dots stand for it. `why_not` says what it cannot be."""

    CSS = CHOICES_CSS.replace("Dialog", "AskSecret")
    AUTO_FOCUS = "LineInput"
    footer: Footer = (("enter", "goes on"), ("esc", "cancels"))

    def __init__(self, title: str, text: str, why_not: Callable[[str], str | None]) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._why_not = why_not
        self._line = PasteLine("", name="line", done=self._left, hint="paste it", secret=True)
        self._label = LineLabel("")

    def compose(self) -> ComposeResult:
        """Ask."""
        box = Vertical(
            Prose(self._text),
            self._line,
            self._label,
            keys_of(self.footer),
        )
        yield boxed(box, self._title)

    def _left(self, keep: bool) -> None:  # noqa: FBT001 - a callback
        value = self._line.value.strip()
        if keep and not value:
            return
        why = self._why_not(value) if keep else None
        if why is not None:
            self._label.say(why)
            return
        self._line.left = True
        self.dismiss(value if keep else None)
