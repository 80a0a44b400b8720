"""A key or a token as somebody gave it: what it cannot be, before anybody is asked. Nothing of it is repeated."""

from __future__ import annotations

#: No key has fewer signs than these.
SHORTEST_KEY = 8


def why_no_key(text: str) -> str | None:
    """Return why this cannot be an API key; nobody but the issuer knows whether it is a good one."""
    if not _is_word(text):
        return "an API key is one word of plain ASCII"
    if len(text) < SHORTEST_KEY:
        return "this is too short to be an API key"
    return None


def looks_like_token(text: str) -> bool:
    """Say whether this looks like an access token, personal (`at-…`) or other."""
    return text.startswith(("at-", "eyJ"))


def is_agents(text: str) -> bool:
    """Say whether this is the token of an agent, which only Codex itself can register."""
    return text.startswith("eyJ") and text.count(".") == 2


def why_no_token(text: str) -> str | None:
    """Return why this cannot be a personal access token."""
    if not _is_word(text):
        return "an access token is one word of plain ASCII"
    if is_agents(text):
        return "this is the token of an agent, which only Codex itself can register"
    if not text.startswith("at-"):
        key = ", and this looks like an API key" if text.startswith("sk-") else ""
        return f"an access token begins with at-{key}"
    return None


def _is_word(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text
