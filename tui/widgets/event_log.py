"""The log of what happened since the start: results, what was said, what went wrong."""

from __future__ import annotations

from time import localtime, strftime

from tui.state import ERROR, WARNING
from tui.widgets.lines import LineView
from tui.widgets.words import BAD, MUTED, PLAIN, WARN, Line, Signs, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tui.state import Event


class EventLog(LineView):
    """Newest last; it follows its end unless somebody scrolled up."""

    def __init__(self, *, signs: Signs, speech: Callable[[str], str]) -> None:
        super().__init__(name="events", signs=signs)
        self._speech = speech
        self._events: Sequence[Event] = ()

    def show(self, events: Sequence[Event]) -> None:
        """Show these events."""
        at_end = self.scroll_offset.y + self.page >= len(self._lines)
        self._events = events
        self.prepare_again()
        if at_end:
            self.scroll_to(y=max(0, len(self._lines) - self.page), animate=False)

    def on_resize(self) -> None:
        """Stay at the end."""
        super().on_resize()
        self.scroll_to(y=max(0, len(self._lines) - self.page), animate=False)

    def wrapped(self, width: int) -> Sequence[Line]:
        """Return the lines for a width."""
        if not self._events:
            return [(("nothing happened yet", MUTED),)]
        return [line for event in self._events for line in event_lines(event, width, self._speech)]


def event_lines(event: Event, width: int, speech: Callable[[str], str]) -> list[Line]:
    """Return an event in lines: its time, its text, and below it the next step, in the words of the screen."""
    clock = strftime("%H:%M:%S  ", localtime(event.at))
    indent = len(clock) if width >= 36 else 2
    role = {ERROR: BAD, WARNING: WARN}.get(event.level, PLAIN)
    prefix = {ERROR: "error: ", WARNING: "warning: "}.get(event.level, "")
    room = width - indent
    texts = [(text, role) for text in wrap(prefix + speech(event.text), room)]
    if event.hint:
        texts += [(text, MUTED) for text in wrap(f"next: {speech(event.hint)}", room)]
    if indent != len(clock):
        return [((clock, MUTED),), *(((" " * indent, MUTED), each) for each in texts)]
    first, *rest = texts
    return [((clock, MUTED), first), *(((" " * indent, MUTED), each) for each in rest)]
