"""Device logins at the simulator: single use, and every way in which they end."""

from __future__ import annotations

from typing import Any

import pytest

from profiles.claims import payload
from tests.simulator.client import Answer, exchange, post_json
from tui.simulator.device import LIFE, Refusal
from tui.simulator.server import CLIENT_ID, Simulator
from tui.simulator.tokens import AUTH_CLAIM


def ask(simulator: Simulator) -> dict[str, Any]:
    """Ask for a code."""
    reply = post_json(f"{simulator.url}/api/accounts/deviceauth/usercode", {"client_id": CLIENT_ID})
    assert reply.status == 200
    document = reply.json
    assert isinstance(document, dict)
    return document


def check(simulator: Simulator, asked: dict[str, Any]) -> Answer:
    """Ask whether somebody has approved it."""
    body = {name: asked[name] for name in ("device_auth_id", "user_code")}
    return post_json(f"{simulator.url}/api/accounts/deviceauth/token", body)


def test_a_whole_login(simulator: Simulator) -> None:
    """Asked, pending, approved, exchanged with the service's own verifier: tokens of that person, there."""
    asked = ask(simulator)
    assert asked["interval"] == "1"
    assert simulator.device.pending() == [asked["user_code"]]
    assert check(simulator, asked).status == 403
    simulator.device.approve(asked["user_code"], "ada@example.com", "Acme")
    assert simulator.device.pending() == []
    granted = check(simulator, asked).json
    assert set(granted) == {"authorization_code", "code_challenge", "code_verifier"}
    tokens = exchange(
        simulator.url,
        granted["authorization_code"],
        redirect_uri=f"{simulator.url}/deviceauth/callback",
        code_verifier=granted["code_verifier"],
    ).json
    claims = payload(tokens["id_token"])
    assert claims["email"] == "ada@example.com"
    assert claims[AUTH_CLAIM]["chatgpt_account_id"] == "ws-acme"
    assert claims[AUTH_CLAIM]["chatgpt_plan_type"] == "team"
    assert {*granted.values(), *tokens.values(), asked["device_auth_id"]} & simulator.secrets() == {
        granted["authorization_code"],
        granted["code_verifier"],
        asked["device_auth_id"],
        *(tokens[name] for name in ("id_token", "access_token", "refresh_token")),
    }
    assert asked["user_code"] not in simulator.secrets()


def test_approved_once_given_once(simulator: Simulator) -> None:
    """A second question after the answer gets no second authorization code."""
    asked = ask(simulator)
    simulator.device.approve(asked["user_code"], "ada@example.com")
    assert check(simulator, asked).status == 200
    assert check(simulator, asked).status == 400


def test_no(simulator: Simulator) -> None:
    """A denied code says so, in whichever words the test wants."""
    asked = ask(simulator)
    simulator.device.deny(asked["user_code"])
    assert check(simulator, asked).json["error"] == "access_denied"
    simulator.device.answers.denied = Refusal(410, {"error": "gone"})
    assert check(simulator, asked)[0] == 410
    with pytest.raises(KeyError):
        simulator.device.approve(asked["user_code"], "ada@example.com")


def test_too_late() -> None:
    """A code dies by itself after a quarter of an hour, or when the test says so."""
    clock = [1_000_000.0]
    with Simulator(now=lambda: clock[0]) as simulator:
        first, second = ask(simulator), ask(simulator)
        simulator.device.expire(second["user_code"])
        assert check(simulator, second).json["error"] == "expired_token"
        assert check(simulator, first).status == 403
        clock[0] += LIFE
        assert check(simulator, first).json["error"] == "expired_token"
        assert simulator.device.pending() == []


def test_codes_that_approve_themselves() -> None:
    """After so many seconds a code counts as approved by whoever the approver names."""
    clock = [1_000_000.0]
    with Simulator(now=lambda: clock[0], approve_after=3) as simulator:
        simulator.people.add("ada@example.com")
        simulator.device.approver = lambda _: ("bob@example.com", None)
        asked = ask(simulator)
        clock[0] += 2.9
        assert check(simulator, asked).status == 403
        clock[0] += 0.1
        assert check(simulator, asked).status == 200
        person = simulator.device.find(asked["user_code"])
        assert person is not None
        assert person.person == simulator.people.find("bob@example.com")


def test_not_to_be_had(simulator: Simulator) -> None:
    """Device logins can be switched off, the interval can be anything, a stranger's code is unknown."""
    simulator.device.interval = 5
    asked = ask(simulator)
    assert asked["interval"] == 5
    assert check(simulator, {**asked, "device_auth_id": "another"}).status == 404
    simulator.device.enabled = False
    url = f"{simulator.url}/api/accounts/deviceauth/usercode"
    assert post_json(url, {"client_id": CLIENT_ID}).status == 404
