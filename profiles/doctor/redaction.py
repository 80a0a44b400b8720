"""How a value is spoken of without being shown: its kind and its length."""

from __future__ import annotations

import re

_MAIL = re.compile(r"\b([A-Za-z0-9])[A-Za-z0-9._%+-]*@([A-Za-z0-9.-]+\.[A-Za-z]{2,})\b")
_UUID = re.compile(r"\b([0-9a-f]{4})[0-9a-f]{4}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
#: What a secret of this field looks like; also the last net under every line that leaves the doctor.
_SECRETS = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{8,}|at-[A-Za-z0-9_-]{8,}|rt[-_.][A-Za-z0-9_.-]{16,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?)"
)
#: An IPv4 address; a version has three numbers.
_ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
#: The user and password of a URL.
_USERINFO = re.compile(r"(?<=://)[^/\s@]+@")


def kind_of(value: str) -> str:
    """Return what sort of credential a value looks like: `at-…`, `sk-…`, `JWT` or `other`."""
    text = value.strip()
    if text.startswith("at-"):
        return "at-…"
    if text.startswith("sk-"):
        return "sk-…"
    return "JWT" if text.startswith("eyJ") and text.count(".") == 2 else "other"


def described(value: str) -> str:
    """Describe a value that may be a secret: `JWT, 812 characters`."""
    number = len(value)
    return f"{kind_of(value)}, {number} character{'' if number == 1 else 's'}"


def without_secrets(text: str) -> str:
    """Return a text with everything that looks like a credential taken out."""
    return _SECRETS.sub(lambda found: f"<{kind_of(found[0])}>", _USERINFO.sub("…@", text))


def without_people(text: str, user_home: str, user: str = "") -> str:
    """Return a text that can be shown to strangers: no home folder, no whole address, no account id."""
    if len(user_home) > 1:
        text = text.replace(user_home, "~")
    text = _UUID.sub(r"\1…", _MAIL.sub(r"\1…@…", without_secrets(text)))
    text = _ADDRESS.sub(_without_address, text)
    if user and user != "root":
        # Only where it can be no other word: a user may well be called `codex`.
        name = re.escape(user)
        text = re.sub(rf"(?<=/home/){name}\b|(?<=/Users/){name}\b|\b{name}(?=@)", "USER", text)
        text = re.sub(rf"\b(user|owner|owned by|belongs to) {name}\b", r"\1 USER", text)
    return text


def _without_address(found: re.Match[str]) -> str:
    """Return an address of the network without its end; this machine's own stay."""
    text = found[0]
    return text if text.startswith(("127.", "0.0.0.0")) else f"{text.split('.')[0]}.…"  # noqa: S104 - compared only
