"""What the doctor found: a line for each, and all about the one that the cursor is on."""

from __future__ import annotations

from profiles.doctor.finding import ERROR, INFO, OK, UNKNOWN, WARNING
from tui.widgets.cursor_pane import CursorPane
from tui.widgets.lines import LineView
from tui.widgets.words import (
    ACCENT,
    BAD,
    GOOD,
    MUTED,
    PLAIN,
    STRONG,
    WARN,
    Line,
    cells,
    crop,
    fit,
    wrap,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from profiles.doctor.finding import Finding
    from tui.widgets.words import Signs

#: For each level the name of its sign, its word and its role: never by colour alone.
_LEVELS = {
    ERROR: ("bad", "error", BAD),
    WARNING: ("warn", "warning", WARN),
    UNKNOWN: ("unknown", "not seen", MUTED),
    INFO: ("dot", "to know", PLAIN),
    OK: ("ok", "fine", GOOD),
}
#: Cells of sign and word.
_HEAD = 11
#: Below this many cells the ids are left out.
_WITH_IDS = 60


class FindingList(CursorPane):
    """A line for each finding; moving moves the cursor."""

    def __init__(self, *, signs: Signs, moved: Callable[[], object]) -> None:
        super().__init__(name="findings", signs=signs)
        self.findings: Sequence[Finding] = ()
        self._moved = moved

    @property
    def selected(self) -> Finding | None:
        """The finding that the cursor is on."""
        return self.findings[self.cursor] if self.cursor < len(self.findings) else None

    def show(self, findings: Sequence[Finding]) -> None:
        """Show other findings; the cursor stays on the one that it is on, if that is still there."""
        before = self.selected if self.cursor else None
        self.findings = findings
        self.cursor = 0
        for number, each in enumerate(findings):
            if before is not None and (each.id, each.title) == (before.id, before.title):
                self.cursor = number
                break
        self.prepare_again()
        self.redraw_all()
        self.keep_in_sight()
        self._moved()

    def move(self, how: str) -> None:
        """Move the cursor as a moving action says."""
        self.go(self.cursor + self.step(how))

    def go(self, index: int) -> None:
        """Put the cursor on a line."""
        before = self.cursor
        self.put_cursor(max(0, min(index, len(self.findings) - 1)))
        if before != self.cursor:
            self._moved()

    def count(self) -> int:
        """Return how many lines there are."""
        return len(self.findings)

    def line_at(self, index: int, width: int) -> Line:
        """Return a line: level, title and id."""
        finding = self.findings[index]
        sign, word, role = _LEVELS[finding.level]
        head = fit(f"{getattr(self.signs, sign)} {word}", min(_HEAD, width), self.signs)
        room = width - cells(head)
        id_ = f"  {finding.id}" if width >= _WITH_IDS else ""
        title = fit(finding.title, max(0, room - cells(id_)), self.signs)
        return ((head, role), (title, MUTED if finding.level == OK else PLAIN), (id_, MUTED))


class FindingText(LineView):
    """Evidence, reason and mend of one finding."""

    def __init__(self, *, signs: Signs, mend_key: Callable[[], str]) -> None:
        super().__init__(name="finding", signs=signs)
        self._finding: Finding | None = None
        self._mend_key = mend_key

    def show(self, finding: Finding | None) -> None:
        """Tell about another finding."""
        if finding != self._finding:
            self._finding = finding
            self.scroll_to(y=0, animate=False)
            self.prepare_again()

    def wrapped(self, width: int) -> Sequence[Line]:
        """Return the lines for a width."""
        finding = self._finding
        if finding is None:
            return []
        sign, word, role = _LEVELS[finding.level]
        head = f"{getattr(self.signs, sign)} {word}"
        lines: list[Line] = [((text, STRONG),) for text in wrap(finding.title, width)]
        lines.append(
            ((head, role), (crop(f"  {finding.id}", width - cells(head), self.signs), MUTED))
        )
        if finding.level == OK:
            return lines
        # What is to be done comes first: in a low pane the rest may need scrolling.
        helps = f" ({self._mend_key()} does it)" if finding.mend is not None else ""
        changes = "\n".join(finding.mend.changes) if finding.mend is not None else ""
        for heading, text, ink in (
            (f"What mends it{helps}", finding.fix, ACCENT),
            ("Found", finding.evidence, PLAIN),
            ("Why", finding.why, PLAIN),
            (f"What {self._mend_key()} changes", changes, STRONG),
        ):
            if text:
                lines += [(), ((heading, MUTED),)]
                lines += [((part, ink),) for line in text.split("\n") for part in wrap(line, width)]
        return lines
