"""`tui run`: the command's own words, surroundings and exit code."""

from __future__ import annotations

import json
import os
import sys

import pytest

from tests.commands.scenes import failed, failure, in_terminal, two
from tests.support.cli import run_tui
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

#: Prints its words and its surroundings.
TELL = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)]))"


def test_the_exit_code_is_the_commands(box: Box) -> None:
    """Its code; 128 + n when signal n ended it; nothing of ours on stdout."""
    two(box)
    assert run_tui(["run", "bob", "--", "sh", "-c", "echo data; exit 7"])[:2] == (7, "data\n")
    assert run_tui(["run", "bob", "--", "sh", "-c", "kill -TERM $$"]).code == 143


def test_the_home_is_the_profiles_or_the_active_one_for_its_login(box: Box) -> None:
    """CODEX_HOME names the home of the login; nothing is switched; what beats logins is gone."""
    pair = two(box)
    env = {"CODEX_ACCESS_TOKEN": "at-x", "CODEX_API_KEY": "sk-x", "KEPT": "yes"}
    for name, home in (("bob", box.profile("bob")), ("ada", box.codex)):
        ran = run_tui(["run", name, "--", sys.executable, "-c", TELL], env)
        assert ran.code == 0, ran.err
        _, environ = json.loads(ran.out)
        assert environ["CODEX_HOME"] == home
        assert environ["KEPT"] == "yes"
        assert not {"CODEX_ACCESS_TOKEN", "CODEX_API_KEY"} & set(environ)
    assert pair.live_login() == "ada"


def test_words_after_the_dashes_are_not_ours(box: Box) -> None:
    """Options, more dashes, empty and odd words reach the command as they are."""
    two(box)
    words = ["--json", "--help", "--", "", "a b", "-x", "\udce9", "*"]
    ran = run_tui(["run", "bob", "--", sys.executable, "-c", TELL, *words])
    assert ran.code == 0
    assert json.loads(ran.out)[0] == words
    failed(["run", "nosuch", "--", "true", "--json"], 3)


def test_stdin_is_the_commands(box: Box) -> None:
    """A filter works."""
    two(box)
    assert run_tui(["run", "bob", "--", "cat"], input="through\n").out == "through\n"


@pytest.mark.parametrize(
    ("args", "step"),
    [
        (["run", "bob"], "tui run bob -- codex"),
        (["run", "bob", "--"], "tui run bob -- codex"),
        (["run", "bob", "--", ""], "tui run bob -- codex"),
        (["run", "bob", "ls", "-l"], "tui run bob -- ls -l"),
        (["run", "bob", "-x", "--", "ls"], "tui run --help"),
        (["run", "--", "ls"], "tui run --help"),
        (["run"], "tui run --help"),
    ],
)
def test_a_missing_command_or_name_is_exit_2(box: Box, args: list[str], step: str) -> None:
    """What was meant is in the next step."""
    two(box)
    assert f"next: {step}" in failed(args, 2)


def test_what_cannot_be_run_is_127_or_126(box: Box) -> None:
    """As shells answer; an unknown profile comes first, and a folder is no program."""
    two(box)
    assert "nosuch-program: command not found" in failed(
        ["run", "bob", "--", "nosuch-program"], 127
    )
    assert "cannot be executed" in failed(["run", "bob", "--", f"{box.codex}/auth.json"], 126)
    assert "cannot be executed" in failed(["run", "bob", "--", "/etc"], 126)
    failed(["run", "nosuch", "--", "nosuch-program"], 3)
    assert failure(["run", "bo b", "--json", "--", "true"], 2)["code"] == "usage"


def test_a_rotation_during_the_run_is_kept(box: Box) -> None:
    """What Codex refreshed meanwhile is in every copy of the login afterwards (R14)."""
    pair = two(box)
    newer = pair.ada.rotate()
    newer.write(f"{box.path}/made")
    deed = f'cp "{box.path}/made/auth.json" "$CODEX_HOME/auth.json"'
    assert run_tui(["run", "ada", "--", "sh", "-c", deed]).code == 0
    for home in (box.codex, box.profile("ada")):
        with open(f"{home}/auth.json", encoding="utf-8") as file:
            assert json.load(file)["tokens"]["refresh_token"] == newer.refresh_token


def test_an_empty_profile_is_filled_by_what_runs_in_it(box: Box) -> None:
    """The way to a second login: the client writes it, and who it is gets said."""
    two(box)
    assert run_tui(["add", "new", "--empty"]).code == 0
    Login(Person("cyd")).fresh().write(f"{box.path}/made")
    deed = f'cp "{box.path}/made/auth.json" "$CODEX_HOME/auth.json"'
    ran = run_tui(["run", "new", "--", "sh", "-c", deed])
    assert ran.code == 0
    assert "new now holds cyd@example.com" in ran.err
    assert os.path.exists(f"{box.profile('new')}/profile.toml")


def test_ctrl_c_is_the_commands(box: Box) -> None:
    """The command decides what an interrupt does; its code is kept, and no word of ours is added."""
    two(box)
    text = "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.05; done"
    ran = in_terminal(["run", "bob", "--", "sh", "-c", text], type_at="ready", typed=b"\x03")
    assert ran.code == 9
    assert "caught" in ran.out
    assert "error" not in ran.out
