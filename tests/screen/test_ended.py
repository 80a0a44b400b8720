"""The screen ends from outside, or something in it goes wrong: nothing is lost, and the terminal is as it was."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import sys
import time

import pytest

from profiles.context import make_context
from profiles.listing import take_snapshot
from tests.screen.login_stage import ADA, BOB, give
from tests.screen.stage import live_login, put, two_logins
from tests.screen.terminal import Terminal
from tests.screen.test_terminal import check_restored
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{5}\b")


def _code(terminal: Terminal) -> str:
    terminal.until(lambda: CODE.search(terminal.text) is not None)
    found = CODE.search(terminal.text)
    assert found is not None
    return found.group()


@pytest.mark.parametrize("how", ["undecided", "on the way", "hung up"])
def test_an_approved_login_is_kept(box: Box, how: str) -> None:
    """SIGTERM, or the terminal goes away, while a login is approved and not saved: it is a profile afterwards."""
    with Simulator() as simulator:
        os.environ["SWITCHYARD_ISSUER"] = simulator.url
        for email in (ADA, BOB):
            simulator.people.add(email, workspaces=[("ws-acme", "Acme", "team")])
        give(simulator, "work", BOB)
        with Terminal(100, 30) as terminal:
            terminal.shows("work")
            terminal.press("l")
            code = _code(terminal)
            if how == "on the way":
                simulator.faults.add("/oauth/token", delay=2.0)
            simulator.device.approve(code, ADA, "Acme")
            if how == "on the way":
                terminal.shows("approved")
                terminal.signal(signal.SIGTERM)
                terminal.signal(signal.SIGHUP)
            else:
                terminal.shows("Another login")
            if how == "hung up":
                terminal.hang_up()
                assert terminal.child.wait(30) != 0
            else:
                terminal.signal(signal.SIGTERM)
                assert terminal.end() == 128 + signal.SIGTERM
                check_restored(terminal)
                assert "is saved as ada" in terminal.sent.decode()
        rows = [row for row in take_snapshot(make_context()).rows if row.account_id == "ws-acme"]
        assert [row.email for row in rows] == [ADA]
        assert not [secret for secret in simulator.secrets() if secret.encode() in terminal.sent]


def _ticks(pid: int) -> int:
    """Return the processor time that a process used, in hundredths of a second."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_a_dead_terminal_is_no_busy_loop(box: Box) -> None:
    """The terminal goes while a switch waits for a lock: that is made, then it ends, and nothing spins before."""
    _, bob = two_logins(box)
    with Terminal(120, 30) as terminal, open(f"{box.codex}/auth.lock", "wb") as lock:
        terminal.shows("● personal")
        terminal.quiet()
        fcntl.flock(lock, fcntl.LOCK_EX)
        terminal.press("j", " ")
        terminal.shows("switching to work")
        terminal.hang_up()
        time.sleep(1.0)
        before = _ticks(terminal.child.pid)
        time.sleep(3.0)
        assert terminal.child.poll() is None
        used = _ticks(terminal.child.pid) - before
        print(f"{used * 10} ms of processor time in 3 s without a terminal")
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert terminal.child.wait(20) != 0
        assert used < 60
    assert live_login(box) == bob.document().data()


def test_it_ends_with_a_terminal_that_sends_no_signal(box: Box) -> None:
    """A terminal that controls nobody goes: the screen ends, instead of reading the end of its input for ever."""
    two_logins(box)
    with Terminal(100, 30, controlling=False) as terminal:
        terminal.shows("● personal")
        terminal.quiet()
        terminal.hang_up()
        assert terminal.child.wait(20) != 0


def _program(box: Box, *lines: str) -> list[str]:
    code = [
        "from profiles.context import make_context",
        "from tui.app import run_screen",
        *lines,
        "raise SystemExit(run_screen(make_context()))",
    ]
    put(f"{box.path}/bug.py", "\n".join(code).encode())
    return [sys.executable, f"{box.path}/bug.py"]


RAISE = "def bug(*a, **k): raise KeyError('made-up-secret-value')"


@pytest.mark.parametrize(
    ("where", "key"),
    [
        ("from tui.screens.main import MainScreen; MainScreen._help = bug", "?"),
        ("import tui.screens.clock as c; c.LONGEST_SLEEP = 0.3; c.Clock.woken = bug", ""),
        ("from tui.screens.filtering import Filtering; Filtering.open = bug", "/"),
        ("from profiles.watching import Watch; Watch.look = bug", ""),
    ],
    ids=["key", "timer", "action", "watch"],
)
def test_a_bug_is_an_event(box: Box, where: str, key: str) -> None:
    """A bug in what a key, a timer or a thread does is an event with a next step; every other key still acts."""
    _, bob = two_logins(box)
    with Terminal(100, 30, command=_program(box, RAISE, where)) as terminal:
        terminal.shows("● personal")
        terminal.press(*key)
        terminal.shows("unexpected KeyError")
        terminal.press("j", " ")
        terminal.shows("switched to work")
        terminal.press("q")
        assert terminal.end() == 0
        check_restored(terminal)
    assert b"made-up-secret-value" not in terminal.sent
    assert live_login(box) == bob.document().data()


def test_a_bug_in_drawing(box: Box) -> None:
    """It ends the screen, with its places and no values, and the terminal is as it was."""
    two_logins(box)
    where = "from tui.widgets.profile_list import ProfileList; ProfileList.render_line = bug"
    with Terminal(100, 30, command=_program(box, RAISE, where)) as terminal:
        assert terminal.end() == 1
        check_restored(terminal)
    left = terminal.sent[terminal.sent.rfind(b"\x1b[?1049l") :].decode()
    assert "in bug" in left
    assert "tui list still works" in left
    assert left.count("made-up-secret-value") <= left.count("def bug")


def test_a_storm_of_sizes(box: Box) -> None:
    """Two hundred sizes within a second, down to 1x1 and back: afterwards a whole screen, and every key acts."""
    _, bob = two_logins(box)
    with Terminal(100, 30) as terminal:
        terminal.shows("● personal")
        terminal.quiet()
        begun = time.monotonic()
        for number in range(200):
            terminal.resize(1 + number * 37 % 150, 1 + number * 13 % 50)
            terminal.read(0.0)
            time.sleep(max(0.0, begun + number / 200 - time.monotonic()))
        terminal.resize(1, 1)
        terminal.quiet(0.3)
        terminal.resize(100, 30)
        terminal.shows("● personal", "? help")
        terminal.press("j", " ")
        terminal.shows("switched to work")
        terminal.press("q")
        assert terminal.end() == 0
        check_restored(terminal)
    assert live_login(box) == bob.document().data()
