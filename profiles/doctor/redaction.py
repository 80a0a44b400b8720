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
    if len(user) > 2 and user != "root":
        text = re.sub(rf"\b{re.escape(user)}\b", "USER", text)
    return text
