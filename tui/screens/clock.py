"""The one timer of the screen: it wakes up when something reads differently or is to be looked at, and not before."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from textual.timer import Timer

    from tui.screens.main import MainScreen
    from tui.screens.switchyard import Switchyard

#: Nothing sleeps longer (seconds): clocks are set, and machines sleep too. Nor shorter: nothing changes so fast.
LONGEST_SLEEP, SHORTEST_SLEEP = 3600.0, 0.05


class Clock:
    """The countdowns of one screen, what it asks for every now and then, and its looks at what others do."""

    def __init__(self, screen: MainScreen, app: Switchyard) -> None:
        self._screen = screen
        self._yard = app
        self._wake: Timer | None = None
        #: When something reads differently (seconds of the monotonic clock); None: never.
        self._turns_at: float | None = None

    def sleep(self) -> None:
        """Wake up when a countdown reads differently, or usage is to be asked for again."""
        self.stop()
        screen = self._screen
        if self._yard.app_focus:
            screen.usage.look()
        waits = [pane.tick() for pane in (screen.title_line, screen.list, screen.detail)]
        waits.append(screen.usage.wait())
        soonest = min((wait for wait in waits if wait is not None), default=None)
        self._turns_at = None if soonest is None else time.monotonic() + soonest
        self.set_timer()

    def set_timer(self) -> None:
        """Set the one timer to what comes first."""
        self.stop()
        if not self._yard.app_focus:
            return
        waits = [self._screen.watching.wait()]
        if self._turns_at is not None:
            waits.append(self._turns_at - time.monotonic())
        soonest = min((wait for wait in waits if wait is not None), default=None)
        if soonest is not None:
            wait = max(SHORTEST_SLEEP, min(soonest, LONGEST_SLEEP))
            self._wake = self._screen.set_timer(wait, self._rang)

    def _rang(self) -> None:
        self._screen.watching.look_if_due()
        slept = self._screen.watching.wait() is None
        if slept or (self._turns_at is not None and time.monotonic() >= self._turns_at - 0.001):
            self.woken()
        else:
            self.set_timer()

    def woken(self) -> None:
        """Draw what reads differently by now, and read or ask what is due."""
        if self._screen.list.turned():
            self._screen.deeds.rescan()
        self.sleep()

    def rest(self) -> None:
        """Send nothing and look at nothing while nobody looks (the terminal says that it lost the focus)."""
        self._screen.logins.pane.rest(resting=True)
        self.stop()

    def wake(self) -> None:
        """Go on from what the clock says now, and look at once what others did meanwhile."""
        self._screen.logins.pane.rest(resting=False)
        self._screen.watching.soon()
        self._screen.watching.look_if_due()
        self.woken()

    def stop(self) -> None:
        """Sleep until somebody else wakes it."""
        if self._wake is not None:
            self._wake.stop()
            self._wake = None
