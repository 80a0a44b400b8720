"""What the list says of a login while its refresh is under way, and of copies that are another login."""

from __future__ import annotations

import threading

from profiles.details import details
from profiles.listing import take_snapshot
from tests.refreshing.stand import Stand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def _state(stand: Stand) -> str:
    row = take_snapshot(stand.context).row("ada")
    assert row is not None
    return row.state


def test_a_refresh_under_way_is_nothing_to_worry_about(box: Box) -> None:
    """Sent and not answered yet, by somebody who is alive: the list does not call that uncertain."""
    with Stand(box) as stand:
        stand.put("ada", stand.sign_in("ada"))
        stand.simulator.faults.add("/oauth/token", delay=1.5)
        refresh = threading.Thread(target=stand.refresh)
        refresh.start()
        stand.simulator.wait_for("/oauth/token")
        assert _state(stand) == "ok"
        refresh.join()
        assert _state(stand) == "ok"


def test_a_refresh_whose_sender_died_is_uncertain(box: Box) -> None:
    """Nobody waits for the answer any more."""
    with Stand(box) as stand:
        stand.put("ada", stand.sign_in("ada"))
        stand.simulator.faults.add("/oauth/token", status=502)
        stand.refresh()
        assert _state(stand) == "uncertain"


def test_another_sign_in_is_no_older_copy(box: Box) -> None:
    """Ada signed in twice: the file of the second is not listed among the holders of the first (R2)."""
    with Stand(box) as stand:
        one = stand.put("one", stand.sign_in("ada"))
        two = stand.put("two", stand.sign_in("ada", age=60.0))
        for name, path in (("one", one), ("two", two)):
            [holder] = details(stand.context, name).holders
            assert (holder.path, holder.newest) == (path, True)
