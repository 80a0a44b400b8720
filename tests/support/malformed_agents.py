"""Agent identities at the edge of what Codex loads, and what Codex 0.169.0 said to each: part of `malformed`."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from tests.support.documents import with_agent_identity_object
from tests.support.tokens import NOON, Document, Login, secret

LOADABLE: Final[dict[str, bytes]] = {}
REFUSED: Final[dict[str, bytes]] = {}
STRICTER: Final[dict[str, bytes]] = {}
LAXER: Final[dict[str, bytes]] = {}


def only(**fields: object) -> bytes:
    """Return a document of these fields and no others."""
    return Document(fields).data()


def small_jwt(body: bytes, rest: str = "c2ln") -> str:
    """Return a JWT with this payload."""
    middle = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
    return secret(f"e30.{middle}.{rest}", "a made-up token")


_AGENT = with_agent_identity_object().value["agent_identity"]
_AGENT_TEXT = json.dumps(_AGENT)[:-1]


def _agent(mode: str | None = "agentIdentity", **fields: object) -> bytes:
    merged = {**_AGENT, **fields}
    kept = {name: value for name, value in merged.items() if value is not ...}
    return only(auth_mode=mode, agent_identity=kept)


#: The first test vector of RFC 8032: a key and its public key; and how PKCS #8 frames the two.
_KEY = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
_PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
_PAIR = "3051020101300506032b657004220420"


def _agent_key(prefix: str, rest: str = "") -> bytes:
    key = bytes.fromhex(prefix + _KEY + rest)
    return _agent(agent_private_key=secret(base64.b64encode(key).decode(), "an agent's key"))


def _agent_jwt(body: dict[str, Any]) -> bytes:
    return only(auth_mode="agentIdentity", agent_identity=small_jwt(json.dumps(body).encode()))


_AGENT_CLAIMS = {"iss": "i", "aud": "a", "iat": NOON, "exp": NOON, **_AGENT}
_AGENT_CLAIMS.pop("email")
LOADABLE.update({
    "agent with a task": _agent(task_id="t"),
    "agent, e-mail and task null": _agent(email=None, task_id=None),
    "agent, texts empty": _agent(agent_runtime_id="", account_id="", plan_type="", email=""),
    "agent, key and its public key": _agent_key(_PAIR, "812100" + _PUBLIC),
    "agent without its mode": _agent(None, agent_private_key="k"),
    "agent a text without its mode": only(agent_identity="junk"),
    "agent, 100 brackets deep": only(auth_mode=None).replace(
        b"null", b'null, "agent_identity": ' + f'{_AGENT_TEXT}, "x": {"[" * 100}{"]" * 100}}}'.encode()
    ),
    "agent JWT without e-mail": _agent_jwt(_AGENT_CLAIMS),
    "agent JWT of the largest iat": _agent_jwt({**_AGENT_CLAIMS, "iat": 2**64 - 1, "task_id": 5}),
    "agent JWT, its key junk": _agent_jwt({**_AGENT_CLAIMS, "agent_private_key": "junk"}),
})  # fmt: skip
REFUSED.update({
    "agent null": only(auth_mode="agentIdentity", agent_identity=None),
    "agent a number": only(agent_identity=5),
    "agent {} under chatgpt": Login().document().having(agent_identity={}).data(),
    "agent, plan null": _agent(None, plan_type=None),
    "agent, e-mail a number": _agent(None, email=5),
    "agent, task a number": _agent(None, task_id=5),
    "agent, fedramp null": _agent(None, chatgpt_account_is_fedramp=None),
    "agent, 130 brackets deep": only(auth_mode=None).replace(
        b"null", b'null, "agent_identity": ' + f'{_AGENT_TEXT}, "x": {"[" * 130}{"]" * 130}}}'.encode()
    ),
    "agent, half a pair where nobody looks": only(auth_mode=None).replace(
        b"null", b'null, "agent_identity": ' + f'{_AGENT_TEXT}, "x": "\\ud800"}}'.encode()
    ),
    "agent, e-mail twice": only(auth_mode=None).replace(
        b"null", b'null, "agent_identity": ' + f'{_AGENT_TEXT}, "email": null}}'.encode()
    ),
    "agent, key not base64": _agent(agent_private_key="k"),
    "agent, key empty": _agent(agent_private_key=""),
    "agent, key and a newline": _agent(agent_private_key=_AGENT["agent_private_key"] + "\n"),
    "agent, key without its frame": _agent_key(""),
    "agent, key of another kind": _agent_key("302e020100300506032b656e04220420"),
    "agent, key too long": _agent_key("302e020100300506032b657004220420", "00"),
    "agent, key with a public key behind version 1": _agent_key(
        "3051020100300506032b657004220420", "812100" + _PUBLIC
    ),
    "agent, public key under another tag": _agent_key(_PAIR, "832100" + _PUBLIC),
    "agent text": only(auth_mode="agentIdentity", agent_identity="junk"),
    "agent JWT of four parts": only(
        auth_mode="agentIdentity", agent_identity=small_jwt(json.dumps(_AGENT_CLAIMS).encode(), "c.d")
    ),
    "agent JWT, aud a list": _agent_jwt({**_AGENT_CLAIMS, "aud": ["a"]}),
    "agent JWT, iat negative": _agent_jwt({**_AGENT_CLAIMS, "iat": -1}),
    "agent JWT, iat too large": _agent_jwt({**_AGENT_CLAIMS, "iat": 2**64}),
    "agent JWT, exp a fraction": _agent_jwt({**_AGENT_CLAIMS, "exp": 1.0}),
    "agent JWT, exp true": _agent_jwt({**_AGENT_CLAIMS, "exp": True}),
    "agent JWT, e-mail a number": _agent_jwt({**_AGENT_CLAIMS, "email": 5}),
    "agent JWT, plan null": _agent_jwt({**_AGENT_CLAIMS, "plan_type": None}),
    "agent JWT, fedramp null": _agent_jwt({**_AGENT_CLAIMS, "chatgpt_account_is_fedramp": None}),
})  # fmt: skip
for _name in _AGENT:
    if _name != "email":
        REFUSED[f"agent without {_name}"] = _agent(None, **{_name: ...})
for _name in _AGENT_CLAIMS:
    REFUSED[f"agent JWT without {_name}"] = _agent_jwt(
        {name: value for name, value in _AGENT_CLAIMS.items() if name != _name}
    )
STRICTER["agent a list of its values"] = only(agent_identity=[*_AGENT.values(), None])
STRICTER['agent, plan {"plus": null}'] = _agent(None, plan_type={"plus": None})
# Whether a public key belongs to its key is not computed here.
LAXER["agent, key and another's public key"] = _agent_key(_PAIR, "812100" + "70" * 32)
