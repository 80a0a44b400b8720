"""The menu of what can be copied: a letter for each, and what would be copied beside it."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui.widgets.choice_lines import ChoiceLines
from tui.widgets.words import ACCENT, MUTED, PLAIN, cells, crop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from tui.screens.dialogs import Footer
    from tui.widgets.words import Line, Signs

#: Letters that no entry has: they move, and leave.
TAKEN = frozenset("jkgGq")
#: Lines of the box that are no entries: its borders.
_AROUND = 2


class Offer(NamedTuple):
    """One thing to copy: the letter that takes it, its name, and what is shown of its text."""

    letter: str
    what: str
    about: str


class CopyMenu(ModalScreen[str], inherit_bindings=False):
    """Gives the name of what is to be copied; esc gives none. Of more entries than lines the rest scrolls."""

    CSS = """
    CopyMenu { align: center middle; background: $sy-ground 60%; }
    CopyMenu:ansi { background: ansi_default; }
    CopyMenu > .pane { width: 68; max-width: 100%; height: auto; max-height: 100%; }
    CopyMenu OfferLines { height: auto; background: $sy-ground; }
    """
    AUTO_FOCUS = "OfferLines"
    footer: Footer = (("enter", "takes it"), ("up down", "choose"), ("esc", "closes"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", priority=True),
        Binding("enter,space", "take", priority=True),
        Binding("down,j,tab", "move('move-down')", priority=True),
        Binding("up,k,shift+tab", "move('move-up')", priority=True),
        Binding("pagedown,ctrl+d", "move('page-down')", priority=True),
        Binding("pageup,ctrl+u", "move('page-up')", priority=True),
        Binding("home,g", "move('move-top')", priority=True),
        Binding("end,G", "move('move-bottom')", priority=True),
        *(
            Binding(letter, f"choose('{letter}')", priority=True)
            for letter in map(chr, (*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1)))
            if letter not in TAKEN
        ),
    ]

    def __init__(self, offers: Sequence[Offer], signs: Signs) -> None:
        super().__init__()
        self._by_letter: Mapping[str, Offer] = {offer.letter: offer for offer in offers}
        self._lines = OfferLines(offers, signs=signs, taken=self._take)

    def compose(self) -> ComposeResult:
        """Offer them."""
        box = Vertical(self._lines, classes="pane")
        box.border_title = "Copy"
        box.border_subtitle = "enter takes it  esc closes"
        yield box

    def on_resize(self) -> None:
        """Scroll what has no room."""
        self._lines.styles.max_height = max(1, self.app.size.height - _AROUND)

    def action_move(self, how: str) -> None:
        """Choose another one."""
        self._lines.move(how)

    def action_choose(self, letter: str) -> None:
        """Copy by its letter; a letter that nothing has does nothing."""
        if letter in self._by_letter:
            self._take(self._by_letter[letter])

    def action_take(self) -> None:
        """Copy the one that is gone to."""
        self._take(self._lines.chosen)

    def _take(self, offer: Offer) -> None:
        self.dismiss(offer.what)

    def action_leave(self) -> None:
        """Copy nothing."""
        self.dismiss(None)


class OfferLines(ChoiceLines, can_focus=True):
    """The entries: letter, name, and as much of the text as there is room for."""

    def __init__(
        self, offers: Sequence[Offer], *, signs: Signs, taken: Callable[[Offer], None]
    ) -> None:
        super().__init__(name="offers", signs=signs)
        self._offers = offers
        self._column = max(cells(offer.what) for offer in offers)
        self._taken = taken

    @property
    def chosen(self) -> Offer:
        """The one that enter takes."""
        return self._offers[self.at]

    def count(self) -> int:
        """Return how many there are."""
        return len(self._offers)

    def take(self, index: int) -> None:
        """Take what was clicked."""
        self._taken(self._offers[index])

    def line_at(self, index: int, width: int) -> Line:
        """Return an entry's line."""
        offer = self._offers[index]
        lines = offer.about.count("\n") + 1
        about = f"{lines} lines" if lines > 1 else offer.about[:width]
        about = crop(about, width - self._column - 5, self.signs)
        return (
            (f"{offer.letter}  ", ACCENT),
            (f"{offer.what:{self._column}}  ", PLAIN),
            (about, MUTED),
        )
