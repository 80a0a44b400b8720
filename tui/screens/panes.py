"""Which pane the focus goes to, which one has the whole screen, and what each calls itself."""

from __future__ import annotations

from functools import partial

from tui.first_picture import list_width, marked, numbered
from tui.list_title import AROUND, fitting, list_titles
from tui.widgets.words import cells

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.widget import Widget

    from tui.screens.main import MainScreen
    from tui.screens.switchyard import Switchyard
    from tui.widgets.lines import LinePane

#: The numbers of the panes.
LIST, DETAIL, WORK, EVENTS = 1, 2, 3, 4
#: The class that the screen has while a pane has all of it; app.tcss hides the others then.
_ZOOM = {LIST: "-zoom-list", DETAIL: "-zoom-detail", WORK: "-zoom-work", EVENTS: "-zoom-events"}


class Panes:
    """The panes of one screen."""

    def __init__(self, screen: MainScreen, app: Switchyard) -> None:
        self._screen = screen
        self._yard = app
        self._signs = app.signs
        #: The number of the pane that has the whole screen.
        self.zoomed: int | None = None
        self._titles: dict[int, str] = {}
        self.handlers: dict[str, Callable[[], object]] = {
            "pane": lambda: self.turn(1),
            "pane-back": lambda: self.turn(-1),
            **{f"pane-{number}": partial(self.go, number) for number in _ZOOM},
            "zoom": self.zoom,
            "events": self.toggle_events,
        }

    # -- titles --

    def title(self, number: int, words: str) -> str:
        """Return the title of a pane as Textual takes it: its number, and that it is zoomed if it is."""
        words = numbered(number, words)
        if self.zoomed == number:
            words += f" {self._signs.dot} zoomed"
        return marked(words, self._yard.scene, self._yard.size.height).replace("[", "\\[")

    def name_list(self) -> None:
        """Say in the titles how many profiles there are and how many logins run, and which pane is which."""
        screen = self._screen
        state = screen.state
        running = screen.logins.words()
        after = f" {self._signs.dot} {running}" if running else ""
        room = (screen.left.outer_size.width or list_width(self._yard.scene)) - AROUND
        room -= cells(self.title(LIST, "").replace("\\[", "["))
        titles_of_list = [f"{each}{after}" for each in list_titles(state, self._signs)]
        words = fitting(titles_of_list, room, self._signs)
        titles: tuple[tuple[int, Widget, str], ...] = (
            (LIST, screen.left, words),
            (DETAIL, screen.detail, "Profile"),
            (WORK, screen.work.pane, "Refresh"),
            (EVENTS, screen.events, "Events"),
        )
        for number, pane, text in titles:
            # A title draws its whole pane again, even when it reads the same.
            title = self.title(number, text)
            if title != self._titles.get(number):
                self._titles[number] = pane.border_title = title
        screen.logins.pane.name_it()

    # -- going to a pane --

    def enter(self) -> Awaitable[None] | None:
        """Go into what is selected: its login where one runs, else its detail."""
        screen = self._screen
        if screen.logins.login is not None:
            return screen.logins.enter()
        if screen.focused is screen.work.pane:
            return None
        row = screen.state.selected
        login = screen.logins.logins.of(row.name) if row is not None else None
        if login is not None and screen.focused is not screen.detail:
            screen.logins.open(login)
        else:
            self._drill()
        return None

    def _drill(self) -> None:
        self._screen.add_class("-drilled")
        self._screen.set_focus(self._screen.detail)

    def here(self) -> int | None:
        """Return the number of the pane in which the focus is."""
        screen = self._screen
        focused = screen.focused
        if focused is None:
            return None
        for number, pane in (
            (LIST, screen.left),
            (DETAIL, screen.detail),
            (WORK, screen.logins.pane),
            (WORK, screen.work.pane),
            (EVENTS, screen.events),
        ):
            if pane in focused.ancestors_with_self:
                return number
        return None

    def seen(self) -> int:
        """Return how many panes can be seen now."""
        screen = self._screen
        body = screen.body.display
        seen = (
            *(body and pane.display for pane in (screen.left, screen.detail)),
            *(pane.display for pane in (screen.logins.pane, screen.work.pane, screen.events)),
        )
        return sum(seen)

    def go(self, number: int) -> None:
        """Go to a pane by its number; the log opens for it."""
        screen = self._screen
        if number == WORK:
            screen.work.open()
            return
        screen.logins.lines.close()
        if number == EVENTS:
            screen.add_class("-events")
            screen.set_focus(screen.events)
        elif number == DETAIL:
            self._drill()
        else:
            screen.set_focus(screen.list)

    def turn(self, step: int) -> None:
        """Go to the next pane that is there; that of what runs is, even where it is not seen."""
        screen = self._screen
        work = screen.work.view
        panes: list[LinePane] = [screen.list, screen.detail, work, screen.events]
        here = (self.here() or LIST) - 1
        there: set[LinePane] = {screen.list, screen.detail} if self._has_detail() else {screen.list}
        if screen.has_class("-events"):
            there.add(screen.events)
        for way in range(step, step * len(panes), step):
            pane = panes[(here + way) % len(panes)]
            if pane is work:
                if screen.work.open():
                    return
            elif pane in there:
                screen.set_focus(pane)
                return

    def _has_detail(self) -> bool:
        """Whether the detail is a pane of its own beside the list; where it is not, enter opens it."""
        screen = self._screen
        return bool(screen.state.all_rows) and not screen.has_class("-narrow")

    def toggle_events(self) -> None:
        """Open the log, or close it."""
        screen = self._screen
        opened = not screen.has_class("-events")
        screen.set_class(opened, "-events")
        screen.set_focus(screen.events if opened else screen.list)

    # -- zooming, as in tmux: it ends where the pane does, or the focus leaves it --

    def zoom(self) -> None:
        """Give the pane that has the focus the whole screen, or take it back."""
        self._zoom(None if self.zoomed is not None else self.here())

    def focus_moved(self) -> None:
        """End the zoom of a pane that was left."""
        if self.zoomed is not None and self.here() not in (self.zoomed, None):
            self._zoom(None)

    def refocus(self) -> None:
        """Give the focus back that a terminal took which was too small for any pane."""
        screen = self._screen
        panes = {DETAIL: screen.detail, WORK: screen.work.view, EVENTS: screen.events}
        screen.set_focus(panes.get(self.zoomed or LIST, screen.list))

    def _zoom(self, number: int | None) -> None:
        self.zoomed = number
        for each, name in _ZOOM.items():
            self._screen.set_class(each == number, name)
        self.name_list()
        # What fits into the titles is known once the panes have their new places.
        self._screen.call_after_refresh(self.name_list)
