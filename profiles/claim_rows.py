"""The claims of a token as rows for people: objects opened, each claim with what it means, nothing too long to read.

A token comes from elsewhere and may hold anything: what looks like a credential itself is named and not shown, what is
very long is cut and says so.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from profiles.claims import MEANINGS, Claims, plan_name
from profiles.codex_time import believable, parse_time

#: Rows of one token that are made, levels that are opened, and characters of a name and of a value that are kept.
MOST, DEEPEST, LONGEST_NAME, LONGEST = 300, 4, 80, 400
#: What stands for a value that is not shown.
HIDDEN = "(looks like a token or key: not shown)"

_SECONDS = " (seconds since 1970, UTC)"
_OURS = "https://api.openai.com/"
#: A JWT, or what OpenAI's keys and tokens begin with, anywhere in a text.
_SECRET = re.compile(
    r"\beyJ[\w-]{8,}\.[\w-]+\.|\b(?:sk-|at-|rt_|at_)[\w-]{16,}|-----BEGIN [A-Z ]*PRIVATE"
)
_SECRET_NAMES = re.compile(
    r"(?:private_?key|secret|password|refresh_?token|access_?token)$", re.IGNORECASE
)
#: Where the meaning of a claim is said in fewer words than in `show`: a line of the screen has few.
_SHORT = {
    "iss": "who issued it",
    "sub": "the person, to the issuer",
    "aud": "for whom it is",
    "exp": "when it ends",
    "iat": "when it was issued",
    "nbf": "not valid before",
    "jti": "its own number",
    "rat": "when it was asked for",
    "auth_time": "when they signed in",
    "auth_provider": "by whom",
    "amr": "how they signed in",
    "email_verified": "checked",
    "sid": "sign-in session",
    "session_id": "sign-in session",
    "scp": "scopes",
    "scope": "scopes",
    "client_id": "the OAuth client",
    "azp": "the OAuth client",
    "at_hash": "ties it to the access token",
    "chatgpt_plan_type": "plan",
    "chatgpt_user_id": "the person",
    "user_id": "the person",
    "chatgpt_account_id": "the workspace",
    "chatgpt_account_user_id": "the person in the workspace",
    "chatgpt_account_is_fedramp": "on FedRAMP",
    "chatgpt_compute_residency": "where it computes",
    "pwd_auth_time": "password given (ms)",
}
#: What stands in each of the API organisations.
_OF_ORGANISATIONS = {
    "id": "its id",
    "title": "its name",
    "role": "role of the person in it",
    "is_default": "whether it is used when none is named",
}
#: Scopes in a few words.
SCOPES = {
    "openid": "who you are",
    "profile": "your name",
    "email": "your e-mail",
    "offline_access": "may be refreshed",
    "api.connectors.read": "read connectors",
    "api.connectors.invoke": "use connectors",
    "api.responses.write": "ask models",
    "model.request": "ask models",
    "model.read": "list models",
}


class ClaimRow(NamedTuple):
    """One claim: dotted name, value as text, what it means (None: not known here).

    `moment` is the time that the value says, in seconds since the epoch, UTC, where it says one.
    """

    name: str
    value: str
    meaning: str | None
    moment: float | None = None


class ClaimRows(NamedTuple):
    """The first rows, and how many claims are left out."""

    rows: list[ClaimRow]
    more: int


def claim_rows(claims: Claims, most: int = MOST) -> ClaimRows:
    """Return the claims, the simple ones before the objects, each in the token's own order."""
    rows: list[ClaimRow] = []
    simple = [each for each in claims.items() if not isinstance(each[1], dict)]
    objects = [each for each in claims.items() if isinstance(each[1], dict)]
    ordered = simple + objects
    for number, (name, value) in enumerate(ordered):
        if len(rows) >= most:
            return ClaimRows(rows[:most], len(ordered) - number + len(rows) - most)
        meaning = MEANINGS.get(name)
        _open(rows, name.removeprefix(_OURS), value, (name, meaning), DEEPEST)
    return ClaimRows(rows[:most], max(0, len(rows) - most))


def _open(
    rows: list[ClaimRow], path: str, value: object, known: tuple[str, str | None], levels: int
) -> None:
    """Add a claim, or those in it."""
    if len(rows) > MOST:
        return
    if isinstance(value, dict) and value and levels:
        more = _OF_ORGANISATIONS if known[0] == "organizations" else {}
        for name, inner in value.items():
            meaning = more.get(name) or MEANINGS.get(name)
            _open(rows, f"{path}.{name}", inner, (name, meaning), levels - 1)
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value) and levels:
        for number, inner in enumerate(value):
            _open(rows, f"{path}[{number}]", inner, known, levels - 1)
    else:
        rows.append(_row(path, value, *known))


def _row(path: str, value: object, name: str, meaning: str | None) -> ClaimRow:
    moment = None
    if meaning is not None:
        if meaning.endswith(_SECONDS):
            moment = _seconds(value)
        elif meaning.startswith("paid plan") or name.endswith("_checked"):
            nanoseconds = believable(parse_time(value))
            moment = nanoseconds / 1e9 if nanoseconds is not None else None
        meaning = _SHORT.get(name, meaning.removesuffix(_SECONDS))
    return ClaimRow(_cut(path, LONGEST_NAME), _text(name, value), meaning, moment)


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < 253_402_300_800 else None


def _text(name: str, value: object) -> str:
    """Return a value for people: text as it is, a list of simple things with commas, the rest as JSON."""
    if is_secret(name, value):
        return HIDDEN
    if isinstance(value, str):
        if name == "chatgpt_plan_type" and plan_name(value) != value:
            return f"{plan_name(value)} ({value})"
        return _cut(value, LONGEST) if value else "(empty)"
    if isinstance(value, list):
        few = value[: LONGEST // 2]
        if not any(isinstance(each, dict | list) for each in few):
            words = ", ".join(_text("", each) for each in few)
            return _cut(words, LONGEST, len(value), "entries") if value else "(none)"
    if value == {}:
        return "(none)"
    return _cut(json_text(value, one_line=True), LONGEST)


def _cut(text: str, longest: int, whole: int | None = None, what: str = "characters") -> str:
    if len(text) <= longest and (whole is None or whole <= LONGEST // 2):
        return text
    return f"{text[:longest]}... ({len(text) if whole is None else whole:,} {what})"


def is_secret(name: str, value: object) -> bool:
    """Say whether a claim looks like a credential: no claim that is known does, and none is shown."""
    if not isinstance(value, str) or not value:
        return False
    return bool(_SECRET_NAMES.search(name)) or _SECRET.search(value) is not None


def without_secrets(value: object, name: str = "", levels: int = 64) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON with everything in it hidden that looks like a credential, or lies too deep."""
    if is_secret(name, value) or (isinstance(value, dict | list) and not levels):
        return HIDDEN if levels else "(too deep to show)"
    if isinstance(value, dict):
        return {
            (HIDDEN if is_secret("", key) else key): without_secrets(each, key, levels - 1)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(each, name, levels - 1) for each in value]
    return value


def json_text(value: object, *, one_line: bool = False) -> str:
    """Return JSON for people, indented; whatever could steer a terminal is written as JSON's own escapes."""
    try:
        text = json.dumps(
            without_secrets(value), ensure_ascii=False, indent=None if one_line else 2
        )
    except (ValueError, RecursionError):
        return '"(cannot be shown)"'
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        sign if sign.isprintable() or sign == "\n" else json.dumps(sign)[1:-1] for sign in text
    )
