"""Usage is asked for once for each login, a few at a time; a refusal leads to one refresh and no more (R12, R22)."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from contextlib import aclosing

import pytest

from profiles.errors import ProfileNotFound
from profiles.listing import take_snapshot
from profiles.marks import LOGIN_NEEDED, UNCERTAIN, load_marks, set_mark
from profiles.model import Secret
from profiles.oauth.http import Timeouts
from profiles.usage import cached, fetch, worst
from profiles.usage_plan import UsageResult
from tests.refreshing.stand import DAY, HOUR
from tests.support.documents import with_api_key
from tests.support.tokens import Document
from tests.usage.stand import MAIL, UsageStand, labels
from tui.simulator.routes import ACCOUNTS, USAGE
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box
    from tui.simulator.faults import Drop
    from tui.simulator.wire import Manner, Reply, Request


@pytest.fixture
def stand(box: Box) -> Iterator[UsageStand]:
    """One login, ada's, of two hours ago."""
    with UsageStand(box) as made:
        made.log_in("ada")
        yield made


def state_of(stand: UsageStand, name: str = "ada") -> tuple[str, str | None]:
    """Return a profile's state and why it is that one."""
    row = take_snapshot(stand.context).row(name)
    assert row is not None
    return row.state, row.reason


def digest_of(stand: UsageStand, path: str) -> str:
    """Return the digest of the refresh token in a file."""
    return Secret(stand.token(path)).digest()


def test_what_is_told(stand: UsageStand) -> None:
    """Windows, plan and credits come through; nothing was refreshed for it."""
    stand.simulator.backend.set_usage(MAIL, primary=41, secondary=7)
    result = stand.one()
    assert (result.name, result.plan, result.is_fresh, result.error) == ("ada", "plus", True, None)
    assert labels(result) == ["5h", "7d"]
    assert result.snapshot is not None
    assert [each.used_percent for each in result.snapshot.windows] == [41, 7]
    assert result.snapshot.windows[0].resets_at == stand.time + 9000
    assert stand.exchanges() == 0


def test_who_is_asked_about(stand: UsageStand) -> None:
    """The request says which account; without an account id nothing is said of one."""
    stand.one()
    [request] = stand.asked()
    assert request.header("chatgpt-account-id") == stand.simulator.people.find(MAIL).account_id
    assert request.header("originator") is None
    assert request.header("cookie") is None
    assert request.header("x-openai-fedramp") is None
    stand.put("bob", stand.sign_in("bob").having_tokens(account_id=...))
    stand.one("bob")
    assert stand.asked()[-1].header("chatgpt-account-id") is None


def test_the_government_service_is_named(stand: UsageStand) -> None:
    """A login of a FedRAMP workspace says so, as Codex does."""
    stand.simulator.people.add("gov@example.com", fedramp=True)
    stand.log_in("gov")
    stand.one("gov")
    assert stand.asked()[-1].header("x-openai-fedramp") == "true"


def test_two_profiles_with_one_login_are_asked_once(stand: UsageStand) -> None:
    """One request, and one result each (R22); somebody else's login is another question."""
    login = stand.sign_in("bob")
    stand.put("bob", login)
    stand.put("twin", login)
    stand.live(login)
    results = stand.usage()
    assert [result.name for result in results] == ["ada", "bob", "twin"]
    assert all(result.is_fresh for result in results)
    assert len(stand.asked()) == 2
    assert [result.name for result in stand.usage("TWIN", "twin")] == ["twin"]


def test_the_newest_copy_is_shown(stand: UsageStand) -> None:
    """Of a profile and the active home the newer tokens are used: the older ones may be over."""
    old = stand.sign_in("bob", age=10 * DAY - 60)
    stand.put("bob", old)
    newer = stand.simulator.rotate(old.value["tokens"]["refresh_token"])
    stand.live(
        old.having_tokens(
            **{name: newer[name] for name in ("id_token", "access_token", "refresh_token")}
        )
    )
    assert stand.one("bob").is_fresh
    assert stand.asked()[-1].bearer == newer["access_token"]


def test_an_unknown_name(stand: UsageStand) -> None:
    """It is an error at once, before anybody is asked."""
    with pytest.raises(ProfileNotFound):
        stand.usage("nobody")
    assert stand.simulator.log == []


# --- not asked ------------------------------------------------------------------------------------


def test_what_has_no_usage_is_said_and_not_asked(stand: UsageStand, box: Box) -> None:
    """A key and an empty profile are as they should be; a broken one is a failure; nobody is asked about any."""
    with_api_key().write(box.profile("key"))
    os.makedirs(box.profile("none"), mode=0o700)
    Document({"tokens": 5}).write(box.profile("torn"))
    key, none, torn = stand.usage("key", "none", "torn")
    assert (key.failure, none.failure, torn.failure) == (None, None, "failed")
    assert "api-key" in (key.error or "")
    assert "empty" in (none.error or "")
    assert torn.error
    assert stand.simulator.log == []
    assert worst([key, none]) is None


def test_a_mixture_is_not_shown(stand: UsageStand) -> None:
    """The tokens of one login are not sent with the account of another (R11)."""
    stand.put("mix", stand.sign_in("bob").having_tokens(account_id="somebody-else"))
    result = stand.one("mix")
    assert result.failure == "failed"
    assert "mixes" in (result.error or "")
    assert stand.simulator.log == []


def test_a_token_that_is_no_text_is_not_sent(stand: UsageStand) -> None:
    """Line breaks in a token would be another header; it is said and nothing is sent."""
    stand.put("odd", stand.sign_in("bob").having_tokens(access_token="a\r\nx-evil: 1"))
    result = stand.one("odd")
    assert result.failure == "failed"
    assert "x-evil" not in (result.error or "")
    assert stand.simulator.log == []


# --- refused --------------------------------------------------------------------------------------


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


# --- several --------------------------------------------------------------------------------------


class Busy(Simulator):
    """Lets questions about usage through by fours, and counts how many are there at once."""

    fours: threading.Barrier | None = None
    here = 0
    most = 0

    def _serve(self, request: Request) -> tuple[Reply, Manner]:
        if self.fours is not None and request.path == USAGE:
            with self._logged:
                self.here += 1
                self.most = max(self.most, self.here)
            self.fours.wait(20)
            # Long enough for a fifth to come, if there were one.
            time.sleep(0.1)
            with self._logged:
                self.here -= 1
        return super()._serve(request)


def test_four_at_a_time(box: Box) -> None:
    """Of twelve logins four are asked about at once, and never a fifth."""
    stand = UsageStand(box)
    stand.simulator.stop()
    stand.simulator = busy = Busy(now=lambda: stand.time, algorithm="HS256")
    stand.environ |= {
        "SWITCHYARD_ISSUER": busy.url,
        "SWITCHYARD_CHATGPT_BASE_URL": busy.backend_url,
    }
    with stand:
        for number in range(12):
            stand.log_in(f"p{number}")
        busy.fours = threading.Barrier(4)
        results = stand.usage()
        assert len(results) == 12
        assert all(result.is_fresh for result in results)
        assert busy.most == 4


def test_results_come_as_they_are_told(stand: UsageStand) -> None:
    """Who is slow keeps nobody waiting; an early end asks no more and keeps what was learnt."""
    stand.log_in("bob")
    stand.simulator.faults.add(USAGE, delay=60)

    async def first() -> UsageResult:
        async with aclosing(fetch(stand.context)) as coming:
            return await anext(coming)

    begun = time.monotonic()
    result = asyncio.run(first())
    assert time.monotonic() - begun < 20
    assert result.is_fresh
    assert list(cached(stand.context)) == [result.name]


# --- names of workspaces --------------------------------------------------------------------------


def test_names_of_workspaces_are_learnt_once_a_day(box: Box) -> None:
    """A row has its workspace's name once it was told; a personal account has none; a day later it is asked again."""
    with UsageStand(box) as stand:
        stand.simulator.people.add(MAIL, workspaces=[("ws-acme", "Acme", "team")])
        stand.put("work", stand.sign_in("ada", workspace="Acme"))
        stand.put("home", stand.sign_in("ada"))
        assert [row.workspace for row in take_snapshot(stand.context).rows] == [None, None]
        stand.one("work")
        assert stand.names_asked == 1
        rows = {row.name: row.workspace for row in take_snapshot(stand.context).rows}
        assert rows == {"work": "Acme", "home": None}
        stand.usage()
        assert stand.names_asked == 1, "the one answer named all of the person's workspaces"
        stand.sleep(DAY + 1)
        stand.one("work")
        assert stand.names_asked == 2


def test_without_the_names_there_is_usage(stand: UsageStand) -> None:
    """The names are an addition: a failure there changes nothing, and old names stay."""
    for status in (401, 403, 500):
        stand.simulator.faults.add(ACCOUNTS, status=status)
        assert stand.one().is_fresh
    assert stand.exchanges() == 0
