"""What `tui login` saves, a switch installs and the real Codex lives on: it names the account and renews the login."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from tests.commands.logins import USER_CODE, Running
from tests.real_codex.logins import ADA, configure
from tests.support.certificates import Authority
from tests.support.cli import Ran, run_tui, tui_json
from tests.support.documents import api_key
from tests.support.programs import CODEXES, need
from tests.support.real_codex import RealCodex
from tui.simulator.routes import DEVICE_TOKEN, WHOAMI
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

pytestmark = pytest.mark.real_codex

TOKEN: Final = "/oauth/token"
REVOKE: Final = "/oauth/revoke"


@pytest.fixture
def authority(box: Box) -> Authority:
    """Who vouches for the service, and must be named to be trusted."""
    return Authority(box.path)


@pytest.fixture
def simulator(authority: Authority) -> Iterator[Simulator]:
    """The service, by https, without which the client does not name an account; Ada is in Acme, too."""
    with Simulator(tls=authority.vouch().server()) as made:
        made.people.add(ADA, workspaces=[("ws-acme", "Acme", "team")])
        yield made


@pytest.fixture(params=CODEXES)
def client(
    request: pytest.FixtureRequest, box: Box, simulator: Simulator, authority: Authority
) -> RealCodex:
    """Each client in the active home, with the simulator for the service."""
    return connected(need(str(request.param)), box, simulator, authority)


def connected(path: str, box: Box, simulator: Simulator, authority: Authority) -> RealCodex:
    """Return a client that finds the simulator in its own ways wherever it can."""
    environ = {
        "CODEX_CA_CERTIFICATE": authority.path,
        "SSL_CERT_FILE": authority.path,  # what 0.98 looks at
        "CODEX_AUTHAPI_BASE_URL": f"{simulator.url}/api/accounts",
        "CODEX_REFRESH_TOKEN_URL_OVERRIDE": None,
        "CODEX_REVOKE_TOKEN_URL_OVERRIDE": f"{simulator.url}{REVOKE}",
    }
    if RealCodex(path, box.codex).version == "0.98.0":  # knows no provenance
        environ["CODEX_REFRESH_TOKEN_URL_OVERRIDE"] = f"{simulator.url}{TOKEN}"
    codex = RealCodex(path, box.codex, environ)
    configure(codex.home, f'chatgpt_base_url = "{simulator.backend_url}"')
    return codex


def log_in(simulator: Simulator, authority: Authority, name: str, workspace: str) -> None:
    """Let `tui login NAME --device-code` run, and Ada approve it."""
    trust = {"CODEX_CA_CERTIFICATE": authority.path}
    with Running([name, "--device-code"], simulator, trust) as login:
        code = login.wait_for(USER_CODE)[1]
        simulator.wait_for(DEVICE_TOKEN)
        simulator.device.approve(code, ADA, workspace)
        login.end(0)


def live(box: Box) -> dict[str, Any]:
    """Return the active home's login."""
    with open(f"{box.codex}/auth.json", encoding="utf-8") as file:
        document = json.load(file)
    assert isinstance(document, dict)
    return document


def test_client_names_the_account(
    client: RealCodex, box: Box, simulator: Simulator, authority: Authority
) -> None:
    """Person, plan and workspace of each of two logins after its switch; and the token is the one we obtained."""
    log_in(simulator, authority, "own", "Personal")
    log_in(simulator, authority, "acme", "Acme")
    for name, plan, workspace in (("own", "plus", None), ("acme", "team", "Acme")):
        assert tui_json(["switch", name, "--json"])["to"] == name
        said = client.login_status()
        assert (said.code, said.text) == (0, "Logged in using ChatGPT")
        with client.app_server() as session:
            assert session.auth_status() == {
                "authMethod": "chatgpt",
                "authToken": live(box)["tokens"]["access_token"],
                "requiresOpenaiAuth": True,
            }
            account = session.request("account/read")["account"]
            expected: dict[str, str | None] = {"type": "chatgpt", "email": ADA, "planType": plan}
            if client.version != "0.98.0":
                expected["workspaceName"] = workspace
            assert account == expected
    assert not simulator.requests(REVOKE)


def test_client_renews_the_login(
    client: RealCodex, box: Box, simulator: Simulator, authority: Authority
) -> None:
    """Its refresh finds the issuer by our provenance, is answered, and keeps what is the login's own."""
    log_in(simulator, authority, "acme", "Acme")
    run_tui(["switch", "acme"])
    before = live(box)["tokens"]
    with client.app_server() as session:
        session.request("getAuthStatus", {"includeToken": True, "refreshToken": True})
    after = live(box)["tokens"]
    (family,) = simulator.families
    assert (family.generation, family.over) == (1, None)
    assert after["refresh_token"] != before["refresh_token"]
    kept = ["account_id"]
    if client.version != "0.98.0":  # which drops the others
        kept += ["oauth_provenance", "login_owner_id"]
        assert before["oauth_provenance"]["issuer"] == simulator.url
    assert [after[key] for key in kept] == [before[key] for key in kept]


def test_client_ends_the_login(
    client: RealCodex, box: Box, simulator: Simulator, authority: Authority
) -> None:
    """`codex logout` revokes what we obtained; 0.98 only forgets it (C105)."""
    log_in(simulator, authority, "acme", "Acme")
    run_tui(["switch", "acme"])
    assert client.logout().code == 0
    (family,) = simulator.families
    assert family.over == ("revoked" if client.version != "0.98.0" else None)


def test_client_takes_the_key(
    client: RealCodex, simulator: Simulator, authority: Authority
) -> None:
    """An API key that `tui login` read from its standard input is what the client then sends."""
    key = api_key()
    assert log_in_by(simulator, authority, "--api-key", key).code == 0
    run_tui(["switch", "bot"])
    status = client.auth_status()
    assert (status["authMethod"], status["authToken"]) == ("apikey", key)
    assert not simulator.log


def test_client_takes_the_access_token(
    codex_169: str, box: Box, simulator: Simulator, authority: Authority
) -> None:
    """An access token that whoami knew is one for the client, which asks whoami again (0.98 knows none, C24)."""
    client = connected(codex_169, box, simulator, authority)
    token = simulator.personal_token(ADA, "Acme")
    assert log_in_by(simulator, authority, "--access-token", token).code == 0
    run_tui(["switch", "bot"])
    asked = len(simulator.requests(WHOAMI))
    assert client.login_status().text == "Logged in using personal access token"
    assert client.auth_status()["authMethod"] == "personalAccessToken"
    bearers = [each.bearer for each in simulator.requests(WHOAMI)]
    assert set(bearers) == {token}
    assert len(bearers) > asked


def log_in_by(simulator: Simulator, authority: Authority, how: str, secret: str) -> Ran:
    """Run `tui login bot` with the secret on its standard input."""
    environ = {"SWITCHYARD_ISSUER": simulator.url, "CODEX_CA_CERTIFICATE": authority.path}
    return run_tui(["login", "bot", how], environ, input=f"{secret}\n")
