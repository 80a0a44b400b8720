"""The other variants of auth.json, and the damaged ones, made as deterministically as the logins.

Each function returns a `Document`; the secret that it holds is registered like every other.
"""

from __future__ import annotations

import base64
from typing import Any, Final

from tests.support.tokens import (
    DAY,
    NOON,
    Document,
    Login,
    Person,
    jwt,
    letters,
    secret,
    some_bytes,
    uuid,
)


def api_key(name: str = "key") -> str:
    """Return an API key in OpenAI's form."""
    return secret(f"sk-proj-{letters(96, 'api key', name)}", f"API key {name}")


def personal_access_token(name: str = "pat") -> str:
    """Return a personal access token; Codex knows one by its beginning."""
    return secret(f"at-{letters(64, 'pat', name)}", f"personal access token {name}")


def with_api_key(name: str = "key") -> Document:
    """What `codex login --with-api-key` writes."""
    return Document({"auth_mode": "apikey", "OPENAI_API_KEY": api_key(name)})


def with_old_api_key(name: str = "key") -> Document:
    """A key alone, without `auth_mode`, as old versions left it."""
    return Document({"OPENAI_API_KEY": api_key(name)})


def with_personal_access_token(name: str = "pat") -> Document:
    """What `codex login --with-access-token at-…` writes: no `auth_mode`."""
    return Document({"OPENAI_API_KEY": None, "personal_access_token": personal_access_token(name)})


def with_named_personal_access_token(name: str = "pat") -> Document:
    """The same with the mode written out, which Codex 0.98 cannot load."""
    return Document({"auth_mode": "personalAccessToken", **with_personal_access_token(name).value})


def _agent(person: Person) -> dict[str, Any]:
    # The private key is an Ed25519 key in PKCS #8, which Codex takes apart before it does anything.
    key = bytes.fromhex("302e020100300506032b657004220420") + some_bytes(
        32, "agent key", person.name
    )
    text = base64.b64encode(key).decode()
    return {
        "agent_runtime_id": uuid("runtime", person.name),
        "agent_private_key": secret(text, f"private key of {person.name}"),
        "account_id": Login(person).account_id,
        "chatgpt_user_id": person.user_id,
        "email": person.email,
        "plan_type": "enterprise",
        "chatgpt_account_is_fedramp": False,
    }


def with_agent_identity_token(person: Person | None = None) -> Document:
    """An agent identity as a JWT, which carries its private key in the claims."""
    person = person or Person("agent")
    payload: dict[str, Any] = {
        "iss": "https://chatgpt.com/codex-backend/agent-identity",
        "aud": "codex-app-server",
        "iat": NOON,
        "exp": NOON + 365 * DAY,
        **_agent(person),
    }
    token = jwt(payload, f"agent identity of {person.name}")
    return Document({"auth_mode": "agentIdentity", "OPENAI_API_KEY": None, "agent_identity": token})


def with_agent_identity_object(person: Person | None = None) -> Document:
    """An agent identity as an object."""
    value = _agent(person or Person("agent"))
    return Document({"auth_mode": "agentIdentity", "OPENAI_API_KEY": None, "agent_identity": value})


def with_bedrock_api_key(name: str = "bedrock", region: str = "eu-central-1") -> Document:
    """An Amazon Bedrock API key."""
    key = secret(f"ABSK{letters(64, 'bedrock', name)}", f"Bedrock key {name}")
    value = {"api_key": key, "region": region}
    return Document(
        {"auth_mode": "bedrockApiKey", "OPENAI_API_KEY": None, "bedrock_api_key": value}
    )


def with_bedrock_access_keys(name: str = "bedrock") -> Document:
    """Amazon Bedrock access keys; Codex 0.169 insists on the first two fields."""
    value = {
        "access_key_id": secret(f"AKIA{letters(16, 'akid', name).upper()}", f"key id {name}"),
        "secret_access_key": secret(letters(40, "aws", name), f"access key {name}"),
        "session_token": secret(letters(120, "session", name), f"session token {name}"),
    }
    return Document(
        {"auth_mode": "bedrockAccessKeys", "OPENAI_API_KEY": None, "bedrock_access_keys": value}
    )


def with_headers() -> Document:
    """A login by headers that a host supplies; the file holds no credential of its own."""
    return Document({"auth_mode": "headers", "OPENAI_API_KEY": None})


def with_external_tokens(login: Login) -> Document:
    """ChatGPT tokens that a host application handed over."""
    return login.document().having(auth_mode="chatgptAuthTokens")


def without_auth_mode(login: Login) -> Document:
    """A ChatGPT login as old versions left it: the mode follows from the fields."""
    return login.as_098().document().having(auth_mode=...)


def with_key_and_tokens(login: Login, key: str = "exchanged") -> Document:
    """A ChatGPT login with the API key that the browser flow may bring along."""
    return login.document().having(OPENAI_API_KEY=api_key(key))


def mixture(outgoing: Login, incoming: Login) -> Document:
    """What Codex up to 0.163 leaves when the file is swapped during its refresh.

    The rotated tokens of the login that went, under the account id of the login that came (R11).
    """
    return outgoing.as_098().document().having_tokens(account_id=incoming.account_id)


#: Every variant that Codex loads, by a name for the test's output.
VARIANTS: Final[dict[str, Document]] = {
    "chatgpt": Login().document(),
    "chatgpt of 0.98": Login().as_098().document(),
    "chatgpt without auth_mode": without_auth_mode(Login()),
    "chatgpt with a key": with_key_and_tokens(Login()),
    "chatgpt with an opaque access token": Login(opaque=True).document(),
    "chatgpt from a host": with_external_tokens(Login()),
    "API key": with_api_key(),
    "API key without auth_mode": with_old_api_key(),
    "personal access token": with_personal_access_token(),
    "personal access token, mode written": with_named_personal_access_token(),
    "agent identity, token": with_agent_identity_token(),
    "agent identity, object": with_agent_identity_object(),
    "Bedrock API key": with_bedrock_api_key(),
    "Bedrock access keys": with_bedrock_access_keys(),
    "headers": with_headers(),
    "no login": Document({}),
}

#: Bytes that Codex cannot load, by what is wrong with them.
BROKEN: Final[dict[str, bytes]] = {
    "empty": b"",
    "cut": Login().document().data()[:700],
    "binary": some_bytes(512, "garbage"),
    "not UTF-8": Login().document().data().replace(b'"chatgpt"', b'"\xff\xfe"'),
    "a list": b"[]",
    "a string": b'"auth"',
    "tokens is a list": Login().document().having(tokens=[]).data(),
    "tokens without id_token": Login().document().having_tokens(id_token=...).data(),
    "id_token is a number": Login().document().having_tokens(id_token=7).data(),
    "id_token is no JWT": Login().document().having_tokens(id_token="a.b").data(),
    "auth_mode unknown": Login().document().having(auth_mode="telepathy").data(),
    "auth_mode is a number": Login().document().having(auth_mode=3).data(),
}
