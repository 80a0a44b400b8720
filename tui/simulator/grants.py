"""Authorization codes: made at a page, exchanged once, by whoever has the verifier."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from tui.simulator.mint import unpadded

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.simulator.mint import Mint
    from tui.simulator.people import Person, Workspace

#: How long a code is good, in seconds.
CODE_LIFE = 600
#: Where a browser login may be sent back to: nothing else is registered for the client.
REDIRECTS = frozenset(
    f"http://{host}:{port}/auth/callback"
    for host in ("127.0.0.1", "localhost")
    for port in (1455, 1457)
)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
ENTITLEMENT = "missing_codex_entitlement"


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier."""
    return unpadded(hashlib.sha256(verifier.encode()).digest())


class GrantRefusedError(Exception):
    """A request that makes no sense, or a code that is not taken; `error` is OAuth's word."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error
        self.message = message


@dataclass
class Grant:
    """What an authorization code stands for, until it is exchanged."""

    person: Person
    workspace: Workspace
    client_id: str
    redirect_uri: str
    challenge: str
    scope: str
    expires_at: float
    used: bool = False
    #: The access token that it brought, which a second exchange ends.
    brought: str | None = None


@dataclass(frozen=True)
class Wish:
    """An authorize URL, understood. `workspaces` are those that it lets through; none means all."""

    client_id: str
    redirect_uri: str
    challenge: str
    state: str
    scope: str
    workspaces: tuple[str, ...]

    def callback(self, parameters: dict[str, str]) -> str:
        """Return where the browser is sent back to."""
        return f"{self.redirect_uri}?{urlencode({**parameters, 'state': self.state})}"


def read_wish(url: str) -> Wish:
    """Return what an authorize URL asks for. Raises GrantRefusedError, as the page says it."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    asked = dict(pairs)
    if len(asked) != len(pairs):
        raise GrantRefusedError("invalid_request", "a parameter stands twice")
    needs = {
        "response_type": "code",
        "code_challenge_method": "S256",
    }
    for name, value in needs.items():
        if asked.get(name) != value:
            raise GrantRefusedError("invalid_request", f"{name} must be {value}")
    if asked.get("redirect_uri") not in REDIRECTS:
        raise GrantRefusedError("invalid_request", "redirect_uri is not registered for this client")
    if not asked.get("client_id"):
        raise GrantRefusedError("invalid_client", "client_id is missing")
    if not _CHALLENGE.fullmatch(asked.get("code_challenge", "")):
        raise GrantRefusedError("invalid_request", "code_challenge is no S256 challenge")
    if not asked.get("state"):
        raise GrantRefusedError("invalid_request", "state is missing")
    return Wish(
        client_id=asked["client_id"],
        redirect_uri=asked["redirect_uri"],
        challenge=asked["code_challenge"],
        state=asked["state"],
        scope=asked.get("scope", ""),
        workspaces=tuple(filter(None, asked.get("allowed_workspace_id", "").split(","))),
    )


class Grants:
    """Every authorization code since the start."""

    def __init__(self, mint: Mint, now: Callable[[], float]) -> None:
        self._mint = mint
        self._now = now
        self._all: dict[str, Grant] = {}

    def make(
        self,
        person: Person,
        workspace: Workspace,
        *,
        client_id: str,
        redirect_uri: str,
        challenge: str,
        scope: str,
    ) -> str:
        """Return a new authorization code."""
        code = self._mint.opaque("ac_", 32)
        until = self._now() + CODE_LIFE
        self._all[code] = Grant(person, workspace, client_id, redirect_uri, challenge, scope, until)
        return code

    def approve(self, wish: Wish, person: Person, workspace: Workspace) -> str:
        """Return the callback of an approved browser login."""
        if not person.entitled:
            return self.refuse(wish, "access_denied", ENTITLEMENT)
        code = self.make(
            person,
            workspace,
            client_id=wish.client_id,
            redirect_uri=wish.redirect_uri,
            challenge=wish.challenge,
            scope=wish.scope,
        )
        return wish.callback({"code": code, "scope": wish.scope})

    @staticmethod
    def refuse(wish: Wish, error: str, description: str = "") -> str:
        """Return the callback of a browser login that came to nothing."""
        if error == ENTITLEMENT:
            error, description = "access_denied", ENTITLEMENT
        described = {"error_description": description} if description else {}
        return wish.callback({"error": error, **described})

    def find(self, code: str) -> Grant | None:
        """Return what a code stands for, whatever became of it."""
        return self._all.get(code)

    def take(self, code: str, *, client_id: str, redirect_uri: str, verifier: str) -> Grant:
        """Use a code up. Raises GrantRefusedError; a code that was tried with the wrong verifier is lost too."""
        grant = self._all.get(code)
        if grant is None or grant.used or grant.expires_at <= self._now():
            raise GrantRefusedError("invalid_grant", "The authorization code is not valid.")
        grant.used = True
        if client_id != grant.client_id:
            raise GrantRefusedError("invalid_grant", "The code was made for another client.")
        if redirect_uri != grant.redirect_uri:
            raise GrantRefusedError("invalid_grant", "The redirect_uri is not that of the code.")
        proven = _VERIFIER.fullmatch(verifier) is not None and hmac.compare_digest(
            challenge_of(verifier), grant.challenge
        )
        if not proven:
            raise GrantRefusedError("invalid_grant", "The code_verifier is not that of the code.")
        return grant
