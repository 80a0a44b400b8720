"""Tokens of the simulator: rotation, reuse, revocation, keys, signatures that hold."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from profiles.claims import payload
from tests.simulator.client import ask, post_form, post_json, refresh
from tests.support import reuse
from tui.simulator.server import CLIENT_ID, Simulator

ADA = "ada@example.com"
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "client_id": CLIENT_ID,
    "requested_token": "openai-api-key",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
}


def test_rotation(simulator: Simulator) -> None:
    """Each refresh brings three new tokens of the same session, and the family knows its generation."""
    login = simulator.sign_in(ADA)
    later = refresh(simulator.url, login["refresh_token"]).json
    for name in ("id_token", "access_token", "refresh_token"):
        assert later[name] != login[name]
    assert payload(later["id_token"])["sid"] == payload(login["id_token"])["sid"]
    family = simulator.family_of(later["refresh_token"])
    assert family is not None
    assert family is simulator.family_of(login["refresh_token"])
    assert (family.generation, family.over) == (1, None)


def test_reuse_ends_the_family(simulator: Simulator) -> None:
    """A spent token gets the service's own words, and the good one dies with it; other logins live on."""
    login, other = simulator.sign_in(ADA), simulator.sign_in(ADA)
    later = refresh(simulator.url, login["refresh_token"]).json
    reply = refresh(simulator.url, login["refresh_token"])
    assert reply.status == 401
    assert reply.json["error"] == {
        "message": "Your refresh token has already been used to generate a new access token. "
        "Please try signing in again.",
        "type": "invalid_request_error",
        "param": None,
        "code": "refresh_token_reused",
    }
    assert simulator.reused == 1
    reuse.force(1)
    dead = refresh(simulator.url, later["refresh_token"])
    assert (dead.status, dead.json["error"]["code"]) == (401, "refresh_token_invalidated")
    assert refresh(simulator.url, other["refresh_token"]).status == 200


def test_a_refresh_token_is_for_one_client(simulator: Simulator) -> None:
    """Another client's refresh fails, and spends nothing."""
    login = simulator.sign_in(ADA)
    assert refresh(simulator.url, login["refresh_token"], "app_another").status == 401
    assert refresh(simulator.url, login["refresh_token"]).status == 200


@pytest.mark.parametrize("which", ["refresh_token", "access_token"])
def test_revocation(simulator: Simulator, which: str) -> None:
    """A revoked login cannot be refreshed; who revokes what nobody knows is told nothing."""
    login = simulator.sign_in(ADA)
    body = {"token": login[which], "token_type_hint": which, "client_id": CLIENT_ID}
    assert post_json(f"{simulator.url}/oauth/revoke", body).status == 200
    assert refresh(simulator.url, login["refresh_token"]).status == 401
    assert post_json(f"{simulator.url}/oauth/revoke", {"token": "unknown"}).status == 200


def test_an_api_key(simulator: Simulator) -> None:
    """An id_token brings a key, where the person has an organisation, and nothing else does."""
    url, login = f"{simulator.url}/oauth/token", simulator.sign_in(ADA)
    key = post_form(url, {**EXCHANGE, "subject_token": login["id_token"]}).json["access_token"]
    assert key.startswith("sk-")
    assert key in simulator.secrets()
    assert post_form(url, {**EXCHANGE, "subject_token": login["access_token"]}).status == 400
    simulator.people.add("bob@example.com", api_key=False)
    bob = simulator.sign_in("bob@example.com")
    assert post_form(url, {**EXCHANGE, "subject_token": bob["id_token"]}).status == 401


def test_lifetimes_are_as_wanted(simulator: Simulator) -> None:
    """A login may be made that has expired long ago."""
    claims = payload(simulator.sign_in(ADA, issued_at=1000, lifetime=50)["access_token"])
    assert (claims["iat"], claims["exp"], claims["nbf"]) == (1000, 1050, 1000)


def test_signatures_hold(simulator: Simulator) -> None:
    """RS256 verifies with the published key: whoever checks for real is not turned away."""
    found: dict[str, Any] = ask(f"{simulator.url}/.well-known/openid-configuration").json
    assert found["issuer"] == simulator.url
    [key] = ask(found["jwks_uri"]).json["keys"]
    modulus, exponent = (int.from_bytes(_decode(key[name])) for name in ("n", "e"))
    signed, _, signature = simulator.sign_in(ADA)["id_token"].rpartition(".")
    opened = pow(int.from_bytes(_decode(signature)), exponent, modulus).to_bytes(256)
    assert opened.endswith(hashlib.sha256(signed.encode()).digest())
    assert opened.startswith(b"\x00\x01\xff")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_seed_makes_two_runs_equal() -> None:
    """What a picture shows can be had again; without a seed nothing is ever the same."""
    codes = []
    for seed in ("one", "one", None):
        with Simulator(now=lambda: 1000.0, seed=seed, algorithm="HS256") as simulator:
            url = f"{simulator.url}/api/accounts/deviceauth/usercode"
            codes.append(post_json(url, {"client_id": CLIENT_ID}).json)
    assert codes[0] == codes[1] != codes[2]


def test_nonsense(simulator: Simulator) -> None:
    """What is no request of the protocol is refused, never a fault of ours."""
    url = f"{simulator.url}/oauth/token"
    assert post_form(url, {"grant_type": "password"}).json["error"] == "unsupported_grant_type"
    headers = {"Content-Type": "application/json"}
    for body in (b"", b"[]", b"{", b'{"grant_type": 5}', b"\xff"):
        assert ask(url, method="POST", body=body, headers=headers).status == 400
    assert ask(url).status == 405
    assert ask(f"{simulator.url}/elsewhere").status == 404
