"""Made-up logins that look like real ones: tokens, and whole auth.json documents of every variant.

    ada = Login(Person("ada"))              # first sign-in, generation 0
    later = ada.rotate()                    # what a refresh brings: new tokens, later iat
    again = ada.sign_in("second")           # another lineage of the same identity
    work = ada.in_workspace("acme", "team") # the same person, another account id
    bob = work.of(Person("bob"))            # another member of that workspace

    ada.document().text()                   # byte for byte as Codex 0.169 writes it
    ada.document().write(home)              # home/auth.json, mode 0600
    ada.fresh()                             # the same, issued an hour ago by the real clock

Everything is derived from the words that it is made of, so two runs make equal tokens and nothing
is random. Each secret that is made enters `SECRETS`; `tests.support.cli` looks for them in whatever
`tui` prints. Facts about the form: profiles/CODEX.md.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

ISSUER: Final = "https://auth.openai.com"
CLIENT_ID: Final = "app_EMoamEEZ73f0CkXaXp7hrann"
AUTH_CLAIM: Final = "https://api.openai.com/auth"
PROFILE_CLAIM: Final = "https://api.openai.com/profile"

#: When a login is issued that says nothing else: 2026-01-05 12:00:00 UTC, in seconds.
NOON: Final = 1_767_614_400
HOUR: Final = 3_600
DAY: Final = 86_400
#: How long an access token lives, and how long an id_token, in seconds.
ACCESS_LIFE: Final = 10 * DAY
ID_LIFE: Final = HOUR

#: Every secret text made so far, and what it is. Never emptied: texts repeat between tests.
SECRETS: Final[dict[str, str]] = {}


def secret(text: str, what: str) -> str:
    """Register `text` as something that must never be printed, and return it."""
    if text:
        SECRETS.setdefault(text, what)
    return text


def some_bytes(size: int, *words: object) -> bytes:
    """Return `size` bytes that depend on `words` only."""
    return hashlib.shake_256("\0".join(map(str, words)).encode("utf-8", "surrogatepass")).digest(
        size
    )


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def letters(size: int, *words: object) -> str:
    """Return `size` letters and digits that depend on `words` only."""
    return "".join(c for c in _b64(some_bytes(size * 2, *words)) if c.isalnum())[:size]


def uuid(*words: object) -> str:
    """Return a version-4 UUID that depends on `words` only."""
    digits = some_bytes(16, "uuid", *words).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def jwt(payload: dict[str, Any], what: str = "token") -> str:
    """Return a JWT in OpenAI's shape; its signature is as long as a real one, and void."""
    header = {"alg": "RS256", "kid": "b1dd3f8f-9aad-47fe-b0e7-edb009777d6b", "typ": "JWT"}
    parts = [_b64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, payload)]
    signature = _b64(some_bytes(256, "signature", *parts))
    secret(signature, f"the signature of the {what}")
    return secret(".".join([*parts, signature]), what)


def rfc3339(seconds: float, nanoseconds: int = 482_913_075) -> str:
    """Return UTC as Codex writes `last_refresh`: nine digits behind the point, then `Z`."""
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09}Z"


@dataclass(frozen=True)
class Document:
    """The content of one auth.json."""

    value: dict[str, Any]

    def text(self) -> str:
        """Return it as Codex writes it: two spaces, its order of keys, no final newline."""
        return json.dumps(self.value, indent=2, ensure_ascii=False)

    def data(self) -> bytes:
        """Return the bytes of the file."""
        return self.text().encode("utf-8", "surrogatepass")

    def write(self, home: str | os.PathLike[str], *, in_place: bool = False) -> str:
        """Write `home`/auth.json, making the folder if need be, and return the file's path.

        Through a temporary file and a rename as Codex 0.169 does, or `in_place` as 0.98 does.
        """
        home = os.fspath(home)
        os.makedirs(home, mode=0o700, exist_ok=True)
        path = os.path.realpath(os.path.join(home, "auth.json"))
        target = path if in_place else f"{path}.made"
        with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(self.data())
        if not in_place:
            os.rename(target, path)
        return path

    def having(self, **top: object) -> Document:
        """Return a copy with other top-level fields; None stays, `...` takes the field away."""
        merged = {**self.value, **top}
        return Document({key: value for key, value in merged.items() if value is not ...})

    def having_tokens(self, **tokens: object) -> Document:
        """Return a copy with other fields in `tokens`; `...` takes the field away."""
        merged = {**self.value["tokens"], **tokens}
        return self.having(tokens={k: value for k, value in merged.items() if value is not ...})


@dataclass(frozen=True)
class Person:
    """Somebody with a ChatGPT user. The same `name` is the same person, whatever the e-mail."""

    name: str
    domain: str = "example.com"

    @property
    def email(self) -> str:
        """The e-mail in the claims."""
        return f"{self.name}@{self.domain}"

    @property
    def user_id(self) -> str:
        """`chatgpt_user_id`."""
        return f"user-{letters(24, 'user', self.name)}"


@dataclass(frozen=True)
class Login:
    """One ChatGPT login at one generation. Every field may be given; `replace` works on it.

    `workspace` names the account: `personal` is this person's own, any other is shared by whoever
    names it. `lineage` names the sign-in that the refresh tokens descend from. Times are seconds
    since the epoch, UTC. `provenance` and `owner` are the two fields that Codex 0.169 added;
    `opaque` makes the access token one without claims; `with_*` leave claims out.
    """

    person: Person = field(default_factory=lambda: Person("ada"))
    workspace: str = "personal"
    plan: str | None = "plus"
    lineage: str = "first"
    generation: int = 0
    issued_at: int = NOON
    life: int = ACCESS_LIFE
    provenance: bool = True
    owner: bool = True
    opaque: bool = False
    with_user_id: bool = True
    with_account_id: bool = True
    with_email: bool = True
    with_sid: bool = True
    with_iat: bool = True
    with_exp: bool = True
    with_refresh_token: bool = True
    extra: tuple[tuple[str, Any], ...] = ()

    # -- who it is --

    @property
    def email(self) -> str:
        """The person's e-mail."""
        return self.person.email

    @property
    def user_id(self) -> str:
        """The person's ChatGPT user id."""
        return self.person.user_id

    @property
    def account_id(self) -> str:
        """The workspace's id."""
        shared = self.workspace != "personal"
        return uuid("account", self.workspace if shared else self.person.name, shared)

    @property
    def identity(self) -> tuple[str, str]:
        """User id and account id: two logins are of one identity when both are equal."""
        return (self.user_id, self.account_id)

    @property
    def expires_at(self) -> int:
        """When the access token expires."""
        return self.issued_at + self.life

    def _made_of(self) -> tuple[object, ...]:
        return (self.person.name, self.workspace, self.lineage, self.generation)

    @property
    def session_id(self) -> str:
        """`sid` of the id_token and `session_id` of the access token: one for a whole lineage."""
        return f"authsess_{letters(24, 'session', *self._made_of()[:3])}"

    @property
    def login_owner_id(self) -> str:
        """The 43 characters that Codex 0.169 makes at a sign-in and keeps over refreshes."""
        return _b64(some_bytes(32, "owner", *self._made_of()[:3]))

    # -- tokens --

    def _auth_claim(self) -> dict[str, Any]:
        claim: dict[str, Any] = {}
        if self.with_account_id:
            claim["chatgpt_account_id"] = self.account_id
        if self.plan is not None:
            claim["chatgpt_plan_type"] = self.plan
        if self.with_user_id:
            claim["chatgpt_user_id"] = self.user_id
            claim["user_id"] = self.user_id
        return claim

    def _times(self, life: int) -> dict[str, Any]:
        times: dict[str, Any] = {"exp": self.issued_at + life} if self.with_exp else {}
        return {**times, "iat": self.issued_at} if self.with_iat else times

    @property
    def id_token(self) -> str:
        """The id_token: who it is."""
        payload: dict[str, Any] = {
            "amr": ["pwd", "otp", "mfa"],
            "at_hash": _b64(some_bytes(16, "at_hash", *self._made_of())),
            "aud": [CLIENT_ID],
            "auth_provider": "password",
            "auth_time": NOON - 60,
            **({"email": self.email, "email_verified": True} if self.with_email else {}),
            **self._times(ID_LIFE),
            AUTH_CLAIM: {
                **self._auth_claim(),
                "chatgpt_subscription_active_start": "2026-01-01T00:00:00+00:00",
                "chatgpt_subscription_active_until": "2027-01-01T00:00:00+00:00",
                "groups": [],
                "organizations": [
                    {
                        "id": f"org-{letters(24, 'organisation', self.person.name)}",
                        "is_default": True,
                        "role": "owner",
                        "title": "Personal",
                    }
                ],
            },
            "iss": ISSUER,
            "jti": uuid("id jti", *self._made_of()),
            **({"sid": self.session_id} if self.with_sid else {}),
            "sub": f"auth0|{letters(24, 'subject', self.person.name)}",
            **dict(self.extra),
        }
        return jwt(payload, f"id_token of {self.person.name}")

    @property
    def access_token(self) -> str:
        """The access token, which is the bearer."""
        if self.opaque:
            text = letters(96, "access", *self._made_of(), self.issued_at)
            return secret(f"at_opaque_{text}", f"access token of {self.person.name}")
        payload: dict[str, Any] = {
            "aud": ["https://api.openai.com/v1"],
            "client_id": CLIENT_ID,
            **({"exp": self.expires_at} if self.with_exp else {}),
            AUTH_CLAIM: {**self._auth_claim(), "chatgpt_compute_residency": "no_constraint"},
            PROFILE_CLAIM: {"email": self.email, "email_verified": True} if self.with_email else {},
            **({"iat": self.issued_at} if self.with_iat else {}),
            "iss": ISSUER,
            "jti": uuid("access jti", *self._made_of()),
            "nbf": self.issued_at,
            "scp": ["openid", "profile", "email", "offline_access"],
            **({"session_id": self.session_id} if self.with_sid else {}),
            "sub": f"auth0|{letters(24, 'subject', self.person.name)}",
        }
        return jwt(payload, f"access token of {self.person.name}")

    @property
    def refresh_token(self) -> str:
        """The refresh token: opaque, single-use, one for each generation of each lineage."""
        if not self.with_refresh_token:
            return ""
        text = _b64(some_bytes(64, "refresh", *self._made_of()))
        return secret(f"rt_{text}", f"refresh token of {self.person.name}")

    # -- what becomes of it --

    def rotate(self, after: int = HOUR) -> Self:
        """Return what a refresh `after` seconds brings: the next generation of this lineage."""
        return replace(self, generation=self.generation + 1, issued_at=self.issued_at + after)

    def sign_in(self, lineage: str, at: int | None = None) -> Self:
        """Return another sign-in of the same identity: another lineage, generation 0."""
        issued_at = self.issued_at if at is None else at
        return replace(self, lineage=lineage, generation=0, issued_at=issued_at)

    def in_workspace(self, workspace: str, plan: str | None = "team") -> Self:
        """Return the same person's login to another workspace."""
        return replace(self, workspace=workspace, plan=plan)

    def of(self, person: Person) -> Self:
        """Return another person's login to the same workspace."""
        return replace(self, person=person)

    def as_098(self) -> Self:
        """Return it as Codex 0.98 to 0.163 rewrite it: without the fields that 0.169 added."""
        return replace(self, provenance=False, owner=False)

    def fresh(self, age: int = HOUR) -> Self:
        """Return it as issued `age` seconds ago by the real clock, which programs look at."""
        return replace(self, issued_at=int(time.time()) - age)

    def tokens(self) -> dict[str, Any]:
        """Return the `tokens` object, in the order in which Codex 0.169 writes it."""
        value: dict[str, Any] = {
            "id_token": self.id_token,
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
        }
        if self.provenance:
            value["oauth_provenance"] = {"issuer": ISSUER, "client_id": CLIENT_ID}
        if self.owner:
            value["login_owner_id"] = self.login_owner_id
        return {**value, "account_id": self.account_id}

    def document(self) -> Document:
        """Return the auth.json of this login."""
        return Document(
            {
                "auth_mode": "chatgpt",
                "OPENAI_API_KEY": None,
                "tokens": self.tokens(),
                "last_refresh": rfc3339(self.issued_at),
            }
        )

    def text(self) -> str:
        """Return the auth.json of this login as Codex writes it."""
        return self.document().text()

    def write(self, home: str | os.PathLike[str], *, in_place: bool = False) -> str:
        """Write the auth.json of this login into `home` and return the file's path."""
        return self.document().write(home, in_place=in_place)
