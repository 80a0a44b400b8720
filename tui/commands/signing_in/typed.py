"""What comes in on stdin: a secret, which is one line, or callback addresses while a login waits.

A terminal shows neither: its echo is off meanwhile, so that no code stays in what was scrolled or recorded.
"""

from __future__ import annotations

import contextlib
import os

from profiles.errors import UsageError
from profiles.model import Secret
from tui import stderr
from tui.terminal import STDIN, is_terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Iterator

#: More bytes than these are no key, token or address.
LONGEST = 1 << 16
#: Seconds in which more than one line shows, where the input does not end: typed (pasted), and piped.
TYPED, PIPED = 0.1, 0.5
#: Seconds until a login in the background looks whether the terminal is its own again.
BACKGROUND = 1.0
#: What terminals put around what is pasted, where a shell asked them to.
_BRACKETS = ("\x1b[200~", "\x1b[201~")


@contextlib.contextmanager
def unseen() -> Iterator[None]:
    """Let the terminal not show what is typed, while the block runs; elsewhere this does nothing."""
    import signal
    import termios

    if not (is_terminal(STDIN) and _is_ours()):
        yield
        return
    before = termios.tcgetattr(STDIN)
    quiet = termios.tcgetattr(STDIN)
    quiet[3] = (quiet[3] & ~termios.ECHO) | termios.ECHONL

    def hush(*_: object) -> None:
        # What was typed already is kept (no FLUSH): it may be the very line that is waited for.
        if _is_ours():
            termios.tcsetattr(STDIN, termios.TCSADRAIN, quiet)

    # A shell to which ctrl-z led makes the terminal its own, and does not make it quiet again.
    resumed = signal.signal(signal.SIGCONT, hush)
    try:
        hush()
        yield
    finally:
        signal.signal(signal.SIGCONT, resumed)
        # The terminal may be gone.
        with contextlib.suppress(termios.error):
            termios.tcsetattr(STDIN, termios.TCSADRAIN, before)


def _is_ours() -> bool:
    """Tell whether we may read the terminal: reading from the background would stop the whole job."""
    try:
        return os.tcgetpgrp(STDIN) == os.getpgrp()
    except OSError:
        return False


def read_secret(what: str, again: str) -> Secret:
    """Return the one line of stdin, asked for without echo on a terminal. `what` names it, `again` is the command.

    Raises UsageError, which repeats nothing of it, and KeyboardInterrupt.
    """
    if is_terminal(STDIN):
        with unseen():
            data = _answer(f"{what} (not shown): ")
    else:
        data = _read(PIPED)
    lines = _lines(data)
    hint = f"printenv VARIABLE | {again}"
    if not lines:
        raise UsageError(f"no {what} came on standard input", hint)
    if len(data) > LONGEST or not _is_word(lines[0]):
        raise UsageError(
            f"what came on standard input is no {what}: it would be one word of plain ASCII", hint
        )
    if len(lines) > 1:
        raise UsageError(
            f"more than one line came on standard input, and none was used: the {what} is one line",
            hint,
        )
    return Secret(lines[0])


def _answer(question: str) -> bytes:
    """Ask, and read; what is said next begins on a line of its own, however this ended."""
    import select  # noqa: F401 - a ctrl-c during an import can be swallowed: none is left for after the question
    import termios

    try:
        stderr.prompt(question)
        data = _read(TYPED)
        # The rest of what was pasted would go to the shell, and be in its history.
        with contextlib.suppress(termios.error):
            termios.tcflush(STDIN, termios.TCIFLUSH)
    except KeyboardInterrupt:
        stderr.say("")
        raise
    if not data:
        stderr.say("")
    return data


def _read(patience: float) -> bytes:
    """Read what comes to its end, or until nothing more came for a while after the first line."""
    from select import select

    data = b""
    while len(data) <= LONGEST and len(_lines(data)) < 2:
        if not select([STDIN], [], [], patience if b"\n" in data else None)[0]:
            break
        try:
            piece = os.read(STDIN, LONGEST)
        except BlockingIOError:
            continue
        except OSError:
            break
        if not piece:
            break
        data += piece
    return data


def _lines(data: bytes) -> list[str]:
    """Return the lines that are not blank."""
    return [text for line in data.split(b"\n") if (text := _plain(line))]


def _is_word(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def _plain(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    for bracket in _BRACKETS:
        text = text.replace(bracket, "")
    return text.strip()


class Lines:
    """The lines that come in on stdin while an event loop runs; each goes to `take`.

    The end of input, a closed stdin and a file are all fine: then there are no more lines.
    """

    def __init__(self, loop: AbstractEventLoop, take: Callable[[str], object]) -> None:
        self._loop = loop
        self._take = take
        self._rest = b""
        self._watching = False
        self._closed = False
        loop.call_soon(self._watch)

    def close(self) -> None:
        """Take no more."""
        self._closed = True
        self._unwatch()

    def _watch(self) -> None:
        if self._closed:
            return
        try:
            self._loop.add_reader(STDIN, self._read)
            self._watching = True
        except OSError:
            # A file, or /dev/null: nothing to wait for, it is all there.
            self._read()

    def _unwatch(self) -> None:
        if self._watching:
            self._watching = False
            self._loop.remove_reader(STDIN)

    def _read(self) -> None:
        if is_terminal(STDIN) and not _is_ours():
            self._unwatch()
            self._loop.call_later(BACKGROUND, self._watch)
            return
        try:
            piece = os.read(STDIN, LONGEST)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if not piece:
            self._unwatch()
            lines, self._rest = [*lines, self._rest], b""
        elif len(self._rest) > LONGEST:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            text = _plain(line)
            if text and not self._closed:
                self._take(text)
        if piece and not self._watching:
            self._loop.call_soon(self._watch)
