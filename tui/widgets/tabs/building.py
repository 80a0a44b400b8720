"""How the lines of a tab are built: titles, fields, sentences, and times that are told again as they age."""

from __future__ import annotations

from typing import NamedTuple

from tui.detail_state import why_broken
from tui.terminal import clean
from tui.widgets.words import (
    ACCENT,
    BAD,
    MUTED,
    PLAIN,
    STRONG,
    UNSAVED,
    Line,
    Signs,
    Span,
    age_text,
    cells,
    expiry_text,
    fit,
    moment_text,
    wrap,
    wrap_line,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.model import ProfileRow

#: The cells of a label and the space behind it.
LABEL = 12


class Surroundings(NamedTuple):
    """What the words depend on besides the profile: time, cells, glyphs, `$HOME`."""

    now: float
    width: int
    signs: Signs
    user_home: str


class Page(NamedTuple):
    """The lines of a tab, and the times whose ages and countdowns they tell (seconds since the epoch, UTC)."""

    lines: list[Line]
    moments: list[float | None]


class Words:
    """Builds the lines, a section at a time."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.lines: list[Line] = []
        self.moments: list[float | None] = []

    @property
    def page(self) -> Page:
        """What was built."""
        return Page(self.lines, self.moments)

    # -- pieces --

    def name(self, row: ProfileRow) -> None:
        """Say whose page it is."""
        self.wrapped((row.name or UNSAVED, STRONG))

    def title(self, text: str, aside: str = "") -> None:
        """Begin a section; `aside` may be left out where there is no room."""
        self.gap()
        spans: list[Span] = [(text, ACCENT)]
        if aside and cells(text) + 2 + cells(aside) <= self.around.width:
            spans.append((f"  {aside}", MUTED))
        self.lines.append(tuple(spans))

    def gap(self) -> None:
        """Leave a line free, but not at the top."""
        if self.lines:
            self.lines.append(())

    def field(self, label: str, value: str | None, role: str = PLAIN, aside: str = "") -> None:
        """Add a label and its value; a value that is too long for the place goes below the label.

        `aside` says the same in other words, so it may be left out where there is no room.
        """
        if not value:
            return
        value = clean(value)
        width = self.around.width
        room = width - LABEL
        head = (fit(label, LABEL, self.around.signs), MUTED)
        if cells(value) <= room:
            spans = [head, (value, role)]
            if aside and cells(value) + 2 + cells(aside) <= room:
                spans.append((f"  {aside}", MUTED))
            self.lines.append(tuple(spans))
        elif " " in value:
            for number, text in enumerate(wrap(value, room)):
                self.lines.append((head if not number else (" " * LABEL, MUTED), (text, role)))
        else:
            self.lines.append(((label, MUTED),))
            indent = 2 if cells(value) <= width - 2 or cells(value) > width else 0
            self.indented(value, role, indent)

    def indented(self, text: str, role: str = PLAIN, indent: int = 2) -> None:
        """Add a text on lines of its own."""
        self.lines += [
            ((" " * indent, MUTED), (part, role)) for part in wrap(text, self.around.width - indent)
        ]

    def sentence(self, text: str, role: str = MUTED) -> None:
        """Add a sentence."""
        self.wrapped((text, role))

    def broken(self, row: ProfileRow) -> bool:
        """Say why a profile cannot be used; False where it can."""
        why = why_broken(row)
        if why is not None:
            home = self.around.user_home
            self.sentence(why.replace(f"{home}/", "~/") if home else why, BAD)
        return why is not None

    def wrapped(self, *spans: Span, indent: int = 0) -> None:
        """Add spans as one line, or as many as they need."""
        self.lines += wrap_line(spans, self.around.width, indent)

    def path(self, spans: Sequence[Span]) -> None:
        """Put a mark, a path and remarks on as many lines as they need; no part is left out."""
        width = self.around.width
        (mark, mark_role), (path, role), *remarks = spans
        indent = cells(mark)
        lines: list[Line] = []
        for number, text in enumerate(wrap(path, width - indent)):
            lines.append(((mark, mark_role) if not number else (" " * indent, MUTED), (text, role)))
        for text, each in remarks:
            if sum(cells(part) for part, _ in lines[-1]) + cells(text) <= width:
                lines[-1] = (*lines[-1], (text, each))
            else:
                lines.append(((" " * indent, MUTED), (text.strip(), each)))
        self.lines += lines

    # -- times --

    def age(self, moment: float | None) -> str:
        """Return how long ago something was: `3h ago`."""
        self.moments.append(moment)
        return age_text(self.around.now, moment, self.around.signs)

    def left(self, moment: float | None) -> str:
        """Return a countdown, or how long ago it ended."""
        self.moments.append(moment)
        return expiry_text(self.around.now, moment, self.around.signs)

    def distance(self, moment: float) -> str:
        """Return how far away a time is, in one unit: `in 3h`, `2d ago`."""
        now = self.around.now
        self.moments.append(moment)
        if moment <= now:
            return age_text(now, moment, self.around.signs)
        # Read against a mirror, what is to come is as coarse as what is past.
        words = age_text(moment, now, self.around.signs)
        return f"in {words.removesuffix(' ago')}" if words.endswith(" ago") else "in a moment"

    def date(self, moment: float | None) -> str:
        """Return a time by the clock of this machine: `14 Jan 12:00`."""
        return moment_text(self.around.now, moment)

    def ending(self, moment: float | None) -> str:
        """Return when a token ends or ended."""
        if moment is None:
            return "no expiry in the token"
        words = self.left(moment)
        return f"{words} left" if moment > self.around.now else f"ended {words}"
