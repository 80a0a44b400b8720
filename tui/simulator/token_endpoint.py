"""`/oauth/token` and `/oauth/revoke`: codes and refresh tokens in, tokens out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.simulator.families import RefreshRefusedError
from tui.simulator.grants import GrantRefusedError
from tui.simulator.wire import Reply, answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.simulator.families import Families
    from tui.simulator.grants import Grants
    from tui.simulator.mint import Mint
    from tui.simulator.tokens import TokenMaker
    from tui.simulator.wire import Request

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"


def refused(status: int, code: str, message: str) -> Reply:
    """Return an error in the words of the service."""
    kind = "invalid_request_error"
    return answer(
        status, {"error": {"message": message, "type": kind, "param": None, "code": code}}
    )


def _oauth_error(error: str, message: str) -> Reply:
    return answer(400, {"error": error, "error_description": message})


class TokenEndpoint:
    """Answers by grant type."""

    def __init__(
        self,
        mint: Mint,
        maker: TokenMaker,
        grants: Grants,
        families: Families,
        now: Callable[[], float],
    ) -> None:
        self._mint, self._maker = mint, maker
        self._grants, self._families = grants, families
        self._now = now

    def token(self, request: Request) -> Reply:
        """Answer `POST /oauth/token`, a form or JSON."""
        asked = request.fields()
        match asked.get("grant_type"):
            case "authorization_code":
                return self._code(asked)
            case "refresh_token":
                return self._refresh(asked)
            case grant if grant == EXCHANGE:
                return self._exchange(asked)
        return _oauth_error("unsupported_grant_type", "The grant_type is not supported.")

    def _code(self, asked: dict[str, str]) -> Reply:
        code = asked.get("code", "")
        try:
            grant = self._grants.take(
                code,
                client_id=asked.get("client_id", ""),
                redirect_uri=asked.get("redirect_uri", ""),
                verifier=asked.get("code_verifier", ""),
            )
        except GrantRefusedError as error:
            known = self._grants.find(code)
            if known is not None and known.brought is not None:
                self._families.revoke(known.brought)  # a code that comes twice was stolen
            return _oauth_error(error.error, error.message)
        session = self._maker.session(
            grant.person, grant.workspace, grant.client_id, grant.scope, self._now()
        )
        tokens = self._families.begin(session)
        grant.brought = tokens["access_token"]
        return answer(200, tokens)

    def _refresh(self, asked: dict[str, str]) -> Reply:
        try:
            tokens = self._families.rotate(
                asked.get("refresh_token", ""), asked.get("client_id", "")
            )
        except RefreshRefusedError as error:
            return refused(401, error.code, error.message)
        return answer(200, tokens)

    def _exchange(self, asked: dict[str, str]) -> Reply:
        session = self._families.session_of(asked.get("subject_token", ""))
        right = (
            asked.get("requested_token") == "openai-api-key"
            and asked.get("subject_token_type") == ID_TOKEN
            and session is not None
            and asked.get("client_id") == session.client_id
        )
        if session is None or not right:
            return _oauth_error("invalid_request", "The token exchange makes no sense.")
        if not session.person.api_key:
            return refused(401, "invalid_subject_token", "The ID token has no organization.")
        return answer(200, {"access_token": self._mint.opaque("sk-svcacct-", 48)})

    def revoke(self, request: Request) -> Reply:
        """Answer `POST /oauth/revoke`: as the standard has it, also for a token that nobody knows."""
        token = request.fields().get("token", "")
        if not token:
            return _oauth_error("invalid_request", "token is missing")
        self._families.revoke(token)
        return answer(200, {})
