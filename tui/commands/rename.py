"""`tui rename`: give a profile another name."""

from __future__ import annotations

from tui import stderr
from tui.parser import add_name, add_new_name
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from profiles.context import Context
    from tui.parser import Parser

EXAMPLES = (("tui rename work acme", "the profile `work` is called `acme` from now on"),)
CODES = (ExitCode.FAILED, ExitCode.NO_SUCH_PROFILE, ExitCode.LOCKED)


def configure(parser: Parser) -> None:
    """Add the arguments."""
    add_name(parser, metavar="OLD")
    add_new_name(parser, "new", "NEW")


def run(options: Namespace, context: Context) -> int:
    """Rename the profile."""
    from profiles import store

    report = store.rename(context, options.name, options.new)
    for sentence in report.said:
        stderr.say(sentence)
    return ExitCode.OK
