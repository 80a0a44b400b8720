"""The one timer of the screen: it wakes up when something reads differently or is to be asked for, and not before."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from textual.timer import Timer

    from tui.screens.main import MainScreen
    from tui.screens.switchyard import Switchyard

#: Nothing sleeps longer (seconds): clocks are set, and machines sleep too. Nor shorter: nothing changes so fast.
LONGEST_SLEEP, SHORTEST_SLEEP = 3600.0, 0.05


class Clock:
    """The countdowns of one screen, what it asks for every now and then; and when nothing is looked at at all."""

    def __init__(self, screen: MainScreen, app: Switchyard) -> None:
        self._screen = screen
        self._yard = app
        self._wake: Timer | None = None

    def sleep(self) -> None:
        """Wake up when a countdown reads differently, or usage is to be asked for again."""
        self.stop()
        screen = self._screen
        if self._yard.app_focus:
            screen.usage.look()
        waits = [pane.tick() for pane in (screen.title_line, screen.list, screen.detail)]
        waits.append(screen.usage.wait())
        soonest = min((wait for wait in waits if wait is not None), default=None)
        if soonest is not None and self._yard.app_focus:
            wait = max(SHORTEST_SLEEP, min(soonest, LONGEST_SLEEP))
            self._wake = screen.set_timer(wait, self.woken)

    def woken(self) -> None:
        """Draw what reads differently by now, and read or ask what is due."""
        if self._screen.list.turned():
            self._screen.deeds.rescan()
        self.sleep()

    def rest(self) -> None:
        """Send nothing and look at nothing while nobody looks (the terminal says that it lost the focus)."""
        self._screen.logins.pane.rest(resting=True)
        self._screen.watching.rest()
        self.stop()

    def wake(self) -> None:
        """Go on from what the clock says now, and look at once what others did meanwhile."""
        self._screen.logins.pane.rest(resting=False)
        self._screen.watching.wake()
        self.woken()

    def stop(self) -> None:
        """Sleep until somebody else wakes it."""
        if self._wake is not None:
            self._wake.stop()
            self._wake = None
