"""The first line of the screen."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from tui.widgets.ink import ink_of
from tui.widgets.row_text import counted
from tui.widgets.title_text import Around, title_spans
from tui.widgets.words import Span, next_change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.listing import Snapshot
    from profiles.model import ProfileRow
    from tui.widgets.words import Signs


class TitleLine(Widget):
    """One line, drawn again only when its words change."""

    def __init__(
        self, *, signs: Signs, now: Callable[[], float], host: str | None, demo: bool = False
    ) -> None:
        super().__init__(id="title")
        self._signs = signs
        self._now = now
        self._host = host
        self._demo = demo
        self._row: ProfileRow | None = None
        self._snapshot: Snapshot | None = None
        self._shown: tuple[Span, ...] = ()

    @property
    def text(self) -> str:
        """The line as plain text."""
        return "".join(text for text, _ in self._shown)

    def show(self, snapshot: Snapshot | None, row: ProfileRow | None) -> None:
        """Show the active row of a snapshot."""
        self._snapshot, self._row = snapshot, row
        self.tick()

    def tick(self) -> float | None:
        """Let time pass; return in how many seconds the line reads differently."""
        if self._shown and self._spans() != self._shown:
            self.refresh()
        if self._row is None or not self.is_on_screen:
            return None
        return next_change(self._now(), [counted(self._row)])

    def _spans(self) -> tuple[Span, ...]:
        around = Around(self._now(), self._signs, self._host, self.size.width, self._demo)
        return title_spans(self._snapshot, self._row, around)

    def render(self) -> Text:
        """Return the line."""
        self._shown = self._spans()
        ink = ink_of(self.app)
        line = Text(no_wrap=True, end="")
        for text, role in self._shown:
            line.append(text, ink[role])
        return line
