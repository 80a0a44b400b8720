"""Holders: every file that holds the login, which generation is in it, and whether that is the newest."""

from __future__ import annotations

from profiles.paths import tilde
from tui.terminal import clean
from tui.widgets.tabs.building import Page, Surroundings, Words
from tui.widgets.words import BAD, GOOD, MUTED, PLAIN, WARN, Span, cells

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.details import Holder
    from profiles.model import ProfileRow

#: How an older copy is known to be older (words of profiles.generation).
_EVIDENCE = {
    "usable": "without a refresh token that works",
    "spent": "its refresh token is spent",
    "issued at": "issued earlier",
    "last refresh": "refreshed earlier",
    "expiry": "ends earlier",
    "modified": "changed earlier",
    "tie": "the same age",
}
#: Permissions beyond these are those of others.
_PRIVATE = 0o700


def holders_page(row: ProfileRow, holders: list[Holder] | None, around: Surroundings) -> Page:
    """Return the page; `holders` is None while it is still being read."""
    words = _Holders(around)
    words.name(row)
    is_broken = words.broken(row)
    if holders is None:
        return words.page
    count = len(holders)
    if not count:
        words.sentence("No file holds a login of this profile.")
        return words.page
    if not is_broken:
        words.sentence("one file holds it" if count == 1 else f"{count} files hold it")
    for holder in holders:
        words.gap()
        words.holder(holder, several=count > 1, why=None if is_broken else holder.problem)
    return words.page


class _Holders(Words):
    """Builds the page, a file at a time."""

    def holder(self, holder: Holder, *, several: bool, why: str | None) -> None:
        """One file: its path, whether its tokens are the newest, its mode and its age; `why` it is of no use."""
        signs = self.around.signs
        mark: Span = (f"{signs.newest if holder.newest else ' '} ", GOOD)
        self.path([mark, (clean(tilde(holder.path, self.around.user_home)), PLAIN)])
        if holder.problem is not None:
            self._line(("cannot be used", BAD), (f": {why}" if why else "", BAD))
        elif holder.newest:
            self._line(("newest" if several else "the only copy", GOOD))
        else:
            age = _EVIDENCE.get(holder.older_by or "", "")
            self._line(("older", WARN), (f": {age}" if age else "", MUTED))
        generation: list[Span] = []
        if holder.generation is not None:
            generation = [("generation ", MUTED), (holder.generation, PLAIN)]
        issued: list[Span] = []
        if holder.issued_at is not None:
            issued = [("issued ", MUTED), (self.age(holder.issued_at), PLAIN)]
        self._pair(generation, issued)
        if holder.changed_at is not None:
            changed: list[Span] = [("changed ", MUTED), (self.age(holder.changed_at), PLAIN)]
            mode: list[Span] = [("mode ", MUTED), (f"{holder.mode:04o}", PLAIN)]
            if holder.mode & ~_PRIVATE:
                mode = [*mode, (" open to others", WARN)]
            self._pair(changed, mode)

    def _pair(self, one: list[Span], two: list[Span]) -> None:
        """Add two remarks, on one line if they fit there."""
        between: Span = (f" {self.around.signs.dot} ", MUTED)
        together = [*one, between, *two] if one and two else one + two
        if 2 + sum(cells(text) for text, _ in together) <= self.around.width:
            self._line(*together)
        else:
            self._line(*one)
            self._line(*two)

    def _line(self, *spans: Span) -> None:
        if spans:
            self.wrapped(("  ", PLAIN), *spans, indent=4)
