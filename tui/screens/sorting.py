"""The order of the list: the menu from which it is chosen, and what comes of it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui.screens.dialogs import Footer, boxed, keys_of
from tui.screens.login_dialogs import CHOICES_CSS, Answers, Option
from tui.sorting import USED, WORDS, Order, first_words, read_order, setting_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tui.screens.main import MainScreen
    from tui.screens.switchyard import Switchyard

#: The letters that choose at once.
LETTERS = {"n": "name", "e": "expiry", "l": "last-used", "u": "usage", "s": "state"}


class SortMenu(ModalScreen[str], inherit_bindings=False):
    """The orders; the one in force is chosen first, and chosen again it is turned round."""

    CSS = (
        CHOICES_CSS
        + """
Dialog > .pane { width: 42; }
Dialog Answers { margin-top: 0; }
"""
    ).replace("Dialog", "SortMenu")
    AUTO_FOCUS = "Answers"
    footer: Footer = (("enter", "takes it"), ("esc", "leaves it"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", priority=True),
        Binding("enter,space", "take", priority=True),
        Binding("down,j,tab", "turn(1)", priority=True),
        Binding("up,k,shift+tab", "turn(-1)", priority=True),
        *(Binding(letter, f"choose('{by}')", priority=True) for letter, by in LETTERS.items()),
        # As remapped as the key that opens it: pressed twice, it turns the order round.
        Binding("S", "again", id="sort", priority=True),
    ]

    def __init__(self, order: Order) -> None:
        super().__init__()
        self._order = order
        options = [_option(letter, by, order) for letter, by in LETTERS.items()]
        self._answers = Answers(
            options, taken=self._take, at=list(LETTERS.values()).index(order.by)
        )
        self._answers.can_focus = True

    def compose(self) -> ComposeResult:
        """Ask."""
        yield boxed(Vertical(self._answers, keys_of(self.footer)), "Sort by")

    def action_turn(self, step: int) -> None:
        """Go to another one."""
        self._answers.turn(step)

    def action_take(self) -> None:
        """Choose the one that is gone to."""
        self._take(self._answers.chosen)

    def action_choose(self, by: str) -> None:
        """Choose by its letter."""
        self.dismiss(setting_of(self._order.chosen(by)))

    def action_again(self) -> None:
        """Turn the order in force round."""
        self.action_choose(self._order.by)

    def _take(self, option: Option) -> None:
        self.action_choose(option.id)

    def action_leave(self) -> None:
        """Leave the order as it is."""
        self.dismiss(None)


def _option(letter: str, by: str, order: Order) -> Option:
    """Return the line of an order: which rows come first; of the one in force, what choosing it again does."""
    wanted = order.chosen(by)
    about = f"again: {first_words(wanted)}" if by == order.by else first_words(wanted)
    return Option(by, f"{letter}  {WORDS[by].name}", about)


class SortDesk:
    """The order of one screen's list."""

    def __init__(self, screen: MainScreen, app: Switchyard) -> None:
        self._screen = screen
        self._yard = app
        self.handlers: dict[str, Callable[[], object]] = {"sort": self._ask}

    def _ask(self) -> Awaitable[None]:
        def answered(setting: str | None) -> None:
            if setting is not None:
                self._sort(read_order(setting))

        return self._yard.push_screen(SortMenu(self._yard.state.order), answered)

    def choices(self) -> list[tuple[str, str]]:
        """Return the orders as config.toml's `sort` says them, and their names; the one in force turned round."""
        order = self._yard.state.order
        wanted = [order.chosen(by) for by in LETTERS.values()]
        return [
            (setting_of(each), f"{WORDS[each.by].name}, {first_words(each)}") for each in wanted
        ]

    def sort_by(self, setting: str) -> None:
        """Put the list into the order that config.toml's `sort` would mean."""
        self._sort(read_order(setting))

    def _sort(self, order: Order) -> None:
        state, deeds = self._yard.state, self._screen.deeds
        if order.by == USED != state.order.by:
            deeds.read_use(order)
        else:
            state.sort(order)
