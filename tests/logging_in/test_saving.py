"""A new login is saved whole, and nothing of what was there is lost by it (R1, R4, R9)."""

from __future__ import annotations

import errno
import os
from dataclasses import replace

import pytest

from profiles.auth_file import parse
from profiles.errors import LoginMismatch, ProfilesError, StoreError
from profiles.listing import take_snapshot
from profiles.logging_in import NEW, REPLACE, SavedLogin, save_login
from profiles.marks import LOGIN_NEEDED, set_mark
from tests.rules.yard import ADA, AT_FILE_CALLS, BOB, Yard, read, refresh_digest, sub_box, write
from tests.support.documents import with_api_key, with_personal_access_token
from tests.support.faults import Faulty, Killed
from tests.support.tokens import DAY, HOUR, Document, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.auth_file import AuthDocument
    from tests.conftest import Box

AGAIN = ADA.sign_in("again", ADA.issued_at + 2 * HOUR)


def _document(login: Login | Document) -> AuthDocument:
    made = login.document() if isinstance(login, Login) else login
    return parse(made.data(), "a login")


def _save(
    yard: Yard, name: str, login: Login | Document, on_mismatch: str | None = None
) -> SavedLogin:
    yard.sleep(1.0)
    if on_mismatch is None:
        return save_login(yard.context, name, _document(login))
    return save_login(yard.context, name, _document(login), on_mismatch=on_mismatch)


def _tree(yard: Yard) -> dict[str, bytes]:
    """Every file that a person would miss: not the locks, the cache and what was seen."""
    found = {}
    for folder, _, names in os.walk(yard.box.path):
        for name in names:
            path = f"{folder}/{name}"
            if "/locks/" not in path and not path.endswith((".lock", "seen.json", "claims.json")):
                found[path] = read(path)
    return found


def test_the_first_login_makes_its_profile(box: Box) -> None:
    """On an empty machine the profile appears whole: the bytes, mode 0600, the identity, and nothing is switched."""
    yard = Yard(box)
    saved = _save(yard, "work", ADA)
    assert (saved.name, saved.email, saved.active, saved.mismatch) == (
        "work",
        ADA.email,
        False,
        False,
    )
    assert read(yard.saved("work")) == ADA.document().data()
    assert os.stat(yard.saved("work")).st_mode & 0o7777 == 0o600
    assert os.stat(box.profile("work")).st_mode & 0o7777 == 0o700
    identity = yard.fields("work").identity
    assert identity is not None
    assert (identity.user_id, identity.account_id) == ADA.identity
    assert not os.path.exists(yard.live_path)
    assert [(e.verb, e.profile) for e in yard.history()] == [("login", "work")]


@pytest.mark.parametrize(
    "made", [with_api_key(), with_personal_access_token()], ids=["key", "token"]
)
def test_keys_and_access_tokens_are_saved_too(box: Box, made: Document) -> None:
    """A login without OAuth tokens becomes a profile as it is."""
    yard = Yard(box)
    assert _save(yard, "key", made).kind in ("api-key", "personal-access-token")
    assert read(yard.saved("key")) == made.data()


def test_an_empty_profile_is_filled_and_remembers_whose_it_is(box: Box) -> None:
    """`tui add work --empty`, then a login: the profile's identity is the login's from then on (R1)."""
    from profiles.store import add_empty

    yard = Yard(box)
    add_empty(yard.context, "work")
    _save(yard, "work", ADA)
    assert yard.holds(yard.saved("work"), ADA)
    with pytest.raises(LoginMismatch):
        _save(yard, "work", BOB)


def test_r9_the_login_that_is_replaced_rests_in_the_backups(box: Box) -> None:
    """The older sign-in was revoked by nobody, so it is kept, and not called spent."""
    yard = Yard(box)
    yard.save("ada", ADA)
    saved = _save(yard, "ada", AGAIN)
    assert (saved.active, saved.mismatch) == (False, False)
    assert yard.holds(yard.saved("ada"), AGAIN)
    assert yard.backed_up(ADA, os.path.realpath(box.profile("ada")))
    assert not yard.is_spent(ADA)


def test_the_active_home_gets_the_login_of_the_active_profile(box: Box) -> None:
    """What the active home had is written back first, so that its newest tokens are what is backed up."""
    yard = Yard(box)
    newer = ADA.rotate()
    yard.save("ada", ADA)
    yard.live(newer)
    saved = _save(yard, "ada", AGAIN)
    assert saved.active
    assert yard.holds(yard.live_path, AGAIN)
    assert yard.holds(yard.saved("ada"), AGAIN)
    assert yard.backed_up(newer)
    assert take_snapshot(yard.context).active == "ada"
    assert yard.mark(AGAIN) is None
    assert yard.reconcile().said == []


def test_the_active_home_keeps_the_login_of_another_profile(box: Box) -> None:
    """A login into a profile that is not active switches nothing."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(BOB)
    assert not _save(yard, "ada", AGAIN).active
    assert yard.holds(yard.live_path, BOB)


def test_a_new_login_wins_over_a_clock_that_ran_ahead(box: Box) -> None:
    """An older token that claims to be issued later does not come back: the person has just logged in."""
    yard = Yard(box)
    ahead = replace(ADA, issued_at=int(yard.time) + DAY // 2)
    yard.save("ada", ahead)
    yard.live(ahead)
    _save(yard, "ada", AGAIN)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), AGAIN)
    assert yard.holds(yard.live_path, AGAIN)


def test_a_login_ends_login_needed(box: Box) -> None:
    """The mark belongs to the token that was refused; the new one is as good as new."""
    yard = Yard(box)
    yard.save("ada", ADA)
    set_mark(yard.context, refresh_digest(ADA), LOGIN_NEEDED, "was already used")
    _save(yard, "ada", AGAIN)
    row = take_snapshot(yard.context).row("ada")
    assert row is not None
    assert row.state == "ok"


def test_another_identity_is_asked_about_and_nothing_is_written(box: Box) -> None:
    """Without an answer every file stays what it was; the question names both people."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.live(ADA)
    yard.reconcile()
    before = _tree(yard)
    with pytest.raises(LoginMismatch) as caught:
        _save(yard, "ada", BOB)
    assert _tree(yard) == before
    assert BOB.email in caught.value.message
    assert ADA.email in caught.value.message


def test_another_workspace_of_the_same_person_is_another_identity(box: Box) -> None:
    """The question tells two workspaces of one person and one plan apart."""
    yard = Yard(box)
    yard.save("ada", replace(ADA, plan="team"))
    other = ADA.in_workspace("acme", "team")
    with pytest.raises(LoginMismatch) as caught:
        _save(yard, "ada", other)
    assert other.account_id in caught.value.message


def test_another_identity_becomes_a_profile_of_its_own(box: Box) -> None:
    """Nobody there to ask: saved beside, never dropped, and the profile asked for stays what it was."""
    yard = Yard(box)
    yard.save("ada", ADA)
    saved = _save(yard, "ada", BOB, NEW)
    assert (saved.name, saved.mismatch) == ("bob", True)
    assert yard.holds(yard.saved("bob"), BOB)
    assert yard.holds(yard.saved("ada"), ADA)
    assert any("bob" in sentence for sentence in saved.said)


def test_another_identity_goes_into_the_profile_that_has_it(box: Box) -> None:
    """The wrong person twice: no second profile of them, but their newest sign-in in the one that they have."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("robert", BOB)
    again = BOB.sign_in("again", BOB.issued_at + HOUR)
    with pytest.raises(LoginMismatch) as caught:
        _save(yard, "ada", again)
    assert caught.value.belongs_to == "robert"
    saved = _save(yard, "ada", again, NEW)
    assert (saved.name, saved.mismatch) == ("robert", True)
    assert yard.names() == ["ada", "robert"]
    assert yard.holds(yard.saved("robert"), again)
    assert yard.holds(yard.saved("ada"), ADA)
    assert yard.backed_up(BOB, os.path.realpath(box.profile("robert")))


def test_another_key_is_called_another_key(box: Box) -> None:
    """Two keys look alike to a person: the question does not call both the same."""
    yard = Yard(box)
    yard.save("bot", with_api_key("one"))
    with pytest.raises(LoginMismatch, match="another one than that of bot, an API key"):
        _save(yard, "bot", with_api_key("two"))


def test_another_identity_may_take_the_profile_and_the_old_one_moves_out(box: Box) -> None:
    """When the person says so; the active home keeps its login, which is the moved profile's now."""
    yard = Yard(box)
    newer = ADA.rotate()
    yard.save("main", ADA)
    yard.live(newer)
    saved = _save(yard, "main", BOB, REPLACE)
    assert (saved.name, saved.active, saved.mismatch) == ("main", False, False)
    assert yard.holds(yard.saved("main"), BOB)
    assert yard.holds(yard.saved("ada"), newer)
    assert yard.holds(yard.live_path, newer)
    snapshot = take_snapshot(yard.context)
    assert snapshot.active == "ada"
    assert {row.name: row.state for row in snapshot.rows} == {"main": "ok", "ada": "ok"}


def test_the_login_that_moves_out_is_a_profile_although_another_is_newer(box: Box) -> None:
    """Two sign-ins of one person: the older one is not left to the backups when its profile is given away."""
    yard = Yard(box)
    yard.save("main", ADA)
    yard.save("second", AGAIN)
    _save(yard, "main", BOB, REPLACE)
    assert yard.holds(yard.saved("ada"), ADA)


def test_r10_the_live_login_of_nobody_is_the_older_one_of_a_new_profile(box: Box) -> None:
    """Logged in before by Codex alone, now again under a name: one profile, and the active home has the new tokens."""
    yard = Yard(box)
    yard.live(ADA)
    saved = _save(yard, "work", AGAIN)
    assert (saved.name, saved.active) == ("work", True)
    assert yard.names() == ["work"]
    assert yard.holds(yard.live_path, AGAIN)
    assert yard.backed_up(ADA)


def test_a_second_profile_of_one_identity_is_said(box: Box) -> None:
    """Two sign-ins of one person both live; the person is told that there are two."""
    yard = Yard(box)
    yard.save("ada", ADA)
    saved = _save(yard, "second", AGAIN)
    assert yard.holds(yard.saved("ada"), ADA)
    assert yard.holds(yard.saved("second"), AGAIN)
    assert any("ada has a login of the same identity" in sentence for sentence in saved.said)


def test_a_third_profile_of_one_identity_names_both_the_last_switched_to_first(box: Box) -> None:
    """The one that matters most to the person is named first."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("zoe", AGAIN)
    yard.live(BOB)
    yard.switch("zoe")
    saved = _save(yard, "third", ADA.sign_in("third", AGAIN.issued_at + HOUR))
    assert any("zoe, ada have a login" in sentence for sentence in saved.said)


def test_r4_somebody_elses_login_in_the_profiles_file_is_saved_first(box: Box) -> None:
    """A broken profile (its file holds another login) is healed by a login, and the other one gets a profile."""
    yard = Yard(box)
    yard.save("ada", ADA)
    BOB.write(box.profile("ada"))
    _save(yard, "ada", AGAIN)
    assert yard.holds(yard.saved("ada"), AGAIN)
    assert yard.holds(yard.saved("bob"), BOB)


def test_unreadable_bytes_go_to_the_backups(box: Box) -> None:
    """A file that no client would load is replaced, and kept (R4)."""
    yard = Yard(box)
    path = yard.save("ada", ADA)
    write(path, b'{"tokens": ')
    _save(yard, "ada", AGAIN)
    assert yard.holds(path, AGAIN)
    assert b'{"tokens": ' in yard.backups(os.path.realpath(box.profile("ada")))


def test_r8_a_registered_home_gets_its_login_where_it_lies(box: Box) -> None:
    """In its own home, also after somebody logged out there; while that is away, in our own folder."""
    yard = Yard(box)
    path = yard.register("lab", f"{box.path}/lab", ADA)
    os.unlink(path)
    _save(yard, "lab", AGAIN)
    assert yard.holds(path, AGAIN)
    os.rename(f"{box.path}/lab", f"{box.path}/away")
    last = ADA.sign_in("last", AGAIN.issued_at + HOUR)
    saved = _save(yard, "lab", last)
    assert yard.holds(yard.saved("lab"), last)
    assert any("when it is back" in sentence for sentence in saved.said)


def test_a_running_codex_is_told_of(box: Box) -> None:
    """Who runs with the active home keeps the old login in memory."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.live(ADA)
    yard.codex(yard.home)
    assert any("until it is restarted" in sentence for sentence in _save(yard, "ada", AGAIN).said)


def _stop(how: object) -> Callable[[], BaseException]:
    return Killed if how is Killed else lambda: OSError(errno.ENOSPC, "injected")


@AT_FILE_CALLS
@pytest.mark.parametrize("how", [Killed, errno.ENOSPC], ids=["killed", "full"])
@pytest.mark.parametrize("answer", ["same", NEW, REPLACE])
def test_stopped_anywhere_nothing_is_lost_and_saving_again_works(
    box: Box, answer: str, how: object, step: int
) -> None:
    """Whatever call fails: the old login is still somewhere safe, the live file is whole, a second try succeeds."""
    number = 0
    while True:
        number += step
        yard = Yard(sub_box(box, number))
        newer, login = ADA.rotate(), AGAIN if answer == "same" else BOB
        yard.save("ada", ADA)
        yard.live(newer)
        faulty = Faulty(number, _stop(how))
        yard.files = faulty
        failed = False
        try:
            _save(yard, "ada", login, None if answer == "same" else answer)
        except StoreError:
            failed = True
        except Killed:
            faulty.bury()
        if faulty.calls < number:
            break
        yard.files = Faulty()
        assert yard.places(newer), f"call {number}: {faulty.trace[-1]}"
        assert yard.holds(yard.live_path, newer) or yard.holds(yard.live_path, login)
        assert faulty.dead or failed or yard.places(login)
        try:
            saved = _save(yard, "ada", login, NEW)
        except ProfilesError as error:
            message = f"call {number} ({faulty.trace[-1]}): {error.message}"
            raise AssertionError(message) from error
        assert yard.holds(yard.saved(saved.name), login)
        assert yard.places(newer)
    assert number > 20


def test_a_login_without_ids_equals_no_other(box: Box) -> None:
    """Without user and account id it cannot be told whose it is, so it never replaces one (R1)."""
    yard = Yard(box)
    nobody = replace(ADA, with_user_id=False, with_account_id=False)
    yard.save("ada", ADA)
    with pytest.raises(LoginMismatch):
        _save(yard, "ada", nobody)
    assert _save(yard, "ada", nobody, NEW).mismatch


def test_names_are_checked(box: Box) -> None:
    """A name that no profile can have is refused before anything is written."""
    with pytest.raises(ProfilesError):
        _save(Yard(box), "../x", Login(Person("ada")))
    assert os.listdir(box.switchyard) == []
