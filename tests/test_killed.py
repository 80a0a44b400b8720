"""A real process, really killed with SIGKILL at random moments, loses nothing (profiles/RULES.md, the promise)."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from profiles import store
from profiles.reconcile import reconcile
from profiles.running import finish, prepare
from profiles.switching import switch
from tests.support.world import World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.context import Context
    from tests.conftest import Box

#: The victim: switches from one profile to the next for as long as it lives, and says when it is at it: at its first
#: switch or, told `late`, at its third.
VICTIM = """
import sys
from profiles.context import make_context
from profiles.errors import ProfilesError
from profiles.switching import switch
when, names = sys.argv[1], sys.argv[2:]
done = 0
while True:
    for name in names:
        if done == (2 if when == "late" else 0):
            print("up", flush=True)
        done += 1
        try:
            switch(make_context(), name, anyway=True)
        except ProfilesError as error:
            print(error.message, flush=True)
"""


def _fill(world: World, name: str, who: str) -> None:
    world.perform(lambda c: store.add_empty(c, name))
    prepared = prepare(world.context(), name)
    world.sign_in(who).write(prepared.home)
    finish(world.context(), prepared)


def _murders(box: Box, seed: int, rounds: int) -> int:
    """Kill the victim `rounds` times, with rotations in between; return in how many rounds the live login changed."""
    chance = random.Random(seed)
    world = World(f"{box.path}/world")
    world.time = time.time()
    world.sign_in("ada").write(world.home)
    assert world.perform(reconcile) is not None
    for name, who in (("work", "bob at acme"), ("second", "ada at acme")):
        _fill(world, name, who)
    environ = {
        **os.environ,
        "HOME": f"{world.root}/home",
        "SWITCHYARD_HOME": world.data,
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
    }
    changed = 0
    for number in range(rounds):
        before = world.login_in(world.live_path)
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                VICTIM,
                "late" if number % 2 else "soon",
                "work",
                "second",
                "ada",
            ],
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        time.sleep(chance.uniform(0.0, 0.06))
        child.send_signal(signal.SIGKILL)
        complaints = child.stdout.read()
        child.wait()
        child.stdout.close()
        assert not complaints, complaints
        world.check()
        assert world.login_in(world.live_path) is not None, (
            "the live file is not a login that works"
        )
        changed += world.login_in(world.live_path) != before
        world.time = max(world.time, time.time())
        world.codex_refresh(world.home, old=chance.random() < 0.3)
        world.check()
    for name in ("work", "second", "ada"):
        world.perform(_switching_to(name))
        world.check()
        login = world.login_in(world.live_path)
        assert login is not None, f"{name} was not installed with its newest token"
    return changed


def _switching_to(name: str) -> Callable[[Context], object]:
    """Return the verb that switches whatever doubt there is."""
    return lambda context: switch(context, name, anyway=True)


def test_sigkill_at_random_moments(box: Box, seed: int) -> None:
    """Forty kills: every auth.json whole, every newest token on disk, each profile installs its newest afterwards."""
    assert _murders(box, seed, 40) > 5, "the victim was always killed before it did anything"


@pytest.mark.slow
def test_sigkill_many_times(box: Box, seed: int) -> None:
    """The same five hundred times."""
    assert _murders(box, seed + 1, 500) > 50
