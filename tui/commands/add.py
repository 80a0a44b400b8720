"""`tui add`: save the active login under a name, register a home, or make an empty profile."""

from __future__ import annotations

from tui import stderr
from tui.parser import add_new_name, completes
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from profiles.context import Context
    from tui.parser import Parser

EXAMPLES = (
    ("tui add home", "save the active login as the profile `home`"),
    ("tui add work --empty", "make an empty profile for another login"),
    ("tui add lab --home ~/.codex-lab", "register a home where it lies"),
)
CODES = (ExitCode.FAILED, ExitCode.LOGIN_NEEDED, ExitCode.LOCKED)


def configure(parser: Parser) -> None:
    """Add the arguments."""
    add_new_name(parser, "name")
    source = parser.add_argument_group("instead of the active login").add_mutually_exclusive_group()
    completes(
        source.add_argument("--home", metavar="PATH", help="a CODEX_HOME, used where it lies"),
        "folders",
    )
    source.add_argument("--empty", action="store_true", help="no login yet")


def run(options: Namespace, context: Context) -> int:
    """Make the profile."""
    from profiles import store

    name = options.name
    if options.empty:
        report, after = (
            store.add_empty(context, name),
            f"tui login {name} --device-code",
        )
    elif options.home is not None:
        report, after = store.register(context, name, options.home), f"tui show {name}"
    else:
        report, after = store.add_active(context, name), "tui list"
    for sentence in report.said:
        stderr.say(sentence)
    stderr.say(f"{'to fill it' if options.empty else 'next'}: {after}")
    return ExitCode.OK
