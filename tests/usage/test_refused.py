"""What becomes of a login whose usage is refused: one refresh, one retry; the backend's word alone kills no login."""

from __future__ import annotations

import pytest

from profiles import lock
from profiles.listing import take_snapshot
from profiles.marks import LOGIN_NEEDED, UNCERTAIN, load_marks, set_mark
from profiles.model import Identity, Secret
from profiles.oauth.http import Timeouts
from profiles.usage import worst
from profiles.usage_plan import UsageResult
from tests.refreshing.stand import DAY, HOUR
from tests.usage.stand import UsageStand, labels
from tui.simulator.routes import USAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui.simulator.faults import Drop


def state_of(stand: UsageStand, name: str = "ada") -> tuple[str, str | None]:
    """Return a profile's state and why it is that one."""
    row = take_snapshot(stand.context).row(name)
    assert row is not None
    return row.state, row.reason


def digest_of(stand: UsageStand, path: str) -> str:
    """Return the digest of the refresh token in a file."""
    return Secret(stand.token(path)).digest()


def test_one_401_leads_to_one_refresh_and_one_retry(stand: UsageStand) -> None:
    """The login has newer tokens afterwards, and the usage is told."""
    before = stand.asked()
    stand.refuse(401, "token_expired")
    result = stand.one()
    assert result.is_fresh
    assert (len(stand.asked()) - len(before), stand.exchanges()) == (2, 1)
    assert stand.asked()[0].bearer != stand.asked()[1].bearer
    assert state_of(stand)[0] == "ok"


def test_a_401_that_stays_is_no_dead_login(stand: UsageStand) -> None:
    """One refresh, one retry, then a failure that is no `login-needed`; within the hour nothing is rotated again."""
    stand.refuse(401, times=None)
    result = stand.one()
    assert (result.failure, result.is_fresh) == ("failed", False)
    assert (len(stand.asked()), stand.exchanges()) == (2, 1)
    assert state_of(stand)[0] == "ok"
    stand.sleep(600)
    assert stand.one().failure == "failed"
    assert (len(stand.asked()), stand.exchanges()) == (3, 1)
    stand.sleep(HOUR)
    assert stand.one().failure == "failed"
    assert stand.exchanges() == 2
    stand.simulator.faults.clear()
    assert stand.one().is_fresh


def test_a_new_login_is_refreshed_again(stand: UsageStand) -> None:
    """What was refused within the hour was the old login's token; the new one's gets its own refresh."""
    stand.refuse(401, times=None)
    stand.one()
    stand.sleep(600)
    stand.put("ada", stand.sign_in("ada", age=60))
    stand.one()
    assert stand.exchanges() == 2


def test_somebody_else_holds_the_login(stand: UsageStand) -> None:
    """Who cannot refresh because another process is at it says so (exit 6), and it is no dead login."""
    row = take_snapshot(stand.context).row("ada")
    assert row is not None
    assert row.user_id is not None
    identity = Identity(row.kind, row.user_id, row.account_id, "")
    held = lock.acquire(stand.context, [lock.login_lock(stand.context, identity)])
    try:
        stand.refuse(401)
        result = stand.one()
    finally:
        held.release()
    assert result.failure == "locked"
    assert stand.exchanges() == 0


@pytest.mark.parametrize("word", ["token_revoked", "token_invalidated"])
def test_a_revoked_session_is_uncertain_and_no_more(stand: UsageStand, word: str) -> None:
    """The backend's word alone never makes `login-needed` (R12): without the issuer's it stays uncertain."""
    path = stand.saved("ada")
    stand.refuse(401, word, times=None)
    stand.simulator.faults.add(
        "/oauth/token", status=429, headers={"Retry-After": "3600"}, times=None
    )
    result = stand.one()
    assert result.failure == "unreachable"
    state, reason = state_of(stand)
    assert state == "uncertain"
    assert word in (reason or "")
    assert load_marks(stand.context)[digest_of(stand, path)].state == UNCERTAIN
    stand.simulator.faults.clear()
    assert stand.one().is_fresh
    assert state_of(stand)[0] == "uncertain", "a 200 proves nothing"


def test_the_word_revoked_makes_uncertain_worse(stand: UsageStand) -> None:
    """Of a login that is uncertain already the new reason is remembered."""
    digest = digest_of(stand, stand.saved("ada"))
    set_mark(stand.context, digest, UNCERTAIN, "Codex may have revoked it")
    stand.refuse(401, "token_revoked", times=None)
    stand.simulator.faults.add(
        "/oauth/token", status=429, headers={"Retry-After": "3600"}, times=None
    )
    stand.one()
    assert "token_revoked" in load_marks(stand.context)[digest].reason


def test_a_session_that_was_ended(stand: UsageStand) -> None:
    """The refresh tells: the issuer's refusal is the one that means a login is needed."""
    [family] = stand.simulator.families
    family.ended, family.current = True, None
    result = stand.one()
    assert result.failure == "login-needed"
    assert (result.hint or "").startswith("tui login ada")
    assert state_of(stand)[0] == "login-needed"


def test_revoked_though_it_was_refreshed(stand: UsageStand) -> None:
    """What the issuer still refreshes and the backend still refuses is uncertain, whatever its generation."""
    stand.simulator.families[0].ended = True
    assert stand.one().failure == "failed"
    assert (len(stand.asked()), stand.exchanges()) == (2, 1)
    state, reason = state_of(stand)
    assert state == "uncertain"
    assert "token_revoked" in (reason or "")


def test_a_dead_login_is_asked_and_never_refreshed(stand: UsageStand) -> None:
    """While its access token lives its usage is told; once that is refused no dead token is sent again (R19)."""
    set_mark(stand.context, digest_of(stand, stand.saved("ada")), LOGIN_NEEDED, "it was revoked")
    assert stand.one().is_fresh
    assert state_of(stand)[0] == "login-needed", "a 200 proves nothing"
    stand.refuse(401)
    result = stand.one()
    assert result.failure == "login-needed"
    assert "it was revoked" in (result.error or "")
    assert stand.exchanges() == 0


def test_an_expired_token_is_refreshed_first(stand: UsageStand) -> None:
    """The backend never sees it; a dead login's is not refreshed, and a 401 after it leads to no second refresh."""
    stand.sleep(11 * DAY)
    result = stand.one()
    assert result.is_fresh
    assert (len(stand.asked()), stand.exchanges()) == (1, 1)
    stand.sleep(11 * DAY)
    stand.refuse(401)
    assert stand.one().failure == "failed"
    assert (len(stand.asked()), stand.exchanges()) == (2, 2)
    stand.sleep(11 * DAY)
    set_mark(stand.context, digest_of(stand, stand.saved("ada")), LOGIN_NEEDED, "it was revoked")
    assert stand.one().failure == "login-needed"
    assert (len(stand.asked()), stand.exchanges()) == (2, 2)


def test_a_running_codex_refreshes_itself(stand: UsageStand) -> None:
    """About when it expires, the token is left to the Codex that runs with it (R20)."""
    stand.sleep(10 * DAY - 2 * HOUR)
    stand.codex(stand.box.profile("ada"))
    result = stand.one()
    assert not result.is_fresh
    assert "refreshes it itself" in (result.error or "")
    assert stand.exchanges() == 0


def test_a_403_is_no_dead_login(stand: UsageStand) -> None:
    """`usage not available`, nothing refreshed, and the login stays what it was."""
    stand.refuse(403)
    result = stand.one()
    assert (result.failure, result.is_fresh) == ("failed", False)
    assert (result.error or "").startswith("usage not available")
    assert result.hint
    assert stand.exchanges() == 0
    assert state_of(stand)[0] == "ok"


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (429, "unreachable"),
        (500, "unreachable"),
        (503, "unreachable"),
        (404, "failed"),
        (302, "failed"),
    ],
)
def test_other_refusals(stand: UsageStand, status: int, failure: str) -> None:
    """Trouble of the service is no trouble of the login; it is asked once."""
    stand.refuse(status)
    result = stand.one()
    assert (result.failure, result.is_fresh) == (failure, False)
    assert (len(stand.asked()), stand.exchanges()) == (1, 0)


@pytest.mark.parametrize(
    "body", ["<html>Sign in to the hotel</html>", "", "[]", '"usage"', '{"rate_limit":', "\ufeff{}"]
)
def test_an_answer_that_is_none(stand: UsageStand, body: str) -> None:
    """A page, half an object, a list: told as such, and what was known before is shown with its age."""
    assert stand.one().is_fresh
    stand.sleep(3 * HOUR)
    stand.simulator.faults.add(USAGE, status=200, body=body)
    result = stand.one()
    assert (result.failure, result.is_fresh) == ("failed", False)
    assert result.snapshot is not None
    assert result.snapshot.age(stand.time) == 3 * HOUR
    assert "hotel" not in (result.error or "")


def test_nothing_is_told_about_limits(stand: UsageStand) -> None:
    """All fields may be absent or null: an answer without windows is an answer."""
    nothing = {
        "plan_type": None,
        "rate_limit": None,
        "credits": None,
        "rate_limit_reached_type": None,
    }
    for document in ({}, nothing):
        stand.answer(document)
        result = stand.one()
        assert (result.is_fresh, result.plan, labels(result)) == (True, "plus", [])


def test_a_huge_answer_and_slow_ones(stand: UsageStand) -> None:
    """Three megabytes are not read; who does not answer in time is unreachable."""
    stand.simulator.faults.add(USAGE, oversize=True)
    assert stand.one().failure == "failed"
    for delay, drip in ((5.0, None), (0.0, 0.2)):
        stand.simulator.faults.add(USAGE, delay=delay, drip=drip)
        [result] = stand.usage("ada", timeouts=Timeouts(read=0.3, whole=0.8))
        assert result.failure == "unreachable"


@pytest.mark.parametrize("drop", ["before", "after-headers", "half"])
def test_a_cut_answer(stand: UsageStand, drop: Drop) -> None:
    """A connection that breaks is said; the login stays what it was."""
    stand.simulator.faults.add(USAGE, drop=drop)
    result = stand.one()
    assert not result.is_fresh
    assert result.failure in {"unreachable", "failed"}
    assert stand.exchanges() == 0


def test_nobody_there(stand: UsageStand) -> None:
    """With the service away every profile is unreachable, and what is known is still shown."""
    stand.usage()
    stand.simulator.stop()
    result = stand.one()
    assert result.failure == "unreachable"
    assert labels(result) == ["5h", "7d"]
    assert worst([result]) == "unreachable"
    stand.simulator.start()


def test_the_worst_failure_counts() -> None:
    """4 before 5 before 6 before 1 (contract)."""
    order = ["login-needed", "unreachable", "locked", "failed"]
    results = [UsageResult("x", None, None, False, failure=each) for each in order]
    for number, each in enumerate(order):
        assert worst(results[number:]) == each
    assert worst([]) is None
