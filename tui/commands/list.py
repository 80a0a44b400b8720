"""`tui list`: all profiles, the active one marked."""

from __future__ import annotations

import os

from profiles import expiry
from profiles.claims import plan_name
from profiles.errors import UsageError
from profiles.paths import tilde
from tui import output, stderr
from tui.output import Column
from tui.parser import add_json
from tui.stderr import ExitCode
from tui.terminal import says_utf8

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from profiles.context import Context
    from profiles.listing import Snapshot
    from profiles.model import ProfileRow
    from profiles.usage import UsageResult
    from tui.parser import Parser

EXAMPLES = (
    ("tui list", "all profiles, the active one marked"),
    ("tui list --json", "the same for programs"),
    ("tui list --names", "names alone, a line each"),
    ("tui list --usage", "with how much of each is used, asked now"),
)
CODES = ()

#: Narrow terminals lose columns by these numbers, the highest first; name and state never.
COLUMNS = (
    Column(""),
    Column("NAME"),
    Column("ACCOUNT", 2),
    Column("PLAN", 3),
    Column("STATE"),
    Column("EXPIRES", 1),
    Column("USED"),
    Column("NOTE", 4),
)

#: A sign for each state in UTF-8 and in ASCII, and its style; the word always stands beside it.
SIGNS = {
    expiry.OK: ("✓", "+", "green"),
    expiry.EXPIRING: ("!", "!", "yellow"),
    expiry.EXPIRED: ("↻", "~", ""),
    expiry.LOGIN_NEEDED: ("✗", "x", "red"),
    expiry.UNCERTAIN: ("?", "?", "yellow"),
    expiry.BROKEN: ("✗", "x", "red"),
    expiry.EMPTY: ("○", "-", "dim"),
    expiry.MOVING: ("→", ">", "yellow"),
    expiry.MOVED: ("→", ">", "dim"),
    expiry.STATIC: ("◆", "#", ""),
}
#: Expired and refreshable is nothing to worry about, and should not sound so.
WORDS = {expiry.EXPIRED: "due"}


def configure(parser: Parser) -> None:
    """Add the arguments."""
    form = parser.add_argument_group("output").add_mutually_exclusive_group()
    add_json(form)
    form.add_argument("--names", action="store_true", help="print the names alone, a line each")
    parser.add_argument("--usage", action="store_true", help="ask how much of each login is used")


def run(options: Namespace, context: Context) -> int:
    """Print the profiles."""
    if options.names and options.usage:
        raise UsageError("--names takes no --usage: names alone are printed", "tui list --usage")
    if options.names:
        return _print_names(context)
    from profiles.listing import take_snapshot

    usage = _ask(context) if options.usage else None
    snapshot = take_snapshot(context)
    if options.json:
        output.document(_document(snapshot, usage or {}))
    else:
        _print(snapshot, context, usage)
    return ExitCode.OK


def _ask(context: Context) -> dict[str, UsageResult]:
    """Ask for the usage of every profile, and say of which it cannot be told."""
    from tui.usage_asking import ask, say_trouble

    results = ask(context)
    say_trouble([result for result in results if result.failure is not None])
    return {result.name: result for result in results}


def _usage_object(row: ProfileRow, usage: dict[str, UsageResult]) -> output.Json | None:
    result = usage.get(row.name or "")
    if result is None:
        return None
    from tui.usage_words import profile_usage

    return profile_usage(result.snapshot, result.error)


def _print_names(context: Context) -> int:
    """Print what is wanted on TAB, without a look at any login."""
    from profiles.cache import FactCache
    from profiles.discovery import load_shelf

    output.lines(profile.name for profile in load_shelf(context, FactCache(context)).profiles)
    return ExitCode.OK


def _document(snapshot: Snapshot, usage: dict[str, UsageResult]) -> output.Json:
    return {
        "home": snapshot.home,
        "active": snapshot.active,
        "profiles": [
            output.profile_object(row, _usage_object(row, usage)) for row in snapshot.rows
        ],
        "problems": [{"path": each.path, "error": each.error} for each in snapshot.problems],
        "discovered": [
            {
                "home": found.home,
                "email": found.email,
                "account_id": found.account_id,
                "state": found.state,
            }
            for found in snapshot.discovered
        ],
        "overridden_by": output.override_objects(snapshot.overrides),
    }


def _print(snapshot: Snapshot, context: Context, usage: dict[str, UsageResult] | None) -> None:
    sign = 0 if says_utf8(context.environ) else 1
    now = snapshot.taken_at
    output.table(
        COLUMNS,
        [_cells(row, now, sign, _used(row, usage, now)) for row in snapshot.rows],
    )
    for problem in snapshot.problems:
        stderr.note(f"{tilde(problem.path, context.user_home)}: {problem.error}")
    for found in snapshot.discovered:
        home = tilde(found.home, context.user_home)
        who = found.email or "a login"
        stderr.note(f"{home} holds {who} and is no profile; register it: {_register(home)}")
    for override in snapshot.overrides:
        stderr.note(f"{override.name} ({override.where}) beats the active login")
    _first_steps(snapshot, context)


def _register(home: str) -> str:
    word = os.path.basename(home).removeprefix(".codex-").lstrip(".") or "NAME"
    return f"tui add {word} --home {home}"


def _used(row: ProfileRow, usage: dict[str, UsageResult] | None, now: float) -> str:
    """Return what is used of a login in a few words; nothing where nobody asked, or there is nothing to ask for."""
    result = None if usage is None else usage.get(row.name or "")
    if result is None or (result.snapshot is None and result.failure is None):
        return ""
    from tui.usage_words import age, short

    snapshot = result.snapshot
    old = "" if snapshot is None or result.is_fresh else f" ({age(snapshot, now)})"
    return f"{short(snapshot, now)}{old}"


def _cells(row: ProfileRow, now: float, sign: int, used: str) -> list[output.Cell]:
    signs = SIGNS[row.state]
    return [
        (("●", "*")[sign] if row.active else " ", "green"),
        (row.name or "(not saved)", "bold" if row.active else ""),
        (row.email or "-", ""),
        (plan_name(row.plan) or "-", ""),
        (f"{signs[sign]} {WORDS.get(row.state, row.state)}", signs[2]),
        (expiry.countdown(now, row.access_token_expires_at), ""),
        (used, ""),
        (row.note or "", "dim"),
    ]


def _first_steps(snapshot: Snapshot, context: Context) -> None:
    """Say what to do while there is not yet anything to switch between."""
    names = [row.name for row in snapshot.rows if row.name is not None]
    home = tilde(snapshot.home, context.user_home)
    if len(names) > 1:
        return
    if not snapshot.rows:
        stderr.say(f"No profile yet, and no login in {home}.")
        stderr.say("next: tui login NAME --device-code")
    elif not names:
        stderr.say(f"The login in {home} is in no profile yet.")
        stderr.say("next: tui add NAME")
    else:
        stderr.say("A second login goes into a place of its own.")
        stderr.say("next: tui login NAME --device-code")
    stderr.say(
        "Never run `codex login` over a login that you want to keep: it revokes that one first."
    )
