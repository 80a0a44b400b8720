"""History: the switches, refreshes and logins of one profile, newest first, each with its age."""

from __future__ import annotations

from profiles.history import refreshed_names
from profiles.paths import tilde
from tui.terminal import clean
from tui.widgets.tabs.building import Page, Surroundings, Words
from tui.widgets.words import BAD, GOOD, MUTED, PLAIN, WARN, Span, cells, fit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.history import Entry
    from profiles.model import ProfileRow
    from tui.detail_state import Doings

#: The cells of an age and the space behind it.
AGE = 10
#: Outcomes of a refresh in words, with their role.
_OUTCOMES = {
    "refreshed": ("refreshed", GOOD),
    "login-needed": ("refresh: login needed", BAD),
    "unreachable": ("refresh: issuer not reached", WARN),
    "uncertain": ("refresh: uncertain", WARN),
    "failed": ("refresh failed", BAD),
}


def history_page(row: ProfileRow, doings: Doings | None, around: Surroundings) -> Page:
    """Return the page; `doings` is None while it is still being read."""
    words = _History(around)
    words.name(row)
    if doings is None:
        return words.page
    if not doings.entries:
        words.sentence("Nothing was done with this profile yet.")
        return words.page
    words.sentence("newest first")
    words.gap()
    for entry in doings.entries:
        words.entry(row.name or "", entry)
    if doings.more:
        words.gap()
        words.sentence("Older ones: tui history")
    return words.page


class _History(Words):
    """Builds the page, an entry at a time."""

    def entry(self, name: str, entry: Entry) -> None:
        """One thing done: how long ago, what, and by the clock where there is room."""
        age: Span = (fit(self.age(entry.time), AGE, self.around.signs), MUTED)
        what = [(clean(text), role) for text, role in _doing(name, entry, self.around.user_home)]
        date: Span = (f"  {self.date(entry.time)}", MUTED)
        used = AGE + sum(cells(text) for text, _ in (*what, date))
        self.wrapped(age, *what, *([date] if used <= self.around.width else []), indent=AGE)


def _doing(name: str, entry: Entry, user_home: str) -> list[Span]:
    """Return what was done, seen from a profile."""
    verb, other = entry.verb, entry.profile
    if verb in ("switch", "undo"):
        return _switch(name, entry)
    if verb == "refresh":
        outcome = refreshed_names(entry).get(name, "")
        return [_OUTCOMES.get(outcome, (f"refresh: {outcome or entry.result}", PLAIN))]
    if verb == "rename":
        words = f"renamed, from {entry.before}" if other == name else f"renamed to {other}"
        return [(words, PLAIN)]
    if verb == "add":
        how = {"empty": "made, empty", "adopted": "saved from the active home"}
        if entry.result == "registered":
            return [(f"registered at {tilde(entry.home, user_home)}", PLAIN)]
        return [(how.get(entry.result, f"added: {entry.result}"), PLAIN), *_under(name, other)]
    known = {
        ("login", "saved"): ("logged in", GOOD),
        ("logout", "removed"): ("logged out, here only", WARN),
        ("logout", "revoked"): ("logged out and revoked", WARN),
        ("delete", "deleted"): ("deleted", WARN),
        ("run", "ended"): ("ran a command as it", PLAIN),
    }
    text, role = known.get((verb, entry.result), (f"{verb}: {entry.result}", PLAIN))
    return [(text, role), *_under(name, other)]


def _switch(name: str, entry: Entry) -> list[Span]:
    by = " by undo" if entry.verb == "undo" else ""
    if entry.profile == name:
        if entry.result == "unchanged":
            return [("switched to; it was active already", MUTED)]
        before = f", from {entry.before}" if entry.before else ""
        return [("switched to", GOOD), (f"{by}{before}", PLAIN)]
    if entry.before == name:
        return [(f"switched away{by}, to {entry.profile}", PLAIN)]
    return [(f"switched{by} to {entry.profile}, the same login", PLAIN)]


def _under(name: str, other: str) -> list[Span]:
    """Say under which name it was done, where that is another one."""
    return [(f" as {other}", MUTED)] if other and other != name else []
