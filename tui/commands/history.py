"""`tui history`: what was done, and when. Oldest first, as a shell shows it."""

from __future__ import annotations

from profiles.history import read_history
from profiles.paths import tilde
from tui import output, stderr
from tui.output import Column
from tui.parser import add_json
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from profiles.context import Context
    from profiles.history import Entry
    from tui.parser import Parser

EXAMPLES = (
    ("tui history", "what was done, the newest last"),
    ("tui history --json", "the same for programs"),
)
CODES = ()
COLUMNS = (
    Column("TIME"),
    Column("VERB"),
    Column("PROFILE"),
    Column("BEFORE", 1),
    Column("RESULT"),
    Column("HOME", 2),
)


def configure(parser: Parser) -> None:
    """Add the arguments."""
    add_json(parser.add_argument_group("output"))


def run(options: Namespace, context: Context) -> int:
    """Print the history."""
    entries = read_history(context)
    if options.json:
        output.document({"history": [_object(entry) for entry in entries]})
        return ExitCode.OK
    output.table(COLUMNS, [_cells(entry, context) for entry in entries])
    if not entries:
        stderr.say("Nothing was done yet.")
    return ExitCode.OK


def _object(entry: Entry) -> output.Json:
    return {
        "time": output.time(entry.time),
        "verb": entry.verb,
        "profile": entry.profile or None,
        "identity": entry.identity or None,
        "home": entry.home or None,
        "result": entry.result or None,
        "before": entry.before or None,
    }


def _cells(entry: Entry, context: Context) -> list[output.Cell]:
    from time import localtime, strftime

    words = (
        strftime("%Y-%m-%d %H:%M:%S", localtime(entry.time)),
        entry.verb,
        entry.profile or "-",
        entry.before or "-",
        entry.result or "-",
        tilde(entry.home, context.user_home) or "-",
    )
    return [(word, "") for word in words]
