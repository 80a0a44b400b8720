"""What a refresh leaves in the history: one line a run, and none when there was nothing to do."""

from __future__ import annotations

from profiles.errors import NothingToUndo
from profiles.planning import previous_profile
from tests.refreshing.stand import Stand
from tests.support.faults import Faulty

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def _results(stand: Stand) -> list[str]:
    return [entry.result for entry in stand.history() if entry.verb == "refresh"]


def test_a_run_is_one_line(box: Box) -> None:
    """Did cron run last night? What was refreshed and what needs a person, by name; a run without work says nothing."""
    with Stand(box) as stand:
        for number in range(6):
            stand.put(f"p{number}", stand.sign_in(f"p{number}"))
        stand.put("old", stand.sign_in("old"))
        stand.simulator._families.revoke(stand.token(stand.saved("old")))
        stand.refresh()
        assert _results(stand) == ["refreshed: p0, p1, p2, p3 and 2 more; login-needed: old"]
        stand.refresh(*(f"p{number}" for number in range(6)))
        assert len(_results(stand)) == 1


def test_a_refresh_is_no_switch(box: Box) -> None:
    """Undo does not go by it."""
    with Stand(box) as stand:
        stand.put("ada", stand.sign_in("ada"))
        stand.refresh()
        try:
            previous_profile(stand.context)
        except NothingToUndo:
            return
        message = "there is something to undo"
        raise AssertionError(message)


def test_a_history_that_cannot_be_written_costs_nothing(box: Box) -> None:
    """The last call of a run fails: the tokens are saved, and the results are what they are."""
    with Stand(box) as stand:
        path = stand.put("ada", stand.sign_in("ada"))
        counting = Faulty()
        stand.refresh(files=counting)
        failing = Faulty(counting.calls, lambda: OSError(28, "injected"))
        assert stand.refresh(force=True, files=failing)[0].outcome == "refreshed"
        assert stand.works(path)
