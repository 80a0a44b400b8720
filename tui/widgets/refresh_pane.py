"""The pane of a refresh of several profiles: each with what it is at, also after the end."""

from __future__ import annotations

from tui.widgets.lines import LineView
from tui.widgets.refresh_text import Around, RefreshLines, next_wake

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.timer import Timer

    from profiles.refreshing import Result
    from tui.refresh_state import Refreshes
    from tui.widgets.words import Line, Signs


class RefreshPane(LineView):
    """Draws what changed; wakes up only while somebody can see it."""

    def __init__(
        self,
        refreshes: Refreshes,
        *,
        signs: Signs,
        now: Callable[[], float],
        step: Callable[[Result], str],
        above: Callable[[int], Line],
    ) -> None:
        super().__init__(name="progress", signs=signs)
        self._refreshes = refreshes
        self._now = now
        self._step = step
        #: A line about what else is in this place, or an empty one.
        self._above = above
        self._words = RefreshLines()
        self._wake: Timer | None = None
        self._resting = False

    def show(self) -> None:
        """Draw how far it is, and wake up when a text reads differently."""
        if self._wake is not None:
            self._wake.stop()
            self._wake = None
        board = self._refreshes.board
        if not self.display or not self.line_width:
            return
        self.prepare_again()
        if board is not None and not self._resting:
            self._wake = self.set_timer(next_wake(board, self._now()), self.show)

    def on_show(self) -> None:
        """It can be seen now."""
        self.call_after_refresh(self.show)

    def on_resize(self) -> None:
        """It may be seen for the first time."""
        super().on_resize()
        self.show()

    def rest(self, *, resting: bool) -> None:
        """Let the ages rest while nobody looks, or go on."""
        self._resting = resting
        self.show()

    def wrapped(self, width: int) -> Sequence[Line]:
        """Return the lines for a width."""
        board = self._refreshes.board
        if board is None:
            return []
        above = self._above(width)
        lines = self._words.lines(board, Around(self._now(), width, self.signs, self._step))
        return [above, *lines] if above else lines
