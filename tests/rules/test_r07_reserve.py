"""R7: space first, then bytes, then the disk, then the name; and what a dead process left is read before it goes."""

from __future__ import annotations

import errno
import os
from dataclasses import replace

import pytest

from profiles import store
from profiles.errors import StoreNotWritable
from profiles.files import Files
from tests.rules.yard import ADA, BOB, Meddler, Yard, identity_of, read, sub_box, write
from tests.support.documents import BROKEN, api_key, mixture, with_key_and_tokens
from tests.support.tokens import HOUR, Document, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.context import Context
    from tests.conftest import Box

CYD = ADA.of(Person("cyd"))
NEWER = ADA.rotate(HOUR)
NEWEST = NEWER.rotate(HOUR)
SECOND = ADA.sign_in("second", ADA.issued_at + HOUR)


def _settled(box: Box) -> Yard:
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(ADA)
    return yard


def _leave(folder: str, what: Login | Document | bytes, name: str = "99999-0-c0ffee00") -> str:
    """Leave a temporary file in a folder, as a process that was killed does."""
    raw = (
        what
        if isinstance(what, bytes)
        else (what.document() if isinstance(what, Login) else what).data()
    )
    path = f"{folder}/.auth.json.switchyard-{name}"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(raw)
    return path


def _left(box: Box) -> list[str]:
    """Every temporary file and half-made folder that is still there."""
    found = []
    for folder, folders, names in os.walk(box.path):
        found += [f"{folder}/{name}" for name in names if ".switchyard-" in name]
        found += [f"{folder}/{name}" for name in folders if name.startswith(".new-")]
    return found


class _Recorder(Files):
    """Notes what is done to which file."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def _note(self, what: str, where: str | int) -> None:
        self.calls.append(
            (what, where if isinstance(where, str) else os.readlink(f"/proc/self/fd/{where}"))
        )

    def open(self, path: str, flags: int, mode: int = 0o600) -> int:
        """Note a file that is made."""
        descriptor = super().open(path, flags, mode)
        if flags & os.O_CREAT:
            self._note(f"make {mode:o}{' anew' if flags & os.O_EXCL else ''}", path)
        return descriptor

    def write(self, descriptor: int, data: bytes) -> None:
        """Note it."""
        self._note("write", descriptor)
        super().write(descriptor, data)

    def allocate(self, descriptor: int, size: int) -> None:
        """Note it."""
        self._note("allocate", descriptor)
        super().allocate(descriptor, size)

    def truncate(self, descriptor: int, size: int) -> None:
        """Note it."""
        self._note("truncate", descriptor)
        super().truncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        """Note it."""
        self._note("sync", descriptor)
        super().sync(descriptor)

    def sync_folder(self, folder: str) -> None:
        """Note it."""
        self._note("sync folder", folder)
        super().sync_folder(folder)

    def rename(self, source: str, target: str) -> None:
        """Note both names."""
        self.calls += [("from", source), ("to", target)]
        super().rename(source, target)

    def exchange(self, one: str, two: str) -> bool:
        """Note both names."""
        self.calls += [("from", one), ("to", two)]
        return super().exchange(one, two)


def test_r7_space_bytes_disk_name_folder(box: Box) -> None:
    """Every login file that a switch replaces is reserved, written, cut, synced, renamed, and its folder synced."""
    yard = _settled(box)
    yard.live(NEWER)
    yard.files = recorder = _Recorder()
    yard.switch("bob")
    targets = [path for what, path in recorder.calls if what == "to" and path.endswith("auth.json")]
    assert targets == [yard.saved("ada"), yard.live_path]
    for target in targets:
        at = recorder.calls.index(("to", target))
        temporary = recorder.calls[at - 1][1]
        folder = os.path.dirname(target)
        assert temporary.startswith(f"{folder}/.auth.json.switchyard-")
        before = [what for what, path in recorder.calls[: at - 1] if path == temporary]
        assert before == ["make 600 anew", "allocate", "write", "truncate", "sync"]
        assert recorder.calls[at + 1] == ("sync folder", folder)


def test_r7_the_newest_tokens_are_durable_before_the_live_file_goes(box: Box) -> None:
    """The profile's file, its name on the disk and the backup come before the live file is replaced."""
    yard = _settled(box)
    yard.live(NEWER)
    yard.files = recorder = _Recorder()
    yard.switch("bob")
    gone = recorder.calls.index(("to", yard.live_path))
    before = recorder.calls[:gone]
    saved = before.index(("to", yard.saved("ada")))
    assert ("sync folder", box.profile("ada")) in before[saved:]
    backup = next(
        i for i, (what, path) in enumerate(before) if what == "to" and "/backups/" in path
    )
    assert ("sync folder", os.path.dirname(before[backup][1])) in before[backup:]


def test_r7_a_full_disk_shows_before_anything_is_replaced(box: Box) -> None:
    """No space at any reservation in turn: an error that says so, old documents whole, no litter beside them."""
    refused = 0
    for number in range(1, 40):

        class Full(Meddler):
            """No space at one of the reservations."""

            reserved = 0

            def allocate(self, descriptor: int, size: int) -> None:
                """Fail the `number`-th time."""
                self.reserved += 1
                if self.reserved == number:  # noqa: B023 - used within this round only
                    raise OSError(errno.ENOSPC, "full")
                super().allocate(descriptor, size)

        part = sub_box(box, number)
        yard = _settled(part)
        yard.live(NEWER)
        yard.files = files = Full(0, lambda: None)
        try:
            yard.switch("bob")
        except StoreNotWritable as error:
            said = error.message
            refused += 1
        else:
            if files.reserved < number:
                break
            # What we could not note once the switch was made is no reason to call it failed.
            assert yard.holds(yard.live_path, BOB)
            said = "the disk is full"
        assert "the disk is full" in said
        assert read(yard.live_path) in (NEWER.document().data(), BOB.document().data())
        assert yard.holds(yard.live_path, NEWER) or yard.holds(yard.saved("ada"), NEWER)
        assert not _left(part)
    assert refused > 3


def test_r7_a_leftover_with_the_newest_token_is_taken_up(box: Box) -> None:
    """A process died between writing and renaming: its file holds a newer login than any named one."""
    yard = _settled(box)
    left = _leave(yard.home, NEWEST)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), NEWEST)
    assert yard.holds(yard.live_path, NEWEST)
    assert not os.path.exists(left)
    assert yard.is_spent(ADA)


def test_r7_a_leftover_in_the_targets_home_is_what_gets_installed(box: Box) -> None:
    """The newest token of the target lies in a temporary file in its own home: that one becomes live, not the old."""
    yard = _settled(box)
    newer = BOB.rotate(HOUR)
    left = _leave(box.profile("bob"), newer)
    yard.switch("bob")
    assert yard.holds(yard.live_path, newer)
    assert yard.holds(yard.saved("bob"), newer)
    assert not os.path.exists(left)


def test_r7_a_leftover_beside_a_links_target_is_found(box: Box) -> None:
    """Temporary files lie beside the file itself, so with a linked auth.json in another folder."""
    yard = _settled(box)
    os.rename(yard.live_path, f"{box.home}/auth.json")
    os.symlink(f"{box.home}/auth.json", yard.live_path)
    left = _leave(box.home, NEWEST)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), NEWEST)
    assert yard.holds(f"{box.home}/auth.json", NEWEST)
    assert not os.path.exists(left)


@pytest.mark.parametrize("where", ["active home", "profile"])
def test_r7_a_leftover_of_another_sign_in_is_kept(box: Box, where: str) -> None:
    """Older than what the profile has and of another family, so perhaps alive: it goes to the backups (R9)."""
    yard = _settled(box)
    yard.save("ada", SECOND)
    yard.live(SECOND)
    folder = yard.home if where == "active home" else box.profile("ada")
    left = _leave(folder, ADA)
    yard.switch("ada")
    yard.switch("bob")
    yard.switch("ada")
    assert not os.path.exists(left)
    assert yard.holds(yard.saved("ada"), SECOND)
    assert yard.backed_up(ADA, folder)
    assert not yard.is_spent(ADA)


def test_r7_a_leftover_of_a_stranger_is_adopted(box: Box) -> None:
    """A login that no profile has, in a temporary file alone: it becomes a profile."""
    yard = _settled(box)
    left = _leave(yard.home, CYD)
    yard.reconcile()
    assert yard.holds(yard.saved("cyd"), CYD)
    assert yard.holds(yard.live_path, ADA)
    assert not os.path.exists(left)


@pytest.mark.parametrize("what", ["cut", "binary", "tokens is a list"])
def test_r7_a_torn_leftover_goes_to_the_backups(box: Box, what: str) -> None:
    """Bytes that cannot be read may hold a token all the same."""
    yard = _settled(box)
    left = _leave(yard.home, BROKEN[what])
    yard.reconcile()
    assert BROKEN[what] in yard.backups()
    assert not os.path.exists(left)


def test_r7_a_mixture_left_behind_goes_to_the_backups(box: Box) -> None:
    """Nobody knows whose it is: kept, not merged (R11)."""
    yard = _settled(box)
    document = mixture(NEWEST, BOB)
    left = _leave(yard.home, document)
    yard.reconcile()
    assert document.data() in yard.backups()
    assert yard.holds(yard.saved("ada"), ADA)
    assert not os.path.exists(left)


def test_r7_reserved_space_without_bytes_is_just_removed(box: Box) -> None:
    """Only zeros: a reservation that was never filled holds nothing."""
    yard = _settled(box)
    left = [_leave(yard.home, b"\0" * 4000), _leave(yard.home, b"", "99999-1-c0ffee01")]
    yard.reconcile()
    assert not any(os.path.exists(path) for path in left)
    assert yard.backups() == []


def test_r7_a_key_beside_tokens_in_a_leftover_is_kept(box: Box) -> None:
    """Both logins of such a document are somewhere durable when it is gone."""
    yard = _settled(box)
    _leave(yard.home, with_key_and_tokens(NEWEST, "left"))
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), NEWEST)
    kept = [read(yard.saved("ada")), read(yard.live_path), *yard.backups()]
    assert any(api_key("left").encode() in raw for raw in kept)


def test_r7_a_leftover_that_others_may_have_written_is_left_alone(box: Box) -> None:
    """In a folder that others can write anybody can put a newer-looking login (R8)."""
    yard = _settled(box)
    left = [_leave(yard.home, NEWEST), _leave(yard.home, BROKEN["cut"], "99999-1-c0ffee01")]
    os.chmod(yard.home, 0o777)
    yard.reconcile()
    assert all(os.path.exists(path) for path in left)
    assert yard.holds(yard.saved("ada"), ADA)
    assert yard.backups() == []


@pytest.mark.parametrize("inside", ["auth.json", ".auth.json.switchyard-99999-0-c0ffee00"])
@pytest.mark.parametrize("live", [CYD, ADA], ids=["still live", "live no more"])
def test_r7_a_half_made_profile_is_taken_up(box: Box, inside: str, live: Login) -> None:
    """An adoption was killed: the login in the half-made folder ends in a profile, even when it is nowhere else now."""
    yard = _settled(box)
    yard.live(live)
    half = f"{box.profiles}/.new-99999-c0ffee"
    os.makedirs(half, mode=0o700)
    write(f"{half}/{inside}", CYD.rotate(HOUR).document().data())
    yard.reconcile()
    assert yard.holds(yard.saved("cyd"), CYD.rotate(HOUR))
    assert not _left(box)


def test_r7_an_older_family_in_a_half_made_profile_is_kept(box: Box) -> None:
    """What loses to a profile's newer sign-in goes to the backups, not away."""
    yard = _settled(box)
    yard.save("ada", SECOND)
    yard.live(SECOND)
    half = f"{box.profiles}/.new-99999-c0ffee"
    os.makedirs(half, mode=0o700)
    write(f"{half}/auth.json", ADA.document().data())
    yard.reconcile()
    assert not _left(box)
    assert yard.holds(yard.saved("ada"), SECOND)
    assert yard.places(ADA), "the only copy of a living family is gone"


def test_r7_an_empty_half_made_profile_is_removed(box: Box) -> None:
    """Nothing in it, or only a profile.toml: the next writing verb clears it away."""
    yard = _settled(box)
    for number in (1, 2):
        os.makedirs(f"{box.profiles}/.new-99999-{number}", mode=0o700)
    write(f"{box.profiles}/.new-99999-2/profile.toml", b"note = 'half'\n")
    yard.reconcile()
    assert not _left(box)
    assert yard.names() == ["ada", "bob"]


def test_r7_a_spent_leftover_wins_nothing(box: Box) -> None:
    """A known spent token in a temporary file never replaces a living one."""
    yard = _settled(box)
    spent = replace(NEWEST, generation=7)
    yard.mark_spent(spent)
    _leave(yard.home, spent)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), ADA)
    assert yard.holds(yard.live_path, ADA)


def test_r7_every_verb_takes_up_what_lies_in_the_active_home(box: Box) -> None:
    """Not only switch: adding, renaming and deleting first save what a dead process left."""
    acts: list[Callable[[Context], object]] = [
        lambda context: store.add_empty(context, "new"),
        lambda context: store.rename(context, "bob", "rob"),
        lambda context: store.delete(context, "bob"),
    ]
    for number, act in enumerate(acts):
        yard = _settled(sub_box(box, number))
        _leave(yard.home, NEWEST)
        act(yard.context)
        yard.reconcile()
        assert yard.holds(yard.saved("ada"), NEWEST)
    assert identity_of(NEWEST) == identity_of(ADA)
