"""What stands in a token: read as Codex reads it, and explained for people. Nothing here verifies a signature.

`payload` is the hot path (identity and times); `explain` decodes with PyJWT and gives every claim a meaning.
"""

from __future__ import annotations

import binascii
import json
from typing import Any, NamedTuple

from profiles.errors import TokenMalformed

Claims = dict[str, Any]

#: The claim objects in which OpenAI keeps its own fields (profiles/CODEX.md, claims).
AUTH_CLAIM = "https://api.openai.com/auth"
PROFILE_CLAIM = "https://api.openai.com/profile"

#: Plan names as Codex shows them. Anything else is unknown to Codex: the raw word is shown.
PLAN_NAMES = {
    "free": "Free",
    "go": "Go",
    "plus": "Plus",
    "pro": "Pro",
    "prolite": "Pro Lite",
    "team": "Team",
    "self_serve_business_prolite": "Business Pro Lite",
    "self_serve_business_usage_based": "Business (usage based)",
    "business": "Business",
    "ent26": "Enterprise",
    "enterprise_cbp_automation": "Enterprise (automation)",
    "enterprise_cbp_usage_based": "Enterprise (usage based)",
    "enterprise": "Enterprise",
    "hc": "Enterprise",
    "edu": "Edu",
    "education": "Edu",
    "edu_plus": "Edu Plus",
    "edu_pro": "Edu Pro",
    "sci": "Science",
}
_PERSONAL_PLANS = frozenset({"free", "go", "plus", "pro", "prolite"})

#: What each claim means, in a few words; a claim that is not here is shown raw.
MEANINGS = {
    "iss": "issuer: who made the token",
    "sub": "subject: the issuer's name for the person",
    "aud": "audience: for whom the token was made",
    "exp": "expires (seconds since 1970, UTC)",
    "iat": "issued at (seconds since 1970, UTC)",
    "nbf": "not valid before (seconds since 1970, UTC)",
    "jti": "this token's own number",
    "auth_time": "when the person signed in (seconds since 1970, UTC)",
    "auth_provider": "how the person signed in",
    "amr": "methods of the sign-in",
    "email": "e-mail address",
    "email_verified": "whether the issuer checked the address",
    "name": "display name",
    "given_name": "first name",
    "family_name": "last name",
    "nickname": "nickname",
    "picture": "address of a picture",
    "locale": "language and country",
    "nonce": "ties the token to one request for it",
    "acr": "how sure the sign-in was",
    "pwd_auth_time": "when the password was last given (milliseconds)",
    "sid": "sign-in session of the id_token",
    "session_id": "sign-in session of the access token",
    "scp": "scopes: what the access token may do",
    "scope": "scopes: what the access token may do",
    "client_id": "OAuth client that asked for the token",
    "azp": "OAuth client that asked for the token",
    "at_hash": "digest that ties the id_token to its access token",
    "rat": "when it was asked for (seconds since 1970, UTC)",
    AUTH_CLAIM: "OpenAI's own claims",
    PROFILE_CLAIM: "OpenAI's profile claims",
    "chatgpt_plan_type": "plan, as of the last login or refresh",
    "chatgpt_user_id": "user id: the person",
    "user_id": "user id: the person",
    "chatgpt_account_id": "account id: the workspace",
    "chatgpt_account_user_id": "the person's membership in the workspace",
    "chatgpt_account_is_fedramp": "workspace on the FedRAMP service",
    "chatgpt_compute_residency": "where requests are computed",
    "chatgpt_subscription_active_start": "paid plan since",
    "chatgpt_subscription_active_until": "paid plan until",
    "chatgpt_subscription_last_checked": "plan last checked",
    "organization_id": "API organisation (not a workspace)",
    "project_id": "API project",
    "completed_platform_onboarding": "API platform set up",
    "is_org_owner": "owner of the API organisation",
    "poid": "API organisation (not a workspace)",
    "organizations": "API organisations (not workspaces)",
    "groups": "groups of the person",
    "localhost": "login came back to this machine",
}


class TokenFacts(NamedTuple):
    """What the hot path needs of one token; times in seconds since the epoch, UTC, None when absent."""

    email: str | None
    plan: str | None
    user_id: str | None
    account_id: str | None
    session: str | None
    issued_at: float | None
    expires_at: float | None


NO_FACTS = TokenFacts(None, None, None, None, None, None, None)


#: The last letter of base64 whose length is 2 or 3 beyond a multiple of four: the bits left over are zero.
_LAST_LETTERS = {2: "AQgw", 3: "AEIMQUYcgkosw048"}
_URL_LETTERS = str.maketrans("-_+/=", "+/   ")


def payload(token: str) -> Claims:
    """Decode the payload of a JWT as Codex does: three parts that are not empty, base64url without padding.

    More parts are ignored. A byte that is no UTF-8 is kept as half a surrogate pair, since Codex minds it in claims
    that it knows only. Raises TokenMalformed, whose message never holds any of the token.
    """
    from profiles.strict_json import NotJson, loads

    parts = token.split(".", 3)
    if len(parts) < 3 or not all(parts[:3]):
        raise TokenMalformed("not a JWT (three parts with dots between them are needed)")
    body = parts[1]
    over = len(body) % 4
    try:
        raw = binascii.a2b_base64(
            body.translate(_URL_LETTERS) + "=" * (-len(body) % 4), strict_mode=True
        )
    except ValueError:
        raise TokenMalformed("the payload is not base64url without padding") from None
    if over and body[-1] not in _LAST_LETTERS[over]:
        raise TokenMalformed("the payload is not base64url without padding")
    try:
        claims = loads(raw.decode("utf-8", "surrogateescape"))
    except NotJson as error:
        raise TokenMalformed(f"the payload is {error.why}") from None
    if claims == []:
        return {}
    if not isinstance(claims, dict):
        raise TokenMalformed("the payload is not a JSON object")
    return claims


def section(claims: Claims, name: str) -> Claims:
    """Return one of OpenAI's claim objects, or an empty one."""
    found = claims.get(name)
    return found if isinstance(found, dict) else {}


def _text(*values: object) -> str | None:
    for value in values:
        if isinstance(value, str) and value:
            return value
    return None


def _time(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Outside 1970..9999 nothing can be said or shown about it.
    return float(value) if 0 < value < 253402300800 else None


def facts_of(claims: Claims) -> TokenFacts:
    """Pick from decoded claims what Codex picks (profiles/CODEX.md, claims)."""
    own = section(claims, AUTH_CLAIM)
    return TokenFacts(
        email=_text(claims.get("email"), section(claims, PROFILE_CLAIM).get("email")),
        plan=_text(own.get("chatgpt_plan_type")),
        user_id=_text(own.get("chatgpt_user_id"), own.get("user_id")),
        account_id=_text(own.get("chatgpt_account_id")),
        session=_text(claims.get("sid"), claims.get("session_id"), own.get("session_id")),
        issued_at=_time(claims.get("iat")),
        expires_at=_time(claims.get("exp")),
    )


def token_facts(token: str) -> TokenFacts:
    """Return the facts of a token, or none of them when it is opaque."""
    try:
        return facts_of(payload(token))
    except TokenMalformed:
        return NO_FACTS


def plan_name(plan: str | None) -> str | None:
    """Return the plan as people know it; an unknown one as it stands."""
    return None if plan is None else PLAN_NAMES.get(plan, plan)


def is_workspace_plan(plan: str | None) -> bool:
    """Say whether the plan belongs to a workspace rather than to one person."""
    return plan in PLAN_NAMES and plan not in _PERSONAL_PLANS


def scopes_of(claims: Claims) -> list[str]:
    """Return the scopes of an access token, from whichever claim holds them."""
    for name in ("scp", "scope"):
        value = claims.get(name)
        if isinstance(value, str):
            return value.split()
        if isinstance(value, list):
            return [item for item in value if isinstance(item, str)]
    return []


def decode(token: str) -> Claims:
    """Decode every claim with PyJWT, without verifying anything, for people to see.

    What comes back can be printed and written as JSON. Raises TokenMalformed.
    """
    import jwt

    try:
        return _shown(jwt.decode(token, options={"verify_signature": False}))
    except (jwt.PyJWTError, ValueError, RecursionError):
        # Codex reads the payload alone; a header that PyJWT does not like changes nothing.
        claims = payload(token)
    try:
        return _shown(claims)
    except (ValueError, RecursionError):
        raise TokenMalformed("the payload holds what cannot be shown") from None


def _shown(claims: Claims) -> Claims:
    text = json.dumps(claims, ensure_ascii=False, allow_nan=False)
    shown: Claims = json.loads(text.encode("utf-8", "replace"))
    return shown


class Explained(NamedTuple):
    """One claim for people: dotted name, value as text, meaning (empty when unknown)."""

    name: str
    value: str
    meaning: str


def explain(claims: Claims, prefix: str = "") -> list[Explained]:
    """Return every claim with its meaning, objects opened one level, unknown ones raw."""
    rows: list[Explained] = []
    for name, value in claims.items():
        if isinstance(value, dict) and not prefix:
            rows.extend(explain(value, prefix=f"{name.removeprefix('https://api.openai.com/')}."))
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        rows.append(Explained(f"{prefix}{name}", text, MEANINGS.get(name, "")))
    return rows
