"""The pane about the selected profile."""

from __future__ import annotations

from tui.usage_state import Told
from tui.widgets.detail_text import Surroundings, detail_lines, moments
from tui.widgets.lines import LineView
from tui.widgets.words import MUTED, Line, next_change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from profiles.details import ProfileDetails
    from profiles.model import ProfileRow
    from tui.widgets.words import Signs

_NOTHING = Told()


class DetailPane(LineView):
    """Identity, tokens, holders, processes, note, home. Only what changed is drawn again."""

    def __init__(
        self,
        *,
        signs: Signs,
        now: Callable[[], float],
        user_home: str,
    ) -> None:
        super().__init__(name="detail", signs=signs)
        self._now = now
        self._user_home = user_home
        self._row: ProfileRow | None = None
        self._details: ProfileDetails | None = None
        self._told = _NOTHING

    def show(
        self, row: ProfileRow | None, details: ProfileDetails | None, told: Told = _NOTHING
    ) -> None:
        """Show a profile; `details` is None while it is still being read. `told`: its usage."""
        other = (row.name if row else None) != (self._row.name if self._row else None)
        self._row, self._details, self._told = row, details, told
        self.prepare_again()
        if other and self.scroll_offset.y:
            self.scroll_to(y=0, animate=False)

    @property
    def is_blank(self) -> bool:
        """Whether no profile was drawn yet."""
        return self._row is None

    def tick(self) -> float | None:
        """Let time pass; return in how many seconds a countdown here reads differently."""
        if not self.line_width or not self.is_on_screen:
            return None
        self.prepare_again()
        return next_change(self._now(), moments(self._row, self._told))

    def wrapped(self, width: int) -> Sequence[Line]:
        """Return the lines for a width."""
        if self._row is None:
            return [(("nothing is selected", MUTED),)]
        around = Surroundings(self._now(), width, self.signs, self._user_home)
        return detail_lines(self._row, self._details, around, self._told)
