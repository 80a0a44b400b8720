"""Speak with Codex's app-server: JSON objects, one a line on its stdio, one a frame on its socket.

Both ways end in a `Session`, which has shaken hands already:

    with stdio_session(["codex", "app-server"], environ) as session:
        session.request("getAuthStatus", {"includeToken": True, "refreshToken": False})
    with socket_session(f"{home}/app-server-control/app-server-control.sock") as session: …
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import time
from typing import Any, Final, Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: How long an answer may take, in seconds.
PATIENCE: Final = 30.0


class AppServerError(AssertionError):
    """The app-server answered with an error, or not at all; `code` is JSON-RPC's."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class _Wire(Protocol):
    """Whole messages, there and back."""

    def send(self, message: bytes) -> None: ...

    def receive(self) -> bytes: ...


class Session:
    """A conversation with one app-server: a process that keeps the login with which it began."""

    def __init__(self, wire: _Wire, pid: int | None = None) -> None:
        self._wire = wire
        self._last = 0
        #: The process that was started for this session, None for a daemon's.
        self.pid = pid
        info = {"name": "switchyard-tests", "title": "tests", "version": "1"}
        #: What `initialize` answered; from 0.169 on with `codexHome`.
        self.server: dict[str, Any] = self.request("initialize", {"clientInfo": info})
        self._wire.send(b'{"method":"initialized"}')

    def request(self, method: str, params: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Send a request and return its result; notifications on the way are dropped."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": params or {}}
        self._wire.send(json.dumps(message).encode())
        while True:
            answer = json.loads(self._wire.receive())
            if answer.get("id") != self._last or "method" in answer:
                continue
            if "error" in answer:
                error = answer["error"]
                raise AppServerError(f"{method}: {error.get('message')}", error.get("code"))
            result = answer["result"]
            assert isinstance(result, dict)
            return result

    def auth_status(self, *, include_token: bool = True) -> dict[str, Any]:
        """Return `authMethod`, `authToken` and `requiresOpenaiAuth`; nothing is refreshed."""
        params = {"includeToken": include_token, "refreshToken": False}
        return self.request("getAuthStatus", params)

    def access_token(self) -> str | None:
        """Return the bearer that this process uses: an access token, a key, or None."""
        token = self.auth_status().get("authToken")
        assert token is None or isinstance(token, str)
        return token


class _Lines:
    """Messages as lines over two pipes."""

    def __init__(self, there: int, back: int) -> None:
        self._there, self._back, self._rest = there, back, b""

    def send(self, message: bytes) -> None:
        os.write(self._there, message + b"\n")

    def receive(self) -> bytes:
        deadline = time.monotonic() + PATIENCE
        while b"\n" not in self._rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._back], [], [], left)[0]:
                raise AppServerError(f"no answer within {PATIENCE:g} s")
            data = os.read(self._back, 65536)
            if not data:
                raise AppServerError("the app-server ended")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line


class _Frames:
    """Messages as WebSocket text frames over a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._file = connection.makefile("rwb")
        key = base64.b64encode(os.urandom(16)).decode()
        self._write(
            "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        status = self._file.readline()
        if b" 101 " not in status:
            raise AppServerError(f"no WebSocket: {status!r}")
        while self._file.readline().strip():
            pass

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise AppServerError("the app-server closed its socket")
        return data

    def send(self, message: bytes) -> None:
        mask = os.urandom(4)
        size = len(message)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(message))
        self._write(b"\x81" + length + mask + masked)

    def receive(self) -> bytes:
        while True:
            first, second = self._read(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack(">H", self._read(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", self._read(8))
            data = self._read(size)
            if first == 0x81:  # a whole text; pings need no answer in the life of a test
                return data
            if first == 0x88:
                raise AppServerError("the app-server closed the conversation")


@contextlib.contextmanager
def stdio_session(command: Sequence[str], environ: Mapping[str, str]) -> Iterator[Session]:
    """Run an app-server of our own for as long as the block runs."""
    child = subprocess.Popen(
        command,
        env=dict(environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        yield Session(_Lines(child.stdin.fileno(), child.stdout.fileno()), child.pid)
    finally:
        with contextlib.suppress(OSError):
            child.stdin.close()
        end_group(child)
        child.stdout.close()


@contextlib.contextmanager
def socket_session(path: str) -> Iterator[Session]:
    """Join the app-server that listens on a socket for as long as the block runs."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(os.path.realpath(path))
        try:
            yield Session(_Frames(connection))
        finally:
            # Closing alone would wait for the file objects made of it.
            connection.shutdown(socket.SHUT_RDWR)


def end_group(child: subprocess.Popen[bytes], patience: float = 5.0) -> None:
    """Wait for a child that leads its own process group; then end what is left of the group."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(patience)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
