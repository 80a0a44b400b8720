"""R13: one order, nothing waits while it holds, Codex's locks for moments only."""

from __future__ import annotations

import errno
import fcntl
import os
import sys

import pytest

from profiles import lock
from profiles.errors import LocksUnsupported, ProfileNotFound, StoreLocked
from profiles.files import Files
from profiles.generation import read_copy
from tests.rules.yard import ADA, BOB, Meddler, Yard, identity_of, read
from tests.support.fake_codex import running
from tests.support.tokens import HOUR, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Box

CYD = ADA.of(Person("cyd"))
NEWER = ADA.rotate(HOUR)


def _settled(box: Box) -> Yard:
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(NEWER)
    return yard


class _Locks(Meddler):
    """Notes the lock files in the order in which they are taken, and for how long each was held."""

    def __init__(self, yard: Yard) -> None:
        super().__init__(0, lambda: None)
        self.yard = yard
        self.taken: list[str] = []
        self.held: dict[int, tuple[str, float]] = {}
        self.longest: dict[str, float] = {}

    def lock(self, descriptor: int, operation: int) -> None:
        """Note it once it is had; temporary files are locked too, which does not count."""
        super().lock(descriptor, operation)
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        if ".switchyard-" not in path:
            self.taken.append(path)
            self.held[descriptor] = (path, self.yard.ticks)

    def close(self, descriptor: int) -> None:
        """Note for how long a lock was held, by the yard's clock."""
        super().close(descriptor)
        path, since = self.held.pop(descriptor, ("", 0.0))
        self.longest[path] = max(self.longest.get(path, 0.0), self.yard.ticks - since)


def test_r13_login_locks_then_home_locks_then_codexs(box: Box) -> None:
    """Whatever is concerned, the order is the same for everybody; each kind is sorted."""
    yard = _settled(box)
    yard.register("work", f"{box.home}/.codex-work", ADA)
    yard.files = files = _Locks(yard)
    yard.switch("bob")
    names = [os.path.basename(path) for path in files.taken]
    counts = {"login-": 2, "home-": 5, "auth.lock": 4, "auth.json.lock": 4}
    begin = 0
    for kind, count in counts.items():
        paths = files.taken[begin : begin + count]
        assert all(name.startswith(kind) for name in names[begin : begin + count]), names
        assert paths in (sorted(paths), sorted(paths, key=os.path.dirname))
        begin += count
    # Then the run lock, which is only tried, and Codex's lock of a file once more for each exchange, the live one last;
    # and, beside no other of these, the lock of our small state files.
    later = [name for name in names[begin:] if not name.endswith(".run")]
    assert set(later) == {"auth.json.lock", "state"}
    assert [path for path in files.taken if path.endswith(".lock")][-1] == f"{yard.live_path}.lock"
    assert not files.held


def test_r13_two_names_of_one_lock_file_are_one_lock(box: Box) -> None:
    """Homes that share a lock file (a bind mount, a link) do not lock us out of ourselves."""
    yard = _settled(box)
    one, two = f"{box.path}/one", f"{box.path}/two"
    with open(one, "wb"):
        os.link(one, two)
    wanted = [lock.Wanted(one, ours=False), lock.Wanted(two, ours=False)]
    with lock.acquire(yard.context, wanted):
        probe = os.open(two, os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(probe)
    assert yard.slept == []


def test_r13_homes_that_share_their_login_file_share_its_lock(box: Box) -> None:
    """One auth.json links to another home's: both resolve to one `auth.json.lock`, and the switch does not hang."""
    yard = _settled(box)
    yard.register("work", f"{box.home}/.codex-work", NEWER)
    os.unlink(yard.live_path)
    os.symlink(f"{box.home}/.codex-work/auth.json", yard.live_path)
    yard.switch("bob")
    assert yard.holds(yard.live_path, BOB)
    assert yard.slept == [1.0]


LOCKS: dict[str, Callable[[Yard], str]] = {
    "auth.lock": lambda yard: f"{yard.home}/auth.lock",
    "auth.json.lock": lambda yard: f"{yard.live_path}.lock",
    "target's auth.lock": lambda yard: f"{yard.box.profile('bob')}/auth.lock",
    "login of the target": lambda yard: lock.login_lock(yard.context, identity_of(BOB)).path,
    "login of the live file": lambda yard: lock.login_lock(yard.context, identity_of(ADA)).path,
    "home": lambda yard: lock.home_lock(yard.context, yard.home).path,
    "store": lambda yard: lock.store_lock(yard.context).path,
}
#: Takes a lock, says so, keeps it until its stdin ends.
HOLD = (
    "import fcntl, os, sys; d = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600);"
    "fcntl.flock(d, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
)


def _take(path: str) -> int:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


@pytest.mark.parametrize("which", LOCKS)
def test_r13_a_busy_lock_is_waited_for_with_empty_hands(box: Box, which: str) -> None:
    """Every 50 ms everything taken is given back; when the lock is free the switch is made."""
    yard = _settled(box)
    busy = _take(LOCKS[which](yard))
    free: list[bool] = []

    def on_sleep() -> None:
        if len(yard.slept) == 1:
            return
        for other, path_of in LOCKS.items():
            if other != which:
                os.close(_take(path_of(yard)))
        free.append(True)
        if len(free) == 3:
            os.close(busy)

    yard.on_sleep = on_sleep
    assert yard.switch("bob").changed
    assert len(free) == 3
    assert yard.slept == [1.0] + [lock.RETRY_EVERY] * 3
    assert yard.holds(yard.saved("ada"), NEWER)


@pytest.mark.parametrize("which", LOCKS)
def test_r13_after_ten_seconds_the_holder_is_named(box: Box, which: str) -> None:
    """StoreLocked with the pid of the process that holds it; nothing was changed."""
    yard = _settled(box)
    path = LOCKS[which](yard)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with running([sys.executable, "-c", HOLD, path]) as child:
        with pytest.raises(StoreLocked) as locked:
            yard.switch("bob")
        assert locked.value.pid == child.pid
        assert str(child.pid) in locked.value.message
    waited = sum(yard.slept) - 1
    assert lock.WAIT <= waited < lock.WAIT + 1
    assert yard.holds(yard.live_path, NEWER)
    assert yard.holds(yard.saved("ada"), ADA)


class _AtFirstLock(Files):
    """Does something when the first lock is taken: between our first look and our second."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.act: Callable[[], object] | None = act

    def lock(self, descriptor: int, operation: int) -> None:
        """Act once."""
        super().lock(descriptor, operation)
        if self.act is not None:
            act, self.act = self.act, None
            act()


def test_r13_another_login_between_plan_and_lock_is_planned_again(box: Box) -> None:
    """Somebody logged in just then: their login's lock is taken too, it is adopted, and nothing of it is lost."""
    yard = _settled(box)
    taken: list[str] = []

    class Files2(_AtFirstLock):
        """Also notes which login locks are had."""

        def lock(self, descriptor: int, operation: int) -> None:
            """Note the file."""
            super().lock(descriptor, operation)
            taken.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))

    yard.files = Files2(lambda: CYD.write(yard.home))
    result = yard.switch("bob")
    assert result.adopted == "cyd"
    assert yard.holds(yard.saved("cyd"), CYD)
    assert yard.holds(yard.saved("ada"), ADA)
    assert yard.holds(yard.live_path, BOB)
    assert f"login-{identity_of(CYD).digest()}" in taken


def test_r13_a_newer_generation_between_plan_and_lock_is_what_is_saved(box: Box) -> None:
    """The same login, rotated by Codex just then: what was read before the locks is not what counts."""
    yard = _settled(box)
    newest = NEWER.rotate(HOUR)
    yard.files = _AtFirstLock(lambda: newest.write(yard.home))
    yard.switch("bob")
    assert yard.holds(yard.saved("ada"), newest)


def test_r13_a_target_that_went_meanwhile_is_not_found(box: Box) -> None:
    """Renamed between look and lock: an error that names it, the live file as it was."""
    yard = _settled(box)
    yard.files = _AtFirstLock(lambda: os.rename(box.profile("bob"), box.profile("rob")))
    with pytest.raises(ProfileNotFound):
        yard.switch("bob")
    assert yard.holds(yard.live_path, NEWER)
    assert not [name for name in os.listdir(f"{box.switchyard}/data/locks") if _is_held(box, name)]


def _is_held(box: Box, name: str) -> bool:
    descriptor = os.open(f"{box.switchyard}/data/locks/{name}", os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def test_r13_a_lock_file_that_moved_is_not_the_lock(box: Box) -> None:
    """A home is renamed between open and flock: what we then hold is another path's lock, so it is tried again."""
    yard = _settled(box)
    path = f"{yard.home}/auth.lock"
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))

    class Moved(Files):
        """The lock file is renamed just before it is locked, once."""

        moved = False

        def lock(self, descriptor: int, operation: int) -> None:
            """Rename it."""
            if not self.moved and os.readlink(f"/proc/self/fd/{descriptor}") == path:
                self.moved = True
                os.rename(path, f"{path}.old")
            super().lock(descriptor, operation)

    yard.files = Moved()
    assert yard.switch("bob").changed
    assert yard.slept == [1.0, lock.RETRY_EVERY]
    assert os.path.exists(path)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_r13_without_working_locks_nothing_is_written(box: Box, number: int) -> None:
    """A file system without flock: said as such, and both files are as they were."""
    yard = _settled(box)

    class NoLocks(Files):
        """No locks below the active home."""

        def lock(self, descriptor: int, operation: int) -> None:
            """Fail there."""
            if os.readlink(f"/proc/self/fd/{descriptor}").startswith(yard.home):
                raise OSError(number, os.strerror(number))
            super().lock(descriptor, operation)

    yard.files = NoLocks()
    with pytest.raises(LocksUnsupported, match="no working locks"):
        yard.switch("bob")
    assert yard.holds(yard.live_path, NEWER)
    assert yard.holds(yard.saved("ada"), ADA)


def test_r13_codexs_lock_files_stay_empty_and_ours_name_the_holder(box: Box) -> None:
    """Codex makes zero-byte locks and never removes them; ours say whose they are, for systems without /proc."""
    yard = _settled(box)
    yard.switch("bob")
    for path in (f"{yard.home}/auth.lock", f"{yard.live_path}.lock"):
        assert read(path) == b""
        assert os.stat(path).st_mode & 0o777 == 0o600
    path = lock.home_lock(yard.context, yard.home).path
    assert read(path).split() == [str(os.getpid()).encode()]
    assert lock.holder_of(path) == os.getpid()


@pytest.mark.parametrize(
    "before", [b"", b"7\n", b"1234567    \n", b"1234567 /home/somebody/.codex\n"]
)
def test_r13_a_signature_covers_the_one_before(box: Box, before: bytes) -> None:
    """Whatever stood in a lock of ours, nothing of it can be read as part of the holder's pid."""
    yard = _settled(box)
    wanted = lock.home_lock(yard.context, yard.home)
    lock.acquire(yard.context, [wanted]).release()
    with open(wanted.path, "wb") as file:
        file.write(before)
    with lock.acquire(yard.context, [wanted]):
        assert read(wanted.path).split() == [str(os.getpid()).encode()]
        assert lock.holder_of(wanted.path) == os.getpid()


class _SlowDisk(_Locks):
    """Every sync takes its time, by the yard's clock."""

    def __init__(self, yard: Yard, each: float) -> None:
        super().__init__(yard)
        self.each = each

    def sync(self, descriptor: int) -> None:
        """Take time."""
        super().sync(descriptor)
        self.yard.ticks += self.each

    def sync_folder(self, folder: str) -> None:
        """Take time."""
        super().sync_folder(folder)
        self.yard.ticks += self.each


@pytest.mark.parametrize("each", [0.01, 0.3, 1.5, 10.0])
def test_r13_codexs_lock_is_never_held_over_two_seconds(box: Box, each: float) -> None:
    """Codex 0.169 gives up on it after 5 s and drops its rotated token, however slow our disk is."""
    yard = _settled(box)
    yard.files = files = _SlowDisk(yard, each)
    yard.switch("bob")
    assert yard.holds(yard.live_path, BOB)
    assert files.longest[f"{yard.live_path}.lock"] <= lock.CODEX_LOCK_LIMIT
    assert max(v for k, v in files.longest.items() if k.endswith(".json.lock")) <= 2.0


def test_r13_nothing_is_held_afterwards(box: Box) -> None:
    """Made, refused or failed: every lock is free again."""
    yard = _settled(box)
    yard.files = files = _Locks(yard)
    yard.switch("bob")
    assert not files.held
    with pytest.raises(ProfileNotFound):
        yard.switch("nobody")
    assert not files.held
    assert read_copy(yard.live_path) is not None
