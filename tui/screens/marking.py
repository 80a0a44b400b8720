"""Marks, and what several profiles are marked for: delete here, refresh in `refreshing.py`."""

from __future__ import annotations

from functools import partial
from threading import Event
from typing import NamedTuple

from profiles.errors import ProfilesError
from profiles.paths import tilde
from tui.state import ERROR, INFO, MARKS, ROWS, WARNING
from tui.stderr import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from profiles.reconcile import Report
    from tui.screens.main import MainScreen
    from tui.screens.switchyard import Switchyard


class Deleted(NamedTuple):
    """What came of deleting one profile: what was said of it, or why it is still there."""

    name: str
    report: Report | None
    error: Exception | None = None


class MarkDesk:
    """The marks of one screen."""

    def __init__(self, screen: MainScreen, app: Switchyard) -> None:
        self._screen = screen
        self._yard = app
        self.handlers: dict[str, Callable[[], object]] = {
            "mark": self._mark,
            "mark-all": self._mark_all,
            "delete": self._delete,
        }
        #: Set when no more profiles are to be deleted, while some are.
        self._stop: Event | None = None
        app.state.watch(self._changed)

    def _changed(self, names: frozenset[str]) -> None:
        if names & {MARKS, ROWS}:
            screen, state = self._screen, self._yard.state
            screen.key_line.marked = len(state.marked)
        if MARKS in names:
            screen.list.show_marks(state.marked)
            screen.panes.name_list()

    # -- marks --

    @property
    def acts(self) -> bool:
        """Whether keys are for the marked profiles: in the list, where the marks are seen."""
        return bool(self._yard.state.marked) and self._screen.place() in ("list", "filtered")

    def names(self) -> list[str]:
        """Return the profiles that a key is for: those that are marked, else the selected one."""
        state = self._yard.state
        if self.acts:
            return state.marked_names
        row = state.selected
        return [row.name] if row is not None and row.name is not None else []

    def _mark(self) -> None:
        state, row = self._yard.state, self._yard.state.selected
        if row is not None and row.name is not None:
            state.mark(state.marked ^ {row.name})
            state.select(state.cursor + 1)

    def _mark_all(self) -> None:
        state = self._yard.state
        shown = frozenset(row.name for row in state.rows if row.name is not None)
        state.mark(state.marked - shown if shown <= state.marked else state.marked | shown)

    def step_back(self) -> bool:
        """Clear the marks; False where there are none, or the focus is elsewhere."""
        acts = self.acts
        if acts:
            self._yard.state.mark(())
        return acts

    # -- deleting several --

    def _delete(self) -> Awaitable[None] | None:
        names, stay = [], []
        if not self.acts:
            row = self._yard.state.selected
            return self._screen.deeds.do("delete", row.name if row is not None else None)
        for name in self.names():
            why = self._why_not(name)
            if why is None:
                names.append(name)
            else:
                stay.append(f"{name} stays: {why}.")
        if not names:
            self._yard.tell("\n".join(stay[:3]))
            return None
        from tui.screens.mark_dialog import ConfirmSeveral

        title = f"Delete {len(names)} profiles?" if len(names) > 1 else f"Delete {names[0]}?"
        dialog = ConfirmSeveral(title, names, [*stay, self._words(names)], yes="delete")
        return self._yard.push_screen(dialog, partial(self._answered, names))

    def _why_not(self, name: str) -> str | None:
        """Return why a profile cannot be deleted now; None when it can."""
        state, key = self._yard.state, self._yard.keymap.first
        running = self._screen.logins.logins.of(name)
        if running is not None and running.runs:
            return "a login for it is running"
        if self._screen.refreshing.refreshes.has(name):
            return "it is being refreshed"
        if state.active is not None and state.active.name == name:
            return f"it is the active login ({key('switch')} on another one switches)"
        return None

    def _words(self, names: Sequence[str]) -> str:
        context, state = self._yard.context, self._yard.state
        place = tilde(f"{context.roots.backups}/deleted", context.user_home)
        one = len(names) == 1
        rows = [row for row in state.all_rows if row.name in names and not row.managed]
        homes = "".join(f" {row.home} itself is not touched." for row in rows)
        return (
            f"{'Its folder is' if one else 'Their folders are'} moved to {place}.{homes} No token is revoked: "
            f"{'the login stays' if one else 'the logins stay'} valid."
        )

    def _answered(self, names: Sequence[str], agreed: bool | None) -> None:  # noqa: FBT001
        if agreed:
            self._stop = stop = Event()
            words = f"deleting {len(names)} profiles" if len(names) > 1 else f"deleting {names[0]}"
            work = partial(self._work, tuple(names), stop)
            self._screen.deeds.write(words, work, self._done)

    def _work(self, names: Sequence[str], stop: Event) -> list[Deleted]:
        """Delete one after the other, in a thread: what goes wrong with one is no reason to leave the next."""
        from profiles import store

        done: list[Deleted] = []
        for number, name in enumerate(names):
            if stop.is_set():
                break
            if number:
                self._later(f"deleting {number + 1} of {len(names)}")
            try:
                done.append(Deleted(name, store.delete(self._yard.context, name)))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told of this one
                done.append(Deleted(name, None, error))
        return done

    def _later(self, words: str) -> None:
        try:
            self._yard.call_later(self._yard.state.set_busy, words)
        except RuntimeError:
            pass  # The screen is gone; the folders are moved all the same.

    def _done(self, done: Sequence[Deleted]) -> None:
        """Say of each what became of it, in the log, and of all in one toast."""
        state, self._stop = self._yard.state, None
        failed = [each for each in done if each.error is not None]
        for each in done:
            if each.report is not None:
                state.note(" ".join(each.report.said))
            elif each.error is not None:
                message, hint = explain(each.error)
                expected = isinstance(each.error, ProfilesError)
                state.note(f"{each.name}: {message}", WARNING if expected else ERROR, hint)
        well = len(done) - len(failed)
        words = f"{well} deleted" if well != 1 or failed else f"deleted {done[0].name}"
        if failed:
            left = ", ".join(each.name for each in failed[:3])
            more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
            words += f", {len(failed)} not: {left}{more}"
        hint = f"{self._yard.keymap.first('events')} tells {'why' if failed else 'where they are'}"
        self._yard.tell(words, WARNING if failed else INFO, hint)

    def cancel(self) -> bool:
        """Delete no more of them; False when none are being deleted."""
        if self._stop is None or self._stop.is_set():
            return False
        self._stop.set()
        self._yard.tell("stopping: what is deleted already is in the backups")
        return True
