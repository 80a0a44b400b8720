"""End a login at the issuer, as `codex logout` does (profiles/CODEX.md, C104); and remember what became of that."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from profiles.errors import (
    IssuerError,
    IssuerRejected,
    IssuerUnreachable,
    LoginCancelled,
    LoginError,
)
from profiles.marks import LOGIN_NEEDED, UNCERTAIN, Mark, change_mark, load_marks
from profiles.model import CHATGPT, Secret
from profiles.oauth.issuer import Issuer, find_issuer
from profiles.spent import SPENT, load_spent, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.auth_file import AuthDocument
    from profiles.context import Context
    from profiles.discovery import Profile

_UNANSWERED = "it was being revoked, and no answer came"
_REVOKED = "it was revoked by tui logout"


#: Seconds between two looks whether somebody wants an end.
LOOK_EVERY = 0.1


class RevokeRequest(NamedTuple):
    """Which token goes where. `hint` is `refresh_token` or `access_token`."""

    url: str
    client_id: str
    token: Secret
    hint: str


class Revoke(Protocol):
    """Send a revocation for a login of this home. Raises IssuerError when it was not done."""

    def __call__(  # noqa: D102 - above
        self, context: Context, home: str, request: RevokeRequest
    ) -> None: ...


def send_revocation(
    context: Context,
    home: str,
    request: RevokeRequest,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Send it over the network. Raises IssuerError when it was not done, LoginCancelled once `stopped` says so."""
    import asyncio

    from profiles.oauth.http import open_wire
    from profiles.oauth.token_endpoint import revoke

    async def send() -> None:
        async with open_wire(context, home) as wire:
            task = asyncio.ensure_future(revoke(wire, *request))
            while not (await asyncio.wait({task}, timeout=LOOK_EVERY))[0]:
                if stopped():
                    task.cancel()
                    await asyncio.wait({task})
                    raise LoginCancelled("interrupted; whether the login was revoked is not known")
            task.result()

    asyncio.run(send())


def revocation_of(context: Context, profile: Profile, document: AuthDocument) -> RevokeRequest:
    """Return what ends this login. Raises LoginError for one that the issuer does not know by a token."""
    tokens = document.tokens
    token = document.refresh_token or (tokens.access_token if tokens is not None else None)
    if document.kind != CHATGPT or tokens is None or not token:
        raise LoginError(
            f"{profile.name} is a login of the kind {document.kind}, which cannot be revoked from here",
            f"end it where it was made; tui logout {profile.name} removes it from this machine",
        )
    issuer = find_issuer(context.environ)
    if tokens.provenance is not None:
        # Codex asks its default issuer whatever the login says; nobody but its own learns of a token from us (R22).
        issuer.refresh_url(context.environ, tokens.provenance)
        issuer = Issuer(tokens.provenance[0].rstrip("/"))
    url = issuer.revoke_url(context.environ)
    hint = "refresh_token" if document.refresh_token is not None else "access_token"
    return RevokeRequest(url, issuer.client_id, token, hint)


def end_login(context: Context, profile: Profile, document: AuthDocument, send: Revoke) -> None:
    """Let the issuer end the login; it is known spent from then on. Raises LoginError and IssuerError.

    Written down ahead: until there is an answer nobody knows whether it still works.
    """
    request = revocation_of(context, profile, document)
    digest = document.refresh_token.digest() if document.refresh_token is not None else None
    if digest is None:
        send(context, profile.home, request)
        return
    before = load_marks(context).get(digest)
    if load_spent(context, surely=True).is_spent(digest):
        if before is not None and before.reason == _REVOKED:
            return
        raise LoginError(
            f"the refresh token of {profile.name} was used up elsewhere, so it can end nothing",
            f"tui logout {profile.name} removes it from this machine",
        )
    if before is None:
        change_mark(context, digest, lambda _: Mark(UNCERTAIN, _UNANSWERED, context.now()))
    try:
        send(context, profile.home, request)
    except (IssuerUnreachable, IssuerRejected) as error:
        # Not processed; but what a server says that failed itself tells nothing.
        if before is None and not (isinstance(error, IssuerRejected) and error.status >= 500):
            change_mark(context, digest, lambda _: None)
        raise
    except (IssuerError, LoginCancelled) as error:
        error.hint = f"see whether it still works: tui refresh {profile.name}"
        raise
    change_mark(context, digest, lambda _: Mark(LOGIN_NEEDED, _REVOKED, context.now()))
    record(context, SPENT, [digest])
