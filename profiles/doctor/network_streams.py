"""Connections, rung by rung: names, TCP, TLS, each within a time that is set, and each failure kept apart.

httpx says that "a connection failed"; who mends one must know whether the name, the address, the certificate or the
answer was missing, and whose certificate it was. Import this only where something is about to be asked.
"""

from __future__ import annotations

import errno
import os
import queue
import selectors
import socket
import ssl
import threading
from typing import Any, NamedTuple, Protocol, TypeVar

from profiles.oauth.issuer import is_loopback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_T = TypeVar("_T")
#: Seconds that one rung may take.
RUNG = 2.5
#: Seconds after which the next address of a name is tried beside the first.
_NEXT = 0.3
_MOST_ADDRESSES = 6
#: What Codex listens at while somebody logs in: it takes one connection as the end of the login (C116).
_CALLBACKS = (1455, 1457)
_WAITING = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN)


class Fallen(Exception):
    """A rung that does not hold: `id` is what the doctor calls it, `why` says it in words."""

    def __init__(self, id_: str, why: str) -> None:
        super().__init__(why)
        self.id = id_
        self.why = why


class Deadline:
    """The end of the time that all rungs have together."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def left(self, most: float = RUNG) -> float:
        """Return how many seconds may still be waited, `most` at most. Raises TimeoutError when none are left."""
        left = min(most, self._end - self._monotonic())
        if left <= 0:
            raise TimeoutError("the time is over")
        return left


class Stream(Protocol):
    """Bytes to and from somebody. Both methods raise OSError, TimeoutError among them."""

    def send(self, data: bytes) -> None:
        """Send all of it."""

    def receive(self, most: int) -> bytes:
        """Return what comes next; nothing at the end."""

    def close(self) -> None:
        """Close the connection."""


class Address(NamedTuple):
    """Where a name leads: an address with its port, as `connect` takes it."""

    family: int
    sockaddr: tuple[Any, ...]

    @property
    def text(self) -> str:
        """The number, for people."""
        return str(self.sockaddr[0])


def resolve(
    host: str,
    port: int,
    deadline: Deadline,
    look_up: Callable[..., Sequence[tuple[Any, ...]]] | None = None,
) -> list[Address]:
    """Return where a name leads. Raises Fallen (`net.dns`)."""
    answers: queue.SimpleQueue[list[Address] | OSError] = queue.SimpleQueue()

    def find() -> None:
        try:
            found = (look_up or socket.getaddrinfo)(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))
        else:
            answers.put([Address(each[0], each[4]) for each in found])

    # Nothing can end a look-up; a thread that is still at it does not keep the program from ending.
    threading.Thread(target=find, daemon=True).start()
    seconds = deadline.left()
    try:
        found = answers.get(timeout=seconds)
    except queue.Empty:
        raise Fallen("net.dns", f"no name server answered within {seconds:.1f} s") from None
    if isinstance(found, OSError):
        words = found.strerror or str(found)
        raise Fallen("net.dns", words) from None
    return found


class Tcp:
    """A TCP connection."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket = connection
        self._deadline = deadline

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self._socket.settimeout(self._deadline.left())
        self._socket.sendall(data)

    def receive(self, most: int) -> bytes:
        """Return what comes next; nothing at the end."""
        self._socket.settimeout(self._deadline.left())
        return self._socket.recv(most)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


def connect(addresses: Sequence[Address], deadline: Deadline) -> Tcp:
    """Connect with the first address that takes us, the later ones a moment later. Raises OSError."""
    if any(is_loopback(each.text) and each.sockaddr[1] in _CALLBACKS for each in addresses):
        raise OSError(errno.EPERM, "this is where a waiting login listens: it is left alone")
    waiting = list(addresses[:_MOST_ADDRESSES])
    open_: list[socket.socket] = []
    failure: OSError = OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))
    last = deadline.left()
    budget = Deadline(last, deadline._monotonic)  # noqa: SLF001 - the same clock
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or open_:
                if waiting:
                    begun = _begin(waiting.pop(0))
                    if isinstance(begun, OSError):
                        failure = begun
                        continue
                    open_.append(begun)
                    selector.register(begun, selectors.EVENT_WRITE)
                for key, _ in selector.select(budget.left(_NEXT if waiting else RUNG)):
                    ready = key.fileobj
                    assert isinstance(ready, socket.socket)  # noqa: S101 - only these are registered
                    selector.unregister(ready)
                    open_.remove(ready)
                    number = ready.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if number == 0:
                        ready.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        return Tcp(ready, deadline)
                    ready.close()
                    failure = OSError(number, os.strerror(number))
        except TimeoutError:
            raise TimeoutError(f"no connection within {last:.1f} s") from None
        finally:
            for each in open_:
                each.close()
    raise failure


def _begin(address: Address) -> socket.socket | OSError:
    try:
        connection = socket.socket(address.family, socket.SOCK_STREAM)
    except OSError as error:
        return error
    connection.setblocking(False)
    try:
        number = connection.connect_ex(address.sockaddr)
    except OSError as error:
        connection.close()
        return error
    if number in (0, *_WAITING):
        return connection
    connection.close()
    return OSError(number, os.strerror(number))


class Tls:
    """TLS over any connection, also over TLS."""

    def __init__(self, under: Stream, context: ssl.SSLContext, host: str) -> None:
        """Shake hands; whatever goes wrong, the connection is closed.

        Raises ssl.SSLError, ConnectionError when the other side hangs up, TimeoutError.
        """
        self._under = under
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            self._object = context.wrap_bio(self._in, self._out, server_hostname=host)
            self._do(self._object.do_handshake)
        except BaseException:
            under.close()
            raise

    @property
    def certificate(self) -> bytes:
        """The other side's certificate, as DER."""
        return self._object.getpeercert(binary_form=True) or b""

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self._do(lambda: self._object.write(data))

    def receive(self, most: int) -> bytes:
        """Return what comes next; nothing at the end."""
        try:
            return self._do(lambda: self._object.read(most))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError, _HungUp):
            return b""

    def close(self) -> None:
        """Close the connection."""
        self._under.close()

    def _do(self, step: Callable[[], _T]) -> _T:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()
                data = self._under.receive(1 << 16)
                if not data:
                    raise _HungUp(errno.ECONNRESET, "the connection was closed") from None
                self._in.write(data)
            except ssl.SSLError:
                # The alert tells the other side why.
                try:
                    self._flush()
                except OSError:
                    pass
                raise
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        if data := self._out.read():
            self._under.send(data)


class _HungUp(ConnectionResetError):
    """The other side closed the connection in the middle of TLS."""


def words_of(error: BaseException) -> str:
    """Return what the system calls this error, in words."""
    if isinstance(error, TimeoutError):
        text = str(error)
        return text if text.startswith("no ") else "no answer in time"
    if isinstance(error, ssl.SSLError):
        return (error.reason or "unknown").replace("_", " ").lower()
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return type(error).__name__
