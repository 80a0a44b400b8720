"""Refresh, revocation and whoami: what the real Codex 0.169 sends, and what we send (C70, C104, C123)."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Final, NamedTuple

import pytest

from profiles.auth_file import parse, serialise
from profiles.context import make_context
from profiles.model import Secret
from profiles.oauth.documents import chatgpt_document
from profiles.oauth.http import open_wire
from profiles.oauth.issuer import Issuer
from profiles.oauth.token_endpoint import TokenAnswer, refresh, revoke
from profiles.oauth.whoami import whoami
from tests.real_codex.logins import ADA, Step, steps_of
from tests.support import reuse
from tests.support.real_codex import CLOSED
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.real_codex import RealCodex

pytestmark = pytest.mark.real_codex

AGENT: Final = re.compile(r"codex_cli_rs/0\.169\.0 \([^;()]+; x86_64\) [^ ]+( \([^()]+\))?")
REFRESH: Final = "CODEX_REFRESH_TOKEN_URL_OVERRIDE"
REVOKE: Final = "CODEX_REVOKE_TOKEN_URL_OVERRIDE"


class Scene(NamedTuple):
    """A service with one login that it gave out, and the bytes of that login's auth.json."""

    simulator: Simulator
    issuer: Issuer
    document: bytes

    @property
    def refresh_token(self) -> Secret:
        """The login's refresh token."""
        token = parse(self.document, "").refresh_token
        assert token is not None
        return token


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Ada, signed in."""
    with Simulator() as simulator:
        tokens = simulator.sign_in(ADA)
        issuer = Issuer(simulator.url)
        answer = TokenAnswer(*(Secret(tokens[name]) for name in TokenAnswer._fields))
        yield Scene(simulator, issuer, chatgpt_document(answer, issuer, 1_800_000_000.0).raw)


def write(codex: RealCodex, document: bytes) -> None:
    """Give the client this login."""
    with open(f"{codex.home}/auth.json", "wb") as file:
        file.write(document)


def comparable(step: Step) -> Step:
    """Return a request without the two differences that its headers have.

    Who sends it: each names its own system and terminal in `user-agent`, in one form, so that the issuer's log tells us
    from Codex. And the host's place, which means nothing.
    """
    headers = []
    for name, value in step.headers:
        known = name == "user-agent" and AGENT.fullmatch(value)
        headers.append((name, "{}" if known else value))
    return step._replace(headers=sorted(headers, key=lambda header: header[0] != "host"))


def configure(codex: RealCodex, variables: Mapping[str, str | None]) -> None:
    """Change the client's environment; what it sends through an app-server is named as by `codex` itself."""
    for name, value in {**variables, "CODEX_INTERNAL_ORIGINATOR_OVERRIDE": "codex_cli_rs"}.items():
        codex.environ.pop(name, None)
        if value is not None:
            codex.environ[name] = value


@contextlib.contextmanager
def recording(simulator: Simulator) -> Iterator[list[Step]]:
    """Give the list that holds, after the block, what was asked in it."""
    found: list[Step] = []
    before = len(simulator.log)
    yield found
    found.extend(comparable(each) for each in steps_of(simulator)[before:])


@pytest.mark.parametrize("override", [False, True])
async def test_refresh(newest: RealCodex, scene: Scene, override: bool) -> None:
    """Order of the members, headers, address: by provenance, and by the variable that replaces it."""
    url = f"{scene.simulator.url}/oauth/token?by=variable" if override else None
    configure(newest, {REFRESH: url})
    write(newest, scene.document)
    with recording(scene.simulator) as theirs, newest.app_server() as session:
        session.request("getAuthStatus", {"includeToken": True, "refreshToken": True})

    environ = {} if url is None else {REFRESH: url}
    address = scene.issuer.refresh_url(environ, (scene.issuer.base, scene.issuer.client_id))
    async with open_wire(make_context(), newest.home) as wire:
        with recording(scene.simulator) as ours:
            client = scene.issuer.client_id
            again = await refresh(wire, address, client, scene.refresh_token, "forced")
    assert again.status == 401  # the same token, which the client had spent
    reuse.force(1)
    assert ours == theirs
    assert len(ours) == 1


async def test_refresh_ahead_of_the_end(newest: RealCodex, scene: Scene) -> None:
    """The word for a refresh that nobody asked for."""
    configure(newest, {REFRESH: None})
    tokens = scene.simulator.sign_in(ADA, lifetime=60)
    answer = TokenAnswer(*(Secret(tokens[name]) for name in TokenAnswer._fields))
    document = chatgpt_document(answer, scene.issuer, 1_800_000_000.0).raw
    write(newest, document)
    with recording(scene.simulator) as theirs:
        newest.access_token()
    async with open_wire(make_context(), newest.home) as wire:
        with recording(scene.simulator) as ours:
            await refresh(
                wire,
                scene.issuer.token_url,
                scene.issuer.client_id,
                answer.refresh_token,
                "proactive_expiry",
            )
    reuse.force(1)  # the client's was the first
    assert ours == theirs[:1]  # what it brings lives no longer, so the client asks again and again
    assert len(ours) == 1


@pytest.mark.parametrize("hint", ["refresh_token", "access_token"])
@pytest.mark.parametrize("variable", [REVOKE, REFRESH])
async def test_revocation(newest: RealCodex, scene: Scene, hint: str, variable: str) -> None:
    """By refresh token and, where there is none, by access token, at the address that either variable leads to."""
    environ = {variable: f"{scene.simulator.url}/oauth/revoke"}
    if variable == REFRESH:
        environ[variable] = f"{scene.simulator.url}/some/other?address"
    configure(newest, {REVOKE: None, REFRESH: f"{CLOSED}/oauth/token", **environ})
    document = json.loads(scene.document)
    token = Secret(document["tokens"][hint])
    if hint == "access_token":
        document["tokens"]["refresh_token"] = ""
    write(newest, serialise(document))
    with recording(scene.simulator) as theirs:
        assert newest.logout().code == 0
    async with open_wire(make_context(), newest.home) as wire:
        with recording(scene.simulator) as ours:
            address = scene.issuer.revoke_url(environ)
            await revoke(wire, address, scene.issuer.client_id, token, hint)
    assert ours == theirs
    assert [each.path for each in ours] == ["/oauth/revoke"]


async def test_whoami(newest: RealCodex, scene: Scene) -> None:
    """The question that comes before an access token is saved; a slash at the variable's end is cut by both."""
    environ = {"CODEX_AUTHAPI_BASE_URL": f"{scene.simulator.url}/api/accounts/"}
    configure(newest, environ)
    token = scene.simulator.personal_token(ADA)
    with recording(scene.simulator) as theirs:
        assert newest.run("login", "--with-access-token", input=f"{token}\n").code == 0
    async with open_wire(make_context(), newest.home) as wire:
        with recording(scene.simulator) as ours:
            found = await whoami(wire, scene.issuer.whoami_url(environ), Secret(token))
    assert found.email == ADA
    assert ours == theirs
    assert len(ours) == 1
