"""Whose a personal access token is, and whether its workspace is let through (C123, C125)."""

from __future__ import annotations

from typing import Any, Final

import pytest

from profiles.errors import (
    GrantInvalid,
    IssuerProtocolError,
    IssuerRejected,
    ProfilesError,
    WorkspaceForbidden,
)
from profiles.model import Secret
from profiles.oauth.http import open_wire
from profiles.oauth.issuer import Issuer
from profiles.oauth.whoami import WhoAmI, whoami
from profiles.oauth.workspaces import check_workspace
from tests.oauth.wires import Clock, check_silence, surroundings
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

WHOAMI: Final = "/api/accounts/v1/user-auth-credential/whoami"
TOKEN: Final = "at-Kq8vB2xPz7tHs4LmW9yRd3NfGc6JbA0"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """An issuer that knows ada."""
    with Simulator() as running:
        running.people.add("ada@example.com", workspaces=[("ws-acme", "Acme", "team")])
        yield running


async def ask(box: Box, simulator: Simulator, token: str) -> WhoAmI:
    """Ask whose a token is."""
    async with open_wire(surroundings(box)) as wire:
        return await whoami(wire, Issuer(simulator.url).whoami_url({}), Secret(token))


async def failure(box: Box, simulator: Simulator, token: str = TOKEN) -> ProfilesError:
    """Return how asking fails: with a next step, without the token."""
    with pytest.raises(ProfilesError) as caught:
        await ask(box, simulator, token)
    assert caught.value.hint
    check_silence(caught.value, [token] if len(token) > 8 else [])
    return caught.value


def person(**changes: object) -> dict[str, Any]:
    """Return an answer; `...` takes a field away."""
    whole = {
        "email": "ada@example.com",
        "chatgpt_user_id": "user-ada",
        "chatgpt_account_id": "ws-acme",
        "chatgpt_plan_type": "odd plan",
        "chatgpt_account_is_fedramp": False,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


async def test_a_token(box: Box, simulator: Simulator) -> None:
    """The person, the workspace and the plan; asked with the headers that Codex sends."""
    token = simulator.personal_token("ada@example.com", "Acme")
    found = await ask(box, simulator, token)
    assert (found.email, found.account_id, found.plan) == ("ada@example.com", "ws-acme", "team")
    [request] = simulator.log
    assert (request.method, request.path, request.body) == ("GET", WHOAMI, b"")
    names = {name.lower() for name, _ in request.headers}
    assert names == {"authorization", "originator", "user-agent", "accept", "host"}
    assert request.bearer == token


async def test_a_token_that_nobody_knows(box: Box, simulator: Simulator) -> None:
    """It is not saved: the grant is no good."""
    error = await failure(box, simulator)
    assert isinstance(error, GrantInvalid)
    assert "does not know this access token" in error.message


@pytest.mark.parametrize(
    "token",
    ["", "at-", "sk-proj-0123456789abcdef", "at-x y", "at-x\r\nHost: evil", "at-ключ", "eyJ.a.b"],
)
async def test_what_is_no_token(box: Box, simulator: Simulator, token: str) -> None:
    """It is not even sent."""
    assert isinstance(await failure(box, simulator, token), GrantInvalid)
    assert simulator.log == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("email", [7]),
        ("chatgpt_user_id", [..., None, 7]),
        ("chatgpt_account_id", [..., None, 7]),
        ("chatgpt_plan_type", [..., None, 7]),
        ("chatgpt_account_is_fedramp", [..., None, "no", 0]),
    ],
)
async def test_an_answer_that_codex_would_not_take(
    box: Box, simulator: Simulator, name: str, values: list[object]
) -> None:
    """All fields but the address are required, with their types."""
    for value in values:
        simulator.faults.add(WHOAMI, body=person(**{name: value}))
        assert type(await failure(box, simulator)) is IssuerProtocolError


@pytest.mark.parametrize("value", [..., None])
async def test_without_an_address(box: Box, simulator: Simulator, value: object) -> None:
    """The e-mail may be missing."""
    simulator.faults.add(WHOAMI, body=person(email=value))
    found = await ask(box, simulator, TOKEN)
    assert found == WhoAmI(None, "user-ada", "ws-acme", "odd plan", fedramp=False)


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (400, "application/json", GrantInvalid),
        (403, "application/json", GrantInvalid),
        (403, "text/html", IssuerRejected),
        (404, "text/html", IssuerRejected),
        (429, "application/json", IssuerRejected),
        (503, "application/json", IssuerRejected),
    ],
)
async def test_other_answers(
    box: Box, simulator: Simulator, status: int, kind: str, error: type[ProfilesError]
) -> None:
    """Only the issuer's own no is a no: a gateway's page says nothing about the token."""
    simulator.faults.add(WHOAMI, status=status, headers={"Content-Type": kind})
    assert type(await failure(box, simulator)) is error


def test_its_workspace(box: Box) -> None:
    """It is compared as that of any login."""
    found = WhoAmI("ada@example.com", "user-ada", "ws-acme", "team", fedramp=False)
    settings = Clock().settings(surroundings(box), "https://auth.openai.com", "/home/x/.codex")
    check_workspace(settings, found)
    check_workspace(settings._replace(workspaces=("ws-acme",)), found)
    with pytest.raises(WorkspaceForbidden) as caught:
        check_workspace(settings._replace(workspaces=("WS-ACME",)), found)
    assert caught.value.message == (
        "this login is of the workspace ws-acme; /home/x/.codex/config.toml lets only WS-ACME through"
    )
