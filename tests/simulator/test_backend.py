"""The simulator's backend: usage, workspaces, and who a personal access token is."""

from __future__ import annotations

import pytest

from tests.simulator.client import Answer, ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui.simulator.server import Simulator

ADA = "ada@example.com"
USAGE = "/backend-api/wham/usage"


def get(simulator: Simulator, path: str, token: str, account: str | None = None) -> Answer:
    """Ask as Codex asks the backend."""
    named = {"ChatGPT-Account-Id": account} if account else {}
    return ask(f"{simulator.url}{path}", headers={"Authorization": f"Bearer {token}", **named})


def test_whoami(simulator: Simulator) -> None:
    """A personal access token names its person and workspace; a forgotten one, and any other, is refused."""
    path = "/api/accounts/v1/user-auth-credential/whoami"
    token = simulator.personal_token(ADA, "Acme")
    assert token.startswith("at-")
    assert token in simulator.secrets()
    assert get(simulator, path, token).json == {
        "email": ADA,
        "chatgpt_user_id": simulator.people.find(ADA).user_id,
        "chatgpt_account_id": "ws-acme",
        "chatgpt_plan_type": "team",
        "chatgpt_account_is_fedramp": False,
    }
    simulator.backend.forget_personal_token(token)
    assert get(simulator, path, token).status == 401
    assert get(simulator, path, simulator.sign_in(ADA)["access_token"]).status == 401


@pytest.mark.parametrize("path", [USAGE, "/api/codex/usage"])
def test_usage(simulator: Simulator, path: str) -> None:
    """Windows say how long they are; the account of the header counts, and what was set stays."""
    token = simulator.sign_in(ADA)["access_token"]
    personal = get(simulator, path, token).json
    limits = personal["rate_limit"]
    assert limits["primary_window"]["limit_window_seconds"] == 18_000
    assert limits["secondary_window"]["limit_window_seconds"] == 604_800
    assert personal["plan_type"] == "plus"
    simulator.backend.set_usage(ADA, "Acme", primary=100, secondary=None)
    work = get(simulator, path, token, "ws-acme").json
    assert work["plan_type"] == "team"
    assert work["rate_limit"]["primary_window"]["used_percent"] == 100
    assert work["rate_limit"]["secondary_window"] is None
    assert work["rate_limit_reached_type"] == {"type": "rate_limit_reached"}
    assert get(simulator, path, token).json["rate_limit"]["primary_window"]["used_percent"] == 12


def test_accounts(simulator: Simulator) -> None:
    """Every workspace of the person is listed, whichever the token is for."""
    token = simulator.sign_in(ADA, "Acme")["access_token"]
    told = get(simulator, "/backend-api/wham/accounts/check", token).json
    assert [each["plan_type"] for each in told["accounts"]] == ["plus", "team"]
    assert told["account_ordering"] == [each["id"] for each in told["accounts"]]


def test_bearers_that_are_not_taken(simulator: Simulator) -> None:
    """A stranger's, an expired one, and one of a session that was ended get their own words."""
    expired = simulator.sign_in(ADA, issued_at=1000)["access_token"]
    ended = simulator.sign_in(ADA)["access_token"]
    simulator.families[-1].ended = True
    codes = {"x" * 40: "invalid_token", expired: "token_expired", ended: "token_revoked"}
    for token, code in codes.items():
        reply = get(simulator, USAGE, token)
        assert (reply.status, reply.json["error"]["code"]) == (401, code)
