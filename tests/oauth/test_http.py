"""The wire: each way in which an issuer cannot be asked has its own words, its next step, and no secret in it."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from typing import Final

import httpx
import pytest

from profiles.errors import (
    IssuerError,
    IssuerProtocolError,
    IssuerTimeout,
    IssuerUnreachable,
)
from profiles.model import Secret
from profiles.oauth.http import LARGEST, Answer, Timeouts, _opened, encode_form, open_wire
from profiles.oauth.issuer import Issuer
from tests.oauth.wires import SHORT, check_silence, surroundings
from tests.support.proxies import Babbler, dead_port
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Box

TOKEN: Final = "/oauth/token"
#: What is sent in these tests, and must never come back in an error.
SENT: Final = "rt_Kq8vB2-xPz7_tHs4LmW9yRd3NfGc6JbA0uEoIiYk5hTgVrQpZnXwSa1DlCfMbUeO"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """An issuer."""
    with Simulator() as running:
        yield running


async def post(box: Box, url: str, timeouts: Timeouts = SHORT, **environ: str) -> Answer:
    """Send a secret to `url`'s token endpoint."""
    async with open_wire(surroundings(box, **environ), timeouts=timeouts) as wire:
        return await wire.post_json(f"{url}{TOKEN}", {"refresh_token": Secret(SENT)})


async def failure(box: Box, url: str, timeouts: Timeouts = SHORT, **environ: str) -> IssuerError:
    """Return how sending it fails: with a next step, and without a word of what was sent."""
    with pytest.raises(IssuerError) as caught:
        await post(box, url, timeouts, **environ)
    error = caught.value
    assert error.hint
    assert error.__context__ is None, "what it came from holds the request"
    check_silence(error, [SENT])
    return error


async def test_a_dead_port(box: Box) -> None:
    """Nobody listens: unreachable, with the system's word for it, and nothing was sent."""
    origin = f"http://127.0.0.1:{dead_port()}"
    error = await failure(box, origin)
    assert type(error) is IssuerUnreachable
    assert error.message == f"{origin} cannot be reached: Connection refused"
    assert error.hint == f"see whether this machine reaches it (curl -sSI {origin})"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("SWITCHYARD_ISSUER", ""),
        ("SWITCHYARD_ISSUER", "/"),
        ("CODEX_REFRESH_TOKEN_URL_OVERRIDE", "/oauth/token"),
        ("CODEX_REVOKE_TOKEN_URL_OVERRIDE", "/oauth/token"),
        ("SWITCHYARD_CHATGPT_BASE_URL", "/oauth/"),
        ("HTTPS_PROXY", ""),
        ("SWITCHYARD_ISSUER", "0"),
        ("SWITCHYARD_ISSUER", "/other"),
    ],
)
async def test_the_variable_that_decided_the_address(box: Box, name: str, path: str) -> None:
    """It is named, and how to do without it; one that names another address is not."""
    origin = f"http://127.0.0.1:{dead_port()}"
    error = await failure(box, origin, SHORT, **{name: f"{origin}{path}"})
    decided = name != "HTTPS_PROXY" and path not in ("0", "/other")
    shown = f"{origin} ({name})" if decided else origin
    assert error.message == f"{shown} cannot be reached: Connection refused"
    assert error.hint is not None
    assert error.hint.startswith(f"unset {name}, or correct it; ") is decided
    assert error.hint.endswith(f"(curl -sSI {origin})")


async def test_an_unknown_name(box: Box) -> None:
    """A name that nobody knows is said to be that."""
    error = await failure(box, "http://nobody.invalid", Timeouts())
    assert type(error) is IssuerUnreachable
    assert "its name is not known" in error.message
    assert "nobody.invalid" in error.message


async def test_a_late_answer(box: Box, simulator: Simulator) -> None:
    """An answer that does not begin in time: it is not known whether the request arrived."""
    simulator.faults.add(TOKEN, delay=5)
    error = await failure(box, simulator.url)
    assert type(error) is IssuerTimeout
    assert error.message == f"{simulator.url} gave no whole answer within 0.3 s"


async def test_a_slow_drip(box: Box, simulator: Simulator) -> None:
    """Each byte comes in time and the whole does not: the whole has a limit, too."""
    simulator.faults.add(TOKEN, drip=0.1)
    error = await failure(box, simulator.url)
    assert type(error) is IssuerTimeout
    assert "within 1 s" in error.message


@pytest.mark.parametrize(
    ("drop", "kind", "words"),
    [
        ("before", IssuerTimeout, "closed the connection without an answer"),
        ("after-headers", IssuerProtocolError, "cut off in the middle"),
        ("half", IssuerProtocolError, "cut off in the middle"),
    ],
)
async def test_a_drop(
    box: Box, simulator: Simulator, drop: str, kind: type[IssuerError], words: str
) -> None:
    """A connection that ends early: before any answer it may be tried again, later the answer is cut."""
    simulator.faults.add(TOKEN, drop=drop)  # type: ignore[arg-type] # one of the words above
    error = await failure(box, simulator.url)
    assert type(error) is kind
    assert words in error.message


async def test_no_http(box: Box) -> None:
    """Something else than HTTP answers."""
    with Babbler(b"220 mail.example.com ESMTP\r\n\r\n") as other:
        error = await failure(box, other.url)
    assert type(error) is IssuerProtocolError
    assert "not HTTP" in error.message


@pytest.mark.parametrize("how", ["declared", "chunked", "endless"])
async def test_an_oversize_answer(box: Box, simulator: Simulator, how: str) -> None:
    """No more than 1 MB is read, whether its length is told before or not."""
    if how == "declared":
        simulator.faults.add(TOKEN, oversize=True)
        error = await failure(box, simulator.url)
    else:
        size = LARGEST + 1
        head = "Transfer-Encoding: chunked" if how == "chunked" else "Connection: close"
        body = f"{size:x}\r\n".encode() if how == "chunked" else b""
        with Babbler(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body + b" " * size) as other:
            error = await failure(box, other.url)
    assert type(error) is IssuerProtocolError
    assert "more than 1 MB" in error.message


async def test_a_length_that_is_too_large(box: Box) -> None:
    """It is not waited for: the number alone is enough."""
    with Babbler(b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n") as other:
        error = await failure(box, other.url)
    assert "more than 1 MB" in error.message


def test_a_bomb_is_not_opened() -> None:
    """No more of it is held than shows what it is."""
    bomb = gzip.compress(b" " * (64 << 20))
    tracemalloc.start()
    try:
        _opened(bomb, "gzip")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * LARGEST


async def test_the_largest_answer(box: Box, simulator: Simulator) -> None:
    """An answer of exactly the limit is read."""
    simulator.faults.add(TOKEN, body=b" " * LARGEST)
    answer = await post(box, simulator.url, Timeouts())
    assert len(answer.body) == LARGEST


@pytest.mark.parametrize(
    ("encoding", "body", "words"),
    [
        ("gzip", lambda: gzip.compress(b" " * (64 << 20)), "more than 1 MB"),
        ("deflate", lambda: zlib.compress(b" " * (64 << 20)), "more than 1 MB"),
        ("gzip", lambda: gzip.compress(b"{}")[:-9], "compression that cannot be read"),
        ("gzip", lambda: b"{}", "compression that cannot be read"),
        ("br", lambda: b"{}", "compression that cannot be read"),
        (
            "gzip, gzip",
            lambda: gzip.compress(gzip.compress(b"{}")),
            "compression that cannot be read",
        ),
    ],
    ids=["large", "large-deflate", "cut", "none", "unknown", "twice"],
)
async def test_a_bomb(
    box: Box, simulator: Simulator, encoding: str, body: Callable[[], bytes], words: str
) -> None:
    """A compressed answer cannot get around the limit, and one that does not open is no answer."""
    simulator.faults.add(TOKEN, body=body(), headers={"Content-Encoding": encoding})
    error = await failure(box, simulator.url)
    assert type(error) is IssuerProtocolError
    assert words in error.message


@pytest.mark.parametrize("encoding", ["gzip", "identity", ""])
async def test_a_compression_nobody_asked_for(
    box: Box, simulator: Simulator, encoding: str
) -> None:
    """A gateway that compresses unasked is understood."""
    body = b'{"error":"invalid_grant"}'
    sent = gzip.compress(body) if encoding == "gzip" else body
    simulator.faults.add(TOKEN, status=400, body=sent, headers={"Content-Encoding": encoding})
    answer = await post(box, simulator.url)
    assert (answer.status, answer.body) == (400, body)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect(box: Box, simulator: Simulator, status: int) -> None:
    """Nothing is sent on, be it to another host or to the same: the other host hears nothing at all."""
    with Babbler() as other:
        simulator.faults.add(
            TOKEN,
            status=status,
            headers={"Location": f"http://localhost:{other.url[17:]}/?x={SENT}"},
        )
        error = await failure(box, simulator.url)
        assert other.heard == []
    assert type(error) is IssuerProtocolError
    assert "sends requests on to localhost, which is not followed" in error.message
    assert len(simulator.log) == 1


@pytest.mark.parametrize("location", ["/elsewhere", "http://[", "http://\x1b[2J/", ""])
async def test_an_odd_redirect(box: Box, simulator: Simulator, location: str) -> None:
    """A redirect to nowhere sensible is one all the same, and no control sign of it is repeated."""
    with Babbler(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n".encode("latin-1")) as other:
        error = await failure(box, other.url)
    assert type(error) is IssuerProtocolError
    assert error.message.isprintable()


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"<html>", "text/html", "a web page where JSON belongs"),
        (b"", "application/json", "something where JSON belongs"),
        (b'{"a":', "application/json", "something where JSON belongs"),
        (b'{"a": NaN}', "application/json", "something where JSON belongs"),
        (b"\xff\xfe{}", "application/json", "something where JSON belongs"),
        (b"[" * 900_000, "application/json", "something where JSON belongs"),
    ],
)
async def test_malformed_json(
    box: Box, simulator: Simulator, body: bytes, kind: str, words: str
) -> None:
    """What is no JSON is said to be none, however deep, and nothing of it is repeated."""
    simulator.faults.add(TOKEN, body=body, headers={"Content-Type": kind})
    answer = await post(box, simulator.url)
    with pytest.raises(IssuerProtocolError) as caught:
        answer.json()
    assert words in caught.value.message
    assert caught.value.__context__ is None


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_cancelling_closes_the_connection_at_once(box: Box, scheme: str) -> None:
    """A task that is cancelled in the middle of a request, or of a handshake, leaves no connection behind."""
    heard, ended = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(100)
        heard.set()
        await reader.read()
        ended.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        task = asyncio.create_task(post(box, f"{scheme}://127.0.0.1:{port}", Timeouts()))
        await asyncio.wait_for(heard.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(ended.wait(), 10)


async def test_no_connection_is_kept(box: Box, simulator: Simulator) -> None:
    """Each request has its own connection: one kept open may die just as a code, good once, is sent."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        assert await reader.read() == b""
        ended.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, open_wire(surroundings(box)) as wire:
        port = server.sockets[0].getsockname()[1]
        answer = await wire.post_json(f"http://127.0.0.1:{port}", {})
        await asyncio.wait_for(ended.wait(), 10)
    assert answer.json() == {}


async def test_the_environment_of_the_process_is_not_asked(
    box: Box, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proxies and certificates come from the context, never from behind its back."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{dead_port()}")
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy")
    answer = await post(box, simulator.url, Timeouts())
    assert answer.status == 400


async def test_headers_are_what_codex_sends(box: Box, simulator: Simulator) -> None:
    """No User-Agent, no Accept-Encoding, no Connection: only what 0.169 sends too."""
    async with open_wire(surroundings(box)) as wire:
        await wire.post_json(Issuer(simulator.url).usercode_url, {"client_id": "ä"})
    [request] = simulator.log
    assert {name.lower(): value for name, value in request.headers} == {
        "host": simulator.url.removeprefix("http://"),
        "content-type": "application/json",
        "accept": "*/*",
        "content-length": "18",
    }
    assert request.body == '{"client_id":"ä"}'.encode()


def test_a_form_is_encoded_as_codex_does() -> None:
    """Byte for byte what 0.169 sent for these values (profiles/CODEX.md, C112)."""
    pairs: list[tuple[str, str | Secret]] = [
        ("code", Secret("a b*c~d+é/=&-_.!'()")),
        ("code_verifier", "ver~*+ 1"),
    ]
    assert encode_form(pairs) == (
        b"code=a+b*c%7Ed%2B%C3%A9%2F%3D%26-_.%21%27%28%29&code_verifier=ver%7E*%2B+1"
    )


def test_an_answer_hides_its_body() -> None:
    """The `repr` of an answer, which a debugger or a traceback may show, holds no token."""
    assert SENT not in repr(Answer(200, {}, SENT.encode(), "host"))


async def test_whatever_else_httpx_raises(box: Box) -> None:
    """No error of httpx gets through, whichever it is; only a made-up transport can raise them all."""
    kinds = [
        *(httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.WriteTimeout),
        *(httpx.PoolTimeout, httpx.LocalProtocolError, httpx.UnsupportedProtocol),
    ]
    for kind in kinds:

        def fail(request: httpx.Request, kind: type[httpx.TransportError] = kind) -> httpx.Response:
            raise kind(f"about {SENT}", request=request)

        async with open_wire(surroundings(box), transport=httpx.MockTransport(fail)) as wire:
            with pytest.raises(IssuerError) as caught:
                await wire.post_json("http://127.0.0.1/", {"refresh_token": Secret(SENT)})
        assert caught.value.hint
        check_silence(caught.value, [SENT])
