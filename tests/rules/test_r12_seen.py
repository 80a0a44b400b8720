"""R12: what was seen is a hint for messages, and for the silent revocation; never the word on which we write."""

from __future__ import annotations

import os

import pytest

from profiles import store
from profiles.errors import LoginUnverified
from profiles.expiry import LOGIN_NEEDED as NEEDED_STATE
from profiles.expiry import UNCERTAIN as UNCERTAIN_STATE
from profiles.listing import take_snapshot
from profiles.marks import LOGIN_NEEDED, UNCERTAIN, set_mark
from profiles.seen import last_seen, seen_path
from tests.rules.yard import (
    ADA,
    AT_FILE_CALLS,
    BOB,
    Meddler,
    Yard,
    read,
    refresh_digest,
    sub_box,
    write,
)
from tests.support.documents import with_api_key
from tests.support.faults import Faulty, Killed
from tests.support.tokens import HOUR, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.support.tokens import Login

CYD = ADA.of(Person("cyd"))
NEWER = ADA.rotate(HOUR)


def _settled(box: Box) -> Yard:
    """Ada is active, and was seen so."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(ADA)
    yard.reconcile()
    return yard


def _state(yard: Yard, name: str) -> str:
    row = take_snapshot(yard.context).row(name)
    assert row is not None
    return row.state


def _is_uncertain(yard: Yard, login: Login) -> bool:
    mark = yard.mark(login)
    return mark is not None and mark.state == UNCERTAIN


def test_r12_a_login_that_replaced_ours_makes_it_uncertain(box: Box) -> None:
    """`codex login` revokes what it replaces: Ada's profile is uncertain, with that reason, and it is said."""
    yard = _settled(box)
    yard.live(CYD)
    report = yard.reconcile()
    assert _is_uncertain(yard, ADA)
    assert any("ada is uncertain" in s and "revoke" in s for s in report.said)
    assert _state(yard, "ada") == UNCERTAIN_STATE
    assert yard.mark(CYD) is None
    assert yard.mark(BOB) is None


def test_r12_a_login_that_vanished_makes_it_uncertain(box: Box) -> None:
    """`codex logout` revokes what it removes; said once, not at every look."""
    yard = _settled(box)
    os.unlink(yard.live_path)
    report = yard.reconcile()
    assert _is_uncertain(yard, ADA)
    assert any("is gone" in sentence for sentence in report.said)
    assert yard.reconcile().said == []


def test_r12_another_sign_in_of_the_same_person_stays_well(box: Box) -> None:
    """Two profiles of one identity, one of them live: a logout revokes that sign-in and not the other."""
    yard = _settled(box)
    second = ADA.sign_in("second", ADA.issued_at + HOUR)
    yard.save("again", second)
    os.unlink(yard.live_path)
    report = yard.reconcile()
    assert _is_uncertain(yard, ADA)
    assert yard.mark(second) is None
    assert len(report.said) == 1
    assert yard.switch("again").changed


def test_r12_a_renamed_profile_is_found_by_its_token(box: Box) -> None:
    """What was seen names the profile as it was called then; the token tells it all the same."""
    yard = _settled(box)
    store.rename(yard.context, "ada", "eve")
    yard.live(CYD)
    report = yard.reconcile()
    assert _is_uncertain(yard, ADA)
    assert any("eve is uncertain" in sentence for sentence in report.said)


def test_r12_an_empty_document_is_a_login_that_vanished(box: Box) -> None:
    """`{}` holds no login."""
    yard = _settled(box)
    write(yard.live_path, b"{}")
    yard.reconcile()
    assert _is_uncertain(yard, ADA)


def test_r12_a_key_over_it_is_a_replacement(box: Box) -> None:
    """Whatever replaced it may have come after a logout."""
    yard = _settled(box)
    yard.live(with_api_key("new"))
    yard.reconcile()
    assert _is_uncertain(yard, ADA)


def test_r12_the_switch_that_finds_it_says_it(box: Box) -> None:
    """Not only reconcile looks; and switching back to it is refused until somebody tried it."""
    yard = _settled(box)
    yard.live(CYD)
    result = yard.switch("bob")
    assert any("ada is uncertain" in sentence for sentence in result.said)
    with pytest.raises(LoginUnverified, match="ada is uncertain"):
        yard.switch("ada")
    assert yard.switch("ada", anyway=True).changed


def test_r12_our_own_switches_make_nothing_uncertain(box: Box) -> None:
    """We replaced it ourselves."""
    yard = _settled(box)
    for name in ("bob", "ada", "bob"):
        yard.switch(name)
        assert yard.reconcile().said == []
    assert yard.mark(ADA) is None
    assert yard.mark(BOB) is None


def test_r12_a_refresh_makes_nothing_uncertain(box: Box) -> None:
    """The same login with newer tokens is Codex at work."""
    yard = _settled(box)
    yard.live(NEWER)
    yard.reconcile()
    assert yard.mark(ADA) is None
    assert yard.mark(NEWER) is None


def test_r12_a_file_that_cannot_be_read_makes_nothing_uncertain(box: Box) -> None:
    """Garbage is no logout: what was there may come back."""
    yard = _settled(box)
    write(yard.live_path, b"{")
    yard.reconcile()
    assert yard.mark(ADA) is None


@AT_FILE_CALLS
def test_r12_a_killed_switch_makes_nothing_uncertain(box: Box, step: int) -> None:
    """Killed at any file call of a switch: the next look does not take our own half-done work for a `codex login`."""
    kills = 0
    for at in range(1, 200, step):
        yard = Yard(sub_box(box, at))
        yard.save("ada", ADA)
        yard.save("bob", BOB)
        yard.live(ADA)
        yard.reconcile()
        yard.files = faulty = Faulty(at)
        try:
            yard.switch("bob")
        except Killed:
            faulty.bury()
            kills += 1
        else:
            break
        yard.files = Meddler(0, lambda: None)
        yard.reconcile()
        assert yard.mark(ADA) is None, faulty.trace[-1]
        assert yard.mark(BOB) is None, faulty.trace[-1]
    assert kills > 20 // step


def test_r12_uncertain_ends_with_a_newer_generation(box: Box) -> None:
    """The mark belongs to one token: what Codex refreshed afterwards is known to work."""
    yard = _settled(box)
    yard.live(CYD)
    yard.reconcile()
    yard.live(NEWER)
    yard.reconcile()
    assert _state(yard, "ada") != UNCERTAIN_STATE
    assert yard.holds(yard.saved("ada"), NEWER)


def test_r12_login_needed_is_never_weakened(box: Box) -> None:
    """What the issuer refused for good does not become a perhaps."""
    yard = _settled(box)
    set_mark(yard.context, refresh_digest(ADA), LOGIN_NEEDED, "the issuer refused it")
    yard.live(CYD)
    yard.reconcile()
    mark = yard.mark(ADA)
    assert mark is not None
    assert mark.state == LOGIN_NEEDED
    assert _state(yard, "ada") == NEEDED_STATE


@pytest.mark.parametrize("seen", ["nothing", "garbage", "another login"])
def test_r12_nothing_is_written_on_its_word(box: Box, seen: str) -> None:
    """Removed, destroyed or pointing at Bob: who the live login is, is read from the live file."""
    yard = _settled(box)
    path = seen_path(yard.context)
    if seen == "nothing":
        os.unlink(path)
    elif seen == "garbage":
        write(path, b'{"homes": [1, 2')
    else:
        yard.switch("bob")
        text = read(path)
        yard.switch("ada")
        write(path, text)
    yard.live(NEWER)
    # Bob may be called uncertain then, which is a message; his file and Ada's are what they are.
    result = yard.switch("bob", anyway=True)
    assert (result.before, result.written_back) == ("ada", "ada")
    assert yard.holds(yard.saved("ada"), NEWER)
    assert yard.holds(yard.live_path, BOB)


def test_r12_it_holds_digests_only(box: Box) -> None:
    """Whoever reads seen.json learns no token, and it is private."""
    yard = _settled(box)
    yard.switch("bob")
    text = read(seen_path(yard.context)).decode()
    for login in (ADA, BOB):
        for token in (login.refresh_token, login.access_token, login.id_token, login.email):
            assert token not in text
    assert os.stat(seen_path(yard.context)).st_mode & 0o777 == 0o600
    sight = last_seen(yard.context, yard.home)
    assert sight is not None
    assert (sight.profile, sight.token) == ("bob", refresh_digest(BOB))


def test_r12_each_home_is_remembered_by_itself(box: Box) -> None:
    """A login that left one home says nothing about the same login in another."""
    yard = _settled(box)
    yard.environ["CODEX_HOME"] = f"{box.home}/second"
    BOB.write(f"{box.home}/second")
    report = yard.reconcile()
    assert report.said == []
    assert yard.mark(ADA) is None
