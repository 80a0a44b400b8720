"""The token endpoint: codes for tokens, tokens for newer ones, an id_token for an API key; and revocation.

Bodies are those of Codex 0.169, byte for byte (profiles/CODEX.md, C70, C104, C112, C118). What an answer to a refresh
means for a login is decided elsewhere: here it is told as it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from profiles.errors import GrantInvalid, IssuerError, IssuerProtocolError
from profiles.model import Secret
from profiles.strict_json import has_half_pair

if TYPE_CHECKING:
    from profiles.oauth.http import Answer, Wire
    from profiles.oauth.issuer import Issuer

_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"


class TokenAnswer(NamedTuple):
    """The tokens of a new login; all three are there."""

    id_token: Secret
    access_token: Secret
    refresh_token: Secret


async def exchange_code(
    wire: Wire, issuer: Issuer, *, code: Secret, redirect_uri: str, verifier: Secret
) -> TokenAnswer:
    """Exchange an authorization code, which is good once.

    Raises GrantInvalid when the issuer does not take it, and IssuerError.
    """
    answer = await wire.post_form(
        issuer.token_url,
        [
            ("grant_type", "authorization_code"),
            ("client_id", issuer.client_id),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ],
    )
    if answer.status in (400, 401):
        word = answer.error_word()
        told = f"{answer.status}, {word}" if word else str(answer.status)
        raise GrantInvalid(
            f"{answer.host} does not take the authorization code ({told})",
            "log in again: a code is good once, for a short time, and for the login that asked for it",
            error=word,
        )
    if not 200 <= answer.status < 300:
        raise answer.rejected("to exchange the authorization code")
    found = [_token(answer, name) for name in TokenAnswer._fields]
    for name, token in zip(TokenAnswer._fields, found, strict=True):
        if token is None:
            raise IssuerProtocolError(
                f"{answer.host} gave no {name}, without which Codex has no login", "log in again"
            )
    return TokenAnswer(*(token for token in found if token is not None))


async def exchange_api_key(wire: Wire, issuer: Issuer, id_token: Secret) -> Secret | None:
    """Ask for an API key of the person's organisation, as the browser flow does; None when there is none (C118)."""
    try:
        answer = await wire.post_form(
            issuer.token_url,
            [
                ("grant_type", _EXCHANGE),
                ("client_id", issuer.client_id),
                ("requested_token", "openai-api-key"),
                ("subject_token", id_token),
                ("subject_token_type", _ID_TOKEN),
            ],
        )
        return _token(answer, "access_token") if 200 <= answer.status < 300 else None
    except IssuerError:
        return None


async def refresh(
    wire: Wire, url: str, client_id: str, refresh_token: Secret, reason: str
) -> Answer:
    """Send a refresh token, which is then spent, and return whatever is answered. `reason` as in C70.

    Raises IssuerUnreachable when nothing was sent, any other IssuerError when nobody knows.
    """
    return await wire.post_json(
        url,
        {
            "client_id": client_id,
            "grant_type": "refresh_token",
            "refresh_reason": reason,
            "refresh_token": refresh_token,
        },
        client_headers(),
    )


async def revoke(
    wire: Wire, url: str, client_id: str, token: Secret, hint: str = "refresh_token"
) -> None:
    """End a login at the issuer. `hint` is `refresh_token`, or `access_token`, which names no client (C104).

    Raises IssuerError when it was not done.
    """
    body: dict[str, str | Secret] = {"token": token, "token_type_hint": hint}
    if hint == "refresh_token":
        body["client_id"] = client_id
    answer = await wire.post_json(url, body, client_headers())
    if not 200 <= answer.status < 300:
        raise answer.rejected("to revoke the login")


def client_headers() -> dict[str, str | Secret]:
    """Return the headers that Codex sends with a refresh, a revocation and whoami, and not with a login's own steps.

    The part for the terminal says who we are.
    """
    import platform

    system = f"{platform.system()} {platform.release()}; {platform.machine()}"
    safe = "".join(sign for sign in system if sign.isascii() and sign.isprintable())
    return {
        "originator": "codex_cli_rs",
        "user-agent": f"codex_cli_rs/0.169.0 ({safe}) codex-switchyard",
    }


def _token(answer: Answer, name: str) -> Secret | None:
    """Return a token of an answer, None when it is missing or null. Raises IssuerProtocolError for another type."""
    document = answer.json()
    value = document.get(name) if isinstance(document, dict) else None
    if value is None:
        return None
    if isinstance(value, str) and not has_half_pair(value):
        return Secret(value)
    # What is raised keeps this frame, and with it the other tokens.
    del document, value
    raise IssuerProtocolError(f"{answer.host} gave an {name} that is not text", "log in again")
