"""HTTP over sockets, plain or TLS, one thread a connection: enough to serve, and to misbehave on purpose."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from typing import BinaryIO

    Connection = socket.socket | ssl.SSLSocket

#: The most that is read of a request, in bytes, and how long a silent connection is kept, in seconds.
MOST = 1_000_000
PATIENCE = 60.0
_REASONS = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}


class Request(NamedTuple):
    """What came: `at` in seconds since the epoch, UTC; `query` as it was written; headers as they were spelt."""

    at: float
    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header's value, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def bearer(self) -> str:
        """What `Authorization: Bearer` carries, or nothing."""
        kind, _, token = (self.header("authorization") or "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""

    def parameters(self) -> list[tuple[str, str]]:
        """Return the pairs of the query, in their order."""
        return parse_qsl(self.query, keep_blank_values=True)

    def form(self) -> list[tuple[str, str]]:
        """Return the pairs of a form in the body, in their order."""
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    def json(self) -> Any:  # noqa: ANN401 - whatever was sent
        """Return the JSON in the body. Raises ValueError for what is none."""
        return json.loads(self.body)

    def fields(self) -> dict[str, str]:
        """Return the texts that the body carries, be it a form or a JSON object."""
        if "json" in (self.header("content-type") or ""):
            try:
                document = self.json()
            except ValueError:
                return {}
            pairs = document.items() if isinstance(document, dict) else ()
            return {key: value for key, value in pairs if isinstance(value, str)}
        return dict(self.form())


@dataclass
class Reply:
    """What is answered. What is not `bytes` in `body` was made by `answer` or `page`."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


@dataclass
class Manner:
    """How an answer is sent: late, slowly, cut; `halfway` is called between its halves. Times are seconds."""

    delay: float = 0.0
    drop: str | None = None
    drip: float | None = None
    halfway: Callable[[], None] | None = None


def answer(status: int, document: object) -> Reply:
    """Return a reply in JSON."""
    return Reply(status, [("Content-Type", "application/json")], json.dumps(document).encode())


def page(status: int, html: str) -> Reply:
    """Return a page."""
    return Reply(status, [("Content-Type", "text/html; charset=utf-8")], html.encode())


def redirect(address: str) -> Reply:
    """Return a reply that sends the browser elsewhere."""
    return Reply(302, [("Location", address)])


class Listener:
    """Listens on 127.0.0.1 and, once started, serves; `serve` gets each request and may be called from many threads."""

    def __init__(
        self,
        serve: Callable[[Request], tuple[Reply, Manner]],
        now: Callable[[], float],
        *,
        port: int,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._serve = serve
        self._now = now
        self._tls = tls
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._socket = socket.create_server(("127.0.0.1", port), backlog=128)
        self._wake, self._woken = socket.socketpair()
        #: What went wrong in us, not in whoever asked.
        self.broken: list[BaseException] = []
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="simulator", daemon=True)

    def start(self) -> None:
        """Answer whoever has called, and calls."""
        self._thread.start()

    def close(self) -> None:
        """End every conversation and the listening; nothing of it runs afterwards."""
        self._ending.set()
        self._wake.close()
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()
        self._woken.close()
        while True:
            with self._lock:
                left = dict(self._open)
            if not left:
                return
            for thread, connection in left.items():
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                # Not for ever: the socket may just have been wrapped, and this one be the empty shell.
                thread.join(0.1)

    def _accept(self) -> None:
        while True:
            ready, _, _ = select.select([self._socket, self._woken], [], [])
            if self._woken in ready:
                return
            try:
                connection, _ = self._socket.accept()
            except OSError:
                continue  # whoever called is gone again
            thread = threading.Thread(target=self._converse, args=(connection,), daemon=True)
            with self._lock:
                self._open[thread] = connection
            thread.start()

    def _converse(self, raw: socket.socket) -> None:
        connection: Connection = raw
        try:
            raw.settimeout(PATIENCE)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                # The wrapped socket takes the descriptor over; closing asks for it by its new name.
                connection = self._tls.wrap_socket(
                    raw, server_side=True, do_handshake_on_connect=False
                )
                with self._lock:
                    self._open[threading.current_thread()] = connection
                connection.do_handshake()
            with connection.makefile("rb") as stream:
                while not self._ending.is_set() and self._exchange(connection, stream):
                    pass
        except (OSError, ValueError):
            pass  # they went away, or spoke no HTTP
        except Exception as error:  # noqa: BLE001 - reported by whoever stops the simulator
            self.broken.append(error)
        finally:
            with contextlib.suppress(OSError):
                connection.close()
            with self._lock:
                self._open.pop(threading.current_thread(), None)

    def _exchange(self, connection: Connection, stream: BinaryIO) -> bool:
        """Answer one request, and return whether the connection stays."""
        request = self._read(stream)
        if request is None:
            return False
        reply, manner = self._serve(request)
        if manner.delay and self._ending.wait(manner.delay):
            return False
        if manner.drop == "before":
            return False
        closing = (request.header("connection") or "").lower() == "close"
        head = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Status')}"]
        head += [f"{name}: {value}" for name, value in reply.headers]
        head += [f"Content-Length: {len(reply.body)}", *(["Connection: close"] if closing else [])]
        connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1", "replace"))
        if manner.drop == "after-headers":
            return False
        body = b"" if request.method == "HEAD" else reply.body
        if manner.drop == "half":
            connection.sendall(body[: len(body) // 2])
            return False
        if manner.halfway is not None:
            connection.sendall(body[: len(body) // 2])
            manner.halfway()
            connection.sendall(body[len(body) // 2 :])
        elif manner.drip is not None:
            for at in range(len(body)):
                if self._ending.wait(manner.drip):
                    return False
                connection.sendall(body[at : at + 1])
        else:
            connection.sendall(body)
        return not closing

    def _read(self, stream: BinaryIO) -> Request | None:
        """Return the next request, or None at the end of the conversation. Raises ValueError for what is no HTTP."""
        line = stream.readline(MOST).decode("latin-1").strip()
        if not line:
            return None
        method, target, _version = line.split(" ")
        headers: list[tuple[str, str]] = []
        while text := stream.readline(MOST).decode("latin-1").strip():
            name, _, value = text.partition(":")
            headers.append((name.strip(), value.strip()))
        parts = urlsplit(target)
        request = Request(self._now(), method, parts.path, parts.query, headers, b"")
        if "chunked" in (request.header("transfer-encoding") or "").lower():
            return request._replace(body=_chunks(stream))
        size = int(request.header("content-length") or 0)
        if not 0 <= size <= MOST:
            raise ValueError("too large")
        return request._replace(body=stream.read(size))


def _chunks(stream: BinaryIO) -> bytes:
    body = b""
    while size := int(stream.readline(MOST).partition(b";")[0], 16):
        if len(body) + size > MOST:
            raise ValueError("too large")
        body += stream.read(size)
        stream.readline(MOST)
    stream.readline(MOST)
    return body
