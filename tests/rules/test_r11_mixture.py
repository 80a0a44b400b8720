"""R11: tokens of one login under the account id of another are taken apart only when history explains them."""

from __future__ import annotations

import pytest

from profiles.errors import SwitchRefused
from profiles.expiry import UNCERTAIN as UNCERTAIN_STATE
from profiles.listing import take_snapshot
from profiles.marks import UNCERTAIN
from profiles.spent import SENDING, record
from tests.rules.yard import ADA, BOB, Yard, read, refresh_digest
from tests.support.documents import mixture
from tests.support.tokens import HOUR, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.support.tokens import Document, Login

DAN = ADA.of(Person("dan"))


def _switched(box: Box) -> Yard:
    """Ada was live, then we switched to Bob."""
    yard = Yard(box)
    for name, login in (("ada", ADA), ("bob", BOB), ("dan", DAN)):
        yard.save(name, login)
    yard.live(ADA)
    yard.switch("bob")
    return yard


def _after(yard: Yard, login: Login) -> Login:
    """What a refresh brings that ends now."""
    return login.rotate(int(yard.time) - login.issued_at + 5)


def _left_alone(yard: Yard, document: Document, said: list[str]) -> None:
    """The file is untouched, a copy is in the backups, and it was said."""
    assert read(yard.live_path) == document.data()
    assert document.data() in yard.backups()
    assert any("mixes" in sentence and "left as it is" in sentence for sentence in said)


def test_r11_history_explains_it(box: Box) -> None:
    """Ada to Bob, and Codex 0.98 ended Ada's refresh in Bob's file: her tokens go home, Bob is active again."""
    yard = _switched(box)
    newer = _after(yard, ADA)
    document = mixture(newer, BOB)
    yard.live(document, in_place=True)
    report = yard.reconcile()
    assert yard.holds(yard.saved("ada"), newer)
    assert yard.holds(yard.live_path, BOB)
    assert yard.holds(yard.saved("bob"), BOB)
    assert document.data() in yard.backups()
    assert any("mixed two logins" in sentence for sentence in report.said)
    assert yard.mark(newer) is None
    assert yard.is_spent(ADA)


def test_r11_a_switch_takes_it_apart_too(box: Box) -> None:
    """The next verb need not be reconcile."""
    yard = _switched(box)
    newer = _after(yard, ADA)
    yard.live(mixture(newer, BOB), in_place=True)
    result = yard.switch("ada")
    assert yard.holds(yard.live_path, newer)
    assert yard.holds(yard.saved("ada"), newer)
    assert yard.holds(yard.saved("bob"), BOB)
    assert result.before == "bob"


def test_r11_without_history_nothing_is_guessed(box: Box) -> None:
    """No switch of ours explains it: left, kept, said, and both generations of the login are uncertain."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    newer = ADA.rotate(HOUR)
    document = mixture(newer, BOB)
    yard.live(document)
    report = yard.reconcile()
    _left_alone(yard, document, report.said)
    assert yard.holds(yard.saved("ada"), ADA)
    assert yard.holds(yard.saved("bob"), BOB)
    for login in (ADA, newer):
        mark = yard.mark(login)
        assert mark is not None
        assert mark.state == UNCERTAIN
    row = take_snapshot(yard.context).row("ada")
    assert row is not None
    assert row.state == UNCERTAIN_STATE
    assert yard.mark(BOB) is None


def test_r11_history_of_another_pair_does_not_explain_it(box: Box) -> None:
    """We switched from Ada to Bob; a mixture of Dan's tokens with Bob's account is not that."""
    yard = _switched(box)
    document = mixture(_after(yard, DAN), BOB)
    yard.live(document)
    _left_alone(yard, document, yard.reconcile().said)
    assert yard.holds(yard.saved("dan"), DAN)


def test_r11_history_of_another_home_does_not_explain_it(box: Box) -> None:
    """The switch was made in another CODEX_HOME."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(BOB)
    yard.environ["CODEX_HOME"] = f"{box.home}/second"
    ADA.write(f"{box.home}/second")
    yard.switch("bob")
    del yard.environ["CODEX_HOME"]
    document = mixture(_after(yard, ADA), BOB)
    yard.live(document)
    _left_alone(yard, document, yard.reconcile().said)


def test_r11_a_generation_known_since_does_not_explain_it(box: Box) -> None:
    """Ada's login was refreshed properly after that switch: what mixes her tokens now is something else."""
    yard = _switched(box)
    _after(yard, ADA).write(box.profile("ada"))
    yard.sleep(60)
    document = mixture(_after(yard, ADA).rotate(30), BOB)
    yard.live(document)
    _left_alone(yard, document, yard.reconcile().said)


@pytest.mark.parametrize("how", ["spent", "sent", "rotated"])
def test_r11_a_login_whose_token_was_just_used_is_not_put_back(box: Box, how: str) -> None:
    """Bob's saved token is not what was installed, or was used since: it would be sent twice."""
    yard = _switched(box)
    if how == "spent":
        yard.mark_spent(BOB)
    elif how == "sent":
        record(yard.context, SENDING, [refresh_digest(BOB)])
    else:
        _after(yard, BOB).write(box.profile("bob"))
    document = mixture(_after(yard, ADA), BOB)
    yard.live(document)
    _left_alone(yard, document, yard.reconcile().said)


def test_r11_only_the_last_switch_explains_it(box: Box) -> None:
    """Ada, Bob, Dan: a mixture of Ada's tokens and Bob's account after that is not put down to the first switch."""
    yard = _switched(box)
    yard.switch("dan")
    document = mixture(_after(yard, ADA), BOB)
    yard.live(document)
    _left_alone(yard, document, yard.reconcile().said)


def test_r11_a_switch_over_it_is_refused_but_may_be_forced(box: Box) -> None:
    """The file is not written over unasked; with `--anyway` it is, and the document stays in the backups for good."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    document = mixture(ADA.rotate(HOUR), BOB)
    yard.live(document)
    with pytest.raises(SwitchRefused, match="mixes two logins") as refused:
        yard.switch("bob")
    assert refused.value.can_force
    assert read(yard.live_path) == document.data()
    assert yard.switch("bob", anyway=True).changed
    assert yard.holds(yard.live_path, BOB)
    for _ in range(14):
        yard.switch("ada", anyway=True)
        yard.switch("bob")
    assert document.data() in yard.backups()


def test_r11_a_missing_account_id_is_no_mixture_and_is_not_mended(box: Box) -> None:
    """Import repairs that; a switch copies the bytes as they are."""
    yard = Yard(box)
    document = ADA.document().having_tokens(account_id=...)
    yard.save("ada", document)
    yard.save("bob", BOB)
    yard.live(BOB)
    yard.switch("ada")
    assert read(yard.live_path) == document.data()


def test_r11_two_members_of_one_workspace_mix_unseen_and_nothing_is_lost(box: Box) -> None:
    """Their account ids are equal, so the file is simply Ada's again: her tokens go home and Bob's stay."""
    yard = Yard(box)
    ada, bob = ADA.in_workspace("acme"), ADA.in_workspace("acme").of(Person("bob"))
    yard.save("ada", ada)
    yard.save("bob", bob)
    yard.live(ada)
    yard.switch("bob")
    newer = _after(yard, ada)
    yard.live(mixture(newer, bob), in_place=True)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), newer)
    assert yard.holds(yard.saved("bob"), bob)


def test_r11_one_person_in_two_workspaces_mixes_too(box: Box) -> None:
    """One user id, two accounts: taken apart like any other."""
    yard = Yard(box)
    acme = ADA.in_workspace("acme")
    yard.save("home", ADA)
    yard.save("work", acme)
    yard.live(ADA)
    yard.switch("work")
    newer = _after(yard, ADA)
    yard.live(mixture(newer, acme), in_place=True)
    yard.reconcile()
    assert yard.holds(yard.saved("home"), newer)
    assert yard.holds(yard.live_path, acme)


def test_r11_a_saved_mixture_is_not_installed(box: Box) -> None:
    """A profile whose own file mixes two logins is broken."""
    yard = Yard(box)
    yard.save("ada", mixture(ADA, BOB))
    yard.live(BOB)
    with pytest.raises(SwitchRefused, match="mixes two logins"):
        yard.switch("ada", anyway=True)
