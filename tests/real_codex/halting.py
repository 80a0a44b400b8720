"""The steps of a refresh, and file calls that wait at one of them."""

from __future__ import annotations

import os
import threading
from typing import Final

from profiles.files import Files
from tui.simulator.gates import ARRIVED, HALF, HANDLED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context

#: Our steps, in their order: we stand just before the next one.
LOGIN_LOCK = "before the login's lock"
LOGIN_LOCKED = "login's lock held"
HOMES_LOCKED = "homes' locks held"
RESERVED = "space reserved"
WRITTEN_AHEAD = "written ahead"
SENT = "request sent"
ROTATED = "issuer rotated"
HALF_READ = "half the answer read"
READ = "answer read"
ON_DISK = "answer on the disk"
SPENT = "marked spent"
OWN = "profile written"
LAB = "other home written"
LIVE = "live file written"
STEPS: Final = (
    *(LOGIN_LOCK, LOGIN_LOCKED, HOMES_LOCKED, RESERVED, WRITTEN_AHEAD, SENT, ROTATED),
    *(HALF_READ, READ, ON_DISK, SPENT, OWN, LAB, LIVE),
)
#: Those at which the issuer holds our request.
BY_ISSUER: Final = {SENT: ARRIVED, ROTATED: HANDLED, HALF_READ: HALF}


class Stop:
    """A place where one thread waits until another says go; each that comes later passes."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._going = threading.Event()

    def stand(self) -> None:
        """Wait here."""
        if not self._reached.is_set():
            self._reached.set()
            assert self._going.wait(60), "nobody said go"

    @property
    def is_reached(self) -> bool:
        """Whether somebody came."""
        return self._reached.is_set()

    def go(self) -> None:
        """Say go."""
        self._reached.set()
        self._going.set()


class Halting(Files):
    """File calls that wait at one step."""

    def __init__(self, step: str, stop: Stop, context: Context, paths: dict[str, str]) -> None:
        self.step = step
        self.stop = stop
        self._locks = context.roots.locks
        self._spent = f"{context.roots.state}/spent"
        self._paths = paths
        self._lines = 0
        self._replaced = ""

    def open(self, path: str, flags: int, mode: int = 0o600) -> int:
        """Stand before a lock, or before a line about the token."""
        if path.startswith(f"{self._locks}/login-"):
            self._at(LOGIN_LOCK)
        elif path.startswith(f"{self._locks}/home-"):
            self._at(LOGIN_LOCKED)
        elif path == self._spent:
            self._lines += 1
            self._at({1: RESERVED, 2: ON_DISK}.get(self._lines, ""))
        return super().open(path, flags, mode)

    def close(self, descriptor: int) -> None:
        """Stand behind the line that calls it spent."""
        line = os.readlink(f"/proc/self/fd/{descriptor}") == self._spent and self._lines == 2
        super().close(descriptor)
        if line:
            self._at(SPENT)

    def write(self, descriptor: int, data: bytes) -> None:
        """Stand before the first byte of an answer."""
        if "/.auth.json.switchyard-" in os.readlink(f"/proc/self/fd/{descriptor}"):
            self._at(READ)
        super().write(descriptor, data)

    def rename(self, source: str, target: str) -> None:
        """Note what is replaced."""
        super().rename(source, target)
        self._replaced = target

    def exchange(self, one: str, two: str) -> bool:
        """Note what is replaced."""
        self._replaced = two
        return super().exchange(one, two)

    def sync_folder(self, folder: str) -> None:
        """Stand behind the exchange of a holder, when Codex's lock of the file is given up again."""
        for step, path in self._paths.items():
            if self._replaced == path and folder == os.path.dirname(path):
                self._at(step)
        super().sync_folder(folder)

    def _at(self, step: str) -> None:
        if step == self.step:
            self.stop.stand()
