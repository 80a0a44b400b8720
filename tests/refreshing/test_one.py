"""One login is refreshed: what is sent, what is written where, and what is said of every answer (R17 to R22)."""

from __future__ import annotations

import pytest

from profiles.listing import take_snapshot
from profiles.spent import load_spent
from tests.refreshing.stand import DAY, HOUR, Stand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def test_a_due_login_gets_new_tokens(box: Box) -> None:
    """One request; the newer tokens are in the profile, the old ones known spent (R17, R18)."""
    with Stand(box) as stand:
        old = stand.sign_in("ada", age=9 * DAY + 23 * HOUR)
        path = stand.put("ada", old)
        [result] = stand.refresh()
        assert (result.name, result.outcome, result.reason) == ("ada", "refreshed", None)
        assert result.expires_at is not None
        assert result.expires_at > stand.time + 9 * DAY
        assert stand.exchanges() == 1
        assert stand.works(path)
        assert len(load_spent(stand.context).spent) == 1
        assert result.window is not None
        row = take_snapshot(stand.context).row("ada")
        assert row is not None
        assert row.state == "ok"


def test_what_was_just_refreshed_is_fresh(box: Box) -> None:
    """A second run within the hour sends nothing; --force does."""
    with Stand(box) as stand:
        path = stand.put("ada", stand.sign_in("ada"))
        assert stand.refresh()[0].outcome == "refreshed"
        again = stand.refresh()[0]
        assert again.outcome == "fresh"
        assert again.reason is not None
        assert stand.exchanges() == 1
        assert stand.refresh(force=True)[0].outcome == "refreshed"
        assert stand.exchanges() == 2
        assert stand.works(path)


def test_within(box: Box) -> None:
    """Only what expires within the span is sent."""
    with Stand(box) as stand:
        stand.put("ada", stand.sign_in("ada", age=2 * DAY))
        assert stand.refresh(within=5 * DAY)[0].outcome == "fresh"
        assert stand.refresh(within=9 * DAY)[0].outcome == "refreshed"


def test_every_holder_gets_it(box: Box) -> None:
    """Active home, registered home of the family, a second profile: one request, one result each (R22)."""
    with Stand(box) as stand:
        login = stand.sign_in("ada")
        paths = [stand.put("ada", login), stand.put("twin", login), stand.live(login)]
        paths.append(stand.register("lab", f"{box.path}/lab", login))
        results = stand.refresh()
        assert {r.name: r.outcome for r in results} == dict.fromkeys(
            ("ada", "lab", "twin"), "refreshed"
        )
        assert stand.exchanges() == 1
        assert all(stand.works(path) for path in paths)


def test_two_sign_ins_of_one_person_are_two_logins(box: Box) -> None:
    """Both are alive, both are refreshed, neither is written over the other (R9)."""
    with Stand(box) as stand:
        one = stand.put("one", stand.sign_in("ada"))
        two = stand.put("two", stand.sign_in("ada"))
        assert [r.outcome for r in stand.refresh()] == ["refreshed"] * 2
        assert stand.exchanges() == 2
        assert stand.works(one)
        assert stand.works(two)
        assert stand.token(one) != stand.token(two)


def test_the_live_login_of_another_family_is_left_alone(box: Box) -> None:
    """Ada signed in twice: refreshing one profile never gives its tokens to the other's live file."""
    with Stand(box) as stand:
        stand.put("one", stand.sign_in("ada"))
        second = stand.sign_in("ada")
        two = stand.put("two", second)
        live = stand.live(second)
        stand.refresh("one")
        assert stand.token(live) == stand.token(two)
        assert stand.works(live)


@pytest.mark.parametrize("code", ["refresh_token_expired", "refresh_token_invalidated"])
@pytest.mark.parametrize("shape", [{"error": {"code": "%"}}, {"error": "%"}, {"code": "%"}])
@pytest.mark.parametrize("status", [400, 401])
def test_a_dead_token_needs_a_login(box: Box, code: str, shape: object, status: int) -> None:
    """Whatever shape the code comes in; it is remembered, and not asked again."""
    import json

    with Stand(box) as stand:
        stand.put("ada", stand.sign_in("ada"))
        body = json.dumps(shape).replace("%", code).encode()
        stand.simulator.faults.add("/oauth/token", status=status, body=body)
        assert stand.refresh()[0].outcome == "login-needed"
        assert stand.refresh()[0].outcome == "login-needed"
        assert stand.exchanges() == 1
