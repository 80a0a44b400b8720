"""The words of the first line: who is active, until when, where, and what wins over any switch."""

from __future__ import annotations

from typing import NamedTuple

from profiles.claims import plan_name
from profiles.model import OAUTH_KINDS
from tui.terminal import clean
from tui.widgets.row_text import counted
from tui.widgets.words import (
    ACCENT,
    GOOD,
    MUTED,
    PLAIN,
    STRONG,
    WARN,
    Span,
    cells,
    crop,
    expiry_text,
    kind_word,
    state_word,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.listing import Snapshot
    from profiles.model import ProfileRow
    from tui.widgets.words import Signs


#: What is said wherever nothing is real.
DEMO = "DEMO"


class Part(NamedTuple):
    """A part of the title: its spans, and how early it is left out (0: never)."""

    spans: tuple[Span, ...]
    goes: int = 0
    right: bool = False

    @property
    def cells(self) -> int:
        """The cells that it takes."""
        return sum(cells(text) for text, _ in self.spans)


def override_words(snapshot: Snapshot) -> str | None:
    """Return what beats every switch here, in a few words."""
    names = list(dict.fromkeys(override.name for override in snapshot.overrides))
    if not names:
        return None
    return f"{', '.join(names)} {'wins' if len(names) == 1 else 'win'} over any switch"


class Around(NamedTuple):
    """What the title depends on besides the login: time, glyphs, host if remote, cells, and whether all is made up."""

    now: float
    signs: Signs
    host: str | None
    width: int
    demo: bool = False


def title_spans(
    snapshot: Snapshot | None, row: ProfileRow | None, around: Around
) -> tuple[Span, ...]:
    """Return the line. Parts go as they must; the active name and what wins over it stay."""
    now, signs, host, width, demo = around
    parts = [Part(((f"{DEMO}  ", WARN),))] if demo else []
    parts.append(Part((("Switchyard  ", ACCENT),), 6))
    gap: Span = (f" {signs.dot} ", MUTED)
    if row is not None:
        name = clean(row.name or "a login not saved yet")
        parts.append(Part(((f"{signs.active} ", GOOD), (name, STRONG))))
        parts.append(Part((("  ", PLAIN), (clean(row.email or kind_word(row.kind)), PLAIN)), 4))
        plan = plan_name(row.plan)
        if plan:
            parts.append(Part((gap, (clean(plan), PLAIN)), 5))
        word = state_word(row.state, signs)
        left = counted(row)
        if row.kind in OAUTH_KINDS and left is not None and left > now:
            text = f"{expiry_text(now, left, signs)} left"
            parts.append(Part((gap, (text, word.role if word.role == WARN else PLAIN)), 2))
        else:
            parts.append(Part((gap, (word.text, word.role)), 2))
    elif snapshot is not None:
        parts.append(Part(((f"{signs.empty} ", MUTED), ("no login is active", PLAIN))))
    if snapshot is not None and (words := override_words(snapshot)) is not None:
        parts.append(Part(((f"{signs.warn} {clean(words)}", WARN),), 0, right=True))
    if host is not None:
        parts.append(Part(((f"on {host}", MUTED),), 3, right=True))
    return _fitted(parts, width, signs)


def _fitted(parts: list[Part], width: int, signs: Signs) -> tuple[Span, ...]:
    def total() -> int:
        rights = sum(1 for part in parts if part.right)
        return sum(part.cells for part in parts) + 2 * rights

    while total() > width and any(part.goes for part in parts):
        parts.remove(max(parts, key=lambda part: part.goes))
    left = [span for part in parts if not part.right for span in part.spans]
    right = [(f"  {text}", role) for part in parts if part.right for text, role in part.spans]
    room = width - sum(cells(text) for text, _ in right)
    used = sum(cells(text) for text, _ in left)
    if used <= room:
        return (*left, (" " * (room - used), PLAIN), *right)
    # Only what must stay is left: cut the line as a whole.
    spans: list[Span] = []
    for text, role in (*left, *right):
        piece = crop(text, width, signs)
        spans.append((piece, role))
        width -= cells(piece)
    return tuple(span for span in spans if span[0])
