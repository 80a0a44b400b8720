"""What comes back from the issuer's page: by the browser, or pasted by a person.

Both are read here, without any network. Whatever is refused is refused with words of our own: nothing of what came is
repeated in a message, because it may hold a code or a token.

    read_query(query, state)              the query of GET /auth/callback (C117 in profiles/CODEX.md)
    read_pasted(text, state, authorize)   a whole address, `code=…&state=…`, or a bare code
"""

from __future__ import annotations

import hmac
import re
from urllib.parse import parse_qsl, unquote, urlsplit

from profiles.errors import (
    AccessDenied,
    CallbackInvalid,
    EntitlementMissing,
    OAuthError,
    StateMismatch,
)
from profiles.model import Secret

#: The only path that is registered at the issuer.
CALLBACK_PATH = "/auth/callback"
#: The hosts by which a browser may name this machine: 127.0.0.1 since 0.163, localhost before.
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost"})

_LONGEST = 16_384
_CODE = re.compile(r"[\x21-\x7e]{1,4096}")
_BARE_CODE = re.compile(r"[A-Za-z0-9._~+/=-]{16,4096}")
_USER_CODE = re.compile(r"[A-Z0-9]{3,5}-[A-Z0-9]{3,6}")
_QUERY = re.compile(r"[?#&]?[a-z_]{2,40}=")
_HOST = re.compile(r"[a-z0-9.:-]{1,80}")
_ADDRESS = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//|(?:127\.0\.0\.1|localhost)[:/?]")
#: What a terminal adds around a paste, and what a page adds within one.
_NOISE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z~]|[\u200b-\u200f\u2060\ufeff]")
#: How tokens, keys and whole login files begin. None of them has any business in this field.
_SECRET = re.compile(r"eyj[a-z0-9_-]+\.|sk-|at-|rt[-_.]|[{\[]", re.IGNORECASE)
_SECRET_FIELDS = frozenset({"access_token", "id_token", "refresh_token", "openai_api_key"})

_GO_ON = "the login goes on waiting"
_COPY = f"copy the whole address at which the browser ended, and paste that; {_GO_ON}"


def read_query(query: str, state: str) -> Secret:
    """Return the authorization code of a callback.

    Raises StateMismatch (the state is missing or another login's) and CallbackInvalid (no code), after both of which
    the login goes on; with our own state also AccessDenied, EntitlementMissing or OAuthError, which end it.
    """
    fields = _fields(query)
    _check_state(fields.get("state", []), state)
    return _code_of(fields)


def read_pasted(text: str, state: str, authorize_base: str) -> Secret:
    """Return the authorization code in what a person pasted. Raises as `read_query` does.

    A code without a state is taken, because a person handed it over. The state protects from a callback that a foreign
    page has the browser make; what comes by hand needs no such protection, and a code that was made for another login
    is of no use here: the issuer takes it with that login's PKCE verifier only.
    """
    if len(text) > _LONGEST:
        raise CallbackInvalid("that is far too long to be the address of a callback", _COPY)
    lines = [line.strip() for line in _NOISE.sub("", text).splitlines() if line.strip()]
    if not lines:
        raise CallbackInvalid("nothing was pasted", _COPY)
    first = _unquoted(lines[0])
    if len(lines) == 1 or not (_ADDRESS.match(first) or _QUERY.match(first)):
        return _read_one(first, state, authorize_base)
    # A terminal cut the address where its lines end, or something else was pasted below it.
    try:
        return _read_one(_unquoted("".join(lines)), state, authorize_base)
    except CallbackInvalid as error:
        try:
            return _read_one(first, state, authorize_base)
        except CallbackInvalid:
            raise error from None


def _read_one(text: str, state: str, authorize_base: str) -> Secret:
    if _SECRET.match(text):
        raise CallbackInvalid(
            "that looks like a token, a key or a login file, not like a callback; it was not used and is not kept",
            _COPY,
        )
    if _ADDRESS.match(text):
        return read_query(_query_of(text, authorize_base), state)
    if _QUERY.match(text):
        fields = _fields(text.lstrip("?#&"))
        if "state" in fields or "code" not in fields:
            _check_state(fields.get("state", []), state)
        return _code_of(fields)
    if _USER_CODE.fullmatch(text):
        raise CallbackInvalid(
            "that looks like the code of a device login: it is typed at the issuer's page, not here",
            _COPY,
        )
    code = unquote(text)
    if not _BARE_CODE.fullmatch(code):
        raise CallbackInvalid("that is neither the address of a callback nor its code", _COPY)
    return Secret(code)


def _query_of(text: str, authorize_base: str) -> str:
    """Return the query of an address that is our callback's; the port is left to the state to tell."""
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        text = f"http://{text.removeprefix('//')}"  # browsers hide the scheme
    try:
        parts, opened = urlsplit(text), urlsplit(authorize_base)
        host = (parts.hostname or "").lower()
    except ValueError:
        raise CallbackInvalid("that is no address", _COPY) from None
    if (host, parts.path) == (opened.hostname, opened.path):
        raise CallbackInvalid(
            "that is the address to open in the browser, not the one at which it ends after you signed in",
            f"open it, sign in, then {_COPY}",
        )
    # https, too: browsers that insist on it change the address, and then cannot open it.
    if parts.scheme.lower() not in ("http", "https") or host not in LOOPBACK_HOSTS:
        raise CallbackInvalid(f"that is an address of {_shown(host)}, not of this login", _COPY)
    if parts.path != CALLBACK_PATH:
        raise CallbackInvalid(
            f"that address is not the callback's, which begins with http://127.0.0.1 and goes on with {CALLBACK_PATH}",
            _COPY,
        )
    return parts.query


def _shown(host: str) -> str:
    """Return a host as it may be repeated: a plain name, and nothing that could be a secret."""
    plain = _HOST.fullmatch(host) and "." in host and not _SECRET.match(host)
    return host if plain else "another site"


def _fields(query: str) -> dict[str, list[str]]:
    """Return the query's fields. Raises CallbackInvalid when it is no query, or brings tokens along."""
    fields: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="replace", max_num_fields=40)
    except ValueError:
        raise CallbackInvalid("that is not the query of a callback", _COPY) from None
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    if _SECRET_FIELDS & {name.lower() for name in fields}:
        raise CallbackInvalid(
            "there is a token in that address, and none belongs there; it was not used and is not kept",
            _COPY,
        )
    return fields


def _check_state(found: list[str], state: str) -> None:
    """Raise StateMismatch unless there is one state and it is ours, in the same time whatever differs."""
    given = found[0] if len(found) == 1 else ""
    # As bytes, because text that is not ASCII cannot be compared so.
    if not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), state.encode("ascii")):
        what = "belongs to another login" if found else "has no state"
        raise StateMismatch(
            f"State mismatch: that callback {what}",
            f"each login has an address of its own: open the one that this login shows; {_GO_ON}",
        )


def _code_of(fields: dict[str, list[str]]) -> Secret:
    """Return the code; raise what the issuer says instead of one."""
    if "error" in fields:
        raise _denial(fields["error"][0], fields.get("error_description", [""])[0])
    codes = fields.get("code", [])
    if len(codes) != 1 or not _CODE.fullmatch(codes[0]):
        raise CallbackInvalid("that callback has no authorization code", _COPY)
    return Secret(codes[0])


def _denial(error: str, description: str) -> OAuthError:
    """Turn the issuer's error into ours. It came with our state, so these words are the issuer's own."""
    error, description = _plain(error, 80), _plain(description, 200)
    if error == "access_denied" and "missing_codex_entitlement" in description:
        return EntitlementMissing(
            "this account, or the workspace that was chosen, may not use Codex",
            "ask the workspace's administrator for Codex, or log in again as somebody else",
            error=error,
        )
    said = f" ({description})" if description else ""
    if error == "access_denied":
        return AccessDenied(
            f"the login was refused at the page{said}",
            "log in again, and approve it there",
            error=error,
        )
    named = error or "an error without a name"
    return OAuthError(f"the issuer ended the login: {named}{said}", "log in again", error=error)


def _plain(text: str, longest: int) -> str:
    """Return the issuer's words on one line, without what could upset a terminal."""
    words = " ".join(text.split())
    return "".join(sign for sign in words if sign.isprintable())[:longest]


def _unquoted(text: str) -> str:
    """Return the text without the quotes and brackets that shells, chats and mails put around addresses."""
    return text.strip().strip("'\"`<>“”‘’").strip()
