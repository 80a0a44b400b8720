"""Whose a personal access token is: asked before it is saved, as Codex does (C103, C123 in profiles/CODEX.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from profiles.errors import GrantInvalid, IssuerProtocolError
from profiles.model import Secret
from profiles.oauth.token_endpoint import client_headers

if TYPE_CHECKING:
    from profiles.oauth.http import Wire

#: With what every personal access token begins.
PREFIX = "at-"


class WhoAmI(NamedTuple):
    """Whose a token is: person, workspace, and the plan as of now."""

    email: str | None
    user_id: str
    account_id: str
    plan: str
    fedramp: bool


async def whoami(wire: Wire, url: str, token: Secret) -> WhoAmI:
    """Ask the issuer whose a token is. Raises GrantInvalid when it knows no such token, and IssuerError."""
    if not is_sendable(token):
        raise GrantInvalid(
            "this is no personal access token", f"paste one that begins with {PREFIX}, all of it"
        )
    bearer = Secret(f"Bearer {token.reveal()}")
    answer = await wire.get(url, {"authorization": bearer, **client_headers()})
    told = "json" in answer.headers.get("content-type", "")
    if answer.status in (400, 401) or (answer.status in (403, 404) and told):
        raise GrantInvalid(
            f"{answer.host} does not know this access token ({answer.status})",
            "make a new one in ChatGPT's settings, and paste all of it",
            error="invalid_token",
        )
    if not 200 <= answer.status < 300:
        raise answer.rejected("to say whose the access token is")
    found = _read(answer.json())
    if found is None:
        raise IssuerProtocolError(
            f"{answer.host} did not say whose the access token is", "try again in a moment"
        )
    return found


def is_sendable(token: Secret) -> bool:
    """Say whether a text can be an access token at all: `at-`, then letters and signs without a space."""
    text = token.reveal()
    fits = text.isascii() and text.isprintable() and " " not in text
    return fits and text.startswith(PREFIX) and len(text) > len(PREFIX)


def _read(document: object) -> WhoAmI | None:
    """Return what is told; None when Codex would not take it (C125)."""
    if not isinstance(document, dict):
        return None
    email, fedramp = document.get("email"), document.get("chatgpt_account_is_fedramp")
    user, account = document.get("chatgpt_user_id"), document.get("chatgpt_account_id")
    plan = document.get("chatgpt_plan_type")
    if email is not None and not isinstance(email, str):
        return None
    if not isinstance(user, str) or not isinstance(account, str) or not isinstance(plan, str):
        return None
    return WhoAmI(email, user, account, plan, fedramp) if isinstance(fedramp, bool) else None
