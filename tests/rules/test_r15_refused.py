"""R15: what a switch must not install, and the refresh that it must not cut short."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from profiles import store
from profiles.errors import LoginNeeded, LoginUnverified, ProfilesError, SwitchRefused
from profiles.marks import LOGIN_NEEDED, UNCERTAIN, set_mark
from profiles.planning import plan_switch
from profiles.spent import RETURNED, SENDING, record
from profiles.switching import LOOK_EVERY, REFRESH_PATIENCE
from tests.rules.yard import ADA, BOB, Yard, read, refresh_digest, write
from tests.support.documents import BROKEN, mixture
from tests.support.tokens import DAY, HOUR, Login, Person, rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Box

CYD = ADA.of(Person("cyd"))


def _settled(box: Box) -> Yard:
    """Ada is active, Bob is saved."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(ADA)
    return yard


def _broken(yard: Yard, how: str) -> None:
    write(yard.saved("bob"), BROKEN[how])


def _of_somebody_else(yard: Yard) -> None:
    CYD.write(yard.box.profile("bob"))


def _without_login(yard: Yard) -> None:
    write(yard.saved("bob"), b"{}")


def _without_file(yard: Yard) -> None:
    os.unlink(yard.saved("bob"))


def _spent(yard: Yard) -> None:
    yard.mark_spent(BOB)


def _refused_by_the_issuer(yard: Yard) -> None:
    set_mark(yard.context, refresh_digest(BOB), LOGIN_NEEDED, "the issuer said so")


def _mixed(yard: Yard) -> None:
    mixture(BOB, ADA).write(yard.box.profile("bob"))


NEVER: dict[str, tuple[Callable[[Yard], None], type[ProfilesError]]] = {
    **{
        f"not loadable: {how}": (lambda yard, how=how: _broken(yard, how), SwitchRefused)  # type: ignore[misc]
        for how in ("empty", "cut", "binary", "auth_mode unknown", "id_token is no JWT")
    },
    "another identity": (_of_somebody_else, SwitchRefused),
    "a mixture": (_mixed, SwitchRefused),
    "no login": (_without_login, LoginNeeded),
    "no file": (_without_file, LoginNeeded),
    "spent": (_spent, LoginNeeded),
    "login needed": (_refused_by_the_issuer, LoginNeeded),
}


@pytest.mark.parametrize("anyway", [False, True])
@pytest.mark.parametrize("what", NEVER)
def test_r15_what_is_never_installed(box: Box, what: str, *, anyway: bool) -> None:
    """Refused with or without `--anyway`, named, with a next step; both files are as they were; a plan says so."""
    yard = _settled(box)
    spoil, error = NEVER[what]
    spoil(yard)
    live, saved = read(yard.live_path), os.path.lexists(yard.saved("bob"))
    before = read(yard.saved("bob")) if saved else b""
    with pytest.raises(error, match="bob") as refused:
        yard.switch("bob", anyway=anyway)
    assert refused.value.hint
    assert not getattr(refused.value, "can_force", False)
    assert read(yard.live_path) == live
    assert os.path.lexists(yard.saved("bob")) == saved
    assert (read(yard.saved("bob")) if saved else b"") == before
    plan = plan_switch(yard.context, "bob", anyway=anyway)
    assert isinstance(plan.refusal, error)
    assert [entry for entry in yard.history() if entry.verb == "switch"] == []


@pytest.mark.parametrize("how", ["marked", "sent without an answer"])
def test_r15_an_uncertain_target_wants_anyway(box: Box, how: str) -> None:
    """Nobody knows whether it still works, and nobody could be asked: refused, with the way to do it all the same."""
    yard = _settled(box)
    if how == "marked":
        set_mark(yard.context, refresh_digest(BOB), UNCERTAIN, "a login replaced it")
    else:
        record(yard.context, SENDING, [refresh_digest(BOB)])
    with pytest.raises(LoginUnverified) as refused:
        yard.switch("bob")
    assert "--anyway" in str(refused.value.hint)
    assert yard.holds(yard.live_path, ADA)
    assert yard.switch("bob", anyway=True).changed


def test_r15_an_answered_request_leaves_no_doubt(box: Box) -> None:
    """Sent, and the same token came back: it is as good as before."""
    yard = _settled(box)
    record(yard.context, SENDING, [refresh_digest(BOB)])
    record(yard.context, RETURNED, [refresh_digest(BOB)])
    assert yard.switch("bob").changed


def test_r15_a_refused_switch_saves_nothing_either(box: Box) -> None:
    """A refusal that is plain from the start makes no profile of the stranger who is live."""
    yard = _settled(box)
    yard.live(CYD)
    _spent(yard)
    with pytest.raises(LoginNeeded):
        yard.switch("bob")
    assert yard.names() == ["ada", "bob"]
    assert yard.holds(yard.live_path, CYD)


# -- a refresh that may be under way --


def _due(yard: Yard, seconds: float, login: Login = ADA) -> Login:
    """The login as it is when its access token has `seconds` left."""
    return replace(login, life=int(yard.time + seconds - login.issued_at))


def _near(yard: Yard, live: Login) -> None:
    yard.save("ada", live)
    yard.live(live)
    yard.codex(yard.home)


@pytest.mark.parametrize("left", [9 * 60, 0, -9 * 60])
def test_r15_a_refresh_that_ends_in_time_is_saved(box: Box, left: float) -> None:
    """The token is due and a Codex runs: we wait for the file to change, and the rotated token is what gets saved."""
    yard = _settled(box)
    live = _due(yard, left)
    _near(yard, live)
    newer = replace(live.rotate(), issued_at=int(yard.time) + 3, life=10 * DAY)
    rounds: list[int] = []

    def on_sleep() -> None:
        rounds.append(1)
        if len(rounds) == 10:
            newer.write(yard.home)

    yard.sleep(1)
    yard.on_sleep = on_sleep
    result = yard.switch("bob")
    assert result.written_back == "ada"
    assert yard.holds(yard.saved("ada"), newer)
    assert yard.slept[2:] == [LOOK_EVERY] * 9


def test_r15_after_thirty_seconds_it_is_refused(box: Box) -> None:
    """The file does not change: refused, the process named; `--anyway` neither waits nor refuses."""
    yard = _settled(box)
    _near(yard, _due(yard, 60))
    with pytest.raises(SwitchRefused, match="4321") as refused:
        yard.switch("bob")
    assert refused.value.can_force
    assert REFRESH_PATIENCE <= sum(yard.slept) - 1 < REFRESH_PATIENCE + 1
    assert yard.holds(yard.live_path, ADA)
    yard.slept.clear()
    assert yard.switch("bob", anyway=True).changed
    assert yard.slept == [1.0]


def test_r15_a_codex_that_ends_meanwhile_is_not_waited_for(box: Box) -> None:
    """Let it finish, or end it: once it has ended nothing can be under way, and the switch is made."""
    yard = _settled(box)
    _near(yard, _due(yard, 60))
    rounds: list[int] = []

    def on_sleep() -> None:
        rounds.append(1)
        if len(rounds) == 5:
            yard.running.clear()

    yard.on_sleep = on_sleep
    assert yard.switch("bob").changed
    assert sum(yard.slept) < 5


@pytest.mark.parametrize(
    ("left", "home"), [(11 * 60, ""), (-11 * 60, ""), (60, ".codex-other")], ids=str
)
def test_r15_nothing_is_waited_for_without_need(box: Box, left: float, home: str) -> None:
    """A token that is not due, or a Codex in another home."""
    yard = _settled(box)
    live = _due(yard, left)
    yard.save("ada", live)
    yard.live(live)
    yard.codex(f"{box.home}/{home}" if home else yard.home)
    assert yard.switch("bob").changed
    assert yard.slept == [1.0]


@pytest.mark.parametrize(("age", "waits"), [(8 * DAY, True), (6 * DAY, False)])
def test_r15_an_opaque_token_is_due_by_its_last_refresh(box: Box, age: int, *, waits: bool) -> None:
    """Codex refreshes a token that it cannot read after eight days; from seven on we are careful."""
    yard = _settled(box)
    live = replace(ADA, opaque=True).document().having(last_refresh=rfc3339(yard.time - age))
    yard.save("ada", live)
    yard.live(live)
    yard.codex(yard.home)
    if waits:
        with pytest.raises(SwitchRefused, match="about to expire"):
            yard.switch("bob")
    else:
        assert yard.switch("bob").changed
    assert (len(yard.slept) > 1) == waits


def test_r15_a_key_is_never_due(box: Box) -> None:
    """What does not rotate is not waited for."""
    from tests.support.documents import with_api_key

    yard = _settled(box)
    yard.save("key", with_api_key())
    yard.live(with_api_key())
    yard.codex(yard.home)
    assert yard.switch("bob").changed
    assert yard.slept == [1.0]


# -- homes in use --


@pytest.mark.parametrize("verb", ["rename", "delete"])
def test_r15_a_home_with_a_running_codex_is_not_moved(box: Box, verb: str) -> None:
    """Codex loses its token when its home moves: refused, the process named; another home's process forbids nothing."""
    yard = _settled(box)

    def act() -> object:
        if verb == "rename":
            return store.rename(yard.context, "bob", "rob")
        return store.delete(yard.context, "bob")

    yard.codex(box.profile("bob"), pid=777)
    with pytest.raises(SwitchRefused, match="777") as refused:
        act()
    assert not refused.value.can_force
    assert yard.holds(yard.saved("bob"), BOB)
    yard.running.clear()
    yard.codex(yard.home)
    act()
    assert yard.names() in (["ada"], ["ada", "rob"])


def test_r15_the_active_profile_is_not_deleted(box: Box) -> None:
    """It would be adopted again at once."""
    yard = _settled(box)
    with pytest.raises(SwitchRefused, match="active profile"):
        store.delete(yard.context, "ada")
    assert yard.names() == ["ada", "bob"]
    assert yard.holds(yard.saved("ada"), ADA)
    assert HOUR
