"""What the loopback listener says to a browser, or to `curl`, in words of our own.

A page holds no token, no code, and nothing of the request. The issuer's own words may stand in one, escaped.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

_BACK = "Go back to the terminal"
#: Nothing but the page's own looks: no script, no picture, no form, no frame around it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class Page(NamedTuple):
    """A page: its HTTP status, a title, and a sentence or two."""

    status: int
    title: str
    text: str


SIGNED_IN = Page(200, "Signed in", f"The terminal has the login. {_BACK}; this page can be closed.")
ARRIVED = Page(
    202, "The sign-in has arrived", f"It is not finished yet. {_BACK}, which tells how it goes on."
)
STATE_MISMATCH = Page(
    400,
    "State mismatch",
    f"This callback belongs to another login. {_BACK}, and open the address that it shows now.",
)
NO_CODE = Page(
    400, "No code", f"This callback is not complete. {_BACK}, and open its address again."
)
USED = Page(409, "Already used", f"This login has had its callback. {_BACK}.")
NOT_OURS = Page(403, "Refused", "Another site asked for this, or it was asked for by another name.")
NOT_FOUND = Page(404, "Nothing here", "This is the end of a login, and serves nothing else.")
NOT_GET = Page(405, "Not allowed", "Only GET is answered here.")
MALFORMED = Page(400, "Bad request", "That is not a request that can be understood.")
TOO_LARGE = Page(431, "Too large", "That request is far too large.")

_REASONS = {
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    431: "Request Header Fields Too Large",
}


def failed(message: str) -> Page:
    """Return the page of a login that came to its end; 200 as with Codex, since the callback itself was fine."""
    return Page(200, "Not signed in", f"{message[:1].upper()}{message[1:]}. {_BACK}.")


def render(page: Page, *, plain: bool) -> bytes:
    """Return the whole answer: head and body, as HTML or, for `curl`, as plain text."""
    if plain:
        kind, body = "text/plain", f"{page.title}. {page.text}\n"
    else:
        title, text = escape(page.title), escape(page.text)
        kind = "text/html"
        body = (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{title}</title><style>body{{font:1.1rem/1.5 system-ui,sans-serif;"
            "max-width:32rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}"
            f"</style></head><body><h1>{title}</h1><p>{text}</p></body></html>\n"
        )
    data = body.encode("utf-8", "replace")
    head = (
        f"HTTP/1.1 {page.status} {_REASONS[page.status]}",
        f"Content-Type: {kind}; charset=utf-8",
        f"Content-Length: {len(data)}",
        *(["Allow: GET"] if page.status == 405 else []),
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "X-Content-Type-Options: nosniff",
        f"Content-Security-Policy: {_POLICY}",
        "Connection: close",
        "",
        "",
    )
    return "\r\n".join(head).encode("ascii") + data
