"""`auth.json` as Codex reads it, kept to the byte.

An `AuthDocument` holds the bytes it was read from; a copy of a login is a copy of those bytes. What loads here is what
the real client loads (profiles/CODEX.md has the table; tests compare with it).
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from profiles.claims import NO_FACTS, TokenFacts, facts_of, payload, token_facts
from profiles.errors import AuthFileMalformed, TokenMalformed
from profiles.model import (
    AGENT_IDENTITY,
    API_KEY,
    BEDROCK,
    CHATGPT,
    CHATGPT_EXTERNAL,
    EMPTY,
    HEADERS,
    OAUTH_KINDS,
    PERSONAL_ACCESS_TOKEN,
    Identity,
    Secret,
)

#: More than this is no auth.json; real ones have about 5 kB.
LARGEST = 1 << 20

_KINDS = {
    "apikey": API_KEY,
    "chatgpt": CHATGPT,
    "chatgptAuthTokens": CHATGPT_EXTERNAL,
    "headers": HEADERS,
    "agentIdentity": AGENT_IDENTITY,
    "personalAccessToken": PERSONAL_ACCESS_TOKEN,
    "bedrockApiKey": BEDROCK,
    "bedrockAccessKeys": BEDROCK,
}
#: Where each kind without OAuth tokens keeps its credential.
_CREDENTIAL_FIELDS = {
    API_KEY: ("OPENAI_API_KEY",),
    PERSONAL_ACCESS_TOKEN: ("personal_access_token",),
    AGENT_IDENTITY: ("agent_identity",),
    BEDROCK: ("bedrock_api_key", "bedrock_access_keys"),
    HEADERS: ("headers",),
}
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))"
)


class Tokens(NamedTuple):
    """The `tokens` object. `account_id` may be missing; `refresh_token` may be empty."""

    id_token: Secret
    access_token: Secret
    refresh_token: Secret
    account_id: str | None
    login_owner_id: str | None
    provenance: tuple[str, str] | None


class Login(NamedTuple):
    """One credential inside a document: who it is, and the secret that makes it this generation."""

    identity: Identity
    secret: Secret


class AuthDocument:
    """A document that Codex would load. `raw` are its bytes; `repr` shows none of them."""

    __slots__ = (
        "access_facts",
        "api_key",
        "data",
        "email",
        "id_facts",
        "identity",
        "kind",
        "last_refresh",
        "raw",
        "tokens",
    )

    def __init__(self, raw: bytes, data: dict[str, Any], kind: str, tokens: Tokens | None) -> None:
        self.raw = raw
        self.data = data
        self.kind = kind
        self.tokens = tokens
        key = data.get("OPENAI_API_KEY")
        self.api_key = Secret(key) if isinstance(key, str) and key else None
        self.last_refresh = parse_time(data.get("last_refresh"))
        self.id_facts: TokenFacts = NO_FACTS
        self.access_facts: TokenFacts = NO_FACTS
        if tokens is not None:
            self.id_facts = facts_of(payload(tokens.id_token.reveal()))
            self.access_facts = token_facts(tokens.access_token.reveal())
        self.email = self.id_facts.email
        self.identity = self._find_identity()

    def __repr__(self) -> str:
        return f"AuthDocument({self.kind})"

    def _find_identity(self) -> Identity | None:
        if self.kind in OAUTH_KINDS and self.tokens is not None:
            user, account = self.id_facts.user_id, self.id_facts.account_id
            if user and account:
                return Identity(self.kind, user, account, "")
            secret = self.tokens.refresh_token or self.tokens.access_token
            return Identity(self.kind, user, account, secret.digest())
        credential = self._credential()
        if credential is None:
            return None
        account = None
        if self.kind == AGENT_IDENTITY and isinstance(credential, dict):
            found = credential.get("account_id")
            account = found if isinstance(found, str) else None
        return Identity(self.kind, None, account, canonical_digest(credential))

    def _credential(self) -> object:
        for field in _CREDENTIAL_FIELDS.get(self.kind, ()):
            value = self.data.get(field)
            if value:
                return value
        return dict(self.data) if self.kind == HEADERS else None

    @property
    def refresh_token(self) -> Secret | None:
        """The refresh token, or None when there is none or it is empty."""
        if self.tokens is None or not self.tokens.refresh_token:
            return None
        return self.tokens.refresh_token

    def logins(self) -> list[Login]:
        """Return every login in the document: a key beside tokens counts as one of its own (R1)."""
        found: list[Login] = []
        if self.identity is not None:
            found.append(Login(self.identity, self._main_secret()))
        if self.api_key is not None and self.kind != API_KEY:
            identity = Identity(API_KEY, None, None, canonical_digest(self.api_key.reveal()))
            found.append(Login(identity, self.api_key))
        if self.kind == API_KEY and self.tokens is not None and self.tokens.refresh_token:
            twin = AuthDocument(self.raw, self.data, CHATGPT, self.tokens)
            if twin.identity is not None:
                found.append(Login(twin.identity, self.tokens.refresh_token))
        return found

    def _main_secret(self) -> Secret:
        if self.kind in OAUTH_KINDS and self.tokens is not None:
            return self.tokens.refresh_token or self.tokens.access_token
        return Secret(canonical_digest(self._credential()))

    @property
    def is_mixture(self) -> bool:
        """Say whether `account_id` and the id_token name two workspaces (R11)."""
        if self.kind not in OAUTH_KINDS or self.tokens is None:
            return False
        stored, claimed = self.tokens.account_id, self.id_facts.account_id
        return bool(stored and claimed and stored != claimed)

    @property
    def lineage(self) -> tuple[str | None, str | None]:
        """The two names by which a family of refresh tokens may be known: owner id, session (R2)."""
        if self.tokens is None:
            return (None, None)
        session = self.id_facts.session or self.access_facts.session
        return (self.tokens.login_owner_id, session)


def canonical_digest(value: object) -> str:
    """Return the SHA-256 of a credential in canonical JSON."""
    from hashlib import sha256

    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def parse_time(value: object) -> int | None:
    """Return nanoseconds since the epoch (UTC) of an RFC 3339 time, or None when it is not one."""
    if not isinstance(value, str):
        return None
    match = _RFC3339.fullmatch(value)
    if match is None:
        return None
    from datetime import UTC, datetime

    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    try:
        base = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    if second > 60:
        return None
    nanoseconds = int(((match.group(7) or "") + "000000000")[:9])
    whole = int(base.timestamp()) + (1 if second == 60 else 0)
    if match.group(9):
        if int(match.group(10)) > 23 or int(match.group(11)) > 59:
            return None
        offset = int(match.group(10)) * 3600 + int(match.group(11)) * 60
        whole -= offset if match.group(9) == "+" else -offset
    return whole * 1_000_000_000 + nanoseconds


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                message = f"the field {name!r} stands twice"
                raise _NotJson(message)
            seen.add(name)
    return found


def _no_constant(name: str) -> object:
    message = f"{name} is not JSON"
    raise _NotJson(message)


class _NotJson(ValueError):
    pass


def parse(raw: bytes, path: str) -> AuthDocument:
    """Read a document as Codex would. `path` is for the error alone.

    Raises AuthFileMalformed, naming the field or line, when Codex would not load it.
    """
    hint = f"see what is in it: less {path}"
    if not raw:
        raise AuthFileMalformed(path, "", "the file is empty", hint)
    if len(raw) > LARGEST:
        raise AuthFileMalformed(path, "", f"too large for a login ({len(raw):,} bytes)", hint)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AuthFileMalformed(path, f"byte {error.start}", "not UTF-8 text", hint) from None
    try:
        data = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise AuthFileMalformed(
            path, f"line {error.lineno}", f"not JSON: {error.msg}", hint
        ) from None
    except (_NotJson, RecursionError, ValueError) as error:
        why = str(error) if isinstance(error, _NotJson) else "not JSON that can be read"
        raise AuthFileMalformed(path, "", why, hint) from None
    if not isinstance(data, dict):
        raise AuthFileMalformed(path, "", "not a JSON object", hint)
    return _document(raw, data, path, hint)


def _document(raw: bytes, data: dict[str, Any], path: str, hint: str) -> AuthDocument:
    def bad(where: str, why: str) -> AuthFileMalformed:
        return AuthFileMalformed(path, where, why, hint)

    mode = data.get("auth_mode")
    if mode is not None and (not isinstance(mode, str) or mode not in _KINDS):
        shown = mode[:40] if isinstance(mode, str) else type(mode).__name__
        raise bad("auth_mode", f"{shown!r} is not a mode that Codex knows")
    key = data.get("OPENAI_API_KEY")
    if key is not None and not isinstance(key, str):
        raise bad("OPENAI_API_KEY", "not text")
    token = data.get("personal_access_token")
    if token is not None and not isinstance(token, str):
        raise bad("personal_access_token", "not text")
    last_refresh = data.get("last_refresh")
    if last_refresh is not None and parse_time(last_refresh) is None:
        raise bad("last_refresh", "not an RFC 3339 time")
    tokens = _tokens(data.get("tokens"), bad)
    kind = _KINDS[mode] if mode is not None else _guess_kind(data)
    document = AuthDocument(raw, data, kind, tokens)
    if document.identity is None:
        document.kind = EMPTY
    return document


def _tokens(value: object, bad: Any) -> Tokens | None:  # noqa: ANN401 - a local error maker
    if value is None:
        return None
    if not isinstance(value, dict):
        raise bad("tokens", "not an object")
    texts: dict[str, str] = {}
    for name in ("id_token", "access_token", "refresh_token"):
        text = value.get(name)
        if not isinstance(text, str):
            raise bad(f"tokens.{name}", "missing" if text is None else "not text")
        texts[name] = text
    for name in ("account_id", "login_owner_id"):
        if value.get(name) is not None and not isinstance(value[name], str):
            raise bad(f"tokens.{name}", "not text")
    try:
        payload(texts["id_token"])
    except TokenMalformed as error:
        raise bad("tokens.id_token", error.message) from None
    provenance = value.get("oauth_provenance")
    came_from = None
    if isinstance(provenance, dict):
        issuer, client = provenance.get("issuer"), provenance.get("client_id")
        if isinstance(issuer, str) and isinstance(client, str):
            came_from = (issuer, client)
    return Tokens(
        Secret(texts["id_token"]),
        Secret(texts["access_token"]),
        Secret(texts["refresh_token"]),
        value.get("account_id") or None,
        value.get("login_owner_id") or None,
        came_from,
    )


def _guess_kind(data: dict[str, Any]) -> str:
    """Choose as Codex does for a document without `auth_mode` (profiles/CODEX.md)."""
    if data.get("personal_access_token") is not None:
        return PERSONAL_ACCESS_TOKEN
    if data.get("bedrock_api_key") is not None:
        return BEDROCK
    if data.get("OPENAI_API_KEY") is not None:
        return API_KEY
    return CHATGPT


def with_carried_fields(newer: AuthDocument, older: AuthDocument) -> bytes:
    """Return the newer copy's bytes, with the two fields that old clients drop taken from the older one (R10).

    The only exception to byte-faithful copies; both must be of one identity. Without anything to carry the bytes
    are the newer copy's own.
    """
    if newer.tokens is None or older.tokens is None:
        return newer.raw
    mine, other = newer.lineage[1], older.lineage[1]
    if mine is not None and other is not None and mine != other:
        # Two sign-ins: the older one's names would claim a kinship that is not there (R2).
        return newer.raw
    ours, theirs = newer.data["tokens"], older.data["tokens"]
    carried = {
        name: theirs[name]
        for name in ("oauth_provenance", "login_owner_id")
        if theirs.get(name) is not None and ours.get(name) is None
    }
    if not carried:
        return newer.raw
    return serialise({**newer.data, "tokens": {**ours, **carried}})


def with_account(document: AuthDocument, account_id: str) -> bytes:
    """Return the document with `tokens.account_id` set: how a mixture is taken apart (R11)."""
    tokens = {**document.data["tokens"], "account_id": account_id}
    return serialise({**document.data, "tokens": tokens})


def serialise(data: dict[str, Any]) -> bytes:
    """Write a document exactly as Codex does: two spaces, no final newline, no escapes beyond JSON's."""
    return json.dumps(data, indent=2, ensure_ascii=False).encode("utf-8")
