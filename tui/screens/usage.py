"""Asks in the background how much of each login is used: after the first row, then every few minutes.

Nothing is said of what goes wrong but in the detail: nobody asked for it. A login is never called dead for it.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from typing import TypeVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual.timer import Timer

    from profiles.model import ProfileRow
    from profiles.usage import UsageResult
    from profiles.usage_answer import UsageSnapshot
    from tui.screens.main import MainScreen
    from tui.screens.switchyard import Switchyard

#: Of more profiles than this only those that can be seen are asked about, when they were for so long (seconds):
#: to plan it the whole store is read.
ALL, REST = 64, 0.7

T = TypeVar("T")


class UsageDesk:
    """The usage that one screen shows."""

    def __init__(self, screen: MainScreen, app: Switchyard) -> None:
        self._screen = screen
        self._yard = app
        self._usage = app.state.usage
        self._started = self._runs = self._ended = False
        self._rest: Timer | None = None
        #: How the thread that asks is ended, while there is one.
        self._cancel: Callable[[], object] | None = None

    def start(self) -> None:
        """Begin, after the first row."""
        self._started = True
        self.look()

    def wait(self) -> float | None:
        """Return in how many seconds somebody is to be asked again; None while nobody is."""
        if not self._started or self._runs or self._rest is not None:
            return None
        wait = self._usage.wait(self._rows(), self._yard.context.now())
        return None if wait is None else max(wait, 1.0)

    def _rows(self) -> Sequence[ProfileRow]:
        """Return the profiles to ask about: all, or of very many those that can be seen."""
        rows = self._yard.state.all_rows
        if len(rows) <= ALL:
            return rows
        shown = self._screen.list
        return [shown.rows[index] for index in shown.seen_rows()]

    def ask_again(self) -> None:
        """Ask anew, however lately it was asked: a person wants to know."""
        names = [row.name for row in self._rows() if row.name is not None]
        self._usage.want_anew(names, self._yard.context.now())
        self.look()

    def look(self) -> None:
        """Ask about the logins of which nothing is known, or nothing new; of very many, once they stay in sight."""
        if self._rest is not None:
            self._rest.stop()
            self._rest = None
        if len(self._yard.state.all_rows) <= ALL:
            self._look()
        elif self._started and self._usage.due(self._rows(), self._yard.context.now()):
            self._rest = self._screen.set_timer(REST, self._look)

    def _look(self) -> None:
        self._rest = None
        state = self._yard.state
        if not self._started or self._runs or state.partial:
            return
        now = self._yard.context.now()
        if self._usage.due(self._rows(), now):
            self._runs = True
            # What another Switchyard was told meanwhile need not be asked again.
            self._in_thread(self._remembered, partial(self._ask, now))

    def _remembered(self) -> Mapping[str, UsageSnapshot]:
        from profiles.usage_rows import usage_of_rows

        return usage_of_rows(self._yard.context, self._yard.state.all_rows)

    def _ask(self, now: float, known: Mapping[str, UsageSnapshot]) -> None:
        self._usage.remember(known)
        self._yard.state.tell_usage()
        names = self._usage.due(self._rows(), now)
        self._usage.asking(names, now)
        if names and not self._ended:
            self._in_thread(partial(self._fetch, names), self._done)
        else:
            self._over()

    def _fetch(self, names: Sequence[str]) -> bool:
        """Ask, in a thread with a loop of its own; say whether the disk is to be read again."""

        async def collect() -> bool:
            from profiles.usage import fetch

            task, loop = asyncio.current_task(), asyncio.get_running_loop()
            if task is not None:
                self._cancel = partial(loop.call_soon_threadsafe, task.cancel)
            changed = False
            async with aclosing(fetch(self._yard.context, names)) as coming:
                async for result in coming:
                    if self._ended:
                        break
                    self._later(partial(self._take, result))
                    # A name may have been told, or a login refreshed or doubted on the way.
                    changed |= result.is_fresh or result.failure == "login-needed"
            return changed

        try:
            return asyncio.run(collect())
        except asyncio.CancelledError:
            return False
        finally:
            self._cancel = None

    def _take(self, result: UsageResult) -> None:
        self._usage.take(result.name, result.snapshot, result.error)
        self._yard.state.note_all(result.said)
        self._yard.state.tell_usage()

    def _done(self, changed: bool) -> None:  # noqa: FBT001 - a result
        if changed:
            self._screen.deeds.rescan()
        self._over()

    def _over(self) -> None:
        self._runs = False
        self._screen.clock.sleep()

    def stop(self) -> None:
        """Ask nobody any more."""
        self._ended, cancel = True, self._cancel
        if cancel is not None:
            try:
                cancel()
            except RuntimeError:
                pass  # It is over just now.

    # -- threads --

    def _in_thread(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        def body() -> None:
            try:
                result = work()
            except Exception:  # noqa: BLE001 - such as a profile that was deleted meanwhile: later then
                self._later(self._over)
            else:
                self._later(partial(done, result))

        self._yard.run_worker(body, group="usage", thread=True, exit_on_error=False)

    def _later(self, call: Callable[[], None]) -> None:
        try:
            self._yard.call_later(call)
        except RuntimeError:
            pass  # The screen is gone.
