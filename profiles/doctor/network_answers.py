"""Questions over HTTP on a connection of our own, and what their answers mean. No token is in any of them."""

from __future__ import annotations

import http.client
import io
from typing import TYPE_CHECKING, NamedTuple

from profiles.doctor.network_streams import Fallen, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from profiles.doctor.network_streams import Stream

#: The most that is read of an answer's body, in bytes.
_MOST = 1 << 16
#: How the service says that it does not serve the country from which it is asked.
_REGION = b"unsupported_country"


class Reply(NamedTuple):
    """An answer: names of headers in small letters; `body` is cut at 64 kB."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_page(self) -> bool:
        """Whether it is a page for people, where none belongs."""
        return "html" in self.headers.get("content-type", "") or self.body.lstrip()[:1] == b"<"

    @property
    def is_json(self) -> bool:
        """Whether it is a JSON object."""
        return bool(self.document)

    @property
    def document(self) -> dict[str, object]:
        """The JSON object that it is; nothing for what is none."""
        import json

        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def word(self) -> str:
        """The service's word for an error, where it looks like one."""
        from profiles.oauth.failures import error_word

        return error_word(self.document)

    @property
    def told(self) -> str:
        """What was answered, in short, for people."""
        if 300 <= self.status < 400:
            return f"{self.status} to {_elsewhere(self.headers.get('location', ''))}"
        if self.headers.get("cf-mitigated"):
            return f"{self.status}, a challenge for robots"
        kind = self.word or ("a web page" if self.is_page else "")
        return f"{self.status}, {kind}" if kind else str(self.status)

    def moment(self) -> float | None:
        """Return the time that it tells (`Date`, and `Age` for one out of a cache), in seconds since the epoch."""
        from email.utils import parsedate_to_datetime

        try:
            at = parsedate_to_datetime(self.headers.get("date", "")).timestamp()
        except (ValueError, TypeError, OverflowError):
            return None
        age = self.headers.get("age", "")
        return at + (int(age) if age.isascii() and age.isdecimal() and len(age) < 9 else 0)


class Line:
    """One connection, asked again and again as long as it stays open."""

    def __init__(self, stream: Stream, host: str, base: str, extra: Mapping[str, str]) -> None:
        self._stream = stream
        self._base = base
        self._fixed = {"Host": host, "Accept": "*/*", **extra}
        self._connection = http.client.HTTPConnection(host)
        self._connection.auto_open = 0
        self._connection.sock = _Socket(stream)

    @property
    def is_open(self) -> bool:
        """Whether more can be asked."""
        return self._connection.sock is not None

    def ask(self, method: str, path: str, form: str | None = None) -> Reply:
        """Ask, and return the answer. Raises Fallen (`net.silent`, `net.intercepted`)."""
        try:
            return self._exchange(method, path, None if form is None else form.encode())
        except TimeoutError:
            raise Fallen("net.silent", f"{method}: no answer in time") from None
        except http.client.RemoteDisconnected:
            raise Fallen("net.silent", f"{method}: it hangs up without an answer") from None
        except http.client.IncompleteRead:
            raise Fallen("net.silent", f"{method}: the answer was cut off") from None
        except OSError as error:
            raise Fallen("net.silent", f"{method}: {words_of(error)}") from None
        except (http.client.HTTPException, ValueError):
            raise Fallen("net.intercepted", f"{method}: an answer that is not HTTP") from None

    def _exchange(self, method: str, path: str, body: bytes | None) -> Reply:
        connection = self._connection
        connection.putrequest(
            method, f"{self._base}{path}", skip_host=True, skip_accept_encoding=True
        )
        for name, value in self._fixed.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Type", "application/x-www-form-urlencoded")
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        raw = response.read(_MOST)
        if response.length and len(raw) < _MOST:
            raise http.client.IncompleteRead(raw)
        if not response.isclosed():
            # There is more than anybody wants.
            connection.close()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, headers, raw)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        self._stream.close()


class _Socket:
    """What http.client wants of a socket."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self._stream.send(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what comes, to be read."""
        return io.BufferedReader(_Incoming(self._stream))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()


class _Incoming(io.RawIOBase):
    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.receive(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def check_proxy(reply: Reply) -> None:
    """Raises Fallen (`proxy.auth`) for the answer of a proxy that lets nobody through unknown."""
    if reply.status == 407:
        scheme = reply.headers.get("proxy-authenticate", "").partition(" ")[0]
        raise Fallen("proxy.auth", f"407, it wants {scheme[:20] if scheme.isalpha() else 'Basic'}")


def check_token(reply: Reply) -> None:
    """Judge the answer to a token request without a code: a refusal in JSON (400). Raises Fallen for any other."""
    _check_refusal(reply)
    if reply.status == 403:
        raise Fallen("net.403", f"POST: {reply.told}")
    if reply.status == 429:
        raise Fallen("net.limited", f"POST: {reply.told}")
    if not 400 <= reply.status < 500 or not reply.is_json:
        raise Fallen("net.intercepted", f"POST: {reply.told}, where 400 belongs")


def check_backend(reply: Reply) -> None:
    """Judge the backend's answer to somebody without a token: any refusal does. Raises Fallen for no refusal."""
    _check_refusal(reply)
    if 300 <= reply.status < 400 or (reply.status < 300 and reply.is_page):
        raise Fallen("net.intercepted", f"GET: {reply.told}, where a refusal in JSON belongs")


def check_discovery(reply: Reply, issuer: str) -> None:
    """Judge what the issuer says of itself, once its token endpoint is known to be right. Raises Fallen."""
    from urllib.parse import urlsplit

    named = reply.document.get("issuer")
    if reply.status == 200 and isinstance(named, str):
        try:
            other = urlsplit(named).hostname
        except ValueError:
            other = None
        if other != urlsplit(issuer).hostname:
            shown = other[:80] if other and other.isprintable() else "another"
            raise Fallen("net.intercepted", f"discovery: it says that it is {shown}")


def _check_refusal(reply: Reply) -> None:
    if reply.status >= 500:
        raise Fallen("net.service", reply.told)
    if reply.status == 403 and _REGION in reply.body:
        raise Fallen("net.region", f"403, {reply.word or 'unsupported_country'}")


def _elsewhere(location: str) -> str:
    """Return whom a redirect names, without its query."""
    from urllib.parse import urlsplit

    try:
        host = urlsplit(location).hostname
    except ValueError:
        host = None
    return host[:80] if host and host.isprintable() else "another address"
