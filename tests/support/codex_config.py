"""Lines of a `config.toml` that force a login, and what Codex 0.169.0 does with a login there (C50 to C57)."""

from __future__ import annotations

from typing import Final, NamedTuple

from tests.support.documents import (
    with_agent_identity_object,
    with_api_key,
    with_bedrock_access_keys,
    with_bedrock_api_key,
    with_external_tokens,
)
from tests.support.tokens import AUTH_CLAIM, Document, Login, Person, jwt

#: What becomes of the login in a session: it is used, or its file is deleted.
USED: Final = "used"
DELETED: Final = "deleted"

#: Fresh: an access token that has expired makes a session wait for the service.
LOGIN: Final = Login().fresh()
OURS: Final = LOGIN.account_id
OTHER: Final = LOGIN.in_workspace("acme").account_id
CHATGPT: Final = LOGIN.document()
KEY: Final = with_api_key()
_AGENT = with_agent_identity_object().value["agent_identity"]
#: With a task, which Codex would otherwise ask the service for.
AGENT: Final = with_agent_identity_object().having(agent_identity={**_AGENT, "task_id": "t"})
#: An access token that names no workspace.
UNTOLD: Final = jwt({AUTH_CLAIM: {"chatgpt_user_id": LOGIN.user_id}}, "access token")
#: The same person's access token for another workspace, and its name in `account_id`; the id_token stays what it was.
EXCHANGED: Final = CHATGPT.having_tokens(
    account_id=OTHER, access_token=LOGIN.in_workspace("acme").access_token
)
STRANGER: Final = LOGIN.in_workspace("acme").of(Person("bob"))


class Case(NamedTuple):
    """`loads`: the config does. `status`: `codex login status` takes the login. `session`: what a session does."""

    line: str
    document: Document
    loads: bool
    status: bool
    session: str


def _workspace(value: str, *, loads: bool = True, fits: bool = True) -> Case:
    line = f"forced_chatgpt_workspace_id = {value}"
    return Case(line, CHATGPT, loads, loads and fits, USED if not loads or fits else DELETED)


def _forced(value: str, document: Document, *, status: bool = True, session: str = USED) -> Case:
    return Case(f'forced_chatgpt_workspace_id = "{value}"', document, True, status, session)


def _method(word: str, document: Document, *, fits: bool) -> Case:
    return Case(f'forced_login_method = "{word}"', document, True, fits, USED if fits else DELETED)


def _broken(line: str) -> Case:
    return Case(line, CHATGPT, False, False, USED)


def _stored(account: object) -> Document:
    return CHATGPT.having_tokens(account_id=account)


CASES: Final = [
    Case("", CHATGPT, True, True, USED),
    Case('cli_auth_credentials_store = "file"', CHATGPT, True, True, USED),
    Case('[profiles.x]\nforced_login_method = "api"', CHATGPT, True, True, USED),
    _broken('cli_auth_credentials_store = "File"'),
    _broken('cli_auth_credentials_store = ""'),
    _broken("cli_auth_credentials_store = 5"),
    _broken('profile = "x"'),
    _broken('profile = ""'),
    _broken('profile = "x"\n[profiles.x]\nforced_login_method = "api"'),
    _broken('forced_login_method = "API"'),
    _broken('forced_login_method = ""'),
    _broken("forced_login_method = 5"),
    _broken("not TOML"),
    _workspace('""'),
    _workspace('" "'),
    _workspace("[]"),
    _workspace('[""]'),
    _workspace(f'" {OURS} "'),
    _workspace(f'["{OURS}"]'),
    _workspace(f'["", " {OURS} ", "{OTHER}"]'),
    _workspace(f'"{OTHER}"', fits=False),
    _workspace(f'["", "{OTHER}"]', fits=False),
    _workspace(f'["{OURS},{OTHER}"]', fits=False),
    _workspace(f'"{OURS.upper()}"', fits=False),
    _workspace(f'"{OURS},{OTHER}"', loads=False),
    _workspace("5", loads=False),
    _workspace("[5]", loads=False),
    _workspace("true", loads=False),
    _forced(OURS, _stored(OTHER), status=False),
    _forced(OTHER, _stored(OTHER), session=DELETED),
    _forced(OURS, _stored(""), status=False),
    _forced(OURS, _stored(...)),
    _forced(OURS, _stored(None)),
    _forced(OURS, _stored(...).having_tokens(access_token="opaque")),
    _forced(OURS, _stored(...).having_tokens(access_token=UNTOLD), status=False, session=DELETED),
    _forced(OURS, CHATGPT.having_tokens(access_token=UNTOLD)),
    _forced(OTHER, EXCHANGED),
    _forced(OURS, EXCHANGED, status=False, session=DELETED),
    _forced(OTHER, EXCHANGED.having_tokens(access_token=STRANGER.access_token), session=DELETED),
    _forced(OURS, CHATGPT.having(last_refresh=...), session=DELETED),
    _forced(OURS, with_external_tokens(LOGIN)),
    _forced(OTHER, with_external_tokens(LOGIN), status=False, session=DELETED),
    _forced(OTHER, KEY),
    _forced(OTHER, with_bedrock_api_key()),
    _forced(_AGENT["account_id"], AGENT),
    _forced(OTHER, AGENT, status=False, session=DELETED),
    _method("api", KEY, fits=True),
    _method("api", with_bedrock_api_key(), fits=True),
    _method("api", with_bedrock_access_keys(), fits=True),
    _method("api", CHATGPT, fits=False),
    _method("api", with_external_tokens(LOGIN), fits=False),
    _method("api", AGENT, fits=False),
    _method("chatgpt", CHATGPT, fits=True),
    _method("chatgpt", with_external_tokens(LOGIN), fits=True),
    _method("chatgpt", AGENT, fits=True),
    _method("chatgpt", KEY, fits=False),
    _method("chatgpt", with_bedrock_access_keys(), fits=False),
]
