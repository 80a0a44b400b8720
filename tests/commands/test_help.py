"""`--help`: fits 80 columns, examples that work, and the table of commands held to the files."""

from __future__ import annotations

import os
import shlex

import pytest

from tests.commands.scenes import in_terminal
from tests.support.cli import ROOT, run_tui
from tui.commands import COMMANDS, load
from tui.parser import command_parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def test_each_file_is_a_command_and_each_command_a_file() -> None:
    """A command is its file and its line in the table, and nothing else."""
    files = sorted(os.listdir(f"{ROOT}/tui/commands"))
    assert sorted(COMMANDS) == [
        name[:-3] for name in files if name.endswith(".py") and not name.startswith("_")
    ]


@pytest.mark.parametrize("words", [[], *([name] for name in COMMANDS)])
def test_help_fits_and_is_in_order(box: Box, words: list[str]) -> None:
    """Purpose, then examples before anything else, exit codes and environment at the end."""
    ran = run_tui([*words, "--help"])
    assert (ran.code, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) < 80
    assert ran.out.startswith(" ".join(["usage: tui", *words]))
    sections = [line.split(" (")[0].rstrip(":") for line in ran.out.splitlines() if line[:1] > " "]
    places = [sections.index(each) for each in ("examples", "options", "exit codes", "environment")]
    assert places == sorted(places)
    assert places[0] == 2, "examples come right after usage and purpose"
    assert places[-1] == len(sections) - 1
    assert run_tui([*words, "-h"]).out == ran.out


def test_help_of_everything_names_every_command(box: Box) -> None:
    """With its purpose, a line each."""
    lines = run_tui(["--help"]).out.splitlines()
    for name, purpose in COMMANDS.items():
        assert any(line.split() == [name, *purpose.split()] for line in lines)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_are_right(name: str) -> None:
    """Each is a command line that its own parser takes."""
    for line, _ in load(name).EXAMPLES:
        words = shlex.split(line.partition(" > ")[0].removeprefix('eval "$(').removesuffix(')"'))
        assert words[:2] == ["tui", name], line
        ours = words[2 : words.index("--")] if "--" in words else words[2:]
        command_parser(name).parse_args(ours)


def test_help_wins_over_what_is_missing(box: Box) -> None:
    """Who asks for help is helped, whatever else is wrong."""
    assert run_tui(["show", "--help"]).code == 0
    assert run_tui(["run", "x", "--help", "--", "ls"]).code == 0


def test_help_is_the_same_in_any_terminal(box: Box) -> None:
    """No colours of a later Python, no other width."""
    wide = in_terminal(["switch", "--help"], size=(200, 50)).out
    assert wide == run_tui(["switch", "--help"]).out
