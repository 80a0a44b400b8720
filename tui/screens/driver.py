"""How Textual gets the terminal: the first picture may be on it already."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
from functools import partial
from typing import cast

from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize

from tui.screens.thrift import Thrift

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from io import TextIOWrapper
    from types import FrameType
    from typing import TextIO

    from textual.app import App
    from textual.message import Message

    from tui.first_picture import Painted

#: What enters the alternate screen; where the first picture is, we are in it already.
ENTER = "\x1b[?1049h"
#: Seconds between two sizes that the screen is told of.
SIZES_EVERY = 0.06


def terminal_file() -> TextIOWrapper | None:
    """Return what is drawn on: standard error as Textual has it, unless only standard output is a terminal."""
    for file in (sys.__stderr__, sys.__stdout__):
        if file is not None and os.isatty(file.fileno()):
            return file
    return sys.__stderr__


class LastingFile:
    """A terminal that may be gone: what is written then is lost, and whoever writes goes on.

    Textual writes in a thread, which would end at the first failure; thirty writes later the screen would wait for it
    for ever, and would keep whatever it has, such as a port.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write, as long as somebody reads."""
        try:
            return self._file.write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        """Send what was written, as long as somebody reads."""
        try:
            self._file.flush()
        except OSError:
            pass

    def fileno(self) -> int:
        """Return the terminal's descriptor."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._file.isatty()


class Sizes:
    """Tells of a new size at once, and of those that follow quickly only the last: a window that is dragged has many.

    Each costs a whole layout. Told of all of them, the screen would draw sizes that are gone for seconds.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, tell: Callable[[], object]) -> None:
        self._loop = loop
        self._tell = tell
        self._rests = self._more = False

    def changed(self) -> None:
        """Tell now, or soon."""
        if self._rests:
            self._more = True
            return
        self._rests, self._more = True, False
        self._tell()
        self._loop.call_later(SIZES_EVERY, self._rested)

    def _rested(self) -> None:
        self._rests = False
        if self._more:
            self.changed()


class Line:
    """The line to whoever sits at the terminal: once it is gone, that is told as SIGHUP tells it.

    The signal goes only to those whose controlling terminal it is. Textual's thread would read its end for ever.
    Elsewhere than on Linux nothing but the signal tells.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, descriptor: int) -> None:
        self._loop = loop
        self._ends = select.epoll() if hasattr(select, "epoll") else None
        if self._ends is None:
            return
        try:
            self._ends.register(descriptor, 0)  # an end is told of in any case
            loop.add_reader(self._ends.fileno(), self._over)
        except OSError:
            self.close()  # no terminal

    def _over(self) -> None:
        self.close()
        signal.raise_signal(signal.SIGHUP)

    def close(self) -> None:
        """Look no more."""
        if self._ends is not None and not self._ends.closed:
            self._loop.remove_reader(self._ends.fileno())
            self._ends.close()


class YardDriver(LinuxDriver):
    """Textual's own driver for terminals: it takes over a picture instead of an empty screen, and sends what is new."""

    #: The picture that is there, set before the application runs.
    painted: Painted | None = None

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        file = terminal_file() or sys.stderr
        # Textual writes to its file, and asks for its descriptor; it needs no more of it.
        self._file = cast("TextIOWrapper", LastingFile(file))
        self._thrift = Thrift()
        self._line: Line | None = None

    def write(self, data: str) -> None:
        """Write what the terminal does not show yet; the screen that the picture is on is not entered twice."""
        painted = self.painted
        if painted is not None and not painted.taken_over and data == ENTER:
            painted.taken_over = True
            self._thrift.know(painted.frame, *painted.size)
            return
        less = self._thrift.spend(data, *self._size_now())
        if less:
            super().write(less)

    def _size_now(self) -> tuple[int, int]:
        """Return columns and rows, which the terminal may have changed before anybody was told."""
        try:
            return os.get_terminal_size(self.fileno)
        except OSError:
            return (0, 0)

    def forget(self) -> None:
        """Send everything once more, whatever the terminal should show."""
        self._thrift.forget()

    def process_message(self, message: Message) -> None:
        """Pass on what the terminal says; after another size nothing is where it was."""
        if isinstance(message, Resize):
            self.forget()
        super().process_message(message)

    def start_application_mode(self) -> None:
        """Take the terminal over; what it goes back to in the end is what it was at first."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.painted is not None and self.attrs_before is not None:
            self.attrs_before = self.painted.modes
        loop = asyncio.get_running_loop()
        if self._line is None:
            self._line = Line(loop, self.fileno)
        told = signal.getsignal(signal.SIGWINCH)
        if not callable(told):
            return
        sizes = Sizes(loop, partial(told, signal.SIGWINCH, None))

        def resized(_number: int, _frame: FrameType | None) -> None:
            self.forget()
            loop.call_soon_threadsafe(sizes.changed)

        signal.signal(signal.SIGWINCH, resized)

    def close(self) -> None:
        """Let the terminal go."""
        if self._line is not None:
            self._line.close()
        super().close()
