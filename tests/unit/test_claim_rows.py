"""The claims of a token for people: all of them, each explained, and nothing that harms whoever reads them."""

from __future__ import annotations

import json

import pytest

from profiles.claim_rows import HIDDEN, LONGEST, LONGEST_NAME, MOST, claim_rows, json_text
from profiles.claims import MEANINGS, payload
from tests.support.cli import leaked
from tests.support.tokens import AUTH_CLAIM, Login

JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


@pytest.mark.parametrize("token", ["id_token", "access_token"])
def test_every_claim_of_a_login_is_there_and_known(token: str) -> None:
    """Catches a claim that is left out, or comes without its meaning: the made-up logins have all that are real."""
    claims = payload(getattr(Login(), token))
    rows = claim_rows(claims).rows
    names = {row.name for row in rows}
    for name, value in claims.items():
        short = name.removeprefix("https://api.openai.com/")
        inner = value if isinstance(value, dict) else None
        wanted = [f"{short}.{each}" for each in inner] if inner else [short]
        for each in wanted:
            assert any(known == each or known.startswith(f"{each}[") for known in names), each
    assert [row.name for row in rows if row.meaning is None] == []


def test_nested_claims_are_flattened() -> None:
    """Objects and lists of objects become rows with dotted names, and keep what they mean."""
    claims = {
        AUTH_CLAIM: {
            "chatgpt_plan_type": "team",
            "groups": [],
            "organizations": [{"id": "org-1", "role": "owner"}, {"id": "org-2"}],
        },
        "aud": ["one", "two"],
        "exp": 1_768_478_400,
    }
    rows = {row.name: row for row in claim_rows(claims).rows}
    assert rows["auth.chatgpt_plan_type"].value == "Team (team)"
    assert rows["auth.groups"].value == "(none)"
    assert rows["auth.organizations[1].id"].value == "org-2"
    assert rows["auth.organizations[0].role"].meaning == "role of the person in it"
    assert rows["aud"].value == "one, two"
    assert rows["exp"].moment == 1_768_478_400
    assert list(rows)[:2] == ["aud", "exp"], "what needs no opening comes first"


def test_times_are_told_from_numbers() -> None:
    """A claim that says a time has it as such, in seconds or as text; nonsense there is no time."""
    until = f"{AUTH_CLAIM}"
    claims = {
        "iat": 1_767_614_400.5,
        "nbf": "soon",
        "auth_time": -5,
        "exp": 10**400,
        until: {"chatgpt_subscription_active_until": "2027-01-01T00:00:00+00:00"},
        "unheard": 1_767_614_400,
    }
    moments = {row.name: row.moment for row in claim_rows(claims).rows}
    assert moments["iat"] == 1_767_614_400.5
    assert moments["auth.chatgpt_subscription_active_until"] == 1_798_761_600
    for name in ("nbf", "auth_time", "exp", "unheard"):
        assert moments[name] is None, name


def test_what_is_unknown_is_shown_and_called_so() -> None:
    """A claim that came after us is not hidden: it has no meaning here, and its value as it stands."""
    rows = {row.name: row for row in claim_rows({"new": {"deep": {"er": [1, None]}}}).rows}
    assert rows["new.deep.er"].meaning is None
    assert rows["new.deep.er"].value == "1, null"


@pytest.mark.parametrize(
    "claims",
    [
        {"x": "y" * 5_000_000},
        {"y" * 1_000_000: 1},
        {f"claim-{number}": number for number in range(10_000)},
        {"x": {f"claim-{number}": number for number in range(10_000)}},
        {"x": list(range(1_000_000))},
        {"x": [{"y": 1}] * 100_000},
        {"x": "\u202e\x1b[2J\x00[bold]" * 1000},
    ],
    ids=["long", "long name", "many", "many below", "list", "objects", "steering"],
)
def test_what_is_too_much_is_cut_and_says_so(claims: dict[str, object]) -> None:
    """However much a token holds, there are few rows of few characters; what is left out is counted."""
    rows, more = claim_rows(claims)
    assert 0 < len(rows) <= MOST
    for row in rows:
        assert len(row.name) <= LONGEST_NAME + 40
        assert len(row.value) <= LONGEST + 40
    if len(claims) > MOST:
        assert more == len(claims) - MOST
    text = json_text(claims)
    assert text.replace("\n", "").isprintable()
    assert json.loads(text) == claims


def test_depth_ends_nothing() -> None:
    """A claim of fifty thousand brackets is said to be too deep, in both forms."""
    deep: object = "x"
    for _ in range(50_000):
        deep = [deep]
    assert claim_rows({"x": deep}).rows
    assert "too deep" in json_text({"x": deep})
    boxes: object = "x"
    for _ in range(5000):
        boxes = {"y": boxes}
    assert claim_rows({"x": boxes}).rows
    assert "too deep" in json_text({"x": boxes})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("act", JWT),
        ("note", f"see {JWT} there"),
        ("agent_private_key", "MC4CAQAwBQYDK2VwBCIEI"),
        ("refresh_token", "anything"),
        ("x", "sk-proj-0123456789abcdefghij"),
        ("x", "rt_0123456789abcdefghij"),
        ("x", "-----BEGIN PRIVATE KEY-----"),
    ],
)
def test_what_looks_like_a_credential_is_not_shown(name: str, value: str) -> None:
    """A token within a token, a key, a private key: named, never shown, neither as a row nor as JSON."""
    for claims in ({name: value}, {"deep": [{name: value}]}):
        assert HIDDEN in {row.value for row in claim_rows(claims).rows}
        text = json_text(claims)
        assert value not in text
        assert HIDDEN in text
    assert value not in json_text({value: 1}) or name != "act"


def test_no_known_claim_looks_like_one() -> None:
    """The net for credentials catches nothing that every token has."""
    login = Login()
    for token in (login.id_token, login.access_token):
        assert HIDDEN not in json_text(payload(token))
        assert not leaked(json_text(payload(token)))
    assert not [name for name in MEANINGS if HIDDEN in json_text({name: "x"})]
