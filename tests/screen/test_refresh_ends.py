"""Stopping and leaving while refreshes are out: what was sent is saved, what was not is not begun, and that is said."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.screen.refresh_stage import FOUR, TOKEN, TWO, give, open_refreshes
from tests.screen.stage import ADA as ADA_PERSON
from tests.screen.stage import configure, contents
from tests.screen.terminal import Terminal
from tests.support.tokens import Login
from tui.simulator.gates import HANDLED
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

ONE_AT_A_TIME = "[refresh]\nconcurrency = 1\n"


async def test_cancel(box: Box) -> None:
    """With ctrl+c what was sent is answered and saved, nothing else is sent, and the screen stays."""
    configure(box, ONE_AT_A_TIME)
    async with open_refreshes(box, profiles=FOUR) as yard:
        gate = yard.hold("lab")  # the first by name
        await yard.keys("ctrl+r")
        await yard.reached(gate)
        await yard.keys("ctrl+c")
        await yard.shows("stopping: what was sent is answered and saved first")
        await yard.shows("→ stopping, 1 to be saved")
        gate.open()
        await yard.says("1 refreshed, 3 not begun")
        assert yard.works("lab")
        assert yard.exchanges() == 1
        assert yard.app.is_running
        assert "1 refreshed, 3 not begun" in yard.said
        await yard.press("ctrl+r")
        await yard.says("3 refreshed, 1 fresh")


async def test_cancel_comes_after_what_is_nearer(box: Box) -> None:
    """In a dialog ctrl+c closes that, and the refresh goes on."""
    async with open_refreshes(box) as yard:
        gate = yard.hold("personal")
        await yard.keys("r")
        await yard.reached(gate)
        await yard.keys("j", "E", "ctrl+c")
        await yard.shows("→ refreshing personal")
        assert "stopping" not in yard.text
        gate.open()
        await yard.shows("personal: refreshed")


@pytest.mark.parametrize("keys", [("q", "y"), ("ctrl+q",)], ids=["q", "ctrl+q"])
async def test_leaving_waits(box: Box, keys: tuple[str, ...]) -> None:
    """Leaving while an answer is out says that it waits, saves it, and then leaves by itself; q asks before."""
    configure(box, ONE_AT_A_TIME)
    async with open_refreshes(box, profiles=FOUR) as yard:
        gate = yard.hold("lab")
        await yard.keys("ctrl+r")
        await yard.reached(gate)
        for key in keys:
            await yard.keys(key)
            if key == "q":
                await yard.shows("Leave?", "4 profiles are being refreshed", "y leave")
        await yard.shows("leaving once what was sent is answered and saved", "ctrl+q leaves the")
        assert yard.app.is_running
        assert yard.app.return_code is None
        gate.open()
        await yard.until(lambda: yard.app.return_code == 0)
        assert yard.works("lab")
        assert yard.exchanges() == 1


async def test_leaving_without_waiting_for_anything(box: Box) -> None:
    """Where no refresh is out, leaving is at once, as ever."""
    async with open_refreshes(box) as yard:
        await yard.press("r")
        await yard.shows("personal: refreshed")
        await yard.keys("q")
        await yard.until(lambda: yard.app.return_code == 0)


class Outside:
    """The program in a terminal, with a login of the simulator's that it refreshes; its answer is held."""

    def __init__(self, box: Box, simulator: Simulator) -> None:
        os.environ["SWITCHYARD_ISSUER"] = simulator.url
        for name, email in TWO:
            simulator.people.add(email)
            give(simulator, name, email)
        self.path = f"{box.profile('personal')}/auth.json"
        self.simulator = simulator
        token = self.token.encode()
        self.gate = simulator.gates.hold(TOKEN, HANDLED, lambda each: token in each.body)

    @property
    def token(self) -> str:
        """The refresh token on the disk."""
        return str(json.loads(contents(self.path))["tokens"]["refresh_token"])

    def check(self) -> None:
        """Fail unless the login on the disk works, and no token was presented twice."""
        assert any(each.current == self.token for each in self.simulator.families)
        assert self.simulator.reused == 0


def test_leaving_at_once_saves_it_all_the_same(box: Box) -> None:
    """Whoever asks twice has the shell's screen back at once, with a word why the program still waits; R18 holds."""
    with Simulator() as simulator:
        outside = Outside(box, simulator)
        with Terminal() as terminal:
            terminal.shows("personal", "✓ ok")
            terminal.press("r")
            outside.gate.wait()
            terminal.press("ctrl+q")
            terminal.shows("leaving once what was sent is")
            terminal.press("ctrl+q")
            terminal.until(lambda: b"its answer is waited for and saved" in terminal.sent)
            assert terminal.child.poll() is None
            outside.gate.open()
            assert terminal.end() == 0
            assert terminal.modes_now() == terminal.modes
        outside.check()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_save_it(box: Box, number: signal.Signals) -> None:
    """A signal in the middle of a refresh ends the screen, and the answer is saved before the program is gone."""
    with Simulator() as simulator:
        outside = Outside(box, simulator)
        with Terminal() as terminal:
            terminal.shows("personal", "✓ ok")
            terminal.press("r")
            outside.gate.wait()
            terminal.signal(number)
            terminal.until(lambda: b"its answer is waited for and saved" in terminal.sent)
            outside.gate.open()
            assert terminal.end() == 128 + number
        outside.check()


def test_the_terminal_goes_away(box: Box) -> None:
    """With the terminal gone the answer is still saved."""
    with Simulator() as simulator:
        outside = Outside(box, simulator)
        with Terminal() as terminal:
            terminal.shows("personal", "✓ ok")
            terminal.press("r")
            outside.gate.wait()
            before = outside.token
            terminal.hang_up()
            outside.gate.open()
            assert terminal.child.wait(20) != 0
        assert outside.token != before
        outside.check()


def test_an_answer_after_the_screen(box: Box) -> None:
    """A login that is not the simulator's is no reason for a traceback at the end: bad input is said."""
    Login(ADA_PERSON).fresh().write(box.profile("made-up"))
    with Simulator() as simulator:
        os.environ["SWITCHYARD_ISSUER"] = simulator.url
        with Terminal() as terminal:
            terminal.shows("made-up", "✓ ok")
            terminal.press("r")
            terminal.press("ctrl+q")
            assert terminal.end() == 0
            assert b"Traceback" not in terminal.sent
