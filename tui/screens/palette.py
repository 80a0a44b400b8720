"""The palette: a line to type in, and below it what can be done now, best match first."""

from __future__ import annotations

from typing import ClassVar

from textual.containers import Vertical
from textual.screen import ModalScreen

from tui.palette import DO, SORT, SWITCH, THEME, Entry, Offers, entries, find, marked
from tui.widgets.choice_lines import ChoiceLines
from tui.widgets.line_input import LineInput
from tui.widgets.words import ACCENT, MUTED, PLAIN, cells, fit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Key

    from tui.screens.dialogs import Footer
    from tui.screens.main import MainScreen
    from tui.screens.switchyard import Switchyard
    from tui.widgets.words import Line, Signs

#: So many matches are drawn; who looks for another one types on.
DRAWN = 100
#: So many can be seen at once; and the lines of the box that are no entries: its borders, and what is typed.
MOST_LINES, _AROUND = 16, 3


def open_palette(app: Switchyard, main: MainScreen) -> Awaitable[None]:
    """Open the palette over the main screen, and do what is chosen in it."""
    from tui.screens.dressing import themes_for

    now, state = main.situation(), app.state
    offers = Offers(
        profiles=[row.name for row in state.all_rows if row.name is not None],
        active=state.active.name if state.active is not None else None,
        sorts=main.sorting.choices(),
        themes=themes_for(app),
    )
    offered = entries(now, app.keymap, offers, main.where.keys_place())

    async def chosen(entry: Entry | None) -> None:
        if entry is not None:
            await do_entry(entry, app, main)

    return app.push_screen(Palette(offered, app.signs), chosen)


async def do_entry(entry: Entry, app: Switchyard, main: MainScreen) -> None:
    """Do what an entry says, as its key would."""
    if entry.deed == THEME:
        from tui.screens.dressing import wear

        wear(app, entry.what)
        app.tell(f'{entry.what} until you leave; theme = "{entry.what}" in config.toml keeps it')
    elif entry.deed == SWITCH:
        main.state.select_name(entry.what)
        opened = main.deeds.switch(entry.what)
        if opened is not None:
            await opened
    elif entry.deed == SORT:
        main.sorting.sort_by(entry.what)
    elif entry.what == "quit":
        app.ask_to_leave()
    elif entry.what in ("quit-now", "cancel"):
        await app.run_action("leave" if entry.what == "quit-now" else "cancel")
    elif entry.deed == DO:
        await main.action_do(entry.what)


class Palette(ModalScreen[Entry], inherit_bindings=False):
    """Enter does the chosen entry, esc none; up and down choose."""

    CSS = """
    Palette { align: center top; background: $sy-ground 60%; }
    Palette:ansi { background: ansi_default; }
    Palette > .pane { width: 68; max-width: 100%; height: auto; max-height: 100%; margin-top: 1; }
    Palette.-low > .pane, Palette.-flat > .pane { margin-top: 0; }
    Palette LineInput { margin: 0; }
    Palette PaletteList { height: auto; background: $sy-ground; }
    """
    AUTO_FOCUS = "LineInput"
    BINDINGS: ClassVar[list[BindingType]] = []
    footer: Footer = (("enter", "does it"), ("up down", "choose"), ("esc", "closes"))

    def __init__(self, offered: Sequence[Entry], signs: Signs) -> None:
        super().__init__()
        self._list = PaletteList(offered, signs=signs, taken=self._take)
        self._line = PaletteLine(self._list, done=self._left)

    def compose(self) -> ComposeResult:
        """Show the line, and all that there is."""
        box = Vertical(self._line, self._list, classes="pane")
        box.border_title = "Do what?"
        box.border_subtitle = "enter does it  esc closes"
        yield box

    def on_resize(self) -> None:
        """Scroll what has no room: who goes down sees where."""
        self._list.styles.max_height = max(1, min(MOST_LINES, self.app.size.height - _AROUND))

    def on_input_changed(self) -> None:
        """Look for what is typed."""
        if not self._line.left:
            self._list.look_for(self._line.value)

    def _left(self, keep: bool) -> None:  # noqa: FBT001 - a callback
        if keep:
            # Typed at once: what the line holds may not have been looked for yet.
            self._list.look_for(self._line.value)
        chosen = self._list.chosen
        if keep and chosen is None:
            return
        self._line.left = True
        self.dismiss(chosen if keep else None)

    def _take(self, entry: Entry) -> None:
        self._line.left = True
        self.dismiss(entry)


class PaletteLine(LineInput):
    """What is looked for; the keys that move belong to the list below."""

    MOVES: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("up", "ctrl+p", "shift+tab"), "move-up"),
        **dict.fromkeys(("down", "ctrl+n", "tab"), "move-down"),
        "pageup": "page-up",
        "pagedown": "page-down",
    }

    def __init__(self, below: PaletteList, *, done: Callable[[bool], None]) -> None:
        super().__init__("", name="palette", done=done, placeholder="type a few letters")
        self._below = below

    def on_key(self, event: Key) -> None:
        """Choose another entry."""
        if event.key in self.MOVES and not self.left:
            self._below.move(self.MOVES[event.key])
            event.stop()
            event.prevent_default()


class PaletteList(ChoiceLines, can_focus=False):
    """The entries that match, one a line, with the key that does the same at the right."""

    def __init__(
        self, offered: Sequence[Entry], *, signs: Signs, taken: Callable[[Entry], None]
    ) -> None:
        super().__init__(name="entries", signs=signs)
        self._offered = offered
        self._query = ""
        self._found = list(offered)
        self._taken = taken

    @property
    def chosen(self) -> Entry | None:
        """The entry that enter does."""
        return self._found[self.at] if self._found else None

    def look_for(self, query: str) -> None:
        """Show what matches; what cannot match any more is not looked at again."""
        before = self._query
        if query == before:
            return
        among = self._found if before and query.startswith(before) else self._offered
        height = self.count()
        self._query, self._found, self.at = query, find(query, among), 0
        self.scroll_to(y=0, animate=False)
        self.count_changed()
        if self.count() != height:
            self.refresh(layout=True)
        self.redraw_all()

    def choices(self) -> int:
        """Return how many entries can be chosen: those that are drawn."""
        return min(len(self._found), DRAWN)

    def take(self, index: int) -> None:
        """Do what was clicked."""
        self._taken(self._found[index])

    def count(self) -> int:
        """Return how many lines there are: the matches, or a word that there is none, or that there are more."""
        return min(len(self._found), DRAWN) + (not 0 < len(self._found) <= DRAWN)

    def line_at(self, index: int, width: int) -> Line:
        """Return an entry's line: what was looked for in it stands out."""
        if not self._found:
            return (("nothing by that name can be done now", MUTED),)
        if index >= DRAWN:
            return ((f"and {len(self._found) - DRAWN} more: type on", MUTED),)
        entry = self._found[index]
        room = width - (cells(entry.key) + 2 if entry.key else 0)
        name = fit(entry.name, room, self.signs)
        wanted = marked(self._query, entry.name)
        spans = [(letter, ACCENT if at in wanted else PLAIN) for at, letter in enumerate(name)]
        return (*_joined(spans), (f"  {entry.key}" if entry.key else "", MUTED))


def _joined(spans: Sequence[tuple[str, str]]) -> Line:
    """Return spans with those of one role in one."""
    done: list[tuple[str, str]] = []
    for text, role in spans:
        if done and done[-1][1] == role:
            done[-1] = (done[-1][0] + text, role)
        else:
            done.append((text, role))
    return tuple(done)
