"""The credential of a profile that other programs send: an access token, refreshed first when it is due, or a key."""

from __future__ import annotations

from typing import NamedTuple

from profiles.cache import FactCache
from profiles.claims import payload, scopes_of
from profiles.discovery import load_shelf
from profiles.errors import AuthFileInsecure, LoginNeeded, ProfilesError, TokenMalformed
from profiles.expiry import duration_words
from profiles.generation import compare, read_copy, same_lineage
from profiles.model import API_KEY, CHATGPT, EMPTY, OAUTH_KINDS, PERSONAL_ACCESS_TOKEN, Secret
from profiles.ownership import why_not_trusted
from profiles.paths import AUTH_FILE
from profiles.refresh_plan import Options, expires_at
from profiles.refreshing import NEEDED, SKIPPED, UNREACHABLE, Result, refresh_logins, worst
from profiles.spent import load_spent
from profiles.work import own_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from profiles.auth_file import AuthDocument
    from profiles.context import Context
    from profiles.discovery import Profile
    from profiles.refresh_answer import Send

#: A token that lives no longer than this (seconds) is refreshed first, as Codex does (profiles/CODEX.md, C74).
SOON = 300.0
#: By this an issuer that has enough for now is told from one that cannot be reached.
BUSY = "(429)"


class Credential(NamedTuple):
    """What was found. `kind` as in the contract; `scopes` of an access token; times in seconds since the epoch, UTC.

    `refresh` is what became of the refresh, where one was due: the token is then as good as that says.
    """

    name: str
    kind: str
    secret: Secret
    scopes: list[str]
    expires_at: float | None
    refresh: Result | None = None


class NotRefreshed(ProfilesError):
    """The token has expired and could not be refreshed; `result` says why."""

    def __init__(self, result: Result, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.said = list(result.said)
        #: As `profiles.refreshing.worst` says it.
        self.worst = worst([result]) or "failed"


def find_credential(
    context: Context,
    name: str,
    *,
    stop: Event | None = None,
    connect: Callable[[Context, str], Send] | None = None,
) -> Credential:
    """Return the credential of a profile, refreshed when it expired or is about to.

    Raises ProfileNotFound, LoginNeeded (there is none), NotRefreshed, AuthFileInsecure, and ProfilesError for a file or
    kind that none can be had from. `stop` and `connect` as for `refresh_logins`.
    """
    profile = load_shelf(context, FactCache(context)).find(name)
    document = _newest(context, profile)
    if document.kind == API_KEY and document.api_key is not None:
        return Credential(profile.name, API_KEY, document.api_key, [], None)
    if document.kind == PERSONAL_ACCESS_TOKEN:
        secret = Secret(str(document.data["personal_access_token"]))
        return Credential(profile.name, document.kind, secret, [], None)
    if document.kind not in OAUTH_KINDS:
        raise ProfilesError(
            f"{profile.name} is a login of the kind {document.kind}, which has no token to print",
            f"tui show {profile.name}",
        )
    if document.kind != CHATGPT or not _is_due(context, document):
        return _of_document(context, profile, document, None)
    options = Options(within=SOON)
    results = list(refresh_logins(context, [profile.name], options, stop=stop, connect=connect))
    mine = [result for result in results if result.name == profile.name]
    result = mine[0] if mine else Result(profile.name, SKIPPED, "interrupted", None)
    return _of_document(context, profile, _newest(context, profile), result)


def _is_due(context: Context, document: AuthDocument) -> bool:
    ends = expires_at(document)
    return ends is not None and ends - context.now() <= SOON


def _of_document(
    context: Context, profile: Profile, document: AuthDocument, result: Result | None
) -> Credential:
    """Return the access token in a document. Raises when there is none, or it is of no use any more."""
    name, token = profile.name, document.tokens.access_token if document.tokens else None
    if not token:
        raise LoginNeeded(f"{name} has no access token", _log_in(name))
    ends = expires_at(document)
    if ends is not None and ends <= context.now():
        ago = f"the access token of {name} expired {duration_words(context.now() - ends)} ago"
        if result is None:
            raise LoginNeeded(f"{ago}, and only who made it can renew it", _log_in(name))
        raise _not_refreshed(name, ago, result)
    try:
        scopes = scopes_of(payload(token.reveal()))
    except TokenMalformed:
        scopes = []
    return Credential(name, document.kind, token, scopes, ends, result)


def _not_refreshed(name: str, ago: str, result: Result) -> ProfilesError:
    told = f"{ago}, and was not refreshed: {result.reason or result.outcome}"
    if result.outcome == NEEDED:
        return NotRefreshed(result, f"{name} needs a new login: {result.reason}", _log_in(name))
    if result.outcome == UNREACHABLE and BUSY in (result.reason or ""):
        return NotRefreshed(result, told, f"wait some minutes, then: tui token {name}")
    if result.outcome == UNREACHABLE:
        return NotRefreshed(result, told, f"look at network and proxy, then: tui token {name}")
    return NotRefreshed(result, told, f"tui refresh {name}")


def _log_in(name: str) -> str:
    return f"tui login {name} --device-code"


def _newest(context: Context, profile: Profile) -> AuthDocument:
    """Return the newest copy of the profile's login: the active home may have one that Codex refreshed since."""
    name, path = profile.name, own_place(profile)
    if profile.problem is not None:
        raise ProfilesError(f"{name}: {profile.problem}", f"mend the file first: {profile.folder}")
    why = why_not_trusted(context, path)
    if why is not None:
        raise AuthFileInsecure(path, f"{path}: {why}", f"ls -ld {profile.home}")
    newest = read_copy(path)
    if newest is None or (newest.document is not None and newest.document.kind == EMPTY):
        raise LoginNeeded(f"{name} is empty: there is no login in it", _log_in(name))
    document, recorded = newest.document, profile.fields.identity
    if document is None:
        raise ProfilesError(f"{path} cannot be read: {newest.problem}", f"tui show {name}")
    if document.is_mixture or (recorded is not None and document.identity != recorded):
        what = "mixes two logins" if document.is_mixture else "holds another login"
        raise ProfilesError(f"{name} is broken: {path} {what}", f"tui show {name}")
    live = read_copy(f"{context.home}/{AUTH_FILE}") if context.active.problem is None else None
    if live is None or live.document is None or live.document.is_mixture:
        return document
    if not same_lineage(live.document, document) or why_not_trusted(context, live.path):
        return document
    is_spent = load_spent(context).is_spent
    newer = compare(live, newest, context.now(), is_spent).order > 0
    return live.document if newer else document
