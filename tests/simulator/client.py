"""Asks a simulator over its real HTTP surface, with nothing but the standard library."""

from __future__ import annotations

import http.client
import json
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from tui.simulator.grants import challenge_of
from tui.simulator.server import CLIENT_ID

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
#: A verifier as Codex makes them, 86 characters.
VERIFIER: Final = "verifier-" * 9 + "12345"
STATE: Final = "state-" * 7 + "1"
REDIRECT: Final = "http://127.0.0.1:1455/auth/callback"


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever it is
        """The JSON in it."""
        return json.loads(self.body)


def ask(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    timeout: float = 10,
) -> Answer:
    """Send one request on a connection of its own; redirects are not followed."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=timeout, context=tls
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, body, headers or {})
        reply = connection.getresponse()
        return Answer(reply.status, dict(reply.getheaders()), reply.read())
    finally:
        connection.close()


def post_json(url: str, document: object, **more: Any) -> Answer:  # noqa: ANN401 - as `ask`
    """Send a document."""
    body = json.dumps(document).encode()
    return ask(url, method="POST", body=body, headers={"Content-Type": JSON}, **more)


def post_form(url: str, fields: dict[str, str], **more: Any) -> Answer:  # noqa: ANN401 - as `ask`
    """Send a form."""
    body = urlencode(fields).encode()
    return ask(url, method="POST", body=body, headers={"Content-Type": FORM}, **more)


def authorize_url(base: str, **changes: str | None) -> str:
    """Return the URL that Codex shows, with parameters changed, or taken away by None."""
    parameters = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        "state": STATE,
        "scope": "openid profile email offline_access",
        "id_token_add_organizations": "true",
        "codex_cli_simplified_flow": "true",
        "originator": "codex_cli_rs",
        **changes,
    }
    kept = {name: value for name, value in parameters.items() if value is not None}
    return f"{base}/oauth/authorize?{urlencode(kept)}"


def query_of(url: str) -> dict[str, str]:
    """Return the parameters of a URL."""
    return dict(parse_qsl(urlsplit(url).query))


def exchange(base: str, code: str, **changes: str) -> Answer:
    """Exchange a code of `authorize_url`."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "client_id": CLIENT_ID,
        "code_verifier": VERIFIER,
        **changes,
    }
    return post_form(f"{base}/oauth/token", fields)


def refresh(base: str, refresh_token: str, client_id: str = CLIENT_ID) -> Answer:
    """Refresh, as Codex 0.169 does."""
    return post_json(
        f"{base}/oauth/token",
        {
            "client_id": client_id,
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "refresh_reason": "forced",
        },
    )
