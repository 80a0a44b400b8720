"""Modes and owners: what we make is private whatever the umask; what others own or may write is not believed."""

from __future__ import annotations

import os
import stat

import pytest

from profiles.switching import switch
from tests.support.childuid import NOBODY, as_nobody, give, need_root, refuses_writes
from tests.support.cli import run_tui, tui_json
from tests.support.tokens import Login, Person
from tests.surroundings.scene import quiet_context, read, refused, save_profile, settle, snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def _modes(root: str) -> dict[str, int]:
    found = {}
    for folder, folders, names in os.walk(root):
        for name in [*folders, *names]:
            here = os.lstat(f"{folder}/{name}")
            if not stat.S_ISLNK(here.st_mode):
                found[f"{folder}/{name}"] = stat.S_IMODE(here.st_mode)
    return found


def _open_to_others(root: str) -> dict[str, int]:
    """Return what is not 0600 (a file) or 0700 (a folder)."""
    return {
        path: mode
        for path, mode in _modes(root).items()
        if mode != (0o700 if os.path.isdir(path) else 0o600)
    }


def _with_umask(mask: str) -> list[str]:
    return ["sh", "-c", f'umask {mask}; exec "$@"', "sh"]


def _whole_life(mask: str, extra: tuple[str, ...] = ()) -> None:
    """Make every kind of file that there is: profiles, backups, histories, locks, caches, deleted profiles."""
    wrap = [*extra, *_with_umask(mask)]
    for args in (
        ["list"],
        ["add", "ada"],
        ["add", "spare", "--empty"],
        ["switch", "bob"],
        ["undo"],
        ["rename", "spare", "other"],
        ["run", "bob", "--", "true"],
        ["delete", "other", "--yes"],
        ["switch", "bob"],
        ["list"],
    ):
        ran = run_tui(args, wrap=wrap)
        assert ran.code == 0, (args, ran.err)


@pytest.mark.parametrize("mask", ["000", "002", "077", "777"])
def test_everything_of_ours_is_private(box: Box, mask: str) -> None:
    """Files 0600 and folders 0700, also where the umask would have left all bits or none."""
    Login(Person("ada")).fresh().write(box.codex)
    save_profile(box, "bob", Login(Person("bob")).fresh().document())
    _whole_life(mask)
    assert not _open_to_others(box.switchyard)
    assert not _open_to_others(box.codex)


def test_a_umask_that_takes_everything_away(box: Box) -> None:
    """For a user without powers such files would be lost to their own owner: each is usable all the same."""
    Login(Person("ada")).fresh().write(box.codex)
    save_profile(box, "bob", Login(Person("bob")).fresh().document())
    give(box.home)
    give(box.switchyard)
    _whole_life("777", tuple(as_nobody()))
    assert not _open_to_others(box.switchyard)


@pytest.mark.parametrize("args", [["add", "ada"], ["list"]], ids=lambda args: args[0])
def test_our_folders_are_made_private_from_nothing(box: Box, args: list[str]) -> None:
    """The data, state and cache folders and what is above them, when nothing is there yet."""
    Login(Person("ada")).fresh().write(box.codex)
    deep = f"{box.path}/not/yet/there"
    ran = run_tui(args, {"SWITCHYARD_HOME": deep}, wrap=_with_umask("000"))
    assert ran.code == 0, ran.err
    assert not _open_to_others(f"{box.path}/not")


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o640, 0o400, 0o755])
def test_an_open_live_file_is_closed(box: Box, mode: int) -> None:
    """A login that others could read is private after any switch, also one to what is active already."""
    scene = settle(box)
    for name in ("ada", "bob"):
        os.chmod(scene.live, mode)
        assert switch(quiet_context(), name).to == name
        assert stat.S_IMODE(os.stat(scene.live).st_mode) == 0o600


@pytest.mark.parametrize("name", ["ada", "bob"])
def test_an_open_saved_file_is_closed(box: Box, name: str) -> None:
    """So is a saved login, whether it comes or goes."""
    scene = settle(box)
    os.chmod(scene.saved(name), 0o644)
    assert switch(quiet_context(), "bob").changed
    assert stat.S_IMODE(os.stat(scene.saved(name)).st_mode) == 0o600


def test_the_command_closes_an_open_file(box: Box) -> None:
    """The same through the command line."""
    scene = settle(box)
    os.chmod(scene.live, 0o644)
    assert run_tui(["switch", "bob"]).code == 0
    assert stat.S_IMODE(os.stat(scene.live).st_mode) == 0o600


def test_a_home_of_somebody_else_is_refused(box: Box) -> None:
    """R8: root could write there (sudo tui switch), and would leave a login that its owner cannot read."""
    need_root()
    scene = settle(box)
    for name in ("auth.lock", "auth.json.lock"):
        os.unlink(f"{box.codex}/{name}")
    give(box.codex)
    before = snapshot(box.path)
    ran = run_tui(["switch", "bob"])
    refused(ran, 1, scene.live)
    assert str(NOBODY) in ran.err
    assert snapshot(box.path) == before
    # A lock file of root's would stop the owner's own Codex, who must open it for writing.
    assert not [n for n in os.listdir(box.codex) if os.lstat(f"{box.codex}/{n}").st_uid != NOBODY]
    assert run_tui(["list"]).code == 0


def test_a_file_of_somebody_else_is_refused(box: Box) -> None:
    """R8: the home is ours and the file in it is not: neither believed nor replaced."""
    need_root()
    scene = settle(box)
    give(scene.live)
    before = snapshot(box.path)
    refused(run_tui(["switch", "bob"]), 1, scene.live)
    assert snapshot(box.path) == before


def test_a_saved_file_of_somebody_else_is_refused(box: Box) -> None:
    """R8: and so for what would be installed."""
    need_root()
    scene = settle(box)
    give(scene.saved("bob"))
    before = snapshot(box.path)
    refused(run_tui(["switch", "bob"]), 1, scene.saved("bob"))
    assert snapshot(box.path) == before
    states = {row["name"]: row["state"] for row in tui_json(["list", "--json"])["profiles"]}
    assert states == {"ada": "ok", "bob": "broken"}


@pytest.mark.parametrize("which", ["live", "bob"])
def test_a_folder_that_others_may_write_is_refused(box: Box, which: str) -> None:
    """R8: anybody could have put the login there; how to close the folder is said."""
    scene = settle(box)
    folder = box.codex if which == "live" else box.profile("bob")
    os.chmod(folder, 0o777)
    before = snapshot(box.path)
    ran = run_tui(["switch", "bob"])
    refused(ran, 1, scene.live if which == "live" else scene.saved("bob"))
    assert f"chmod go-w {folder}" in ran.err
    assert snapshot(box.path) == before
    os.chmod(folder, 0o700)
    assert run_tui(["switch", "bob"]).code == 0


def test_a_planted_login_is_not_carried_into_a_profile(box: Box) -> None:
    """R8: "newest wins" must not let whoever may write the home replace ada's saved login."""
    scene = settle(box)
    os.chmod(box.codex, 0o777)
    scene.ada.rotate(60).write(box.codex)
    before = snapshot(box.path)
    refused(run_tui(["switch", "bob"]), 1, scene.live)
    refused(run_tui(["add", "carl"]), 1, scene.live)
    assert snapshot(box.path) == before
    assert read(scene.saved("ada")) == scene.ada.document().data()


def test_a_home_named_in_the_settings_is_a_target(box: Box) -> None:
    """R8: a shared home is meant to be so when config.toml names it: installed, and still never a source."""
    scene = settle(box)
    os.chmod(box.codex, 0o777)
    planted = scene.ada.rotate(60)
    planted.write(box.codex)
    os.makedirs(f"{box.switchyard}/config", 0o700)
    with open(f"{box.switchyard}/config/config.toml", "w", encoding="utf-8") as file:
        file.write('homes = ["~/.codex"]\n')
    assert run_tui(["switch", "bob"]).code == 0
    assert read(scene.live) == scene.bob.document().data()
    assert read(scene.saved("ada")) == scene.ada.document().data()
    assert planted.document().data() in scene.backups()


@pytest.mark.parametrize("which", ["live", "bob"])
def test_a_file_that_may_not_be_read(box: Box, which: str) -> None:
    """Its mode keeps even its owner out: named and left, not taken for an empty one."""
    scene = settle(box)
    path = scene.live if which == "live" else scene.saved("bob")
    give(box.home)
    give(box.switchyard)
    os.chmod(path, 0)
    nobody = as_nobody()
    assert refuses_writes("/", to_nobody=True)
    before = snapshot(box.path)
    ran = run_tui(["switch", "bob"], wrap=nobody)
    refused(ran, 1, path)
    assert snapshot(box.path) == before
    assert run_tui(["list"], wrap=nobody).code == 0
