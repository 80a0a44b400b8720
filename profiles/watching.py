"""Did something change that we did not do ourselves? Told by the marks of a few files: inode, size and times.

No file is opened to find that out, and nothing is kept open. What is half written, or missing for a moment between two
steps of its writer, is looked at again before anybody believes it (R6).
"""

from __future__ import annotations

import errno
import os
from typing import NamedTuple

from profiles.cache import MISSING, AuthFacts, facts_of_copy
from profiles.files import read_regular
from profiles.generation import read_copy
from profiles.history import WINDOW, entries_in, history_path
from profiles.leftovers import UNCHANGED_FOR
from profiles.marks import marks_path
from profiles.own_writes import NotedFiles
from profiles.paths import AUTH_FILE, PROFILE_FILE
from profiles.spent import spent_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from profiles.context import Context
    from profiles.history import Entry
    from profiles.model import ProfileRow

    #: Device, inode, size, mtime and ctime (ns), of a link also its own; empty: not there; one number: why not.
    Mark = tuple[int, ...]

#: Up to so many profiles all are looked at each time; of more those that matter, and of the others so many in turn.
ALL, IN_TURN = 128, 160
#: Of more than so many each is looked at every second time: who is idle pays for every look.
FEW = 16
#: A note is looked at in one of so many looks; whatever else others do to a profile shows elsewhere.
NOTES_EVERY = 4
#: Seconds for which a login must be missing before it is gone: others remove a file and put a new one there.
MISSING_FOR = 0.6
#: Seconds between a Switchyard that presents a refresh token and what it writes then.
JUST_NOW = 5.0
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR})


class Changes(NamedTuple):
    """What others did since the last look. `profiles`: the auth.json of each whose file is another one now.

    `live`: before and after, None when the active home's login is the same file. `unreadable`: what could not even be
    looked at, and why. `exchanged`: whether some Switchyard presented a refresh token meanwhile.
    """

    live: tuple[AuthFacts, AuthFacts] | None
    by_switchyard: bool
    profiles: frozenset[str]
    entries: list[Entry]
    marks: bool
    exchanged: bool
    unreadable: dict[str, str]
    folder_gone: bool


class Watch:
    """The watch over one active home and our own folders.

    `look` and `take` are called by one thread at a time, never the screen's.
    """

    def __init__(
        self, context: Context, *, stat: Callable[[str], os.stat_result] = os.stat
    ) -> None:
        self._context = context
        self._stat = stat
        files = context.files
        self._own = files if isinstance(files, NotedFiles) else NotedFiles(files)
        self.live = f"{context.home}/{AUTH_FILE}"
        self._root = context.roots.profiles
        self._history = history_path(context)
        self._states = marks_path(context)
        self._spent = spent_path(context)
        self._few = (self.live, self._root, self._history, self._states, self._spent)
        self._known: dict[str, Mark] = {}
        self._changed: dict[str, Mark] = {}
        self._since: dict[str, tuple[Mark, float]] = {}
        self._turn = self._looks = 0
        self._had_folder = False
        self._facts = MISSING
        self._history_read = 0
        self._exchanged_at = -1.0

    def begin(self, rows: Sequence[ProfileRow] = ()) -> None:
        """Take everything as known that is there now, of these profiles too."""
        paths = [*self._few, *(path for row in rows for path in self._files_of(row))]
        self._known = {path: self._mark(path) for path in paths}
        self._had_folder = len(self._known[self._root]) > 1
        self._facts = self._read_live()
        self._history_read = self._size(self._history)

    # -- a look: only marks --

    def look(self, rows: Sequence[ProfileRow], seen: Iterable[int] = ()) -> bool:
        """Say whether something is otherwise, by others than us. `seen`: the indexes of rows that matter now."""
        changed: dict[str, Mark] = {}
        # What was not settled yet is looked at again, whoever's turn it is.
        paths = (*self._few, *self._changed, *self._paths(rows, seen))
        for path in dict.fromkeys(paths) if self._changed else paths:
            mark = self._mark(path)
            known = self._known.get(path)
            if mark == known:
                continue
            if known is None:
                self._known[path] = mark
            elif path != self._root and self._is_ours(path, mark):
                self._known[path] = mark
                if path == self.live:
                    self._facts = self._read_live()
            else:
                changed[path] = mark
        self._changed = changed
        return bool(changed)

    def _paths(self, rows: Sequence[ProfileRow], seen: Iterable[int]) -> list[str]:
        self._looks += 1
        indexes: Iterable[int] = range(len(rows))
        if FEW < len(rows) <= ALL:
            indexes = range(self._looks % 2, len(rows), 2)
        elif len(rows) > ALL:
            start = self._turn % len(rows)
            self._turn = start + IN_TURN
            indexes = {*seen, *range(start, min(start + IN_TURN, len(rows)))}
        paths = []
        for index in indexes:
            row = rows[index]
            if row.name is not None:
                paths.append(f"{row.home}/{AUTH_FILE}")
                if (index + self._looks) % NOTES_EVERY == 0:
                    paths.append(f"{self._root}/{row.name}/{PROFILE_FILE}")
        return paths

    def _files_of(self, row: ProfileRow) -> tuple[str, ...]:
        if row.name is None:
            return ()
        return (f"{row.home}/{AUTH_FILE}", f"{self._root}/{row.name}/{PROFILE_FILE}")

    def _mark(self, path: str) -> Mark:
        try:
            found = self._stat(path)
            mark = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            if path != self.live:
                return mark
            # The live file may be a link, which somebody may let lead elsewhere.
            link = os.lstat(path)
            return (*mark, link.st_ino, link.st_mtime_ns)
        except OSError as error:
            number = error.errno or errno.EIO
            return () if number in _ABSENT else (number,)

    def _is_ours(self, path: str, mark: Mark) -> bool:
        if not mark:
            return self._own.removed(path)
        if len(mark) == 1:
            return False
        if self._own.made(*mark[:4]):
            return True
        if os.path.basename(path) == AUTH_FILE:
            self._own.is_back(path)
        return False

    # -- what a change is --

    def is_settled(self) -> bool:
        """Say whether what changed can be believed: nothing is half written, or missing for a moment only (R6)."""
        now = self._context.monotonic()
        settled = True
        for path, mark in self._changed.items():
            if os.path.basename(path) != AUTH_FILE or len(mark) == 1:
                continue
            before, since = self._since.get(path, (None, now))
            if before != mark:
                self._since[path] = (mark, now)
                since = now
            if not mark:
                settled &= now - since >= MISSING_FOR
            else:
                copy = read_copy(path)
                whole = copy is not None and copy.document is not None
                settled &= whole or now - since >= UNCHANGED_FOR
        return settled

    @property
    def has_login(self) -> bool:
        """Whether a login is among what changed, so that there may be something to save."""
        return any(
            os.path.basename(path) == AUTH_FILE and len(mark) != 1
            for path, mark in self._changed.items()
        )

    @property
    def folder_is_away(self) -> bool:
        """Whether the profiles' folder was there and is not now: none is to be made in its place."""
        there = len(self._mark(self._root)) > 1
        self._had_folder |= there
        return self._had_folder and not there

    def gather(self, saved: str | None = None) -> Changes:
        """Return what changed; call it before anything is reconciled, which makes files alike.

        `saved` is where the active profile keeps its own copy.
        """
        changed = self._changed
        live = (self._facts, self._read_live()) if self.live in changed else None
        now = self._context.monotonic()
        if self._spent in changed:
            self._exchanged_at = now
        return Changes(
            live,
            live is not None and saved is not None and self._came_from(saved),
            frozenset(
                path
                for path in changed
                if path != self.live and os.path.basename(path) == AUTH_FILE
            ),
            self._new_entries() if self._history in changed else [],
            self._states in changed,
            0 <= self._exchanged_at >= now - JUST_NOW,
            {path: os.strerror(mark[0]) for path, mark in changed.items() if len(mark) == 1},
            self._root in changed and self.folder_is_away,
        )

    def _came_from(self, path: str) -> bool:
        """Say whether the live file is what another Switchyard had saved in `path` before it put it there.

        Codex writes the live file first, and a Switchyard copies it from there.
        """
        saved, live = read_copy(path), read_copy(self.live)
        if saved is None or live is None or saved.raw != live.raw:
            return False
        mine, theirs = self._mark(path), self._changed.get(self.live, ())
        return len(mine) > 4 and len(theirs) > 4 and mine[4] < theirs[4]

    def take(self) -> None:
        """Take what changed as known."""
        self._known.update(self._changed)
        for path in self._changed:
            self._since.pop(path, None)
        if self.live in self._changed:
            self._facts = self._read_live()
        self._changed = {}

    def _read_live(self) -> AuthFacts:
        copy = read_copy(self.live)
        return MISSING if copy is None else facts_of_copy(copy)

    def _new_entries(self) -> list[Entry]:
        """Return what others noted in the history since we read it last."""
        size = self._size(self._history)
        new = size - self._history_read
        if new <= 0:
            self._history_read = size
            return []
        try:
            raw = read_regular(self._history, last=min(new, WINDOW))
        except OSError:
            return []
        whole = raw[: raw.rfind(b"\n") + 1]
        self._history_read = size - (len(raw) - len(whole))
        lines = [line for line in whole.split(b"\n") if line and not self._own.wrote_line(line)]
        return entries_in(lines)

    def _size(self, path: str) -> int:
        try:
            return self._stat(path).st_size
        except OSError:
            return 0

    def did_move(self, name: str) -> bool:
        """Say whether it was we who made, renamed or deleted the profile of this name."""
        return self._own.moved(f"{self._root}/{name}")
