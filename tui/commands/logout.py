"""`tui logout`: take a login out of every file that holds it, and with `--revoke` end it at the issuer first."""

from __future__ import annotations

from profiles.errors import LoginError, SwitchRefused
from profiles.model import API_KEY, PERSONAL_ACCESS_TOKEN
from tui import stderr
from tui.parser import add_name
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from profiles.context import Context
    from profiles.logging_out import LogoutPlan, LogoutResult
    from tui.parser import Parser

EXAMPLES = (
    ("tui logout work", "names every file, asks, removes; revokes nothing"),
    ("tui logout work --revoke", "ends it everywhere, also on other machines"),
    ("tui logout work --yes", "in a script"),
)
CODES = (
    ExitCode.FAILED,
    ExitCode.NO_SUCH_PROFILE,
    ExitCode.UNREACHABLE,
    ExitCode.LOCKED,
)


def configure(parser: Parser) -> None:
    """Add the arguments."""
    add_name(parser)
    parser.add_argument(
        "--revoke", action="store_true", help="end it at the issuer first; only then is it removed"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(options: Namespace, context: Context) -> int:
    """Log out, once the person knows which files that means."""
    from functools import partial

    from profiles import logging_out
    from profiles.paths import tilde
    from profiles.revoking import send_revocation
    from tui.stopping import Stopping

    plan = logging_out.plan_logout(context, options.name)
    name = plan.name
    if not plan.holders:
        stderr.say(f"{name} is logged out already: there is no login in it.")
        stderr.say(f"next: tui login {name} --device-code")
        return ExitCode.OK
    if options.revoke and not plan.revocable:
        raise LoginError(
            f"{name} is a key or token that cannot be revoked from here: end it where it was made",
            f"tui logout {name} removes it from this machine",
        )
    flags = " --revoke" if options.revoke else ""
    stderr.say(f"{name} ({plan.whose}) is in:")
    for path in plan.holders:
        stderr.say(f"  {tilde(path, context.user_home)}")
    if not options.yes:
        if not stderr.can_ask():
            raise SwitchRefused(
                f"logging out of {name} needs a yes, and there is no terminal to ask at",
                f"tui logout {name}{flags} --yes",
            )
        if not stderr.ask(_question(plan, revoke=options.revoke)):
            raise SwitchRefused(f"{name} was not logged out", "tui list")
    with Stopping(
        "stopping: what was begun is finished first; ctrl-c again leaves at once",
        "left at once; whatever was not removed is still there: repeat it",
    ) as stopping:
        send = partial(send_revocation, stopped=stopping.event.is_set)
        result = logging_out.logout(
            context, name, revoke=send if options.revoke else None, expected=plan.holders
        )
    _tell(result, context, plan.kind)
    return ExitCode.OK


def _question(plan: LogoutPlan, *, revoke: bool) -> str:
    one = len(plan.holders) == 1
    what = "this file" if one else f"these {len(plan.holders)} files"
    if revoke:
        return f"End this login at the issuer, for every machine, and remove {what}?"
    return f"Remove {what}? A backup is kept, and nothing is revoked."


#: What is kept, by kind of login; any other has tokens.
_KEPT = {
    API_KEY: ("the key rests", "works wherever else a copy of it is"),
    PERSONAL_ACCESS_TOKEN: ("the token rests", "works wherever else a copy of it is"),
}


def _tell(result: LogoutResult, context: Context, kind: str) -> None:
    from profiles.paths import tilde

    for sentence in result.said:
        stderr.note(sentence)
    # The profile's own file goes last, and its backup is the one to put back.
    kept = list(dict.fromkeys(reversed(result.kept)))
    if result.revoked:
        stderr.say(f"{result.name} is revoked at the issuer and logged out here.")
    else:
        backups = ", ".join(tilde(path, context.user_home) for path in kept)
        rests, works = _KEPT.get(kind, ("its tokens rest", "work wherever else a copy of them is"))
        stderr.say(
            f"{result.name} is logged out. Nothing was revoked: {rests} in "
            f"{backups or tilde(context.roots.backups, context.user_home)}, and {works}."
        )
    if kept and not result.revoked:
        from shlex import quote

        stderr.verbatim(f"to take it back: cp -p {quote(kept[0])} {quote(result.removed[-1])}")
    stderr.say(f"next: tui login {result.name} --device-code")
