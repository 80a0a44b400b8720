"""A browser login that runs, the person in front of it, and the browser that they use."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from profiles.context import make_context
from profiles.errors import ProfilesError
from profiles.oauth.browser import BrowserLogin
from profiles.oauth.events import Obtained, UrlIssued
from profiles.oauth.http import open_wire
from profiles.oauth.issuer import Issuer
from profiles.oauth.settings import LoginSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from profiles.auth_file import AuthDocument
    from profiles.oauth.events import Event
    from tui.simulator.server import Simulator

Kind = TypeVar("Kind")

#: What Firefox and Chrome send when the issuer's page leads them to the callback.
NAVIGATION = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-User": "?1",
    "Upgrade-Insecure-Requests": "1",
}
PATIENCE = 20.0


class Shown(NamedTuple):
    """A page as a browser got it."""

    status: int
    head: str
    body: str


def settings_for(simulator: Simulator, workspaces: Sequence[str] = ()) -> LoginSettings:
    """Return the settings of a login at this simulator, in the homes of this test."""
    context = make_context()
    return LoginSettings(context, Issuer(simulator.url), context.home, tuple(workspaces))


async def visit(
    url: str,
    at: tuple[str, int] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Shown:
    """Open an address as a browser that the issuer leads there, at another place if the way there leads through one.

    The Host header stays that of the address. Raises ConnectionError when nobody answers.
    """
    parts = urlsplit(url)
    host, port = at or (parts.hostname or "", parts.port or 80)
    reader, writer = await asyncio.open_connection(host, port)
    fields = {"Host": parts.netloc, "User-Agent": "Mozilla/5.0", **(headers or NAVIGATION)}
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    try:
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        answer = (await asyncio.wait_for(reader.read(), PATIENCE)).decode()
    finally:
        writer.close()
    if not answer:
        raise ConnectionResetError("closed without an answer")
    head, _, body = answer.partition("\r\n\r\n")
    return Shown(int(head.split()[1]), head, body)


class Running:
    """A browser login in a task of its own, and all that it told."""

    def __init__(self, login: BrowserLogin) -> None:
        self.login = login
        self.events: list[Event] = []
        self.error: ProfilesError | None = None
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def _run(self, wire: Any) -> None:  # noqa: ANN401 - whatever sends
        flow = self.login.run(wire)
        try:
            async for event in flow:
                self.events.append(event)
                async with self._changed:
                    self._changed.notify_all()
        except ProfilesError as error:
            self.error = error
        finally:
            await flow.aclose()
            async with self._changed:
                self._changed.notify_all()

    def begin(self, wire: Any) -> None:  # noqa: ANN401 - whatever sends
        """Let it run."""
        self._task = asyncio.get_running_loop().create_task(self._run(wire))

    async def end(self) -> None:
        """Cancel it as a front end does, and wait until it is gone."""
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def told(self, kind: type[Kind]) -> list[Kind]:
        """Return the events of a kind, so far."""
        return [each for each in self.events if isinstance(each, kind)]

    async def wait_for(self, kind: type[Kind], count: int = 1) -> Kind:
        """Return the event of a kind that makes it so many."""

        def is_there() -> bool:
            return len(self.told(kind)) >= count or (self._task is not None and self._task.done())

        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(is_there)
        found = self.told(kind)
        if len(found) < count:
            assert self.error is not None
            raise self.error
        return found[count - 1]

    @property
    async def url(self) -> str:
        """The address to open."""
        return (await self.wait_for(UrlIssued)).authorize_url

    async def document(self) -> AuthDocument:
        """Return what it obtained. Raises what it ended with instead."""
        return (await self.wait_for(Obtained)).document

    async def failure(self) -> ProfilesError:
        """Return what it ended with."""
        assert self._task is not None
        await asyncio.wait_for(asyncio.shield(self._task), PATIENCE)
        assert self.error is not None, self.events
        return self.error

    def everything_said(self) -> str:
        """Return all that a front end could show of it."""
        texts = [repr(event) for event in self.events]
        if self.error is not None:
            texts += [repr(self.error), str(self.error), self.error.message, self.error.hint or ""]
        return "\n".join(texts)


@contextlib.asynccontextmanager
async def running(
    settings: LoginSettings, *, port: int | None = 0, patience: float = 900.0
) -> AsyncIterator[Running]:
    """Run a browser login while the block runs; on any free port unless told otherwise."""
    made = Running(BrowserLogin(settings, port=port, patience=patience))
    async with open_wire(settings.context, settings.home) as wire:
        made.begin(wire)
        try:
            yield made
        finally:
            await made.end()
