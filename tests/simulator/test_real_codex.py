"""The unmodified Codex 0.169.0 signs in at the simulator and takes it for the service."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.app_server import end_group
from tests.support.certificates import Authority
from tests.support.real_codex import RealCodex
from tui.simulator.routes import ACCOUNTS, DEVICE_TOKEN, USAGE
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

pytestmark = pytest.mark.real_codex

ADA = "ada@example.com"


def test_it_signs_in_and_names_the_account(codex_169: str, box: Box) -> None:
    """Device login, `account/read` with its workspace, usage, a refresh, logout: all as at the real one.

    The client's `account/read` wants https, hence the certificate.
    """
    authority = Authority(box.path)
    with Simulator(tls=authority.vouch().server()) as simulator:
        simulator.people.add(ADA, workspaces=[("ws-acme", "Acme", "team")])
        simulator.backend.set_usage(ADA, "Acme", primary=41, secondary=7)
        environ = {
            "CODEX_CA_CERTIFICATE": authority.path,
            "CODEX_REFRESH_TOKEN_URL_OVERRIDE": None,
            "CODEX_REVOKE_TOKEN_URL_OVERRIDE": f"{simulator.url}/oauth/revoke",
        }
        codex = RealCodex(codex_169, box.codex, environ)
        with open(f"{box.codex}/config.toml", "w", encoding="utf-8") as file:
            file.write(f'chatgpt_base_url = "{simulator.backend_url}"\n')
        _login(codex, simulator)
        with codex.app_server() as session:
            read = session.request("account/read")
            assert read["account"] == {
                "type": "chatgpt",
                "email": ADA,
                "planType": "team",
                "workspaceName": "Acme",
            }
            assert read["userId"] == simulator.people.find(ADA).user_id
            limits = session.request("account/rateLimits/read")["rateLimits"]
            assert [limits[name]["usedPercent"] for name in ("primary", "secondary")] == [41, 7]
            assert [limits[n]["windowDurationMins"] for n in ("primary", "secondary")] == [
                300,
                10080,
            ]
            session.request("account/read", {"refreshToken": True})
        assert [family.generation for family in simulator.families] == [1]
        assert simulator.requests(ACCOUNTS)
        assert simulator.requests(USAGE)
        assert codex.logout().code == 0
        assert simulator.families[0].over == "revoked"


def _login(codex: RealCodex, simulator: Simulator) -> None:
    command = [codex.path, "login", "--device-auth", "--experimental_issuer", simulator.url]
    child = subprocess.Popen(
        command,
        env=codex.environ,
        cwd=codex.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        simulator.wait_for(DEVICE_TOKEN, timeout=60)
        [code] = simulator.device.pending()
        simulator.device.approve(code, ADA, "Acme")
        assert child.wait(60) == 0
    finally:
        end_group(child)
