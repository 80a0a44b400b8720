"""Pane 3, of what runs: a login or the refresh of several, one at a time; `[` and `]` go between them."""

from __future__ import annotations

from tui.widgets.refresh_pane import RefreshPane
from tui.widgets.words import MUTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui.refresh_state import Board
    from tui.screens.main import MainScreen
    from tui.screens.switchyard import Switchyard
    from tui.widgets.lines import LinePane
    from tui.widgets.words import Line


#: What is written for less than this (seconds) is as good as done: leaving waits for it without a word.
LONG = 0.5


class Work:
    """What is in pane 3 of one screen."""

    def __init__(self, screen: MainScreen, app: Switchyard) -> None:
        self._screen = screen
        self._yard = app
        self._refreshes = screen.refreshing.refreshes
        self._known: Board | None = None
        self.pane = RefreshPane(
            self._refreshes,
            signs=app.signs,
            now=app.context.now,
            step=screen.refreshing.next_step,
            above=self._above,
        )
        self.pane.add_class("pane")

    @property
    def board(self) -> Board | None:
        """The refresh of several that is shown: it runs, or ended and was not closed yet."""
        return self._refreshes.board

    @property
    def shows_refresh(self) -> bool:
        """Whether the refresh is what pane 3 shows, and no login."""
        return self._screen.has_class("-progress")

    def place(self) -> str | None:
        """Return where in the refresh's pane the focus is; None outside."""
        if self._screen.focused is not self.pane or self.board is None:
            return None
        return "refreshing" if self.board.ended_at is None else "refreshed"

    def changed(self) -> None:
        """Draw how far the refresh is; a new one takes the pane unless a login needs it."""
        screen, board = self._screen, self.board
        if board is not self._known:
            self._known = board
            if board is None:
                self._gone()
            elif not screen.logins.logins.all:
                screen.add_class("-progress")
        self.pane.show()

    def _gone(self) -> None:
        screen = self._screen
        inside = screen.focused is self.pane
        screen.remove_class("-progress", "-progressing")
        if inside:
            screen.set_focus(screen.list)

    # -- going there --

    def open(self) -> bool:
        """Go to what the pane shows; False when there is nothing."""
        screen = self._screen
        if self.board is not None and (self.shows_refresh or not screen.logins.logins.all):
            self.show_refresh()
        elif screen.logins.logins.all:
            self.show_login()
        else:
            return False
        return True

    def show_refresh(self) -> None:
        """Go to the refresh."""
        screen = self._screen
        screen.logins.lines.close()
        screen.remove_class("-watching")
        screen.add_class("-progress", "-progressing")
        screen.set_focus(self.pane)
        self.pane.show()

    def show_login(self) -> None:
        """Go to the login that was watched last."""
        self._screen.remove_class("-progress", "-progressing")
        self._screen.logins.open()

    @property
    def view(self) -> LinePane:
        """The part of pane 3 that takes the focus."""
        return self.pane if self.shows_refresh else self._screen.logins.pane.view

    def turn(self, step: int) -> bool:
        """Go from the refresh to a login and back; False where the logins themselves know the next one."""
        screen, logins = self._screen, self._screen.logins.logins
        if screen.focused is self.pane:
            if not logins.all:
                self._yard.tell("no login is running beside this refresh")
                return True
            logins.show(logins.all[0 if step > 0 else -1])
            self.show_login()
            return True
        if self.board is None or screen.logins.login is None:
            return False
        at = logins.all.index(screen.logins.login)
        if at == (len(logins.all) - 1 if step > 0 else 0):
            self.show_refresh()
            return True
        return False

    def _above(self, _width: int) -> Line:
        count = len(self._screen.logins.logins.all)
        if not count:
            return ()
        key = self._yard.keymap.first("tab-next")
        return ((f"{key} goes to {count} login{'' if count == 1 else 's'}", MUTED),)

    # -- leaving --

    def step_back(self) -> bool:
        """Go back to the list from the refresh, and close what ended; False outside."""
        screen, board = self._screen, self.board
        if screen.focused is not self.pane:
            return False
        screen.remove_class("-progressing")
        screen.set_focus(screen.list)
        if board is None or board.ended_at is not None:
            self._refreshes.close()
        return True

    def running_words(self) -> str | None:
        """Say what still runs, and what leaving now does to it; None when nothing does."""
        costs = self._screen.logins.leaving_costs(waiting=True)
        said = [] if costs is None else [costs]
        names = list(dict.fromkeys(name for run in self._refreshes.runs for name in run.left))
        if names and not self._refreshes.is_stopping:
            of = f"{names[0]} is" if len(names) == 1 else f"{len(names)} profiles are"
            said.append(
                f"{of} being refreshed: what was sent is answered and saved first, the rest is not begun."
            )
        state = self._yard.state
        if state.busy is not None and state.now() - state.busy_since >= LONG:
            said.append(f"Still {state.busy}: that is finished first.")
        return "\n".join(said) or None

    def rest(self, *, resting: bool) -> None:
        """Let ages rest while nobody looks."""
        self.pane.rest(resting=resting)
