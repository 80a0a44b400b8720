"""R10: adopt first, remember what was replaced, carry over what old clients drop."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from profiles.auth_file import parse
from profiles.generation import known_same_lineage
from profiles.leftovers import HALF_MADE
from tests.rules.yard import ADA, BOB, Yard, read, write
from tests.support.documents import VARIANTS
from tests.support.tokens import CLIENT_ID, HOUR, ISSUER, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tests.conftest import Box

NEWER = ADA.rotate(HOUR)
SECOND = ADA.sign_in("second", ADA.issued_at + HOUR)
PROVENANCE = {"issuer": ISSUER, "client_id": CLIENT_ID}


def _tokens(path: str) -> dict[str, Any]:
    tokens = json.loads(read(path))["tokens"]
    assert isinstance(tokens, dict)
    return tokens


def _settled(box: Box) -> Yard:
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(ADA)
    return yard


@pytest.mark.parametrize("name", [n for n in VARIANTS if n not in ("no login", "headers")])
def test_r10_a_live_login_of_any_kind_is_adopted(box: Box, name: str) -> None:
    """What no profile has is saved byte for byte before a switch goes on, whatever kind of login it is."""
    yard = Yard(box)
    yard.save("dan", ADA.of(Person("dan")))
    yard.live(VARIANTS[name])
    result = yard.switch("dan")
    assert result.adopted is not None
    assert read(yard.saved(result.adopted)) == VARIANTS[name].data()
    assert any(result.adopted in sentence for sentence in result.said)
    assert yard.switch(result.adopted).changed
    assert read(yard.live_path) == VARIANTS[name].data()


def test_r10_no_login_is_not_adopted(box: Box) -> None:
    """An empty document is nobody's login."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.live(VARIANTS["no login"])
    result = yard.switch("ada")
    assert (result.adopted, yard.names()) == (None, ["ada"])


def test_r10_the_name_is_the_local_part_then_the_plan_then_a_number(box: Box) -> None:
    """Names are found without asking, and never taken from another profile, whatever its case."""
    yard = Yard(box)
    names = []
    for workspace, plan in (
        ("personal", "plus"),
        ("acme", "team"),
        ("beta", "team"),
        ("c", "team"),
    ):
        login = replace(ADA, workspace=workspace, plan=plan)
        yard.live(login)
        names.append(yard.reconcile().adopted)
    assert names == ["ada", "ada-team", "ada-2", "ada-3"]
    yard.live(Login(Person("ADA"), workspace="other"))
    assert yard.reconcile().adopted == "ADA-plus"


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("../../etc/passwd@x.org", "etc-passwd"),
        ("Ünïcode@x.org", "n-code"),
        (".hidden@x.org", "hidden"),
        ("a" * 300 + "@x.org", "a" * 50),
        ("-rf *@x.org", "rf"),
        ("@x.org", "chatgpt"),
        ("\x1b[31mred@x.org", "31mred"),
        (f"{HALF_MADE}1@x.org", "new-1"),
    ],
)
def test_r10_an_odd_address_makes_a_plain_name(box: Box, email: str, name: str) -> None:
    """Whatever stands in the e-mail claim, the folder is one that a profile may have, in its place."""
    yard = Yard(box)
    yard.live(replace(ADA, plan=None, extra=(("email", email),)))
    assert yard.reconcile().adopted == name
    assert yard.names() == [name]


def test_r10_adopting_says_one_line_and_notes_it(box: Box) -> None:
    """The person is told the name and whose login it is; the history has it without a secret."""
    yard = Yard(box)
    yard.live(ADA)
    report = yard.reconcile()
    assert len(report.said) == 1
    assert "ada" in report.said[0]
    assert ADA.email in report.said[0]
    (entry,) = yard.history()
    assert (entry.verb, entry.profile, entry.result) == ("add", "ada", "adopted")


def test_r10_what_a_newer_copy_of_the_family_replaces_is_spent(box: Box) -> None:
    """Known kin, later iat: the older refresh token was exchanged, and is never installed again."""
    yard = _settled(box)
    yard.live(NEWER)
    yard.reconcile()
    assert yard.is_spent(ADA)
    assert not yard.is_spent(NEWER)


@pytest.mark.parametrize(
    "newer",
    [
        pytest.param(SECOND, id="another sign-in"),
        pytest.param(replace(NEWER, with_sid=False).as_098(), id="no name in common"),
        pytest.param(replace(ADA, issued_at=ADA.issued_at + HOUR), id="the same token again"),
    ],
)
def test_r10_nothing_else_is_called_spent(box: Box, newer: Login) -> None:
    """A replaced token that may be alive is not."""
    yard = _settled(box)
    yard.save("ada", replace(ADA, with_sid=newer.with_sid))
    yard.live(newer)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), newer)
    assert not yard.is_spent(ADA)
    assert not yard.is_spent(newer)


def test_r10_a_weak_verdict_calls_nothing_spent(box: Box) -> None:
    """Told apart by mtime alone, or by exp: enough to choose one, not to declare the other dead."""
    yard = _settled(box)
    old, new = replace(ADA, with_iat=False, opaque=True), replace(NEWER, opaque=True)
    yard.save("ada", old.document().having(last_refresh=...))
    yard.age(yard.saved("ada"), 900)
    yard.live(new.document().having(last_refresh=...))
    yard.age(yard.live_path, 10)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), new)
    assert not yard.is_spent(ADA)


def test_r10_what_098_drops_is_carried_over(box: Box) -> None:
    """Codex 0.98 refreshed and dropped provenance and owner id: the profile gets the new tokens with both."""
    yard = _settled(box)
    live = yard.live(NEWER.as_098())
    assert "oauth_provenance" not in _tokens(live)
    yard.switch("bob")
    tokens = _tokens(yard.saved("ada"))
    assert tokens["oauth_provenance"] == PROVENANCE
    assert tokens["login_owner_id"] == ADA.login_owner_id
    assert {k: tokens[k] for k in NEWER.as_098().tokens()} == NEWER.as_098().tokens()
    yard.switch("ada")
    assert _tokens(yard.live_path)["oauth_provenance"] == PROVENANCE


def test_r10_the_rewritten_document_is_still_codexs(box: Box) -> None:
    """Carried fields aside nothing changes: order, indentation, unknown fields, `last_refresh`."""
    yard = _settled(box)
    old = NEWER.as_098().document().having(future={"ü": [1, 2.5, None, True]})
    yard.live(old)
    yard.reconcile()
    expected = old.having_tokens(
        oauth_provenance=PROVENANCE, login_owner_id=ADA.login_owner_id
    ).data()
    assert read(yard.saved("ada")) == expected


def test_r10_otherwise_copies_are_faithful_to_the_byte(box: Box) -> None:
    """Odd spacing, odd order and a final newline survive a write-back and a switch."""
    yard = _settled(box)
    value = NEWER.document().value
    raw = json.dumps(dict(reversed(value.items())), indent=7).encode() + b"\n\n"
    write(yard.live_path, raw)
    yard.switch("bob")
    assert read(yard.saved("ada")) == raw
    yard.switch("ada")
    assert read(yard.live_path) == raw


def test_r10_fields_are_not_carried_from_another_sign_in(box: Box) -> None:
    """The older sign-in's owner id would claim a kinship that is not there, and call a living token spent."""
    yard = _settled(box)
    yard.live(SECOND.as_098())
    yard.reconcile()
    assert "login_owner_id" not in _tokens(yard.saved("ada"))
    assert not yard.is_spent(ADA)


def test_r10_an_owner_id_is_not_carried_where_no_kinship_is_known(box: Box) -> None:
    """Without any session 0.98's new login may be another sign-in: it must not be made kin of the one it replaces."""
    yard = _settled(box)
    first, other = replace(ADA, with_sid=False), replace(SECOND, with_sid=False).as_098()
    yard.save("ada", first)
    yard.live(other)
    yard.reconcile()
    saved = parse(read(yard.saved("ada")), "saved")
    assert not known_same_lineage(saved, parse(first.document().data(), "first"))
    assert not yard.is_spent(ADA)
    assert yard.backed_up(ADA, box.profile("ada"))
