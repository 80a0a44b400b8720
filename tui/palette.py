"""What the palette offers: every action that can be done now, by a name that begins with a noun. No Textual here.

Beside the actions there are entries for what an action is done with: each profile to switch to, each order of the list,
each theme. They are found fuzzily: the letters of a word in their order, best match first.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tui.keys import ACTIONS, FOOTERS, MOVE, MOVES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.keymap import Keymap
    from tui.situation import Situation

#: What an entry does: an action of the table, a switch to a profile, an order of the list, a theme.
DO, SWITCH, SORT, THEME = "do", "switch", "sort", "theme"

#: The name of each action. `{name}` is the selected profile.
NAMES = {
    "pane": "pane: next",
    "pane-back": "pane: the one before",
    "pane-1": "pane: profiles",
    "pane-2": "pane: profile in detail",
    "pane-3": "pane: logins and refreshes that run",
    "pane-4": "pane: events",
    "zoom": "pane: zoom, or back",
    "switch": "profile: switch to {name}",
    "undo": "profile: undo the last switch",
    "run": "profile: run codex as {name}",
    "login": "login: by device code",
    "login-browser": "login: by browser",
    "refresh": "profile: refresh",
    "refresh-all": "profiles: refresh all but those of the last hour",
    "new": "profile: new",
    "rename": "profile: rename",
    "note": "profile: write a note",
    "delete": "profile: delete",
    "copy": "copy: what is looked at",
    "copy-more": "copy: account id, home, other things",
    "open": "login: open the URL in a browser",
    "plain": "login: show code and URL unbroken",
    "qr": "login: QR code, or hide it",
    "tunnel": "login: edit the ssh line",
    "browser-instead": "login: the other way, browser or code",
    "code-new": "login: try again",
    "tab-prev": "tab: the one before",
    "tab-next": "tab: next (tokens, usage, holders, history)",
    "raw": "tokens: raw claims, or back",
    "filter": "list: filter",
    "sort": "list: choose the order",
    "mark": "list: mark, or unmark",
    "mark-all": "list: mark all, or none",
    "detail": "profile: read in full",
    "back": "screen: one step back",
    "events": "events: open or close the log",
    "rescan": "list: read the disk again",
    "doctor": "doctor: why a login does not work",
    "mend": "doctor: mend what the cursor is on",
    "help": "help: all keys",
    "redraw": "screen: draw again",
    "suspend": "screen: suspend, to the shell",
    "quit": "screen: leave, quit",
    "cancel": "work: cancel the login or refresh",
    "quit-now": "screen: leave at once, exit",
}
#: The actions that have no entry, and why.
NO_ENTRY = {
    **dict.fromkeys(MOVES, "it moves in the pane below, and arrows, pgdn and pgup do all of it"),
    "palette": "it is what this is found in",
}


class Entry(NamedTuple):
    """One line: its name, the key that does the same (or none), what it does, and with what."""

    name: str
    key: str
    deed: str
    what: str


class Offers(NamedTuple):
    """What can be had beside the actions: names of profiles and, of orders and themes, id and words."""

    profiles: Sequence[str] = ()
    active: str | None = None
    sorts: Sequence[tuple[str, str]] = ()
    themes: Sequence[str] = ()


def entries(now: Situation, keymap: Keymap, offers: Offers, place: str = "list") -> list[Entry]:
    """Return what can be done now: first what counts in this place, then the table, then what it is done with."""
    first = {action: number for number, action in enumerate(FOOTERS.get(place, ()))}
    actions = sorted(ACTIONS, key=lambda each: (first.get(each.id, len(first)), each.group == MOVE))
    made = []
    for action in actions:
        why = action.why_not(now) if action.why_not is not None else None
        if why is not None or action.id in NO_ENTRY or not _means_something(action.id, now):
            continue
        name = NAMES.get(action.id, f"more: {action.word}").replace("{name}", now.name or "it")
        made.append(Entry(name, keymap.first(action.id), DO, action.id))
    made += [Entry(f"list: sort by {words}", "", SORT, order) for order, words in offers.sorts]
    made += [Entry(f"theme: {theme}", "", THEME, theme) for theme in offers.themes]
    if now.busy is None:
        there = (offers.active, now.name)
        made += [
            Entry(f"profile: switch to {name}", "", SWITCH, name)
            for name in offers.profiles
            if name not in there
        ]
    return made


def _means_something(action: str, now: Situation) -> bool:
    """Whether an action that is always possible would change anything now."""
    if action == "switch":
        return not now.active
    if action == "cancel":
        return now.place.startswith("login-") or now.refreshing_any
    return True


def find(query: str, offered: Sequence[Entry]) -> list[Entry]:
    """Return what matches every word of the query, best first; all of it where there is none."""
    words = query.lower().split()
    if not words:
        return list(offered)
    patterns = [_pattern(word) for word in words]
    ranked = []
    for number, entry in enumerate(offered):
        name = entry.name.lower()
        if all(pattern.search(name) for pattern in patterns):
            ranked.append((sum(_cost(word, name) for word in words), number))
    ranked.sort()
    return [offered[number] for _, number in ranked]


def marked(query: str, name: str) -> frozenset[int]:
    """Return the places in a name of what was looked for."""
    low = name.lower()
    return frozenset(at for word in query.lower().split() for at in _places(word, low))


def _pattern(word: str) -> re.Pattern[str]:
    """Return what finds the letters of a word in their order; it never goes back, however long the name is."""
    signs = [re.escape(sign) for sign in word]
    return re.compile(signs[0] + "".join(f"[^{sign}]*{sign}" for sign in signs[1:]))


def _cost(word: str, name: str) -> int:
    """Return how far a name is from a word: as it begins, as a word of it begins, inside one, letter by letter."""
    at = name.find(word)
    if at < 0:
        places = _places(word, name)
        starts = sum(_begins(place, name) for place in places)
        return 1000 + places[-1] - places[0] - 4 * starts
    if not _begins(at, name):
        inner = re.search(rf"\b{re.escape(word)}", name)
        return 200 + at if inner is None else inner.start()
    return at


def _begins(at: int, name: str) -> bool:
    return not at or not name[at - 1].isalnum()


def _places(word: str, name: str) -> list[int]:
    """Return where the letters of a word are in a name: together where they are, else where words begin."""
    whole = re.search(rf"\b{re.escape(word)}", name) or re.search(re.escape(word), name)
    if whole is not None:
        return list(range(whole.start(), whole.end()))
    return _scattered(word, name, starts=True) or _scattered(word, name, starts=False)


def _scattered(word: str, name: str, *, starts: bool) -> list[int]:
    """Return the first places in which the letters follow each other; with `starts` a word's beginning is preferred."""
    places: list[int] = []
    at = 0
    for letter in word:
        found = name.find(letter, at)
        if starts and found > at:
            begin = next(
                (i for i in range(found, len(name)) if name[i] == letter and _begins(i, name)), -1
            )
            found = begin if begin >= 0 else found
        if found < 0:
            return []
        places.append(found)
        at = found + 1
    return places
