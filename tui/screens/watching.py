"""The open screen notices what others do: it looks now and then, reconciles in a thread, and says what happened.

A look costs a few calls of stat, and nothing on the screen. Only when others changed something is anything read.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import NamedTuple

from profiles.errors import ProfilesError, StoreLocked
from profiles.listing import take_snapshot
from profiles.paths import AUTH_FILE
from profiles.watching import ALL, Watch
from tui.news import Seen, tell
from tui.state import WARNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from profiles.listing import Snapshot
    from profiles.model import ProfileRow
    from tui.news import News
    from tui.screens.main import MainScreen
    from tui.screens.switchyard import Switchyard

#: Seconds between two looks; and after one that found something half done, or somebody else at work.
EVERY, SOON = 0.8, 0.15
#: Seconds between two tries to reconcile while another Switchyard holds the locks.
TRY_EVERY = 0.5


class Found(NamedTuple):
    """What came of a look that found something."""

    news: list[News]
    snapshot: Snapshot
    scans: int
    error: Exception | None


class Watching:
    """The watch of one screen: a thread that sleeps, looks, and tells the screen only of what it found."""

    def __init__(self, screen: MainScreen, app: Switchyard) -> None:
        self._screen = screen
        self._yard = app
        self._watch = Watch(app.context)
        self._started = self._begun = self._looking = self._ended = self._resting = False
        #: When the next look is due (seconds of the monotonic clock), and what ends the sleep before it.
        self._next = 0.0
        self._woken = threading.Event()
        #: Of very many rows the indexes of those that matter, as the screen last said.
        self._matter: tuple[Sequence[ProfileRow], Sequence[int]] = ((), ())
        #: Whether a login changed that could not be reconciled yet.
        self._owes = False
        self._complained = ""

    # -- when --

    def start(self) -> None:
        """Begin, after the first row; of very many profiles once they are all known."""
        if self._started or self._ended:
            return
        self._started = True
        self._resting = not self._yard.app_focus
        # A home may lie on a network that hangs: whoever leaves does not wait for that.
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._ended = True
        self._woken.set()

    def rest(self) -> None:
        """Look at nothing until somebody is back."""
        self._resting = True

    def wake(self) -> None:
        """Look at once, and go on."""
        self._resting = False
        self._next = 0.0
        self._woken.set()

    @property
    def is_watching(self) -> bool:
        """Whether what changes from now on is noticed."""
        return self._begun and not self._looking

    # -- in the thread --

    def _run(self) -> None:
        while not self._ended:
            wait = None if self._resting else self._next - time.monotonic()
            if wait is None or wait > 0:
                self._woken.wait(wait)
                self._woken.clear()
                continue
            self._next = time.monotonic() + EVERY
            try:
                self._look_if_free()
            except Exception as error:  # noqa: BLE001 - whatever it is, the screen goes on
                self._later(partial(self._failed, error))
            finally:
                self._looking = False

    def _look_if_free(self) -> None:
        """Look, unless not everything is known yet, or we write ourselves."""
        deeds, state = self._screen.deeds, self._yard.state
        if state.partial or self._screen.refreshing.refreshes.runs:
            return
        if not self._begun:
            # What changed since the first picture was read is reconciled at the first look.
            self._looking = self._begun = self._owes = True
            self._watch.begin(state.all_rows)
            return
        if deeds.gate.locked():
            self._next = time.monotonic() + SOON
            return
        self._looking = True
        scans, before = deeds.scans, state.snapshot
        matter: Sequence[int] = ()
        if len(before.rows) > ALL:
            known, indexes = self._matter
            matter = indexes if known is before.rows else ()
            self._later(self._say_what_matters)
        self._look(before, before.rows, matter, scans)

    def _look(
        self, before: Snapshot, rows: Sequence[ProfileRow], matter: Sequence[int], scans: int
    ) -> None:
        watch = self._watch
        changed = watch.look(rows, matter)
        if not changed and not self._owes:
            return
        if changed and not watch.is_settled():
            self._next = time.monotonic() + SOON
            return
        saved = next((f"{row.home}/{AUTH_FILE}" for row in rows if row.active and row.name), None)
        changes = watch.gather(saved)
        said: list[str] = []
        error: Exception | None = None
        self._owes |= watch.has_login
        if self._owes and not watch.folder_is_away:
            try:
                said = self._reconcile()
            except StoreLocked:
                self._next = time.monotonic() + TRY_EVERY
            except ProfilesError as raised:
                self._owes = False
                error = raised
        watch.take()
        if not changed and not said and error is None:
            return
        snapshot = take_snapshot(self._yard.context)
        context = self._yard.context
        seen = Seen(changes, before, snapshot, said, context.user_home, watch.did_move)
        self._later(partial(self._show, Found(tell(seen), snapshot, scans, error)))

    def _reconcile(self) -> list[str]:
        from profiles.reconcile import reconcile

        gate = self._screen.deeds.gate
        if not gate.acquire(blocking=False):
            raise StoreLocked("", None, 0.0)
        try:
            report = reconcile(self._yard.context, 0.0)
        finally:
            gate.release()
        self._owes = False
        return report.said

    def _later(self, call: Callable[[], None]) -> None:
        if self._ended:
            return
        try:
            self._yard.call_later(call)
        except RuntimeError:
            pass  # The screen is gone.

    # -- on the screen --

    def _say_what_matters(self) -> None:
        """Say which of very many rows can be seen, are selected or active: those are looked at each time."""
        state = self._yard.state
        seen = (state.rows[i] for i in self._screen.list.seen_rows() if i < len(state.rows))
        names = {row.name for row in seen}
        if state.selected is not None:
            names.add(state.selected.name)
        rows = state.all_rows
        self._matter = (
            rows,
            [i for i, row in enumerate(rows) if row.active or row.name in names],
        )

    def _show(self, found: Found) -> None:
        """Draw what is there now, and say what happened: in the log, and for a few seconds on the screen."""
        deeds, state = self._screen.deeds, self._yard.state
        deeds.take(found.snapshot, found.scans)
        new = [each for each in found.news if not self._was_said(each)]
        for each in new:
            state.note(each.text, each.level, each.hint)
        if new:
            worst = next((each for each in new if each.level == WARNING), None)
            words = "\n".join(each.text for each in new)
            level = worst.level if worst is not None else "information"
            self._yard.tell(words, level, worst.hint if worst is not None else None)
        if found.error is not None:
            self._failed(found.error)

    def _was_said(self, news: News) -> bool:
        """Whether this is what was said last, and is no new thing."""
        return news.level == WARNING and self._yard.state.was_just_said(news.text)

    def _failed(self, error: Exception) -> None:
        words = f"{type(error).__name__}: {error}"
        if words != self._complained:
            self._complained = words
            self._screen.deeds.failed_reading(error)
