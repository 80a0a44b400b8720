"""Whatever the screen does there is a command for, and it prints lines that can be read aloud."""

from __future__ import annotations

import re
from typing import Final

import pytest

from tests.support.cli import ROOT, run_tui
from tests.tasks.scene import simulator
from tui.commands import COMMANDS
from tui.key_names import key_name
from tui.keys import ACTIONS, BY_ID, MOVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui.simulator.server import Simulator

__all__ = ["simulator"]

BEGIN, END = "<!-- without:begin -->\n", "<!-- without:end -->\n"
#: What there is no command for, and the README says so.
NONE_YET: Final = {"note"}
#: What is about the screen itself: without one there is nothing to do.
OF_THE_SCREEN: Final = {action.id for action in ACTIONS if action.group == MOVE} | {
    "zoom",
    "redraw",
    "suspend",
    "back",
    "quit",
    "quit-now",
    "cancel",
}
#: Lines of a box, bars and blocks: a screen reader says them one by one.
DRAWN: Final = re.compile("[\u2500-\u259f]")


def _readme() -> tuple[str, str]:
    """Return the table of the README, and the paragraph after it."""
    with open(f"{ROOT}/README.md", encoding="utf-8") as file:
        table, _, after = file.read().partition(BEGIN)[2].partition(END)
    return table, after.lstrip().partition("\n")[0]


def _actions(text: str) -> set[str]:
    """Return the actions whose first keys stand in a text."""
    by_key = {action.keys[0]: action.id for action in ACTIONS}
    return {by_key[key_name(word) or word] for word in re.findall(r"<kbd>(.+?)</kbd>", text)}


def test_every_key_is_in_the_table_or_said_to_have_no_command() -> None:
    """A key that is added to the screen alone is seen here: somebody without a screen must get it, or be told."""
    table, after = _readme()
    assert _actions(after) == NONE_YET
    assert _actions(table) & OF_THE_SCREEN == set()
    assert _actions(table) | NONE_YET | OF_THE_SCREEN == set(BY_ID)


def test_every_command_of_the_table_is_one() -> None:
    """No line of the table is refused by the parser: every command, and every option of it, is in its help."""
    table, _ = _readme()
    lines = re.findall(r"`tui ([^`]+)`", table)
    assert len(lines) > 15
    for line in lines:
        command, *words = line.partition(" \\|")[0].partition(" -- ")[0].split()
        if command in COMMANDS:
            told = run_tui([command, "--help"]).out
            assert not [word for word in words if word.startswith("-") and word not in told], line
        else:
            assert line in {"--help", "COMMAND --help"}


@pytest.mark.parametrize("utf8", [True, False])
def test_what_is_read_is_plain_lines(simulator: Simulator, utf8: bool) -> None:
    """Nothing is drawn with lines, bars or colours, every state is a word, and without UTF-8 all is ASCII."""
    env = {} if utf8 else {"LC_ALL": "C", "PYTHONUTF8": None}
    for args in (
        ["list"],
        ["list", "--usage"],
        ["usage"],
        ["show", "work"],
        ["switch", "work", "--dry-run"],
        ["history"],
        ["paths"],
        ["--help"],
    ):
        ran = run_tui(args, env)
        assert ran.code == 0, ran
        assert ran.out + ran.err
        assert DRAWN.search(ran.out + ran.err) is None, ran
        assert "\x1b" not in ran.out + ran.err
        assert utf8 or (ran.out + ran.err).isascii(), ran
    assert all(" ok " in line for line in run_tui(["list"], env).out.splitlines())
