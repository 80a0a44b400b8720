"""R6: a live file that somebody is writing in place is waited for, and what is written too late is kept."""

from __future__ import annotations

import os
import threading

import pytest

from profiles.errors import ProfilesError
from profiles.leftovers import UNCHANGED_FOR
from profiles.lock import WAIT
from profiles.work import LOOK_EVERY
from tests.rules.yard import ADA, AT_FILE_CALLS, BOB, Meddler, Yard, read, sub_box, write
from tests.support.tokens import HOUR, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Box

CYD = ADA.of(Person("cyd"))
NEWER = ADA.rotate(HOUR)
WHOLE = NEWER.document().data()


def _settled(box: Box) -> Yard:
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(ADA)
    return yard


def _at_sleeps(yard: Yard, acts: dict[int, Callable[[], object]]) -> None:
    """Do something at the n-th short sleep from now."""
    count = 0

    def on_sleep() -> None:
        nonlocal count
        count += yard.slept[-1] < 1
        acts.pop(count, lambda: None)()

    yard.on_sleep = on_sleep


def test_r6_a_torn_file_that_becomes_whole_is_saved(box: Box) -> None:
    """An old Codex has truncated the file and writes it a little later: its newest token ends in the profile."""
    yard = _settled(box)
    write(yard.live_path, b"")
    _at_sleeps(yard, {5: lambda: write(yard.live_path, WHOLE)})
    result = yard.switch("bob")
    assert result.written_back == "ada"
    assert yard.holds(yard.saved("ada"), NEWER)
    assert yard.holds(yard.live_path, BOB)
    assert yard.slept[1:6] == [LOOK_EVERY] * 5
    assert WHOLE in yard.backups(), "as after every switch"
    assert b"" not in yard.backups()


def test_r6_a_real_thread_that_writes_in_place(box: Box) -> None:
    """The same in real time: whatever part of the file our looks see, the whole document is what is taken."""
    yard = _settled(box)
    torn = threading.Event()

    def rewrite() -> None:
        torn.wait(10)
        with open(yard.live_path, "r+b", buffering=0) as file:
            file.truncate(0)
            for start in range(0, len(WHOLE), 500):
                file.write(WHOLE[start : start + 500])
                threading.Event().wait(0.002)

    with open(yard.live_path, "r+b") as file:
        file.truncate(100)
    writer = threading.Thread(target=rewrite)
    writer.start()

    # Our first pause is his sign: he writes while the clock goes on, and every pause of ours is a real one.
    def pause() -> None:
        torn.set()
        threading.Event().wait(0.01)

    yard.on_sleep = pause
    result = yard.switch("bob")
    writer.join()
    assert result.written_back == "ada"
    assert yard.holds(yard.saved("ada"), NEWER)


def test_r6_each_change_begins_the_second_anew(box: Box) -> None:
    """A writer with long pauses, each shorter than a second, is waited for."""
    yard = _settled(box)
    write(yard.live_path, b"")
    parts = {19 * n: (lambda n=n: write(yard.live_path, WHOLE[: 400 * n])) for n in range(1, 6)}
    _at_sleeps(yard, {**parts, 19 * 6: lambda: write(yard.live_path, WHOLE)})
    assert yard.switch("bob").written_back == "ada"
    assert yard.holds(yard.saved("ada"), NEWER)


def test_r6_a_file_that_stays_torn_is_given_up_after_a_second(box: Box) -> None:
    """Garbage that nobody writes on is healed by the switch; its bytes are kept, and the wait was about a second."""
    yard = _settled(box)
    write(yard.live_path, WHOLE[:700])
    result = yard.switch("bob")
    waited = sum(yard.slept[1:])
    assert UNCHANGED_FOR <= waited < UNCHANGED_FOR + 3 * LOOK_EVERY
    assert set(yard.slept[1:]) == {LOOK_EVERY}
    assert WHOLE[:700] in yard.backups()
    assert result.changed
    assert yard.holds(yard.saved("ada"), ADA)


def test_r6_a_file_that_never_comes_to_rest_does_not_hold_us_for_ever(box: Box) -> None:
    """Somebody writes garbage on and on: after the time of a lock we go on and keep what is there."""
    yard = _settled(box)
    write(yard.live_path, b"{")
    yard.on_sleep = lambda: write(yard.live_path, b"{" * len(yard.slept))
    yard.switch("bob")
    assert sum(yard.slept) < WAIT + 2
    assert yard.holds(yard.live_path, BOB)


@pytest.mark.parametrize("what", ["whole", "missing"])
def test_r6_nothing_waits_without_need(box: Box, what: str) -> None:
    """A whole file, and no file, cost no time."""
    yard = _settled(box)
    if what == "missing":
        os.unlink(yard.live_path)
    yard.switch("bob")
    assert yard.slept == [1.0]


def _lets_go(call: str) -> bool:
    """Whether the call removes the replaced file, or is one of those that come after the last look at it."""
    return ("unlink" in call and "/.codex/" in call) or "history" in call


def _cannot_exchange(one: str, two: str) -> bool:
    """A file system without RENAME_EXCHANGE."""
    return False


@AT_FILE_CALLS
@pytest.mark.parametrize("exchange", [True, False])
def test_r6_what_is_written_into_the_replaced_file_is_saved(
    box: Box, step: int, *, exchange: bool
) -> None:
    """An old Codex opened the file before the switch and writes its rotated login at each of our file calls in turn.

    Up to the moment when we let the replaced file go, the token ends in Ada's profile, not only among the backups.
    """
    saved = missed = 0
    for at in range(1, 200, step):
        yard = _settled(sub_box(box, at))
        descriptor = os.open(yard.live_path, os.O_WRONLY)

        def rewrite(descriptor: int = descriptor) -> None:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, WHOLE, 0)

        yard.files = meddler = Meddler(at, rewrite)
        if not exchange:
            meddler.exchange = _cannot_exchange  # type: ignore[method-assign]
        try:
            yard.switch("bob")
        finally:
            os.close(descriptor)
        if meddler.acted is None:
            break
        if yard.holds(yard.saved("ada"), NEWER):
            saved += 1
        else:
            # Only when the replaced file was already looked at for the last time.
            assert any(_lets_go(call) for call in meddler.trace[:at]), meddler.acted
            missed += 1
    assert saved > 10 // step
    assert missed < 10


def test_r6_late_bytes_of_a_stranger_are_kept(box: Box) -> None:
    """What is written into the replaced file may be somebody else's login: it is not thrown away with the file."""
    yard = _settled(box)
    descriptor = os.open(yard.live_path, os.O_WRONLY)

    class Late(Meddler):
        """Writes when the live file has just been replaced."""

        def sync_folder(self, folder: str) -> None:
            """The folder is synced after the replacement."""
            super().sync_folder(folder)
            if folder == yard.home and self.acted is None:
                self.acted = "now"
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, CYD.document().data(), 0)

    yard.files = Late(0, lambda: None)
    result = yard.switch("bob")
    os.close(descriptor)
    assert yard.holds(yard.live_path, BOB)
    assert yard.holds(yard.saved("ada"), ADA)
    assert [place for place in yard.places(CYD) if "switchyard-" not in place]
    assert any("wrote" in sentence for sentence in result.said)


def test_r6_half_a_document_in_the_replaced_file_is_not_the_end_of_it(box: Box) -> None:
    """The writer is in the middle when we let go: what it goes on to write is found by the next command (R7)."""
    yard = _settled(box)
    descriptor = os.open(yard.live_path, os.O_WRONLY)

    class Late(Meddler):
        """Begins to write when the live file has just been replaced."""

        def sync_folder(self, folder: str) -> None:
            """The folder is synced after the replacement."""
            super().sync_folder(folder)
            if folder == yard.home and self.acted is None:
                self.acted = "now"
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, WHOLE[:900], 0)

    yard.files = Late(0, lambda: None)
    yard.switch("bob")
    os.pwrite(descriptor, WHOLE, 0)
    os.close(descriptor)
    yard.files = Meddler(0, lambda: None)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), NEWER)
    assert yard.holds(yard.live_path, BOB)


def test_r6_the_live_file_never_has_two_names(box: Box) -> None:
    """Codex 0.169 drops what it refreshes while auth.json has a second hard link, and a kill could leave it so."""
    yard = _settled(box)
    links: list[int] = []

    class Watch(Meddler):
        """Counts the names of the live file before each call."""

        def _step(self, name: str) -> None:
            super()._step(name)
            links.append(os.lstat(yard.live_path).st_nlink)

    yard.files = Watch(0, lambda: None)
    yard.switch("bob")
    yard.switch("ada")
    assert set(links) == {1}
    assert len(links) > 40


def test_r6_a_reader_sees_the_old_or_the_new_document(box: Box) -> None:
    """Before each file call of a switch the live file is one of the two, byte for byte."""
    yard = _settled(box)
    seen: set[bytes] = set()

    class Watch(Meddler):
        """Reads the live file before each call."""

        def _step(self, name: str) -> None:
            super()._step(name)
            seen.add(read(yard.live_path))

    yard.files = Watch(0, lambda: None)
    yard.switch("bob")
    assert seen == {ADA.document().data(), BOB.document().data()}


def test_r6_a_refused_switch_after_a_late_write_keeps_it(box: Box) -> None:
    """Somebody overwrites the new live file before we read it back: refused, and everything is still there."""
    yard = _settled(box)

    class Late(Meddler):
        """Replaces the live file when we have just done so."""

        def sync_folder(self, folder: str) -> None:
            """The folder is synced after the replacement."""
            super().sync_folder(folder)
            if folder == yard.home and self.acted is None:
                self.acted = "now"
                CYD.write(yard.home)

    yard.files = Late(0, lambda: None)
    with pytest.raises(ProfilesError, match="changed by something else"):
        yard.switch("bob")
    assert yard.holds(yard.live_path, CYD)
    assert yard.holds(yard.saved("ada"), ADA)
    assert yard.holds(yard.saved("bob"), BOB)
