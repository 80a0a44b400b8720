"""`tui add`, `rename` and `delete`: what they make, what they ask, what they refuse."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.commands.scenes import failed, failure, in_terminal, two
from tests.support.cli import run_tui, tui_json
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def names() -> list[str]:
    """Return the names of the profiles."""
    return run_tui(["list", "--names"]).out.split()


def test_add_saves_the_active_login(box: Box) -> None:
    """It becomes a profile and is the active one; prose goes to stderr."""
    Login(Person("ada")).fresh().write(box.codex)
    ran = run_tui(["add", "home"])
    assert (ran.code, ran.out) == (0, "")
    assert "home" in ran.err
    document = tui_json(["list", "--json"])
    assert document["active"] == "home"
    assert [row["email"] for row in document["profiles"]] == ["ada@example.com"]


def test_add_of_a_login_that_a_profile_has_is_exit_1_and_names_it(box: Box) -> None:
    """One login is one profile."""
    two(box)
    text = failed(["add", "again"], 1)
    assert "ada" in text
    assert names() == ["ada", "bob"]


def test_add_without_a_login_is_exit_4_and_names_the_way(box: Box) -> None:
    """There is nothing to save; the way to a login is named."""
    assert "tui login home --device-code" in failed(["add", "home"], 4)
    assert names() == []


def test_add_empty_names_the_way_to_fill_it(box: Box) -> None:
    """The next step is the client in the profile, which revokes nothing."""
    ran = run_tui(["add", "work", "--empty"])
    assert ran.code == 0
    assert "to fill it: tui login work --device-code" in ran.err
    (row,) = tui_json(["list", "--json"])["profiles"]
    assert (row["name"], row["state"], row["managed"]) == ("work", "empty", True)
    assert os.stat(box.profile("work")).st_mode & 0o777 == 0o700


def test_add_home_registers_where_it_lies(box: Box) -> None:
    """Nothing is copied; a home that is none is refused by name."""
    home = f"{box.home}/.codex-lab"
    Login(Person("cyd")).fresh().write(home)
    assert run_tui(["add", "lab", "--home", home]).code == 0
    (row,) = tui_json(["list", "--json"])["profiles"]
    assert (row["home"], row["managed"], row["email"]) == (home, False, "cyd@example.com")
    assert not os.path.exists(f"{box.profile('lab')}/auth.json")
    assert "/nowhere" in failed(["add", "no", "--home", "/nowhere"], 2)
    assert names() == ["lab"]


@pytest.mark.parametrize("verb", [["add"], ["add", "--empty"], ["rename", "ada"]])
@pytest.mark.parametrize("name", ["../x", "a b", "🦊", "a" * 65, "-", "a\nb", ".."])
def test_a_name_that_can_be_none_is_exit_2(box: Box, verb: list[str], name: str) -> None:
    """Nothing is made."""
    two(box)
    failed([*verb, "--", name], 2)
    assert names() == ["ada", "bob"]


@pytest.mark.parametrize("args", [["add", "--empty", "ADA"], ["rename", "bob", "Ada"]])
def test_a_name_that_is_taken_is_exit_1(box: Box, args: list[str]) -> None:
    """Names are unique ignoring case."""
    two(box)
    assert "ada" in failed(args, 1)
    assert names() == ["ada", "bob"]


def test_add_takes_one_source(box: Box) -> None:
    """A home and no login at once make no sense."""
    failed(["add", "x", "--empty", "--home", "/tmp"], 2)
    assert failure(["add", "x", "--json"], 2)["code"] == "usage"


def test_rename(box: Box) -> None:
    """The profile goes by the new name; the old one is unknown."""
    two(box)
    ran = run_tui(["rename", "bob", "bert"])
    assert (ran.code, ran.out) == (0, "")
    assert names() == ["ada", "bert"]
    failed(["rename", "bob", "x"], 3)


def test_delete_asks_and_takes_only_a_yes(box: Box) -> None:
    """The question names who it is and what is not done; anything but a yes keeps the profile."""
    two(box)
    for typed in (b"\n", b"n\n", b"yess\n", b"\x04"):
        ran = in_terminal(["delete", "bob"], type_at="[y/N]", typed=typed)
        assert ran.code == 1
        assert "Delete the profile bob" in ran.out
        assert "no token is revoked" in ran.out
        assert "bob was not deleted" in ran.out
    assert names() == ["ada", "bob"]
    ran = in_terminal(["delete", "bob"], type_at="[y/N]", typed=b"y\n")
    assert ran.code == 0
    assert "backups/deleted" in ran.out
    assert names() == ["ada"]


def test_ctrl_c_at_the_question_is_130(box: Box) -> None:
    """An interrupt is no answer; nothing is deleted, and there is no traceback."""
    two(box)
    ran = in_terminal(["delete", "bob"], type_at="[y/N]", typed=b"\x03")
    assert ran.code == 130
    assert "interrupted" in ran.out
    assert names() == ["ada", "bob"]


def test_delete_without_a_terminal_wants_the_flag(box: Box) -> None:
    """A script says yes by name of the flag; an answer on a pipe is none."""
    two(box)
    ran = run_tui(["delete", "bob"], input="y\n")
    assert (ran.code, ran.out) == (1, "")
    assert "tui delete bob --yes" in ran.err
    assert names() == ["ada", "bob"]
    done = run_tui(["delete", "bob", "--yes"])
    assert (done.code, done.out) == (0, "")
    assert "revoked" in done.err
    assert names() == ["ada"]
    command = done.err.splitlines()[-1]
    assert command.startswith("to take it back: mv ")
    subprocess.run(["/bin/sh", "-c", command.removeprefix("to take it back: ")], check=True)
    assert names() == ["ada", "bob"]


def test_delete_of_the_active_or_of_none(box: Box) -> None:
    """The active profile is refused (it would come back), an unknown one is exit 3 unasked."""
    two(box)
    assert "active" in failed(["delete", "ada", "--yes"], 1)
    failed(["delete", "nosuch"], 3)
    assert "did you mean" in failed(["delete", "bobb", "--yes"], 3)
    assert names() == ["ada", "bob"]


def test_delete_of_a_registered_home_leaves_the_home(box: Box) -> None:
    """Only our own folder goes; the question says so."""
    home = f"{box.home}/.codex-lab"
    Login(Person("cyd")).fresh().write(home)
    assert run_tui(["add", "lab", "--home", home]).code == 0
    ran = in_terminal(["delete", "lab"], size=(200, 24), type_at="[y/N]", typed=b"y\n")
    assert f"forgets {home}, which stays" in ran.out
    assert ran.code == 0
    assert os.path.exists(f"{home}/auth.json")
