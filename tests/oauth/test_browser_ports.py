"""The redirect ports themselves: free, held by others, asked for by a real Codex."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

import pytest

from profiles.errors import PortUnavailable
from profiles.oauth.events import CallbackRefused, UrlIssued
from tests.support.browser_login import running, settings_for, visit
from tests.support.redirect_ports import is_free
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.conftest import Box

ADA = "ada@example.com"
HOLD = (
    "import socket,sys; s=socket.create_server(('127.0.0.1',int(sys.argv[1])), reuse_port=False); "
    "print('here',flush=True); sys.stdin.read()"
)

#: The name that the system keeps of the program that runs it.
PROGRAM = os.path.basename(sys.executable)[:15]

pytestmark = pytest.mark.usefixtures("redirect_ports")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """The issuer, with ada in it."""
    with Simulator(algorithm="HS256") as made:
        made.people.add(ADA)
        yield made


@contextlib.asynccontextmanager
async def held(port: int) -> AsyncIterator[int]:
    """Let a small program of somebody else's listen there; its pid."""
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, str(port), stdin=pipe, stdout=pipe
    )
    assert child.stdout is not None
    assert (await child.stdout.readline()) == b"here\n"
    try:
        yield child.pid
    finally:
        await child.communicate(b"")


async def test_1455_is_the_first_choice(simulator: Simulator) -> None:
    """The browser calls the very address in the redirect URI, and the login is there."""
    async with running(settings_for(simulator), port=None) as login:
        issued = await login.wait_for(UrlIssued)
        assert (issued.redirect_uri, issued.port) == ("http://127.0.0.1:1455/auth/callback", 1455)
        assert (await visit(simulator.browse(issued.authorize_url, ADA))).status == 200
        await login.document()
    assert is_free(1455)


async def test_1457_when_1455_is_held(simulator: Simulator) -> None:
    """By any program: the redirect, the exchange and the tunnel line all say 1457; the other one is not spoken to."""
    async with held(1455), running(settings_for(simulator), port=None) as login:
        issued = await login.wait_for(UrlIssued)
        assert (issued.redirect_uri, issued.port) == ("http://127.0.0.1:1457/auth/callback", 1457)
        assert (await visit(simulator.browse(issued.authorize_url, ADA))).status == 200
        await login.document()
    exchange = dict(simulator.requests("/oauth/token")[0].form())
    assert exchange["redirect_uri"] == "http://127.0.0.1:1457/auth/callback"


async def test_both_held_are_named_and_a_port_by_name_helps(simulator: Simulator) -> None:
    """Pids and programs of both; the port that is offered works, while the redirect stays on 1455."""
    async with held(1455) as one, held(1457) as other:
        async with running(settings_for(simulator), port=None) as login:
            failure = await login.failure()
        assert isinstance(failure, PortUnavailable)
        assert f"1455 is held by {PROGRAM} (pid {one})" in failure.message
        assert f"1457 is held by {PROGRAM} (pid {other})" in failure.message
        assert failure.hint is not None
        port = int(failure.hint.partition("--port ")[2].split(";")[0])
        async with running(settings_for(simulator), port=port) as login:
            issued = await login.wait_for(UrlIssued)
            assert issued.redirect_uri == "http://127.0.0.1:1455/auth/callback"
            assert issued.port == port
            callback = simulator.browse(issued.authorize_url, ADA)
            assert (await visit(callback, ("127.0.0.1", port))).status == 200
            await login.document()


async def test_a_named_port_that_is_held_is_named(simulator: Simulator) -> None:
    """No other port is tried, since the person's tunnel leads to this one."""
    async with held(1457) as pid, running(settings_for(simulator), port=1457) as login:
        failure = await login.failure()
    assert isinstance(failure, PortUnavailable)
    assert f"(pid {pid})" in failure.message
    assert is_free(1455)


async def test_two_logins_at_once_and_the_third_is_told_by_whom(simulator: Simulator) -> None:
    """Each has a port of its own and finishes by itself; the third hears that it is this very program."""
    settings = settings_for(simulator)
    async with running(settings, port=None) as one, running(settings, port=None) as other:
        first, second = await one.wait_for(UrlIssued), await other.wait_for(UrlIssued)
        assert (first.port, second.port) == (1455, 1457)
        async with running(settings, port=None) as third:
            failure = await third.failure()
        assert f"(pid {os.getpid()}) of this very program" in failure.message
        mixed = simulator.browse(first.authorize_url, ADA).replace(":1455", ":1457")
        assert (await visit(mixed)).status == 400
        for login, issued in ((other, second), (one, first)):
            assert (await visit(simulator.browse(issued.authorize_url, ADA))).status == 200
            await login.document()


async def test_a_login_right_after_another_has_1455_again(simulator: Simulator) -> None:
    """The connections of the first are in TIME_WAIT; the second does not fall back to 1457."""
    for _ in range(3):
        async with running(settings_for(simulator), port=None) as login:
            issued = await login.wait_for(UrlIssued)
            assert issued.port == 1455
            await visit(simulator.browse(issued.authorize_url, ADA))
            await login.document()


@pytest.mark.real_codex
async def test_a_real_codex_login_does_not_end_ours(
    simulator: Simulator, codex_169: str, box: Box
) -> None:
    """It asks ten times for the port by `GET /cancel`, then takes 1457; ours is told, and finishes on 1455 (C116)."""
    async with running(settings_for(simulator), port=None) as login:
        issued = await login.wait_for(UrlIssued)
        os.makedirs(f"{box.path}/other")
        codex = await asyncio.create_subprocess_exec(
            codex_169,
            "login",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "CODEX_HOME": f"{box.path}/other"},
            process_group=0,
        )
        assert codex.stderr is not None
        try:
            async with asyncio.timeout(60):
                said = b""
                while b"redirect_uri" not in said:
                    said = await codex.stderr.readline()
                    assert said
            assert b"redirect_uri=http%3A%2F%2F127.0.0.1%3A1457%2F" in said
            assert "asked for the port" in (await login.wait_for(CallbackRefused)).why
            assert (await visit(simulator.browse(issued.authorize_url, ADA))).status == 200
            await login.document()
        finally:
            os.killpg(codex.pid, 15)
            await codex.wait()
    assert len(login.told(CallbackRefused)) == 1
