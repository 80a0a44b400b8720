"""What the screen knows: the last snapshot, the selection, the filter, the events. No Textual here.

Whoever draws subscribes with a callback, which gets the names of what changed. Everything is
called on one thread, the screen's; what worker threads find is handed over first.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from profiles.expiry import EXPIRED
from tui.sorting import USAGE as BY_USAGE
from tui.sorting import Order, in_order
from tui.usage_state import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from profiles.listing import Snapshot
    from profiles.model import ProfileRow

    Watcher = Callable[[frozenset[str]], None]

#: What can change; the words that watchers get.
ROWS, SELECTION, EVENTS, BUSY, USAGE, MARKS = (
    *("rows", "selection", "events", "busy", "usage", "marks"),
)
#: How many events are kept.
KEPT = 500

INFO, WARNING, ERROR = "information", "warning", "error"


class Event(NamedTuple):
    """Something that happened: `at` in seconds since the epoch, UTC; `hint` the next step."""

    at: float
    level: str
    text: str
    hint: str | None = None


class State:
    """The one state of the screen. `rows` are those that the filter lets through."""

    def __init__(
        self,
        now: Callable[[], float],
        snapshot: Snapshot,
        partial: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        self.now = now
        self.snapshot = snapshot
        #: Whether the snapshot is only names so far, the rest still being read.
        self.partial = partial
        self.rows: list[ProfileRow] = []
        self.cursor = 0
        self.filter = ""
        self.events: deque[Event] = deque(maxlen=KEPT)
        self.busy: str | None = None
        #: Since when: seconds since the epoch, UTC.
        self.busy_since = 0.0
        self.usage = Usage()
        self.order = Order()
        #: When profiles were last used, by name (seconds since the epoch, UTC).
        self.used: Mapping[str, float] = {}
        #: The names of the marked profiles, shown or not.
        self.marked: frozenset[str] = frozenset()
        self._ordered: list[ProfileRow] = []
        self._wanted: ProfileRow | None = None
        self._watchers: list[Watcher] = []
        self.take(snapshot, partial=partial)

    # -- watchers --

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` with the names of what changed, whenever something does."""
        self._watchers.append(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Stop calling it."""
        if watcher in self._watchers:
            self._watchers.remove(watcher)

    def _tell(self, *names: str) -> None:
        for watcher in list(self._watchers):
            watcher(frozenset(names))

    # -- rows and selection --

    @property
    def all_rows(self) -> list[ProfileRow]:
        """Every profile, whatever the filter says."""
        return self.snapshot.rows

    @property
    def selected(self) -> ProfileRow | None:
        """The row that the cursor is on."""
        return self.rows[self.cursor] if 0 <= self.cursor < len(self.rows) else None

    @property
    def active(self) -> ProfileRow | None:
        """The row of the active login, if there is one."""
        return next((row for row in self.all_rows if row.active), None)

    def take(self, snapshot: Snapshot, *, partial: bool = False, stay: bool = False) -> None:
        """Take what was read from the disk; the cursor stays on the profile that it is on.

        With `stay` the profiles are those of before, and keep their places whatever the order says now.
        """
        rows_before = self.snapshot.rows
        self.snapshot, self.partial = snapshot, partial
        #: How many logins are due for a refresh.
        self.due = sum(row.state == EXPIRED for row in snapshot.rows)
        if self.marked and not partial:
            self._keep_marks(rows_before)
        if stay:
            by_name = {row.name: row for row in snapshot.rows}
            self._ordered = [by_name.get(row.name, row) for row in self._ordered]
            self._filter_rows()
        else:
            self._put_in_order()
        if self._wanted is None and not partial:
            # The first look: nothing was chosen yet, so the active login is.
            self._wanted = self.active or (self.rows[0] if self.rows else None)
        self._find_cursor()
        if self._wanted is not None and not partial:
            name = self._wanted.name
            was, still = (any(row.name == name for row in r) for r in (rows_before, snapshot.rows))
            if was and not still:
                # It is gone: what the cursor is on now is chosen, also when a filter is cleared later.
                self._wanted = self.selected
        self._tell(ROWS, SELECTION)

    def replace_rows(self, rows: Mapping[str, ProfileRow]) -> None:
        """Take what is known of some profiles, by name, before the disk is read again."""
        known = self.snapshot.rows
        changed = [rows.get(row.name or "", row) for row in known]
        if changed != known:
            # They stay where they are until the disk is read: rows that jump are hard to follow.
            self.take(self.snapshot._replace(rows=changed), partial=self.partial, stay=True)

    def select(self, cursor: int) -> None:
        """Put the cursor on a line."""
        cursor = max(0, min(cursor, len(self.rows) - 1))
        if cursor == self.cursor and self._wanted is self.selected:
            return
        self.cursor = cursor
        self._wanted = self.selected or self._wanted
        self._tell(SELECTION)

    def keep_selection(self) -> None:
        """Stay on what the filter led to when it is cleared."""
        self._wanted = self.selected or self._wanted

    def select_name(self, name: str) -> None:
        """Put the cursor on a profile, now or as soon as a snapshot has it."""
        for index, row in enumerate(self.rows):
            if row.name == name:
                self.select(index)
                return
        if self._wanted is not None:
            self._wanted = self._wanted._replace(name=name, user_id=None, account_id=None)

    def set_filter(self, text: str) -> None:
        """Let through only what matches all words of `text`."""
        if text == self.filter:
            return
        self.filter = text
        self._filter_rows()
        self.cursor = 0
        self._find_cursor()
        self._tell(ROWS, SELECTION)

    def sort(self, order: Order, used: Mapping[str, float] | None = None) -> None:
        """Put the rows into another order; the cursor stays on its profile. `used`: when each was, if that was read."""
        used = self.used if used is None else used
        if (order, used) != (self.order, self.used):
            self.order, self.used = order, used
            self._put_in_order()
            self._find_cursor()
            self._tell(ROWS, SELECTION)

    def _put_in_order(self) -> None:
        rows = self.all_rows
        if self.order != Order():
            rows = in_order(rows, self.order, self.usage, self.used, self.now())
        self._ordered = rows
        self._filter_rows()

    def _filter_rows(self) -> None:
        words = self.filter.lower().split()
        rows = self._ordered
        if words:
            rows = [row for row in rows if _matches(row, words)]
        self.rows = rows

    def _find_cursor(self) -> None:
        """Find the chosen profile again: by its name, else by its identity, else by its place."""
        wanted = self._wanted
        if wanted is not None:
            for index, row in enumerate(self.rows):
                if row.name == wanted.name:
                    self.cursor = index
                    self._wanted = row
                    return
            for index, row in enumerate(self.rows):
                if _same_identity(row, wanted):
                    self.cursor = index
                    self._wanted = row
                    return
        self.cursor = max(0, min(self.cursor, len(self.rows) - 1))

    # -- marks --

    @property
    def marked_names(self) -> list[str]:
        """The names of the marked profiles, in the order of the list."""
        names = (row.name for row in self._ordered)
        return [name for name in names if name is not None and name in self.marked]

    @property
    def hidden_marks(self) -> int:
        """How many marked profiles the filter hides."""
        if not self.marked or self.rows is self._ordered:
            return 0
        return len(self.marked) - len(self.marked.intersection(row.name or "" for row in self.rows))

    def mark(self, names: Iterable[str]) -> None:
        """Mark these profiles, and no others."""
        marked = frozenset(names)
        if marked != self.marked:
            self.marked = marked
            self._tell(MARKS)

    def renamed(self, old: str, new: str) -> None:
        """Follow a profile that is about to be seen under another name: the cursor and its mark."""
        if old in self.marked:
            self.marked = self.marked - {old} | {new}
        self.select_name(new)

    def _keep_marks(self, before: Sequence[ProfileRow]) -> None:
        """Keep the marks of profiles that are there, also under another name; of others they go with them."""
        there = {row.name for row in self.all_rows}
        gone = self.marked - there
        if not gone:
            return
        known = {row.name for row in before}
        lost = [row for row in before if row.name in gone]
        new = [row for row in self.all_rows if row.name is not None and row.name not in known]
        found = {row.name for row in new if any(_same_identity(row, each) for each in lost)}
        self.marked = self.marked - gone | {name for name in found if name is not None}

    # -- events --

    def note(self, text: str, level: str = INFO, hint: str | None = None) -> None:
        """Put something into the event log."""
        self.events.append(Event(self.now(), level, text, hint))
        self._tell(EVENTS)

    def was_just_said(self, text: str) -> bool:
        """Whether this is among the last things in the log already."""
        return any(event.text == text for event in list(self.events)[-20:])

    def note_all(self, sentences: Iterable[str]) -> list[str]:
        """Put sentences into the event log; return those that were not said just before."""
        new = [sentence for sentence in sentences if not self.was_just_said(sentence)]
        for sentence in new:
            self.note(sentence)
        return new

    def note_events(self, events: Sequence[Event]) -> None:
        """Put many things into the event log at once."""
        if events:
            self.events.extend(events)
            self._tell(EVENTS)

    def tell_usage(self) -> None:
        """Tell that more is known about usage."""
        before = [row.name for row in self.rows] if self.order.by == BY_USAGE else []
        if before:
            self._put_in_order()
            if before != [row.name for row in self.rows]:
                self._find_cursor()
                self._tell(ROWS, SELECTION, USAGE)
                return
        self._tell(USAGE)

    def set_busy(self, words: str | None) -> None:
        """Say what is being written, in words (`switching to work`); None: nothing any more."""
        self.busy = words
        if words is not None:
            self.busy_since = self.now()
        self._tell(BUSY)


def _matches(row: ProfileRow, words: list[str]) -> bool:
    fields = (row.name, row.email, row.plan, row.workspace, row.note, row.state, row.kind)
    text = "\n".join(field for field in fields if field).lower()
    return all(word in text for word in words)


def _same_identity(one: ProfileRow, other: ProfileRow) -> bool:
    """Whether two rows are of one ChatGPT identity; keys have none that a row knows."""
    if one.user_id is None or one.account_id is None:
        return False
    return (one.user_id, one.account_id) == (other.user_id, other.account_id)
