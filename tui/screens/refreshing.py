"""What `r` and `ctrl+r` do: refresh one login or all in a thread, show each result as it comes, lose none by leaving.

The screen's own lock of what writes is not held meanwhile: a refresh has its locks on the disk, so that other profiles
can be switched to while a slow issuer is waited for.
"""

from __future__ import annotations

import os
from collections import deque
from functools import partial

from profiles.errors import ProfilesError
from profiles.expiry import LOGIN_NEEDED
from profiles.model import CHATGPT
from tui.refresh_state import Refreshes, Run, end_words, row_after
from tui.refresh_words import is_well, sentence
from tui.state import ERROR, INFO, WARNING, Event
from tui.stderr import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from profiles.context import Context
    from profiles.refresh_answer import Send
    from profiles.refreshing import Result
    from tui.screens.main import MainScreen
    from tui.screens.switchyard import Switchyard

    #: Profiles (None: all), and whether they are refreshed however fresh they are.
    Part = tuple[list[str] | None, bool]

#: Results that come faster than this (seconds) are drawn together.
TOGETHER = 0.1
#: What is said on the way out.
WAITED_FOR = "A refresh was sent: its answer is waited for and saved before this ends."


class RefreshDesk:
    """The refreshes of one screen."""

    def __init__(self, screen: MainScreen, app: Switchyard) -> None:
        self._screen = screen
        self._yard = app
        self.refreshes = Refreshes()
        self.handlers: dict[str, Callable[[], object]] = {
            "refresh": self._refresh_chosen,
            "refresh-all": self._refresh_all,
        }
        #: What threads tell: the run, and the name of a login that is begun or a result.
        self._told: deque[tuple[Run, str | Result]] = deque()
        self._drawn_at = 0.0
        self._draws_soon = False
        self._then: Callable[[], None] | None = None

    # -- beginning --

    def _refresh_chosen(self) -> None:
        """Refresh the marked profiles, or the selected one."""
        names = self._screen.marking.names()
        others = [name for name in names if not self.refreshes.has(name)]
        if names and not others:
            self._yard.tell("the marked profiles are being refreshed already: ctrl+c stops")
        if others:
            # A person asked for these very ones, so it is done however fresh they are; a token that the issuer refused
            # is not sent to it again.
            rows = [self._yard.state.snapshot.row(name) for name in others]
            refused = {row.name for row in rows if row is not None and row.state == LOGIN_NEEDED}
            forced = [name for name in others if name not in refused]
            known = [name for name in others if name in refused]
            run = self._start(others, [(forced, True), (known, False)], wanted=others)
            run.marked = frozenset(others) if self._screen.marking.acts else frozenset()

    def _refresh_all(self) -> None:
        names = [row.name for row in self._yard.state.all_rows if row.name is not None]
        others = [name for name in names if not self.refreshes.has(name)]
        if others:
            self._start(others, [(None if others == names else others, False)], wanted=None)

    def _start(
        self, names: list[str], parts: Sequence[Part], *, wanted: Sequence[str] | None
    ) -> Run:
        run = self.refreshes.start(names, wanted)
        context, several = self._yard.context, self._yard.config.refresh_concurrency
        work = partial(self._work, run, context, parts, several)
        self._yard.run_worker(work, group="refresh", thread=True, exit_on_error=False)
        return run

    # -- in the thread --

    def _work(
        self,
        run: Run,
        context: Context,
        parts: Sequence[Part],
        several: int,
    ) -> None:
        error: Exception | None = None
        try:
            from profiles.oauth.sender import Network
            from profiles.refreshing import Options, refresh_logins

            with Network() as network:

                def connect(context: Context, home: str) -> Send:
                    self._tell(run, os.path.basename(home))
                    return network.to(context, home)

                for names, force in parts:
                    if names == []:
                        continue
                    options = Options(force=force)
                    for result in refresh_logins(
                        context, names, options, concurrency=several, stop=run.stop, connect=connect
                    ):
                        self._tell(run, result)
        except Exception as raised:  # noqa: BLE001 - whatever it is, the screen goes on
            error = raised
        self._later(partial(self._ended, run, error))

    def _tell(self, run: Run, news: str | Result) -> None:
        self._told.append((run, news))
        self._later(self._draw_soon)

    def _later(self, call: Callable[[], None]) -> None:
        try:
            self._yard.call_later(call)
        except RuntimeError:
            pass  # The screen is gone; what was sent is saved all the same.

    # -- on the screen --

    def _draw_soon(self) -> None:
        """Draw what was told: the first at once, and what follows quickly together."""
        if self._draws_soon or not self._told:
            return
        wait = self._drawn_at + TOGETHER - self._yard.context.monotonic()
        if 0 < wait <= TOGETHER:
            self._draws_soon = True
            self._screen.set_timer(wait, self._draw)
        else:
            self._draw()

    def _draw(self) -> None:
        self._draws_soon = False
        self._drawn_at = self._yard.context.monotonic()
        results: list[Result] = []
        while self._told:
            run, news = self._told.popleft()
            if isinstance(news, str):
                row = self._yard.state.snapshot.row(news)
                if row is not None and row.kind == CHATGPT:
                    run.begun.add(news)
                    run.since[news] = self._yard.context.now()
            else:
                run.results.append(news)
                results.append(news)
        if results:
            self._show(results)
        self.refreshes.tell()

    def _show(self, results: list[Result]) -> None:
        state, now = self._yard.state, self._yard.context.now()
        for result in results:
            state.note_all(result.said)
        state.note_events([self._event(result, now) for result in results])
        rows = {}
        for result in results:
            row = state.snapshot.row(result.name)
            if row is not None:
                rows[result.name] = row_after(row, result, now)
        self._screen.deeds.outdate()
        state.replace_rows(rows)

    def _event(self, result: Result, now: float) -> Event:
        words = f"{result.name}: {sentence(result, now)}"
        if is_well(result):
            return Event(now, INFO, words)
        return Event(now, WARNING, words, self.next_step(result))

    def next_step(self, result: Result) -> str:
        """Return what to do about a result that is not well."""
        key = self._yard.keymap.first
        if result.locked:
            return f"once the other process is done: {key('refresh')} on {result.name}"
        if result.outcome == "login-needed":
            return f"{key('login')} on {result.name} logs in again"
        if result.outcome == "unreachable":
            return f"look at network and proxy, then: {key('refresh-all')}"
        if result.outcome == "uncertain":
            return f"{key('refresh')} on {result.name} asks again; then {key('login')} logs in"
        return f"{key('detail')} on {result.name}"

    def _ended(self, run: Run, error: Exception | None) -> None:
        self._draw()
        self._yard.toasts.forget("stopping")
        self.refreshes.end(run, self._yard.context.now())
        # What they were marked for is done; those that were not begun any more still wait for it.
        self._yard.state.mark(self._yard.state.marked - (run.marked & run.done))
        if error is not None:
            self._failed(error)
        elif run.results or run.stop.is_set():
            self._sum_up(run)
        self._screen.deeds.rescan()
        if self._then is not None and not self.refreshes.runs:
            self._then()

    def _failed(self, error: Exception) -> None:
        message, hint = explain(error)
        if not isinstance(error, ProfilesError):
            message = f"the refresh ended: {message}"
        self._yard.state.note(message, ERROR, hint)
        self._yard.tell(message, ERROR, hint, about="refresh")

    def _sum_up(self, run: Run) -> None:
        """Say in one toast what came of it, and what to do about the first that is not well."""
        order = {name: number for number, name in enumerate(run.names)}
        # What a profile shares with others is refreshed for them, too: they come last.
        results = sorted(run.results, key=lambda result: order.get(result.name, len(order)))
        now = self._yard.context.now()
        bad = [result for result in results if not is_well(result)]
        about = "refresh"
        if len(run.names) == 1 and results:
            about = f"refresh/{run.names[0]}"
            words = f"{results[0].name}: {sentence(results[0], now)}"
        else:
            words = end_words(results, len(run.left))
            self._yard.state.note(words, WARNING if bad else INFO)
        worst = next((each for each in bad if each.outcome == "login-needed"), None)
        hint = self.next_step(worst or bad[0]) if bad else None
        if len(run.names) > 1 and self._screen.work.pane.display:
            return  # It stands there, profile by profile.
        self._yard.tell(words, WARNING if bad else INFO, hint, about=about)

    # -- ending --

    def cancel(self) -> bool:
        """Send nothing more; what was sent is waited for and saved. False when nothing is left to cancel."""
        if not self.refreshes.runs or self.refreshes.is_stopping:
            return False
        self.stop()
        self._yard.tell("stopping: what was sent is answered and saved first", about="stopping")
        self.refreshes.tell()
        return True

    def stop(self) -> None:
        """Send nothing more."""
        for run in self.refreshes.runs:
            run.stop.set()

    def first(self, leave: Callable[[], None]) -> bool:
        """Call `leave` when all that was sent is saved; False when that is now, or somebody asks twice."""
        if not self.refreshes.runs or self._then is not None:
            return False
        self._then = leave
        self.stop()
        again = self._yard.keymap.first("quit-now")
        self._yard.tell(
            "leaving once what was sent is answered and saved",
            WARNING,
            f"{again} leaves the screen now",
        )
        self.refreshes.tell()
        return True
