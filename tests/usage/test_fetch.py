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
from profiles.usage import cached, fetch, worst
from tests.refreshing.stand import DAY
from tests.support.documents import with_api_key
from tests.support.tokens import Document
from tests.usage.stand import MAIL, UsageStand, labels
from tui.simulator.routes import ACCOUNTS, USAGE
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.usage_plan import UsageResult
    from tests.conftest import Box
    from tui.simulator.wire import Manner, Reply, Request


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
    assert time.monotonic() - begun < 10
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


def test_two_workspaces_of_a_person_cost_one_question(box: Box) -> None:
    """Within one run, too, as far as they are not asked about at the same moment."""
    with UsageStand(box) as stand:
        stand.simulator.people.add(MAIL, workspaces=[("ws-acme", "Acme", "team")])
        stand.put("work", stand.sign_in("ada", workspace="Acme"))
        stand.put("home", stand.sign_in("ada"))

        async def collect() -> list[UsageResult]:
            return [result async for result in fetch(stand.context, at_a_time=1)]

        assert len(asyncio.run(collect())) == 2
        assert stand.names_asked == 1


def test_a_workspace_that_is_not_named(stand: UsageStand) -> None:
    """It is not asked for again and again: only the next day."""
    stand.simulator.faults.add(ACCOUNTS, status=200, body={"accounts": []}, times=None)
    stand.one()
    stand.one()
    assert stand.names_asked == 1


def test_without_the_names_there_is_usage(stand: UsageStand) -> None:
    """The names are an addition: a failure there changes nothing, and old names stay."""
    for status in (401, 403, 500):
        stand.simulator.faults.add(ACCOUNTS, status=status)
        assert stand.one().is_fresh
    assert stand.exchanges() == 0
