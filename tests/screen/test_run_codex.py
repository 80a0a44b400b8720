"""While codex has the terminal everything else goes on, and no ctrl-c meant for it ends the screen."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager

import pytest

from tests.screen.login_stage import give
from tests.screen.stage import open_stage, two_logins
from tests.screen.terminal import Terminal
from tests.screen.tmux import with_path
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box


def codex(box: Box, text: str) -> dict[str, str | None]:
    """Put a `codex` on the PATH of the program, a script of the shell."""
    folder = f"{box.path}/bin"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/codex", "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\n{text}\n")
    os.chmod(f"{folder}/codex", 0o755)
    return {"PATH": with_path(folder)}


@contextmanager
def running(box: Box, *trap: str) -> Iterator[Terminal]:
    """Let a codex run that ends in its own order on a signal; afterwards the screen is back, and leaves."""
    script = f"trap {' '.join(trap)}; echo ready; while :; do sleep 0.1; done"
    with Terminal(80, 24, env=codex(box, script)) as terminal:
        terminal.shows("personal", "✓ ok")
        terminal.press("x")
        terminal.shows("ready")
        yield terminal
        terminal.shows("[1] Profiles", "? help")
        terminal.press("q")
        assert terminal.end() == 0


def test_ctrl_c_at_the_question_goes_back(box: Box) -> None:
    """Catches a ctrl-c at `Press enter to go back` that ends the screen with everything in it."""
    two_logins(box)
    with Terminal(80, 24, env=codex(box, "echo hello; exit 3")) as terminal:
        terminal.shows("personal", "✓ ok")
        terminal.press("x")
        terminal.shows("exit code 3. Press enter")
        terminal.press("ctrl+c")
        terminal.shows("[1] Profiles", "codex as personal ended with exit code 3")
        terminal.press("j", "q")
        assert terminal.end() == 0


def test_ctrl_c_belongs_to_codex(box: Box) -> None:
    """A ctrl-c while codex runs is codex's: the screen is back after it, and says nothing of an interruption."""
    two_logins(box)
    with running(box, "'echo caught; exit 0'", "INT") as terminal:
        terminal.press("ctrl+c")


def test_a_signal_reaches_codex_and_not_the_screen_alone(box: Box) -> None:
    """SIGTERM is passed on: codex ends in its own order, and the screen is back."""
    two_logins(box)
    with running(box, "'echo told to end; exit 0'", "TERM") as terminal:
        terminal.signal(signal.SIGTERM)


def test_a_login_goes_on_meanwhile(box: Box) -> None:
    """A login that waits in its pane is approved, fetched and saved while codex has the terminal."""
    with Simulator() as simulator:
        os.environ["SWITCHYARD_ISSUER"] = simulator.url
        simulator.people.add("ada@example.com")
        give(simulator, "personal", "ada@example.com")
        script = "echo ready; while [ ! -e go ]; do sleep 0.05; done"
        environ = codex(box, f"cd {box.path}; {script}")
        with Terminal(80, 24, env=environ) as terminal:
            terminal.shows("personal", "✓ ok")
            terminal.press("n", "n", "e", "w", "enter")
            terminal.shows("expires in")
            terminal.press("esc")
            terminal.shows("[1] Profiles", "[3] → new")
            terminal.press("x")
            terminal.shows("ready")
            waiting = simulator.device.pending()
            simulator.device.approve(waiting[0], "ada@example.com")
            terminal.until(lambda: os.path.exists(f"{box.profile('new')}/auth.json"))
            with open(f"{box.path}/go", "w", encoding="utf-8"):
                pass
            terminal.shows("[1] Profiles", "saved as new")
            terminal.press("ctrl+q")
            assert terminal.end() == 0


@pytest.mark.parametrize("size", [(40, 12), (80, 24)], ids=str)
async def test_no_codex_is_installed(box: Box, size: tuple[int, int]) -> None:
    """Catches an x that leads nowhere: it says how to get codex, and the terminal is not handed over for nothing."""
    two_logins(box)
    os.environ["PATH"] = f"{box.path}/nothing-here"
    async with open_stage(size) as stage:
        await stage.press("x")
        assert "codex is not on the PATH" in stage.toasts
        assert "npm install -g @openai/codex" in stage.toasts
        assert "no such command" not in stage.said
        await stage.press("at")
        await stage.shows("codex is not on the PATH", "npm install -g", "to PATH")
