"""What goes wrong on purpose: a status, other headers, a late, slow, cut, absurd or far too large answer."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tui.simulator.wire import Manner, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui.simulator.wire import Request

    Drop = Literal["before", "after-headers", "half"]

#: The size of an oversize answer, in bytes.
OVERSIZE = 3_000_000


@dataclass
class Fault:
    """One fault of one path; `times` is how often it still happens, None for always. Times are seconds."""

    path: str
    times: int | None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay: float = 0.0
    drop: Drop | None = None
    drip: float | None = None
    oversize: bool = False
    handled: bool = True


class Faults:
    """The faults that are due; each path's happen in the order in which they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: list[Fault] = []

    def add(
        self,
        path: str,
        *,
        times: int | None = 1,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | dict[str, object] | list[object] | None = None,
        delay: float = 0.0,
        drop: Drop | None = None,
        drip: float | None = None,
        oversize: bool = False,
        handled: bool | None = None,
    ) -> None:
        """Let the next `times` requests of a path (`*`: of any) go wrong; None is for ever.

        With a `status` or `body` the request is not looked at and that is the answer (`body` as JSON unless it is
        bytes or text). Without, it is handled as ever and the answer then delayed, dropped (`before` anything of it,
        `after-headers`, at `half` of the body), dripped (a byte every so many seconds) or blown up to 3 MB
        (`oversize`; still valid JSON). `handled` says otherwise: a token can be spent and the answer be an error.
        """
        data = body.encode() if isinstance(body, str) else body
        if data is not None and not isinstance(data, bytes):
            data = json.dumps(data).encode()
        if handled is None:
            handled = status is None and data is None
        fault = Fault(
            path, times, status, dict(headers or {}), data, delay, drop, drip, oversize, handled
        )
        with self._lock:
            self._due.append(fault)

    def clear(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._due.clear()

    def _take(self, path: str) -> Fault | None:
        with self._lock:
            for fault in self._due:
                if fault.path in ("*", path):
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self._due.remove(fault)
                    return fault
        return None

    def apply(self, request: Request, handle: Callable[[Request], Reply]) -> tuple[Reply, Manner]:
        """Answer a request, well or as its fault has it."""
        fault = self._take(request.path)
        if fault is None:
            return handle(request), Manner()
        reply = handle(request) if fault.handled else Reply()
        if fault.status is not None or fault.body is not None:
            body = fault.body
            if body is None:
                body = b'{"error":"made up for this occasion"}'
            reply = Reply(fault.status or 200, [("Content-Type", "application/json")], body)
        if fault.headers:
            names = {name.lower() for name in fault.headers}
            kept = [(name, value) for name, value in reply.headers if name.lower() not in names]
            reply = Reply(reply.status, [*kept, *fault.headers.items()], reply.body)
        if fault.oversize:
            reply = Reply(reply.status, reply.headers, b" " * OVERSIZE + reply.body)
        return reply, Manner(fault.delay, fault.drop, fault.drip)
