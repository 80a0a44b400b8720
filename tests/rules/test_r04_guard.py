"""R4: before any login file is replaced, the newest copy of what is in it is durable in another inode."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from functools import partial

import pytest

from profiles import guard, switching
from profiles.errors import ProfilesError, StoreNotWritable
from profiles.files import Files
from profiles.generation import read_copy
from profiles.work import enter
from tests.rules.yard import ADA, AT_FILE_CALLS, BOB, Meddler, Yard, read, sub_box, write
from tests.support import childuid
from tests.support.cli import tui_environ
from tests.support.documents import BROKEN, with_api_key
from tests.support.tokens import HOUR, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

CYD = ADA.of(Person("cyd"))


def _inode(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return (found.st_dev, found.st_ino)


@pytest.mark.parametrize("anyway", [False, True])
def test_r4_a_login_that_no_profile_has_is_saved_first(box: Box, *, anyway: bool) -> None:
    """The live stranger is in a profile before the switch overwrites it; `--anyway` does not skip that."""
    yard = Yard(box)
    yard.save("bob", BOB)
    yard.live(ADA)
    result = yard.switch("bob", anyway=anyway)
    assert result.adopted == "ada"
    assert yard.holds(yard.saved("ada"), ADA)
    assert yard.holds(yard.live_path, BOB)


class _NoNewProfiles(Files):
    """A disk on which no profile can be made any more."""

    def rename(self, source: str, target: str) -> None:
        """Fail where a half-made profile gets its name."""
        if "/profiles/.new-" in source:
            raise OSError(errno.ENOSPC, "no space")
        super().rename(source, target)


@pytest.mark.parametrize("anyway", [False, True])
def test_r4_what_cannot_be_saved_is_not_overwritten(box: Box, *, anyway: bool) -> None:
    """The stranger cannot be saved, so the switch is refused; the live file is the same to inode and byte."""
    yard = Yard(box, _NoNewProfiles())
    yard.save("bob", BOB)
    live = yard.live(ADA)
    before, raw = _inode(live), read(live)
    with pytest.raises(StoreNotWritable):
        yard.switch("bob", anyway=anyway)
    assert (_inode(live), read(live)) == (before, raw)
    assert yard.names() == ["bob"]
    assert not [name for name in os.listdir(yard.home) if "switchyard" in name]


class _NoBackups(Files):
    """A disk on which no backup can be written."""

    def open(self, path: str, flags: int, mode: int = 0o600) -> int:
        """Fail below the backups."""
        if "/backups/" in path and flags & os.O_CREAT:
            raise OSError(errno.EDQUOT, "quota")
        return super().open(path, flags, mode)


@pytest.mark.parametrize("what", ["cut", "binary"])
def test_r4_unreadable_bytes_that_cannot_be_kept_are_not_overwritten(box: Box, what: str) -> None:
    """A broken live file whose bytes find no room in the backups stays as it is."""
    yard = Yard(box, _NoBackups())
    yard.save("bob", BOB)
    write(yard.live_path, BROKEN[what])
    with pytest.raises(StoreNotWritable, match="quota"):
        yard.switch("bob", anyway=True)
    assert read(yard.live_path) == BROKEN[what]


def test_r4_a_symlinked_live_file_stays_a_link(box: Box) -> None:
    """The link stays and its target is replaced, as Codex does; what the target held is in its profile."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    target = ADA.rotate().write(f"{box.home}/vault")
    os.symlink("../vault/auth.json", yard.live_path)
    yard.switch("bob")
    assert os.readlink(yard.live_path) == "../vault/auth.json"
    assert yard.holds(target, BOB)
    assert yard.holds(yard.saved("ada"), ADA.rotate())
    assert os.stat(target).st_mode & 0o777 == 0o600
    assert not [name for name in os.listdir(f"{box.home}/vault") if "switchyard" in name]


def test_r4_a_link_to_another_profiles_file_is_itself_replaced(box: Box) -> None:
    """`auth.json` links into Ada's profile: a switch to Bob must not write Bob's login over Ada's."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    os.symlink(yard.saved("ada"), yard.live_path)
    result = yard.switch("bob")
    assert result.before == "ada"
    assert not os.path.islink(yard.live_path)
    assert yard.holds(yard.live_path, BOB)
    assert yard.holds(yard.saved("ada"), ADA)
    assert yard.switch("ada").changed
    assert yard.holds(yard.saved("bob"), BOB)


def test_r4_a_link_to_the_targets_own_file_becomes_a_file(box: Box) -> None:
    """`auth.json` links into Bob's profile: Bob is active, and a switch to Ada leaves Bob's file alone."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    os.symlink(yard.saved("bob"), yard.live_path)
    assert not yard.switch("bob").changed
    yard.switch("ada")
    assert yard.holds(yard.saved("bob"), BOB)
    assert yard.holds(yard.saved("ada"), ADA)
    assert yard.holds(yard.live_path, ADA)


def test_r4_a_hard_link_of_live_and_profile_is_one_holder(box: Box) -> None:
    """One inode under two names is one copy: the profile gets a file of its own before anything is replaced."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    os.link(yard.saved("ada"), yard.live_path)
    write(yard.live_path, ADA.rotate().document().data())
    yard.switch("bob")
    assert yard.holds(yard.saved("ada"), ADA.rotate())
    assert yard.holds(yard.live_path, BOB)
    assert _inode(yard.saved("ada")) != _inode(yard.live_path)


def test_r4_a_profile_that_is_a_link_to_the_live_file_is_no_second_copy(box: Box) -> None:
    """Ada's profile links to the live file: after the switch her login is in a file of its own, or nothing changed."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(ADA.rotate())
    os.unlink(yard.saved("ada"))
    os.symlink(yard.live_path, yard.saved("ada"))
    yard.switch("bob")
    assert yard.holds(yard.live_path, BOB)
    assert yard.holds(yard.saved("ada"), ADA.rotate())


def test_r4_a_registered_file_that_links_to_the_live_one_is_no_second_copy(box: Box) -> None:
    """The registered home's file is the live file by a link: the login is saved elsewhere before it goes."""
    yard = Yard(box)
    yard.save("bob", BOB)
    registered = f"{box.home}/.codex-work"
    yard.register("work", registered, ADA)
    yard.live(ADA)
    os.unlink(f"{registered}/auth.json")
    os.symlink(yard.live_path, f"{registered}/auth.json")
    result = yard.switch("bob")
    assert result.adopted == "ada"
    assert yard.holds(yard.live_path, BOB)
    assert yard.holds(yard.saved("ada"), ADA)
    assert os.path.islink(f"{registered}/auth.json"), "the person's own link"


@AT_FILE_CALLS
def test_r4_what_stands_in_the_file_now_counts_not_what_stood_there(box: Box, step: int) -> None:
    """Somebody without our locks replaces the live file by a newer one, before each of our file calls in turn.

    Whenever it happens: the newest token ends in Ada's profile, or is still live; backups alone would not do.
    """
    newest = ADA.rotate(HOUR)
    in_profile = still_live = 0
    for at in range(1, 200, step):
        yard = Yard(sub_box(box, at))
        yard.save("ada", ADA)
        yard.save("bob", BOB)
        yard.live(ADA)
        yard.files = meddler = Meddler(at, partial(newest.write, yard.home))
        try:
            yard.switch("bob")
        except ProfilesError:
            assert yard.holds(yard.live_path, newest), meddler.acted
        if meddler.acted is None:
            break
        saved, live = yard.holds(yard.saved("ada"), newest), yard.holds(yard.live_path, newest)
        assert saved or live, f"{at}: {meddler.acted}"
        assert saved or not yard.is_spent(newest)
        in_profile, still_live = in_profile + saved, still_live + live
    assert in_profile > 5 // step
    assert still_live > 2 // step


@AT_FILE_CALLS
@pytest.mark.parametrize("target", ["two", "bob"])
def test_r4_between_two_sign_ins_of_one_person_too(box: Box, target: str, step: int) -> None:
    """The same from one sign-in to another of the same identity: the guard must not take one for the other."""
    newest, second = ADA.rotate(HOUR), ADA.sign_in("second", ADA.issued_at + 2 * HOUR)
    for at in range(1, 200, step):
        yard = Yard(sub_box(box, at))
        yard.save("one", ADA)
        yard.save("two", second)
        yard.save("bob", BOB)
        yard.live(ADA)
        yard.files = meddler = Meddler(at, partial(newest.write, yard.home))
        try:
            yard.switch(target)
        except ProfilesError:
            assert yard.holds(yard.live_path, newest), meddler.acted
        if meddler.acted is None:
            break
        saved, live = yard.holds(yard.saved("one"), newest), yard.holds(yard.live_path, newest)
        assert saved or live, f"{at}: {meddler.acted}"
        assert yard.holds(yard.saved("two"), second)


@AT_FILE_CALLS
def test_r4_bringing_up_an_older_file_never_overwrites_a_newer_one(box: Box, step: int) -> None:
    """The live file is older than the saved one and about to be brought up; somebody writes a newer one just then."""
    newer, newest = ADA.rotate(HOUR), ADA.rotate(HOUR).rotate(HOUR)
    for at in range(1, 200, step):
        yard = Yard(sub_box(box, at))
        # Fields to carry over make the profile's file be written first: that is when it happens.
        yard.save("ada", newer.as_098())
        yard.live(ADA)
        yard.files = meddler = Meddler(at, partial(newest.write, yard.home))
        with contextlib.suppress(ProfilesError):
            yard.reconcile()
        if meddler.acted is None:
            break
        holders = (yard.saved("ada"), yard.live_path)
        assert any(yard.holds(path, newest) for path in holders), f"{at}: {meddler.acted}"
        yard.files = Meddler(0, lambda: None)
        yard.reconcile()
        assert all(yard.holds(path, newest) for path in holders), f"{at}: {meddler.acted}"


def test_r4_the_guard_saves_a_login_that_nothing_else_holds(box: Box) -> None:
    """Asked to let go of a file whose login is nowhere else, it has it saved; when that does not help, it refuses."""
    yard = Yard(box)
    live = yard.live(ADA)
    saved: list[str] = []
    with enter(yard.context, lambda view: view.needs(())) as work:
        present = read_copy(live)
        assert present is not None
        with pytest.raises(StoreNotWritable, match="could not be made safe"):
            guard.guard(work, present, yard.home, None, lambda copy: saved.append(copy.path))
    assert saved == [live]
    assert yard.backed_up(ADA)


def test_r4_an_older_saved_copy_does_not_count(box: Box) -> None:
    """A profile with an older generation is not "another durable copy"."""
    yard = Yard(box)
    yard.save("ada", ADA)
    live = yard.live(ADA.rotate())
    asked: list[str] = []
    with enter(yard.context, lambda view: view.needs(())) as work:
        present = read_copy(live)
        assert present is not None
        with pytest.raises(StoreNotWritable):
            guard.guard(work, present, yard.home, None, lambda copy: asked.append(copy.path))
    assert asked == [live]


class _Syncs(Files):
    """Notes which files and folders are brought to the disk."""

    def __init__(self) -> None:
        self.synced: list[str] = []

    def sync(self, descriptor: int) -> None:
        """Note the file."""
        self.synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        super().sync(descriptor)

    def sync_folder(self, folder: str) -> None:
        """Note the folder."""
        self.synced.append(folder)
        super().sync_folder(folder)

    def rename(self, source: str, target: str) -> None:
        """Note where the live file is replaced."""
        self._note(target)
        super().rename(source, target)

    def exchange(self, one: str, two: str) -> bool:
        """Note where the live file is replaced."""
        self._note(one, two)
        return super().exchange(one, two)

    def _note(self, *paths: str) -> None:
        if any(path.endswith("/.codex/auth.json") for path in paths):
            self.synced.append("replaced")


def test_r4_the_other_copy_is_brought_to_the_disk_first(box: Box) -> None:
    """Codex does not sync what it writes: the copy we rely on, and its name, are synced before the live file goes."""
    files = _Syncs()
    yard = Yard(box, files)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(ADA)
    yard.switch("bob")
    before = files.synced[: files.synced.index("replaced")]
    assert yard.saved("ada") in before
    assert box.profile("ada") in before


def test_r4_keys_are_guarded_like_tokens(box: Box) -> None:
    """An API key that no profile has is adopted before it is overwritten."""
    yard = Yard(box)
    yard.save("bob", BOB)
    yard.live(with_api_key("mine"))
    result = yard.switch("bob")
    assert result.adopted is not None
    assert read(yard.saved(result.adopted)) == with_api_key("mine").data()


def test_r4_a_file_that_we_may_not_read_is_not_overwritten(box: Box) -> None:
    """What cannot be read cannot be kept: the switch is refused, names the file, and the bytes are still there."""
    yard = Yard(box)
    yard.save("bob", BOB)
    yard.live(ADA)
    childuid.give(box.path)
    os.chmod(yard.live_path, 0)
    code = f"""
from profiles.context import make_context
from profiles.errors import ProfilesError
from profiles.switching import switch
try:
    open({yard.live_path!r})
except PermissionError:
    pass
else:
    raise SystemExit("readable: this proves nothing")
try:
    switch(make_context(), "bob", anyway=True)
except ProfilesError as error:
    print(error.message)
else:
    print("switched")
"""
    done = childuid.run_as_nobody([sys.executable, "-c", code], env=tui_environ())
    assert done.returncode == 0, done.stderr
    os.chmod(yard.live_path, 0o600)
    assert yard.holds(yard.live_path, ADA)
    assert "auth.json" in done.stdout
    assert "cannot be read" in done.stdout


@pytest.mark.parametrize("verb", ["switch", "undo"])
def test_r4_every_verb_goes_through_the_guard(box: Box, verb: str) -> None:
    """Undo is a switch: the stranger that turned up meanwhile is saved first as well."""
    yard = Yard(box)
    yard.save("bob", BOB)
    yard.save("dan", ADA.of(Person("dan")))
    yard.live(ADA)
    yard.switch("bob")
    yard.switch("dan")
    yard.live(CYD)
    yard.sleep(1)
    if verb == "switch":
        yard.switch("bob")
    else:
        switching.undo(yard.context)
    assert yard.holds(yard.saved("cyd"), CYD)
    assert yard.holds(yard.live_path, BOB)
    assert json.loads(read(yard.live_path))
