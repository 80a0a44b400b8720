"""Which pane the focus goes to, and what the list calls itself."""

from __future__ import annotations

from tui.first_picture import marked
from tui.widgets.lines import LinePane

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tui.screens.main import MainScreen
    from tui.screens.switchyard import Switchyard


class Panes:
    """The panes of one screen."""

    def __init__(self, screen: MainScreen, app: Switchyard) -> None:
        self._screen = screen
        self._yard = app
        self._signs = app.signs
        self._title = ""

    def name_list(self) -> None:
        """Say in the list's title how many profiles there are, and how many logins run."""
        state = self._screen.state
        count = len(state.all_rows)
        if state.partial:
            words = f"Profiles  reading{self._signs.more}"
        elif state.filter:
            words = f"Profiles  /{state.filter}  {len(state.rows)}/{count}"
        else:
            words = f"Profiles  {count}" if count else "Profiles"
        if running := self._screen.logins.words():
            words += f" {self._signs.dot} {running}"
        words = marked(words, self._yard.scene, self._yard.size.height)
        words = words.replace("[", "\\[")  # titles are markup
        if words != self._title:
            # A title draws its whole pane again, even when it reads the same.
            self._title = self._screen.left.border_title = words
        for pane, title in ((self._screen.detail, "Profile"), (self._screen.events, "Events")):
            # Where there is little room these, too, stand alone.
            words = marked(title, self._yard.scene, self._yard.size.height)
            if words != pane.border_title:
                pane.border_title = words

    def enter(self) -> Awaitable[None] | None:
        """Go into what is selected: its login where one runs, else its detail."""
        screen = self._screen
        if screen.logins.login is not None:
            return screen.logins.enter()
        row = screen.state.selected
        login = screen.logins.logins.of(row.name) if row is not None else None
        if login is not None and screen.focused is not screen.detail:
            screen.logins.open(login)
        else:
            screen.add_class("-drilled")
            screen.set_focus(screen.detail)
        return None

    def turn(self, step: int) -> None:
        """Go to the next pane that is there; that of the logins is, even where it is not seen."""
        screen = self._screen
        logins = screen.logins.pane.view
        panes: list[LinePane] = [screen.list, screen.detail, logins, screen.events]
        focused = screen.focused
        here = panes.index(focused) if isinstance(focused, LinePane) else 0
        for way in range(step, step * len(panes), step):
            pane = panes[(here + way) % len(panes)]
            if pane is logins:
                if screen.logins.logins.all:
                    screen.logins.open()
                    return
            elif pane is screen.list or pane.display:
                screen.set_focus(pane)
                return

    def toggle_events(self) -> None:
        """Open the log, or close it."""
        screen = self._screen
        opened = not screen.has_class("-events")
        screen.set_class(opened, "-events")
        screen.set_focus(screen.events if opened else screen.list)
