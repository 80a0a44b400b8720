"""The only writer of stderr, and the owner of the exit codes.

Errors know no exit codes: `exit_code_for` maps the tree of `profiles.errors` in one place. A line
here is one plain line, `tui: error: …` or `note: …`, then `next: …` with the command to run next;
only on a terminal is it broken, between words, where that ends.
"""

from __future__ import annotations

import os
import sys
from enum import IntEnum

from profiles import errors
from tui.terminal import (
    STDERR,
    STDIN,
    cells,
    clean,
    has_colours,
    is_dumb,
    is_terminal,
    paint,
    write,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

PROGRAM = "tui"


class ExitCode(IntEnum):
    """How a command ended. With several profiles: 4 before 5 before 6 before 1."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NO_SUCH_PROFILE = 3
    LOGIN_NEEDED = 4
    UNREACHABLE = 5
    LOCKED = 6
    INTERRUPTED = 130


#: How a command over several profiles ends, by the word that `worst` of profiles.refreshing and profiles.usage says.
OF_SEVERAL = {
    None: ExitCode.OK,
    "login-needed": ExitCode.LOGIN_NEEDED,
    "unreachable": ExitCode.UNREACHABLE,
    "locked": ExitCode.LOCKED,
    "failed": ExitCode.FAILED,
}

#: What each exit code means, for `--help`.
MEANINGS = {
    ExitCode.OK: "done",
    ExitCode.FAILED: "failed, or refused",
    ExitCode.USAGE: "a word of the command line is off",
    ExitCode.NO_SUCH_PROFILE: "no such profile",
    ExitCode.LOGIN_NEEDED: "a login is needed",
    ExitCode.UNREACHABLE: "the issuer cannot be reached",
    ExitCode.LOCKED: "locked by another process",
    ExitCode.INTERRUPTED: "interrupted",
}

#: For each branch of the tree its exit code and its stable word in JSON; the first that fits.
_BRANCHES: tuple[tuple[type[BaseException], ExitCode, str], ...] = (
    (errors.UsageError, ExitCode.USAGE, "usage"),
    (errors.ProfileNameInvalid, ExitCode.USAGE, "usage"),
    (errors.ProfileNotFound, ExitCode.NO_SUCH_PROFILE, "no-such-profile"),
    (errors.LoginNeeded, ExitCode.LOGIN_NEEDED, "login-needed"),
    (errors.LoginUnverified, ExitCode.UNREACHABLE, "unreachable"),
    (errors.StoreLocked, ExitCode.LOCKED, "locked"),
    (errors.ProfileError, ExitCode.FAILED, "refused"),
    (errors.SwitchError, ExitCode.FAILED, "refused"),
    (errors.LoginCancelled, ExitCode.INTERRUPTED, "interrupted"),
    (errors.AccessDenied, ExitCode.LOGIN_NEEDED, "login-needed"),
    (errors.DeviceCodeExpired, ExitCode.LOGIN_NEEDED, "login-needed"),
    (errors.CallbackTimeout, ExitCode.LOGIN_NEEDED, "login-needed"),
    (errors.GrantInvalid, ExitCode.LOGIN_NEEDED, "login-needed"),
    (errors.DeviceCodeDisabled, ExitCode.FAILED, "refused"),
    (errors.WorkspaceForbidden, ExitCode.FAILED, "refused"),
    (errors.LoginError, ExitCode.FAILED, "refused"),
    (errors.MendRefused, ExitCode.FAILED, "refused"),
    (errors.PortUnavailable, ExitCode.LOCKED, "locked"),
    (errors.IssuerUnreachable, ExitCode.UNREACHABLE, "unreachable"),
    (errors.IssuerTimeout, ExitCode.UNREACHABLE, "unreachable"),
    (KeyboardInterrupt, ExitCode.INTERRUPTED, "interrupted"),
)


def _branch(error: BaseException) -> tuple[ExitCode, str]:
    for kind, code, word in _BRANCHES:
        if isinstance(error, kind):
            return code, word
    if isinstance(error, errors.ConfigError) and error.path.endswith("/config.toml"):
        # The person's own settings are part of what they asked for; a profile.toml is not.
        return ExitCode.USAGE, "usage"
    if isinstance(error, errors.IssuerRejected) and (error.status == 429 or error.status >= 500):
        # It is there, and not for us now; any other refusal stays one however often it is asked.
        return ExitCode.UNREACHABLE, "unreachable"
    return ExitCode.FAILED, "failed"


def exit_code_for(error: BaseException) -> ExitCode:
    """Return the exit code that an error ends a command with."""
    return _branch(error)[0]


def code_word_for(error: BaseException) -> str:
    """Return the stable word for an error, as `code` in JSON."""
    return _branch(error)[1]


def explain(error: BaseException) -> tuple[str, str]:
    """Return what to say about an error, and what to do next.

    Of an error that is none of ours only the type is named: its text could hold anything.
    """
    if isinstance(error, errors.ProfilesError):
        return error.message, error.hint or f"{PROGRAM} --help"
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", "nothing is left half done; tui list shows where you are"
    if isinstance(error, OSError) and error.errno:
        where = (
            f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        )
        return f"{where}{os.strerror(error.errno)}", "tui paths shows the folders in use"
    return (
        f"unexpected {type(error).__name__}",
        "repeat with SWITCHYARD_DEBUG=1 to see where, and report that",
    )


#: How far the rest of a line is indented that has `note:` or the like before it.
_HANG = 6
#: How many cells of a line that is rewritten in place are on the terminal now.
_shown = 0


def _write(text: str) -> None:
    global _shown  # noqa: PLW0603 - there is one stderr
    if _shown:
        # Blanks, and no escape sequence: every terminal understands them.
        text = f"\r{'':{_shown}}\r{text}"
        _shown = 0
    try:
        write(STDERR, text)
    except OSError:
        pass  # Nobody listens, and there is nowhere left to say so.


def _width() -> int | None:
    """Return how many cells a line there has; None off a terminal, and for one that does not tell."""
    try:
        return os.get_terminal_size(STDERR).columns or None
    except OSError:
        return None


def _fitted(text: str, hang: int) -> str:
    """Return clean text as it is, or on a terminal on as many lines as it takes there."""
    text = clean(text)
    width = _width()
    if width is None or cells(text) < width:
        return text
    from tui.wrapping import wrapped

    return "\n".join(wrapped(text, width - 1, hang))


def say(sentence: str) -> None:
    """Write one line of prose."""
    _write(f"{_fitted(sentence, _HANG if sentence.startswith('next: ') else 2)}\n")


def note(sentence: str) -> None:
    """Write one line about something that is worth knowing."""
    label = paint("note:", "yellow", colours=has_colours(STDERR, os.environ))
    _write(f"{label}{_fitted(f'note: {sentence}', _HANG)[5:]}\n")


def error(message: str, hint: str | None = None) -> None:
    """Write what went wrong on one line, and what to do next on another."""
    label = paint("error:", "red", colours=has_colours(STDERR, os.environ))
    text = _fitted(f"{PROGRAM}: error: {message}", _HANG).replace("error:", label, 1)
    _write(f"{text}\n{_fitted(f'next: {hint}', _HANG)}\n" if hint else f"{text}\n")


def paragraph(text: str) -> None:
    """Write prose of several lines, none wider than the terminal, nor than 79 cells."""
    from tui.wrapping import wrapped

    room = min(_width() or 80, 80) - 1
    _write("".join(f"{line}\n" for line in wrapped(clean(text), room)))


def verbatim(*lines: str) -> None:
    """Write lines that are there to be copied: an address, a code, a command; they stay unbroken."""
    _write("".join(f"{clean(line)}\n" for line in lines))


def block(lines: Iterable[str]) -> None:
    """Write several lines as they stand, such as a usage text of our own."""
    _write("".join(f"{line}\n" for line in lines))


def progress(sentence: str) -> None:
    """Rewrite one line in place; whatever is written next takes its room. Only for `can_rewrite()`."""
    global _shown  # noqa: PLW0603 - there is one stderr
    shown = clean(sentence)[: (_width() or 80) - 1]
    _write(shown)
    _shown = cells(shown)


def is_watched() -> bool:
    """Tell whether a person reads there."""
    return is_terminal(STDERR)


def can_rewrite() -> bool:
    """Tell whether a line may be rewritten in place: only where a person watches it."""
    return is_terminal(STDERR) and not is_dumb(os.environ)


def trace(problem: BaseException) -> None:
    """Write where an unexpected error came from: places only, no values and no message."""
    from traceback import format_tb

    _write(f"{''.join(format_tb(problem.__traceback__))}{type(problem).__name__}\n")


def can_ask() -> bool:
    """Tell whether somebody is there to answer a question."""
    return is_terminal(STDIN) and is_terminal(STDERR)


def ask(question: str) -> bool:
    """Ask a yes-or-no question. Whatever is not a yes is a no. Raises KeyboardInterrupt."""
    prompt(f"{question} [y/N] ")
    answer = sys.stdin.readline() if sys.stdin is not None else ""
    if not answer.endswith("\n"):
        _write("\n")
    return answer.strip().lower() in ("y", "yes")


def ask_firmly(question: str) -> bool | None:
    """Ask what only a "no" may end: yes (or an empty line), no, or None when nobody answers any more.

    What was typed before the question is no answer to it, and whatever is neither yes nor no is
    asked about again. Raises KeyboardInterrupt.
    """
    while True:
        _forget_typed()
        prompt(f"{question} [Y/n] ")
        try:
            # Bytes: a sign that is none in this locale is no answer, and no error either.
            answer = sys.stdin.buffer.readline() if sys.stdin is not None else b""
        except OSError:
            answer = b""
        if not answer.endswith(b"\n"):
            _write("\n")
            return None
        word = answer.strip().lower()
        if word in (b"", b"y", b"yes"):
            return True
        if word in (b"n", b"no"):
            return False
        say("That was neither: y or enter for yes, n for no.")


def _forget_typed() -> None:
    import termios

    try:
        termios.tcflush(STDIN, termios.TCIFLUSH)
    except termios.error:
        pass  # No terminal (any more): nobody typed ahead.


def prompt(text: str) -> None:
    """Write what stands before an answer, on the line that is typed on."""
    words = text.rstrip(" ")
    _write(f"{_fitted(words, 0)}{text[len(words) :]}")
