"""The terminal's input is waited for, not asked for: Textual's own thread wakes up ten times a second for nothing."""

from __future__ import annotations

import os
import selectors
import threading
from codecs import getincrementaldecoder

from textual._parser import ParseError
from textual._xterm_parser import XTermParser

from tui.screens.driver import YardDriver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from textual.app import App

#: Bytes that are read at once; and the seconds after which somebody looks whether an escape that came alone stays so.
_AT_ONCE, _SOON = 4096, 0.1


class _Ending(threading.Event):
    """Says that the thread is to end, and wakes it up for that."""

    def __init__(self) -> None:
        super().__init__()
        self.readable = self._writable = -1
        self._is_open = False
        self.open()

    def open(self) -> None:
        """Make both ends, where there are none: somebody else had the terminal, and it is ours again."""
        if self._is_open:
            return
        self.readable, self._writable = os.pipe()
        self._is_open = True
        for descriptor in (self.readable, self._writable):
            os.set_blocking(descriptor, False)

    def set(self) -> None:
        """Say it."""
        super().set()
        try:
            if self._is_open:
                os.write(self._writable, b"\0")
        except BlockingIOError:
            pass  # It is full: whoever waits was woken.

    def clear(self) -> None:
        """Forget it: nobody waits any more."""
        super().clear()
        try:
            if self._is_open:
                os.read(self.readable, _AT_ONCE)
        except BlockingIOError:
            pass

    def close(self) -> None:
        """Give both ends back."""
        if self._is_open:
            self._is_open = False
            os.close(self.readable)
            os.close(self._writable)


class PatientDriver(YardDriver):
    """The screen's driver, whose input thread sleeps until there is something to read."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._ending = _Ending()
        self.exit_event = self._ending

    def start_application_mode(self) -> None:
        """Take the terminal, at the start and after somebody else had it."""
        self._ending.open()
        super().start_application_mode()

    def run_input_thread(self) -> None:
        """Read until the thread is to end, as Textual does; what is half read is looked at again soon."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")().decode
        # As Textual has it: the others do not know every terminal of macOS.
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self._ending.readable, selectors.EVENT_READ)
            try:
                while not self._ending.is_set():
                    half_read = parser._timeout_time is not None  # noqa: SLF001 - nothing else tells
                    ready = selector.select(_SOON if half_read else None)
                    if any(key.fd == self.fileno for key, _ in ready):
                        text = decode(os.read(self.fileno, _AT_ONCE))
                        # No text ends the parser: it may be half a sign, or a terminal that is gone.
                        for event in parser.feed(text) if text else ():
                            self.process_message(event)
                    for event in parser.tick():
                        self.process_message(event)
            finally:
                try:
                    list(parser.feed(""))
                except (EOFError, ParseError):
                    pass

    def close(self) -> None:
        """Let the terminal go."""
        super().close()
        self._ending.close()
