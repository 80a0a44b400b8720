"""What an answer to a refresh means (R17, R19, R21): decided from status and body alone, so that it can be tried whole.

The forms are those of profiles/CODEX.md, C72, C76 and C80.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Protocol

from profiles.auth_file import parse, serialise
from profiles.errors import AuthFileMalformed, StoreNotWritable
from profiles.model import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.auth_file import AuthDocument

#: Codes that end a refresh token for good, whatever the status and however they are spelt.
DEAD_CODES = {
    "refresh_token_reused": "it was already used",
    "refresh_token_expired": "it has expired",
    "refresh_token_invalidated": "it was revoked",
    "invalid_grant": "the issuer does not take it any more",
}
REUSED = "refresh_token_reused"


class RefreshRequest(NamedTuple):
    """Which token goes where, and as whom. `reason` is told to the issuer (C70)."""

    url: str
    client_id: str
    token: Secret
    reason: str


class NewTokens(NamedTuple):
    """The issuer answered with tokens; what it left out stays as it was."""

    id_token: Secret | None
    access_token: Secret | None
    refresh_token: Secret | None


class Dead(NamedTuple):
    """The refresh token will never work again. `code` is the issuer's word, `why` for people."""

    code: str
    why: str


class Busy(NamedTuple):
    """Not processed: ask again in `wait` seconds."""

    wait: float


class Refused(NamedTuple):
    """An answer of somebody who did not process the request: a proxy, a portal, an unknown error. Nothing changed."""

    why: str


class Unclear(NamedTuple):
    """The request may have been processed, and nothing tells (uncertain)."""

    why: str


Meaning = NewTokens | Dead | Busy | Refused | Unclear


class Send(Protocol):
    """Send a refresh token and hand the answer over where it was read, before anything else runs there.

    Raises IssuerUnreachable when nothing was sent, any other IssuerError when nobody knows.
    """

    def __call__(  # noqa: D102 - above
        self, request: RefreshRequest, take: Callable[[int, bytes, float | None], Meaning]
    ) -> Meaning: ...


def read_answer(status: int, body: bytes, retry_after: float | None = None) -> Meaning:
    """Return what an answer means. Never raises; no text of the body goes into any `why`."""
    data = _object(body)
    code = _code(data)
    if code in DEAD_CODES and status != 200:
        return Dead(code, DEAD_CODES[code])
    if status == 200:
        return _tokens(data)
    if status == 429:
        return Busy(retry_after if retry_after is not None else 1.0)
    if status >= 500:
        return Unclear(f"the issuer answered {status} after the token was sent")
    if data is None or not ("error" in data or "code" in data):
        return Refused(
            f"somebody answered {status} without an error of the issuer's: a proxy or portal?"
        )
    if status == 401:
        return Dead(_word(code), "the issuer does not take it")
    return Refused(f"the issuer answered {status} ({_word(code) or 'no code'})")


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _code(data: dict[str, Any] | None) -> str:
    """Return the code in any of its three places, in lower case; empty when there is none."""
    if data is None:
        return ""
    error = data.get("error")
    for value in (error.get("code") if isinstance(error, dict) else error, data.get("code")):
        if isinstance(value, str) and value:
            return value.lower()
    return ""


def _word(code: str) -> str:
    """Return a code that may be shown: a word, and nothing that could be a secret."""
    plain = code.replace("_", "").replace("-", "")
    return code if len(code) <= 60 and plain.isascii() and plain.isalpha() else ""


def _tokens(data: dict[str, Any] | None) -> Meaning:
    if data is None:
        return Unclear("the answer was no JSON: a portal, or cut short")
    found = []
    for name in ("id_token", "access_token", "refresh_token"):
        value = data.get(name)
        if value is not None and not isinstance(value, str):
            return Unclear(f"the answer's {name} is no text")
        found.append(Secret(value) if value else None)
    if not any(found):
        return Unclear("the answer had no token in it")
    return NewTokens(*found)


def renewed(document: AuthDocument, tokens: NewTokens, now: float) -> tuple[bytes, bool]:
    """Return the document with the new tokens, and whether they are another identity's (R21).

    What the answer left out stays. A new id_token that cannot be read is left out, too: the refresh token is not lost
    for its sake.
    """
    from profiles.oauth.documents import timestamp

    for id_token in dict.fromkeys((tokens.id_token, None)):
        data = json.loads(document.raw)
        new = tokens._replace(id_token=id_token)._asdict()
        data["tokens"].update({n: t.reveal() for n, t in new.items() if t is not None})
        data["last_refresh"] = timestamp(now)
        try:
            renewed = parse(serialise(data), "the answer")
        except AuthFileMalformed:
            continue
        if renewed.identity == document.identity:
            return renewed.raw, False
        if renewed.id_facts.account_id is not None:
            # Not the account that the file names: what is put away is a whole login of its own, no mixture (R11).
            data["tokens"]["account_id"] = renewed.id_facts.account_id
        return serialise(data), True
    message = "the answer cannot be written as a login"
    raise StoreNotWritable("", message)
