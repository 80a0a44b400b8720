"""The pane about the selected profile: its tabs above, below them the page of the one that is shown."""

from __future__ import annotations

from typing import ClassVar

from tui.detail_state import Facts
from tui.widgets.detail_text import detail_page
from tui.widgets.lines import LineView
from tui.widgets.tabs.building import Surroundings
from tui.widgets.tabs.strip import strip_line, tab_at
from tui.widgets.words import Line, next_change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.events import Click

    from tui.widgets.words import Signs


class DetailPane(LineView):
    """One page at a time. Only what changed is drawn again."""

    FIXED: ClassVar[int] = 1

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
        self._facts = Facts()
        self._moments: Sequence[float | None] = ()
        #: Called with the tab whose name was clicked.
        self.clicked: Callable[[str], object] | None = None

    @property
    def facts(self) -> Facts:
        """What is shown."""
        return self._facts

    @property
    def strip(self) -> str:
        """The line of tabs as plain text."""
        return "".join(text for text, _ in self.fixed_line(0, self.line_width))

    def show(self, facts: Facts) -> None:
        """Show a page of a profile."""
        before, self._facts = self._facts, facts
        turned = facts.face != before.face
        if turned and facts.tab != before.tab:
            self.redraw_fixed()
        self.prepare_again()
        names = [each.row.name if each.row else None for each in (before, facts)]
        if (turned or names[0] != names[1]) and self.scroll_offset.y:
            self.scroll_to(y=0, animate=False)

    @property
    def is_blank(self) -> bool:
        """Whether no profile was drawn yet."""
        return self._facts.row is None

    def tick(self) -> float | None:
        """Let time pass; return in how many seconds a countdown here reads differently."""
        if not self.line_width or not self.is_on_screen:
            return None
        self.prepare_again()
        return next_change(self._now(), self._moments)

    def fixed_line(self, _row: int, width: int) -> Line:
        """Return the line of tabs."""
        return strip_line(self._facts.tab, width)

    def wrapped(self, width: int) -> Sequence[Line]:
        """Return the lines for a width."""
        around = Surroundings(self._now(), width, self.signs, self._user_home)
        page = detail_page(self._facts, around)
        self._moments = page.moments
        return page.lines

    def on_click(self, event: Click) -> None:
        """Go to the tab whose name is clicked."""
        at = event.get_content_offset(self)
        if at is not None and at.y < self.FIXED and self.clicked is not None:
            tab = tab_at(at.x, self._facts.tab, self.line_width)
            if tab is not None:
                self.clicked(tab)
