"""Names that no profile can have: refused by every verb that takes one, before anything is looked at."""

from __future__ import annotations

import os

import pytest

from tests.support.cli import run_tui, tui_json
from tests.surroundings.scene import read, refused, settle, snapshot, tui_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

#: What somebody may type, paste or generate.
IMPOSSIBLE = {
    "up": "../x",
    "up and into": "../../home/.codex",
    "a path": "a/b",
    "absolute": "/etc/passwd",
    "one dot": ".",
    "two dots": "..",
    "a leading dot": ".hidden",
    "half made": ".new-1-2",
    "a space": "two words",
    "only a space": " ",
    "a trailing space": "work ",
    "a tab": "a\tb",
    "a line end": "work\n",
    "an emoji": "🦀",
    "an umlaut": "grün",
    "a look-alike": "аda",  # a Cyrillic letter
    "300 characters": "a" * 300,
    "65 characters": "a" * 65,
    "no characters": "",
    "an escape": "\x1b[31mred",
    "not UTF-8": "\udcff\udcfe",
    "a wildcard": "*",
    "a shell's word": "$(id)",
    "a backslash": "a\\b",
    "a colon": "C:",
}


@pytest.mark.parametrize("name", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_a_name_that_no_profile_can_have(box: Box, name: str) -> None:
    """Exit 2, the rule for names in the error, nothing changed, and nothing of the name steers the terminal."""
    scene = settle(box)
    before = snapshot(box.path)
    for args in (
        ["add", name],
        ["add", name, "--empty"],
        ["rename", "bob", name],
        ["rename", name, "carl"],
        ["delete", name, "--yes"],
        ["show", name],
        ["run", name, "--", "true"],
    ):
        ran = tui_here(args)
        error = refused(ran, 2)
        assert len(error) < 160, args
        assert "\x1b" not in ran.err
        assert "letter or digit" in ran.err
    refused(run_tui(["switch", name]), 2)
    assert snapshot(box.path) == before
    assert read(scene.live) == scene.ada.document().data()


@pytest.mark.parametrize("name", ["-x", "--name", "-"])
def test_a_leading_dash_is_an_option(box: Box, name: str) -> None:
    """Such a word is taken for an option (`-` is the profile before), and is no name behind `--` either."""
    settle(box)
    before = snapshot(box.path)
    for args in (["add", name], ["rename", "bob", name], ["add", "--", name], ["show", name]):
        ran = run_tui(args)
        refused(ran, 2)
    assert snapshot(box.path) == before


@pytest.mark.parametrize("name", ["a", "A.b_c@d+e-f", "9", "a" * 64, "work@example.com"])
def test_names_that_profiles_can_have(box: Box, name: str) -> None:
    """The other side of the rule: these go through every verb."""
    scene = settle(box)
    assert run_tui(["rename", "bob", name]).code == 0
    assert run_tui(["switch", name]).code == 0
    assert read(scene.live) == scene.bob.document().data()
    assert tui_json(["show", name, "--json"])["name"] == name
    assert run_tui(["switch", "ada"]).code == 0
    assert run_tui(["delete", name, "--yes"]).code == 0
    assert not os.path.lexists(box.profile(name))


def test_names_are_one_whatever_their_case(box: Box) -> None:
    """On a disk that does not tell Ada from ada the two would be one folder; so they are one everywhere."""
    scene = settle(box)
    before = snapshot(box.path)
    for args in (["add", "BOB"], ["add", "Bob", "--empty"], ["rename", "ada", "bOB"]):
        refused(run_tui(args), 1, "bob")
    assert snapshot(box.path) == before
    assert run_tui(["switch", "BOB"]).code == 0
    assert read(scene.live) == scene.bob.document().data()
    assert run_tui(["rename", "bob", "Bob"]).code == 0
    assert tui_json(["list", "--json"])["active"] == "Bob"


@pytest.mark.parametrize("name", ["two words", "grün", ".hidden", "-dash", "a" * 65, "\udcff"])
def test_a_folder_with_such_a_name(box: Box, name: str) -> None:
    """Made by hand below profiles/: said (but for hidden ones), no profile, and in nobody's way."""
    scene = settle(box)
    folder = box.profile(name)
    scene.bob.write(folder)
    listed = tui_json(["list", "--json"])
    assert [row["name"] for row in listed["profiles"]] == ["ada", "bob"]
    named = [os.fsencode(problem["path"]) for problem in listed["problems"]]
    assert named == ([] if name.startswith(".") else [os.fsencode(folder)])
    assert run_tui(["list"]).code == 0
    assert run_tui(["switch", "bob"]).code == 0
    assert read(f"{folder}/auth.json") == scene.bob.document().data()


def test_two_folders_that_differ_by_case(box: Box) -> None:
    """Made by hand on a disk that tells them apart: each is reached by its exact name."""
    scene = settle(box)
    carl = scene.bob.in_workspace("acme")
    carl.write(box.profile("Bob"))
    assert [row["name"] for row in tui_json(["list", "--json"])["profiles"]] == [
        "ada",
        "Bob",
        "bob",
    ]
    assert run_tui(["switch", "Bob"]).code == 0
    assert read(scene.live) == carl.document().data()
    assert run_tui(["switch", "bob"]).code == 0
    assert read(scene.live) == scene.bob.document().data()
