"""R2: one family of refresh tokens for each sign-in, told by owner id, else session, else identity."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profiles.auth_file import AuthDocument, parse
from profiles.generation import known_same_lineage, same_lineage
from tests.rules.yard import ADA, BOB, Yard
from tests.support.tokens import HOUR, Document, Login

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

SECOND = ADA.sign_in("second", ADA.issued_at + HOUR)


def _parsed(login: Login | Document) -> AuthDocument:
    document = login.document() if isinstance(login, Login) else login
    return parse(document.data(), "made")


NO_SESSION = replace(ADA, with_sid=False)
NAMELESS = replace(ADA, with_sid=False).as_098()


@pytest.mark.parametrize(
    ("one", "two", "same", "known"),
    [
        pytest.param(ADA, ADA.rotate(), True, True, id="a rotation"),
        pytest.param(ADA, SECOND, False, False, id="two sign-ins"),
        pytest.param(NO_SESSION, replace(SECOND, with_sid=False), False, False, id="owner ids"),
        pytest.param(ADA.as_098(), SECOND.as_098(), False, False, id="sessions"),
        pytest.param(ADA, ADA.rotate().as_098(), True, True, id="owner id on one side, sessions"),
        pytest.param(NO_SESSION, ADA.rotate().as_098(), True, False, id="no common name"),
        pytest.param(NAMELESS, NAMELESS.rotate(), True, False, id="identity alone"),
        pytest.param(ADA, BOB, False, False, id="another person"),
        pytest.param(ADA, ADA.in_workspace("acme"), False, False, id="another workspace"),
    ],
)
def test_r2_owner_id_then_session_then_identity(
    one: Login, two: Login, *, same: bool, known: bool
) -> None:
    """The best name that both copies have decides; only owner id and session make it known."""
    for first, second in ((one, two), (two, one)):
        assert same_lineage(_parsed(first), _parsed(second)) is same
        assert known_same_lineage(_parsed(first), _parsed(second)) is known


def test_r2_the_owner_id_wins_over_the_session() -> None:
    """Codex's own name for a sign-in stays over refreshes whatever the issuer does with its sessions."""
    moved = replace(ADA.rotate(), lineage="elsewhere")
    document = moved.document().having_tokens(login_owner_id=ADA.login_owner_id)
    assert same_lineage(_parsed(ADA), _parsed(document))
    assert known_same_lineage(_parsed(ADA), _parsed(document))


def test_r2_the_session_may_stand_in_the_access_token_alone() -> None:
    """`session_id` of the access token names the family when the id_token has no `sid`."""
    document = replace(ADA.rotate(), with_sid=False).as_098().document()
    with_session = document.having_tokens(access_token=ADA.rotate().access_token)
    assert known_same_lineage(_parsed(ADA.as_098()), _parsed(with_session))


def test_r2_two_sign_ins_of_one_login_are_both_alive(box: Box) -> None:
    """A second sign-in makes nothing of the first spent: both refresh tokens stay, neither is called used up."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.live(SECOND)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), SECOND)
    assert yard.backed_up(ADA, box.profile("ada"))
    assert not yard.is_spent(ADA)
    assert not yard.is_spent(SECOND)


def test_r2_without_any_name_nothing_is_called_spent(box: Box) -> None:
    """On the word of the identity alone a replaced token may be another sign-in's: it is kept, not called spent."""
    yard = Yard(box)
    first, later = NAMELESS, replace(NAMELESS, lineage="second").rotate()
    yard.save("ada", first)
    yard.live(later)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), later)
    assert not yard.is_spent(first)
    assert yard.backed_up(first, box.profile("ada"))
