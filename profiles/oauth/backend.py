"""The ChatGPT backend, as far as it tells of usage and workspaces: where it is asked, and with what (C120, C122).

A login is shown to the backend that its own home's `config.toml` names and to no other (R22).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from profiles.claims import AUTH_CLAIM, payload, section
from profiles.errors import TokenMalformed, UsageError
from profiles.model import Secret
from profiles.oauth.issuer import why_not_safe
from profiles.oauth.token_endpoint import client_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from profiles.auth_file import AuthDocument
    from profiles.oauth.http import Answer, Wire
    from profiles.overrides import HomeSettings

DEFAULT_BACKEND = "https://chatgpt.com/backend-api/"
BACKEND_VARIABLE = "SWITCHYARD_CHATGPT_BASE_URL"
_OWN = "/backend-api"
#: Addresses that get that path when they lack it, as in Codex.
_CHATGPT = ("https://chatgpt.com", "https://chat.openai.com")


class Backend(NamedTuple):
    """A backend by its address, without a slash at the end."""

    base: str

    @property
    def usage_url(self) -> str:
        """Where usage is told."""
        return f"{self._prefix}/usage"

    @property
    def accounts_url(self) -> str:
        """Where a person's workspaces are told."""
        return f"{self._prefix}/accounts/check"

    @property
    def _prefix(self) -> str:
        return f"{self.base}/wham" if _OWN in self.base else f"{self.base}/api/codex"


def find_backend(settings: HomeSettings, environ: Mapping[str, str]) -> Backend:
    """Return the backend for a login of this home. Raises UsageError when no token may be sent there."""
    named, where = settings.base_url, settings.path
    if settings.problem is not None:
        raise UsageError(
            f"{where} {settings.problem}: which backend it names cannot be told",
            f"mend it: $EDITOR {where}",
        )
    if named is None:
        named, where = environ.get(BACKEND_VARIABLE, "").strip(), BACKEND_VARIABLE
    base = (named or DEFAULT_BACKEND).rstrip("/")
    why = why_not_safe(base)
    if why is None and ("?" in base or "#" in base):
        why = "has a query or fragment"
    if why is not None:
        what = "chatgpt_base_url" if where != BACKEND_VARIABLE else "the backend's address"
        hint = f"unset {where}" if where == BACKEND_VARIABLE else f"mend it: $EDITOR {where}"
        raise UsageError(f"{what} of {where} {why}: no token is sent there", hint)
    if base.startswith(_CHATGPT) and _OWN not in base:
        base += _OWN
    return Backend(base)


def why_not_sendable(document: AuthDocument) -> str | None:
    """Say why this login cannot be shown to a backend; None when it can."""
    tokens = document.tokens
    if tokens is None or not tokens.access_token:
        return "there is no access token"
    for text in (tokens.access_token.reveal(), tokens.account_id or ""):
        if not text.isascii() or not text.isprintable() or " " in text:
            return "its access token or account id is no text that can be sent"
    return None


async def ask_usage(wire: Wire, backend: Backend, document: AuthDocument) -> Answer:
    """Ask how much of a login is used. Raises IssuerError when no answer comes."""
    return await wire.get(backend.usage_url, _headers(document))


async def ask_workspaces(wire: Wire, backend: Backend, document: AuthDocument) -> Answer:
    """Ask for the workspaces of a login's person. Raises IssuerError when no answer comes."""
    return await wire.get(backend.accounts_url, _headers(document))


def _headers(document: AuthDocument) -> dict[str, str | Secret]:
    """Return the headers of the real client, in its order; without an account id it sends none."""
    tokens = document.tokens
    assert tokens is not None  # noqa: S101 - asked by `why_not_sendable` before
    headers: dict[str, str | Secret] = {
        "user-agent": client_headers()["user-agent"],
        "authorization": Secret(f"Bearer {tokens.access_token.reveal()}"),
    }
    if tokens.account_id:
        headers["chatgpt-account-id"] = tokens.account_id
    if _is_fedramp(tokens.id_token):
        headers["x-openai-fedramp"] = "true"
    return headers


def _is_fedramp(id_token: Secret) -> bool:
    try:
        claims = payload(id_token.reveal())
    except TokenMalformed:
        return False
    return section(claims, AUTH_CLAIM).get("chatgpt_account_is_fedramp") is True
