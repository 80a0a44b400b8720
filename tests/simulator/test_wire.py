"""The simulator's HTTP: what it keeps of requests, how it misbehaves when told to, and how it ends."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from urllib.parse import urlsplit

import pytest

from tests.simulator.client import ask, post_form, post_json, refresh
from tests.support import reuse
from tests.support.certificates import Authority
from tui.simulator.faults import OVERSIZE
from tui.simulator.server import CLIENT_ID, Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

ADA = "ada@example.com"
USER_CODE = "/api/accounts/deviceauth/usercode"


def test_the_log(simulator: Simulator) -> None:
    """A request is kept as it was written: order of parameters, spelling of headers, bytes of the body."""
    ask(
        f"{simulator.url}/oauth/token?b=2&a=1",
        method="POST",
        body=b"x=%20y&a=",
        headers={"X-Some-Header": "Value"},
    )
    [request] = simulator.wait_for("/oauth/token")
    assert (request.method, request.path, request.query) == ("POST", "/oauth/token", "b=2&a=1")
    assert ("X-Some-Header", "Value") in request.headers
    assert request.body == b"x=%20y&a="
    assert request.form() == [("x", " y"), ("a", "")]
    assert abs(request.at - time.time()) < 60
    with pytest.raises(TimeoutError):
        simulator.wait_for("/oauth/token", 2, timeout=0.01)


def test_waiting_ends_with_the_request(simulator: Simulator) -> None:
    """Who waits is woken by the request, from whichever thread it comes."""
    later = threading.Timer(0.05, ask, [f"{simulator.url}/late"])
    later.start()
    assert len(simulator.wait_for("/late")) == 1
    later.join()


def test_secrets_that_came_are_known(simulator: Simulator) -> None:
    """What was sent to us is looked for in outputs too, if it is long enough not to be a word."""
    long, bearer = "a-pasted-code-that-is-long", "a-bearer-that-was-sent-here"
    post_form(f"{simulator.url}/oauth/token", {"code": long, "code_verifier": "short"})
    ask(f"{simulator.url}/x", headers={"Authorization": f"Bearer {bearer}"})
    assert {long, bearer} <= simulator.secrets()
    assert "short" not in simulator.secrets()


def test_a_status_in_place_of_an_answer(simulator: Simulator) -> None:
    """As often as it was asked for, with headers and body; the token is not spent by it."""
    login = simulator.sign_in(ADA)
    simulator.faults.add(
        "/oauth/token", times=2, status=429, headers={"Retry-After": "7"}, body={"error": "slow"}
    )
    for _ in range(2):
        reply = refresh(simulator.url, login["refresh_token"])
        assert (reply.status, reply.headers["Retry-After"]) == (429, "7")
        assert reply.json == {"error": "slow"}
    assert refresh(simulator.url, login["refresh_token"]).status == 200
    assert simulator.reused == 0


def test_an_answer_that_never_arrives(simulator: Simulator) -> None:
    """Dropped before its first byte, after its head, in its middle: the request was handled each time."""
    token = simulator.sign_in(ADA)["refresh_token"]
    drops = {
        "before": http.client.RemoteDisconnected,
        "after-headers": http.client.IncompleteRead,
        "half": http.client.IncompleteRead,
    }
    for drop, error in drops.items():
        simulator.faults.add("/oauth/token", drop=drop)  # type: ignore[arg-type]
        with pytest.raises(error):
            refresh(simulator.url, token)
        family = simulator.family_of(token)
        assert family is not None
        assert family.current is not None
        token = family.current
    assert refresh(simulator.url, token).status == 200


def test_slow_and_large(simulator: Simulator) -> None:
    """Late, drop by drop, and three megabytes that are still JSON."""
    url = f"{simulator.url}/.well-known/jwks.json"
    whole = ask(url)
    simulator.faults.add("*", delay=0.2)
    began = time.monotonic()
    assert ask(url).body == whole.body
    assert time.monotonic() - began >= 0.2
    simulator.faults.add("*", drip=0.0001)
    assert ask(url).body == whole.body
    simulator.faults.add("*", oversize=True)
    large = ask(url)
    assert len(large.body) == OVERSIZE + len(whole.body)
    assert large.json == whole.json


def test_only_this_machine(simulator: Simulator) -> None:
    """Nobody else can reach it."""
    port = urlsplit(simulator.url).port
    assert port is not None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), 5)


def test_one_connection_for_several_requests(simulator: Simulator) -> None:
    """A client keeps its connection, as httpx and Codex do."""
    connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=10)
    for _ in range(3):
        connection.request("GET", "/.well-known/jwks.json")
        assert connection.getresponse().read()
    connection.close()


def test_stopping_ends_what_is_under_way() -> None:
    """A client that waits for a late answer is let go, and the port is refused; a start takes it again."""
    with Simulator() as simulator:
        simulator.faults.add("/slow", delay=60)
        ended: list[type[BaseException]] = []

        def wait() -> None:
            try:
                ask(f"{simulator.url}/slow")
            except (OSError, http.client.HTTPException) as error:
                ended.append(type(error))

        waiting = threading.Thread(target=wait)
        waiting.start()
        simulator.wait_for("/slow")
        simulator.stop()
        waiting.join(10)
        assert ended
        with pytest.raises(ConnectionRefusedError):
            ask(f"{simulator.url}/x")
        simulator.start()
        assert post_json(f"{simulator.url}{USER_CODE}", {"client_id": CLIENT_ID}).status == 200


def test_tls(box: Box) -> None:
    """With a certificate of one's own it speaks TLS; who does not trust it gets nowhere, and harms nothing."""
    authority = Authority(box.path)
    with Simulator(tls=authority.vouch().server()) as simulator:
        assert simulator.url.startswith("https://127.0.0.1:")
        url = f"{simulator.url}/.well-known/openid-configuration"
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(url)
        assert (
            ask(url, tls=ssl.create_default_context(cafile=authority.path)).json["issuer"]
            == simulator.url
        )


def test_many_at_once(simulator: Simulator) -> None:
    """Twenty threads with one refresh token: one gets the next, all others are reuse."""
    token = simulator.sign_in(ADA)["refresh_token"]
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(refresh(simulator.url, token).status))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [401] * 19
    assert simulator.reused == 19
    reuse.force(19)
