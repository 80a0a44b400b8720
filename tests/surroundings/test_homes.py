"""Where CODEX_HOME, HOME and SWITCHYARD_HOME may point, and what becomes of it."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.support.childuid import NOBODY, as_nobody, give, read_only, refuses_writes
from tests.support.cli import run_tui, tui_json
from tests.support.tokens import Login, Person
from tests.surroundings.scene import (
    json_here,
    leftovers,
    read,
    refused,
    repeated,
    save_profile,
    settle,
    snapshot,
    tui_here,
    write,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.surroundings.scene import Scene


# --- CODEX_HOME -----------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [["switch", "bob"], ["undo"], ["add", "carl"]], ids=" ".join)
@pytest.mark.parametrize("kind", ["nowhere", "a file", "a dangling link", "a link to a file"])
def test_codex_home_that_codex_would_refuse(box: Box, kind: str, args: list[str]) -> None:
    """R15: no folder is made in a mistyped place, and no file is taken for one; the variable is named."""
    settle(box)
    home = f"{box.home}/other"
    if kind == "a file":
        write(home, b"")
    elif kind == "a dangling link":
        os.symlink(f"{box.home}/gone", home)
    elif kind == "a link to a file":
        os.symlink(write(f"{box.home}/file", b""), home)
    before = snapshot(box.path)
    ran = run_tui(args, {"CODEX_HOME": home})
    assert ran.code in (1, 2)
    refused(ran, ran.code, os.path.realpath(home), "CODEX_HOME")
    repeated("mkdir" if kind in ("nowhere", "a dangling link") else "unset CODEX_HOME", ran)
    assert snapshot(box.path) == before
    listed = json_here(["list", "--json"], {"CODEX_HOME": home})
    assert [row["name"] for row in listed["profiles"]] == ["ada", "bob"]
    assert listed["active"] is None
    assert os.path.realpath(home) in [problem["path"] for problem in listed["problems"]]
    for reading in (["list"], ["show", "ada"], ["history"], ["paths"]):
        assert tui_here(reading, {"CODEX_HOME": home}).code == 0
    assert snapshot(box.path) == before


def test_running_as_a_profile_needs_no_active_home(box: Box) -> None:
    """`tui run` has a home of its own, so a CODEX_HOME that points nowhere does not stop it."""
    settle(box)
    ran = run_tui(
        ["run", "bob", "--", "sh", "-c", 'echo "$CODEX_HOME"'], {"CODEX_HOME": f"{box.home}/gone"}
    )
    assert ran.code == 0, ran.err
    assert ran.out.strip() == box.profile("bob")
    assert not os.path.lexists(f"{box.home}/gone")


@pytest.mark.parametrize("target", ["ada", "bob"])
@pytest.mark.parametrize("through", ["itself", "a link"])
def test_codex_home_that_is_a_profile(box: Box, through: str, target: str) -> None:
    """R15: a switch there would put bob's login into ada's own folder; said, and not lifted by --anyway."""
    settle(box)
    home = box.profile("ada")
    if through == "a link":
        os.symlink(home, f"{box.home}/link")
        home = f"{box.home}/link"
    before = snapshot(box.path)
    for args in (
        ["switch", target],
        ["switch", target, "--anyway"],
        ["switch", target, "--dry-run"],
    ):
        ran = tui_here(args, {"CODEX_HOME": home})
        refused(ran, 1, box.profile("ada"), "ada")
        repeated("unset CODEX_HOME", ran)
    assert snapshot(box.path) == before
    assert tui_json(["list", "--json"], {"CODEX_HOME": home})["active"] == "ada"


def test_the_default_home_may_be_a_link_to_a_profile(box: Box) -> None:
    """R15: `ln -s …/profiles/ada ~/.codex` makes the active home a profile's own; nothing is overwritten."""
    settle(box)
    shutil.rmtree(box.codex)
    os.symlink(box.profile("ada"), box.codex)
    before = snapshot(box.path)
    refused(run_tui(["switch", "bob"]), 1, "ada")
    assert snapshot(box.path) == before


def test_an_empty_codex_home_is_none(box: Box) -> None:
    """As for Codex, `CODEX_HOME=` means ~/.codex."""
    scene = settle(box)
    assert run_tui(["switch", "bob"], {"CODEX_HOME": ""}).code == 0
    assert read(scene.live) == scene.bob.document().data()


@pytest.mark.parametrize("home", ["other", "./other", "../home/other", "other/", "."])
def test_a_relative_codex_home(box: Box, home: str) -> None:
    """As for Codex, it counts from the working folder; the history knows it by its real path."""
    scene = settle(box)
    folder = f"{box.home}/other"
    os.mkdir(folder, 0o700)
    cwd = folder if home == "." else box.home
    assert run_tui(["switch", "bob"], {"CODEX_HOME": home}, cwd=cwd).code == 0
    assert read(f"{folder}/auth.json") == scene.bob.document().data()
    assert read(scene.live) == scene.ada.document().data()
    assert run_tui(["switch", "ada"], {"CODEX_HOME": folder}).code == 0
    assert run_tui(["undo"], {"CODEX_HOME": folder}).code == 0
    assert read(f"{folder}/auth.json") == scene.bob.document().data()


def test_the_root_folder_as_home(box: Box) -> None:
    """A path that ends at `/` makes no path with two slashes, and for a user without powers a plain error."""
    settle(box)
    give(box.home)
    give(box.switchyard)
    nobody = as_nobody()
    assert refuses_writes("/", to_nobody=True)
    refused(run_tui(["switch", "bob"], {"CODEX_HOME": "/"}, wrap=nobody), 1)
    assert run_tui(["list"], {"CODEX_HOME": "/"}, wrap=nobody).code == 0


@pytest.mark.parametrize("name", ["with space", "ünïcode 🦀", "-dash", "new\nline", "a" * 200])
def test_homes_with_odd_names(box: Box, name: str) -> None:
    """Any name that a folder can have works, and cannot steer the terminal in what is said of it."""
    scene = settle(box)
    folder = f"{box.home}/{name}"
    os.mkdir(folder, 0o700)
    assert run_tui(["switch", "bob"], {"CODEX_HOME": folder}).code == 0
    assert read(f"{folder}/auth.json") == scene.bob.document().data()
    assert tui_json(["list", "--json"], {"CODEX_HOME": folder})["home"] == folder
    os.chmod(folder, 0o777)
    ran = run_tui(["switch", "ada"], {"CODEX_HOME": folder})
    refused(ran, 1)
    assert "\nline" not in ran.err


def test_a_home_that_is_no_text(box: Box) -> None:
    """A folder whose name is not UTF-8 is a folder all the same, also in JSON and in the history."""
    scene = settle(box)
    folder = os.fsdecode(os.fsencode(box.home) + b"/\xff\xfe")
    os.mkdir(folder, 0o700)
    assert run_tui(["switch", "bob"], {"CODEX_HOME": folder}).code == 0
    assert read(f"{folder}/auth.json") == scene.bob.document().data()
    assert run_tui(["switch", "ada"], {"CODEX_HOME": folder}).code == 0
    assert run_tui(["undo"], {"CODEX_HOME": folder}).code == 0
    assert read(f"{folder}/auth.json") == scene.bob.document().data()
    for args in (["list"], ["list", "--json"], ["show", "bob"], ["history"], ["paths", "--json"]):
        assert run_tui(args, {"CODEX_HOME": folder}).code == 0, args


def test_two_paths_to_one_home(box: Box) -> None:
    """One real path is one home: history and undo, backups and locks do not care which path was used."""
    scene = settle(box)
    link = f"{box.home}/link"
    os.symlink(box.codex, link)
    assert run_tui(["switch", "bob"], {"CODEX_HOME": link}).code == 0
    assert read(scene.live) == scene.bob.document().data()
    assert run_tui(["undo"]).code == 0
    assert read(scene.live) == scene.ada.document().data()
    assert run_tui(["switch", "-"], {"CODEX_HOME": f"{link}/../.codex/"}).code == 0
    assert read(scene.live) == scene.bob.document().data()
    assert len(os.listdir(f"{scene.state}/backups")) == 1
    homes = [n for n in os.listdir(f"{box.switchyard}/data/locks") if n.startswith("home-")]
    assert len(homes) <= 2 + len(("ada", "bob"))


def test_two_paths_are_not_registered_twice(box: Box) -> None:
    """One home is one profile, whatever path it is given by; the active home is none, by any path."""
    settle(box)
    work = f"{box.home}/.codex-work"
    Login(Person("carl")).fresh().write(work)
    for link, to in (
        ("link-work", work),
        ("link-live", box.codex),
        ("link-bob", box.profile("bob")),
    ):
        os.symlink(to, f"{box.home}/{link}")
    assert run_tui(["add", "work", "--home", work]).code == 0
    before = snapshot(box.path)
    for link, code in (("link-work", 1), ("link-live", 2), ("link-bob", 2)):
        refused(run_tui(["add", "again", "--home", f"{box.home}/{link}"]), code)
    refused(run_tui(["add", "again", "--home", f"{box.home}/gone"]), 2, f"{box.home}/gone")
    refused(run_tui(["add", "again", "--home", write(f"{box.path}/file", b"")]), 2)
    os.unlink(f"{box.path}/file")
    assert snapshot(box.path) == before


def test_a_registered_home_that_went_away(box: Box) -> None:
    """R8: a disk that is not mounted is said, and the folder is not made under its mount point."""
    settle(box)
    work = f"{box.path}/usb/codex"
    carl = Login(Person("carl")).fresh()
    carl.write(work)
    assert run_tui(["add", "work", "--home", work]).code == 0
    os.rename(f"{box.path}/usb", f"{box.path}/drawer")
    before = snapshot(box.path)
    refused(run_tui(["switch", "work"]), 1, work)
    assert not os.path.exists(f"{box.path}/usb")
    assert snapshot(box.path) == before
    states = {row["name"]: row["state"] for row in tui_json(["list", "--json"])["profiles"]}
    assert states == {"ada": "ok", "bob": "ok", "work": "broken"}


# --- HOME -----------------------------------------------------------------------------------------


def test_without_home_the_password_database_knows(box: Box) -> None:
    """HOME unset, as under cron or systemd: everything named by the other variables works."""
    scene = settle(box)
    give(box.home)
    give(box.switchyard)
    nobody = as_nobody()
    env = {"HOME": None, "CODEX_HOME": box.codex}
    for args in (["list"], ["paths"], ["switch", "bob"], ["undo"], ["history"]):
        ran = run_tui(args, env, wrap=nobody)
        assert ran.code == 0, (args, ran.err)
    assert read(scene.live) == scene.ada.document().data()


def test_a_user_whom_nobody_knows(box: Box) -> None:
    """A container's made-up user id with HOME unset has no home: one plain error, and HOME helps."""
    scene = settle(box)
    uid = NOBODY - 1_234
    give(box.home, uid)
    give(box.switchyard, uid)
    wrap = [word.replace(str(NOBODY), str(uid)) for word in as_nobody()]
    ran = run_tui(["list"], {"HOME": None}, wrap=wrap)
    assert ran.code in (1, 2)
    refused(ran, ran.code, "HOME")
    repeated("HOME", ran)
    assert run_tui(["switch", "bob"], wrap=wrap).code == 0
    assert read(scene.live) == scene.bob.document().data()


@pytest.mark.parametrize("home", ["", "relative", "/nonexistent", "/dev/null"])
def test_an_odd_home(box: Box, home: str) -> None:
    """HOME that is empty, relative or no folder: reading works, writing says what is wrong, without a trace."""
    settle(box)
    give(box.home)
    give(box.switchyard)
    nobody = as_nobody()
    before = snapshot(box.path)
    assert run_tui(["list"], {"HOME": home}, wrap=nobody, cwd=box.path).code == 0
    ran = run_tui(["switch", "bob"], {"HOME": home}, wrap=nobody, cwd=box.path)
    refused(ran, 1)
    assert snapshot(box.path) == before


# --- SWITCHYARD_HOME ------------------------------------------------------------------------------


READING = (
    ["list"],
    ["list", "--json"],
    ["show", "ada"],
    ["history"],
    ["paths"],
    ["list", "--names"],
)


def test_reading_works_where_nothing_can_be_written(box: Box) -> None:
    """Reading verbs write nothing but the cache, and do without when that cannot be written."""
    settle(box)
    shutil.rmtree(f"{box.switchyard}/cache", ignore_errors=True)
    with read_only(box.switchyard):
        assert refuses_writes(box.switchyard)
        for args in READING:
            assert tui_here(args).code == 0, args
        assert not os.path.exists(f"{box.switchyard}/cache")
        refused(run_tui(["switch", "bob"]), 1, box.switchyard)


def test_reading_works_before_anything_is_there(box: Box) -> None:
    """A first `tui list` in a place where our folders cannot even be made."""
    Login(Person("ada")).fresh().write(box.codex)
    place = f"{box.path}/nothing"
    os.mkdir(place, 0o700)
    with read_only(place):
        assert refuses_writes(place)
        env = {"SWITCHYARD_HOME": f"{place}/here"}
        rows = tui_json(["list", "--json"], env)["profiles"]
        assert [(row["name"], row["email"]) for row in rows] == [(None, "ada@example.com")]
        assert run_tui(["history"], env).code == 0
        refused(run_tui(["add", "ada"], env), 1, f"{place}/here")


@pytest.mark.parametrize("kind", ["a file", "below a file", "a dangling link"])
def test_switchyard_home_that_is_no_folder(box: Box, kind: str) -> None:
    """It is named, whatever it is; reading says what is active all the same."""
    Login(Person("ada")).fresh().write(box.codex)
    place = f"{box.path}/place"
    if kind == "a dangling link":
        os.symlink(f"{box.path}/gone/there", place)
    else:
        write(place, b"")
    own = f"{place}/below" if kind == "below a file" else place
    before = snapshot(box.path)
    env = {"SWITCHYARD_HOME": own}
    for args in (["list"], ["list", "--json"], ["history"], ["paths"]):
        assert tui_here(args, env).code == 0, args
    refused(run_tui(["add", "ada"], env), 1, place)
    assert snapshot(box.path) == before


@pytest.mark.parametrize("which", ["data", "data/profiles", "data/locks", "state", "state/backups"])
def test_a_file_in_the_place_of_one_of_our_folders(box: Box, which: str) -> None:
    """It is not ours to remove: named, with what to do, and nothing else is touched."""
    scene = settle(box)
    place = f"{box.switchyard}/{which}"
    shutil.move(place, f"{box.path}/moved")
    write(place, b"somebody's")
    before = snapshot(box.path)
    ran = run_tui(["switch", "bob"])
    if which in ("data", "data/profiles"):
        refused(ran, 3)  # no profile can be seen
        listed = tui_json(["list", "--json"])
        assert f"{box.switchyard}/data/profiles" in [p["path"] for p in listed["problems"]]
    else:
        refused(ran, 1, place)
        assert "folder" in ran.err
    assert snapshot(box.path) == before
    assert not leftovers(box.path)
    assert read(scene.live) == scene.ada.document().data()


def test_switchyard_home_that_is_relative(box: Box) -> None:
    """It counts from the working folder, and is written down absolute."""
    Login(Person("ada")).fresh().write(box.codex)
    assert run_tui(["add", "ada"], {"SWITCHYARD_HOME": "here"}, cwd=box.path).code == 0
    paths = tui_json(["paths", "--json"], {"SWITCHYARD_HOME": f"{box.path}/here"})
    assert os.path.isdir(f"{paths['profiles']}/ada")


def test_data_inside_the_active_home(box: Box) -> None:
    """Our folders below ~/.codex, as some keep all of it in one place: nothing bites its own tail."""
    env = {"SWITCHYARD_HOME": f"{box.codex}/switchyard"}
    ada, bob = Login(Person("ada")).fresh(), Login(Person("bob")).fresh()
    ada.write(box.codex)
    assert run_tui(["add", "ada"], env).code == 0
    bob.write(box.codex)
    assert run_tui(["switch", "ada", "--anyway"], env).code == 0
    assert read(f"{box.codex}/auth.json") == ada.document().data()
    assert run_tui(["switch", "bob"], env).code == 0
    assert read(f"{box.codex}/auth.json") == bob.document().data()


def test_everything_gone_at_once(box: Box) -> None:
    """All our folders are removed by hand: the live login is adopted anew, and only the rest is unknown."""
    scene: Scene = settle(box)
    shutil.rmtree(box.switchyard)
    listed = tui_json(["list", "--json"])
    assert [row["name"] for row in listed["profiles"]] == [None]
    refused(run_tui(["switch", "bob"]), 3, "bob")
    refused(run_tui(["undo"]), 1)
    save_profile(box, "bob", scene.bob.document())
    document = tui_json(["switch", "bob", "--json"])
    assert document["adopted"] == "ada"
    assert read(scene.saved("ada")) == scene.ada.document().data()
