"""R1: a login is a person in a workspace, read from the id_token (profiles/RULES.md)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from profiles.auth_file import AuthDocument, parse
from profiles.model import API_KEY, CHATGPT, Identity
from tests.rules.yard import ADA, BOB, Yard, identity_of, read
from tests.support.documents import (
    VARIANTS,
    api_key,
    with_agent_identity_object,
    with_api_key,
    with_bedrock_api_key,
    with_key_and_tokens,
    with_old_api_key,
    with_personal_access_token,
)
from tests.support.tokens import HOUR, Document, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

ACME_ADA = ADA.in_workspace("acme")
ACME_BOB = ACME_ADA.of(Person("bob"))


def _parsed(document: Document) -> AuthDocument:
    return parse(document.data(), "made")


def test_r1_two_members_of_one_workspace_are_two_logins(box: Box) -> None:
    """Two members share an account id: each one's newer tokens go to their own profile, never the other's."""
    yard = Yard(box)
    assert ACME_ADA.account_id == ACME_BOB.account_id
    yard.save("ada", ACME_ADA)
    yard.save("bob", ACME_BOB)
    newer = ACME_ADA.rotate(3 * HOUR)
    yard.live(newer)
    assert yard.switch("bob").written_back == "ada"
    assert yard.holds(yard.saved("ada"), newer)
    assert yard.holds(yard.saved("bob"), ACME_BOB)
    assert yard.holds(yard.live_path, ACME_BOB)
    yard.live(ACME_BOB.rotate(HOUR))
    yard.switch("ada")
    assert yard.holds(yard.saved("bob"), ACME_BOB.rotate(HOUR))
    assert yard.holds(yard.live_path, newer)


def test_r1_one_person_in_two_workspaces_is_two_logins(box: Box) -> None:
    """One user id, two account ids: rotating one never touches the other, whichever is newer."""
    yard = Yard(box)
    yard.save("home", ADA)
    yard.save("work", ACME_ADA)
    newer = ACME_ADA.rotate(3 * HOUR)
    yard.live(newer)
    result = yard.switch("home")
    assert (result.before, result.to, result.written_back) == ("work", "home", "work")
    assert yard.holds(yard.saved("home"), ADA)
    assert yard.holds(yard.saved("work"), newer)
    assert yard.names() == ["home", "work"]


def test_r1_a_new_address_is_the_same_login(box: Box) -> None:
    """The e-mail is no part of it: who changed their address keeps their profile."""
    yard = Yard(box)
    yard.save("ada", ADA)
    renamed = replace(ADA, person=Person("ada", domain="example.org")).rotate()
    assert renamed.email != ADA.email
    yard.live(renamed)
    assert yard.reconcile().adopted is None
    assert yard.names() == ["ada"]
    assert yard.holds(yard.saved("ada"), renamed)


def test_r1_same_address_is_not_the_same_login(box: Box) -> None:
    """Another user id under the same e-mail is somebody else: adopted, and Ada's file is left alone."""
    yard = Yard(box)
    yard.save("ada", ADA)
    claims = {"email": ADA.email}
    twin = Login(Person("mallory"), extra=tuple(claims.items())).rotate()
    assert _parsed(twin.document()).email == ADA.email
    yard.live(twin)
    report = yard.reconcile()
    assert report.adopted == "ada-plus"
    assert yard.holds(yard.saved("ada"), ADA)
    assert yard.holds(yard.saved("ada-plus"), twin)


def test_r1_the_id_token_decides_not_the_stored_account() -> None:
    """`tokens.account_id` and the access token are what old clients mix up; neither names the login."""
    document = ADA.document().having_tokens(
        account_id=ACME_ADA.account_id, access_token=BOB.access_token
    )
    assert _parsed(document).identity == Identity(CHATGPT, ADA.user_id, ADA.account_id, "")


@pytest.mark.parametrize("lacking", ["with_user_id", "with_account_id"])
def test_r1_a_login_without_one_of_the_two_equals_only_its_own_copy(lacking: str) -> None:
    """With user id or account id missing, nothing is equal but a copy with the same refresh token."""
    nobody = replace(ADA, **{lacking: False})  # type: ignore[arg-type]
    same = replace(nobody, issued_at=nobody.issued_at + 1)
    assert identity_of(nobody) == identity_of(same)
    assert identity_of(nobody) != identity_of(nobody.rotate())
    assert identity_of(nobody) != identity_of(nobody.sign_in("second"))
    assert identity_of(nobody) != identity_of(ADA)


@pytest.mark.parametrize("lacking", ["with_user_id", "with_account_id"])
def test_r1_an_unnamed_login_never_replaces_another_unnamed_one(box: Box, lacking: str) -> None:
    """Two logins that both lack their account id are not taken for one: both are still there."""
    yard = Yard(box)
    first = replace(ADA, **{lacking: False})  # type: ignore[arg-type]
    second = replace(ADA.sign_in("second", ADA.issued_at + HOUR), **{lacking: False})  # type: ignore[arg-type]
    yard.save("first", first)
    yard.live(second)
    report = yard.reconcile()
    assert report.adopted is not None
    assert first.refresh_token.encode() in read(yard.saved("first"))
    assert second.refresh_token.encode() in read(yard.saved(report.adopted))


@pytest.mark.parametrize(
    "name", [n for n in VARIANTS if "chatgpt" not in n and n not in ("no login", "headers")]
)
def test_r1_other_credentials_are_their_canonical_digest(name: str) -> None:
    """Keys and the like are known by what they are, however the file is laid out and whatever stands beside it."""
    document = VARIANTS[name]
    identity = identity_of(document)
    turned = dict(reversed(document.value.items()))
    compact = Document({**turned, "last_refresh": "2026-01-05T12:00:00Z"})
    raw = json.dumps(compact.value, separators=(",", ":")).encode()
    assert parse(raw, "made").identity == identity
    assert len(identity.key) == 64
    assert identity.user_id is None


def test_r1_two_keys_are_two_logins() -> None:
    """Different credentials of one kind differ, and a key is the same login with and without `auth_mode`."""
    for make in (with_api_key, with_personal_access_token, with_bedrock_api_key):
        assert identity_of(make("one")) != identity_of(make("two"))
    one, two = Person("one"), Person("two")
    assert identity_of(with_agent_identity_object(one)) != identity_of(
        with_agent_identity_object(two)
    )
    assert identity_of(with_api_key("one")) == identity_of(with_old_api_key("one"))


def test_r1_a_document_with_key_and_tokens_counts_as_both(box: Box) -> None:
    """Both logins of it are known, and after a switch away both secrets are in durable files (R4)."""
    yard = Yard(box)
    document = with_key_and_tokens(ADA, "exchanged")
    kinds = [login.identity.kind for login in _parsed(document).logins()]
    assert kinds == [CHATGPT, API_KEY]
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(document)
    yard.switch("bob")
    key = api_key("exchanged").encode()
    kept = [raw for raw in [read(yard.saved("ada")), *yard.backups()] if key in raw]
    assert kept, "the key that stood beside the tokens is nowhere"
    assert yard.holds(yard.saved("ada"), ADA)


def test_r1_tokens_below_a_key_count_as_a_login_too(box: Box) -> None:
    """`auth_mode: apikey` over tokens: Codex uses the key, and the tokens are still somebody's login."""
    yard = Yard(box)
    document = with_key_and_tokens(ADA).having(auth_mode="apikey")
    kinds = [login.identity.kind for login in _parsed(document).logins()]
    assert kinds == [API_KEY, CHATGPT]
    yard.save("bob", BOB)
    yard.live(document)
    yard.switch("bob")
    assert [place for place in yard.places(ADA) if not place.startswith(yard.home)]
