"""The loopback listener of a browser login: a port on 127.0.0.1, and as much HTTP as one callback needs.

Every connection is answered by itself and closed, so one that says nothing holds nobody up. A request is refused when
another site's page made it (`Host`, `Origin`, `Sec-Fetch-*`), unless it is what a browser sends when the issuer's page
leads it here: a cross-site navigation. `GET /cancel`, by which another Codex asks for the port, is answered with 404:
a stranger does not end this login, and we never send one ourselves.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from profiles.oauth import pages
from profiles.oauth.callback import CALLBACK_PATH, LOOPBACK_HOSTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Iterable

    from profiles.oauth.pages import Page

SUCCESS_PATH = "/success"
#: Bytes of a request's head. Generous, because browsers send the cookies of every program on 127.0.0.1 along.
_LARGEST = 65_536
#: Seconds for a request to be whole; browsers open connections in advance and leave them silent.
_PATIENCE = 10.0
#: Seconds for an answer to be read.
_READING = 2.0
#: Connections that have not asked for anything yet; the oldest goes when there are more.
_SILENT = 32
_OWN_METHOD = "GET"


class Request(NamedTuple):
    """The head of a request; header names are lower case, and the values of one that stands twice are in a list."""

    method: str
    path: str
    query: str
    headers: dict[str, list[str]]

    def header(self, name: str) -> str | None:
        """Return the header's value; None when it is missing."""
        values = self.headers.get(name)
        return values[0] if values else None


class Listener:
    """Answers on a bound socket from `start` to `close`.

    `ports` are those by which a browser may call it: the redirect URI's and the one that it is bound to. `answer` takes
    the query of a callback and says which page it gets; `refused` hears, in words for people, why a callback got
    nowhere; `has_finished` says whether the login is done.
    """

    def __init__(
        self,
        bound: socket.socket,
        ports: Iterable[int],
        *,
        answer: Callable[[str], Awaitable[Page]],
        refused: Callable[[str], None],
        has_finished: Callable[[], bool],
        patience: float = _PATIENCE,
    ) -> None:
        self._socket = bound
        self.port: int = bound.getsockname()[1]
        self._names = frozenset(
            f"{host}:{port}" for host in LOOPBACK_HOSTS for port in {*ports, self.port}
        )
        self._answer = answer
        self._refused = refused
        self._has_finished = has_finished
        self._patience = patience
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._silent: dict[asyncio.StreamWriter, None] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._answering: set[asyncio.Task[object]] = set()

    async def start(self) -> None:
        """Begin to answer."""
        self._server = await asyncio.start_server(self._serve, sock=self._socket, limit=_LARGEST)

    async def finish(self) -> None:
        """Let those answers arrive that are under way; whoever is too slow to read does not hold us up."""
        if self._answering:
            await asyncio.wait(self._answering, timeout=_READING)

    def close(self) -> None:
        """Give the port back and cut every connection, at once: nothing of this waits."""
        if self._server is not None:
            self._server.close()
        self._socket.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:  # pragma: no cover - asyncio runs this in one
            return
        self._tasks.add(task)
        self._writers.add(writer)
        self._silent[writer] = None
        if len(self._silent) > _SILENT:
            next(iter(self._silent)).transport.abort()
        try:
            async with asyncio.timeout(self._patience):
                head = await reader.readuntil(b"\r\n\r\n")
            self._silent.pop(writer, None)
            self._answering.add(task)
            request = _read(head)
            page = pages.MALFORMED if request is None else await self._page(request)
            accepted = request.header("accept") if request is not None else None
            await _send(writer, page, plain="text/html" not in (accepted or ""))
        except asyncio.LimitOverrunError:
            await _send(writer, pages.TOO_LARGE, plain=True)
        except (OSError, EOFError, TimeoutError):
            pass  # gone, or never said anything
        except asyncio.CancelledError:
            pass  # by `close`; asyncio's own callback would take it for a failure of the server
        finally:
            self._silent.pop(writer, None)
            self._answering.discard(task)
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.close()

    async def _page(self, request: Request) -> Page:
        """Return what the request gets."""
        hosts = request.headers.get("host", [])
        if len(hosts) != 1 or hosts[0].lower() not in self._names:
            return self._refuse(request, "it was called by a foreign name (Host)")
        if not self._is_own_origin(request):
            return self._refuse(request, "a page of another site called it (Origin)")
        if not _is_navigation(request):
            return self._refuse(request, "a page of another site called it in passing (Sec-Fetch)")
        if request.method != _OWN_METHOD:
            return pages.NOT_GET
        if request.path == CALLBACK_PATH:
            return await self._answer(request.query)
        if request.path == SUCCESS_PATH and self._has_finished():
            return pages.SIGNED_IN
        if request.path == "/cancel":
            self._refused(
                "another program asked for the port, as a second codex login does; this login keeps it"
            )
        return pages.NOT_FOUND

    def _refuse(self, request: Request, why: str) -> Page:
        if request.path == CALLBACK_PATH:
            self._refused(f"a callback was refused: {why}")
        return pages.NOT_OURS

    def _is_own_origin(self, request: Request) -> bool:
        """Tell whether the request names no origin, none in particular, or us."""
        allowed = {"null", *(f"http://{name}" for name in self._names)}
        return all(origin.lower() in allowed for origin in request.headers.get("origin", []))


def _is_navigation(request: Request) -> bool:
    """Tell whether the address bar was led here, or we cannot know; a foreign page's image or script is no reason."""
    site = request.header("sec-fetch-site")
    return site not in ("cross-site", "same-site") or request.header("sec-fetch-mode") == "navigate"


def _read(head: bytes) -> Request | None:
    """Read the head of a request; None when it is not one."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0") or not words[1].startswith("/"):
        return None
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            return None
        headers.setdefault(name.lower(), []).append(value.strip())
    path, _, query = words[1].partition("?")
    return Request(words[0], path, query, headers)


async def _send(writer: asyncio.StreamWriter, page: Page, *, plain: bool) -> None:
    """Send a page and close; returns when the system has all of it."""
    writer.write(pages.render(page, plain=plain))
    writer.close()
    try:
        async with asyncio.timeout(_READING):
            await writer.wait_closed()
    except TimeoutError:
        writer.transport.abort()
