"""`tui login`: log in to a profile, new or old, by device code, browser, API key or access token.

Nothing changes before the new login is whole and is the expected person's; it is in memory alone until then.
"""

from __future__ import annotations

import os

from profiles.errors import (
    DeviceCodeDisabled,
    IssuerError,
    LoginError,
    OAuthError,
    ProfilesError,
    UsageError,
)
from tui import output, stderr
from tui.parser import add_name, profile_name
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from profiles.auth_file import AuthDocument
    from profiles.context import Context
    from profiles.login_target import LoginTarget
    from tui.commands.signing_in.interruptions import Interruptions
    from tui.commands.signing_in.words import Asked, Teller
    from tui.parser import Parser

EXAMPLES = (
    ("tui login work --device-code", "enter a code in any browser; the way over SSH"),
    ("tui login work --browser", "with a tunnel, or the address pasted back"),
    ("tui login bot --api-key", "asks for the key, or reads it from a pipe"),
)
CODES = (ExitCode.FAILED, ExitCode.LOGIN_NEEDED, ExitCode.UNREACHABLE, ExitCode.LOCKED)

DEVICE_CODE, BROWSER, KEY, TOKEN = "device-code", "browser", "api-key", "access-token"
#: How keys, tokens and callback addresses begin, which some take for the argument.
_SECRETS = ("sk-", "at-", "rt_", "eyJ", "ac_", "http:", "https:")
#: Longer than this, a word that is no name may be a secret.
_SHOWN = 20


def configure(parser: Parser) -> None:
    """Add the arguments."""
    parser.rephrase = _without_words
    add_name(parser, kind=_name, explanation="a profile, or the name of a new one")
    how = parser.add_argument_group("how").add_mutually_exclusive_group(required=True)
    for method, explanation in (
        (DEVICE_CODE, "show a code that is entered in any browser"),
        (BROWSER, "show an address; its callback comes here, or is pasted"),
        (KEY, "read an API key from standard input"),
        (TOKEN, "read an access token from standard input"),
    ):
        flag = f"--{method}"
        how.add_argument(flag, dest="method", action="store_const", const=method, help=explanation)
    parser.add_argument_group("with --browser").add_argument(
        "--port",
        metavar="N",
        type=_port,
        help="listen there, when 1455 and 1457 are held; a tunnel brings the callback",
    )
    parser.add_argument_group("output").add_argument(
        "--json", action="store_true", help="print one event a line"
    )


def _name(text: str) -> str:
    """Return the name of a profile. Raises UsageError, which does not show what may be a secret."""
    if len(text) > _SHOWN and (text.startswith(_SECRETS) or len(text) > 64):
        raise UsageError(
            "what stands in place of the profile's name is not shown here, as it looks like a secret",
            "tui login NAME --api-key, which reads the secret from standard input",
        )
    return profile_name(text)


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536:
        return int(text)
    raise UsageError(
        "--port wants a number from 1 to 65535", "tui login NAME --browser --port 8455"
    )


def _without_words(message: str) -> str:
    """Leave out the words that argparse would repeat: one of them may be a secret."""
    what, colon, words = message.partition(": ")
    options = [word.partition("=")[0] for word in words.split() if word.startswith("--")]
    options = [word for word in options if len(word) <= _SHOWN]
    if what == "unrecognized arguments":
        known = f": {' '.join(options)}" if options else ""
        return f"{what}{known} (a secret is never one; it is read from standard input)"
    if words.startswith("ignored explicit argument"):
        return f"{what}{colon}takes no value (a secret is read from standard input)"
    return message


def run(options: Namespace, context: Context) -> int:
    """Log in. Once there are events, a failure is one of them."""
    if options.port is not None and options.method != BROWSER:
        raise UsageError(
            f"--port belongs to --browser, and not to --{options.method}",
            f"tui login {options.name} --{options.method}",
        )
    from tui.commands.signing_in.interruptions import Interruptions
    from tui.commands.signing_in.words import Asked

    asked = Asked(options.name, options.method, options.port, options.json)
    with Interruptions() as interruptions:
        try:
            return _log_in(asked, context, interruptions)
        except (ProfilesError, OSError, KeyboardInterrupt) as error:
            if isinstance(error, OAuthError | IssuerError):
                error.hint = _step(error, asked)
            if not asked.json or isinstance(error, output.OutputFailed):
                raise
            message, hint = stderr.explain(error)
            output.event("failed", {"error": message, "hint": hint})
            return stderr.exit_code_for(error)


def _step(error: OAuthError | IssuerError, asked: Asked) -> str:
    """Return what to do next, with the command: the flows know no command line."""
    other = f"tui login {asked.name} --{BROWSER}"
    command = other if isinstance(error, DeviceCodeDisabled) else asked.again
    if error.hint is None:
        return command
    if command in error.hint:
        return error.hint
    # Most hints are something to see to first; these say in words what the command does.
    same = error.hint.startswith(("log in", "ask for"))
    return f"{error.hint}{':' if same else '; then:'} {command}"


def _log_in(asked: Asked, context: Context, interruptions: Interruptions) -> int:
    from profiles.logging_in import prepare
    from tui.commands.signing_in.saving import save, say_saved
    from tui.commands.signing_in.words import Teller

    target = prepare(context, asked.name, asked.method)
    folder = f"{context.roots.profiles}/{target.name}"
    before = _which(folder)
    teller = Teller(asked, context, target)
    whose: str | None = None
    if asked.method in (DEVICE_CODE, BROWSER):
        document = _by_events(target, asked, teller, interruptions)
    elif asked.method == KEY:
        document = _by_key(asked)
    else:
        document, whose = _by_token(target, asked, interruptions)
    saved = save(context, asked, target.name, document, interruptions)
    if before is not None and saved.name == target.name and _which(folder) != before:
        stderr.note(f"{saved.name} was deleted or renamed in the meantime; it was made anew")
    say_saved(context, saved)
    if asked.json:
        email = saved.email or whose
        fields: output.Json = {"name": saved.name, "email": email, "account_id": saved.account_id}
        output.event("done", fields)
    return ExitCode.FAILED if saved.mismatch else ExitCode.OK


def _which(folder: str) -> tuple[int, int] | None:
    """Return what tells a folder from another one of the same name; None without one."""
    try:
        found = os.stat(folder)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _by_events(
    target: LoginTarget, asked: Asked, teller: Teller, interruptions: Interruptions
) -> AuthDocument:
    from tui.commands.signing_in import flow

    follow = flow.by_device_code if asked.method == DEVICE_CODE else flow.by_browser
    return follow(target, asked, teller, interruptions)


def _by_key(asked: Asked) -> AuthDocument:
    """Take an API key. Nobody is asked whether it is good, as with Codex."""
    from profiles.oauth.documents import api_key_document
    from profiles.oauth.given import looks_like_token, why_no_key
    from tui.commands.signing_in.typed import read_secret

    key = read_secret("API key", asked.again)
    text = key.reveal()
    if (why := why_no_key(text)) is not None:
        raise UsageError(why, f"printenv VARIABLE | {asked.again}")
    if looks_like_token(text):
        stderr.note(f"this looks like an access token: tui login {asked.name} --{TOKEN}")
    elif not text.startswith("sk-"):
        stderr.note("this key does not begin with sk-; it is saved as it is")
    stderr.say("The key is taken as it is: whether the issuer takes it was not verified.")
    return api_key_document(key)


def _by_token(
    target: LoginTarget, asked: Asked, interruptions: Interruptions
) -> tuple[AuthDocument, str | None]:
    """Take an access token once the issuer says whose it is; return that, too."""
    from profiles.oauth.documents import access_token_document
    from profiles.oauth.given import is_agents, why_no_token
    from tui.commands.signing_in.typed import read_secret

    token = read_secret("access token", asked.again)
    text = token.reveal()
    if (why := why_no_token(text)) is not None:
        if is_agents(text):
            raise LoginError(why, f"tui run {asked.name} -- codex login --with-access-token")
        raise UsageError(
            why, f"tui login {asked.name} --{KEY if text.startswith('sk-') else TOKEN}"
        )
    from tui.commands.signing_in.flow import ask_whose

    found = ask_whose(target, asked, token, interruptions)
    stderr.say(f"The issuer knows this token: {found.email or 'somebody without e-mail'}.")
    return access_token_document(token), found.email
