"""Links, pipes and folders where an auth.json should be: followed as Codex does, or refused by name."""

from __future__ import annotations

import os
import shutil
from typing import Final

import pytest

from tests.support.cli import run_tui, tui_json
from tests.support.tokens import Login, Person
from tests.surroundings.scene import (
    Scene,
    leftovers,
    read,
    refused,
    repeated,
    save_profile,
    settle,
    snapshot,
    write,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Box


def _elsewhere(box: Box, mode: int = 0o700) -> str:
    folder = f"{box.home}/elsewhere"
    os.mkdir(folder)
    os.chmod(folder, mode)
    return folder


def _link(path: str, target: str) -> None:
    if os.path.lexists(path):
        os.unlink(path)
    os.symlink(target, path)


def _pipe(path: str) -> None:
    if os.path.lexists(path):
        os.unlink(path)
    os.mkfifo(path, 0o600)


def _folder(path: str) -> None:
    if os.path.lexists(path):
        os.unlink(path)
    os.mkdir(path, 0o700)
    write(f"{path}/kept", b"somebody's")


def _link_to_pipe(path: str) -> None:
    pipe = f"{os.path.dirname(path)}/pipe"
    os.mkfifo(pipe, 0o600)
    _link(path, pipe)


#: What is no file with a login, and never becomes one by being read.
ODD: Final[dict[str, Callable[[str], None]]] = {
    "a pipe": _pipe,
    "a folder": _folder,
    "a link to itself": lambda path: _link(path, os.path.basename(path)),
    "a link to a pipe": _link_to_pipe,
    "a link to a folder": lambda path: _link(path, os.path.dirname(path)),
    "a link below a file": lambda path: _link(path, "/dev/null/auth.json"),
}


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_target_is_refused(box: Box, kind: str) -> None:
    """R15: whatever stands in the profile's place, the error names it, nothing hangs and nothing changes."""
    scene = settle(box)
    ODD[kind](scene.saved("bob"))
    before = snapshot(box.path)
    for args in (["switch", "bob"], ["switch", "bob", "--dry-run"], ["switch", "bob", "--anyway"]):
        refused(run_tui(args), 1, scene.saved("bob"))
    assert snapshot(box.path) == before
    listed = tui_json(["list", "--json"])
    assert {row["name"]: row["state"] for row in listed["profiles"]} == {
        "ada": "ok",
        "bob": "broken",
    }
    assert tui_json(["show", "bob", "--json"])["state"] == "broken"


def test_a_target_link_that_leads_nowhere_says_so(box: Box) -> None:
    """A dangling link is not simply "no login yet": its name and its end are in the error."""
    scene = settle(box)
    _link(scene.saved("bob"), f"{box.home}/gone/auth.json")
    before = snapshot(box.path)
    ran = run_tui(["switch", "bob"])
    assert ran.code in (1, 4)
    refused(ran, ran.code, scene.saved("bob"), f"{box.home}/gone/auth.json")
    assert snapshot(box.path) == before


@pytest.mark.parametrize("kind", ["a link to itself", "a link below a file"])
def test_a_live_link_that_nothing_can_be_read_through_is_replaced(box: Box, kind: str) -> None:
    """R6: there is nothing behind it to keep, so the switch puts a whole login in its place."""
    scene = settle(box)
    ODD[kind](scene.live)
    ran = run_tui(["switch", "bob"])
    assert ran.code == 0, ran.err
    assert read(scene.live) == scene.bob.document().data()
    assert not os.path.islink(scene.live)
    assert not leftovers(box.path)


@pytest.mark.parametrize("kind", ["a pipe", "a link to a pipe", "a folder", "a link to a folder"])
def test_what_is_no_file_is_nothing_that_we_remove(box: Box, kind: str) -> None:
    """It may be for anything (`ln -s /dev/null auth.json`, as root!): refused, named, and how to get rid of it said."""
    scene = settle(box)
    ODD[kind](scene.live)
    before = snapshot(box.path)
    ran = run_tui(["switch", "bob"])
    refused(ran, 1, scene.live)
    repeated(f"mv {scene.live}", ran)
    assert snapshot(box.path) == before
    assert not leftovers(box.path)
    assert not [name for name in os.listdir(box.codex) if name.endswith("pipe.lock")]


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_saved_file_never_costs_the_live_login(box: Box, kind: str) -> None:
    """R4: ada's profile cannot hold her login; the switch heals it or is refused, her tokens stay on disk."""
    scene = settle(box)
    ODD[kind](scene.saved("ada"))
    newer = scene.ada.rotate(60)
    newer.write(box.codex)
    ran = run_tui(["switch", "bob"])
    if ran.code == 0:
        assert read(scene.live) == scene.bob.document().data()
        assert newer.document().data() in _all_saved(scene)
    else:
        refused(ran, 1, scene.saved("ada"))
        assert read(scene.live) == newer.document().data()
    assert not leftovers(box.path)


def _all_saved(scene: Scene) -> list[bytes]:
    found = []
    for name in os.listdir(scene.box.profiles):
        path = scene.saved(name)
        if os.path.isfile(path):
            found.append(read(path))
    return found


def test_a_live_link_stays_a_link(box: Box) -> None:
    """As Codex does, the target is replaced and the link is not; the backup has what was there."""
    scene = settle(box)
    folder = _elsewhere(box)
    target = f"{folder}/login.json"
    os.rename(scene.live, target)
    os.symlink(target, scene.live)
    assert run_tui(["switch", "bob"]).code == 0
    assert os.readlink(scene.live) == target
    assert read(target) == scene.bob.document().data()
    assert os.stat(target).st_mode & 0o777 == 0o600
    assert run_tui(["undo"]).code == 0
    assert read(target) == scene.ada.document().data()
    assert os.listdir(folder) == ["login.json"] or set(os.listdir(folder)) == {
        "login.json",
        "login.json.lock",
    }
    assert not leftovers(box.path)


def test_a_relative_live_link_leads_from_its_own_folder(box: Box) -> None:
    """A link such as `../elsewhere/login.json` is resolved from the home, whatever the working folder."""
    scene = settle(box)
    target = f"{_elsewhere(box)}/login.json"
    os.rename(scene.live, target)
    os.symlink("../elsewhere/login.json", scene.live)
    assert run_tui(["switch", "bob"], cwd="/usr").code == 0
    assert os.readlink(scene.live) == "../elsewhere/login.json"
    assert read(target) == scene.bob.document().data()


def test_a_live_link_that_leads_nowhere_gets_its_target(box: Box) -> None:
    """No login is there, as Codex sees it; the switch makes the file that the link promises."""
    scene = settle(box)
    target = f"{_elsewhere(box)}/login.json"
    _link(scene.live, target)
    assert run_tui(["switch", "bob"]).code == 0
    assert os.readlink(scene.live) == target
    assert read(target) == scene.bob.document().data()


def test_a_live_link_into_a_missing_folder(box: Box) -> None:
    """Codex could not save through it either: whole login at the place itself, or a refusal that names it."""
    scene = settle(box)
    _link(scene.live, f"{box.home}/gone/login.json")
    before = snapshot(box.path)
    ran = run_tui(["switch", "bob"])
    if ran.code == 0:
        assert read(scene.live) == scene.bob.document().data()
    else:
        refused(ran, 1, scene.live)
        assert snapshot(box.path) == before


def test_a_live_link_to_the_active_profiles_file(box: Box) -> None:
    """R4: by path ada's login is saved twice, by inode once; both must outlive the switch."""
    scene = settle(box)
    newer = scene.ada.rotate(60)
    newer.write(box.profile("ada"))
    _link(scene.live, scene.saved("ada"))
    ran = run_tui(["switch", "bob"])
    assert ran.code == 0, ran.err
    assert read(scene.live) == scene.bob.document().data()
    assert read(scene.saved("ada")) == newer.document().data()
    assert read(scene.saved("bob")) == scene.bob.document().data()


def test_a_live_link_to_the_targets_file(box: Box) -> None:
    """Bob's own file must not become one with the live file, or the next switch would overwrite it."""
    scene = settle(box)
    _link(scene.live, scene.saved("bob"))
    assert run_tui(["switch", "bob"]).code == 0
    # Bob's login was put there without us, so ada's may be revoked, and that is said (R12).
    assert run_tui(["switch", "ada", "--anyway"]).code == 0
    assert read(scene.live) == scene.ada.document().data()
    assert read(scene.saved("bob")) == scene.bob.document().data()
    assert read(scene.saved("ada")) == scene.ada.document().data()


def test_a_hard_link_between_live_and_profile(box: Box) -> None:
    """R4: one file under two names is one copy; a rotation in place changes both, and neither is lost."""
    scene = settle(box)
    os.unlink(scene.live)
    os.link(scene.saved("ada"), scene.live)
    newer = scene.ada.rotate(60)
    newer.write(box.codex, in_place=True)
    assert read(scene.saved("ada")) == newer.document().data()
    assert run_tui(["switch", "bob"]).code == 0
    assert read(scene.saved("ada")) == newer.document().data()
    assert read(scene.live) == scene.bob.document().data()
    assert os.stat(scene.saved("ada")).st_nlink == 1


def test_two_profiles_that_are_one_file(box: Box) -> None:
    """A link from one profile's file to another's: a switch to either works, and neither login is lost."""
    scene = settle(box)
    save_profile(box, "carl", Login(Person("carl")).fresh().document())
    _link(scene.saved("carl"), scene.saved("bob"))
    before = snapshot(box.path)
    refused(run_tui(["switch", "carl"]), 1, scene.saved("carl"))
    assert snapshot(box.path) == before
    assert run_tui(["switch", "bob"]).code == 0
    assert read(scene.saved("bob")) == scene.bob.document().data()


def test_a_saved_link_is_followed(box: Box) -> None:
    """A profile's file that leads to another disk of the person's own works, and stays a link."""
    scene = settle(box)
    target = f"{_elsewhere(box)}/bob.json"
    os.rename(scene.saved("bob"), target)
    os.symlink(target, scene.saved("bob"))
    assert run_tui(["switch", "bob"]).code == 0
    newer = scene.bob.rotate(60)
    newer.write(box.codex)
    assert run_tui(["switch", "ada"]).code == 0
    assert os.readlink(scene.saved("bob")) == target
    assert read(target) == newer.document().data()


@pytest.mark.parametrize("which", ["saved", "live"])
def test_a_link_to_where_others_may_write_is_no_source(box: Box, which: str) -> None:
    """R8: what counts is the folder where the file lies, not the one where the link lies."""
    scene = settle(box)
    target = f"{_elsewhere(box, 0o777)}/planted.json"
    path = scene.saved("bob") if which == "saved" else scene.live
    planted = (scene.bob if which == "saved" else scene.ada).rotate(60)
    write(target, planted.document().data())
    _link(path, target)
    before = snapshot(box.path)
    ran = run_tui(["switch", "bob"])
    refused(ran, 1, path)
    assert snapshot(box.path) == before
    assert os.path.dirname(target) in ran.err


@pytest.mark.parametrize(
    "link",
    [
        lambda path: os.symlink(f"{path}.moved", path),
        lambda path: os.symlink("home.moved", path),
    ],
    ids=["to the moved one", "dangling"],
)
def test_a_linked_profile_folder(box: Box, link: Callable[[str], None]) -> None:
    """`profiles/bob` itself may be a link: to a folder it is a profile, to nothing it is a problem."""
    scene = settle(box)
    folder = box.profile("bob")
    os.rename(folder, f"{box.path}/bob.moved")
    link(folder)
    if not os.path.isdir(folder):
        listed = tui_json(["list", "--json"])
        assert [row["name"] for row in listed["profiles"]] == ["ada"]
        assert [problem["path"] for problem in listed["problems"]] == [folder]
        refused(run_tui(["switch", "bob"]), 3)
        os.unlink(folder)
        os.symlink(f"{box.path}/bob.moved", folder)
    assert run_tui(["switch", "bob"]).code == 0
    assert read(scene.live) == scene.bob.document().data()
    assert os.path.islink(folder)


def test_a_linked_active_home(box: Box) -> None:
    """`~/.codex` is often a link into a dotfiles folder: the folder behind it is switched, the link stays."""
    scene = settle(box)
    real = f"{box.home}/dotfiles-codex"
    os.rename(box.codex, real)
    os.symlink(real, box.codex)
    assert run_tui(["switch", "bob"]).code == 0
    assert os.path.islink(box.codex)
    assert read(f"{real}/auth.json") == scene.bob.document().data()


def test_a_dangling_active_home(box: Box) -> None:
    """`~/.codex` leads nowhere (a disk that is not mounted): named and refused, and nothing is made there."""
    scene = settle(box)
    shutil.rmtree(box.codex)
    os.symlink(f"{box.path}/unmounted/codex", box.codex)
    before = snapshot(box.path)
    ran = run_tui(["switch", "bob"])
    refused(ran, 1)
    assert f"{box.path}/unmounted/codex" in ran.err or ".codex" in ran.err
    assert snapshot(box.path) == before
    assert tui_json(["list", "--json"])["active"] is None
    assert read(scene.saved("bob")) == scene.bob.document().data()
