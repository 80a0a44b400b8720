"""Months, hour by hour: cron refreshes, Codex rotates what it uses, the person switches, and no login is lost."""

from __future__ import annotations

import random

import pytest

from profiles import switching
from profiles.auth_file import parse
from profiles.errors import NothingToUndo
from profiles.listing import take_snapshot
from tests.refreshing.stand import DAY, HOUR, Stand
from tests.rules.yard import read
from tests.support.tokens import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

NAMES = ("ada", "bob", "cyd", "dan")


class _Life:
    """A person with four logins, a cron job, and a Codex that runs now and then in the active home."""

    def __init__(self, stand: Stand, seed: int) -> None:
        self.stand = stand
        self.random = random.Random(seed)
        self.refreshed = 0
        self.rotated = 0
        for name in NAMES:
            document = stand.sign_in(name, age=self.random.uniform(0, 5 * DAY))
            stand.put(name, document)
        stand.live(Document(_value(stand.saved("ada"))))
        stand.reconcile()

    def hour(self, number: int) -> None:
        """Let an hour pass, and what happens in it happen."""
        stand, chance = self.stand, self.random.random()
        stand.time += HOUR
        if number % 24 == 5:
            within = self.random.choice([None, 5 * DAY])
            for result in stand.refresh(within=within):
                assert result.outcome in ("refreshed", "fresh"), (number, result)
                self.refreshed += result.outcome == "refreshed"
        if chance < 0.15:
            self.codex()
        elif chance < 0.3:
            self.switch()
        elif chance < 0.32:
            # The machine slept for days: everything may have expired.
            stand.time += self.random.uniform(1, 12) * DAY

    def codex(self) -> None:
        """A Codex of 0.169 in the active home: it refreshes when the token is about to end, or after a 401."""
        stand = self.stand
        document = Document(_value(stand.live_path))
        ends = parse(document.data(), "live").access_facts.expires_at or 0.0
        if ends > stand.time + 300 and self.random.random() > 0.2:
            return
        answer = stand.simulator.rotate(document.value["tokens"]["refresh_token"])
        tokens = {name: answer[name] for name in ("id_token", "access_token", "refresh_token")}
        document.having_tokens(**tokens).write(stand.home)
        self.rotated += 1

    def switch(self) -> None:
        """Switch somewhere, or back."""
        try:
            if self.random.random() < 0.3:
                switching.undo(self.stand.context)
            else:
                switching.switch(self.stand.context, self.random.choice(NAMES))
        except NothingToUndo:
            # Not switched yet.
            return

    def check(self) -> None:
        """Every family lives, and its newest token is in its profile or in the active home."""
        stand = self.stand
        disk = b"".join([read(stand.live_path), *(read(stand.saved(name)) for name in NAMES)])
        for family in stand.simulator.families:
            assert family.over is None
            assert family.current is not None
            assert family.current.encode() in disk


def _value(path: str) -> dict[str, object]:
    import json

    found: dict[str, object] = json.loads(read(path))
    return found


def _live(box: Box, hours: int, seed: int) -> _Life:
    with Stand(box) as stand:
        life = _Life(stand, seed)
        for number in range(hours):
            life.hour(number)
            life.check()
        assert {row.state for row in take_snapshot(stand.context).rows} <= {
            "ok",
            "expired",
            "expiring",
        }
        assert stand.simulator.reused == 0
    return life


def test_two_hundred_hours(box: Box) -> None:
    """Eight days and nights, and the days the machine slept."""
    life = _live(box, 200, seed=169)
    assert life.refreshed > 4
    assert life.rotated > 1


@pytest.mark.soak
def test_seven_months(box: Box) -> None:
    """Five thousand hours, of a seed that is printed."""
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    life = _live(box, 5000, seed)
    print(f"{life.refreshed} refreshes by us, {life.rotated} by Codex, none lost")
