"""`tui refresh` and `tui --refresh-all`: new tokens for every login that is due, each asked for once.

Made for cron: without a terminal nothing is said when all is well, and what needs a person is.
"""

from __future__ import annotations

from profiles.errors import ProfilesError, UsageError
from tui import output, stderr
from tui.durations import parse_duration
from tui.parser import add_json, completes, profile_name
from tui.refresh_words import (
    is_interrupted,
    is_well,
    next_steps,
    sent_twice,
    sentence,
    summary,
)
from tui.stderr import OF_SEVERAL, ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from profiles.context import Context
    from profiles.refreshing import Result
    from tui.parser import Parser

EXAMPLES = (
    ("tui refresh work", "if it was not refreshed in the last hour"),
    ("tui refresh --all", "every login; the same as tui --refresh-all"),
    ("tui refresh --all --within 5d", "for cron: what expires within five days"),
    ("tui refresh --all --json", "one result for each profile"),
)
CODES = (
    ExitCode.FAILED,
    ExitCode.NO_SUCH_PROFILE,
    ExitCode.LOGIN_NEEDED,
    ExitCode.UNREACHABLE,
    ExitCode.LOCKED,
)


def configure(parser: Parser) -> None:
    """Add the arguments."""
    names = parser.add_argument(
        "names", metavar="NAME", nargs="*", type=profile_name, help="profiles, as in tui list"
    )
    completes(names, "profiles")
    parser.add_argument("--all", action="store_true", help="every profile")
    due = parser.add_argument_group("what is due").add_mutually_exclusive_group()
    due.add_argument(
        "--within",
        metavar="DURATION",
        type=parse_duration,
        help="what expires within 90s, 15m, 36h, 5d; else all but what was refreshed in the last "
        "hour and lives another day",
    )
    due.add_argument(
        "--force", action="store_true", help="all, also what needs a login, or was sent twice"
    )
    add_json(parser.add_argument_group("output"))
    parser.rephrase = _rephrase
    parser.epilog = (
        "Of several profiles: 4 before 5 before 6 before 1. Without a terminal\n"
        "  nothing is printed when all is well, so that cron sends no mail."
    )


def _rephrase(message: str) -> str:
    """Say what is wanted where argparse counts words, as for `--within -1d`."""
    if message == "argument --within: expected one argument":
        return "--within wants a span of time: 90s, 15m, 36h, 5d"
    return message


def run(options: Namespace, context: Context) -> int:
    """Refresh, and return the exit code of the worst result."""
    names: list[str] = options.names
    all_of_them = getattr(options, "typed", "--all")
    if bool(names) == options.all:
        raise UsageError(
            f"{all_of_them} takes no NAME" if names else "which profile?",
            "tui refresh --all, or tui refresh NAME",
        )
    from profiles.cache import FactCache
    from profiles.config import load_config
    from profiles.discovery import load_shelf
    from profiles.refresh_plan import Options
    from profiles.refreshing import refresh_logins, worst
    from tui.stopping import Stopping

    shelf = load_shelf(context, FactCache(context))
    asked = list(dict.fromkeys(shelf.find(name).name for name in names))
    asked = asked or [each.name for each in shelf.profiles]
    if not asked and shelf.problems:
        path, why = shelf.problems[0]
        raise ProfilesError(f"{path} {why}", "tui paths shows the folders in use")
    if not asked:
        from tui.first_steps import first_step

        stderr.say("No profile yet, so there is nothing to refresh.")
        stderr.say(f"next: {first_step(context)}")
        _print(options, [])
        return ExitCode.OK
    whole = "tui --refresh-all" if all_of_them == "--refresh-all" else "tui refresh --all"
    again = f"tui refresh {' '.join(asked)}" if names else whole
    teller = _Teller(context, asked, again, has_lines=not options.json)
    results: list[Result] = []
    with Stopping(
        "stopping: what was sent is answered and saved first; a second ctrl-c leaves at once, "
        "and may cost the logins whose answer is under way",
        "left at once: a login whose answer did not come is uncertain, until the next refresh asks again",
    ) as stopping:
        teller.count()
        for result in refresh_logins(
            context,
            asked if names else None,
            Options(options.within, options.force),
            concurrency=load_config(context).refresh_concurrency,
            stop=stopping.event,
        ):
            results.append(result)
            teller.tell(result)
        interrupted = stopping.event.is_set()
    order = {name: number for number, name in enumerate(each.name for each in shelf.profiles)}
    results.sort(key=lambda result: order.get(result.name, len(order)))
    teller.end(results)
    left = [name for name in asked if name not in {result.name for result in results}]
    _print(options, results + _not_begun(left))
    if interrupted:
        _tell_interrupted(results, len(left), teller.again)
        return ExitCode.INTERRUPTED
    return OF_SEVERAL[worst(results)]


def _tell_interrupted(results: Sequence[Result], left: int, again: str) -> None:
    """Say how much was done; and how to go on, where something is left to do."""
    done = sum(result.outcome == "refreshed" for result in results)
    told = f"interrupted; {done} of {len(results) + left} were refreshed and saved"
    if left or any(map(is_interrupted, results)):
        stderr.error(f"{told}, {left} not begun" if left else told, again)
    else:
        stderr.note(told if done == len(results) else f"{told}, and none is left to begin")


def _not_begun(names: Sequence[str]) -> list[Result]:
    """Give every profile that was asked for its result."""
    from profiles.refreshing import SKIPPED, Result

    return [Result(name, SKIPPED, "interrupted before it was begun", None) for name in names]


class _Teller:
    """Tells what happens: all of it to whoever watches; otherwise only what needs a person."""

    def __init__(
        self, context: Context, asked: Sequence[str], again: str, *, has_lines: bool
    ) -> None:
        self.again = again
        #: With `--json` each result stands in the document, and nowhere else.
        self._has_lines = has_lines
        self._context = context
        self._total = len(asked)
        self._width = max(map(len, asked))
        self._watched = stderr.is_watched()
        self._done = 0

    def count(self) -> None:
        """Show how many are done, on a line that makes room for the next."""
        if stderr.can_rewrite() and self._done < self._total:
            stderr.progress(f"{self._done} of {self._total} done; ctrl-c stops")

    def tell(self, result: Result) -> None:
        """Say what became of one profile."""
        self._done += 1
        if self._watched or not is_well(result):
            for told in result.said:
                stderr.note(told)
            if self._has_lines:
                line = f"{result.name:<{self._width}}  {sentence(result, self._context.now())}"
                stderr.say(line)
        self.count()

    def end(self, results: Sequence[Result]) -> None:
        """Sum up, and say what to do."""
        if stderr.can_rewrite():
            # The document may go to the same terminal.
            stderr.progress("")
        if all(map(is_well, results)) and not (self._watched and self._has_lines):
            return
        stderr.say(summary(results))
        unsure = [result.name for result in results if result.outcome == "uncertain"]
        twice = sent_twice(self._context, unsure)
        for step in next_steps(results, self.again, twice, self._context.environ):
            stderr.say(f"next: {step}")


def _print(options: Namespace, results: Sequence[Result]) -> None:
    if not options.json:
        return
    objects: list[output.Json] = [
        {
            "name": result.name,
            "outcome": result.outcome,
            "reason": result.reason,
            "expires_at": output.time(result.expires_at),
        }
        for result in results
    ]
    needed = [result.name for result in results if result.outcome == "login-needed"]
    output.document({"results": objects, "login_needed": needed})
