"""`tui token`: hand the access token of a profile to another program, refreshed first when it is due."""

from __future__ import annotations

from tui import output, stderr
from tui.parser import add_name
from tui.stderr import OF_SEVERAL, ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from profiles.access_token import Credential
    from profiles.context import Context
    from tui.parser import Parser

EXAMPLES = (
    ("tui token work", "the access token alone, on stdout"),
    ("tui token work > FILE", "the words stay on the terminal"),
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
    add_name(parser)
    parser.epilog = "Of a profile with an API key or personal access token, that is printed."


def run(options: Namespace, context: Context) -> int:
    """Print the token, and on stderr what it is."""
    from profiles.access_token import NotRefreshed, find_credential
    from tui.stopping import Stopping

    with Stopping(
        "stopping: if it was sent, the answer is saved first; a second ctrl-c leaves at once, "
        "and may cost this login",
        "left at once: if it was sent, it is uncertain until the next refresh asks again",
    ) as stopping:
        try:
            found = find_credential(context, options.name, stop=stopping.event)
        except NotRefreshed as failure:
            if not stopping.event.is_set():
                for sentence in failure.said:
                    stderr.note(sentence)
                stderr.error(failure.message, failure.hint)
                return OF_SEVERAL[failure.worst]
    if stopping.event.is_set():
        raise KeyboardInterrupt
    _explain(found, context.now())
    output.text(f"{found.secret.reveal()}\n")
    return ExitCode.OK


def _explain(found: Credential, now: float) -> None:
    from profiles.expiry import countdown
    from profiles.model import API_KEY, PERSONAL_ACCESS_TOKEN

    if found.kind == API_KEY:
        stderr.note(f"{found.name} is an API key, and this is the key itself: it does not expire")
        return
    if found.kind == PERSONAL_ACCESS_TOKEN:
        stderr.note(f"{found.name} is a personal access token, and this is the token itself")
        return
    refresh = found.refresh
    if refresh is not None:
        for sentence in refresh.said:
            stderr.note(sentence)
        if refresh.outcome not in ("refreshed", "fresh"):
            why = refresh.reason or refresh.outcome
            stderr.note(f"it could not be refreshed ({why}); what there is still works for now")
    ends = "at a time that it does not tell"
    if found.expires_at is not None:
        ends = f"in {countdown(now, found.expires_at)}"
    scopes = " ".join(found.scopes) or "none that it tells"
    stderr.note(
        f"an access token for the ChatGPT backend, no API key; scopes: {scopes}; expires {ends}"
    )
