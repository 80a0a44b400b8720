"""The whole way of a login over SSH: the line that `tui login` shows, run by a real ssh against a real sshd.

The machine with the browser is played by another loopback address: what connects there is not what we listen on, and
only the tunnel leads from one to the other. The browser's Host stays the redirect URI's, as in real life.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
import sys

import pytest

from tests.commands.logins import Running, check_files, saved
from tests.support.browser_login import Shown, visit
from tests.support.cli import ROOT
from tests.support.redirect_ports import redirect_ports
from tests.support.sshd import ELSEWHERE, Server, sshd
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

ADA = "ada@example.com"
HOLD = "import socket,sys; s=socket.create_server(('127.0.0.1',int(sys.argv[1]))); print(flush=True); input()"
GUESS = """\
import sys
sys.path.insert(0, sys.argv[1])
from profiles.context import make_context
from profiles.oauth.tunnel import guess
print(*guess(make_context()))
"""


@pytest.fixture
def server(box: Box) -> Iterator[Server]:
    """An sshd of the test's own."""
    folder = f"{box.path}/sshd"
    os.mkdir(folder, 0o700)
    with sshd(folder) as running:
        yield running


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """An issuer that knows ada, while this test alone has the redirect ports."""
    with redirect_ports(), Simulator() as made:
        made.people.add(ADA)
        yield made


@contextlib.contextmanager
def another_program(port: int) -> Iterator[int]:
    """Let a program of somebody else's listen on a port; its pid."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"\n"
        yield child.pid
    finally:
        child.communicate(b"\n")


def log_in(args: list[str], simulator: Simulator, server: Server) -> Running:
    """Begin a login in a session that came through this sshd."""
    return Running(
        ["work", "--browser", "--json", *args], simulator, {"SSH_CONNECTION": server.connection}
    )


def browse(callback: str, address: str, port: int) -> Shown:
    """Let the browser be sent to the callback, on its own machine."""
    return asyncio.run(visit(callback, (address, port)))


def finish(
    login: Running, simulator: Simulator, server: Server, *, redirect: int, listening: int
) -> None:
    """Do what a person does: run the line that is shown elsewhere, sign in there, and see the login arrive here."""
    event = login.event("url")
    assert event["port"] == listening
    assert event["redirect_uri"] == f"http://127.0.0.1:{redirect}/auth/callback"
    assert event["tunnel"] == (
        f"ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:{redirect}:127.0.0.1:{listening} "
        f"-p {server.port} {server.user}@127.0.0.1"
    )
    login.event("waiting")
    callback = simulator.browse(event["authorize_url"], ADA)
    with pytest.raises(ConnectionRefusedError):
        browse(callback, ELSEWHERE, redirect)
    with server.tunnel(event["tunnel"]) as address:
        page = browse(callback, address, redirect)
    assert page.status == 200
    assert "Signed in" in page.body
    assert login.event("done")["email"] == ADA
    login.end(0)


def test_a_real_tunnel_carries_the_callback(box: Box, simulator: Simulator, server: Server) -> None:
    """From another loopback address through ssh to 1455; without the tunnel nothing is there."""
    with log_in([], simulator, server) as login:
        finish(login, simulator, server, redirect=1455, listening=1455)
    assert saved(box, "work")["tokens"]["refresh_token"]
    check_files(box, simulator)
    assert "accepted" in server.log().lower()


def test_a_real_tunnel_to_the_second_port(box: Box, simulator: Simulator, server: Server) -> None:
    """1455 is another program's: the line that is shown says 1457 on both ends, and it works."""
    with another_program(1455), log_in([], simulator, server) as login:
        finish(login, simulator, server, redirect=1457, listening=1457)
    assert saved(box, "work")["tokens"]["refresh_token"]


def test_a_real_tunnel_to_a_named_port(box: Box, simulator: Simulator, server: Server) -> None:
    """Both are held: exit 6 names both pids, and the port that it offers works, led to from 1455."""
    with another_program(1455) as one, another_program(1457) as other:
        with log_in([], simulator, server) as login:
            failed = login.event("failed")
            login.end(6)
        assert (
            f"1455 is held by {os.path.basename(sys.executable)[:15]} (pid {one})"
            in failed["error"]
        )
        assert f"(pid {other})" in failed["error"]
        offered = re.search(r"--port (\d+)", failed["hint"])
        assert offered is not None
        assert not os.path.exists(box.profile("work"))
        with log_in(["--port", offered[1]], simulator, server) as login:
            finish(login, simulator, server, redirect=1455, listening=int(offered[1]))
    assert saved(box, "work")["tokens"]["refresh_token"]


def test_a_line_whose_near_port_is_taken_says_so(simulator: Simulator, server: Server) -> None:
    """ExitOnForwardFailure: ssh ends at once instead of standing there without a forward."""
    with log_in([], simulator, server) as login:
        line = login.event("url")["tunnel"]
        with (
            server.tunnel(line),
            pytest.raises(pytest.fail.Exception) as caught,
            server.tunnel(line),
        ):
            pass
    assert "Address already in use" in str(caught.value)


@pytest.fixture
def guess(server: Server) -> str:
    """The command that prints the guess, in that server's sessions."""
    path = f"{server.folder}/guess.py"
    with open(path, "w", encoding="utf-8") as file:
        file.write(GUESS)
    return f"{sys.executable} {path} {ROOT}"


def test_the_guess_in_a_real_session(server: Server, guess: str) -> None:
    """What sshd sets; and, where something like sudo lost it, what the shell before it still has."""
    expected = f"{server.user} 127.0.0.1 {server.port} None\n"
    assert server.ssh(guess) == expected
    assert server.ssh(f"env -u SSH_CONNECTION {guess}; true") == expected


@pytest.mark.skipif(os.getuid() != 0, reason="only root may look at sshd's own sockets")
def test_the_guess_by_the_sockets_of_a_real_sshd(server: Server, guess: str) -> None:
    """Lost in every process but sshd itself: its connection says where it was reached."""
    lost = f"exec env -i PATH=$PATH HOME=/nowhere {guess}"
    assert server.ssh(lost) == f"{server.user} 127.0.0.1 {server.port} None\n"
