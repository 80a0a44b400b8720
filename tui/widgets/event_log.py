"""The log of what happened since the start: results, what was said, what went wrong."""

from __future__ import annotations

from bisect import bisect_right
from time import localtime, strftime

from tui.state import ERROR, WARNING
from tui.widgets.ink import CURSOR
from tui.widgets.lines import LineView
from tui.widgets.words import BAD, MUTED, PLAIN, WARN, Line, Signs, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.events import Click

    from tui.state import Event


class EventLog(LineView):
    """Newest last, with a cursor on one of them: on the newest, it follows what comes, else it stays where it is."""

    def __init__(self, *, signs: Signs, speech: Callable[[str], str]) -> None:
        super().__init__(name="events", signs=signs)
        self._speech = speech
        self._events: list[Event] = []
        #: The line that each of them begins in.
        self._starts: list[int] = []
        self._at = 0

    @property
    def chosen(self) -> Event | None:
        """The event that the cursor is on."""
        return self._events[self._at] if self._at < len(self._events) else None

    def show(self, events: Iterable[Event]) -> None:
        """Show these events; the cursor stays on its own, or goes on with the newest."""
        at_end = self.scroll_offset.y + self.page >= len(self._lines)
        follows = at_end and self._at >= len(self._events) - 1
        chosen, before = self.chosen, self._span(self._at)
        self._events = list(events)
        last = len(self._events) - 1
        self._at = max(0, last)
        if not follows:
            # The oldest go where there are too many, and the others move up.
            same = (index for index in range(last, -1, -1) if self._events[index] is chosen)
            self._at = next(same, 0)
        self.prepare_again()
        self._redraw(before)
        self._redraw(self._span(self._at))
        if follows:
            self._keep_in_sight()

    def on_resize(self) -> None:
        """Keep what the cursor is on in sight."""
        super().on_resize()
        self._keep_in_sight()

    def on_focus(self) -> None:
        """Show the cursor."""
        self._redraw(self._span(self._at))

    def on_blur(self) -> None:
        """Show none where no keys act."""
        self._redraw(self._span(self._at))

    def on_click(self, event: Click) -> None:
        """Choose the event that was clicked."""
        line = event.get_content_offset_capture(self).y + self.scroll_offset.y
        self._choose(bisect_right(self._starts, line) - 1)

    # -- the cursor --

    def move(self, how: str) -> None:
        """Go to another event; of one that is longer than the pane show the rest first."""
        step = self.step(how)
        start, end = self._span(self._at)
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.page
        if how == "move-down" and start < bottom < end:
            self.scroll_to(y=min(end - self.page, top + self.page), animate=False)
        elif how == "move-up" and start < top < end:
            self.scroll_to(y=max(start, top - self.page), animate=False)
        elif abs(step) == 1:
            self._choose(self._at + step)
        else:
            self._choose(bisect_right(self._starts, start + step) - 1)

    def _choose(self, at: int) -> None:
        before = self._at
        self._at = max(0, min(at, len(self._events) - 1))
        if self._at != before:
            self._redraw(self._span(before))
            self._redraw(self._span(self._at))
        self._keep_in_sight()

    def _span(self, at: int) -> tuple[int, int]:
        """Return the first line of an event, and the first behind it."""
        if at >= len(self._starts):
            return (0, 0)
        last = at + 1 == len(self._starts)
        return self._starts[at], len(self._lines) if last else self._starts[at + 1]

    def _keep_in_sight(self) -> None:
        start, end = self._span(self._at)
        top = self.scroll_offset.y
        if start < top or end - start >= self.page:
            self.scroll_to(y=start, animate=False)
        elif end > top + self.page:
            self.scroll_to(y=end - self.page, animate=False)

    def _redraw(self, lines: tuple[int, int]) -> None:
        for index in range(*lines):
            self.redraw_line(index)

    def ground_of(self, index: int) -> str:
        """Return what lies under a line."""
        start, end = self._span(self._at)
        return CURSOR if self.has_focus and start <= index < end else ""

    def wrapped(self, width: int) -> Sequence[Line]:
        """Return the lines for a width."""
        self._starts = []
        if not self._events:
            return [(("nothing happened yet", MUTED),)]
        lines: list[Line] = []
        for event in self._events:
            self._starts.append(len(lines))
            lines += event_lines(event, width, self._speech)
        return lines


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
