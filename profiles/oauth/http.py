"""The one way to the issuer and the backend: what is sent, how long it may take, and what becomes of every failure.

The only importer of httpx; import this module only where a request is about to be made. Requests carry what HTTP needs
and what the caller says: no cookie, no User-Agent of a library, no credentials of a `.netrc`.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import zlib
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from profiles.errors import IssuerError
from profiles.model import Secret
from profiles.oauth import failures
from profiles.oauth.proxies import proxy_for
from profiles.oauth.trust import trusting
from profiles.oauth.variables import variables_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from profiles.context import Context
    from profiles.oauth.proxies import Proxy
    from profiles.oauth.variables import Variables

    Text = str | Secret

#: The most that is read of an answer, in bytes, compressed or not.
LARGEST = 1 << 20
_FORM = "application/x-www-form-urlencoded"


class Timeouts(NamedTuple):
    """How long each phase of a request may take, and the whole of it, in seconds."""

    connect: float = 10.0
    read: float = 30.0
    write: float = 10.0
    pool: float = 10.0
    whole: float = 60.0

    def of_phases(self) -> dict[str, float]:
        """Return those of the phases, as transports want them."""
        return {name: value for name, value in self._asdict().items() if name != "whole"}


class Answer(NamedTuple):
    """What was answered: names of headers in small letters, the body as it is. `host` names who was asked."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    host: str = ""

    def json(self) -> Any:  # noqa: ANN401 - whatever was answered
        """Return the body's JSON. Raises IssuerProtocolError for what is none."""
        from profiles.strict_json import NotJson, loads

        try:
            return loads(self.body.decode("utf-8"))
        except (NotJson, UnicodeDecodeError):
            pass
        raise failures.not_json(self.host, self.headers)

    def error_word(self) -> str:
        """Return the issuer's word for an error, such as `access_denied`; nothing when there is none."""
        try:
            return failures.error_word(self.json())
        except IssuerError:
            return ""

    def rejected(self, asked: str) -> IssuerError:
        """Return what to raise for an answer that is a refusal. `asked` says for people what was asked for."""
        return failures.rejected(self.host, self.status, self.headers, self.error_word(), asked)

    def __repr__(self) -> str:
        return f"Answer({self.status}, {self.host})"


class Wire:
    """Connections to whoever is asked. Every method raises IssuerError, and nothing else, when it brings no answer."""

    def __init__(
        self,
        variables: Variables,
        timeouts: Timeouts,
        transport: httpx.AsyncBaseTransport | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._variables = variables
        self._environ = environ or {}
        self._timeouts = timeouts
        self._transport = transport
        self._transports: dict[tuple[str, str], httpx.AsyncBaseTransport] = {}
        self._trust: ssl.SSLContext | None = None

    async def post_json(
        self, url: str, body: Mapping[str, Text], headers: Mapping[str, Text] | None = None
    ) -> Answer:
        """Send a JSON object, its members in this order, without white space."""
        kind = {"content-type": "application/json"}
        return await self._send("POST", url, {**kind, **(headers or {})}, body)

    async def post_form(self, url: str, pairs: Sequence[tuple[str, Text]]) -> Answer:
        """Send a form, its pairs in this order."""
        return await self._send("POST", url, {"content-type": _FORM}, pairs)

    async def get(self, url: str, headers: Mapping[str, Text]) -> Answer:
        """Ask for what is there."""
        return await self._send("GET", url, headers, None)

    async def aclose(self) -> None:
        """Close every connection."""
        transports = list(self._transports.values())
        self._transports.clear()
        for transport in transports:
            await transport.aclose()

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, Text],
        body: Mapping[str, Text] | Sequence[tuple[str, Text]] | None,
    ) -> Answer:
        asked = _parsed(url)
        origin = f"{asked.scheme}://{asked.netloc.decode('ascii')}"
        place = failures.place_of(url, asked.host, origin, self._environ)
        host = str(place)
        proxy = proxy_for(self._variables, url)
        transport = self._way(url, proxy)
        limits = self._timeouts
        sockets = _Sockets()
        try:
            async with asyncio.timeout(limits.whole):
                extensions = {"trace": sockets.watch, "timeout": limits.of_phases()}
                request = _request(method, asked, headers, body, extensions)
                found = await _exchange(transport, request, place, proxy)
            if isinstance(found, Answer):
                return found
            failure = found
        except httpx.ConnectTimeout:
            failure = failures.of_slow_connection(place, proxy, limits.connect)
        except httpx.TimeoutException as error:
            is_read = isinstance(error, httpx.ReadTimeout)
            failure = failures.no_answer(host, limits.read if is_read else limits.write)
        except TimeoutError:
            failure = failures.no_answer(host, limits.whole)
        except httpx.ProxyError as error:
            failure = failures.of_proxy(error, host, proxy)
        except (httpx.ConnectError, OSError) as error:
            failure = failures.of_connection(error, place, proxy, self._variables)
        except httpx.RemoteProtocolError as error:
            # The only sign by which an early end can be told from what is not HTTP at all.
            gone = "disconnected" in str(error)
            failure = failures.hung_up(host, proxy) if gone else failures.no_http(place)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            failure = failures.hung_up(host, proxy)
        finally:
            await sockets.close()
        # Raised here and not above, so that httpx's error, which holds the request, does not hang on it.
        raise failure

    def _way(self, url: str, proxy: Proxy | None) -> httpx.AsyncBaseTransport:
        """Return what carries a request.

        No client of httpx's stands before it: of what that does, cookies, redirects, credentials, nothing is wanted,
        and it takes a tenth of a refresh.
        """
        scheme = url.partition(":")[0]
        key = (scheme, "" if proxy is None else proxy.url)
        if key not in self._transports:
            self._transports[key] = self._transport or self._dial(scheme, proxy)
        return self._transports[key]

    def _dial(self, scheme: str, proxy: Proxy | None) -> httpx.AsyncHTTPTransport:
        needs_trust = scheme == "https" or (proxy is not None and proxy.url.startswith("https:"))
        return httpx.AsyncHTTPTransport(
            # Loading the system's certificates takes tens of milliseconds.
            verify=self._trusting() if needs_trust else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=False,
            # A connection kept open may be closed by the other side just as a code, good once, is sent.
            limits=httpx.Limits(max_keepalive_connections=0),
            proxy=None if proxy is None else self._through(proxy),
        )

    def _through(self, proxy: Proxy) -> httpx.Proxy:
        auth = None
        if proxy.user is not None and proxy.password is not None:
            auth = (proxy.user.reveal(), proxy.password.reveal())
        is_tls = proxy.url.startswith("https:")
        return httpx.Proxy(proxy.url, auth=auth, ssl_context=self._trusting() if is_tls else None)

    def _trusting(self) -> ssl.SSLContext:
        if self._trust is None:
            self._trust = trusting(self._variables)
        return self._trust


class _Sockets:
    """The connections of one request. When it is cancelled, or a proxy fails, httpx leaves them to the collector."""

    def __init__(self) -> None:
        self._open: list[Any] = []

    async def watch(self, event: str, told: Mapping[str, Any]) -> None:
        """Hear what httpcore does, and remember what it connects."""
        if event.endswith("connect_tcp.complete"):
            self._open.append(told["return_value"])

    async def close(self) -> None:
        """Close them; most are closed by now."""
        for stream in self._open:
            await stream.aclose()


@asynccontextmanager
async def open_wire(
    context: Context,
    home: str | None = None,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    timeouts: Timeouts | None = None,
) -> AsyncIterator[Wire]:
    """Give a way to the issuer as a Codex of this home would take it: its proxies, its certificates.

    Everything is closed at the end. `transport` is for tests of what no real server can do.
    """
    variables = variables_of(context, home)
    wire = Wire(variables, timeouts or Timeouts(), transport, context.environ)
    try:
        yield wire
    finally:
        await wire.aclose()


def encode_form(pairs: Sequence[tuple[str, Text]]) -> bytes:
    """Return a form as Codex writes it, in the words of the URL standard: `*` stays, `~` does not, a space is `+`."""
    from urllib.parse import quote_plus

    def quoted(text: str) -> str:
        return quote_plus(text, safe="*").replace("~", "%7E")

    return "&".join(f"{quoted(name)}={quoted(_plain(value))}" for name, value in pairs).encode()


def _plain(text: Text) -> str:
    return text.reveal() if isinstance(text, Secret) else text


@lru_cache(maxsize=64)
def _parsed(url: str) -> httpx.URL:
    """Return the parts of a URL; the same few are asked again and again."""
    return httpx.URL(url)


def _request(
    method: str,
    url: httpx.URL,
    headers: Mapping[str, Text],
    body: Mapping[str, Text] | Sequence[tuple[str, Text]] | None,
    extensions: dict[str, Any],
) -> httpx.Request:
    """Return the request, with headers such as the real client sends and no others."""
    content: bytes | None = None
    if body is not None:
        content = (
            encode_form(body)
            if not hasattr(body, "items")
            else json.dumps(
                {name: _plain(value) for name, value in body.items()},
                ensure_ascii=False,
                separators=(",", ":"),
            ).encode()
        )
    plain = {name: _plain(value) for name, value in headers.items()}
    # Both named here to be spelt as the real client spells them; h11 moves the host to the front all the same.
    ordered = {**plain, "accept": "*/*", "host": url.netloc.decode("ascii")}
    if content is not None:
        ordered["content-length"] = str(len(content))
    return httpx.Request(method, url, headers=ordered, content=content, extensions=extensions)


async def _exchange(
    transport: httpx.AsyncBaseTransport,
    request: httpx.Request,
    place: failures.Place,
    proxy: Proxy | None,
) -> Answer | IssuerError:
    """Return the answer, or what to raise for it: raised here it would hold the request in its traceback."""
    host = str(place)
    response = await transport.handle_async_request(request)
    try:
        status = response.status_code
        headers = {name.lower(): value for name, value in response.headers.items()}
        if status == 407:
            return failures.proxy_refused(host, proxy, status)
        if response.has_redirect_location:
            return failures.sent_elsewhere(place, headers.get("location", ""))
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > LARGEST:
            return failures.too_large(host, LARGEST)
        try:
            body = await _body(response)
        except (httpx.ReadError, httpx.RemoteProtocolError):
            return failures.cut(host)
        if body is not None:
            body = _opened(body, headers.get("content-encoding", ""))
            if body is None:
                return failures.compressed(host)
        if body is None or len(body) > LARGEST:
            return failures.too_large(host, LARGEST)
        return Answer(status, headers, body, host)
    finally:
        await response.aclose()


async def _body(response: httpx.Response) -> bytes | None:
    """Return the body as it was sent; None when there is more of it than LARGEST bytes."""
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > LARGEST:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _opened(body: bytes, encoding: str) -> bytes | None:
    """Return the body without its compression, which nobody asked for but gateways add; None when it cannot be read.

    No more of it is opened than shows that it is too large.
    """
    names = [name.strip().lower() for name in encoding.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if not names or not body:
        return body
    if names not in (["gzip"], ["x-gzip"], ["deflate"]):
        return None
    opener = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        opened = opener.decompress(body, LARGEST + 1)
    except zlib.error:
        return None
    return opened if opener.eof or len(opened) > LARGEST else None
