"""Every address that something secret is sent to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.errors import IssuerUnreachable, UsageError
from profiles.oauth.issuer import CLIENT_ID, Issuer, find_issuer, is_loopback, why_not_safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def test_the_public_issuer() -> None:
    """Without a word it is OpenAI's, at the addresses that 0.169 asks (C110 to C123)."""
    issuer = find_issuer({})
    base = "https://auth.openai.com"
    assert issuer == find_issuer({"SWITCHYARD_ISSUER": " "}) == Issuer(base, CLIENT_ID)
    assert issuer.client_id == "app_EMoamEEZ73f0CkXaXp7hrann"
    assert issuer.token_url == f"{base}/oauth/token"
    assert issuer.usercode_url == f"{base}/api/accounts/deviceauth/usercode"
    assert issuer.device_token_url == f"{base}/api/accounts/deviceauth/token"
    assert issuer.verification_url == f"{base}/codex/device"
    assert issuer.device_redirect_uri == f"{base}/deviceauth/callback"
    assert issuer.authorize_base == f"{base}/oauth/authorize"
    assert issuer.whoami_url({}) == f"{base}/api/accounts/v1/user-auth-credential/whoami"
    assert issuer.refresh_url({}) == issuer.token_url
    assert issuer.revoke_url({}) == f"{base}/oauth/revoke"


@pytest.mark.parametrize(
    ("named", "base"),
    [
        ("https://issuer.example.com", "https://issuer.example.com"),
        ("https://issuer.example.com//", "https://issuer.example.com"),
        ("https://issuer.example.com/path/", "https://issuer.example.com/path"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9:1", "http://127.9.9.9:1"),
        ("http://localhost:1/", "http://localhost:1"),
        ("http://[::1]:1", "http://[::1]:1"),
    ],
)
def test_another_issuer(named: str, base: str) -> None:
    """TLS anywhere, plain http on this machine; slashes at the end are cut (C109)."""
    assert find_issuer({"SWITCHYARD_ISSUER": named}).base == base


@pytest.mark.parametrize(
    "named",
    [
        "http://issuer.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://127.0.0.1.5",
        "http://127.1",
        "http://0.0.0.0:1",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://",
        "https://u:p@issuer.example.com",
        "https://issuer.example.com/?a=b",
        "https://issuer.example.com/#a",
        "https://issuer.example.com:port",
        "https://[",
        "https://issuer.example.com/a b",
        "https://issuer.example.com/\x1b[2J",
        "https://ïssuer.example.com",
        "issuer.example.com",
        "javascript:alert(1)",
    ],
)
def test_an_issuer_that_is_none(named: str) -> None:
    """Anything else is refused before a token could go there, in words that can be printed."""
    with pytest.raises(UsageError) as caught:
        find_issuer({"SWITCHYARD_ISSUER": named})
    assert caught.value.message.startswith("SWITCHYARD_ISSUER is ")
    assert caught.value.message.isprintable()
    assert "u:p" not in caught.value.message
    assert caught.value.hint == "unset SWITCHYARD_ISSUER"


def test_codex_own_overrides() -> None:
    """They count as in Codex, the one for refreshing even over the provenance (C71, C104, C123)."""
    issuer = Issuer("https://auth.openai.com")
    refresh = {"CODEX_REFRESH_TOKEN_URL_OVERRIDE": "https://r.example.com/x/token?y"}
    provenance = ("https://old.example.com/", "app_old")
    assert issuer.refresh_url({}, provenance) == "https://old.example.com/oauth/token"
    assert issuer.refresh_url(refresh, provenance) == "https://r.example.com/x/token?y"
    assert issuer.revoke_url(refresh) == "https://r.example.com/oauth/revoke"
    revoke = {**refresh, "CODEX_REVOKE_TOKEN_URL_OVERRIDE": "http://127.0.0.1:1/revoke"}
    assert issuer.revoke_url(revoke) == "http://127.0.0.1:1/revoke"
    accounts = {"CODEX_AUTHAPI_BASE_URL": "http://127.0.0.1:1/api/accounts/"}
    path = "/api/accounts/v1/user-auth-credential/whoami"
    assert issuer.whoami_url(accounts) == f"http://127.0.0.1:1{path}"


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("CODEX_REFRESH_TOKEN_URL_OVERRIDE", Issuer.refresh_url),
        ("CODEX_REFRESH_TOKEN_URL_OVERRIDE", Issuer.revoke_url),
        ("CODEX_REVOKE_TOKEN_URL_OVERRIDE", Issuer.revoke_url),
        ("CODEX_AUTHAPI_BASE_URL", Issuer.whoami_url),
    ],
)
def test_no_override_sends_a_token_over_plain_http(
    name: str, ask: Callable[[Issuer, Mapping[str, str]], str]
) -> None:
    """Codex would; we name the variable instead."""
    with pytest.raises(UsageError, match=name):
        ask(Issuer("https://auth.openai.com"), {name: "http://example.com/oauth/token"})


def test_no_provenance_sends_a_token_over_plain_http() -> None:
    """Nor does what stands in somebody's auth.json."""
    with pytest.raises(IssuerUnreachable, match="is not https"):
        Issuer("https://auth.openai.com").refresh_url({}, ("http://example.com", "app"))


@given(st.text(max_size=30))
def test_only_loopback_is_loopback(host: str) -> None:
    """No text counts as this machine that a resolver could take for another."""
    numbers = host.split(".")
    real = len(numbers) == 4 and numbers[0] == "127" and all(n.isdecimal() for n in numbers)
    assert is_loopback(host) is (real or host.lower() in ("localhost", "::1"))


@given(st.text(max_size=60))
def test_no_text_breaks_the_check(text: str) -> None:
    """Whatever stands in a variable gets a yes or a reason."""
    assert why_not_safe(text) is None or isinstance(why_not_safe(text), str)
