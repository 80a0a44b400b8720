"""An idle screen over a slow line: not a byte, one timer, and next to no processor time; none of it unwatched."""

from __future__ import annotations

import os
import sys
import time

import pytest

from tests.screen.stage import Stage, open_stage, put, two_logins
from tests.screen.terminal import Terminal
from tests.screen.test_ended import _ticks
from tests.support.tokens import DAY, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from textual.message_pump import MessagePump
    from textual.timer import Timer

    from tests.conftest import Box

FOCUS_IN, FOCUS_OUT = "\x1b[I", "\x1b[O"


def _program(box: Box, every: float) -> list[str]:
    """Return the screen with as many looks in few seconds as else in a minute."""
    code = (
        "import tui.screens.watching as watching\n"
        "from profiles.context import make_context\n"
        "from tui.app import run_screen\n"
        f"watching.EVERY = {every}\n"
        "raise SystemExit(run_screen(make_context()))\n"
    )
    put(f"{box.path}/quick.py", code.encode())
    return [sys.executable, f"{box.path}/quick.py"]


def _many(box: Box) -> None:
    """Make a hundred profiles whose countdowns stand still for the next half hour."""
    two_logins(box)
    for number in range(100):
        Login(Person(f"p{number:02}")).fresh(age=2 * DAY + 1800).write(box.profile(f"p{number:02}"))
    # Within an hour the minutes of an id token are counted.
    Login(Person("ada")).fresh(age=9000).write(box.codex)


def _wakings(terminal: Terminal) -> int:
    """Return how often the threads of the screen went to sleep so far."""
    folder = f"/proc/{terminal.child.pid}/task"
    total = 0
    for thread in os.listdir(folder):
        with open(f"{folder}/{thread}/status", encoding="ascii") as file:
            total += int(file.read().partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    return total


def _runs(terminal: Terminal) -> None:
    """Wait until the screen is more than its first picture, and has nothing left to do."""
    terminal.until(lambda: b"\x1b[?1004h" in terminal.sent)
    terminal.shows("● personal", "Identity")
    terminal.quiet(2.0)


@pytest.mark.parametrize("minute", [pytest.param(60.0, marks=pytest.mark.slow), 4.0])
def test_an_idle_minute(box: Box, minute: float) -> None:
    """As many looks as in a minute, at a hundred profiles: 0 bytes, and well below a second of processor time."""
    _many(box)
    with Terminal(100, 30, command=_program(box, 0.8 * minute / 60)) as terminal:
        _runs(terminal)
        terminal.quiet(3.0)
        sent, used = len(terminal.sent), _ticks(terminal.child.pid)
        end = time.monotonic() + minute
        while time.monotonic() < end:
            terminal.read(0.5)
        used = _ticks(terminal.child.pid) - used
        print(
            f"{len(terminal.sent) - sent} bytes and {used * 10} ms of processor time for 75 looks"
        )
        assert len(terminal.sent) == sent
        assert used < 40
        terminal.press("q")
        assert terminal.end() == 0


def test_the_focus_goes_and_comes(box: Box) -> None:
    """A terminal that says that it lost the focus is sent nothing, whatever happens; back, it is told at once."""
    ada, _ = two_logins(box)
    with Terminal(100, 30, command=_program(box, 0.2)) as terminal:
        _runs(terminal)
        terminal.press(FOCUS_OUT)
        terminal.quiet(1.5)
        sent, used, woken = len(terminal.sent), _ticks(terminal.child.pid), _wakings(terminal)
        ada.rotate().write(box.codex)
        terminal.quiet(2.0)
        assert terminal.sent[sent:] == b""
        assert _ticks(terminal.child.pid) - used <= 3
        assert _wakings(terminal) - woken <= 5, "nothing asks now and then, not even for input"
        terminal.press(FOCUS_IN)
        terminal.shows("codex refreshed personal")
        terminal.press("q")
        assert terminal.end() == 0


def _timers(stage: Stage) -> list[Timer]:
    """Return the timers that will ring."""
    nodes: list[MessagePump] = [stage.app, *stage.app.screen_stack]
    nodes += stage.app.screen_stack[0].walk_children()
    return [timer for node in nodes for timer in node._timers if _rings(timer)]


def _rings(timer: Any) -> bool:  # noqa: ANN401 - Textual's own names
    return bool(timer._active.is_set() and timer._task is not None and not timer._task.done())


async def test_one_timer(box: Box) -> None:
    """For countdowns, usage and looks there is one timer; none while the terminal has lost the focus."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.until(lambda: stage.main.watching.is_watching)
        stage.app.clear_notifications()
        await stage.settle()
        await stage.until(lambda: len(_timers(stage)) == 1)
        assert _timers(stage) == [stage.main.clock._wake]
        stage.app.app_focus = False
        stage.app.on_app_blur()
        assert not [timer for timer in _timers(stage) if timer is stage.main.clock._wake]
        assert stage.main.clock._wake is None
