"""A login is taken out of every file that holds it, and nothing else; who is stopped halfway can go on (R4, R12)."""

from __future__ import annotations

import errno
import os

import pytest

from profiles import lock
from profiles.errors import (
    AuthFileInsecure,
    IssuerRejected,
    IssuerTimeout,
    IssuerUnreachable,
    LoginError,
    ProfileNotFound,
    ProfilesError,
    StoreError,
    SwitchRefused,
)
from profiles.expiry import EMPTY, LOGIN_NEEDED, UNCERTAIN
from profiles.listing import take_snapshot
from profiles.logging_out import LogoutResult, logout, plan_logout
from tests.rules.yard import ADA, AT_FILE_CALLS, BOB, Yard, identity_of, read, sub_box, write
from tests.support.documents import mixture, with_api_key
from tests.support.faults import Faulty, Killed
from tests.support.tokens import HOUR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.context import Context
    from profiles.revoking import RevokeRequest
    from tests.conftest import Box

AGAIN = ADA.sign_in("again", ADA.issued_at + 2 * HOUR)


class Issuer:
    """Notes what it is asked to revoke, and answers or fails."""

    def __init__(self, failure: ProfilesError | None = None) -> None:
        self.failure = failure
        self.asked: list[RevokeRequest] = []
        self.before: Callable[[], object] = lambda: None

    def __call__(self, context: Context, home: str, request: RevokeRequest) -> None:
        """Take a revocation."""
        self.before()
        self.asked.append(request)
        if self.failure is not None:
            raise self.failure


def out(yard: Yard, name: str = "ada", issuer: Issuer | None = None) -> LogoutResult:
    """Log out, a second later."""
    yard.sleep(1.0)
    return logout(yard.context, name, revoke=issuer)


def state(yard: Yard, name: str) -> str:
    """Return a profile's state, as the list has it."""
    row = take_snapshot(yard.context).row(name)
    assert row is not None
    return row.state


def holding(yard: Yard) -> list[str]:
    """Return every auth.json that there is, but backups."""
    return sorted(
        f"{folder}/auth.json"
        for folder, _, names in os.walk(yard.box.path)
        if "auth.json" in names and "/backups/" not in f"{folder}/"
    )


# --- what goes and what stays -------------------------------------------------------------------------


def test_the_profile_stays_and_knows_whose_it_was(box: Box) -> None:
    """Its file is gone, its bytes are in a backup that is not called spent; another profile keeps its login."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    result = out(yard)
    assert (result.name, result.removed, result.revoked) == ("ada", [yard.saved("ada")], False)
    assert holding(yard) == [yard.saved("bob")]
    assert yard.names() == ["ada", "bob"]
    assert yard.fields("ada").identity == identity_of(ADA)
    assert yard.backed_up(ADA, os.path.realpath(box.profile("ada")))
    assert not yard.is_spent(ADA)
    assert state(yard, "ada") == EMPTY
    assert [(e.verb, e.profile, e.result) for e in yard.history()] == [("logout", "ada", "removed")]


def test_every_holder_is_named_and_emptied(box: Box) -> None:
    """Active home, a second profile of the login, a registered home, a home where we once put it: all of one family."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("twin", ADA)
    lab = yard.register("lab", f"{box.path}/lab", ADA)
    yard.live(ADA)
    yard.reconcile()
    other = ADA.write(f"{box.path}/other")
    os.chmod(f"{box.path}/other", 0o700)
    from profiles.reconcile import reconcile

    reconcile(yard.context.with_home(f"{box.path}/other"))
    every = sorted([yard.saved("ada"), yard.saved("twin"), lab, yard.live_path, other])
    plan = plan_logout(yard.context, "ada")
    assert sorted(plan.holders) == every
    assert plan.holders[0] == yard.saved("ada")
    assert ADA.email in plan.whose
    assert holding(yard) == every
    result = out(yard)
    assert sorted(result.removed) == every
    assert result.removed[-1] == yard.saved("ada")
    assert holding(yard) == []
    assert {state(yard, name) for name in ("ada", "twin", "lab")} == {EMPTY}
    for home in (yard.home, f"{box.path}/other"):
        assert reconcile(yard.context.with_home(home)).said == []
    assert yard.mark(ADA) is None


def test_another_sign_in_of_the_same_person_is_another_login(box: Box) -> None:
    """It is alive, and not what was meant (R2)."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("second", AGAIN)
    yard.live(AGAIN)
    assert out(yard).removed == [yard.saved("ada")]
    assert yard.holds(yard.saved("second"), AGAIN)
    assert yard.holds(yard.live_path, AGAIN)
    assert yard.reconcile().said == []


def test_the_newest_tokens_are_what_is_kept(box: Box) -> None:
    """Codex had refreshed in the active home: that generation rests in the backups, and the older is known spent."""
    yard = Yard(box)
    newer = ADA.rotate()
    yard.save("ada", ADA)
    yard.live(newer)
    out(yard)
    assert holding(yard) == []
    assert yard.backed_up(newer)
    assert yard.is_spent(ADA)
    assert not yard.is_spent(newer)


def test_r12_our_own_logout_is_no_silent_revocation(box: Box) -> None:
    """Nobody is told that Codex may have revoked it, and a login afterwards is as good as new."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(ADA)
    yard.reconcile()
    out(yard)
    assert take_snapshot(yard.context).active is None
    assert yard.reconcile().said == []
    yard.switch("bob")
    assert yard.mark(ADA) is None
    assert state(yard, "ada") == EMPTY


def test_a_login_of_nobody_in_the_active_home_is_kept(box: Box) -> None:
    """It is saved as a profile, as by every verb that writes, and stays where it is (R10)."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.live(BOB)
    out(yard)
    assert yard.holds(yard.live_path, BOB)
    assert yard.holds(yard.saved("bob"), BOB)


def test_a_link_goes_with_what_it_leads_to(box: Box) -> None:
    """Else the login would still be there, behind a name that no longer leads to it."""
    yard = Yard(box)
    yard.save("ada", ADA)
    os.mkdir(f"{box.path}/kept", 0o700)
    ADA.write(f"{box.path}/kept")
    os.rename(f"{box.path}/kept/auth.json", f"{box.path}/kept/mine.json")
    os.symlink(f"{box.path}/kept/mine.json", yard.live_path)
    out(yard)
    assert holding(yard) == []
    assert os.listdir(f"{box.path}/kept") == ["mine.json.lock"]


def test_what_waits_for_a_registered_home_goes_too(box: Box) -> None:
    """While its home is away, the newest document of a registered profile lies in our own folder (R8)."""
    yard = Yard(box)
    lab = yard.register("lab", f"{box.path}/lab", ADA)
    os.rename(f"{box.path}/lab", f"{box.path}/away")
    yard.live(ADA.rotate())
    yard.reconcile()
    assert yard.saved("lab") in holding(yard)
    out(yard, "lab")
    assert holding(yard) == [f"{box.path}/away/auth.json"]
    assert not os.path.exists(lab)


def test_keys_are_logged_out_too(box: Box) -> None:
    """An API key is removed and kept; there is nothing to revoke."""
    yard = Yard(box)
    path = yard.save("key", with_api_key())
    raw = read(path)
    assert plan_logout(yard.context, "key").revocable is False
    issuer = Issuer()
    with pytest.raises(LoginError):
        out(yard, "key", issuer)
    assert read(path) == raw
    assert issuer.asked == []
    out(yard, "key")
    assert holding(yard) == []
    assert raw in yard.backups(os.path.realpath(box.profile("key")))


def test_the_backup_of_a_login_that_may_live_is_never_pruned(box: Box) -> None:
    """Ten logins later it is still there; R5 lets go only of what is known dead."""
    yard = Yard(box)
    for number in range(12):
        yard.save("ada", ADA.sign_in(f"sign-in {number}", ADA.issued_at + number))
        out(yard)
    first = ADA.sign_in("sign-in 0", ADA.issued_at)
    assert yard.backed_up(first, os.path.realpath(box.profile("ada")))


def test_twice_is_once(box: Box) -> None:
    """Who is logged out already is told so, and nothing is written."""
    yard = Yard(box)
    yard.save("ada", ADA)
    out(yard)
    assert plan_logout(yard.context, "ada").holders == []
    result = out(yard)
    assert result.removed == []
    assert "already" in result.said[0]
    assert len(yard.history()) == 1
    with pytest.raises(ProfileNotFound):
        out(yard, "nobody")


# --- refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["live", "profile", "registered"])
def test_a_codex_that_runs_with_a_holder_is_named(box: Box, where: str) -> None:
    """It would go on with the login in memory and write it back: refused before anything is touched."""
    yard = Yard(box)
    yard.save("ada", ADA)
    lab = yard.register("lab", f"{box.path}/lab", ADA)
    yard.live(ADA)
    yard.reconcile()
    homes = {"live": yard.home, "profile": box.profile("ada"), "registered": os.path.dirname(lab)}
    yard.codex(homes[where], pid=77)
    for verb in (plan_logout, logout):
        with pytest.raises(SwitchRefused) as caught:
            verb(yard.context, "ada")
        assert "process 77" in caught.value.message
        assert caught.value.hint is not None
        assert "kill 77" in caught.value.hint
    assert len(holding(yard)) == 3


def test_a_codex_elsewhere_is_in_nobodys_way(box: Box) -> None:
    """It runs with another login."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(BOB)
    yard.codex(yard.home)
    assert out(yard).removed == [yard.saved("ada")]


def test_r14_a_login_that_runs_is_in_use(box: Box) -> None:
    """`tui run ada -- …` holds it, whatever it runs."""
    yard = Yard(box)
    yard.save("ada", ADA)
    wanted = lock.run_lock(yard.context, identity_of(ADA), shared=True)
    with lock.acquire(yard.context, [wanted]):
        lock.sign_run(wanted.path, box.profile("ada"))
        with pytest.raises(SwitchRefused):
            plan_logout(yard.context, "ada")
        with pytest.raises(SwitchRefused):
            out(yard)
    assert yard.holds(yard.saved("ada"), ADA)


def test_r8_a_holder_that_others_may_write_is_named(box: Box) -> None:
    """Neither believed nor replaced, so the login would stay there: it is not called logged out."""
    yard = Yard(box)
    yard.save("ada", ADA)
    lab = yard.register("lab", f"{box.path}/lab", ADA)
    os.chmod(os.path.dirname(lab), 0o777)
    for verb in (plan_logout, logout):
        with pytest.raises(AuthFileInsecure) as caught:
            verb(yard.context, "ada")
        assert lab in caught.value.message
    assert len(holding(yard)) == 2


@pytest.mark.parametrize("what", ["garbage", "mixture", "another"])
def test_a_file_that_is_not_the_profiles_login_is_left_alone(box: Box, what: str) -> None:
    """It is not known to be what the person means."""
    yard = Yard(box)
    path = yard.save("ada", ADA)
    if what == "garbage":
        write(path, b'{"tokens": ')
    elif what == "mixture":
        mixture(ADA, BOB).write(box.profile("ada"))
    else:
        BOB.write(box.profile("ada"))
    before = read(path)
    for verb in (plan_logout, logout):
        with pytest.raises(ProfilesError):
            verb(yard.context, "ada")
    assert read(path) == before


def test_a_file_that_the_person_was_not_told_of_is_a_refusal(box: Box) -> None:
    """Between question and answer the login was put somewhere else, too."""
    yard = Yard(box)
    yard.save("ada", ADA)
    plan = plan_logout(yard.context, "ada")
    yard.switch("ada")
    with pytest.raises(SwitchRefused) as caught:
        logout(yard.context, "ada", expected=plan.holders)
    assert "auth.json holds this login by now" in caught.value.message
    assert len(holding(yard)) == 2


def test_a_plan_writes_nothing(box: Box) -> None:
    """Not even a folder or a lock."""
    yard = Yard(box)
    yard.save("ada", ADA)
    before = sorted(os.walk(box.path))
    plan_logout(yard.context, "ada")
    assert sorted(os.walk(box.path)) == before


# --- revoked ------------------------------------------------------------------------------------------


def test_revoked_first_then_removed(box: Box) -> None:
    """The newest refresh token is sent, as Codex sends it, while every file is still there; then it is known dead."""
    yard = Yard(box)
    newer = ADA.rotate()
    yard.save("ada", ADA)
    yard.live(newer)
    issuer = Issuer()
    seen: list[list[str]] = []
    issuer.before = lambda: seen.append(holding(yard))
    result = out(yard, issuer=issuer)
    assert result.revoked
    assert seen == [[yard.live_path, yard.saved("ada")]]
    [asked] = issuer.asked
    assert asked.token.reveal() == newer.refresh_token
    assert asked.hint == "refresh_token"
    assert asked.url == "https://auth.openai.com/oauth/revoke"
    assert holding(yard) == []
    assert yard.is_spent(newer)
    assert [(e.verb, e.result) for e in yard.history()] == [("logout", "revoked")]


def test_an_access_token_is_revoked_where_there_is_no_refresh_token(box: Box) -> None:
    """As Codex does it."""
    yard = Yard(box)
    document = ADA.document().having_tokens(refresh_token="")
    yard.save("ada", document)
    issuer = Issuer()
    out(yard, issuer=issuer)
    assert issuer.asked[0].hint == "access_token"
    assert holding(yard) == []


@pytest.mark.parametrize(
    ("failure", "after"),
    [
        (IssuerUnreachable("no network"), "ok"),
        (IssuerRejected(400, "no"), "ok"),
        (IssuerRejected(503, "later"), UNCERTAIN),
        (IssuerTimeout("no answer"), UNCERTAIN),
    ],
)
def test_what_was_not_revoked_is_not_removed(box: Box, failure: ProfilesError, after: str) -> None:
    """Every file is what it was; where nobody knows whether it arrived, the profile says so."""
    yard = Yard(box)
    yard.save("ada", ADA)
    before = read(yard.saved("ada"))
    with pytest.raises(type(failure)):
        out(yard, issuer=Issuer(failure))
    assert read(yard.saved("ada")) == before
    assert state(yard, "ada") == after
    assert yard.history() == []
    assert out(yard, issuer=Issuer()).revoked
    assert holding(yard) == []


def test_r22_a_token_goes_to_its_own_issuer_alone(box: Box) -> None:
    """Codex asks its default issuer about every token; we ask the one that made it, and over https only."""
    yard = Yard(box)
    for name, base in (("ada", "https://id.example.com/"), ("bad", "http://id.example.com")):
        provenance = {"issuer": base, "client_id": "x"}
        login = ADA if name == "ada" else BOB
        yard.save(name, login.document().having_tokens(oauth_provenance=provenance))
    issuer = Issuer()
    out(yard, "ada", issuer)
    assert [asked.url for asked in issuer.asked] == ["https://id.example.com/oauth/revoke"]
    with pytest.raises(IssuerUnreachable):
        out(yard, "bad", issuer)
    assert len(issuer.asked) == 1


def test_a_spent_token_is_not_sent(box: Box) -> None:
    """What was used up elsewhere can end nothing; a local logout still removes it."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.mark_spent(ADA)
    issuer = Issuer()
    with pytest.raises(LoginError):
        out(yard, issuer=issuer)
    assert issuer.asked == []
    assert not out(yard).revoked
    assert holding(yard) == []


def test_another_login_that_came_meanwhile_stays(box: Box) -> None:
    """While the issuer was asked, the person logged in anew: that login is not what was revoked."""
    yard = Yard(box)
    yard.save("ada", ADA)
    issuer = Issuer()
    issuer.before = lambda: AGAIN.write(box.profile("ada"))
    with pytest.raises(SwitchRefused) as caught:
        out(yard, issuer=issuer)
    assert any("revoked" in sentence for sentence in caught.value.said)
    assert yard.holds(yard.saved("ada"), AGAIN)


def test_somebody_refreshes_it_just_now(box: Box) -> None:
    """The login's lock is held while the issuer is asked, so that no new token is made meanwhile."""
    yard = Yard(box)
    yard.save("ada", ADA)
    issuer = Issuer()
    tried: list[str | None] = []

    def refresh() -> None:
        with lock.HeldLocks(yard.context) as held:
            tried.append(held.try_all([lock.login_lock(yard.context, identity_of(ADA))]))

    issuer.before = refresh
    out(yard, issuer=issuer)
    assert tried[0] is not None


# --- stopped halfway ----------------------------------------------------------------------------------


def _stop(how: object) -> Callable[[], BaseException]:
    return Killed if how is Killed else lambda: OSError(errno.ENOSPC, "injected")


@AT_FILE_CALLS
@pytest.mark.parametrize("how", [Killed, errno.ENOSPC], ids=["killed", "full"])
@pytest.mark.parametrize("revoked", [False, True], ids=["local", "revoked"])
def test_stopped_anywhere_nothing_is_lost_and_it_can_be_finished(
    box: Box, revoked: bool, how: object, step: int
) -> None:
    """Whatever call fails: the newest tokens are somewhere, no verb blames Codex for it, a second try ends it."""
    number = 0
    while True:
        number += step
        yard = Yard(sub_box(box, number))
        newer = ADA.rotate()
        yard.save("ada", ADA)
        lab = yard.register("lab", f"{yard.box.path}/lab", ADA)
        yard.live(newer)
        yard.switch("ada")
        faulty = Faulty(number, _stop(how))
        yard.files = faulty
        try:
            out(yard, issuer=Issuer() if revoked else None)
        except StoreError:
            pass
        except Killed:
            faulty.bury()
        if faulty.calls < number:
            break
        yard.files = Faulty()
        where = f"call {number}: {faulty.trace[-1]}"
        assert yard.places(newer), where
        gone = {
            path for path in (yard.saved("ada"), lab, yard.live_path) if not os.path.exists(path)
        }
        assert yard.saved("ada") not in gone or len(gone) == 3, where
        if not revoked:
            yard.reconcile()
            assert yard.mark(newer) is None, where
        plan = plan_logout(yard.context, "ada")
        issuer = Issuer()
        try:
            out(yard, issuer=issuer if revoked else None)
        except ProfilesError as error:
            message = f"{where}: {error.message}"
            raise AssertionError(message) from error
        assert holding(yard) == [], where
        assert yard.reconcile().said == [], where
        if revoked and plan.holders:
            assert yard.is_spent(newer), where
            assert yard.mark(newer) is None or yard.mark(newer).state == LOGIN_NEEDED  # type: ignore[union-attr]
    assert number > 20
