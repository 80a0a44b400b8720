"""The words of the model as immutable records: identity, process, override, profile row.

Records are `NamedTuple`s and not dataclasses on purpose: `import dataclasses` costs 10 ms of every
start, as much as Python itself (tests/bench prints it).
"""

from __future__ import annotations

from typing import NamedTuple

#: Kinds of login, as `kind` in the JSON contract. The first eight follow Codex's `auth_mode`.
CHATGPT = "chatgpt"
CHATGPT_EXTERNAL = "chatgpt-external"
API_KEY = "api-key"
PERSONAL_ACCESS_TOKEN = "personal-access-token"
AGENT_IDENTITY = "agent-identity"
BEDROCK = "bedrock"
HEADERS = "headers"
EMPTY = "empty"
UNREADABLE = "unreadable"

#: Kinds that hold OAuth tokens, which expire and rotate.
OAUTH_KINDS = frozenset({CHATGPT, CHATGPT_EXTERNAL})
#: Kinds that hold no credential at all.
NO_LOGIN_KINDS = frozenset({EMPTY, UNREADABLE})


class Secret:
    """A token, key or code whose `repr` and `str` never show it.

    `reveal()` is the only way to the text; it is called by the file writers, the HTTP client and the
    commands whose purpose is to hand a secret over. Equality and hash work on the text.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._text

    def digest(self) -> str:
        """Return the 128-bit digest (32 hex digits) by which the secret may be remembered."""
        from profiles.digest import sha256_hex

        return sha256_hex(self._text.encode("utf-8", "surrogatepass"))[:32]

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> str | tuple[object, ...]:
        message = "a Secret is never pickled"
        raise TypeError(message)


class Identity(NamedTuple):
    """Who a login is (R1).

    `kind` is one of the kinds above. For ChatGPT logins `user_id` and `account_id` are those of the
    id_token and `key` is empty; for everything else, and for a ChatGPT login that lacks one of the two,
    `key` is a SHA-256 digest of the canonical credential, and equality means "the same credential".
    """

    kind: str
    user_id: str | None
    account_id: str | None
    key: str

    def digest(self) -> str:
        """Return 32 hex digits that name this identity in history, locks and states."""
        from profiles.digest import sha256_hex

        text = "\0".join((self.kind, self.user_id or "", self.account_id or "", self.key))
        return sha256_hex(text.encode("utf-8", "surrogatepass"))[:32]


class Process(NamedTuple):
    """A running Codex: `command` is a label without arguments, `home` the CODEX_HOME it runs with."""

    pid: int
    command: str
    daemon: bool
    home: str | None


class Override(NamedTuple):
    """Something that beats the switched login: its name and where it is set."""

    name: str
    where: str


class Problem(NamedTuple):
    """A file that could not be used, and why, for people."""

    path: str
    error: str


class ProfileRow(NamedTuple):
    """One profile as `list` and the screen show it (the PROFILE object of the contract, less `usage`).

    `name` is None for a live login that no profile has yet. Times are seconds since the epoch, UTC, or
    None when unknown. `reason` says in words why the state is what it is, when there is something to say.
    """

    name: str | None
    active: bool
    kind: str
    email: str | None
    user_id: str | None
    account_id: str | None
    workspace: str | None
    plan: str | None
    state: str
    reason: str | None
    issued_at: float | None
    access_token_expires_at: float | None
    id_token_expires_at: float | None
    last_refresh: float | None
    home: str
    managed: bool
    note: str | None
