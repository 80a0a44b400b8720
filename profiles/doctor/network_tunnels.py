"""Through a proxy, as Codex goes (C145): CONNECT or SOCKS 5, and why a proxy did not let us through."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from profiles.doctor.network_streams import Fallen, Tls, connect, resolve, words_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from profiles.doctor.network_streams import Deadline, Stream
    from profiles.oauth.proxies import Proxy

#: The most that is read of a proxy's answer, in bytes.
_MOST = 1 << 14
_SOCKS_WORDS = {
    1: "general failure",
    2: "not allowed",
    3: "network is unreachable",
    4: "host is unreachable",
    5: "connection refused",
    6: "time to live expired",
}


def through(
    proxy: Proxy,
    host: str,
    port: int,
    *,
    deadline: Deadline,
    trust: Callable[[], ssl.SSLContext],
    tunnel: bool = True,
) -> Stream:
    """Return a way to `host` through the proxy; without a `tunnel`, a way to the proxy itself.

    Raises Fallen: `proxy.dead`, `proxy.auth`, `proxy.refused`; `net.dns` where the proxy wants a number for the name.
    """
    stream = _reach(proxy, deadline, trust)
    try:
        if proxy.url.startswith("socks"):
            _socks(stream, proxy, host, port, deadline)
        elif tunnel:
            _connect(stream, proxy, host, port)
    except Fallen:
        stream.close()
        raise
    except OSError as error:
        stream.close()
        raise Fallen("proxy.dead", f"it takes connections, but {_silence(error)}") from None
    return stream


def authorization(proxy: Proxy) -> str | None:
    """Return what a request shows to the proxy; None without a user."""
    if proxy.user is None or proxy.password is None:
        return None
    from base64 import b64encode

    pair = f"{proxy.user.reveal()}:{proxy.password.reveal()}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def _reach(proxy: Proxy, deadline: Deadline, trust: Callable[[], ssl.SSLContext]) -> Stream:
    parts = urlsplit(proxy.url)
    host = parts.hostname or ""
    context = trust() if parts.scheme == "https" else None
    try:
        stream: Stream = connect(resolve(host, parts.port or 0, deadline), deadline)
    except Fallen as fallen:
        raise Fallen("proxy.dead", f"its name is not known: {fallen.why}") from None
    except OSError as error:
        raise Fallen("proxy.dead", words_of(error)) from None
    if context is None:
        return stream
    try:
        return Tls(stream, context, host)
    except OSError as error:
        why = getattr(error, "verify_message", "") or words_of(error)
        raise Fallen("proxy.dead", f"no TLS with it: {why}") from None


def _connect(stream: Stream, proxy: Proxy, host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    lines = [f"CONNECT {shown}:{port} HTTP/1.1", f"Host: {shown}:{port}"]
    credentials = authorization(proxy)
    if credentials is not None:
        lines.append(f"Proxy-Authorization: {credentials}")
    stream.send("\r\n".join([*lines, "", ""]).encode())
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _MOST:
        piece = stream.receive(4096)
        if not piece:
            break
        head += piece
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdecimal():
        what = "it answers with something that is not HTTP" if head else "it hangs up at once"
        raise Fallen("proxy.dead", f"{what}: no proxy")
    status = int(words[1])
    if status == 407:
        raise Fallen("proxy.auth", f"407, it wants {', '.join(_schemes(head)) or 'Basic'}")
    if not 200 <= status < 300:
        raise Fallen("proxy.refused", f"CONNECT {shown}:{port}: {status}")


def _schemes(head: bytes) -> list[str]:
    """Return in which ways a proxy lets people prove who they are."""
    found = []
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        scheme = value.split()[0] if value.split() else ""
        if name.strip().lower() == "proxy-authenticate" and scheme.isalpha():
            found.append(scheme[:20])
    return found


def _socks(stream: Stream, proxy: Proxy, host: str, port: int, deadline: Deadline) -> None:
    credentials = proxy.user is not None and proxy.password is not None
    stream.send(b"\x05\x02\x00\x02" if credentials else b"\x05\x01\x00")
    version, method = _exactly(stream, 2)
    if version != 5:
        raise Fallen("proxy.dead", "it does not speak SOCKS 5")
    if method == 2 and proxy.user is not None and proxy.password is not None:
        user, password = proxy.user.reveal().encode(), proxy.password.reveal().encode()
        stream.send(bytes([1, len(user) & 255]) + user + bytes([len(password) & 255]) + password)
        if _exactly(stream, 2)[1] != 0:
            raise Fallen("proxy.auth", "it wants a user and password")
    elif method != 0:
        raise Fallen("proxy.auth", "it wants a user and password")
    if proxy.url.startswith("socks5:"):
        # Unlike with socks5h, the number is looked up here.
        host = resolve(host, port, deadline)[0].text
    stream.send(b"\x05\x01\x00" + _socks_address(host) + port.to_bytes(2, "big"))
    reply = _exactly(stream, 4)
    if reply[1] != 0:
        why = _SOCKS_WORDS.get(reply[1], f"error {reply[1]}")
        raise Fallen("proxy.refused", f"CONNECT {host}:{port}: {why}")
    size = {1: 4, 4: 16}.get(reply[3])
    _exactly(stream, (_exactly(stream, 1)[0] if size is None else size) + 2)


def _socks_address(host: str) -> bytes:
    from ipaddress import ip_address

    try:
        number = ip_address(host)
    except ValueError:
        name = host.encode("idna")
        return bytes([3, len(name)]) + name
    return bytes([1 if number.version == 4 else 4]) + number.packed


def _exactly(stream: Stream, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = stream.receive(size - len(data))
        if not piece:
            raise OSError(errno.ECONNRESET, "it hangs up at once")
        data += piece
    return data


def _silence(error: OSError) -> str:
    return "it does not answer" if isinstance(error, TimeoutError) else words_of(error)
