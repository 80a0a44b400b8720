"""What a refusal leaves behind, also of a token that a Codex sent in the same moment (R17, R19)."""

from __future__ import annotations

import time

import pytest

from profiles import lock
from profiles.listing import take_snapshot
from profiles.refreshing import refresh_logins
from profiles.spent import load_spent
from tests.refreshing.stand import Stand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.model import ProfileRow
    from tests.conftest import Box
    from tests.support.tokens import Document


class _Beside(Stand):
    """Ada's login in her profile and in the active home, and a Codex that was faster."""

    def __init__(self, box: Box, *, forgiving: bool = False) -> None:
        super().__init__(box, forgiving=forgiving)
        self.reuse_is_forced = 1
        self.newer: Document | None = None

    def furnish(self) -> None:
        """Let the issuer have rotated already; the client has not stored that yet."""
        login = self.sign_in("ada")
        self.put("ada", login)
        self.live(login)
        tokens = self.simulator.rotate(login.value["tokens"]["refresh_token"])
        owner = login.value["tokens"]["login_owner_id"]
        self.newer = self.document(tokens, self.time).having_tokens(login_owner_id=owner)

    def store(self) -> None:
        """Let the client store what it got."""
        assert self.newer is not None
        self.newer.write(self.home)

    def row(self) -> ProfileRow:
        """Ada's row."""
        row = take_snapshot(self.context).row("ada")
        assert row is not None
        return row


@pytest.mark.parametrize("late", [False, True], ids=["while we look", "later"])
@pytest.mark.parametrize("forgiving", [False, True], ids=["strict", "forgiving"])
def test_r19_what_came_in_the_place_of_a_refused_token_is_uncertain(
    box: Box, forgiving: bool, late: bool
) -> None:
    """Whether the issuer ended the family nobody knows: it is said, and the next refresh shows it."""
    with _Beside(box, forgiving=forgiving) as stand:
        stand.furnish()
        if not late:
            stand.on_sleep = lambda: stand.store() if stand.exchanges() == 1 else None
        [result] = stand.refresh()
        stand.on_sleep = lambda: None
        if late:
            assert result.outcome == "login-needed"
            stand.store()
            stand.reconcile()
        else:
            assert (result.outcome, result.reason) == ("fresh", "refreshed by Codex")
            assert "in the same moment" in "".join(result.said)
        row = stand.row()
        assert row.state == "uncertain"
        assert row.reason is not None
        assert "ended the login" in row.reason

        [again] = stand.refresh()
        assert again.outcome == ("refreshed" if forgiving else "login-needed")
        assert stand.row().state == ("ok" if forgiving else "login-needed")
        assert stand.works(stand.saved("ada")) == stand.works(stand.live_path) == forgiving


def test_r17_an_answer_counts_when_the_holders_are_locked(box: Box) -> None:
    """Refused as used while a Codex holds its locks for long: answered, so it is not sent once more as unanswered."""
    with _Beside(box, forgiving=True) as stand:
        stand.furnish()
        held: list[lock.HeldLocks] = []
        stand.simulator.gates.hold("/oauth/token", "arrived", lambda _: _take(stand, held)).open()
        [result] = stand.refresh()
        assert (result.outcome, result.locked) == ("failed", True)
        assert "in the same moment" in "".join(result.said)
        assert not load_spent(stand.context).unanswered
        held[0].release()
        assert stand.refresh()[0].outcome == "login-needed"
        assert stand.exchanges() == 1
        stand.store()
        assert stand.refresh()[0].outcome == "refreshed"
        assert stand.works(stand.saved("ada"))
        assert stand.works(stand.live_path)


def _take(stand: _Beside, held: list[lock.HeldLocks]) -> bool:
    """Take Codex's locks of the active home, as a client that hangs in the middle of its store."""
    taken = lock.HeldLocks(stand.context)
    assert taken.try_all(lock.codex_locks(stand.home)) is None
    held.append(taken)
    return True


def test_r17_an_answer_counts_when_it_cannot_be_marked(box: Box) -> None:
    """Somebody holds the lock of the state files: the token is not taken for one that was never answered."""
    with Stand(box) as stand:
        stand.put("ada", stand.sign_in("ada"))
        body: dict[str, object] = {"error": {"code": "refresh_token_invalidated"}}
        stand.simulator.faults.add("/oauth/token", status=401, body=body)
        with lock.acquire(stand.context, [lock.state_lock(stand.context)]):
            assert stand.refresh()[0].locked
        assert not load_spent(stand.context).unanswered


def test_r19_many_refused_at_once(box: Box) -> None:
    """Eight at a time, by the machine's clock: every one is remembered."""
    with Stand(box, latency=0.1) as stand:
        for number in range(16):
            stand.put(f"number-{number}", stand.sign_in(f"number-{number}"))
        body: dict[str, object] = {"error": {"code": "refresh_token_invalidated"}}
        stand.simulator.faults.add("/oauth/token", times=None, status=401, body=body)
        context = stand.context._replace(monotonic=time.monotonic, sleep=time.sleep)
        results = list(refresh_logins(context))
        assert [result.outcome for result in results] == ["login-needed"] * 16
        states = [row.state for row in take_snapshot(stand.context).rows]
        assert states == ["login-needed"] * 16
