"""`tui usage`: how much of each login is used, window by window, asked of the backend."""

from __future__ import annotations

from profiles.claims import plan_name
from tui import output, stderr
from tui.output import Column
from tui.parser import add_json, completes, profile_name
from tui.stderr import OF_SEVERAL, ExitCode
from tui.terminal import STDOUT, is_terminal, says_utf8
from tui.usage_words import (
    ASCII_SIGNS,
    UTF8_SIGNS,
    age,
    bar,
    credit_words,
    percent,
    reached,
    resets,
    style_of,
    usage_fields,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Sequence

    from profiles.context import Context
    from profiles.usage import UsageResult
    from tui.parser import Parser

EXAMPLES = (
    ("tui usage", "of every login"),
    ("tui usage work", "of this one"),
    ("tui usage --json", "the same for programs"),
)
CODES = (
    ExitCode.FAILED,
    ExitCode.NO_SUCH_PROFILE,
    ExitCode.LOGIN_NEEDED,
    ExitCode.UNREACHABLE,
    ExitCode.LOCKED,
)
#: Cells of a bar.
WIDTH = 20
#: Narrow terminals lose columns by these numbers, the highest first.
COLUMNS = (
    Column("NAME"),
    Column("PLAN", 4),
    Column("WINDOW"),
    Column("USED", 3),
    Column(""),
    Column("", 2),
    Column("TOLD", 1),
)


def configure(parser: Parser) -> None:
    """Add the arguments."""
    names = parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        type=profile_name,
        help="profiles, as in tui list; without any, all",
    )
    completes(names, "profiles")
    add_json(parser.add_argument_group("output"))
    parser.epilog = "Of several profiles: 4 before 5 before 6 before 1."


def run(options: Namespace, context: Context) -> int:
    """Ask, print, and return the exit code of the worst result."""
    from profiles.cache import FactCache
    from profiles.discovery import load_shelf
    from profiles.usage import worst
    from tui.usage_asking import ask, say_trouble

    shelf = load_shelf(context, FactCache(context))
    known = [each.name for each in shelf.profiles]
    asked = list(dict.fromkeys(shelf.find(name).name for name in options.names)) or known
    if not asked:
        from tui.first_steps import first_step

        stderr.say("No profile yet, so there is no usage to ask for.")
        stderr.say(f"next: {first_step(context)}")
    results = ask(context, asked, len(asked)) if asked else []
    results.sort(key=lambda result: asked.index(result.name))
    if options.json:
        output.document({"profiles": [_object(each, context.now()) for each in results]})
    else:
        _print(results, context)
    say_trouble(results)
    return OF_SEVERAL[worst(results)]


def _object(result: UsageResult, now: float) -> output.Json:
    """Return what is known of one profile; an older answer is named as such in `error`."""
    error = result.error
    if error is not None and result.snapshot is not None:
        error = f"{error} (shown: what was told {age(result.snapshot, now)})"
    fields = usage_fields(result.snapshot, error)
    return {"name": result.name, "plan": result.plan, **fields}


def _print(results: Sequence[UsageResult], context: Context) -> None:
    signs = UTF8_SIGNS if says_utf8(context.environ) else ASCII_SIGNS
    if not is_terminal(STDOUT):
        signs = ("", "")  # Only eyes read a bar; the number stands beside it.
    now = context.now()
    rows: list[Sequence[output.Cell]] = []
    for result in results:
        for number, cells in enumerate(_lines(result, now, signs)):
            name, plan = (result.name, plan_name(result.plan) or "-") if not number else ("", "")
            rows.append([(name, "bold"), (plan, ""), *cells])
    output.table(COLUMNS, rows)


def _lines(result: UsageResult, now: float, signs: tuple[str, str]) -> Iterator[list[output.Cell]]:
    """Yield the lines of one profile, without name and plan."""
    snapshot = result.snapshot
    if snapshot is None:
        # With a failure it could not be told; without one there is no usage.
        word = "unknown" if result.failure is not None else "none"
        yield [(word, "dim"), ("", ""), ("", ""), ("", ""), ("", "")]
        return
    told = "" if result.is_fresh else age(snapshot, now)
    shown = False
    for window in snapshot.windows:
        used = window.used_now(now)
        yield [
            (window.label, ""),
            (bar(used, WIDTH, signs), style_of(used)),
            (f"{percent(used):>4}", style_of(used)),
            (resets(window, now), ""),
            (told, "dim"),
        ]
        shown = True
    more = [("credits", credit_words(snapshot.credits), ""), ("stopped", reached(snapshot), "red")]
    for label, words, style in more:
        if words is not None:
            yield [(label, ""), ("", ""), ("", ""), (words, style), (told, "dim")]
            shown = True
    if not shown:
        yield [("none", "dim"), ("", ""), ("", ""), ("no limits told", ""), (told, "dim")]
