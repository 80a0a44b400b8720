"""What a running app-server says of its own login, asked over its socket as a screen of Codex does.

WebSocket, `initialize`, then `getAuthStatus` without a refresh (C92, C130 in profiles/CODEX.md). It answers from
memory, unless its token is due: whoever asks makes sure of that before.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from typing import NamedTuple

from profiles.model import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

#: The most that one message may be.
_MOST = 1 << 22
_TEXT, _CLOSE = 0x81, 0x88


class Told(NamedTuple):
    """The login of an app-server: how it logs in (`chatgpt`, `apikey`, …; None: not at all), and its bearer."""

    method: str | None
    token: Secret | None


class Silent(Exception):
    """It did not answer; why, for people."""


def ask(path: str, patience: float) -> Told:
    """Ask the app-server that listens on a socket, for `patience` seconds at most. Raises Silent."""
    deadline = time.monotonic() + patience
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            wire = _Wire(connection, deadline)
            connection.settimeout(wire.left)
            # The short path: that of the link may be longer than a socket's address can be.
            connection.connect(os.path.realpath(path))
            return _converse(wire)
    except TimeoutError:
        raise Silent("no answer in time") from None
    except OSError as error:
        raise Silent(error.strerror or "no connection") from None
    except ValueError:
        raise Silent("an answer that makes no sense") from None


def _converse(wire: _Wire) -> Told:
    wire.shake_hands()
    about_us = {"name": "switchyard", "title": "Switchyard", "version": "0"}
    wire.request(1, "initialize", {"clientInfo": about_us})
    wire.send({"method": "initialized"})
    answer = wire.request(2, "getAuthStatus", {"includeToken": True, "refreshToken": False})
    method, token = answer.get("authMethod"), answer.get("authToken")
    return Told(
        method if isinstance(method, str) else None,
        Secret(token) if isinstance(token, str) and token else None,
    )


class _Wire:
    """Messages as WebSocket text frames, until a deadline."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._rest = b""

    @property
    def left(self) -> float:
        """Seconds until the deadline. Raises TimeoutError when it is over."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _more(self) -> None:
        self._connection.settimeout(self.left)
        data = self._connection.recv(65536)
        if not data:
            raise Silent("it closed its socket")
        self._rest += data

    def _read(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._more()
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def shake_hands(self) -> None:
        """Make a WebSocket of the connection."""
        from base64 import b64encode

        key = b64encode(os.urandom(16)).decode()
        self._connection.sendall(
            "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._rest:
            if len(self._rest) > 65536:
                raise ValueError
            self._more()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise ValueError

    def send(self, message: Mapping[str, object]) -> None:
        """Send one message, masked as a client's must be."""
        data = json.dumps(message).encode()
        mask = os.urandom(4)
        size = len(data)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))
        self._connection.settimeout(self.left)
        self._connection.sendall(bytes([_TEXT]) + length + mask + masked)

    def request(self, number: int, method: str, params: Mapping[str, object]) -> dict[str, object]:
        """Send a request and return its result; what comes in between is dropped."""
        self.send({"id": number, "method": method, "params": params})
        while True:
            answer = json.loads(self._receive())
            if not isinstance(answer, dict) or answer.get("id") != number or "method" in answer:
                continue
            result = answer.get("result")
            if not isinstance(result, dict):
                raise Silent(f"it refuses {method}")
            return result

    def _receive(self) -> bytes:
        while True:
            first, second = self._read(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack(">H", self._read(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", self._read(8))
            if size > _MOST or second & 0x80:
                raise ValueError
            data = self._read(size)
            if first == _TEXT:  # a whole text; a ping needs no answer in so short a life
                return data
            if first == _CLOSE:
                raise Silent("it closed the conversation")
