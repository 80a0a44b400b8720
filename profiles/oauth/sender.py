"""Requests of many threads through one loop in a thread of its own.

An answer is handed over in the loop's thread, before anything else runs there: it is on the disk before the thread that
asked has even woken up (R18).
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Self

import sniffio

from profiles.oauth.failures import retry_after
from profiles.oauth.http import open_wire
from profiles.oauth.token_endpoint import refresh
from profiles.oauth.variables import variables_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.context import Context
    from profiles.oauth.http import Timeouts, Wire
    from profiles.refresh_answer import Meaning, RefreshRequest, Send


class Network:
    """The loop, and a way to the issuer for each set of proxies and certificates. Use it as a context manager."""

    def __init__(self, timeouts: Timeouts | None = None) -> None:
        self._timeouts = timeouts
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="network", daemon=True)
        self._open = AsyncExitStack()
        self._wires: dict[str | None, Wire] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        asyncio.run_coroutine_threadsafe(self._open.aclose(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        # Told once for the thread, instead of being found out dozens of times for each request.
        sniffio.thread_local.name = "asyncio"
        self._loop.run_forever()

    def to(self, context: Context, home: str) -> Send:
        """Return the way to the issuer for a login of this home."""
        return partial(self._send, context, home)

    def _send(
        self,
        context: Context,
        home: str,
        request: RefreshRequest,
        take: Callable[[int, bytes, float | None], Meaning],
    ) -> Meaning:
        async def ask() -> Meaning:
            wire = await self._wire(context, home)
            answer = await refresh(wire, *request)
            return take(answer.status, answer.body, retry_after(answer.headers))

        return asyncio.run_coroutine_threadsafe(ask(), self._loop).result()

    async def _wire(self, context: Context, home: str) -> Wire:
        key = variables_file(context, home)
        if key not in self._wires:
            # One for all homes without variables of their own: certificates take tens of milliseconds to load.
            self._wires[key] = await self._open.enter_async_context(
                open_wire(context, home, timeouts=self._timeouts)
            )
        return self._wires[key]
