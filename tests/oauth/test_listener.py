"""The loopback listener on real sockets: who is answered, with what, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import time

import pytest

from profiles.errors import PortUnavailable
from profiles.oauth import pages
from profiles.oauth.listener import Listener
from profiles.oauth.redirect_port import bind_loopback, take_port
from profiles.ports import PortHolder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from profiles.oauth.pages import Page

#: The port of the redirect URI; the listener of these tests is elsewhere, so that none needs the real one.
REDIRECT = 1455
#: What Firefox and Chrome send when the issuer's page leads them to the callback.
NAVIGATION = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-User": "?1",
    "Upgrade-Insecure-Requests": "1",
}


class Scene:
    """A listener, what it passed on, and what it refused."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.refused: list[str] = []
        self.finished = False
        self.called, self.answered = asyncio.Event(), asyncio.Event()
        self.answered.set()
        self.listener = self.another(bind_loopback(0))

    def another(self, bound: socket.socket, patience: float = 10.0) -> Listener:
        """Return a listener on this socket."""
        return Listener(
            bound,
            (REDIRECT,),
            answer=self._answer,
            refused=self.refused.append,
            has_finished=lambda: self.finished,
            patience=patience,
        )

    async def _answer(self, query: str) -> Page:
        self.heard.append(query)
        self.called.set()
        await self.answered.wait()
        return pages.SIGNED_IN

    @property
    def port(self) -> int:
        """The port that it is bound to."""
        return self.listener.port

    async def send(self, data: bytes) -> bytes:
        """Send bytes, return all that comes back."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        try:
            return await asyncio.wait_for(reader.read(), 20)
        except ConnectionResetError:
            return b""
        finally:
            writer.close()

    async def ask(
        self,
        path: str = "/auth/callback?code=c",
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
    ) -> tuple[int, str, str]:
        """Send a request; its status, head and body. The Host is that of the redirect URI unless given."""
        fields = {"Host": f"127.0.0.1:{REDIRECT}", **(headers or {})}
        lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items())]
        answer = await self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        head, _, body = answer.decode().partition("\r\n\r\n")
        assert head.startswith("HTTP/1.1 "), answer
        return int(head.split()[1]), head, body


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """A listener that answers."""
    made = Scene()
    await made.listener.start()
    yield made
    made.listener.close()


async def test_a_browser_that_the_issuer_leads_here_is_answered(scene: Scene) -> None:
    """A cross-site navigation is what browsers send; the query arrives whole, the page is short and private."""
    status, head, body = await scene.ask("/auth/callback?code=a%2Bb&state=s", NAVIGATION)
    assert status == 200
    assert scene.heard == ["code=a%2Bb&state=s"]
    assert "Signed in" in body
    assert "a%2Bb" not in body
    lower = head.lower()
    for line in (
        "content-type: text/html; charset=utf-8",
        "cache-control: no-store",
        "referrer-policy: no-referrer",
        "x-content-type-options: nosniff",
        "connection: close",
        "frame-ancestors 'none'",
    ):
        assert line in lower
    assert "location:" not in lower
    assert "access-control" not in lower
    assert f"content-length: {len(body.encode())}" in lower


async def test_curl_is_answered_in_plain_text(scene: Scene) -> None:
    """The third way in: another shell of this machine carries the address."""
    status, head, body = await scene.ask(headers={"Accept": "*/*", "User-Agent": "curl/7.88.1"})
    assert status == 200
    assert "text/plain" in head
    assert "<" not in body


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost"])
async def test_both_names_and_both_ports_are_ours(scene: Scene, host: str) -> None:
    """Old clients redirect to localhost; through a tunnel the Host is the redirect's, else the bound one."""
    for port in (REDIRECT, scene.port):
        assert (await scene.ask(headers={"Host": f"{host}:{port}"}))[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:1455",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.2:1455",
        "127.0.0.1:1455.evil.example",
        "",
        "[::1]:1455",
    ],
)
async def test_a_foreign_host_is_refused(scene: Scene, host: str) -> None:
    """DNS rebinding: a page of evil.example whose name now means 127.0.0.1."""
    assert (await scene.ask(headers={"Host": host}))[0] == 403
    assert scene.heard == []
    assert "Host" in scene.refused[0]


async def test_a_request_has_one_host(scene: Scene) -> None:
    """None and two are refused, as it could not be said who was meant."""
    ours = b"Host: 127.0.0.1:1455\r\n"
    for hosts in (b"", ours + ours):
        answer = await scene.send(b"GET /auth/callback?code=c HTTP/1.1\r\n" + hosts + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 403 ")
    assert scene.heard == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:3000"}, 403),
        ({"Origin": "http://localhost"}, 403),
        ({"Origin": "https://127.0.0.1:1455"}, 403),
        ({"Origin": "null"}, 200),
        ({"Origin": "http://127.0.0.1:1455"}, 200),
        ({"Origin": "http://localhost:1455"}, 200),
        ({"Origin": "https://evil.example", **NAVIGATION}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200),
        ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
    ],
)
async def test_a_foreign_page_is_refused(
    scene: Scene, headers: dict[str, str], status: int
) -> None:
    """Images, scripts and fetches of other pages, among them those of other programs on this machine."""
    assert (await scene.ask(headers=headers))[0] == status
    assert len(scene.heard) == (status == 200)
    assert len(scene.refused) == (status == 403)


@pytest.mark.parametrize(
    "path", ["/", "/favicon.ico", "/auth/callback/", "/auth/Callback", "/x?code=c", "/success"]
)
async def test_nothing_else_is_served(scene: Scene, path: str) -> None:
    """Everything else is not there, and is no callback."""
    assert (await scene.ask(path))[0] == 404
    assert scene.heard == []
    assert scene.refused == []


async def test_success_is_said_when_it_is_true(scene: Scene) -> None:
    """`/success` is Codex's last page; here it tells nothing before the login is done."""
    assert (await scene.ask("/success"))[0] == 404
    scene.finished = True
    assert (await scene.ask("/success"))[0] == 200


async def test_another_codex_that_asks_for_the_port_does_not_get_it(scene: Scene) -> None:
    """`GET /cancel`, as 0.169 sends it: refused and told, and the login goes on."""
    request = f"GET /cancel HTTP/1.1\r\nHost: 127.0.0.1:{REDIRECT}\r\nConnection: close\r\n\r\n"
    assert (await scene.send(request.encode())).startswith(b"HTTP/1.1 404 ")
    assert len(scene.refused) == 1
    assert "asked for the port" in scene.refused[0]
    assert (await scene.ask())[0] == 200


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "PUT", "get"])
async def test_only_get_is_answered(scene: Scene, method: str) -> None:
    """A preview's HEAD must not use the code up."""
    status, head, _ = await scene.ask(method=method)
    assert status == 405
    assert "Allow: GET" in head
    assert scene.heard == []


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /auth/callback\r\n\r\n",
        b"GET http://127.0.0.1:1455/auth/callback HTTP/1.1\r\nHost: 127.0.0.1:1455\r\n\r\n",
        b"GET /auth/callback HTTP/2\r\nHost: 127.0.0.1:1455\r\n\r\n",
        b"GET /auth/callback HTTP/1.1\r\nHost : 127.0.0.1:1455\r\n\r\n",
        b"GET /auth/callback HTTP/1.1\r\n folded\r\nHost: 127.0.0.1:1455\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
async def test_what_is_no_request_gets_400(scene: Scene, data: bytes) -> None:
    """TLS, other protocols, headers that two programs would read differently."""
    assert (await scene.send(data)).startswith(b"HTTP/1.1 400 ")
    assert scene.heard == []


async def test_a_request_without_end_is_cut_off(scene: Scene) -> None:
    """Cookies of every program on 127.0.0.1 come along, but not for ever."""
    big = {"Cookie": "a" * 40_000}
    assert (await scene.ask(headers=big))[0] == 200
    endless = b"GET /auth/callback HTTP/1.1\r\nCookie: " + b"a" * 200_000
    answer = await scene.send(endless)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")
    assert len(scene.heard) == 1


async def test_those_who_say_nothing_do_not_block_the_browser(scene: Scene) -> None:
    """Browsers open connections in advance; a hundred silent ones hold nobody up, and the oldest go."""
    silent = [await asyncio.open_connection("127.0.0.1", scene.port) for _ in range(100)]
    try:
        silent[-1][1].write(b"GET /auth/call")
        assert (await asyncio.wait_for(scene.ask(), 5))[0] == 200
        assert await asyncio.wait_for(silent[0][0].read(), 5) == b""
    finally:
        for _, writer in silent:
            writer.close()


async def test_a_slow_request_is_given_up(scene: Scene) -> None:
    """After the patience for its head it is closed, and whatever it said is no callback."""
    bound = bind_loopback(0)
    scene.listener.close()
    scene.listener = scene.another(bound, patience=0.05)
    await scene.listener.start()
    assert await scene.send(b"GET /auth/callback?code=c HTTP/1.1\r\n") == b""
    assert scene.heard == []


async def test_closing_gives_the_port_back_and_cuts_everybody_at_once(scene: Scene) -> None:
    """The silent, and those that wait for their page; the port is free in the same moment, for anybody."""
    scene.answered.clear()
    silent, _writer = await asyncio.open_connection("127.0.0.1", scene.port)
    waiting = asyncio.ensure_future(scene.ask())
    await scene.called.wait()
    scene.listener.close()
    bind_loopback(scene.port).close()
    with contextlib.suppress(ConnectionError):
        assert await asyncio.wait_for(silent.read(), 5) == b""
    with pytest.raises(AssertionError):
        await asyncio.wait_for(waiting, 5)
    _writer.close()
    with pytest.raises(ConnectionRefusedError):
        await scene.send(b"")


async def test_finishing_lets_an_answer_arrive_first(scene: Scene) -> None:
    """Whoever waits for a page gets it whole, although the listener closes right after."""
    scene.answered.clear()
    waiting = asyncio.ensure_future(scene.ask())
    await scene.called.wait()
    scene.answered.set()
    await scene.listener.finish()
    scene.listener.close()
    status, _, body = await waiting
    assert status == 200
    assert "Signed in" in body


async def test_nobody_is_reached_but_by_loopback(scene: Scene) -> None:
    """Another address of this machine, even of loopback, finds nothing."""
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.2", scene.port)


def test_the_words_of_the_issuer_are_escaped() -> None:
    """A page is text, whatever it is told."""
    shown = pages.render(pages.failed("<script>alert('x')</script> & co"), plain=False).decode()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


# -- the port --


def test_a_port_that_is_listened_on_is_never_taken() -> None:
    """By whatever address: not that of somebody who listens on all of them, however willing they are to share."""
    for address in ("127.0.0.1", ""):
        for sharing in (socket.SO_KEEPALIVE, socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            with socket.socket() as other:
                other.setsockopt(socket.SOL_SOCKET, sharing, 1)
                other.bind((address, 0))
                other.listen()
                with pytest.raises(OSError) as caught:  # noqa: PT011 - the number is looked at
                    bind_loopback(other.getsockname()[1])
                assert caught.value.errno == errno.EADDRINUSE


def test_a_port_can_be_taken_again_right_after() -> None:
    """A connection that we closed first stays in TIME_WAIT for a minute; a second login must not wait for it."""
    with bind_loopback(0) as bound:
        port = bound.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            bound.setblocking(True)
            bound.accept()[0].close()
            assert client.recv(1) == b""
    with open("/proc/net/tcp", encoding="ascii") as file:
        lines = [line.split() for line in file]
    assert any(f[1].endswith(f":{port:04X}") and f[3] in {"05", "06"} for f in lines)
    bind_loopback(port).close()


class Ports:
    """A machine on which some ports cannot be had."""

    def __init__(
        self, taken: Mapping[int, int], holders: Mapping[int, Sequence[PortHolder]]
    ) -> None:
        self.taken = taken
        self.held = holders
        self.tried: list[int] = []

    def bind(self, port: int) -> socket.socket:
        """Stand for the system's bind: a taken port fails with its error number."""
        self.tried.append(port)
        if port in self.taken:
            raise OSError(self.taken[port], os.strerror(self.taken[port]))
        return bind_loopback(0)

    def refusal(self, named: int | None = None, *, wsl: bool = False) -> PortUnavailable:
        """Return how taking a port fails here."""
        with pytest.raises(PortUnavailable) as caught:
            take_port(
                named,
                {},
                bind=self.bind,
                find_holders=lambda port: self.held.get(port, []),
                in_wsl=lambda _: wsl,
            )
        return caught.value


BUSY = errno.EADDRINUSE
CODEX = PortHolder(4242, "codex", "127.0.0.1", os.getuid())
DOCKER = PortHolder(None, None, "0.0.0.0", os.getuid() + 1)  # noqa: S104 - as the kernel writes it
SIX = PortHolder(99, "node", "::1", os.getuid())


def test_the_second_port_is_taken_at_once() -> None:
    """1455 is held: 1457, without waiting and without a word to the holder."""
    ports = Ports({1455: BUSY}, {1455: [CODEX]})
    begin = time.monotonic()
    take_port(None, {}, bind=ports.bind, find_holders=ports.held.__getitem__).close()
    assert ports.tried == [1455, 1457]
    assert time.monotonic() - begin < 1


def test_both_held_names_who_has_them_and_what_to_do() -> None:
    """Pid and program of ours, the uid of others; a free port by number, and the device code."""
    ports = Ports({1455: BUSY, 1457: BUSY, 1459: BUSY}, {1455: [SIX, CODEX], 1457: [DOCKER, SIX]})
    error = ports.refusal()
    assert error.message == (
        "both redirect ports are taken: 1455 is held by codex (pid 4242), "
        f"1457 is held by another user's process (uid {os.getuid() + 1})"
    )
    assert error.hint is not None
    assert "--port 1460" in error.hint
    assert "--device-code" in error.hint
    assert "Windows" not in error.hint


@pytest.mark.parametrize("wsl", [False, True])
def test_a_port_that_nobody_here_has_is_windows_in_wsl(*, wsl: bool) -> None:
    """In mirrored mode Windows's ports are ours; elsewhere it is just not seen who."""
    error = Ports({1455: BUSY, 1457: BUSY}, {1455: [SIX]}).refusal(wsl=wsl)
    assert "1455 is held by nobody who can be seen from here" in error.message
    assert error.hint is not None
    assert ("Get-NetTCPConnection -State Listen -LocalPort 1455,1457" in error.hint) is wsl
    assert "--port 1459" in error.hint


def test_a_named_port_is_the_only_one_that_is_tried() -> None:
    """The person named it, for the tunnel leads there; in use or forbidden, it is said."""
    ports = Ports({8455: BUSY, 80: errno.EACCES}, {8455: [CODEX]})
    error = ports.refusal(8455)
    assert error.message == "the port that was named is not free: 8455 is held by codex (pid 4242)"
    assert ports.tried == [8455, 1459]
    assert "80 cannot be used (Permission denied)" in ports.refusal(80).message
