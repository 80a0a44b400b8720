"""The two redirect ports, 1455 and 1457, for one test at a time on this machine.

Only these are registered at the issuer, so no test can choose others. Whoever listens there, in whichever process,
takes the lock first: `with redirect_ports():`, or the fixture of the same name. The lock ends with its process.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import sys
import time
from typing import Final

from tests.support.programs import unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PORTS: Final = (1455, 1457)
LOCK: Final = "/tmp/switchyard-test-redirect-ports.lock"
#: Seconds for a program that takes no lock, such as somebody's own login, to go away.
PATIENCE: Final = 60.0
#: Seconds for other tests to be done with them.
TURN: Final = 300.0


def is_free(port: int) -> bool:
    """Say whether somebody could listen on 127.0.0.1 there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as each:
        if sys.platform.startswith("linux"):  # connections that ended a moment ago do not count
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            each.bind(("127.0.0.1", port))
            each.listen(1)
        except OSError:
            return False
    return True


@contextlib.contextmanager
def redirect_ports() -> Iterator[tuple[int, int]]:
    """Hold the lock, with both ports free at the beginning. Blocks while another test has it."""
    descriptor = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        _lock(descriptor)
        deadline = time.monotonic() + PATIENCE
        while held := [port for port in PORTS if not is_free(port)]:
            if time.monotonic() > deadline:
                unavailable(f"port {held[0]} (held by a program of somebody else)")
            time.sleep(0.1)
        yield PORTS
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Wait for our turn, not for ever: a test that hangs must not make others hang without a word."""
    deadline = time.monotonic() + TURN
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                unavailable(f"the turn at the redirect ports ({LOCK}; another test has it)")
            time.sleep(0.05)
        else:
            return
