"""Real servers that stand in the way: a proxy that lets through or refuses, one that babbles, a port without any."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from typing import Final

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_PATIENCE: Final = 10.0


class Babbler:
    """Listens on a free port of 127.0.0.1 and answers each connection with the same bytes, whatever is asked."""

    def __init__(self, says: bytes = b"") -> None:
        self.says = says
        #: What came first on each connection.
        self.heard: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_PATIENCE)

    def _start(self, work: object, *arguments: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(_PATIENCE)
            self.heard.append(connection.recv(65_536))
            self.answer(connection, self.heard[-1])
            # Closing with something unread would cut off what was said.
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass
        self._open.discard(connection)

    def answer(self, connection: socket.socket, heard: bytes) -> None:
        """Say it."""
        connection.sendall(self.says)


class Proxy(Babbler):
    """A proxy for CONNECT alone. `status` other than 200 is its refusal; what it was asked for stands in `asked`."""

    def __init__(self, status: int = 200) -> None:
        super().__init__()
        self.status = status

    @property
    def asked(self) -> list[str]:
        """The places that somebody wanted to be connected with."""
        return [heard.split()[1].decode() for heard in self.heard if heard.startswith(b"CONNECT")]

    def answer(self, connection: socket.socket, heard: bytes) -> None:
        """Connect, and carry what comes from either side; or refuse."""
        connection.sendall(f"HTTP/1.1 {self.status} Said\r\nContent-Length: 0\r\n\r\n".encode())
        if self.status != 200:
            return
        host, _, port = heard.split()[1].decode().rpartition(":")
        with socket.create_connection((host, int(port)), _PATIENCE) as other:
            while True:
                ready, _, _ = select.select([connection, other], [], [], _PATIENCE)
                for side in ready:
                    data = side.recv(65_536)
                    if not data:
                        return
                    (other if side is connection else connection).sendall(data)
                if not ready:
                    return


def dead_port() -> int:
    """Return a port of 127.0.0.1 at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
