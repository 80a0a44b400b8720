"""Every answer to a refresh: what it is called, what is remembered, and what the next command does (R17, R19, R21)."""

from __future__ import annotations

import json

import pytest

from profiles.listing import take_snapshot
from profiles.oauth.http import Timeouts
from profiles.oauth.sender import Network
from profiles.refreshing import refresh_logins
from tests.refreshing.stand import DAY, HOUR, Stand
from tests.rules.yard import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from profiles.model import ProfileRow
    from profiles.refreshing import Result
    from tests.conftest import Box

TOKEN = "/oauth/token"


def _impatient(stand: Stand) -> list[Result]:
    """Refresh everything, and wait for no answer longer than a moment."""
    stand.sleep(1.0)
    with Network(Timeouts(connect=1, read=0.3, write=1, pool=1, whole=1)) as network:
        return list(refresh_logins(stand.context, connect=network.to))


def _row(stand: Stand, name: str = "ada") -> ProfileRow:
    row = take_snapshot(stand.context).row(name)
    assert row is not None
    return row


def _stand(box: Box) -> Stand:
    stand = Stand(box)
    stand.put("ada", stand.sign_in("ada"))
    return stand


REFUSED: dict[str, dict[str, Any]] = {
    "a portal's 401": {"status": 401, "body": b"<html>log in to this hotel</html>"},
    "a proxy's 400": {"status": 400, "body": b"Bad Request"},
    "an empty 401": {"status": 401, "body": b""},
    "another code": {"status": 400, "body": {"error": {"code": "invalid_request"}}},
    "forbidden": {"status": 403, "body": b"<html>not from your country</html>"},
    "not found": {"status": 404, "body": b""},
}


@pytest.mark.parametrize("fault", REFUSED.values(), ids=REFUSED)
def test_r19_what_nobody_processed_changes_nothing(box: Box, fault: dict[str, Any]) -> None:
    """Failed, not dead: the next run sends the same token, and it works."""
    with _stand(box) as stand:
        stand.simulator.faults.add(TOKEN, **fault)
        [result] = stand.refresh()
        assert result.outcome == "failed"
        assert result.reason is not None
        assert "hotel" not in result.reason
        assert _row(stand).state == "ok"
        assert stand.refresh()[0].outcome == "refreshed"


UNCLEAR: dict[str, dict[str, Any]] = {
    "502": {"status": 502},
    "500 with HTML": {"status": 500, "body": b"<html>"},
    "HTML with 200": {"status": 200, "body": b"<html>welcome</html>"},
    "empty 200": {"status": 200, "body": b""},
    "no token in it": {"status": 200, "body": {}},
    "not text": {"status": 200, "body": {"refresh_token": 7}},
}


@pytest.mark.parametrize("fault", UNCLEAR.values(), ids=UNCLEAR)
def test_r17_r19_what_may_have_been_processed_is_uncertain(box: Box, fault: dict[str, Any]) -> None:
    """Not repeated at once; a later command presents it once more, and here the issuer had not used it."""
    with _stand(box) as stand:
        stand.simulator.faults.add(TOKEN, **fault)
        [result] = stand.refresh()
        assert result.outcome == "uncertain"
        assert stand.exchanges() == 1
        assert _row(stand).state == "uncertain"
        assert stand.refresh()[0].outcome == "refreshed"
        assert _row(stand).state == "ok"


LOST: dict[str, dict[str, Any]] = {
    "dropped before the answer": {"drop": "before"},
    "dropped after the headers": {"drop": "after-headers"},
    "cut in half": {"drop": "half"},
    "too late": {"delay": 2.0},
    "dripping": {"drip": 0.5},
    "too large": {"oversize": True},
    "an error after the rotation": {"status": 503, "handled": True},
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_r17_an_answer_that_never_arrived(box: Box, fault: dict[str, Any]) -> None:
    """The issuer had rotated: the one more try says so plainly, and a login is needed (case 3)."""
    with _stand(box) as stand:
        stand.simulator.faults.add(TOKEN, **fault)
        [result] = _impatient(stand)
        assert result.outcome == "uncertain"
        stand.reuse_is_forced = 1
        [result] = stand.refresh()
        assert result.outcome == "login-needed"
        assert result.reason == "a refresh whose answer never arrived had used it up"
        assert _row(stand).state == "login-needed"
        assert stand.refresh(force=True)[0].outcome == "login-needed"


def test_r19_busy_is_waited_for(box: Box) -> None:
    """429 was not processed: asked again after as long as the issuer wishes, three times at most."""
    with _stand(box) as stand:
        stand.simulator.faults.add(TOKEN, times=2, status=429, headers={"Retry-After": "7"})
        stand.slept.clear()
        assert stand.refresh()[0].outcome == "refreshed"
        assert [s >= 7 for s in stand.slept if s > 1] == [True, True]
    with _stand(box.__class__(*box)) as stand:
        stand.simulator.faults.add(TOKEN, times=3, status=429)
        assert stand.refresh(force=True)[0].outcome == "unreachable"
        assert stand.refresh(force=True)[0].outcome == "refreshed"


def test_r19_nobody_there(box: Box) -> None:
    """Without a connection nothing was sent: unreachable, three tries, and nothing is uncertain."""
    with _stand(box) as stand:
        stand.simulator.stop()
        [result] = stand.refresh()
        assert result.outcome == "unreachable"
        assert _row(stand).state == "ok"
        stand.simulator.start()
        assert stand.refresh()[0].outcome == "refreshed"


def test_r21_no_new_refresh_token(box: Box) -> None:
    """The old one is kept, and is not called spent; the access token is the new one."""
    with _stand(box) as stand:
        path = stand.saved("ada")
        before = json.loads(read(path))["tokens"]
        fresh = stand.sign_in("ada", age=0)
        body = {"access_token": fresh.value["tokens"]["access_token"]}
        stand.simulator.faults.add(TOKEN, status=200, body=body)
        assert stand.refresh()[0].outcome == "refreshed"
        now = json.loads(read(path))["tokens"]
        assert now["refresh_token"] == before["refresh_token"]
        assert now["id_token"] == before["id_token"]
        assert now["access_token"] == body["access_token"]
        assert stand.refresh(force=True)[0].outcome == "refreshed"


def test_an_id_token_that_cannot_be_read_costs_no_login(box: Box) -> None:
    """Codex would throw the answer away and the login with it; the rest of it is kept."""
    with _stand(box) as stand:
        path = stand.saved("ada")
        before = json.loads(read(path))["tokens"]
        new = stand.simulator.rotate(before["refresh_token"])
        stand.simulator.faults.add(TOKEN, status=200, body={**new, "id_token": "a.b.c"})
        assert stand.refresh()[0].outcome == "refreshed"
        assert stand.works(path)
        assert json.loads(read(path))["tokens"]["id_token"] == before["id_token"]


@pytest.mark.parametrize("known", [True, False])
def test_r21_a_strangers_answer(box: Box, known: bool) -> None:
    """It is Bob's: it goes into Bob's profile, or becomes one; Ada's is uncertain, and her file is as it was."""
    with _stand(box) as stand:
        bob = stand.sign_in("bob", age=0)
        if known:
            stand.put("robert", stand.sign_in("bob", age=5 * HOUR))
        before = read(stand.saved("ada"))
        tokens = {k: bob.value["tokens"][k] for k in ("id_token", "access_token", "refresh_token")}
        stand.simulator.faults.add(TOKEN, status=200, body=tokens)
        [result] = stand.refresh("ada")
        assert result.outcome == "failed"
        assert read(stand.saved("ada")) == before
        assert _row(stand).state == "uncertain"
        home = "robert" if known else "bob"
        assert stand.token(stand.saved(home)) == tokens["refresh_token"]
        assert _row(stand, home).state == "ok"
        assert stand.names() == sorted(["ada", home])


def test_r19_reused_because_codex_was_faster(box: Box) -> None:
    """Codex refreshed a second before us, and its newer token comes into the live file while we look: all is well."""
    with Stand(box) as stand:
        login = stand.sign_in("ada")
        stand.put("ada", login)
        live = stand.live(login)
        answer = stand.simulator.rotate(login.value["tokens"]["refresh_token"])
        newer = stand.document(answer, stand.time)

        def codex_stores() -> None:
            owner = login.value["tokens"]["login_owner_id"]
            newer.having_tokens(login_owner_id=owner).write(stand.home)

        stand.simulator.faults.add(
            TOKEN, status=401, body={"error": {"code": "refresh_token_reused"}}
        )
        stand.on_sleep = lambda: codex_stores() if stand.exchanges() else None
        [result] = stand.refresh()
        assert (result.outcome, result.reason) == ("fresh", "refreshed by Codex")
        assert stand.works(stand.saved("ada"))
        assert stand.works(live)


def test_reused_and_nobody_has_the_newer_one(box: Box) -> None:
    """Ten seconds long every holder is read again; then a login is needed."""
    with _stand(box) as stand:
        body: dict[str, object] = {"error": {"code": "refresh_token_reused"}}
        stand.simulator.faults.add(TOKEN, status=401, body=body)
        begun = stand.ticks
        [result] = stand.refresh()
        assert (result.outcome, result.reason) == ("login-needed", "it was already used")
        assert stand.ticks - begun >= 10


@pytest.mark.parametrize("off", [-DAY, DAY])
def test_a_clock_that_is_wrong_by_a_day(box: Box, off: float) -> None:
    """Tokens from tomorrow or yesterday: the answer is still the newest, in every holder."""
    with Stand(box) as stand:
        login = stand.sign_in("ada", age=9 * DAY)
        paths = [stand.put("ada", login), stand.live(login)]
        stand.time += off
        simulator_time = stand.time - off
        stand.simulator._families._now = lambda: simulator_time
        assert stand.refresh(force=True)[0].outcome == "refreshed"
        assert all(stand.works(path) for path in paths)
