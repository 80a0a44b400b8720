"""The log of what happened since the start: results, what was said, what went wrong."""

from __future__ import annotations

from time import localtime, strftime

from tui.state import ERROR, WARNING
from tui.widgets.lines import LineView
from tui.widgets.words import BAD, MUTED, PLAIN, WARN, Line, Signs, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.state import Event


class EventLog(LineView):
    """Newest last; it follows its end unless somebody scrolled up."""

    def __init__(self, *, signs: Signs) -> None:
        super().__init__(id="events", signs=signs)
        self._events: Sequence[Event] = ()

    def show(self, events: Sequence[Event]) -> None:
        """Show these events."""
        self._events = events
        self._build()

    def on_resize(self) -> None:
        """Wrap for another width."""
        self._build()

    def _build(self) -> None:
        width = self.line_width
        if width <= 0:
            return
        at_end = self.scroll_offset.y + self.page >= len(self._lines)
        if self._events:
            lines = [line for event in self._events for line in event_lines(event, width)]
        else:
            lines = [(("nothing happened yet", MUTED),)]
        self.set_lines(lines)
        if at_end:
            self.scroll_to(y=max(0, len(self._lines) - self.page), animate=False)


def event_lines(event: Event, width: int) -> list[Line]:
    """Return an event in lines: its time, its text, and below it the next step."""
    clock = strftime("%H:%M:%S  ", localtime(event.at))
    indent = len(clock) if width >= 36 else 2
    role = {ERROR: BAD, WARNING: WARN}.get(event.level, PLAIN)
    prefix = {ERROR: "error: ", WARNING: "warning: "}.get(event.level, "")
    room = width - indent
    texts = [(text, role) for text in wrap(prefix + event.text, room)]
    if event.hint:
        texts += [(text, MUTED) for text in wrap(f"next: {event.hint}", room)]
    if indent != len(clock):
        return [((clock, MUTED),), *(((" " * indent, MUTED), each) for each in texts)]
    first, *rest = texts
    return [((clock, MUTED), first), *(((" " * indent, MUTED), each) for each in rest)]
