"""Refresh tokens as the service keeps them: single use, each the child of the one before.

Whoever presents a spent one ends the whole family, since one of two holders must have stolen it; a forgiving service
refuses that one alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tui.simulator.tokens import ACCESS_LIFE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.simulator.mint import Mint
    from tui.simulator.tokens import Session, TokenMaker

#: Whose refresh token was presented twice, to any simulator of this process: a suite of tests can ask after each.
reuses: list[str] = []


@dataclass
class Family:
    """All that descends from one sign-in."""

    session: Session
    #: How long its access tokens live, in seconds.
    lifetime: int
    #: The refresh token that is good, or None when none is any more.
    current: str | None = None
    spent: list[str] = field(default_factory=list)
    access_tokens: list[str] = field(default_factory=list)
    #: Why it ended: `reused`, `revoked`; None while it lives.
    over: str | None = None
    #: Whether its access tokens are refused too, as after a sign-out everywhere.
    ended: bool = False

    @property
    def generation(self) -> int:
        """How often it was refreshed."""
        return len(self.spent)


@dataclass(frozen=True)
class Bearer:
    """What an access token stands for; `expires_at` in seconds since the epoch, UTC."""

    session: Session
    family: Family
    expires_at: int


class RefreshRefusedError(Exception):
    """A refresh token that is taken no more; `code` is the service's word."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Families:
    """Every family since the start."""

    def __init__(
        self, mint: Mint, maker: TokenMaker, now: Callable[[], float], *, forgiving: bool = False
    ) -> None:
        self._mint = mint
        self._maker = maker
        self._now = now
        self._forgiving = forgiving
        self.all: list[Family] = []
        #: How many refresh tokens were presented twice.
        self.reused = 0
        self._of_refresh_token: dict[str, Family] = {}
        self._bearers: dict[str, Bearer] = {}
        self._id_tokens: dict[str, Session] = {}

    def begin(
        self, session: Session, *, issued_at: float | None = None, lifetime: int = ACCESS_LIFE
    ) -> dict[str, Any]:
        """Return what the token endpoint answers at a sign-in."""
        family = Family(session, lifetime)
        self.all.append(family)
        return self._issue(family, issued_at)

    def _issue(self, family: Family, issued_at: float | None = None) -> dict[str, Any]:
        at = int(self._now() if issued_at is None else issued_at)
        session, maker = family.session, self._maker
        access_token = maker.access_token(session, at, family.lifetime)
        id_token = maker.id_token(session, access_token, at)
        family.current = maker.refresh_token()
        family.access_tokens.append(access_token)
        self._of_refresh_token[family.current] = family
        self._bearers[access_token] = Bearer(session, family, at + family.lifetime)
        self._id_tokens[id_token] = session
        return {
            "access_token": access_token,
            "expires_in": family.lifetime,
            "id_token": id_token,
            "refresh_token": family.current,
            "scope": session.scope,
            "token_type": "Bearer",
        }

    def rotate(self, refresh_token: str, client_id: str) -> dict[str, Any]:
        """Return the next generation. Raises RefreshRefusedError."""
        family = self._of_refresh_token.get(refresh_token)
        if family is None or client_id != family.session.client_id:
            raise RefreshRefusedError(
                "refresh_token_invalidated", "Your session has ended. Please log in again."
            )
        if refresh_token in family.spent:
            self.reused += 1
            reuses.append(
                f"generation {family.spent.index(refresh_token)} of {family.session.person.email}"
            )
            if not self._forgiving:
                family.over = family.over or "reused"
                family.current = None
            raise RefreshRefusedError(
                "refresh_token_reused",
                "Your refresh token has already been used to generate a new access token. "
                "Please try signing in again.",
            )
        if family.current != refresh_token:
            raise RefreshRefusedError(
                "refresh_token_invalidated", "Your session has ended. Please log in again."
            )
        family.spent.append(refresh_token)
        return self._issue(family)

    def revoke(self, token: str) -> bool:
        """End the family of a refresh or access token; access tokens stay good for as long as they say."""
        bearer = self._bearers.get(token)
        family = bearer.family if bearer is not None else self._of_refresh_token.get(token)
        if family is None:
            return False
        family.over = family.over or "revoked"
        family.current = None
        return True

    def find(self, token: str) -> Family | None:
        """Return the family of a refresh or access token."""
        bearer = self._bearers.get(token)
        return bearer.family if bearer is not None else self._of_refresh_token.get(token)

    def session_of(self, id_token: str) -> Session | None:
        """Return the session of an id_token of ours."""
        return self._id_tokens.get(id_token)

    def bearer(self, access_token: str) -> Bearer | None:
        """Return what an access token of ours stands for, be it good or not."""
        return self._bearers.get(access_token)
