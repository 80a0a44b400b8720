"""`tui show`: one profile: who it is, what its tokens say, where they are held, who runs with them."""

from __future__ import annotations

import os

from profiles import expiry
from profiles.claims import explain, plan_name
from profiles.paths import tilde
from tui import output, stderr
from tui.parser import add_json, add_name
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from profiles.context import Context
    from profiles.details import ProfileDetails
    from profiles.usage_answer import UsageSnapshot
    from tui.parser import Parser

EXAMPLES = (
    ("tui show work", "everything about this profile but its secrets"),
    ("tui show work --json", "the same for programs"),
)
CODES = (ExitCode.NO_SUCH_PROFILE,)


def configure(parser: Parser) -> None:
    """Add the arguments."""
    add_name(parser)
    add_json(parser.add_argument_group("output"))


def run(options: Namespace, context: Context) -> int:
    """Print one profile."""
    from profiles.details import details

    found = details(context, options.name)
    usage = _last_usage(context, found)
    if options.json:
        output.document(_document(found, usage))
    else:
        _print(found, context, usage)
        _next_step(found, context)
    return ExitCode.OK


def _next_step(found: ProfileDetails, context: Context) -> None:
    """Say what to do about a login that does not work, or may not."""
    row = found.row
    if row.name is None or row.state not in (expiry.LOGIN_NEEDED, expiry.UNCERTAIN):
        return
    from tui.refresh_words import step_for

    stderr.say(f"next: {step_for(row.name, row.state, row.reason, context)}")


def _last_usage(context: Context, found: ProfileDetails) -> UsageSnapshot | None:
    """Return what was last told of this login's usage; nobody is asked."""
    from profiles.usage_cache import usage_path

    if not os.path.lexists(usage_path(context)):
        return None
    from profiles.usage import cached

    return cached(context).get(found.row.name or "")


def _document(found: ProfileDetails, usage: UsageSnapshot | None) -> output.Json:
    from tui.usage_words import profile_usage

    return {
        **output.profile_object(found.row, profile_usage(usage)),
        "claims": {"id_token": found.id_claims, "access_token": found.access_claims},
        "scopes": found.scopes,
        "holders": [
            {
                "path": holder.path,
                "issued_at": output.time(holder.issued_at),
                "newest": holder.newest,
            }
            for holder in found.holders
        ],
        "processes": [output.process_object(process) for process in found.processes],
    }


def _print(found: ProfileDetails, context: Context, usage: UsageSnapshot | None) -> None:
    from tui.usage_words import sentence

    row, now = found.row, context.now()
    state = row.state if row.reason is None else f"{row.state}: {row.reason}"
    output.fields(
        [
            ("name", row.name),
            ("active", "yes" if row.active else "no"),
            ("state", state),
            ("kind", row.kind),
            ("account", row.email),
            ("plan", plan_name(row.plan)),
            ("workspace", row.workspace),
            ("usage", None if usage is None else sentence(usage, now)),
            ("user id", row.user_id),
            ("account id", row.account_id),
            ("access token", _expiry(now, row.access_token_expires_at)),
            ("id token", _expiry(now, row.id_token_expires_at)),
            ("last refresh", _moment(now, row.last_refresh)),
            ("home", f"{tilde(row.home, context.user_home)}{'' if row.managed else ' (not ours)'}"),
            ("note", row.note),
            ("scopes", " ".join(found.scopes)),
        ]
    )
    sections = {
        "held in": list(_holders(found, context)),
        "running with it": [f"{each.command} (process {each.pid})" for each in found.processes],
        "id_token says": list(_claims(found.id_claims)),
        "access token says": list(_claims(found.access_claims)),
    }
    for title, lines in sections.items():
        if lines:
            output.lines(["", f"{title}:", *(f"  {line}" for line in lines)])


def _moment(now: float, moment: float | None) -> str | None:
    """Return a time as a date and as a distance."""
    if moment is None:
        return None
    return f"{output.time(moment)} ({expiry.countdown(now, moment)})"


def _expiry(now: float, moment: float | None) -> str | None:
    if moment is None:
        return None
    word = "expires" if moment > now else "expired"
    return f"{word} {output.time(moment)} ({expiry.countdown(now, moment)})"


def _holders(found: ProfileDetails, context: Context) -> Iterator[str]:
    now = context.now()
    for holder in found.holders:
        issued = _moment(now, holder.issued_at)
        newest = ", the newest" if holder.newest and len(found.holders) > 1 else ""
        path = tilde(holder.path, context.user_home)
        yield f"{path}{f', issued {issued}' if issued else ''}{newest}"


def _claims(claims: dict[str, object]) -> Iterator[str]:
    for claim in explain(claims):
        value = claim.value
        if "since 1970" in claim.meaning and value.isdigit() and len(value) < 12:
            value = f"{value} = {output.time(float(value))}"
        yield f"{claim.name}: {value}{f'   ({claim.meaning})' if claim.meaning else ''}"
