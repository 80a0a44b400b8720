"""The screen as a program of its own, in a pseudo-terminal that this test reads.

    with Terminal(80, 24) as terminal:
        terminal.shows("personal")
        terminal.press("j", " ")
        terminal.shows("switched to work")
        terminal.press("q")
        assert terminal.end() == 0

What it sends is kept as bytes and drawn by pyte. Unlike the stage, this has a real driver, real
signals, and a terminal whose modes can be looked at.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from typing import Final

import pyte

from tests.support import guard
from tests.support.cli import leaked, tui_command, tui_environ

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Self

#: Seconds that something may take to show; only a failing test waits so long.
PATIENCE: Final = 30.0

KEYS: Final = {
    "enter": "\r",
    "esc": "\x1b",
    "ctrl+b": "\x02",
    "ctrl+c": "\x03",
    "ctrl+q": "\x11",
    "ctrl+r": "\x12",
    "ctrl+u": "\x15",
    "ctrl+z": "\x1a",
}


class Terminal:
    """A pseudo-terminal with a program in it: `tui`, unless another command is given."""

    def __init__(
        self,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str | None] | None = None,
        command: Sequence[str] | None = None,
        *,
        stderr: int | None = None,
        controlling: bool = True,
    ) -> None:
        self.sent = b""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        #: The modes that the terminal had before.
        self.modes = termios.tcgetattr(slave)
        self.child = subprocess.Popen(
            command or tui_command(),
            env=tui_environ(env),
            stdin=slave,
            stdout=slave,
            stderr=slave if stderr is None else stderr,
            start_new_session=True,
            preexec_fn=_take_terminal if controlling else None,  # noqa: PLW1509 - no threads here
        )
        self._slave = slave

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        os.close(self._master)
        os.close(self._slave)

    # -- reading --

    @property
    def text(self) -> str:
        """What is on the screen now."""
        return "\n".join(self._screen.display)

    def modes_now(self) -> list[Any]:
        """Return the terminal's modes."""
        return termios.tcgetattr(self._slave)

    def read(self, seconds: float) -> bool:
        """Read what comes within a time; False when nothing came, or nothing can come any more."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return False
        try:
            piece = os.read(self._master, 1 << 16)
        except OSError:
            return False
        self.sent += piece
        # pyte does not know these two private sequences, and would draw their ends.
        self._stream.feed(self._decode(piece).replace("\x1b[>25u", "").replace("\x1b[<u", ""))
        return bool(piece)

    def until(self, holds: Callable[[], bool]) -> None:
        """Read until something holds."""
        __tracebackhide__ = True
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"it never came\n{self.text}"
            if not self.read(0.2) and self.child.poll() is not None:
                while self.read(0.1):
                    pass
                assert holds(), f"it ended with {self.child.returncode}\n{self.text}"

    def shows(self, *words: str) -> None:
        """Read until all of this is on the screen."""
        __tracebackhide__ = True
        self.until(lambda: all(word in self.text for word in words))

    def quiet(self, seconds: float = 0.5) -> None:
        """Read until nothing comes for a while."""
        while self.read(seconds):
            pass

    # -- acting --

    def press(self, *keys: str) -> None:
        """Type."""
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())

    def spoil(self, text: str) -> None:
        """Let somebody else draw on the terminal."""
        self._stream.feed(text)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        self.child.send_signal(number)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; what is drawn here keeps the first one."""
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> None:
        """Let the terminal go away, as when the connection breaks."""
        os.close(self._master)
        os.close(self._slave)
        self._master, self._slave = pty.openpty()

    def end(self) -> int:
        """Wait for the program's end, read the rest, and return its exit code."""
        end = time.monotonic() + PATIENCE
        while self.child.poll() is None:
            assert time.monotonic() < end, f"it never ended\n{self.text}"
            self.read(0.1)
        while self.read(0.1):
            pass
        assert self.child.returncode != guard.CHILD_EXIT, self.text
        assert not leaked(self.sent.decode("utf-8", "replace")), "a secret was on the screen"
        return self.child.returncode


def _take_terminal() -> None:
    """Make standard input the controlling terminal, so that signals of the terminal arrive."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
