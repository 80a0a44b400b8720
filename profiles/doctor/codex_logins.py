"""Logins of running Codexes, as they can be spoken of: by profile and address, never by token."""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.doctor.codex_socket import Told
    from profiles.doctor.machine import Machine
    from profiles.model import Secret

#: The kinds whose bearer an app-server tells as it stands in auth.json.
TOLD_KINDS = ("chatgpt", "chatgpt-external", "api-key", "personal-access-token")
#: A token that ends within this many seconds is refreshed by whoever is asked for it (C74); Codex's own are 300.
_DUE = 600.0


class Login(NamedTuple):
    """A login as it can be spoken of; user and account are None when they cannot be told."""

    name: str
    user_id: str | None
    account_id: str | None

    def is_same(self, other: Login) -> bool:
        """Tell whether both are known, and one person in one workspace."""
        return self.user_id is not None and self[1:] == other[1:]


def bearer(document: AuthDocument) -> Secret | None:
    """Return what an app-server that has read this document sends as its bearer."""
    from profiles.model import API_KEY, PERSONAL_ACCESS_TOKEN, Secret

    if document.kind == API_KEY:
        return document.api_key
    if document.kind == PERSONAL_ACCESS_TOKEN:
        return Secret(str(document.data.get("personal_access_token")))
    return (document.tokens.access_token or None) if document.tokens is not None else None


def is_due(machine: Machine, document: AuthDocument) -> bool:
    """Tell whether whoever is asked for the token of this login would refresh it first."""
    from profiles.model import OAUTH_KINDS
    from profiles.refresh_plan import expires_at

    if document.kind not in OAUTH_KINDS:
        return False
    ends = expires_at(document)
    return ends is None or ends - machine.context.now() <= _DUE


def login_told(machine: Machine, told: Told) -> Login:
    """Return the login that an app-server told."""
    from profiles.claims import token_facts
    from profiles.doctor.redaction import described

    if told.token is None:
        return Login("no login" if told.method is None else f"no token ({told.method})", None, None)
    facts = token_facts(told.token.reveal())
    if facts.user_id is None or facts.account_id is None:
        return Login(f"another credential ({described(told.token.reveal())})", None, None)
    return _named(machine, facts.email, facts.user_id, facts.account_id)


def login_in(machine: Machine, document: AuthDocument | None) -> Login:
    """Return the login in a document."""
    if document is None or document.identity is None:
        return Login("no login", None, None)
    identity = document.identity
    if identity.user_id is None or identity.account_id is None:
        return Login(f"a login of kind {identity.kind}", None, None)
    return _named(machine, document.email, identity.user_id, identity.account_id)


def _named(machine: Machine, email: str | None, user_id: str, account_id: str) -> Login:
    """Name a login by its profile, and its e-mail address."""
    for row in machine.snapshot.rows:
        if (row.user_id, row.account_id) == (user_id, account_id) and row.name is not None:
            return Login(f"{row.name} ({row.email or email or 'no address'})", user_id, account_id)
    return Login(email or "somebody without an address", user_id, account_id)
