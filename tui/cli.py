"""From the command line to the one command that it names, and from an error to an exit code.

Words before `--` are ours; what follows belongs to `run`. Only the module of the command that is
asked for is imported, and the screen only where there is a terminal to draw it on.
"""

from __future__ import annotations

import os
import sys

from profiles.errors import ProfilesError, UsageError
from tui import output, stderr
from tui.commands import COMMANDS
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

#: The options of the screen itself.
DEMO, NO_MOUSE = "--demo", "--no-mouse"
#: `tui refresh --all` as an option, wherever it stands among options.
REFRESH_ALL = "--refresh-all"


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code. Raises nothing."""
    _occupy_closed_descriptors()
    wants_json = "--json" in _before_dashes(arguments)
    try:
        return _dispatch(arguments)
    except SystemExit as error:
        # argparse's --help and --version, which are done.
        if isinstance(error.code, int):
            return error.code
        return _fail(error, wants_json=wants_json)
    except KeyboardInterrupt as error:
        return _fail(error, wants_json=wants_json)
    except Exception as error:  # noqa: BLE001 - the one place where nothing may pass
        if os.environ.get("SWITCHYARD_DEBUG") == "1" and not isinstance(error, ProfilesError):
            stderr.trace(error)
        return _fail(error, wants_json=wants_json)


def _fail(error: BaseException, *, wants_json: bool) -> int:
    """Say what went wrong, where the caller looks for it, and return the exit code."""
    for sentence in getattr(error, "said", ()):
        stderr.note(sentence)
    message, hint = stderr.explain(error)
    if wants_json and not isinstance(error, output.OutputFailed):
        try:
            output.failure(stderr.code_word_for(error), message, hint)
        except output.OutputFailed as failed:
            stderr.error(failed.message, failed.hint)
    else:
        stderr.error(message, hint)
    return stderr.exit_code_for(error)


def _occupy_closed_descriptors() -> None:
    """Put something harmless where the caller closed stdin, stdout or stderr.

    Else the next file that is opened gets the number, and what is said would land in it.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if stream is None:
            os.open(os.devnull, os.O_RDONLY)


def _before_dashes(arguments: Sequence[str]) -> Sequence[str]:
    """Return the words before the first `--`."""
    arguments = list(arguments)
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _dispatch(arguments: Sequence[str]) -> int:
    if not arguments or list(arguments) == [NO_MOUSE]:
        return _without_command(mouse=not arguments)
    name, rest = arguments[0], list(arguments[1:])
    if name in ("-h", "--help"):
        from tui.parser import root_help

        output.text(root_help())
        return ExitCode.OK
    if name == "--version":
        from tui import __version__

        output.lines([f"{stderr.PROGRAM} {__version__}"])
        return ExitCode.OK
    if name in (DEMO, NO_MOUSE):
        return _screen_options(list(arguments))
    if name.startswith("-") and REFRESH_ALL in _before_dashes(arguments):
        rest = [word for word in arguments if word != REFRESH_ALL]
        return _run_command("refresh", ["--all", *rest], typed=REFRESH_ALL)
    if name not in COMMANDS:
        raise _no_such_command(name)
    return _run_command(name, rest)


def _run_command(name: str, arguments: list[str], typed: str | None = None) -> int:
    """Run one command. `typed`: the option that stood for it, by which errors speak of it."""
    from profiles.context import make_context
    from tui.commands import load
    from tui.parser import command_parser

    parser = command_parser(name)
    if typed is not None:
        parser.set_defaults(typed=typed)
        if not {"-h", "--help"}.intersection(arguments):
            parser.prog = f"{stderr.PROGRAM} {typed}"
    if parser.takes_command:
        ours = _before_dashes(arguments)
        options, unknown = parser.parse_known_args(ours)
        if unknown and not options.command:
            parser.error(f"unrecognized arguments: {' '.join(unknown)}")
        options.command += unknown
        options.after_dashes = arguments[len(ours) + 1 :]
    else:
        options = parser.parse_args(arguments)
    return load(name).run(options, make_context())


def _no_such_command(name: str) -> UsageError:
    """Return the error for a first word that is no command, with all that are."""
    if name.startswith("-"):
        return UsageError(f"no such option: {name!r}", "tui --help")
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), COMMANDS, 1, 0.6)
    suggestion = f"did you mean tui {near[0]}? " if near else ""
    return UsageError(
        f"no such command: {name[:40]!r}; there are {', '.join(COMMANDS)}",
        f"{suggestion}tui --help",
    )


def _screen_options(arguments: list[str]) -> int:
    """Open the screen over made-up logins; `--no-mouse` may stand beside `--demo`, and nothing else may."""
    for number, word in enumerate(arguments):
        if word not in (DEMO, NO_MOUSE) or word in arguments[:number]:
            taken = arguments[0]
            raise UsageError(f"{taken} takes nothing more: {word[:40]!r}", f"tui {taken}")
    return _demo(mouse=NO_MOUSE not in arguments)


def _demo(*, mouse: bool) -> int:
    """Open the screen over made-up logins."""
    from tui import terminal

    if not (terminal.is_terminal(terminal.STDIN) and terminal.is_terminal(terminal.STDOUT)):
        raise UsageError("--demo needs a terminal", "run it in one: tui --demo")
    if terminal.is_dumb(os.environ):
        raise UsageError(
            "this terminal (TERM=dumb) cannot draw the screen", "TERM=xterm tui --demo"
        )
    from tui.simulator.demo import run_demo

    return run_demo(mouse=mouse)


def _without_command(*, mouse: bool) -> int:
    """Open the screen where one can be drawn, else say how `tui` is used. `mouse`: whether it may have the mouse."""
    from tui import terminal

    if not (terminal.is_terminal(terminal.STDIN) and terminal.is_terminal(terminal.STDOUT)):
        from tui.parser import usage_lines

        stderr.block(usage_lines())
        return ExitCode.USAGE
    if terminal.is_dumb(os.environ):
        stderr.note("this terminal (TERM=dumb) cannot draw the screen, so here is the list")
        return _run_command("list", [])
    from profiles.context import make_context
    from tui.app import run_screen

    return run_screen(make_context(), mouse=mouse)
