"""R9: the newest wins between profile and active home; every other home only within one family."""

from __future__ import annotations

import os

import pytest

from profiles import store
from profiles.errors import ProfileExists
from profiles.running import finish, prepare
from tests.rules.yard import ADA, BOB, Yard, read
from tests.support.tokens import HOUR, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

NEWER = ADA.rotate(HOUR)
NEWEST = NEWER.rotate(HOUR)
SECOND = ADA.sign_in("second", ADA.issued_at + HOUR)


def _settled(box: Box) -> Yard:
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(ADA)
    return yard


def test_r9_the_newest_wins_in_both_directions(box: Box) -> None:
    """Live newer: the profile gets it. Profile newer: the live file gets it. Byte for byte."""
    yard = _settled(box)
    yard.live(NEWER)
    report = yard.reconcile()
    assert report.written_back == "ada"
    assert read(yard.saved("ada")) == NEWER.document().data()
    NEWEST.write(box.profile("ada"))
    report = yard.reconcile()
    assert report.written_back is None
    assert read(yard.live_path) == NEWEST.document().data()


def test_r9_nothing_to_do_is_nothing_done(box: Box) -> None:
    """Equal files are left alone, to the inode, and nothing is said."""
    yard = _settled(box)
    before = [os.stat(path).st_ino for path in (yard.live_path, yard.saved("ada"))]
    report = yard.reconcile()
    assert (report.written_back, report.adopted, report.said) == (None, None, [])
    assert [os.stat(path).st_ino for path in (yard.live_path, yard.saved("ada"))] == before
    assert yard.backups() == []


@pytest.mark.parametrize("newer_is", ["live", "saved"])
def test_r9_a_loser_of_another_sign_in_rests_in_the_backups(box: Box, newer_is: str) -> None:
    """Both families are alive: the newer one is used, the other is kept and not called spent."""
    yard = _settled(box)
    live, saved = (SECOND, ADA) if newer_is == "live" else (ADA, SECOND)
    yard.save("ada", saved)
    yard.live(live)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), SECOND)
    assert yard.holds(yard.live_path, SECOND)
    home = box.profile("ada") if newer_is == "live" else yard.home
    assert yard.backed_up(ADA, home)
    assert not yard.is_spent(ADA)


def test_r9_the_loser_stays_there_until_it_is_known_spent(box: Box) -> None:
    """Twenty later backups do not push it out; the word `spent` does."""
    yard = _settled(box)
    yard.live(SECOND)
    yard.reconcile()
    login = SECOND
    for _ in range(20):
        login = login.rotate(30)
        yard.live(login)
        yard.reconcile()
    assert yard.backed_up(ADA, box.profile("ada"))
    yard.mark_spent(ADA)
    yard.live(login.rotate(30))
    yard.reconcile()
    assert not yard.backed_up(ADA, box.profile("ada"))


def test_r9_another_home_of_the_same_family_is_made_equal(box: Box) -> None:
    """A registered home with the same sign-in gets the newest tokens, or its Codex would send a spent one."""
    yard = _settled(box)
    auth = yard.register("work", f"{box.home}/.codex-work", ADA)
    yard.live(NEWER)
    yard.switch("bob")
    assert yard.holds(auth, NEWER)
    assert yard.holds(yard.saved("ada"), NEWER)


def test_r9_another_home_of_another_family_is_left_alone(box: Box) -> None:
    """The server's own sign-in is not "brought up to date" with the laptop's."""
    yard = _settled(box)
    auth = yard.register("work", f"{box.home}/.codex-work", SECOND)
    before = read(auth)
    newest = ADA.rotate(5 * HOUR)
    yard.live(newest)
    yard.switch("bob")
    assert read(auth) == before
    assert yard.holds(yard.saved("ada"), newest)
    assert not yard.is_spent(SECOND)


def test_r9_a_registered_home_is_paired_with_its_own_family_only(box: Box) -> None:
    """The only profile of this person is a registered home with another sign-in: the live one is adopted beside it."""
    yard = Yard(box)
    yard.save("bob", BOB)
    auth = yard.register("work", f"{box.home}/.codex-work", SECOND)
    before = read(auth)
    yard.live(ADA.rotate(5 * HOUR))
    result = yard.switch("bob")
    assert result.adopted == "ada"
    assert read(auth) == before
    assert yard.holds(yard.saved("ada"), ADA.rotate(5 * HOUR))


def test_r9_the_newest_may_lie_in_another_home(box: Box) -> None:
    """A Codex refreshed in the registered home: profile and live file are both behind, and both get it."""
    yard = _settled(box)
    auth = yard.register("work", f"{box.home}/.codex-work", NEWEST)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), NEWEST)
    assert yard.holds(yard.live_path, NEWEST)
    assert yard.holds(auth, NEWEST)
    assert yard.is_spent(ADA)


def test_r9_the_default_home_counts_while_another_one_is_active(box: Box) -> None:
    """With CODEX_HOME set elsewhere `~/.codex` still holds a copy of the login, and gets the newest as well."""
    yard = _settled(box)
    other = f"{box.home}/second"
    os.mkdir(other, 0o700)
    yard.environ["CODEX_HOME"] = other
    yard.switch("ada")
    assert yard.holds(f"{other}/auth.json", ADA)
    NEWER.write(other)
    yard.switch("bob")
    assert yard.holds(f"{other}/auth.json", BOB)
    assert yard.holds(yard.saved("ada"), NEWER)
    assert yard.holds(yard.live_path, NEWER)


def test_r9_homes_that_were_seen_count_later(box: Box) -> None:
    """A home that was active once and still holds the login is kept up to date from then on."""
    yard = _settled(box)
    other = f"{box.home}/second"
    os.mkdir(other, 0o700)
    yard.environ["CODEX_HOME"] = other
    yard.switch("ada")
    del yard.environ["CODEX_HOME"]
    yard.live(NEWER)
    yard.switch("bob")
    assert yard.holds(f"{other}/auth.json", NEWER)


def test_r9_registering_never_merges(box: Box) -> None:
    """`add --home` of another sign-in of a login that we have registers it; every file is as it was."""
    yard = _settled(box)
    home = f"{box.home}/.codex-work"
    auth = SECOND.write(home)
    before = [read(path) for path in (auth, yard.saved("ada"), yard.live_path)]
    store.register(yard.context, "work", home)
    assert [read(path) for path in (auth, yard.saved("ada"), yard.live_path)] == before
    assert yard.names() == ["ada", "bob", "work"]
    assert not os.path.exists(f"{box.profile('work')}/auth.json")
    yard.reconcile()
    assert [read(path) for path in (auth, yard.saved("ada"), yard.live_path)] == before


@pytest.mark.parametrize("login", [ADA, NEWER], ids=["the same tokens", "the same family"])
def test_r9_one_family_is_not_registered_twice(box: Box, login: Login) -> None:
    """Two homes that refresh one family kill it: refused, and the profile that has it is named."""
    yard = _settled(box)
    home = f"{box.home}/.codex-work"
    login.write(home)
    with pytest.raises(ProfileExists, match="profile ada"):
        store.register(yard.context, "work", home)
    assert yard.names() == ["ada", "bob"]


def test_r9_a_profile_with_another_identity_in_its_file_is_never_written_over(box: Box) -> None:
    """Ada's profile holds Cyd's login: Ada's newer tokens go elsewhere, and Cyd's stay."""
    yard = _settled(box)
    cyd = ADA.of(Person("cyd"))
    cyd.write(box.profile("ada"))
    yard.live(NEWER)
    result = yard.switch("bob")
    assert yard.holds(yard.saved("ada"), cyd)
    assert result.adopted is not None
    assert yard.holds(yard.saved(result.adopted), NEWER)


def test_r9_of_two_profiles_with_one_login_the_last_switched_to_is_meant(box: Box) -> None:
    """Two profiles of one identity: history tells whose the live login is, the other family is left alone."""
    yard = Yard(box)
    yard.save("one", ADA)
    yard.save("two", SECOND)
    yard.save("bob", BOB)
    yard.live(BOB)
    yard.switch("one")
    newer = ADA.rotate(5 * HOUR)
    yard.live(newer)
    result = yard.switch("bob")
    assert (result.before, result.written_back) == ("one", "one")
    assert yard.holds(yard.saved("one"), newer)
    assert yard.holds(yard.saved("two"), SECOND)
    yard.switch("two")
    assert yard.holds(yard.live_path, SECOND)
    assert yard.switch("one").changed, "another family in another profile is another login"
    assert yard.holds(yard.live_path, newer)
    assert yard.holds(yard.saved("two"), SECOND)


def test_r9_two_profiles_of_one_family_are_both_brought_up(box: Box) -> None:
    """The same login saved twice: after a refresh both have the new token, none keeps the spent one."""
    yard = Yard(box)
    yard.save("one", ADA)
    yard.save("two", ADA)
    yard.save("bob", BOB)
    yard.live(NEWER)
    yard.switch("bob")
    assert yard.holds(yard.saved("one"), NEWER)
    assert yard.holds(yard.saved("two"), NEWER)


def test_r9_a_run_in_the_profiles_own_home_is_reconciled_after_it(box: Box) -> None:
    """A Codex refreshed Ada's login in her own home while Bob was active: the registered twin is brought up."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    auth = yard.register("work", f"{box.home}/.codex-work", ADA)
    yard.live(BOB)
    prepared = prepare(yard.context, "ada")
    assert prepared.home == box.profile("ada")
    NEWER.write(prepared.home)
    finish(yard.context, prepared)
    assert yard.holds(auth, NEWER)
    assert yard.holds(yard.saved("ada"), NEWER)
    assert yard.holds(yard.live_path, BOB)
    assert yard.is_spent(ADA)


def test_r9_names_of_other_people_do_not_matter(box: Box) -> None:
    """Reconciling Ada touches no byte of Bob's."""
    yard = _settled(box)
    dan = ADA.of(Person("dan"))
    yard.save("dan", dan)
    before = [os.stat(yard.saved(name)) for name in ("bob", "dan")]
    yard.live(NEWER)
    yard.reconcile()
    assert [os.stat(yard.saved(name)) for name in ("bob", "dan")] == before
