"""Gates: one request is held at a given moment for as long as whoever opens the gate wishes.

gate = simulator.gates.hold("/oauth/token", HANDLED, lambda request: b'"forced"' in request.body)
gate.wait()         # it came that far: here the token is spent, and nobody has the answer
gate.open()
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.simulator.wire import Request

    Moment = Literal["arrived", "handled", "half"]

#: Come and not looked at; handled and not answered; half of the answer's body sent.
ARRIVED: Moment = "arrived"
HANDLED: Moment = "handled"
HALF: Moment = "half"


class Gate:
    """Holds the first request that it is meant for, once."""

    def __init__(self, path: str, moment: Moment, which: Callable[[Request], bool]) -> None:
        self.path = path
        self.moment = moment
        self.which = which
        self._reached = threading.Event()
        self._opened = threading.Event()

    @property
    def is_reached(self) -> bool:
        """Whether a request stands here, or went through."""
        return self._reached.is_set()

    def wait(self, timeout: float = 30.0) -> None:
        """Wait until a request stands here. Raises TimeoutError."""
        if not self._reached.wait(timeout):
            raise TimeoutError(f"no request of {self.path} came as far as {self.moment}")

    def open(self) -> None:
        """Let it pass."""
        self._opened.set()

    def stand(self, moment: Moment) -> None:
        """Hold whoever comes, if this is the moment."""
        if moment == self.moment:
            self._reached.set()
            self._opened.wait()


class Gates:
    """Those that are still waiting for their request, and all that there were."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Gate] = []
        self._all: list[Gate] = []

    def hold(
        self, path: str, moment: Moment, which: Callable[[Request], bool] = lambda _: True
    ) -> Gate:
        """Hold the next request of a path that `which` is true for, at this moment."""
        gate = Gate(path, moment, which)
        with self._lock:
            self._waiting.append(gate)
            self._all.append(gate)
        return gate

    def take(self, request: Request) -> Gate | None:
        """Return the gate for a request that has come; no other gets it."""
        with self._lock:
            for gate in self._waiting:
                if gate.path == request.path and gate.which(request):
                    self._waiting.remove(gate)
                    return gate
        return None

    def open_all(self) -> None:
        """Let everybody pass."""
        with self._lock:
            self._waiting.clear()
            for gate in self._all:
                gate.open()
