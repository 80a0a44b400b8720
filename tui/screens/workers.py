"""Threads and questions for the deeds: whatever reads or writes runs beside the screen.

One deed writes at a time. An error becomes an event and a toast with the next step, never the end
of the screen.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TypeVar

from profiles.errors import LoginUnverified, SwitchRefused
from tui.state import ERROR, WARNING
from tui.stderr import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from profiles.reconcile import Report
    from tui.screens.switchyard import Switchyard

T = TypeVar("T")


class Workers:
    """What every deed needs: the state, the context, threads, dialogs, the log and the toasts."""

    def __init__(self, app: Switchyard) -> None:
        self.app = app
        self.state = app.state
        self.context = app.context
        #: Held by whoever writes, so that what the screen does by itself never meets a key.
        self.gate = threading.Lock()

    def rescan(self, *, said: bool = False) -> None:
        """Read the disk again."""
        raise NotImplementedError

    # -- threads --

    def start_reading(self, group: str, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Run `work` in a thread and `done` with its result on the screen's."""
        later = self.app.call_later

        def body() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - whatever it is, the screen goes on
                later(self.failed_reading, error)
            else:
                later(self._safely, partial(done, result))

        self.app.run_worker(body, group=group, thread=True, exit_on_error=False)

    def write(
        self,
        words: str,
        work: Callable[[], T],
        done: Callable[[T], None],
        again: Callable[[], object] | None = None,
        *,
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        """Run what writes; `again` does the same with --anyway, where the refusal allows that.

        `failed` takes what goes wrong, instead of the log and a toast.
        """
        self.state.set_busy(words)
        later = self.app.call_later

        def body() -> None:
            try:
                with self.gate:
                    result = work()
            except Exception as error:  # noqa: BLE001 - whatever it is, the screen goes on
                tell = partial(self._failed, error, again)
                later(self._ended, partial(failed, error) if failed is not None else tell)
            else:
                later(self._ended, partial(done, result))

        self.app.run_worker(body, group="write", thread=True, exit_on_error=False)

    def _ended(self, then: Callable[[], object]) -> None:
        self.state.set_busy(None)
        self._safely(then)
        self.rescan()

    def _safely(self, then: Callable[[], object]) -> None:
        try:
            then()
        except Exception as error:  # noqa: BLE001 - a bug in showing a result ends nothing
            self._failed(error, None)

    def failed_reading(self, error: Exception) -> None:
        """Say once what goes wrong at every look."""
        if not self.state.was_just_said(explain(error)[0]):
            self._failed(error, None)

    def _failed(self, error: Exception, again: Callable[[], object] | None) -> None:
        message, hint = explain(error)
        if again is not None and _can_force(error):
            self.state.note(message, WARNING, hint)
            self.confirm("Refused", message, "do it anyway", again)
            return
        self.state.note(message, ERROR, hint)
        if self.context.environ.get("SWITCHYARD_DEBUG") == "1":
            for place in _places(error):
                self.state.note(place)
        self.app.tell(message, ERROR, hint)

    def say(self, text: str) -> None:
        """Say a result: in the log, and for a few seconds on the screen."""
        self.state.note(text)
        self.app.tell(text)

    def say_all(self, report: Report) -> None:
        """Say what a deed reported."""
        self.state.note_all(report.said)
        self.app.tell("\n".join(report.said))

    # -- questions --

    def confirm(
        self,
        title: str,
        text: str,
        yes: str,
        then: Callable[[], object],
        *,
        holds: Callable[[], bool] | None = None,
    ) -> Awaitable[None]:
        """Ask, and do `then` on a yes; the question goes by itself once it does not hold any more."""
        from tui.screens.dialogs import Confirm

        def answered(agreed: bool | None) -> None:  # noqa: FBT001
            if agreed:
                then()

        if holds is None:
            return self.app.push_screen(Confirm(title, text, yes=yes), answered)
        from tui.screens.live_dialog import LiveConfirm

        dialog = LiveConfirm(self.app, title, lambda: text if holds() else None, yes=yes)
        return self.app.push_screen(dialog, answered)

    def ask(
        self, title: str, text: str, value: str, then: Callable[[str], None], *, name: bool
    ) -> Awaitable[None]:
        """Ask for a line of text (`name`: a profile's name), and do `then` with it."""
        from tui.screens.dialogs import AskText

        def answered(answer: str | None) -> None:
            if answer is not None:
                then(answer)

        return self.app.push_screen(AskText(title, text, value, is_name=name), answered)


def _places(error: Exception) -> list[str]:
    """Return where an error came from: files, lines and functions, no values."""
    from traceback import extract_tb

    frames = extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]


def _can_force(error: Exception) -> bool:
    """Whether --anyway lifts this refusal."""
    return isinstance(error, LoginUnverified) or (
        isinstance(error, SwitchRefused) and error.can_force
    )
