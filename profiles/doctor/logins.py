"""Logins: whether their tokens work, what in their documents is wrong, and which profiles cannot be used."""

from __future__ import annotations

from profiles.doctor.checks import Check
from profiles.doctor.finding import ERROR, INFO, WARNING, Finding
from profiles.doctor.homes_places import (
    ACTIVE,
    PROFILE,
    Place,
    cache_of,
    copy_in,
    login_words,
    own_places,
    shelf_of,
    shortened,
    words_for,
)
from profiles.doctor.logins_loop import loops
from profiles.doctor.logins_none import nobody
from profiles.doctor.logins_states import plans, states
from profiles.paths import AUTH_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.doctor.machine import Machine
    from profiles.history import Entry

SEEN: dict[str, str] = {
    "token.expired": "The access token's exp (for one that cannot be read: 8 days after last_refresh). Codex refreshes "
    "by itself, so it is worth knowing and no more.",
    "token.reused": "Whether the issuer told us that a refresh token was already used, or whether we know that it was: "
    "another holder of the same login refreshed first.",
    "token.revoked": "Whether the issuer or the backend told us that a login was revoked or its session ended.",
    "token.short_lived": "Whether a login was refused as revoked within minutes of its sign-in, which is the account's "
    "side and no second holder.",
    "token.other_account": "Whether a Codex that runs with the active home began before the last switch: it goes on as "
    "the login before, and says “since logged out or signed in to another account” at its next refresh.",
    "login.not_api_key": "Whether what is stored as an API key is a ChatGPT token: the API answers “Missing "
    "scopes: api.responses.write”.",
    "login.needed": "Whether a login's tokens do not work any more for another reason: expired for good, or there is "
    "no refresh token.",
    "login.uncertain": "Whether a refresh token may have been used or revoked without a word: an answer never came, or "
    "codex login or logout replaced the login behind our back.",
    "login.mixture": "Whether the tokens of a file and its account_id belong to two logins.",
    "login.no_refresh": "Whether a login has no refresh token, so that it ends with its access token.",
    "login.idle": "Whether a login was not refreshed for 30 days: nobody knows how long a refresh token lives unused.",
    "login.plan": "Whether the backend named no paid plan any more when usage was asked last, though the token does.",
    "login.account_id": "Whether tokens.account_id is missing: Codex then sends no account header, never refreshes.",
    "login.id_token": "Whether the access token stands in the id_token's place, as codex-multi-auth writes it.",
    "login.none": "Whether the active home holds a login: in its auth.json, or in what Codex uses in its stead "
    "(an access token in a variable, a keyring, a provider with a key of its own).",
    "login.loop": "What makes a sign-in succeed and be lost all the same: a variable that beats it, a store or forced "
    "setting that drops or deletes it, a home or file that cannot be saved into. Each is found by itself, too.",
    "profile.broken": "Whether each profile can be used: its folder, its profile.toml, its home, and whether its file "
    "still holds the login that it is for.",
    "profile.settings": "Whether Switchyard's own config.toml can be used.",
}
UNSEEN: dict[str, str] = {
    "device.disabled": "That an account or workspace does not allow device codes is shown in the browser alone; the "
    "client sees “pending” alone. ChatGPT → Settings → Security → device code for Codex; in a workspace its admin "
    "allows it; else tui login NAME --browser, over SSH with its tunnel line.",
    "device.server": "“Device code login is not enabled for this Codex server” is the answer to a login: the address "
    "is no OpenAI issuer. Check SWITCHYARD_ISSUER, --experimental_issuer and the proxy.",
    "device.expired": "Whether somebody confirms a device code in its 15 minutes is not known before they are over: "
    "repeat the login for a new code.",
    "device.invalid_code": "What is typed in the browser cannot be seen: the page is "
    "https://auth.openai.com/codex/device, the code the newest one, without spaces.",
    "account.entitlement": "Whether an account may use Codex is told at the sign-in alone (missing_codex_entitlement, "
    "codex_cli_workspace_disabled): choose another workspace there, or ask its admin.",
    "account.step_up": "A phone or SMS step-up, “max accounts for this number” and Advanced Account Security are on "
    "the account's side: the help centre; where allowed, a personal access token (tui login NAME --access-token).",
    "account.failed": "“Authentication failed” names no cause: an outage, the wrong account, or no rights. The network "
    "checks show whether the service is reached; else try again later.",
}


def _log_in(place: Place) -> str:
    return f"tui login {place.name if place.role == PROFILE else 'NAME'} --device-code"


def _look_at_documents(machine: Machine) -> list[Finding]:
    found = []
    for place in own_places(machine):
        copy = copy_in(machine, place)
        if copy is not None and copy.document is not None:
            found += _of_document(machine, place, copy.document)
    return found


def _of_document(machine: Machine, place: Place, document: AuthDocument) -> list[Finding]:
    from profiles.model import API_KEY, OAUTH_KINDS

    level, words = ERROR if place.role == ACTIVE else WARNING, login_words(machine, place)
    where, found = f"{words_for(machine, place)}: {place.auth}", []
    tokens = document.tokens
    if document.kind in OAUTH_KINDS and tokens is not None:
        if document.data["tokens"].get("account_id") is None:
            found.append(
                Finding(
                    "login.account_id",
                    level,
                    f"The account id is missing: {words}",
                    f"{where}: no tokens.account_id",
                    "Codex then sends no account header, and refuses to refresh. Another tool wrote the file.",
                    _log_in(place),
                )
            )
        if tokens.access_token and tokens.id_token == tokens.access_token:
            found.append(
                Finding(
                    "login.id_token",
                    WARNING,
                    f"The access token stands in for the id_token: {words}",
                    f"{where}: id_token and access_token are equal",
                    "codex-multi-auth writes it so. Who the login is, its plan and workspace may be told wrong until "
                    "the next refresh or login.",
                    _log_in(place),
                )
            )
    key = document.api_key
    if key is not None and key.reveal().strip().startswith("eyJ"):
        used = document.kind == API_KEY
        found.append(_not_a_key(where, place, level if used else INFO, used=used))
    return found


def _not_a_key(where: str, place: Place, level: str, *, used: bool) -> Finding:
    return Finding(
        "login.not_api_key",
        level,
        "A ChatGPT token is stored as an API key",
        f"{where}: OPENAI_API_KEY holds a JWT",
        "The API answers “Missing scopes: api.responses.write”: a token of a ChatGPT login is no key. A real one comes "
        "from the platform, and is billed apart."
        if used
        else "Codex does not use it beside a ChatGPT login; other tools that read it are refused.",
        _log_in(place),
    )


def _look_at_profiles(machine: Machine) -> list[Finding]:
    from profiles.config import config_path
    from profiles.expiry import BROKEN
    from profiles.model import UNREADABLE
    from profiles.ownership import why_not_trusted

    snapshot, found = machine.snapshot, []
    profiles = {each.name: each for each in shelf_of(machine).profiles}
    told = set()
    for row in snapshot.rows:
        profile = profiles.get(row.name or "")
        if row.state != BROKEN or profile is None:
            continue
        told |= {profile.auth_path, f"{profile.folder}/profile.toml"}
        if profile.problem is None and row.kind == UNREADABLE:
            continue  # file.broken
        if profile.problem is None and why_not_trusted(machine.context, profile.auth_path):
            continue  # file.mode, file.owner
        found.append(
            Finding(
                "profile.broken",
                ERROR if row.active else WARNING,
                f"The profile {shortened(row.name or '')} cannot be used",
                f"{profile.folder}: {row.reason}",
                "A switch to it is refused. What its file holds is never written over.",
                _mend_profile(row.name or "", row.reason or "", profile.folder),
            )
        )
    settings = config_path(machine.context)
    for problem in snapshot.problems:
        if problem.path in told or problem.path.startswith(machine.home):
            continue
        is_settings = problem.path == settings
        found.append(
            Finding(
                "profile.settings" if is_settings else "profile.broken",
                WARNING,
                "Switchyard's own settings cannot be used"
                if is_settings
                else "Something among the profiles is no profile",
                f"{problem.path}: {problem.error}",
                "The defaults count as long as it is so." if is_settings else "It is passed over.",
                f"${{EDITOR:-vi}} {problem.path}"
                if is_settings
                else f"mv {problem.path} ~/{problem.path.rpartition('/')[2]}.moved",
            )
        )
    return found


def _mend_profile(name: str, reason: str, folder: str) -> str:
    import shlex

    if "now holds another login" in reason:
        return f"tui login {name} --device-code  (the other login: tui add OTHER --home {folder})"
    if "is not there" in reason:
        return f"bring its home back (mount the disk), or: tui delete {name}"
    if "no longer holds" in reason:
        return f"tui login {name} --device-code"
    return f"${{EDITOR:-vi}} {shlex.quote(folder)}/profile.toml"


def _look_at_running(machine: Machine) -> list[Finding]:
    from time import gmtime, strftime

    from profiles.processes import PROC, is_login, start_time

    live = cache_of(machine).auth_facts(f"{machine.home}/{AUTH_FILE}").identity
    found = []
    for process in machine.processes:
        if process.home != machine.home or process.daemon or is_login(process):
            continue
        since = start_time(process.pid, machine.proc if PROC is not None else None)
        if since is None:
            continue
        switches = _switches_after(machine, since)
        # Switched there and back, it is what it was.
        if not switches or (live is not None and switches[-1].before_identity == live.digest()):
            continue
        at = strftime("%Y-%m-%d %H:%M:%S UTC", gmtime(switches[-1].time))
        found.append(
            Finding(
                "token.other_account",
                WARNING,
                f"A running Codex still uses the former login: pid {process.pid}",
                f"{process.command} (pid {process.pid}) began before the switch to {switches[-1].profile} at {at}",
                "Nothing tells a running Codex that the file changed. At its next refresh it says “since logged out or "
                "signed in to another account”.",
                f"end it and start it again: kill {process.pid}",
            )
        )
    return found


def _switches_after(machine: Machine, since: float) -> list[Entry]:
    """Return the switches of the active home after a time (seconds since the epoch), newest first."""
    from itertools import takewhile

    from profiles.history import last_switches

    switches = last_switches(machine.context, machine.home)
    return list(takewhile(lambda each: each.time > since, switches))


def _fine(*pairs: tuple[str, str]) -> dict[str, str]:
    return dict(pairs)


CHECKS: tuple[Check, ...] = (
    Check(
        _fine(
            ("login.needed", "no login needs a sign-in"),
            ("token.reused", "no refresh token is known to be used up"),
            ("token.revoked", "no login is known to be revoked"),
            ("token.short_lived", "no login was ended right after its sign-in"),
            ("login.uncertain", "no login is in doubt"),
            ("login.mixture", "no file mixes two logins"),
            ("login.idle", "every login was refreshed in the last 30 days"),
            ("token.expired", "no access token has ended"),
            ("login.no_refresh", "every login can be refreshed"),
        ),
        states,
    ),
    Check({"login.plan": "no plan is known to be gone"}, plans),
    Check(
        {
            "login.account_id": "every login names its account",
            "login.id_token": "every login has an id_token of its own",
            "login.not_api_key": "no ChatGPT token is stored as an API key",
        },
        _look_at_documents,
    ),
    Check(
        {
            "profile.broken": "every profile can be used",
            "profile.settings": "Switchyard's settings can be used",
        },
        _look_at_profiles,
    ),
    Check({"token.other_account": "no Codex runs on as the login before"}, _look_at_running),
    Check({"login.none": "somebody is logged in here"}, nobody, slow=True),
    Check({"login.loop": "nothing here makes a good sign-in be lost"}, loops, slow=True),
)
