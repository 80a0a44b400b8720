"""Somebody asks for an end in the middle of a run: what is sent is finished, and nothing else keeps them waiting."""

from __future__ import annotations

import threading

import pytest

from profiles import lock
from profiles.refreshing import refresh_logins
from profiles.spent import load_spent
from tests.refreshing.stand import Stand
from tests.rules.yard import identity_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

TOKEN = "/oauth/token"


def test_who_waits_for_a_lock_waits_no_longer(box: Box) -> None:
    """Another process has the login's lock: nothing is sent, no result, and not thirty seconds of patience."""
    with Stand(box) as stand:
        login = stand.sign_in("ada")
        path = stand.put("ada", login)
        stop = threading.Event()
        stand.on_sleep = stop.set
        wanted = lock.login_lock(stand.context, identity_of(login))
        with lock.acquire(stand.context, [wanted]):
            assert list(refresh_logins(stand.context, stop=stop)) == []
        assert len(stand.slept) == 1
        assert stand.exchanges() == 0
        assert stand.works(path)
        assert load_spent(stand.context).unanswered == frozenset()


@pytest.mark.parametrize("how", ["busy", "away"])
def test_who_waits_to_try_again_does_not(box: Box, how: str) -> None:
    """The request surely was not processed, so it is ended there, and not called uncertain."""
    with Stand(box) as stand:
        path = stand.put("ada", stand.sign_in("ada"))
        if how == "busy":
            stand.simulator.faults.add(TOKEN, status=429, headers={"Retry-After": "30"}, times=None)
        else:
            stand.simulator.stop()
        stop = threading.Event()
        stand.on_sleep = stop.set
        [result] = refresh_logins(stand.context, stop=stop)
        assert (result.outcome, result.reason) == (
            "unreachable",
            "interrupted before it was tried again",
        )
        assert sum(stand.slept) < 1
        stand.simulator.start()
        stand.simulator.faults.clear()
        assert load_spent(stand.context).unanswered == frozenset()
        assert stand.works(path)


def test_what_was_sent_is_given_to_every_holder(box: Box) -> None:
    """The end comes while the answer is on its way, and a home's lock is busy after it: that is waited for."""
    with Stand(box) as stand:
        login = stand.sign_in("ada")
        path, live = stand.put("ada", login), stand.live(login)
        stop = threading.Event()
        held = lock.HeldLocks(stand.context)

        def in_the_way() -> None:
            stop.set()
            wanted = lock.home_lock(stand.context, stand.home)
            assert held.try_all([wanted]) is None

        original = stand.simulator._handle

        def handle(request: object) -> object:
            in_the_way()
            return original(request)  # type: ignore[arg-type]

        stand.simulator._handle = handle  # type: ignore[method-assign, assignment]
        stand.on_sleep = held.release
        [result] = refresh_logins(stand.context, stop=stop)
        assert result.outcome == "refreshed"
        assert stand.slept
        assert stand.works(path)
        assert stand.works(live)
