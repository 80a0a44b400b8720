"""Where usage is asked for (C120, R22): the profile's own home decides, then a variable, then the public address."""

from __future__ import annotations

import pytest

from profiles.errors import UsageError
from profiles.oauth.backend import BACKEND_VARIABLE, find_backend
from profiles.overrides import HomeSettings
from tests.usage.stand import UsageStand
from tui.simulator.routes import USAGE
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def named(base: str | None, **environ: str) -> tuple[str, str]:
    """Return the two addresses for a home that names this base."""
    backend = find_backend(HomeSettings("config.toml", base_url=base), environ)
    return backend.usage_url, backend.accounts_url


@pytest.mark.parametrize(
    ("base", "usage"),
    [
        (None, "https://chatgpt.com/backend-api/wham/usage"),
        ("https://chatgpt.com/backend-api/", "https://chatgpt.com/backend-api/wham/usage"),
        ("https://chatgpt.com", "https://chatgpt.com/backend-api/wham/usage"),
        ("https://chat.openai.com///", "https://chat.openai.com/backend-api/wham/usage"),
        ("https://codex.example/", "https://codex.example/api/codex/usage"),
        ("https://x.example/y/backend-api//", "https://x.example/y/backend-api/wham/usage"),
        ("https://x.example/backend-api/v2", "https://x.example/backend-api/v2/wham/usage"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/codex/usage"),
        ("http://[::1]:8080/backend-api", "http://[::1]:8080/backend-api/wham/usage"),
        ("http://localhost/backend-api", "http://localhost/backend-api/wham/usage"),
    ],
)
def test_addresses(base: str | None, usage: str) -> None:
    """As Codex makes them (tests/real_codex compares); the workspaces' address stands beside."""
    assert named(base) == (usage, usage.removesuffix("/usage") + "/accounts/check")


@pytest.mark.parametrize(
    "base",
    [
        "http://chatgpt.com/backend-api/",
        "http://10.0.0.1/backend-api",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "ftp://127.0.0.1/",
        "https://user:password@chatgpt.com/",
        "https://chatgpt.com/backend-api?x=1",
        "https://chatgpt.com/backend-api#x",
        "https://",
        "chatgpt.com",
        "https://exämple.com/",
    ],
)
def test_where_no_token_is_sent(base: str) -> None:
    """Nothing but https, but for this machine itself; nothing with a user name, a query or a fragment."""
    with pytest.raises(UsageError) as raised:
        named(base)
    assert "config.toml" in raised.value.message
    assert raised.value.hint is not None
    with pytest.raises(UsageError) as raised:
        named(None, **{BACKEND_VARIABLE: base})
    assert raised.value.hint == f"unset {BACKEND_VARIABLE}"
    assert "password" not in raised.value.message


def test_the_home_wins_over_the_variable() -> None:
    """The variable is for homes that name nothing; empty it counts as unset."""
    there = {BACKEND_VARIABLE: "https://there.example/backend-api/"}
    assert named(None, **there)[0] == "https://there.example/backend-api/wham/usage"
    assert named("https://here.example", **there)[0] == "https://here.example/api/codex/usage"
    assert named(None, **{BACKEND_VARIABLE: " "})[0].startswith("https://chatgpt.com/")


def test_a_login_is_shown_to_its_own_backend_only(box: Box) -> None:
    """`chatgpt_base_url` of one home takes no other login there (R22)."""
    with UsageStand(box) as stand, Simulator(now=lambda: stand.time) as other:
        stand.log_in("ada")
        stand.log_in("bob")
        with open(f"{box.profile('bob')}/config.toml", "w", encoding="utf-8") as file:
            file.write(f'chatgpt_base_url = "{other.backend_url}"\n')
        ada, bob = stand.usage()
        assert ada.is_fresh
        assert not bob.is_fresh
        assert len(stand.asked()) == 1
        assert {request.bearer for request in other.log} & {
            r.bearer for r in stand.asked()
        } == set()
        assert other.requests(USAGE), "this other backend was not asked at all"


@pytest.mark.parametrize(
    "line", ['chatgpt_base_url = "http://evil.example/backend-api"', "not TOML at all"]
)
def test_a_home_that_names_no_safe_backend_is_not_asked(box: Box, line: str) -> None:
    """The login is told to be not asked, and the public address is not asked in its place."""
    with UsageStand(box) as stand:
        stand.log_in("ada")
        with open(f"{box.profile('ada')}/config.toml", "w", encoding="utf-8") as file:
            file.write(f"{line}\n")
        result = stand.one()
        assert result.failure == "failed"
        assert "config.toml" in (result.error or "")
        assert result.hint is not None
        assert stand.simulator.log == []
