"""`claims`: decoded as Codex decodes, picked as Codex picks, explained for people."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.claims import (
    AUTH_CLAIM,
    MEANINGS,
    NO_FACTS,
    PLAN_NAMES,
    PROFILE_CLAIM,
    decode,
    explain,
    facts_of,
    is_workspace_plan,
    payload,
    plan_name,
    scopes_of,
    token_facts,
)
from profiles.errors import TokenMalformed
from tests.support.tokens import NOON, Login, jwt

ADA = Login()


def _token(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{body}.c2ln"


def test_what_is_picked_from_the_id_token() -> None:
    """E-mail, plan, user, account, session and times stand where Codex looks for them."""
    facts = token_facts(ADA.id_token)
    assert facts.email == ADA.email
    assert facts.plan == "plus"
    assert (facts.user_id, facts.account_id) == ADA.identity
    assert facts.session == ADA.session_id
    assert (facts.issued_at, facts.expires_at) == (NOON, NOON + 3600)


def test_the_access_token_has_its_own_session_claim() -> None:
    """`session_id` there, `sid` in the id_token: one name for one sign-in."""
    assert token_facts(ADA.access_token).session == token_facts(ADA.id_token).session
    assert token_facts(ADA.access_token).expires_at == ADA.expires_at


@pytest.mark.parametrize(
    ("claims", "field", "value"),
    [
        ({"email": "a@x", PROFILE_CLAIM: {"email": "b@x"}}, "email", "a@x"),
        ({"email": "", PROFILE_CLAIM: {"email": "b@x"}}, "email", "b@x"),
        ({PROFILE_CLAIM: {"email": "b@x"}}, "email", "b@x"),
        ({PROFILE_CLAIM: "b@x"}, "email", None),
        ({AUTH_CLAIM: {"chatgpt_user_id": "u1", "user_id": "u2"}}, "user_id", "u1"),
        ({AUTH_CLAIM: {"user_id": "u2"}}, "user_id", "u2"),
        ({"sub": "s", "user_id": "top"}, "user_id", None),
        ({"chatgpt_account_id": "top"}, "account_id", None),
        ({"organizations": [{"id": "org-1"}]}, "account_id", None),
        ({AUTH_CLAIM: {"chatgpt_account_id": 7}}, "account_id", None),
        ({"sid": "one", "session_id": "two"}, "session", "one"),
        ({"session_id": "two"}, "session", "two"),
        ({"iat": True}, "issued_at", None),
        ({"iat": "1767614400"}, "issued_at", None),
        ({"iat": -5}, "issued_at", None),
        ({"iat": 0}, "issued_at", None),
        ({"exp": 1e300}, "expires_at", None),
        ({"exp": 253402300799}, "expires_at", 253402300799.0),
        ({"exp": 1767614400.5}, "expires_at", 1767614400.5),
    ],
)
def test_precedence_and_types(claims: dict[str, object], field: str, value: object) -> None:
    """First what Codex takes first; what is of a wrong type, or no time that can be shown, is not there."""
    assert getattr(facts_of(claims), field) == value


@pytest.mark.parametrize(
    "token",
    [
        "",
        "opaque",
        "a.b",
        "a..c",
        ".b.c",
        "a.b.",
        "a.!.c",
        "a.e30=.c",
        "a.W10x.c",
        "e30.IiI.c",
        "e30.bnVsbA.c",
    ],
)
def test_what_is_no_token(token: str) -> None:
    """Refused without a word of the token in the error; an opaque access token simply has no facts."""
    with pytest.raises(TokenMalformed) as refused:
        payload(token)
    assert len(token) < 5 or token not in refused.value.message
    assert token_facts(token) == NO_FACTS


def test_padding_is_not_taken_and_not_needed() -> None:
    """base64url of every length without `=`, as Codex insists."""
    for size in range(8):
        claims = {"a": "x" * size}
        assert payload(_token(claims)) == claims
        padded = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
        if "=" in padded:
            with pytest.raises(TokenMalformed):
                payload(f"e30.{padded}.c2ln")


@given(st.text(max_size=60))
def test_any_text_is_a_token_or_malformed(text: str) -> None:
    """Nothing else is ever raised."""
    try:
        claims = payload(text)
    except TokenMalformed:
        return
    assert isinstance(claims, dict)
    facts_of(claims)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=5),
        lambda inner: st.dictionaries(
            st.sampled_from([AUTH_CLAIM, PROFILE_CLAIM, "email", "iat", "exp", "sid", "x"]), inner
        ),
        max_leaves=8,
    )
)
def test_any_claims_can_be_picked_from_and_explained(claims: object) -> None:
    """Whatever a token claims, picking and explaining work, and times are times."""
    try:
        found = payload(_token(claims))
    except TokenMalformed:
        return
    facts = facts_of(found)
    for moment in (facts.issued_at, facts.expires_at):
        assert moment is None or 0 < moment < 253402300800
    for row in explain(found):
        assert isinstance(row.value, str)
    scopes_of(found)


def test_every_plan_has_its_name() -> None:
    """Names as Codex shows them; an unknown plan is shown as it stands, in its own case."""
    expected = {
        "free": "Free",
        "go": "Go",
        "plus": "Plus",
        "pro": "Pro",
        "prolite": "Pro Lite",
        "team": "Team",
        "business": "Business",
        "ent26": "Enterprise",
        "enterprise": "Enterprise",
        "hc": "Enterprise",
        "edu": "Edu",
        "education": "Edu",
    }
    assert {plan: plan_name(plan) for plan in expected} == expected
    assert set(expected) <= set(PLAN_NAMES)
    assert [plan_name(plan) for plan in ("k12", "PLUS", "", None)] == ["k12", "PLUS", "", None]


def test_workspace_plans() -> None:
    """All from team on belong to a workspace; personal and unknown ones do not."""
    personal = {"free", "go", "plus", "pro", "prolite"}
    for plan in PLAN_NAMES:
        assert is_workspace_plan(plan) == (plan not in personal)
    assert not is_workspace_plan(None)
    assert not is_workspace_plan("k12")


def test_scopes_are_found_in_either_claim() -> None:
    """A list in `scp` or a text in `scope`; anything else is none."""
    assert scopes_of(payload(ADA.access_token)) == ["openid", "profile", "email", "offline_access"]
    assert scopes_of({"scope": "openid  email"}) == ["openid", "email"]
    assert scopes_of({"scp": ["a", 1, None]}) == ["a"]
    assert scopes_of({"scp": {"a": 1}}) == []
    assert scopes_of({}) == []


def test_every_claim_of_a_token_is_explained() -> None:
    """Each claim that OpenAI's tokens have is shown with its meaning, objects opened; unknown ones raw."""
    token = replace(ADA, extra=(("something_new", {"a": [1, "ü"]}),)).id_token
    rows = {row.name: row for row in explain(decode(token))}
    assert rows["auth.chatgpt_plan_type"].value == "plus"
    assert rows["auth.chatgpt_account_id"].meaning
    assert rows["email"].value == ADA.email
    assert rows["something_new.a"].value == '[1, "ü"]'
    assert rows["something_new.a"].meaning == ""
    unknown = {name for name, row in rows.items() if not row.meaning}
    assert unknown == {"something_new.a"}
    assert all(MEANINGS.values())


def test_decoding_for_people_and_for_codex_agree() -> None:
    """PyJWT and our own reading give the same claims, and a header that PyJWT dislikes changes nothing."""
    for token in (ADA.id_token, ADA.access_token):
        assert decode(token) == payload(token)
    body = ADA.id_token.split(".")[1]
    assert decode(f"!!!.{body}.sig") == payload(ADA.id_token)
    assert decode(jwt({"nbf": "soon"})) == {"nbf": "soon"}
