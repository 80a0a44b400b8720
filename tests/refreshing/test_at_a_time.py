"""How many logins are asked for at a time, and that the files of one do not hold up the request of another."""

from __future__ import annotations

import threading

import pytest

from profiles.files import Files
from profiles.refresh_checks import REFRESHED
from profiles.refreshing import refresh_logins
from tests.refreshing.stand import Stand
from tui.simulator.gates import HANDLED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

TOKEN = "/oauth/token"


@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_no_more_than_were_wanted(box: Box, concurrency: int) -> None:
    """Catches a thread that brings answers to the holders and, beside that, asks for one login too many."""
    with Stand(box) as stand:
        for number in range(12):
            stand.put(f"p{number}", stand.sign_in(f"u{number}"))
        gates = [stand.simulator.gates.hold(TOKEN, HANDLED) for _ in range(12)]
        results: list[str] = []
        run = threading.Thread(
            target=lambda: results.extend(
                r.outcome for r in refresh_logins(stand.context, concurrency=concurrency)
            )
        )
        run.start()
        for answered, gate in enumerate(gates):
            gate.wait()
            stand.simulator.wait_for(TOKEN, min(12, answered + concurrency))
            assert len(stand.simulator.requests(TOKEN)) <= answered + concurrency
            gate.open()
        run.join(20)
        assert results == [REFRESHED] * 12


def test_the_next_is_asked_for_while_an_answer_is_brought_home(box: Box) -> None:
    """Two at a time, two answers on their way to the holders: a third request goes out, or else it would never come."""
    third = threading.Event()

    class Slow(Files):
        """Holds up every exchange of a file until a third request has come."""

        def exchange(self, one: str, two: str) -> bool:
            """Exchange two files, late."""
            assert third.wait(10), "nobody was asked meanwhile"
            return super().exchange(one, two)

    with Stand(box) as stand:
        for number in range(3):
            stand.put(f"p{number}", stand.sign_in(f"u{number}"))

        def wait() -> None:
            stand.simulator.wait_for(TOKEN, 3)
            third.set()

        waiting = threading.Thread(target=wait)
        waiting.start()
        context = stand.context._replace(files=Slow())
        outcomes = [r.outcome for r in refresh_logins(context, concurrency=2)]
        waiting.join()
        assert outcomes == [REFRESHED] * 3
