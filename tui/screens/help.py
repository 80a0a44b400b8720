"""The keys, made from the key table: first those that count here, then all others, and those of dialogs."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual.containers import Vertical
from textual.screen import ModalScreen

from tui.key_dialogs import DIALOG_KEYS, HEADING
from tui.key_places import HELP_HERE
from tui.keys import BY_ID, FOOTERS, Action, groups
from tui.screens.moving import moving_bindings
from tui.situation import DOCTOR, DOCTOR_MEND
from tui.terminal import clean
from tui.widgets.line_input import LineInput
from tui.widgets.lines import LineView
from tui.widgets.words import ACCENT, MUTED, PLAIN, STRONG, Line, cells, crop, fit, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Key
    from textual.geometry import Size

    from tui.keymap import Keymap
    from tui.screens.dialogs import Footer
    from tui.screens.switchyard import Switchyard
    from tui.situation import Situation
    from tui.widgets.words import Signs

#: What the help calls the place that the focus is in.
_PLACES = {
    "list": "Here, in the list",
    "list-due": "Here, in the list",
    "list-refresh": "Here, in the list, while a refresh runs or can be read about",
    "refreshing": "Here, while the refresh runs",
    "refreshed": "Here, after the refresh",
    "list-marked": "Here, with profiles marked",
    "doctor": "Here, in the doctor",
    "doctor-mend": "Here, in the doctor, on what can be mended",
    "list-login": "Here, on a profile that is logging in",
    "filtered-login": "Here, on a profile that is logging in",
    "empty": "Here",
    "filtered": "Here, in the filtered list",
    "detail": "Here, in the detail",
    "detail-tokens": "Here, among the claims",
    "detail-raw": "Here, in the JSON of the claims",
    "events": "Here, in the event log",
    "filter": "Here, in the filter",
    "login-device": "Here, while the code waits to be typed",
    "login-browser": "Here, while the browser is waited for",
    "login-busy": "Here, while the login runs",
    "login-failed": "Here, after a login that failed",
    "login-saved": "Here, after the login",
    "login-unsaved": "Here, with a login that is not saved",
    "login-mismatched": "Here, with a login of somebody else",
    "login-line": "Here, in the line",
}


#: What else than moving acts here.
_ACTS = {"back": "back", "quit": "back", "help": "close", "filter": "search"}
#: Lines of the box that are no help: its borders.
_AROUND = 2


class HelpScreen(ModalScreen[None], inherit_bindings=False):
    """Scrolls with the keys that move; a search shows only what matches. Back ends the search, then closes it."""

    CSS = """
    HelpScreen { align: center middle; background: $sy-ground 60%; }
    HelpScreen:ansi { background: ansi_default; }
    HelpScreen > .pane { width: 84; max-width: 100%; height: auto; max-height: 100%; }
    HelpScreen HelpPane { height: auto; background: $sy-ground; }
    """
    AUTO_FOCUS = "HelpPane"
    BINDINGS: ClassVar[list[BindingType]] = [*moving_bindings(_ACTS)]

    def __init__(self, app: Switchyard, place: str, now: Situation) -> None:
        super().__init__()
        self._yard = app
        self._pane = HelpPane(app, place, now)
        self._box = Vertical(self._pane, classes="pane")

    def compose(self) -> ComposeResult:
        """Show the keys."""
        self._entitle()
        yield self._box

    def on_resize(self) -> None:
        """Scroll what has no room."""
        self._make_room()

    def _make_room(self) -> None:
        typed = len(self.query(SearchLine))
        self._pane.styles.max_height = max(1, self.app.size.height - _AROUND - typed)

    def _entitle(self) -> None:
        """Say in the border what is looked for, and which keys act."""
        query, first = self._pane.query_text, self._yard.keymap.first
        title = (
            f"Keys  /{crop(query, 24, self._yard.signs)}  {self._pane.found}" if query else "Keys"
        )
        self._box.border_title = clean(title).replace("[", "\\[")  # titles are markup
        leaves = f"{first('back')} clears" if query else f"{first('back')} closes"
        self._box.border_subtitle = f"{first('filter')} searches  {leaves}"

    @property
    def footer(self) -> Footer:
        """The keys that the last line of the screen names meanwhile."""
        first = self._yard.keymap.first
        scrolls = f"{first('move-down')} {first('move-up')}"
        return ((first("filter"), "searches"), (scrolls, "scroll"), (first("back"), "closes"))

    # -- the search --

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:  # noqa: ARG002 - as Textual calls it
        """While a search is typed its line has the keys."""
        return not isinstance(self.focused, LineInput)

    async def action_search(self) -> None:
        """Open the line in which a search is typed."""
        line = SearchLine(self._pane, done=self._searched)
        await self._box.mount(line, before=0)
        self._make_room()
        self.set_focus(line)

    def on_input_changed(self) -> None:
        """Show what matches."""
        for line in self.query(SearchLine):
            if not line.left:
                self._look_for(line.value)

    def _searched(self, keep: bool) -> None:  # noqa: FBT001 - a callback
        for line in self.query(SearchLine):
            line.left = True
            self._look_for(line.value if keep else "")
            line.remove()
        self.set_focus(self._pane)
        self.call_after_refresh(self._make_room)

    def _look_for(self, query: str) -> None:
        self._pane.look_for(query)
        self._entitle()

    # -- moving and leaving --

    def action_move(self, how: str) -> None:
        """Scroll."""
        self._pane.move(how)

    def action_back(self) -> None:
        """Show everything again, or go back."""
        if self._pane.query_text:
            self._look_for("")
        else:
            self.dismiss(None)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)


class SearchLine(LineInput):
    """What is looked for; the arrows and pages belong to the help below."""

    MOVES: ClassVar[dict[str, str]] = {
        "up": "move-up",
        "down": "move-down",
        "pageup": "page-up",
        "pagedown": "page-down",
    }

    def __init__(self, below: HelpPane, *, done: Callable[[bool], None]) -> None:
        hint = "a word, or a key: enter keeps it, esc clears it"
        super().__init__(below.query_text, name="search", done=done, placeholder=hint)
        self._below = below

    def on_key(self, event: Key) -> None:
        """Scroll."""
        if event.key in self.MOVES and not self.left:
            self._below.move(self.MOVES[event.key])
            event.stop()
            event.prevent_default()


class Row(NamedTuple):
    """Keys and what they do; `id` names the action of the table. `why_not` says why it cannot act now."""

    keys: str
    help: str
    id: str = ""
    why_not: str | None = None
    word: str = ""

    def matches(self, words: Sequence[str]) -> bool:
        """Whether all of these are in it; one sign alone is a key. Capitals count where one is typed."""
        text = f"{self.keys} {self.help} {self.id} {self.word}"
        return all(
            word in self.keys.split()
            if len(word) == 1
            else word in (text if word != word.lower() else text.lower())
            for word in words
        )


class HelpPane(LineView):
    """The words of the help, or those of them that are looked for."""

    def __init__(self, app: Switchyard, place: str, now: Situation) -> None:
        super().__init__(name="help", signs=app.signs)
        self._sections = help_sections(app.keymap, place, now)
        self.query_text: str = ""

    def look_for(self, query: str) -> None:
        """Show what matches; all of it where nothing is looked for."""
        self.query_text = query.strip()
        self.scroll_to(y=0, animate=False)
        self.prepare_again()

    @property
    def found(self) -> int:
        """How many lines of the table match."""
        return sum(len(rows) for _, rows in self._matching())

    def _matching(self) -> list[tuple[str, list[Row]]]:
        words = self.query_text.split()
        found = [
            (heading, [row for row in rows if row.matches(words)])
            for heading, rows in self._sections
        ]
        return [(heading, rows) for heading, rows in found if rows]

    def wrapped(self, width: int) -> Sequence[Line]:
        """Return the lines for a width."""
        if not self.query_text:
            return help_lines(self._sections, width, self.signs)
        words = f"Nothing here is about {self.query_text}: esc clears the search."
        none = [((text, MUTED),) for text in wrap(words, width)]
        return help_lines(self._matching(), width, self.signs, end=False) or none

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        """Return the height of all lines: no more of the screen is covered than need be, whatever is looked for."""
        return len(help_lines(self._sections, width - 1, self.signs))


def _before(place: str) -> tuple[str, ...]:
    """Return what is told before the words of the footer: the way to every other key, or what acts here too."""
    here = {DOCTOR: ("mend", "events"), DOCTOR_MEND: ("events",)}
    return here.get(place, ("palette",))


def help_sections(keymap: Keymap, place: str, now: Situation) -> list[tuple[str, list[Row]]]:
    """Return the help by headings: what counts here, with why not where a key cannot act, then all that is left."""
    helps = HELP_HERE.get(place, {})
    first = [
        BY_ID[action]._replace(help=helps.get(action, BY_ID[action].help))
        for action in (*_before(place), *FOOTERS[place])
        if FOOTERS[place] and action != "help"
    ]

    def row(action: Action, *, here: bool = False) -> Row:
        why = action.why_not(now) if action.why_not is not None and here else None
        return Row(keymap.words(action.id), action.help, action.id, why, action.word)

    sections = [(_PLACES[place], [row(action, here=True) for action in first])]
    there = {action.id for action in first}
    sections += [
        (heading, [row(action) for action in actions if action.id not in there])
        for heading, actions in groups().items()
    ]
    sections.append((HEADING, [Row(each.keys, each.help) for each in DIALOG_KEYS]))
    return [(heading, rows) for heading, rows in sections if rows]


def help_lines(
    sections: Sequence[tuple[str, Sequence[Row]]], width: int, signs: Signs, *, end: bool = True
) -> list[Line]:
    """Return the help as lines; `end` says whether what to do with the ids follows."""
    column = min(16, max((cells(row.keys) for _, rows in sections for row in rows), default=0) + 2)
    lines: list[Line] = []
    for heading, rows in sections:
        if lines:
            lines.append(())
        lines.append(((heading, ACCENT),))
        for row in rows:
            lines += _row_lines(row, (width, column), signs)
    if end:
        words = "Other keys for an action: config.toml, [keys], by the id at the right."
        lines += [(), *(((text, MUTED),) for text in wrap(words, width))]
    return [line for long in lines for line in _cut(long, width)]


def _row_lines(row: Row, sizes: tuple[int, int], signs: Signs) -> list[Line]:
    width, column = sizes
    head = (f" {fit(row.keys or signs.dash, column - 1, signs)}", STRONG)
    room = width - column
    tail = f"  {row.id}" if row.id and room > 40 else ""
    texts = wrap(row.help, room - cells(tail))
    lines: list[Line] = []
    for number, text in enumerate(texts):
        first = head if not number else (" " * column, PLAIN)
        if not number and tail:
            space = " " * (room - cells(text) - cells(row.id))
            lines.append((first, (text, PLAIN), (space + row.id, MUTED)))
        else:
            lines.append((first, (text, PLAIN)))
    if row.why_not is not None:
        lines += [
            ((" " * column, PLAIN), (text, MUTED)) for text in wrap(f"not now: {row.why_not}", room)
        ]
    return lines


def _cut(line: Line, width: int) -> list[Line]:
    if sum(cells(text) for text, _ in line) <= width or len(line) != 1:
        return [line]
    text, role = line[0]
    return [((part, role),) for part in wrap(text, width)]
