"""`auth.json` as Codex reads it, kept to the byte.

An `AuthDocument` holds the bytes it was read from; a copy of a login is a copy of those bytes. What loads here is what
the real client loads (profiles/CODEX.md has the table; tests compare with it).
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from profiles.claims import NO_FACTS, TokenFacts, facts_of, payload, token_facts
from profiles.codex_time import believable
from profiles.codex_time import parse_time as parse_time  # noqa: PLC0414 - public here
from profiles.digest import sha256_hex
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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.auth_schema import Content
    from profiles.strict_json import Member

#: More bytes than these are no auth.json: real ones have about 5 kB. Codex itself would read any size.
LARGEST = 50 << 20
#: The words of `auth_mode`, and the kinds of login that they name.
MODES = {
    "apikey": API_KEY,
    "chatgpt": CHATGPT,
    "chatgptAuthTokens": CHATGPT_EXTERNAL,
    "headers": HEADERS,
    "agentIdentity": AGENT_IDENTITY,
    "personalAccessToken": PERSONAL_ACCESS_TOKEN,
    "bedrockApiKey": BEDROCK,
    "bedrockAccessKeys": BEDROCK,
}
#: The field that holds the credential of a mode. Those of ChatGPT load without any.
MATERIAL = {
    "apikey": "OPENAI_API_KEY",
    "agentIdentity": "agent_identity",
    "personalAccessToken": "personal_access_token",
    "bedrockApiKey": "bedrock_api_key",
    "bedrockAccessKeys": "bedrock_access_keys",
}
#: The fields that make two credentials of a kind the same one. What Codex rewrites in an agent identity is not among
#: them: task, plan, address.
CANONICAL = {
    "agent_identity": ("agent_runtime_id", "agent_private_key", "account_id", "chatgpt_user_id"),
    "bedrock_api_key": ("api_key", "region"),
    "bedrock_access_keys": ("access_key_id", "secret_access_key", "session_token"),
}


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
    """A document that Codex would load. `raw` are its bytes; `repr` shows none of them.

    `kind` is `empty` when it holds no credential, though Codex may call that logged in (C27). `last_refresh`:
    nanoseconds since the epoch, UTC, None when it is not told or beyond belief.
    """

    __slots__ = (
        "_field",
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

    def __init__(self, raw: bytes, content: Content) -> None:
        self.raw = raw
        self.data = content.fields
        self.kind = MODES[content.mode]
        self._field = MATERIAL.get(content.mode)
        self.tokens = content.tokens
        key = self.data.get("OPENAI_API_KEY")
        self.api_key = Secret(key) if key else None
        self.last_refresh = believable(content.last_refresh)
        self.id_facts: TokenFacts = NO_FACTS
        self.access_facts: TokenFacts = NO_FACTS
        if content.tokens is not None:
            self.id_facts = facts_of(content.id_claims)
            self.access_facts = token_facts(content.tokens.access_token.reveal())
        self.email = self.id_facts.email
        self.identity: Identity | None
        if self.kind == HEADERS:
            # Known for what it is, though Codex takes none from a file (profiles/CODEX.md, C26): never installed.
            self.identity = Identity(HEADERS, None, None, _digest_of_all(self))
        elif self._field is None:
            self.identity = self._of_tokens(self.kind)
        else:
            self.identity = self._of_field(self._field, self.kind)
        if self.identity is None:
            self.kind = EMPTY

    def __repr__(self) -> str:
        return f"AuthDocument({self.kind})"

    def _of_tokens(self, kind: str) -> Identity | None:
        if self.tokens is None:
            return None
        user, account = self.id_facts.user_id, self.id_facts.account_id
        if user and account:
            return Identity(kind, user, account, "")
        secret = self.tokens.refresh_token or self.tokens.access_token
        return Identity(kind, user, account, secret.digest()) if secret else None

    def _of_field(self, field: str, kind: str) -> Identity | None:
        value = self.data.get(field)
        if not value:
            return None
        account = _agent_account(value) if kind == AGENT_IDENTITY else None
        return Identity(kind, None, account, self._digest_of(field))

    def _digest_of(self, field: str) -> str:
        value = self.data[field]
        if isinstance(value, dict):
            names = CANONICAL[field]
            value = {name: value[name] for name in names if value.get(name) is not None}
        return canonical_digest(value)

    @property
    def refresh_token(self) -> Secret | None:
        """The refresh token, or None when there is none or it is empty."""
        if self.tokens is None or not self.tokens.refresh_token:
            return None
        return self.tokens.refresh_token

    def logins(self) -> list[Login]:
        """Return every login in the document, the one that Codex uses first (R1).

        None of a document whose own kind holds no credential: what else is in it is nobody's login.
        """
        if self.identity is None:
            return []
        found: list[Login] = []
        if self.kind == HEADERS:
            found.append(Login(self.identity, Secret(self.identity.key)))
        for mode, field in MATERIAL.items():
            identity = self._of_field(field, MODES[mode])
            if identity is not None:
                login = Login(identity, Secret(self._digest_of(field)))
                found.insert(0 if field == self._field else len(found), login)
        if self.tokens is not None:
            is_own = self.kind in OAUTH_KINDS
            identity = self.identity if is_own else self._of_tokens(CHATGPT)
            secret = self.tokens.refresh_token or self.tokens.access_token
            if identity is not None and (is_own or self.tokens.refresh_token):
                found.insert(0 if is_own else len(found), Login(identity, secret))
        return found

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


def _agent_account(value: object) -> str | None:
    """Return the workspace of an agent identity, an object or a JWT; None when it cannot be told."""
    if isinstance(value, str):
        try:
            value = payload(value)
        except TokenMalformed:
            return None
    account = value.get("account_id") if isinstance(value, dict) else None
    return account if isinstance(account, str) else None


def _digest_of_all(document: AuthDocument) -> str:
    try:
        return canonical_digest(document.data)
    except RecursionError:
        return canonical_digest(document.raw.decode())


def canonical_digest(value: object) -> str:
    """Return the SHA-256 of a credential in canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return sha256_hex(text.encode("utf-8", "surrogatepass"))


def parse(raw: bytes, path: str) -> AuthDocument:
    """Read a document as Codex would. `path` is for the error alone.

    Raises AuthFileMalformed, naming the field or line, when Codex would not load it, and nothing else.
    """
    from profiles.auth_schema import check_document
    from profiles.json_fields import Unloadable
    from profiles.strict_json import NotJson, loads

    hint = f"see what is in it: less {path}"
    if not raw:
        raise AuthFileMalformed(path, "", "the file is empty", hint)
    if len(raw) > LARGEST:
        why = f"{len(raw) / 1e6:,.0f} MB are too large for a login"
        raise AuthFileMalformed(path, "", why, hint)
    try:
        return AuthDocument(raw, check_document(loads(raw.decode("utf-8"))))
    except UnicodeDecodeError as error:
        raise AuthFileMalformed(path, f"byte {error.start}", "not UTF-8 text", hint) from None
    except (NotJson, Unloadable) as error:
        raise AuthFileMalformed(path, error.where, error.why, hint) from None


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
    # An owner id makes kin of its bearers, so only known kin gets it (R2).
    kin = (mine is not None and mine == other) or newer.refresh_token == older.refresh_token
    names = [
        name
        for name in ("oauth_provenance", "login_owner_id" if kin else "")
        if theirs.get(name) is not None and ours.get(name) is None
    ]
    text = newer.raw.decode()
    if names:
        source = older.raw.decode()
        values = {member.name: source[member.start : member.end] for member in _tokens_in(source)}
        for name in names:
            text = _with_token_field(text, name, values[name])
    return text.encode()


def with_account(document: AuthDocument, account_id: str) -> bytes:
    """Return the document with `tokens.account_id` set: how a mixture is taken apart (R11)."""
    value = json.dumps(account_id, ensure_ascii=False)
    return _with_token_field(document.raw.decode(), "account_id", value).encode()


def _tokens_in(text: str) -> list[Member]:
    """Return the members of `tokens`, which is there, in the order in which they stand."""
    from profiles.strict_json import members

    tokens = next(m for m in members(text, text.index("{")) if m.name == "tokens")
    return list(members(text, tokens.start))


def _with_token_field(text: str, name: str, value: str) -> str:
    """Put JSON into a field of `tokens`, which is there; every other character stays what it was."""
    fields = _tokens_in(text)
    for member in fields:
        if member.name == name:
            return text[: member.start] + value + text[member.end :]
    last = fields[-1]
    # As the first field is set off from its brace, so is the new one from its comma.
    space = text[text.rindex("{", 0, fields[0].at) + 1 : fields[0].at]
    return f"{text[: last.end]},{space}{json.dumps(name)}: {value}{text[last.end :]}"


def serialise(data: dict[str, Any]) -> bytes:
    """Write a document exactly as Codex does: two spaces, no final newline, no escapes beyond JSON's."""
    return json.dumps(data, indent=2, ensure_ascii=False).encode("utf-8")
