"""The keys, made from the key table: first those that count here, then all."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding
from textual.screen import ModalScreen

from tui.key_places import HELP_HERE
from tui.keys import ACTIONS, BY_ID, FOOTERS, MOVES, Action, groups
from tui.widgets.lines import LineView
from tui.widgets.words import ACCENT, MUTED, PLAIN, STRONG, Line, cells, fit, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.geometry import Size

    from tui.keymap import Keymap
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


class HelpScreen(ModalScreen[None], inherit_bindings=False):
    """Scrolls with the keys that move; any way back closes it."""

    CSS = """
    HelpScreen { align: center middle; background: $sy-ground 60%; }
    HelpScreen:ansi { background: ansi_default; }
    HelpScreen > LineView { width: 84; max-width: 100%; height: auto; max-height: 100%; }
    """
    AUTO_FOCUS = "LineView"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            ",".join(action.keys),
            f"move('{action.id}')" if action.id in MOVES else "close",
            id=action.id,
            show=False,
            priority=True,
        )
        for action in ACTIONS
        if action.id in MOVES or action.id in {"back", "quit", "help"}
    ]

    def __init__(self, app: Switchyard, place: str, now: Situation) -> None:
        super().__init__()
        self._yard = app
        self._place = place
        self._now = now

    def compose(self) -> ComposeResult:
        """Show the keys."""
        pane = HelpPane(self._yard, self._place, self._now)
        pane.add_class("pane")
        pane.border_title = "Keys"
        pane.border_subtitle = f"{self._yard.keymap.first('back')} closes"
        yield pane

    def action_move(self, how: str) -> None:
        """Scroll."""
        self.query_one(LineView).move(how)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)


class HelpPane(LineView):
    """The words of the help."""

    def __init__(self, app: Switchyard, place: str, now: Situation) -> None:
        super().__init__(name="help", signs=app.signs)
        self._keymap = app.keymap
        self._place = place
        self._now = now

    def wrapped(self, width: int) -> Sequence[Line]:
        """Return the lines for a width."""
        return help_lines(self._keymap, self._place, self._now, width, self.signs)

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        """Return the height of all lines, so that no more of the screen is covered than need be."""
        return len(self.wrapped(width - 1))


def help_lines(keymap: Keymap, place: str, now: Situation, width: int, signs: Signs) -> list[Line]:
    """Return the help: what counts here, with why not where a key cannot act, then the whole table."""
    helps = HELP_HERE.get(place, {})
    here = [
        BY_ID[action]._replace(help=helps.get(action, BY_ID[action].help))
        for action in ("palette", *FOOTERS[place])
        if FOOTERS[place] and action != "help"
    ]
    sections = {_PLACES[place]: here} if here else {}
    sections |= groups()
    column = min(16, max(cells(keymap.words(action.id)) for action in ACTIONS) + 2)
    lines: list[Line] = []
    for heading, actions in sections.items():
        if lines:
            lines.append(())
        lines.append(((heading, ACCENT),))
        for action in actions:
            why = action.why_not(now) if action.why_not and heading == _PLACES[place] else None
            lines += _action_lines(keymap, action, why, (width, column), signs)
    lines += [
        (),
        (("Other keys for an action: config.toml, [keys], by the id at the right.", MUTED),),
    ]
    return [line for long in lines for line in _cut(long, width)]


def _action_lines(
    keymap: Keymap, action: Action, why: str | None, sizes: tuple[int, int], signs: Signs
) -> list[Line]:
    width, column = sizes
    keys = keymap.words(action.id) or signs.dash
    head = (f" {fit(keys, column - 1, signs)}", STRONG)
    room = width - column
    tail = f"  {action.id}"
    texts = wrap(action.help, room - (cells(tail) if room > 40 else 0))
    lines: list[Line] = []
    for number, text in enumerate(texts):
        first = head if not number else (" " * column, PLAIN)
        if not number and room > 40:
            space = " " * (room - cells(text) - cells(action.id))
            lines.append((first, (text, PLAIN), (space + action.id, MUTED)))
        else:
            lines.append((first, (text, PLAIN)))
    if why is not None:
        lines += [
            ((" " * column, PLAIN), (f"{text}", MUTED)) for text in wrap(f"not now: {why}", room)
        ]
    return lines


def _cut(line: Line, width: int) -> list[Line]:
    if sum(cells(text) for text, _ in line) <= width or len(line) != 1:
        return [line]
    text, role = line[0]
    return [((part, role),) for part in wrap(text, width)]
