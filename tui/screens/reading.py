"""When the detail of the selected profile is read, and when it is drawn."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from textual.timer import Timer

    from tui.screens.main import MainScreen

#: Seconds. Detail is read when the cursor rests so long; what is quick is not announced as busy.
REST, PATIENCE = 0.08, 0.25


class Reading:
    """The detail of one screen, which follows the cursor."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._rest: Timer | None = None

    def soon(self) -> None:
        """Read the detail once the cursor rests, and draw it once, when it is all there."""
        if self._rest is not None:
            self._rest.stop()
        if self._screen.detail.is_blank:
            self.draw()
        self._rest = self._screen.set_timer(REST, self._read)

    def _read(self) -> None:
        row = self._screen.state.selected
        if row is None or row.name is None:
            self.draw()
        elif self._screen.detail.display:
            self._screen.deeds.read_details(row.name)
            # What the row itself knows is drawn if the rest takes longer.
            self._rest = self._screen.set_timer(PATIENCE, self.draw)

    def draw(self) -> None:
        """Draw what is known now, and wait for nothing more."""
        if self._rest is not None:
            self._rest.stop()
        self.show()

    def show(self) -> None:
        """Draw what is known now."""
        state = self._screen.state
        row = state.selected
        self._screen.detail.show(row, state.details_of(row), state.usage.of(row))
