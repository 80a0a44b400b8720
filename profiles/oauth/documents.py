"""The auth.json of a new login, as `codex login` of 0.169 writes it for the same answers (C10, C20, C23)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from profiles.auth_file import parse, serialise
from profiles.claims import token_facts
from profiles.errors import AuthFileMalformed, IssuerProtocolError
from profiles.oauth.pkce import make_state

if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.model import Secret
    from profiles.oauth.issuer import Issuer
    from profiles.oauth.token_endpoint import TokenAnswer

#: Names the document where a path would stand: it is in memory alone.
_NAME = "the new login"


def chatgpt_document(
    answer: TokenAnswer, issuer: Issuer, now: float, api_key: Secret | None = None
) -> AuthDocument:
    """Return the document of a ChatGPT login. `now`: seconds since the epoch, UTC.

    Raises IssuerProtocolError when Codex would not load what the issuer gave.
    """
    return _document(serialise(_chatgpt(answer, issuer, now, api_key)))


def api_key_document(key: Secret) -> AuthDocument:
    """Return the document of an API key."""
    return _document(serialise({"auth_mode": "apikey", "OPENAI_API_KEY": key.reveal()}))


def access_token_document(token: Secret) -> AuthDocument:
    """Return the document of a personal access token (`at-…`)."""
    return _document(serialise({"OPENAI_API_KEY": None, "personal_access_token": token.reveal()}))


def timestamp(seconds: float) -> str:
    """Return a time as Codex writes it: RFC 3339, UTC, `Z`, and 0, 3, 6 or 9 decimals, as few as it takes."""
    import time

    whole = int(seconds // 1)
    decimals = f"{int((seconds - whole) * 1e9):09}"
    while decimals.endswith("000"):
        decimals = decimals[:-3]
    point = "." if decimals else ""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}{point}{decimals}Z"


def _chatgpt(
    answer: TokenAnswer, issuer: Issuer, now: float, api_key: Secret | None
) -> dict[str, Any]:
    return {
        "auth_mode": "chatgpt",
        "OPENAI_API_KEY": api_key.reveal() if api_key is not None else None,
        "tokens": {
            "id_token": answer.id_token.reveal(),
            "access_token": answer.access_token.reveal(),
            "refresh_token": answer.refresh_token.reveal(),
            "oauth_provenance": {"issuer": issuer.base, "client_id": issuer.client_id},
            "login_owner_id": make_state(),
            # Null when the claim is missing: the one key of `tokens` that 0.169 never leaves out.
            "account_id": token_facts(answer.id_token.reveal()).account_id,
        },
        "last_refresh": timestamp(now),
    }


def _document(raw: bytes) -> AuthDocument:
    try:
        return parse(raw, _NAME)
    except AuthFileMalformed as error:
        where, why = error.where, error.why
    # Neither the reader's frames, which hold the tokens, nor ours are to hang on what is raised.
    del raw
    raise IssuerProtocolError(
        f"the issuer's answer is not a login that Codex would load ({where}: {why})",
        "log in again; a newer version may know what the issuer gives now",
    )
