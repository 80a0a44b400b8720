"""What a credential in a variable is, and whose: told by its form and its claims alone, nothing is sent."""

from __future__ import annotations

from typing import NamedTuple

from profiles.claims import AUTH_CLAIM, Claims, facts_of, payload
from profiles.doctor.redaction import described
from profiles.errors import TokenMalformed
from profiles.expiry import duration_words

PERSONAL, AGENT, CHATGPT, KEY, JUNK = "personal", "agent", "chatgpt", "key", "junk"


class Credential(NamedTuple):
    """`told` says what it is and whose, in one line without any of it; `expired` whether its time is over."""

    kind: str
    told: str
    expired: bool = False


def read_credential(value: str, now: float) -> Credential:
    """Tell what a value is. `now` in seconds since the epoch, UTC."""
    text = value.strip()
    said = described(text)
    if text.startswith("at-"):
        return Credential(
            PERSONAL, f"{said}: a personal access token; whose, the service alone knows"
        )
    if text.startswith("sk-"):
        return Credential(KEY, f"{said}: an API key")
    try:
        claims = payload(text)
    except TokenMalformed:
        return Credential(JUNK, f"{said}: no token at all, neither at-… nor a JWT")
    facts = facts_of(claims)
    when, expired = _when(facts.expires_at, now)
    if "agent_runtime_id" in claims or "agent_private_key" in claims:
        whose = _one_of(claims, "email", "chatgpt_user_id", "account_id")
        runtime = _one_of(claims, "agent_runtime_id")
        told = f"{said}: an agent identity of {whose}, runtime {runtime}, {when}"
        return Credential(AGENT, told, expired)
    if isinstance(claims.get(AUTH_CLAIM), dict) or facts.email:
        whose = facts.email or facts.user_id or "somebody"
        return Credential(
            CHATGPT, f"{said}: the token of a ChatGPT login, of {whose}, {when}", expired
        )
    return Credential(
        JUNK, f"{said}: a JWT of some other service, {when}; Codex cannot use it", expired
    )


def _when(expires_at: float | None, now: float) -> tuple[str, bool]:
    if expires_at is None:
        return "with no expiry date", False
    if expires_at <= now:
        return f"expired {duration_words(now - expires_at)} ago", True
    return f"valid for {duration_words(expires_at - now)} more", False


def _one_of(claims: Claims, *names: str) -> str:
    for name in names:
        value = claims.get(name)
        if isinstance(value, str) and value.isprintable() and value:
            return value[:100]
    return "nobody named"
