"""`tui login` with something in the way: certificates, proxies, an issuer that has enough. Exit 5, and what to set."""

from __future__ import annotations

import itertools
import threading

import pytest

from tests.commands.logins import AUTHORIZE_URL, Running, saved, settled, unchanged
from tests.commands.test_login_browser import visit
from tests.support.certificates import self_signed
from tests.support.proxies import Proxy
from tests.support.redirect_ports import redirect_ports
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

WAYS = ["--device-code", "--access-token"]
POLL = "/api/accounts/deviceauth/token"
#: No exception for this machine, as on a machine whose issuer is elsewhere.
NO_EXCEPTION = {"NO_PROXY": None, "no_proxy": None}


@pytest.mark.parametrize("way", WAYS)
def test_a_certificate_that_nobody_vouches_for(box: Box, way: str) -> None:
    """The variable that mends it is named, and mends it; without it nothing is sent."""
    certificate = self_signed(box.path)
    with Simulator(tls=certificate.server(), interval="0", approve_after=0.0) as simulator:
        simulator.people.add("ada@example.com")
        token = simulator.personal_token("ada@example.com")
        with unchanged(box), Running(["work", way], simulator) as login:
            login.say(f"{token}\n")
            ran = login.end(5)
        assert "certificate" in ran.err
        assert "CODEX_CA_CERTIFICATE" in ran.err
        assert f"tui login work {way}" in ran.err.partition("next: ")[2]
        assert simulator.log == []
        trusting = {"CODEX_CA_CERTIFICATE": certificate.path}
        with Running(["work", way], simulator, trusting) as login:
            login.say(f"{token}\n")
            login.end(0)
    assert saved(box, "work")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [403, 407])
def test_a_proxy_that_refuses(box: Box, way: str, status: int) -> None:
    """Its address, the variable and the next step are named; a token in the request is not."""
    certificate = self_signed(box.path)
    with Simulator(tls=certificate.server()) as simulator, Proxy(status) as proxy:
        simulator.people.add("ada@example.com")
        token = simulator.personal_token("ada@example.com")
        env = {**NO_EXCEPTION, "HTTPS_PROXY": proxy.url}
        with unchanged(box), Running(["work", way], simulator, env) as login:
            login.say(f"{token}\n")
            ran = login.end(5)
        assert str(proxy.port) in ran.err
        assert "HTTPS_PROXY" in ran.err
        assert str(status) in ran.err
        assert f"tui login work {way}" in ran.err.partition("next: ")[2]
        assert token.encode() not in b"".join(proxy.heard)


def test_an_issuer_that_a_variable_names(box: Box) -> None:
    """Nobody listens there: scheme and port are told, who said so, and how to do without."""
    env = {"SWITCHYARD_ISSUER": "http://127.0.0.1:9"}
    with unchanged(box), Running(["work", "--device-code"], env=env) as login:
        error, step = login.end(5).err.splitlines()
    assert "http://127.0.0.1:9 (SWITCHYARD_ISSUER) cannot be reached: " in error
    assert step.startswith("next: unset SWITCHYARD_ISSUER, or correct it; ")
    assert "curl -sSI http://127.0.0.1:9)" in step
    assert step.endswith("; then: tui login work --device-code")


def test_an_issuer_that_has_enough(box: Box) -> None:
    """429 with Retry-After at each poll: told, honoured, and the fourth is the end: exit 5."""
    with Simulator(interval="1") as simulator:
        simulator.people.add("ada@example.com")
        settled(box, simulator, "work", "ada@example.com")
        simulator.faults.add(POLL, times=None, status=429, headers={"Retry-After": "2"})
        with unchanged(box), Running(["work", "--device-code", "--json"], simulator) as login:
            login.event("code")
            login.event("waiting")
            login.wait_for(r"note: .*trying again in 2 s")
            assert login.event("failed")["hint"].endswith("tui login work --device-code")
            login.end(5)
        times = [request.at for request in simulator.requests(POLL)]
    assert len(times) == 4
    assert all(later - earlier > 1.9 for earlier, later in itertools.pairwise(times))


def test_a_callback_that_comes_twice(box: Box) -> None:
    """The second is told so, and the first goes on to its end."""
    with redirect_ports(), Simulator() as simulator:
        simulator.people.add("ada@example.com")
        simulator.faults.add("/oauth/token", delay=2.0)
        with Running(["work", "--browser"], simulator) as login:
            callback = simulator.browse(login.wait_for(AUTHORIZE_URL)[1], "ada@example.com")
            first: list[tuple[int, str]] = []
            browser = threading.Thread(target=lambda: first.append(visit(callback)))
            browser.start()
            simulator.wait_for("/oauth/token")
            assert visit(callback)[0] == 409
            browser.join(30)
            login.end(0)
        assert first[0][0] == 200
    assert saved(box, "work")["tokens"]["refresh_token"]
