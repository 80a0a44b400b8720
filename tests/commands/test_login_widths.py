"""`tui login` in terminals of some width: prose is broken between words, and what is copied is not broken."""

from __future__ import annotations

import re

import pytest

from tests.commands.logins import AUTHORIZE_URL, Running
from tests.support.redirect_ports import redirect_ports
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

#: An address at which nobody listens.
NOBODY = {"SWITCHYARD_ISSUER": "http://127.0.0.1:9"}
#: What is there to be copied, each on a line of its own.
COPIED = re.compile(r"(http://127\.0\.0\.1:\d+/oauth/authorize\?\S+|ssh -N .*|curl -sS .* -K -)")


def told(text: str) -> list[str]:
    """Return the lines of a terminal without its colours."""
    return re.sub(r"\x1b\[\d*m", "", text).replace("\r", "").splitlines()


def words(lines: list[str]) -> list[str]:
    """Return the words of the prose in some lines, without what differs from one login to the next."""
    prose = " ".join(line for line in lines if not COPIED.fullmatch(line))
    return re.sub(r"\d+ (min|s)\b", "TIME", prose).split()


def waiting(columns: int | None) -> list[str]:
    """Return what a browser login tells until it waits, in a terminal or off one."""
    how = {} if columns is None else {"terminal": True, "columns": columns}
    with (
        redirect_ports(),
        Simulator() as simulator,
        Running(["work", "--browser"], simulator, **how) as login,  # type: ignore[arg-type]
    ):
        login.wait_for(AUTHORIZE_URL)
        login.wait_for(r"This login waits for .*\n")
        return told(login.text("err" if columns is None else "out"))


def test_off_a_terminal_prose_has_79_cells(box: Box) -> None:
    """As wide as our help; what is copied is alone on its line, and whole."""
    lines = waiting(None)
    assert [line for line in lines if len(line) > 79 and not COPIED.fullmatch(line)] == []
    assert len([line for line in lines if COPIED.fullmatch(line)]) == 3


@pytest.mark.parametrize("columns", [120, 80, 40])
def test_a_terminal_cuts_no_word(box: Box, columns: int) -> None:
    """Every line fits and the words are the same; address, ssh line and curl line are whole."""
    lines = waiting(columns)
    assert [line for line in lines if len(line) >= columns and not COPIED.fullmatch(line)] == []
    assert len([line for line in lines if COPIED.fullmatch(line)]) == 3
    assert words(lines) == words(waiting(None))


@pytest.mark.parametrize("columns", [80, 50])
def test_an_error_hangs_in_a_terminal(box: Box, columns: int) -> None:
    """Off a terminal it is one line and one for what is next; on one it hangs below its label, commands unbroken."""
    with Running(["work", "--device-code"], env=NOBODY) as login:
        plain = login.end(5).err.splitlines()
    assert [line.split(": ")[0] for line in plain] == ["tui", "next"]
    with Running(["work", "--device-code"], env=NOBODY, terminal=True, columns=columns) as login:
        lines = told(login.end(5).out)
    assert all(len(line) < columns for line in lines)
    assert all(line.startswith(("tui: error: ", "next: ", "      ")) for line in lines)
    assert any("tui login work --device-code" in line for line in lines)
    assert any("curl -sSI http" in line for line in lines)
    assert words(lines) == words(plain)
