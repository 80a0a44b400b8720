"""Disks that are read-only or full: refused by name, nothing changed, and all is well when there is room again."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from typing import Final

import pytest

from tests.support.childuid import as_nobody, give, read_only, refuses_writes, small_disk
from tests.support.cli import run_tui, tui_json
from tests.surroundings.scene import leftovers, read, refused, settle, snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

PAGE: Final = 4096
#: Room for everything that these tests make.
SMALL: Final = 64 * PAGE


def _fill(folder: str) -> str:
    """Fill the disk of a folder and return the file that does; nothing more can be written then."""
    path = f"{folder}/filler"
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"\0" * PAGE):
            pass
    assert not _has_room(folder)
    return path


def _has_room(folder: str) -> bool:
    probe = f"{folder}/probe"
    try:
        with open(probe, "wb", buffering=0) as file:
            file.write(b"\0")
    except OSError as error:
        return error.errno != errno.ENOSPC
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(probe)
    return True


@contextlib.contextmanager
def _own_disk(box: Box, which: str) -> Iterator[str]:
    """Put a small disk below the live home, our data folder or our state folder."""
    folder = box.codex if which == "home" else f"{box.switchyard}/{which}"
    os.mkdir(folder, 0o700)
    with small_disk(folder, SMALL):
        yield folder


@pytest.mark.parametrize("which", ["home", "data", "state"])
def test_a_read_only_disk_is_refused(box: Box, which: str) -> None:
    """Nothing can be made durable there, so nothing is begun; reading verbs work on."""
    scene = settle(box)
    folder = box.codex if which == "home" else f"{box.switchyard}/{which}"
    with read_only(folder):
        assert refuses_writes(folder)
        before = snapshot(box.path)
        ran = run_tui(["switch", "bob"])
        refused(ran, 1, folder)
        assert "read-only" in ran.err
        assert snapshot(box.path) == before
        assert tui_json(["list", "--json"])["active"] == "ada"
        for args in (
            ["list"],
            ["show", "bob"],
            ["history"],
            ["paths"],
            ["switch", "bob", "--dry-run"],
        ):
            assert run_tui(args).code == 0, args
    assert run_tui(["switch", "bob"]).code == 0
    assert read(scene.live) == scene.bob.document().data()


@pytest.mark.parametrize("which", ["home", "data", "state"])
def test_a_folder_without_permission_is_refused(box: Box, which: str) -> None:
    """The same for a user without powers, whose folder is closed by its mode: named, with a step that helps."""
    settle(box)
    folder = {"home": box.codex, "data": box.profiles, "state": f"{box.switchyard}/state"}[which]
    if which == "home":
        # The two lock files are there from before, so nothing stops a switch before it is under way.
        assert os.path.exists(f"{folder}/auth.lock")
    give(box.home)
    give(box.switchyard)
    nobody = as_nobody()
    os.chmod(folder, 0o500)
    assert refuses_writes(folder, to_nobody=True)
    if which == "data":
        give_newer_live(box)
    before = snapshot(box.path)
    ran = run_tui(["switch", "bob"], wrap=nobody)
    if which == "data":
        # Ada's profile can be written, and is: the folder above is closed, not hers.
        assert ran.code == 0, ran.err
        return
    refused(ran, 1, folder)
    assert "permission denied" in ran.err
    assert snapshot(box.path) == before
    assert tui_json(["list", "--json"], wrap=nobody)["active"] == "ada"


def give_newer_live(box: Box) -> None:
    """Let Codex have refreshed: the live file is newer than its profile, and belongs to nobody."""
    from tests.support.tokens import Login, Person

    Login(Person("ada")).fresh().rotate(60).write(box.codex)
    give(box.home)


def test_a_profile_that_cannot_be_written_keeps_the_live_login(box: Box) -> None:
    """R4: the newest tokens cannot be saved, so they are not replaced."""
    scene = settle(box)
    newer = scene.ada.rotate(60)
    newer.write(box.codex)
    with read_only(box.profile("ada")):
        assert refuses_writes(box.profile("ada"))
        before = snapshot(box.path)
        refused(run_tui(["switch", "bob"]), 1, box.profile("ada"))
        assert snapshot(box.path) == before
    assert run_tui(["switch", "bob"]).code == 0
    assert read(scene.saved("ada")) == newer.document().data()


@pytest.mark.parametrize("which", ["home", "data", "state"])
def test_a_full_disk_is_refused(box: Box, which: str) -> None:
    """R7: the space is reserved first, so a full disk shows before anything is changed; then there is room again."""
    with _own_disk(box, which) as folder:
        scene = settle(box)
        newer = scene.ada.rotate(60)
        if which == "data":
            newer.write(box.codex)
        filler = _fill(folder)
        before = snapshot(box.path)
        ran = run_tui(["switch", "bob"])
        refused(ran, 1, folder)
        assert "the disk is full" in ran.err
        assert snapshot(box.path) == before
        assert not leftovers(box.path)
        assert tui_json(["list", "--json"])["active"] == "ada"
        os.unlink(filler)
        assert run_tui(["switch", "bob"]).code == 0
        assert read(scene.live) == scene.bob.document().data()
        wanted = newer if which == "data" else scene.ada
        assert read(scene.saved("ada")) == wanted.document().data()


@pytest.mark.parametrize(
    "args",
    [
        ["add", "carl", "--empty"],
        ["rename", "bob", "bobby"],
        ["delete", "bob", "--yes"],
        ["undo"],
        ["run", "bob", "--", "true"],
    ],
    ids=lambda args: args[0],
)
@pytest.mark.parametrize("which", ["data", "state"])
def test_other_commands_on_a_full_disk(box: Box, which: str, args: list[str]) -> None:
    """Each ends with a plain error and everything as it was, or needs no room and works; never half of either."""
    with _own_disk(box, which) as folder:
        scene = settle(box)
        filler = _fill(folder)
        before = snapshot(box.path)
        ran = run_tui(args)
        after = snapshot(box.path)
        if ran.code != 0:
            refused(ran, 1, folder)
            assert after == before
            assert not [name for name in _below(box.path) if "half-moved" in name]
        assert not leftovers(box.path)
        assert read(scene.live) in (scene.ada.document().data(), scene.bob.document().data())
        os.unlink(filler)
        if ran.code != 0:
            assert run_tui(args).code == 0


def _below(root: str) -> list[str]:
    return [f"{folder}/{n}" for folder, folders, names in os.walk(root) for n in [*folders, *names]]


def test_no_inodes_left_in_the_home(box: Box) -> None:
    """A disk without room for one more name is a full disk as well."""
    os.mkdir(box.codex, 0o700)
    with small_disk(box.codex, SMALL, inodes=8):
        scene = settle(box)
        with contextlib.suppress(OSError):
            for number in range(8):
                os.close(os.open(f"{box.codex}/{number}", os.O_CREAT | os.O_WRONLY))
        assert refuses_writes(box.codex)
        before = snapshot(box.path)
        refused(run_tui(["switch", "bob"]), 1, box.codex)
        assert snapshot(box.path) == before
        assert read(scene.live) == scene.ada.document().data()


def test_the_first_adoption_on_a_full_disk(box: Box) -> None:
    """R10: a login that cannot be saved is not switched away, and no half of a profile stays."""
    with _own_disk(box, "data") as folder:
        scene = settle(box)
        shutil.rmtree(box.profile("ada"))
        filler = _fill(folder)
        before = snapshot(box.path)
        refused(run_tui(["switch", "bob"]), 1, folder)
        assert snapshot(box.path) == before
        assert not leftovers(box.path)
        os.unlink(filler)
        assert tui_json(["switch", "bob", "--json"])["adopted"] == "ada"
        assert read(scene.saved("ada")) == scene.ada.document().data()
