"""The tokens that a login consists of: JWTs with the service's claims, and opaque refresh tokens."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui.simulator.mint import unpadded
from tui.simulator.signature import KEY_ID, sign

if TYPE_CHECKING:
    from tui.simulator.mint import Mint
    from tui.simulator.people import Person, Workspace
    from tui.simulator.signature import Algorithm

AUTH_CLAIM = "https://api.openai.com/auth"
PROFILE_CLAIM = "https://api.openai.com/profile"
HOUR = 3_600
#: How long an access token and an id_token live, in seconds.
ACCESS_LIFE = 240 * HOUR
ID_LIFE = HOUR
SCOPE = "openid profile email offline_access api.connectors.read api.connectors.invoke"


@dataclass(frozen=True)
class Session:
    """One sign-in: who, where, when, for which client. All tokens that descend from it name it."""

    person: Person
    workspace: Workspace
    client_id: str
    scope: str
    id: str
    #: Seconds since the epoch, UTC.
    signed_in_at: int


class TokenMaker:
    """Makes the tokens of sessions."""

    def __init__(self, mint: Mint, issuer: str, algorithm: Algorithm) -> None:
        self._mint = mint
        self._issuer = issuer
        self._algorithm: Algorithm = algorithm

    def jwt(self, claims: dict[str, Any]) -> str:
        """Return a signed JWT, and note it as a secret: the whole, and its signature alone."""
        header = {"alg": self._algorithm, "kid": KEY_ID, "typ": "JWT"}
        parts = [
            unpadded(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)
        ]
        signature = unpadded(sign(".".join(parts).encode(), self._algorithm))
        self._mint.note(signature)
        return self._mint.note(".".join((*parts, signature)))

    def session(
        self, person: Person, workspace: Workspace, client_id: str, scope: str, at: float
    ) -> Session:
        """Return a new sign-in."""
        name = f"authsess_{self._mint.word(24)}"
        return Session(person, workspace, client_id, scope, name, int(at))

    def _auth_claim(self, session: Session) -> dict[str, Any]:
        person, workspace = session.person, session.workspace
        return {
            "chatgpt_account_id": workspace.id,
            **({"chatgpt_account_is_fedramp": True} if person.fedramp else {}),
            "chatgpt_plan_type": workspace.plan,
            "chatgpt_user_id": person.user_id,
            "user_id": person.user_id,
        }

    def id_token(self, session: Session, access_token: str, issued_at: int) -> str:
        """Return who it is."""
        person = session.person
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        return self.jwt(
            {
                "amr": ["pwd", "otp", "mfa"],
                "at_hash": unpadded(half),
                "aud": [session.client_id],
                "auth_provider": "password",
                "auth_time": session.signed_in_at,
                "email": person.email,
                "email_verified": True,
                "exp": issued_at + ID_LIFE,
                AUTH_CLAIM: {
                    **self._auth_claim(session),
                    "chatgpt_subscription_active_start": "2026-01-01T00:00:00+00:00",
                    "chatgpt_subscription_active_until": "2027-01-01T00:00:00+00:00",
                    "groups": [],
                    "organizations": [
                        {
                            "id": person.organization_id,
                            "is_default": True,
                            "role": "owner",
                            "title": "Personal",
                        }
                    ],
                },
                "iat": issued_at,
                "iss": self._issuer,
                "jti": self._mint.uuid(),
                "rat": session.signed_in_at,
                "sid": session.id,
                "sub": person.subject,
            }
        )

    def access_token(self, session: Session, issued_at: int, lifetime: int) -> str:
        """Return the bearer."""
        return self.jwt(
            {
                "aud": ["https://api.openai.com/v1"],
                "client_id": session.client_id,
                "exp": issued_at + lifetime,
                AUTH_CLAIM: {
                    **self._auth_claim(session),
                    "chatgpt_compute_residency": "no_constraint",
                },
                PROFILE_CLAIM: {"email": session.person.email, "email_verified": True},
                "iat": issued_at,
                "iss": self._issuer,
                "jti": self._mint.uuid(),
                "nbf": issued_at,
                "scp": session.scope.split(),
                "session_id": session.id,
                "sub": session.person.subject,
            }
        )

    def refresh_token(self) -> str:
        """Return an opaque, single-use refresh token."""
        return self._mint.opaque("rt_", 64)
