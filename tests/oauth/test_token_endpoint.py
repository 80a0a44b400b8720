"""The token endpoint, asked over real sockets: what is sent equals 0.169's bytes, and every refusal has its words."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

import pytest

from profiles.errors import (
    GrantInvalid,
    IssuerError,
    IssuerProtocolError,
    IssuerRejected,
    ProfilesError,
)
from profiles.model import Secret
from profiles.oauth.http import open_wire
from profiles.oauth.issuer import Issuer
from profiles.oauth.token_endpoint import (
    TokenAnswer,
    exchange_api_key,
    exchange_code,
    refresh,
    revoke,
)
from tests.oauth.wires import check_silence, surroundings
from tests.support.tokens import Login
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

TOKEN: Final = "/oauth/token"
CODE: Final = "ac_9fQx-7LmN2pRs4TuVw6Yz8Ab0~*"
VERIFIER: Final = "verifier-" * 9 + "12345"
SECRETS: Final = (CODE, VERIFIER, Login().id_token, Login().access_token, Login().refresh_token)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """An issuer."""
    with Simulator() as running:
        yield running


def tokens(**changes: object) -> dict[str, Any]:
    """Return an answer with all tokens; `...` takes one away."""
    login = Login()
    whole = {
        "id_token": login.id_token,
        "access_token": login.access_token,
        "refresh_token": login.refresh_token,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


async def exchange(box: Box, simulator: Simulator) -> TokenAnswer:
    """Exchange a code."""
    issuer = Issuer(simulator.url)
    async with open_wire(surroundings(box)) as wire:
        return await exchange_code(
            wire,
            issuer,
            code=Secret(CODE),
            redirect_uri=issuer.device_redirect_uri,
            verifier=Secret(VERIFIER),
        )


async def failure(box: Box, simulator: Simulator) -> ProfilesError:
    """Return how the exchange fails: with a next step, and no secret in it."""
    with pytest.raises((IssuerError, GrantInvalid)) as caught:
        await exchange(box, simulator)
    check_silence(caught.value, SECRETS)
    assert caught.value.hint
    return caught.value


async def test_the_bytes_of_an_exchange(box: Box, simulator: Simulator) -> None:
    """The form, its order and its encoding (C112)."""
    simulator.faults.add(TOKEN, body=tokens())
    found = await exchange(box, simulator)
    assert found == TokenAnswer(*(Secret(value) for value in tokens().values()))
    [request] = simulator.log
    port = simulator.url.rpartition(":")[2]
    assert request.body.decode() == (
        "grant_type=authorization_code&client_id=app_EMoamEEZ73f0CkXaXp7hrann"
        f"&code={CODE.replace('~', '%7E')}"
        f"&redirect_uri=http%3A%2F%2F127.0.0.1%3A{port}%2Fdeviceauth%2Fcallback"
        f"&code_verifier={VERIFIER}"
    )
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    assert request.header("user-agent") is None
    assert request.header("originator") is None


@pytest.mark.parametrize("name", TokenAnswer._fields)
@pytest.mark.parametrize("value", [..., None, 7, ["x"], {"x": "y"}, "\ud800"])
async def test_a_missing_token(box: Box, simulator: Simulator, name: str, value: object) -> None:
    """Each of the three is required, and named when it is missing or no text."""
    simulator.faults.add(TOKEN, body=tokens(**{name: value}))
    error = await failure(box, simulator)
    assert type(error) is IssuerProtocolError
    assert name in str(error)


@pytest.mark.parametrize("body", ["[]", "null", '"x"', "7"])
async def test_no_object(box: Box, simulator: Simulator, body: str) -> None:
    """JSON that is no object has no tokens."""
    simulator.faults.add(TOKEN, body=body)
    assert type(await failure(box, simulator)) is IssuerProtocolError


async def test_empty_tokens_are_tokens(box: Box, simulator: Simulator) -> None:
    """Access and refresh token may be empty, as in Codex (C112)."""
    simulator.faults.add(TOKEN, body=tokens(access_token="", refresh_token=""))
    assert (await exchange(box, simulator)).refresh_token == Secret("")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"error": "invalid_grant", "error_description": CODE}, "invalid_grant"),
        ({"error": {"code": "Invalid_Grant", "message": CODE}}, "invalid_grant"),
        ({"code": "invalid_grant"}, "invalid_grant"),
        ({"error": CODE}, ""),
        ({"error": {"code": 7}}, ""),
        ({"error": "a" * 90}, ""),
        ([], ""),
        (b"<html>", ""),
    ],
)
async def test_a_code_that_is_not_taken(
    box: Box,
    simulator: Simulator,
    body: bytes | dict[str, object] | list[object],
    word: str,
) -> None:
    """400 and 401: the grant is no good. The issuer's word is told, its sentences and odd words are not."""
    for status in (400, 401):
        simulator.faults.add(TOKEN, status=status, body=body)
        error = await failure(box, simulator)
        assert isinstance(error, GrantInvalid)
        assert error.error == word
        told = f"({status}, {word})" if word else f"({status})"
        assert error.message == f"{simulator.url} does not take the authorization code {told}"


class Refusal(NamedTuple):
    """How the issuer refuses, and what is to be said about it."""

    status: int
    headers: dict[str, str]
    words: str
    hint: str
    wait: float | None


REFUSED: Final = "refused to exchange the authorization code"


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(429, {"Retry-After": "7"}, "asked too often (429", "wait 7 s", 7),
        Refusal(429, {}, "asked too often (429", "wait a minute", None),
        Refusal(503, {"Retry-After": "120"}, "is in trouble (503", "status.openai.com", 120),
        Refusal(500, {"Retry-After": "soon"}, "is in trouble (500", "try again later", None),
        Refusal(403, {}, f"{REFUSED} (403", "HTTPS_PROXY", None),
        Refusal(403, {"cf-mitigated": "challenge"}, "for a robot", "HTTPS_PROXY", None),
        Refusal(403, {"Content-Type": "text/html"}, "for a robot", "HTTPS_PROXY", None),
        Refusal(418, {}, f"{REFUSED} (418", "try again", None),
        Refusal(304, {}, f"{REFUSED} (304", "try again", None),
    ],
)
async def test_another_status(box: Box, simulator: Simulator, refusal: Refusal) -> None:
    """Too often, in trouble, not from here: each its own words, and Retry-After for whoever waits."""
    body = b"" if refusal.status == 304 else None
    simulator.faults.add(TOKEN, status=refusal.status, headers=refusal.headers, body=body)
    error = await failure(box, simulator)
    assert isinstance(error, IssuerRejected)
    assert (error.status, error.retry_after) == (refusal.status, refusal.wait)
    assert refusal.words in error.message
    assert error.hint is not None
    assert refusal.hint in error.hint


async def test_retry_after_as_a_date(box: Box, simulator: Simulator) -> None:
    """A date counts from the server's own clock, which may differ from ours."""
    date, then = "Sat, 21 Nov 2026 12:00:00 GMT", "Sat, 21 Nov 2026 12:00:30 GMT"
    simulator.faults.add(TOKEN, status=503, headers={"Date": date, "Retry-After": then})
    error = await failure(box, simulator)
    assert isinstance(error, IssuerRejected)
    assert error.retry_after == 30


async def test_the_exchange_for_a_key(box: Box, simulator: Simulator) -> None:
    """The form of C118; whatever goes wrong there only means that there is no key."""
    issuer, id_token = Issuer(simulator.url), Secret(Login().id_token)
    async with open_wire(surroundings(box)) as wire:
        simulator.faults.add(TOKEN, body={"access_token": "sk-x"})
        assert await exchange_api_key(wire, issuer, id_token) == Secret("sk-x")
        for fault in ({"status": 400}, {"status": 500}, {"body": "<html>"}, {"drop": "before"}):
            simulator.faults.add(TOKEN, **fault)
            assert await exchange_api_key(wire, issuer, id_token) is None
    assert [name for name, _ in simulator.log[0].form()] == [
        *("grant_type", "client_id", "requested_token", "subject_token", "subject_token_type")
    ]
    assert dict(simulator.log[0].form())["subject_token"] == id_token.reveal()


async def test_the_bytes_of_a_refresh(box: Box, simulator: Simulator) -> None:
    """JSON in the order of C70, with the headers that Codex sends there; the answer comes as it is."""
    url = Issuer(simulator.url).token_url
    async with open_wire(surroundings(box)) as wire:
        simulator.faults.add(TOKEN, status=401, body={"error": {"code": "refresh_token_reused"}})
        answer = await refresh(wire, url, "app_x", Secret("rt_ä"), "forced")
    assert (answer.status, answer.error_word()) == (401, "refresh_token_reused")
    [request] = simulator.log
    assert (
        request.body
        == (
            '{"client_id":"app_x","grant_type":"refresh_token",'
            '"refresh_reason":"forced","refresh_token":"rt_ä"}'
        ).encode()
    )
    assert request.header("originator") == "codex_cli_rs"
    assert (request.header("user-agent") or "").startswith("codex_cli_rs/0.169.0 (")


async def test_the_bytes_of_a_revocation(box: Box, simulator: Simulator) -> None:
    """A refresh token with its client, an access token without (C104)."""
    url = Issuer(simulator.url).revoke_url({})
    async with open_wire(surroundings(box)) as wire:
        await revoke(wire, url, "app_x", Secret("rt_1"))
        await revoke(wire, url, "app_x", Secret("eyJ"), "access_token")
        simulator.faults.add("/oauth/revoke", status=503)
        with pytest.raises(IssuerRejected):
            await revoke(wire, url, "app_x", Secret("rt_1"))
    bodies = [json.loads(request.body) for request in simulator.log]
    assert [list(body.items()) for body in bodies[:2]] == [
        [("token", "rt_1"), ("token_type_hint", "refresh_token"), ("client_id", "app_x")],
        [("token", "eyJ"), ("token_type_hint", "access_token")],
    ]
