"""What can be sent down a descriptor: whole bytes, clean text, colours, and how wide it is.

`tui.output` and `tui.stderr` are its only users; nothing here knows what is written.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

STDIN, STDOUT, STDERR = 0, 1, 2

#: What a style is in a terminal. Nothing is ever said by a colour alone.
STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def write(descriptor: int, text: str) -> None:
    """Write all of `text` at once, unbuffered, so that nothing is left to fail at the end.

    Raises OSError, BrokenPipeError among them, as the system does. What the encoding of the
    locale cannot say is written as an escape.
    """
    stream = sys.stdout if descriptor == STDOUT else sys.stderr
    encoding = getattr(stream, "encoding", None) or "utf-8"
    view = memoryview(text.encode(encoding, "backslashreplace"))
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            # Whoever gave us the pipe made it non-blocking for themselves (node does).
            from select import select

            select([], [descriptor], [])


def clean(text: str) -> str:
    """Return `text` on one line, with whatever could steer a terminal written as an escape."""
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")
        for sign in text
    )


def is_terminal(descriptor: int) -> bool:
    """Tell whether a person reads (or types) there."""
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def is_dumb(environ: Mapping[str, str]) -> bool:
    """Tell whether the terminal can do nothing but print lines."""
    return environ.get("TERM") == "dumb"


def has_colours(descriptor: int, environ: Mapping[str, str]) -> bool:
    """Tell whether styles may be sent: to a terminal that is not dumb, without NO_COLOR."""
    return is_terminal(descriptor) and not environ.get("NO_COLOR") and not is_dumb(environ)


def paint(text: str, style: str, *, colours: bool) -> str:
    """Return `text` in one of the STYLES; as it is without colours or style."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if colours and style and text else text


def says_utf8(environ: Mapping[str, str]) -> bool:
    """Tell whether the person's locale is UTF-8.

    Python itself puts `LC_CTYPE=C.UTF-8` into the environment of a C locale (PEP 538), and that
    says nothing about the terminal: there, ASCII is safe.
    """
    if environ.get("LC_ALL"):
        name = environ["LC_ALL"]
    else:
        name = environ.get("LC_CTYPE", "")
        language = environ.get("LANG", "")
        if not name or (name in ("C.UTF-8", "C.utf8") and language in ("", "C", "POSIX")):
            name = language
    return name.lower().replace("-", "").endswith("utf8")


def columns(environ: Mapping[str, str]) -> int | None:
    """Return how many cells a line of stdout has; None when nothing bounds it."""
    asked = environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and int(asked) > 0:
        return int(asked)
    if not is_terminal(STDOUT):
        return None
    try:
        # An emulator that does not tell its size says 0.
        return os.get_terminal_size(STDOUT).columns or None
    except OSError:
        return None


def cells(text: str) -> int:
    """Return how many cells `text` takes in a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        2 if east_asian_width(sign) in "WF" else 0 if combining(sign) else 1 for sign in text
    )
