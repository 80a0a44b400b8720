"""Which fields an `auth.json` has, and what Codex insists on in them (C20 to C33 in profiles/CODEX.md).

Every field that Codex knows is checked, whatever the mode; of the others only that they are JSON. Errors name the field
and hold nothing of its value.
"""

from __future__ import annotations

import binascii
from typing import Any, NamedTuple

from profiles.auth_file import MATERIAL, MODES, Tokens
from profiles.claims import AUTH_CLAIM, PROFILE_CLAIM, Claims, payload, section
from profiles.codex_time import parse_time
from profiles.errors import TokenMalformed
from profiles.json_fields import Fields, Unloadable, check_fields, check_flag
from profiles.model import Secret
from profiles.strict_json import LEFT_OUT, has_half_pair

#: Without a mode, the first whose field is there (C24). An agent identity without its mode is not looked at.
_GUESSES = ("personalAccessToken", "bedrockApiKey", "bedrockAccessKeys", "apikey")

_TOP = Fields(
    optional=("OPENAI_API_KEY", "personal_access_token", "last_refresh"),
    others=("auth_mode", "tokens", "agent_identity", "bedrock_api_key", "bedrock_access_keys"),
)
_TOKENS = Fields(
    required=("id_token", "access_token", "refresh_token"),
    optional=("account_id", "login_owner_id"),
    others=("oauth_provenance",),
)
_PROVENANCE = Fields(required=("issuer", "client_id"))
_BEDROCK_KEY = Fields(required=("api_key", "region"))
_ACCESS_KEYS = Fields(required=("access_key_id", "secret_access_key"), optional=("session_token",))
FEDRAMP = "chatgpt_account_is_fedramp"
_AGENT_TEXTS = (
    "agent_runtime_id",
    "agent_private_key",
    "account_id",
    "chatgpt_user_id",
    "plan_type",
)
_AGENT = Fields(required=_AGENT_TEXTS, optional=("email", "task_id"), others=(FEDRAMP,))
_AGENT_CLAIMS = Fields(
    required=("iss", "aud", *_AGENT_TEXTS), optional=("email",), others=("iat", "exp", FEDRAMP)
)
_ID_TOKEN = Fields(optional=("email",), others=(PROFILE_CLAIM, AUTH_CLAIM))
_PROFILE = Fields(optional=("email",))
_AUTH = Fields(
    optional=("chatgpt_plan_type", "chatgpt_user_id", "user_id", "chatgpt_account_id"),
    others=(FEDRAMP,),
)
#: Codex holds an agent identity whole before it decides what it is, and reads no more levels than these.
_AGENT_LEVELS = 126
#: An Ed25519 key in PKCS #8 begins so, alone (48 bytes) or with its public key (83 bytes).
_KEY_ALONE = bytes.fromhex("302e020100300506032b657004220420")
_KEY_PAIR = bytes.fromhex("3051020101300506032b657004220420")
_PUBLIC_KEY = b"\x81\x21\x00"


class Content(NamedTuple):
    """What stands in a document that loads. `last_refresh`: nanoseconds since the epoch, UTC."""

    fields: dict[str, Any]
    mode: str
    tokens: Tokens | None
    id_claims: Claims
    last_refresh: int | None


def check_document(value: object) -> Content:
    """Check a document as Codex does. Raises Unloadable."""
    data = check_fields(value, "", _TOP)
    mode = data.get("auth_mode")
    if mode is not None and (not isinstance(mode, str) or mode not in MODES):
        raise Unloadable("auth_mode", _about_mode(mode))
    last_refresh = parse_time(data.get("last_refresh"))
    if last_refresh is None and data.get("last_refresh") is not None:
        raise Unloadable("last_refresh", "not a time as Codex reads it (RFC 3339)")
    if data.get("bedrock_api_key") is not None:
        check_fields(data["bedrock_api_key"], "bedrock_api_key", _BEDROCK_KEY)
    if data.get("bedrock_access_keys") is not None:
        check_fields(data["bedrock_access_keys"], "bedrock_access_keys", _ACCESS_KEYS)
    if data.get("agent_identity") is not None:
        _check_agent(data["agent_identity"])
    tokens, claims = _tokens(data.get("tokens"))
    return Content(data, _mode(data, mode), tokens, claims, last_refresh)


def _about_mode(mode: object) -> str:
    if not isinstance(mode, str):
        return "not text"
    plain = mode.replace("_", "").replace("-", "").replace(" ", "").lower()
    meant = next((known for known in MODES if known.lower() == plain), None)
    return f"Codex spells it {meant}" if meant else "not a mode that Codex knows"


def _mode(data: dict[str, Any], mode: str | None) -> str:
    """Return the mode, guessed when it is not told; raises Unloadable when its credential is not there."""
    if mode is None:
        mode = next((each for each in _GUESSES if data.get(MATERIAL[each]) is not None), "chatgpt")
    field = MATERIAL.get(mode)
    if field is not None and data.get(field) is None:
        raise Unloadable("auth_mode", f"{mode} needs {field}, which is missing")
    if mode == "agentIdentity":
        _check_agent_credential(data["agent_identity"])
    return mode


def _tokens(value: object) -> tuple[Tokens | None, Claims]:
    if value is None:
        return None, {}
    fields = check_fields(value, "tokens", _TOKENS)
    provenance = fields.get("oauth_provenance")
    came_from = None
    if provenance is not None:
        check_fields(provenance, "tokens.oauth_provenance", _PROVENANCE)
        came_from = (provenance["issuer"], provenance["client_id"])
    try:
        claims = id_claims(fields["id_token"])
    except TokenMalformed as error:
        raise Unloadable("tokens.id_token", error.message) from None
    tokens = Tokens(
        Secret(fields["id_token"]),
        Secret(fields["access_token"]),
        Secret(fields["refresh_token"]),
        fields.get("account_id") or None,
        fields.get("login_owner_id") or None,
        came_from,
    )
    return tokens, claims


def id_claims(token: str) -> Claims:
    """Decode an id_token and insist on what Codex insists on: the types of the claims that it knows (C34).

    Raises TokenMalformed, which names the claim.
    """
    claims = payload(token)
    try:
        check_fields(claims, "", _ID_TOKEN)
        for name, short, fields in (
            (PROFILE_CLAIM, "profile", _PROFILE),
            (AUTH_CLAIM, "auth", _AUTH),
        ):
            found = claims.get(name)
            if found is not None and found != []:
                check_fields(found, short, fields)
        own = section(claims, AUTH_CLAIM)
        if FEDRAMP in own:
            check_flag(own, "auth", FEDRAMP)
    except Unloadable as error:
        raise TokenMalformed(f"its claim {error.where}: {error.why}") from None
    return claims


def _check_agent(value: object) -> None:
    """Check an agent identity as far as Codex does when its mode is another one."""
    if isinstance(value, str):
        if has_half_pair(value):
            raise Unloadable("agent_identity", "holds half of a surrogate pair")
        return
    fields = check_fields(value, "agent_identity", _AGENT)
    check_flag(fields, "agent_identity", FEDRAMP)
    if not _is_whole(fields, _AGENT_LEVELS):
        raise Unloadable("agent_identity", "nested too deeply, or not text")


def _is_whole(value: object, levels: int) -> bool:
    """Say whether nothing in a value is half a surrogate pair or nested deeper than so many levels."""
    if isinstance(value, str):
        return not has_half_pair(value)
    if isinstance(value, dict):
        return levels > 0 and all(
            not has_half_pair(name) and _is_whole(item, levels - 1) for name, item in value.items()
        )
    if isinstance(value, list):
        return levels > 0 and all(_is_whole(item, levels - 1) for item in value)
    return value is not LEFT_OUT


def _check_agent_credential(value: str | dict[str, Any]) -> None:
    """Check what Codex needs of an agent identity before it asks the network about it."""
    if isinstance(value, dict):
        _check_agent_key(value["agent_private_key"])
        return
    if value.count(".") != 2:
        raise Unloadable("agent_identity", "not a JWT of three parts")
    try:
        claims = check_fields(payload(value), "", _AGENT_CLAIMS)
        check_flag(claims, "", FEDRAMP)
        for name in ("iat", "exp"):
            _check_count(claims.get(name), name)
    except TokenMalformed as error:
        raise Unloadable("agent_identity", error.message) from None
    except Unloadable as error:
        raise Unloadable("agent_identity", f"its claim {error.where}: {error.why}") from None


def _check_count(number: object, name: str) -> None:
    if type(number) is not int or not 0 <= number < 1 << 64:
        raise Unloadable(name, "not a whole number")


def _check_agent_key(text: str) -> None:
    where = "agent_identity.agent_private_key"
    try:
        key = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise Unloadable(where, "not base64") from None
    if binascii.b2a_base64(key, newline=False).decode() != text:
        raise Unloadable(where, "not base64")
    is_alone = len(key) == 48 and key.startswith(_KEY_ALONE)
    is_pair = len(key) == 83 and key.startswith(_KEY_PAIR) and key[48:51] == _PUBLIC_KEY
    if not is_alone and not is_pair:
        raise Unloadable(where, "not an Ed25519 key in PKCS #8")
