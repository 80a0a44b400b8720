"""Ctrl-c, SIGTERM and a closed terminal during work that is better finished: they ask for an end, and it comes soon.

What was sent is answered and saved first. Only a second ctrl-c leaves at once: SIGTERM and SIGHUP often come twice for
one and the same reason, to the process and to its group.
"""

from __future__ import annotations

import os
import signal

from tui import stderr
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Takes signals while the block runs. One that was ignored before, as by nohup, stays ignored."""

    def __init__(self) -> None:
        self._kept: dict[signal.Signals, object] = {}

    def came(self, number: int) -> None:
        """Act on a signal, in the main thread, between any two of its steps."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        for number in SIGNALS:
            before = signal.getsignal(number)
            if before is not signal.SIG_IGN:
                self._kept[number] = before
                signal.signal(number, self._on)
        return self

    def __exit__(self, *_exc: object) -> None:
        for number, before in self._kept.items():
            signal.signal(number, before)  # type: ignore[arg-type]

    def _on(self, number: int, _frame: FrameType | None) -> None:
        self.came(number)


class Stopping(Signals):
    """Lets signals ask for an end while the block runs.

    `first` is said at the first, `last` when a second ctrl-c ends the program.
    """

    def __init__(self, first: str, last: str) -> None:
        from threading import Event

        super().__init__()
        #: Set once somebody wants an end.
        self.event = Event()
        self._first, self._last = first, last
        self._pressed = False

    def came(self, number: int) -> None:
        """Ask for an end; end at once at a second ctrl-c."""
        again = self.event.is_set()
        if number == signal.SIGINT:
            if self._pressed:
                stderr.note(self._last)
                # Threads that wait for an answer would be waited for by any other way out.
                os._exit(ExitCode.INTERRUPTED)
            self._pressed = True
        self.event.set()
        if not again:
            stderr.note(self._first)
