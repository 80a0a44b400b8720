"""`tui delete`: move a profile to the backups. Its tokens are not revoked."""

from __future__ import annotations

from profiles.errors import SwitchRefused
from tui import stderr
from tui.parser import add_name
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from profiles.context import Context
    from profiles.discovery import Profile
    from tui.parser import Parser

EXAMPLES = (
    ("tui delete work", "asks, and says where it goes"),
    ("tui delete work --yes", "the same in a script"),
)
CODES = (ExitCode.FAILED, ExitCode.NO_SUCH_PROFILE, ExitCode.LOCKED)


def configure(parser: Parser) -> None:
    """Add the arguments."""
    add_name(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(options: Namespace, context: Context) -> int:
    """Delete the profile, once that is confirmed."""
    from profiles import store

    if not options.yes:
        from profiles.cache import FactCache
        from profiles.discovery import load_shelf

        profile = load_shelf(context, FactCache(context)).find(options.name)
        if not stderr.can_ask():
            raise SwitchRefused(
                f"deleting {profile.name} needs a yes, and there is no terminal to ask at",
                f"tui delete {profile.name} --yes",
            )
        if not stderr.ask(_question(profile)):
            raise SwitchRefused(f"{profile.name} was not deleted", "tui list")
    report = store.delete(context, options.name)
    for sentence in report.said:
        stderr.say(sentence)
    if report.moved is not None:
        from shlex import quote

        before, now = map(quote, report.moved)
        stderr.verbatim(f"to take it back: mv {now} {before}")
    return ExitCode.OK


def _question(profile: Profile) -> str:
    who = f" ({profile.fields.email})" if profile.fields.email else ""
    where = "moves to the backups" if profile.managed else f"forgets {profile.home}, which stays"
    return f"Delete the profile {profile.name}{who}? It {where}; no token is revoked."
