"""Gates: a request is held where the test says, until the test says go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.simulator.client import post_json, refresh
from tests.support import reuse
from tui.simulator.gates import ARRIVED, HALF, HANDLED
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui.simulator.gates import Moment

TOKEN = "/oauth/token"
ADA = "ada@example.com"


@pytest.mark.parametrize(("moment", "rotated"), [(ARRIVED, 0), (HANDLED, 1), (HALF, 1)])
def test_a_request_is_held(simulator: Simulator, moment: Moment, rotated: int) -> None:
    """The issuer has rotated or not, and the answer comes whole once the gate is open."""
    token = simulator.sign_in(ADA)["refresh_token"]
    gate = simulator.gates.hold(TOKEN, moment)
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(refresh, simulator.url, token)
        try:
            gate.wait()
            assert not asked.done()
            assert simulator.families[0].generation == rotated
        finally:
            gate.open()
        assert asked.result(10).json["refresh_token"] == simulator.families[0].current


def test_only_the_request_that_is_meant(simulator: Simulator) -> None:
    """Another path, another request and the next one of the same kind pass."""
    gate = simulator.gates.hold(TOKEN, ARRIVED, lambda request: b'"mine"' in request.body)
    assert post_json(f"{simulator.url}{TOKEN}", {"grant_type": "other"}).status == 400
    assert post_json(f"{simulator.url}/elsewhere", {"grant_type": "mine"}).status == 404
    assert not gate.is_reached
    with pytest.raises(TimeoutError):
        gate.wait(0.01)
    gate.open()
    for _ in range(2):
        assert post_json(f"{simulator.url}{TOKEN}", {"grant_type": "mine"}).status == 400
    assert gate.is_reached


def test_the_end_opens_every_gate() -> None:
    """A simulator that is stopped leaves nobody standing."""
    with Simulator() as simulator, ThreadPoolExecutor() as pool:
        gate = simulator.gates.hold(TOKEN, HANDLED)
        asked = pool.submit(post_json, f"{simulator.url}{TOKEN}", {})
        gate.wait()
        simulator.stop()
        asked.exception(10)


def test_a_forgiving_service_refuses_a_spent_token_alone() -> None:
    """It is counted all the same, and what came in its place still works."""
    with Simulator(forgiving=True) as simulator:
        simulator.people.add(ADA)
        token = simulator.sign_in(ADA)["refresh_token"]
        newer = refresh(simulator.url, token).json["refresh_token"]
        assert refresh(simulator.url, token).json["error"]["code"] == "refresh_token_reused"
        assert simulator.reused == 1
        reuse.force(1)
        assert refresh(simulator.url, newer).status == 200
