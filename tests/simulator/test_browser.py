"""Browser logins at the simulator: the page, the callback, the code and its verifier."""

from __future__ import annotations

import re

import pytest

from profiles.claims import payload
from tests.simulator.client import (
    REDIRECT,
    STATE,
    VERIFIER,
    ask,
    authorize_url,
    exchange,
    post_form,
    query_of,
    refresh,
)
from tui.simulator.grants import GrantRefusedError
from tui.simulator.server import Simulator
from tui.simulator.tokens import AUTH_CLAIM

ADA = "ada@example.com"


def test_a_whole_login(simulator: Simulator) -> None:
    """The click leads to the callback with code and state, the code with the verifier to tokens."""
    callback = simulator.browse(authorize_url(simulator.url), ADA)
    assert callback.startswith(f"{REDIRECT}?")
    assert query_of(callback)["state"] == STATE
    tokens = exchange(simulator.url, query_of(callback)["code"]).json
    claims = payload(tokens["access_token"])
    assert claims["scp"] == ["openid", "profile", "email", "offline_access"]
    assert claims["exp"] - claims["iat"] == tokens["expires_in"] == 864_000
    assert payload(tokens["id_token"])["sid"] == claims["session_id"]
    assert {VERIFIER, query_of(callback)["code"]} <= simulator.secrets()


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "another-" * 10},
        {"code_verifier": ""},
        {"redirect_uri": "http://localhost:1455/auth/callback"},
        {"client_id": "app_another"},
    ],
)
def test_a_code_is_for_one_verifier_client_and_redirect(
    simulator: Simulator, changes: dict[str, str]
) -> None:
    """What does not prove itself gets no token."""
    code = query_of(simulator.browse(authorize_url(simulator.url), ADA))["code"]
    reply = exchange(simulator.url, code, **changes)
    assert (reply.status, reply.json["error"]) == (400, "invalid_grant")


def test_a_code_is_good_once(simulator: Simulator) -> None:
    """The second exchange fails, and what the first one brought can be refreshed no more."""
    code = query_of(simulator.browse(authorize_url(simulator.url), ADA))["code"]
    tokens = exchange(simulator.url, code).json
    assert exchange(simulator.url, code).status == 400
    assert refresh(simulator.url, tokens["refresh_token"]).status == 401


def test_a_code_dies(simulator: Simulator) -> None:
    """After ten minutes it is too late."""
    clock = [1_000_000.0]
    with Simulator(now=lambda: clock[0]) as later:
        code = query_of(later.browse(authorize_url(later.url), ADA))["code"]
        clock[0] += 600
        assert exchange(later.url, code).status == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": "token"},
        {"code_challenge": None},
        {"code_challenge": VERIFIER},
        {"code_challenge_method": "plain"},
        {"redirect_uri": "http://127.0.0.1:1456/auth/callback"},
        {"state": None},
        {"client_id": None},
    ],
)
def test_urls_that_the_page_refuses(simulator: Simulator, changes: dict[str, str | None]) -> None:
    """A URL that the service would not take is not taken here either."""
    url = authorize_url(simulator.url, **changes)
    with pytest.raises(GrantRefusedError):
        simulator.browse(url, ADA)
    assert ask(url).status == 400


def test_workspaces(simulator: Simulator) -> None:
    """One may be asked for; the URL may allow some only; the click may still be on another."""
    url = authorize_url(simulator.url, allowed_workspace_id="ws-other,ws-acme")
    for asked, workspace in (
        (None, "ws-acme"),
        ("Personal", simulator.people.find(ADA).account_id),
    ):
        code = query_of(simulator.browse(url, ADA, asked))["code"]
        claims = payload(exchange(simulator.url, code).json["id_token"])
        assert claims[AUTH_CLAIM]["chatgpt_account_id"] == workspace
    with pytest.raises(KeyError):
        simulator.browse(url, ADA, "Elsewhere")
    assert b"Acme" in ask(url).body
    assert b"Personal" not in ask(url).body


def test_callbacks_that_come_to_nothing(simulator: Simulator) -> None:
    """An error, and the one of an account without Codex, as it is asked for and as a person has it."""
    url = authorize_url(simulator.url)
    assert query_of(simulator.browse(url, ADA, error="server_error")) == {
        "error": "server_error",
        "state": STATE,
    }
    simulator.people.add("eve@example.com", entitled=False)
    missing = {
        "error": "access_denied",
        "error_description": "missing_codex_entitlement",
        "state": STATE,
    }
    assert query_of(simulator.browse(url, "eve@example.com")) == missing
    assert query_of(simulator.browse(url, ADA, error="missing_codex_entitlement")) == missing


def test_the_page_by_clicks(simulator: Simulator) -> None:
    """The form of the page leads to the callback, or to a denial; nobody made up gets in."""
    url = authorize_url(simulator.url)
    html = ask(url).body.decode()
    assert html.count("<button") == 3
    action = f"{simulator.url}/oauth/authorize"
    query = url.partition("?")[2]
    who = re.findall(r'name="who" value="([^"]+)"', html)[1].replace("&amp;", "&")
    reply = post_form(action, {"query": query, "who": who})
    assert reply.status == 302
    assert exchange(simulator.url, query_of(reply.headers["Location"])["code"]).status == 200
    denied = post_form(action, {"query": query, "who": "nobody"})
    assert query_of(denied.headers["Location"])["error"] == "access_denied"
    assert post_form(action, {"query": query, "who": "email=x&in=y"}).status == 400


def test_what_is_asked_never_becomes_markup(simulator: Simulator) -> None:
    """A page shows what came in the URL as text."""
    url = f"{simulator.url}/codex/device?user_code=%22%3E%3Cscript%3E"
    assert b"<script>" not in ask(url).body
