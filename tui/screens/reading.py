"""When the detail of the selected profile is read, and when it is drawn; which of its tabs is shown.

Only what the shown tab needs is read, in a thread. What comes too late, because the cursor or the tab moved on, is
dropped.
"""

from __future__ import annotations

from functools import partial

from tui.detail_state import OVERVIEW, USAGE, Faces, Facts, read_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.timer import Timer

    from profiles.model import ProfileRow
    from tui.screens.main import MainScreen

#: Seconds. Detail is read when the cursor rests so long; what is quick is not announced as busy.
REST, PATIENCE = 0.08, 0.25


class Reading:
    """The detail of one screen, which follows the cursor."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._rest: Timer | None = None
        self._faces = Faces()
        #: The look that is wanted; those before it are not any more.
        self._number = 0
        screen.detail.clicked = self.go
        self.handlers: dict[str, Callable[[], object]] = {
            "tab-prev": lambda: self._turn_here(-1),
            "tab-next": lambda: self._turn_here(1),
            "raw": self.toggle_raw,
        }

    # -- tabs --

    @property
    def tab(self) -> str:
        """The tab that is shown."""
        return self._faces.tab

    @property
    def face(self) -> str:
        """The tab that is shown, or `raw`."""
        return self._faces.face

    @property
    def part(self) -> object:
        """What was read for what is shown of the selected profile."""
        return self._part()

    def turn(self, step: int) -> None:
        """Show the tab after or before; it stays when the cursor moves to another profile."""
        self._faces.turn(step)
        self._turned()

    def _turn_here(self, step: int) -> None:
        """Turn the tabs of what has the focus: in a login's pane, those of the logins."""
        screen = self._screen
        if screen.logins.login is not None or screen.focused is screen.work.pane:
            screen.logins.turn(step)
        else:
            self.turn(step)

    def go(self, tab: str) -> None:
        """Show a tab."""
        self._faces.face = tab
        self._turned()

    def toggle_raw(self) -> None:
        """Show the claims as JSON, or as rows again."""
        self._faces.toggle_raw()
        self._turned()

    def _turned(self) -> None:
        """Draw at once what is known already, and read at once what is not."""
        if self._part() is not None or self.face == USAGE:
            self._show(is_slow=False)
        if self._rest is not None:
            self._rest.stop()
        self._read()
        self._screen.clock.sleep()
        self._screen.show_keys()

    # -- reading --

    def soon(self) -> None:
        """Read the detail once the cursor rests, and draw it once, when it is all there."""
        if self._rest is not None:
            self._rest.stop()
        self._number += 1
        if self._screen.detail.is_blank:
            self.draw()
        self._rest = self._screen.set_timer(REST, self._read)

    def _read(self) -> None:
        screen, face = self._screen, self.face
        row = screen.state.selected
        if row is None or row.name is None or face == USAGE or not row.state:
            self.draw()
        elif screen.detail.display:
            self._number += 1
            number, snapshot = self._number, screen.state.snapshot

            def work(row: ProfileRow = row) -> object:
                wanted = partial(self._is_wanted, number)
                return (
                    read_part(screen.deeds.context, row, face, snapshot, wanted)
                    if wanted()
                    else None
                )

            screen.deeds.start_reading("details", work, partial(self._take, row.name, face))
            # What the row itself knows is drawn if the rest takes longer.
            self._rest = screen.set_timer(PATIENCE, self._draw_slow)

    def _is_wanted(self, number: int) -> bool:
        return number == self._number

    def _take(self, name: str, face: str, part: object) -> None:
        """Take what was read; what is about another profile by now is dropped."""
        row = self._screen.state.selected
        if part is None or row is None or row.name != name:
            return
        self._faces.take(name, face, part)
        if face == self.face:
            self.draw()
            self._screen.clock.sleep()

    # -- drawing --

    def draw(self) -> None:
        """Draw what is known now, and wait for nothing more."""
        if self._rest is not None:
            self._rest.stop()
        self._show(is_slow=False)

    def _draw_slow(self) -> None:
        self._show(is_slow=True)

    def show(self) -> None:
        """Draw what is known now, unless nothing is: it is being read then, and what stands there stays a moment."""
        if self.face in (OVERVIEW, USAGE) or self._part() is not None:
            self._show(is_slow=False)

    def _show(self, *, is_slow: bool) -> None:
        row = self._screen.state.selected
        told = self._screen.state.usage.of(row)
        self._screen.detail.show(Facts(row, self.face, self._part(), told, is_slow))

    def _part(self) -> object:
        row = self._screen.state.selected
        return self._faces.part_of(row.name) if row is not None else None
