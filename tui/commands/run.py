"""`tui run`: run a command as a profile. Nothing is switched; the exit code is the command's."""

from __future__ import annotations

from profiles.errors import UsageError
from tui import stderr
from tui.parser import add_name
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from profiles.context import Context
    from tui.parser import Parser

EXAMPLES = (
    ("tui run work -- codex", "codex as this profile"),
    ("tui run work -- codex login --device-auth", "fill an empty profile with a login"),
)
CODES = (
    ExitCode.FAILED,
    ExitCode.NO_SUCH_PROFILE,
    ExitCode.LOGIN_NEEDED,
    ExitCode.UNREACHABLE,
    ExitCode.LOCKED,
)
#: What a shell answers for a command that is not there, or is no program.
NOT_FOUND, NOT_A_PROGRAM = 127, 126


def configure(parser: Parser) -> None:
    """Add the arguments."""
    add_name(parser)
    parser.takes_command = True
    parser.epilog = "Otherwise it is the command's own: 127 when there is no such command."
    parser.add_argument("command", metavar="-- COMMAND", nargs="*", help="what to run")


def run(options: Namespace, context: Context) -> int:
    """Run the command and return its exit code."""
    command: list[str] = options.after_dashes
    if options.command:
        words = " ".join(options.command)
        raise UsageError("-- is missing before the command", f"tui run {options.name} -- {words}")
    if not command or not command[0]:
        raise UsageError("no command to run", f"tui run {options.name} -- codex")
    from profiles.cache import FactCache
    from profiles.discovery import load_shelf

    name = load_shelf(context, FactCache(context)).find(options.name).name
    code = _why_not_runnable(command[0], context.environ.get("PATH"))
    if code:
        return code
    from profiles import running

    return running.run(context, name, command, on_said=stderr.note)


def _why_not_runnable(program: str, path: str | None) -> int:
    """Say why a program cannot be run, before anything is locked for it; 0 when it can."""
    import os
    from shutil import which

    if which(program, path=path) is not None:
        return 0
    is_there = os.path.lexists(program) if "/" in program else which(program, os.F_OK, path)
    if is_there:
        stderr.error(f"{program}: cannot be executed", f"ls -l {program}")
        return NOT_A_PROGRAM
    stderr.error(f"{program}: command not found", "echo $PATH shows where it was looked for")
    return NOT_FOUND
