"""`--no-mouse` leaves the mouse to the terminal; with it or without, no function needs one."""

from __future__ import annotations

import pytest

from tests.screen.stage import configure, two_logins
from tests.screen.terminal import Terminal
from tests.support.cli import tui_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

#: With this a program asks a terminal for clicks.
ASKED = b"\x1b[?1000h"


@pytest.mark.parametrize(
    ("arguments", "setting", "asked"),
    [([], "", True), (["--no-mouse"], "mouse = true\n", False), ([], "mouse = false\n", False)],
    ids=["on", "option", "config"],
)
def test_the_mouse_is_asked_for_or_not(
    box: Box, arguments: list[str], setting: str, asked: bool
) -> None:
    """Catches an option that is read and forgotten: then the terminal could not select text."""
    two_logins(box)
    configure(box, setting)
    with Terminal(80, 24, command=tui_command(arguments)) as terminal:
        terminal.shows("personal", "✓ ok")
        terminal.press("j", "q")
        assert terminal.end() == 0
        assert (ASKED in terminal.sent) is asked
