"""What the keys do: reading, profiles, the official client; `switching.py` has the switch."""

from __future__ import annotations

from functools import partial

from profiles.last_used import last_used
from profiles.listing import take_snapshot
from profiles.paths import tilde
from tui.screens.switching import SwitchDeeds
from tui.sorting import USED
from tui.state import WARNING
from tui.widgets.title_text import override_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from profiles.listing import Snapshot
    from profiles.reconcile import Report
    from tui.screens.switchyard import Switchyard
    from tui.sorting import Order


class Deeds(SwitchDeeds):
    """The deeds of one screen."""

    def __init__(self, app: Switchyard) -> None:
        super().__init__(app)
        self._scans = self._seen = 0
        self._reading = self._says = False
        self._known_problems: set[str] = set()

    def do(self, action: str, name: str | None) -> Awaitable[None] | None:
        """Do what a key stands for; what is returned is a dialog that opens. `name`: the selected profile."""
        if action == "undo":
            self.undo()
        elif name is not None:
            named: dict[str, Callable[[str], Awaitable[None] | None]] = {
                "switch": self.switch,
                "run": self._run_codex,
                "rename": self._ask_rename,
                "note": self._ask_note,
                "delete": self._ask_delete,
            }
            return named[action](name)
        return None

    # -- reading --

    def start(self) -> None:
        """Begin what the first row did not need: adopt the live login, read the disk."""
        if self.state.partial:
            self.rescan()
        elif self.state.snapshot is not None:
            self._look_at(self.state.snapshot)
        self.start_reading("write", self._reconcile, self._reconciled)

    def _reconcile(self) -> Report:
        from profiles.reconcile import reconcile

        with self.gate:
            report = reconcile(self.context)
        # The first switch need not wait for 10 ms of imports.
        from profiles import daemon, verifying  # noqa: F401

        return report

    def _reconciled(self, report: Report) -> None:
        new = self.state.note_all(report.said)
        if new:
            self.app.tell("\n".join(new))
        self.rescan()

    def rescan(self, *, said: bool = False) -> None:
        """Read the disk again; with `said` a line tells that it was."""
        self._scans += 1
        self._says = self._says or said
        if not self._reading:
            self._read()

    def _read(self) -> None:
        """Read it in a thread, one at a time: of ten thousand profiles a look takes most of a second."""

        def work() -> Snapshot | Exception:
            try:
                return take_snapshot(self.context)
            except Exception as error:  # noqa: BLE001 - the next look must be free to begin
                return error

        self._reading = True
        self.start_reading("scan", work, partial(self._has_read, self._scans))

    def _has_read(self, number: int, found: Snapshot | Exception) -> None:
        self._reading = False
        if number != self._scans:
            self._read()  # What was read may be older than what was asked for since.
        elif isinstance(found, Exception):
            self.failed_reading(found)
        else:
            self._scanned(found)

    def show_active(self, name: str) -> None:
        """Mark the login that is active now; the disk is read when the deed that made it so has ended."""
        snapshot = self.state.snapshot
        if self.state.partial or snapshot.row(name) is None:
            return
        self._scans += 1  # What is read just now may be older.
        rows = [
            row._replace(active=not row.active) if row.active != (row.name == name) else row
            for row in snapshot.rows
        ]
        self.state.take(snapshot._replace(active=name, rows=rows))

    def outdate(self) -> None:
        """Let a look that is under way be followed by another: what it reads may be older than what is shown."""
        if self._seen != self._scans:
            self.rescan()

    @property
    def scans(self) -> int:
        """How many looks at the disk were begun."""
        return self._scans

    def take(self, snapshot: Snapshot, scans: int) -> None:
        """Take a look that somebody else had, begun when there were so many of ours."""
        if scans != self._scans:
            self.rescan()  # One of ours is newer, or under way.
            return
        self._scans += 1
        self._scanned(snapshot)

    def _scanned(self, snapshot: Snapshot) -> None:
        self._seen = self._scans
        said, self._says = self._says, False
        self.state.take(snapshot)
        if self.state.order.by == USED:
            self.read_use(self.state.order)
        self._look_at(snapshot)
        if said:
            count = len(snapshot.rows)
            self.app.tell(f"read again: {count} profile{'' if count == 1 else 's'}")

    def read_use(self, order: Order) -> None:
        """Read when each profile was last used, and put the list into this order by it."""
        self.start_reading(
            "use", partial(last_used, self.context), lambda used: self.state.sort(order, used)
        )

    def _look_at(self, snapshot: Snapshot) -> None:
        """Put what is wrong, and what no switch wins against, into the log; each once."""
        for problem in snapshot.problems:
            words = f"{tilde(problem.path, self.context.user_home)}: {problem.error}"
            if words not in self._known_problems:
                self._known_problems.add(words)
                self.state.note(words, WARNING)
        words = override_words(snapshot) or ""
        if words and words not in self._known_problems:
            self._known_problems.add(words)
            where = ", ".join(dict.fromkeys(each.where for each in snapshot.overrides))
            self.state.note(f"{words} (set in: {where})", WARNING)

    # -- profiles --

    def _ask_rename(self, name: str) -> Awaitable[None]:
        def rename(new: str) -> None:
            from profiles import store

            if new == name:
                return
            self.write(
                f"renaming {name}",
                partial(store.rename, self.context, name, new),
                partial(self._renamed, name, new),
            )

        return self.ask(f"Rename {name}", "Its home moves along.", name, rename, name=True)

    def _renamed(self, old: str, new: str, report: Report) -> None:
        self.state.renamed(old, new)
        self.say_all(report)

    def _ask_note(self, name: str) -> Awaitable[None]:
        def note(text: str) -> None:
            from profiles import store

            self.write(
                f"writing the note of {name}",
                partial(store.set_note, self.context, name, text or None),
                lambda _done: self.say(f"note of {name} {'saved' if text else 'removed'}"),
            )

        row = self.state.selected
        before = row.note if row is not None and row.note else ""
        return self.ask(f"Note of {name}", "An empty one is removed.", before, note, name=False)

    def _ask_delete(self, name: str) -> Awaitable[None]:
        from profiles import store

        row = self.state.selected
        place = tilde(f"{self.context.roots.backups}/deleted", self.context.user_home)
        what = "Its folder is moved"
        if row is not None and not row.managed:
            what = f"{row.home} itself is not touched; our own folder for it is moved"
        text = f"{what} to {place}. No token is revoked: the login stays valid."
        return self.confirm(
            f"Delete {name}?",
            text,
            "delete",
            lambda: self.write(
                f"deleting {name}", partial(store.delete, self.context, name), self.say_all
            ),
        )

    def register(self, name: str, home: str) -> None:
        """Make a profile of a home where it lies."""
        from profiles import store

        self.write(
            f"registering {name}",
            partial(store.register, self.context, name, home),
            partial(self._renamed, name),
        )

    def make_empty(self, name: str) -> None:
        """Make a profile without a login."""
        from profiles import store

        self.write(
            f"making {name}",
            partial(store.add_empty, self.context, name),
            partial(self._made, name),
        )

    def _made(self, name: str, report: Report) -> None:
        self.state.note_all(report.said)
        self.state.select_name(name)
        self.app.tell(
            f"{name} is made, and empty", hint=f"{self.app.keymap.first('login')} logs in there"
        )

    def offer_login(self, name: str, what: str) -> Awaitable[None]:
        """Offer to fill an empty profile by a device code."""
        return self.confirm(
            "Log in",
            f"{what}. Log in there now, with a device code?",
            "log in",
            lambda: self.app.main.logins.log_in(name),
        )

    # -- the official client --

    def _run_codex(self, name: str) -> None:
        from tui.screens.outside import run_codex

        run_codex(self.app, self, name)
