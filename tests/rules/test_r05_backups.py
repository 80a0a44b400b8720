"""R5: a backup goes only when nothing is lost with it; delete keeps the whole folder."""

from __future__ import annotations

import errno
import os
from dataclasses import replace

import pytest

from profiles import backups, store
from profiles.errors import StoreNotWritable
from profiles.files import Files
from tests.rules.yard import ADA, BOB, Yard, read, write
from tests.support.documents import api_key, mixture, with_api_key, with_key_and_tokens
from tests.support.tokens import HOUR, Document, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

CYD = ADA.of(Person("cyd"))
NAMELESS = replace(ADA, with_sid=False).as_098()


def _generations(login: Login, count: int) -> list[Login]:
    made = [login]
    while len(made) < count:
        made.append(made[-1].rotate(60))
    return made


def _keep(yard: Yard, what: Login | Document | bytes) -> None:
    """Put something into the active home's backups, a second after what is there."""
    yard.sleep(1)
    document = what.document() if isinstance(what, Login) else what
    raw = document if isinstance(document, bytes) else document.data()
    backups.keep(yard.context, yard.home, raw, int(yard.time * 1e9))


def _settled(box: Box) -> Yard:
    """Ada is active, Bob and Cyd are saved; nothing to reconcile."""
    yard = Yard(box)
    for name, login in (("ada", ADA), ("bob", BOB), ("cyd", CYD)):
        yard.save(name, login)
    yard.live(ADA)
    return yard


def test_r5_the_last_ten_are_kept_and_needless_older_ones_go(box: Box) -> None:
    """Generations of a family whose newest is in its profile are needless: ten backups stay, the newest ones."""
    yard = _settled(box)
    made = _generations(CYD, 15)
    yard.save("cyd", made[-1])
    for login in made[:-1]:
        _keep(yard, login)
    yard.switch("bob")
    kept = yard.backups()
    assert len(kept) == backups.KEEP
    assert not any(made[0].refresh_token.encode() in raw for raw in kept)
    assert any(made[-2].refresh_token.encode() in raw for raw in kept)
    assert yard.backed_up(ADA), "the one that this switch made"


@pytest.mark.parametrize(
    ("what", "secret"),
    [
        pytest.param(CYD.sign_in("second"), None, id="another sign-in"),
        pytest.param(
            replace(CYD, generation=50, issued_at=CYD.issued_at + HOUR),
            None,
            id="newer than the saved one",
        ),
        pytest.param(ADA.of(Person("dan")), None, id="somebody without a profile"),
        pytest.param(replace(CYD, with_sid=False).as_098(), None, id="a family without a name"),
        pytest.param(with_api_key("lost"), api_key("lost"), id="a key"),
        pytest.param(with_key_and_tokens(CYD, "beside"), api_key("beside"), id="a key beside"),
        pytest.param(mixture(CYD.rotate(), BOB), CYD.rotate().refresh_token, id="a mixture"),
        pytest.param(b'{"tokens": {"refresh_token": "rt-cut', "rt-cut", id="unreadable"),
    ],
)
def test_r5_what_may_still_be_needed_is_never_pruned(
    box: Box, what: Login | Document | bytes, secret: str | None
) -> None:
    """Fifty needless backups after it do not push out one whose login is nowhere else."""
    yard = _settled(box)
    made = _generations(CYD, 24)
    _keep(yard, what)
    for login in made[1:]:
        _keep(yard, login)
    yard.save("cyd", made[-1] if not isinstance(what, Login) else CYD.rotate(60))
    token = what.refresh_token if isinstance(what, Login) else secret
    assert token is not None
    yard.switch("bob")
    yard.switch("ada")
    assert any(token.encode() in raw for raw in yard.backups())


def test_r5_a_family_without_a_name_goes_only_when_known_spent(box: Box) -> None:
    """Nothing tells whether a nameless older copy is another sign-in: it waits for the word `spent`."""
    yard = _settled(box)
    first, *later = _generations(replace(CYD, with_sid=False).as_098(), 13)
    yard.save("cyd", later[-1])
    _keep(yard, first)
    for login in later[:-1]:
        yard.mark_spent(login)
        _keep(yard, login)
    yard.switch("bob")
    assert yard.backed_up(first)
    yard.mark_spent(first)
    yard.switch("ada")
    assert not yard.backed_up(first)


def test_r5_the_same_bytes_are_kept_once_and_a_damaged_backup_is_not_believed(box: Box) -> None:
    """A backup counts for what it holds, not for its name: one that was cut is written again."""
    yard = _settled(box)
    _keep(yard, CYD)
    _keep(yard, CYD)
    assert len(yard.backups()) == 1
    write(backups.kept(yard.context, yard.home)[0], b"{")
    _keep(yard, CYD)
    assert CYD.document().data() in yard.backups()


def test_r5_backups_are_private(box: Box) -> None:
    """They hold logins: 0600 in 0700, whatever the umask."""
    before = os.umask(0)
    try:
        yard = _settled(box)
        yard.switch("bob")
    finally:
        os.umask(before)
    for folder, _, names in os.walk(f"{box.switchyard}/state/backups"):
        assert os.stat(folder).st_mode & 0o777 == 0o700, folder
        for name in names:
            assert os.stat(f"{folder}/{name}").st_mode & 0o777 == 0o600, name


def _sessions(folder: str) -> None:
    os.makedirs(f"{folder}/sessions/2026", exist_ok=True)
    write(f"{folder}/sessions/2026/one.jsonl", b"a year of work")
    write(f"{folder}/config.toml", b"model = 'x'\n")
    os.symlink("sessions/2026/one.jsonl", f"{folder}/last")


def _deleted(box: Box) -> str:
    root = f"{box.switchyard}/state/backups/deleted"
    (name,) = os.listdir(root)
    return f"{root}/{name}"


def test_r5_delete_moves_the_whole_folder(box: Box) -> None:
    """Login, sessions, settings and links of a deleted profile are all in the backups."""
    yard = _settled(box)
    _sessions(box.profile("cyd"))
    report = store.delete(yard.context, "cyd")
    place = _deleted(box)
    assert yard.names() == ["ada", "bob"]
    assert yard.holds(f"{place}/auth.json", CYD)
    assert read(f"{place}/sessions/2026/one.jsonl") == b"a year of work"
    assert os.readlink(f"{place}/last") == "sessions/2026/one.jsonl"
    assert any(place.removeprefix(box.home) in s or "deleted" in s for s in report.said)


class _OtherDisk(Files):
    """The backups lie on another file system; the copy of one file there may fail."""

    def __init__(self, fails_at: int = 0) -> None:
        self.fails_at = fails_at
        self.copied = 0

    def rename(self, source: str, target: str) -> None:
        """No rename from the data folder into the backups."""
        if "/data/" in source and "/backups/" in target:
            raise OSError(errno.EXDEV, "another device")
        super().rename(source, target)

    def write(self, descriptor: int, data: bytes) -> None:
        """Perhaps the other disk is full."""
        if "half-moved" in os.readlink(f"/proc/self/fd/{descriptor}"):
            self.copied += 1
            if self.copied == self.fails_at:
                raise OSError(errno.ENOSPC, "full")
        super().write(descriptor, data)


def test_r5_delete_over_two_disks_copies_everything_first(box: Box) -> None:
    """Where a rename is impossible the folder is copied whole, then removed."""
    yard = _settled(box)
    _sessions(box.profile("cyd"))
    yard.files = _OtherDisk()
    store.delete(yard.context, "cyd")
    place = _deleted(box)
    assert not os.path.lexists(box.profile("cyd"))
    assert yard.holds(f"{place}/auth.json", CYD)
    assert read(f"{place}/sessions/2026/one.jsonl") == b"a year of work"
    assert os.readlink(f"{place}/last") == "sessions/2026/one.jsonl"


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_r5_delete_that_fails_half_way_leaves_the_profile_whole(box: Box, fails_at: int) -> None:
    """The other disk is full in the middle: the profile is as it was, with every file."""
    yard = _settled(box)
    _sessions(box.profile("cyd"))
    yard.files = _OtherDisk(fails_at)
    with pytest.raises(StoreNotWritable):
        store.delete(yard.context, "cyd")
    assert yard.holds(yard.saved("cyd"), CYD)
    assert read(f"{box.profile('cyd')}/sessions/2026/one.jsonl") == b"a year of work"
    assert yard.fields("cyd").identity is not None
    assert os.listdir(f"{box.switchyard}/state/backups/deleted") == [], "half a copy of a login"


def test_r5_delete_of_a_registered_profile_leaves_its_home_alone(box: Box) -> None:
    """Only our own folder goes: the home elsewhere keeps its login and its sessions."""
    yard = _settled(box)
    home = f"{box.home}/.codex-work"
    auth = yard.register("work", home, ADA.of(Person("dan")))
    _sessions(home)
    before = sorted(os.listdir(home))
    store.delete(yard.context, "work")
    assert yard.holds(auth, ADA.of(Person("dan")))
    assert read(f"{home}/sessions/2026/one.jsonl") == b"a year of work"
    assert set(before) <= set(os.listdir(home))
    assert os.path.exists(f"{_deleted(box)}/profile.toml")


def test_r5_a_deleted_profiles_login_makes_its_backups_needed_again(box: Box) -> None:
    """Once the profile with the newer copy is deleted, the older ones in the backups are not pruned on its account."""
    yard = _settled(box)
    made = _generations(CYD, 13)
    yard.save("cyd", made[-1])
    for login in made[:-1]:
        _keep(yard, login)
    store.delete(yard.context, "cyd")
    yard.switch("bob")
    assert yard.backed_up(made[0])
    assert made[-1].refresh_token.encode() in read(f"{_deleted(box)}/auth.json")


def test_r5_a_spent_first_copy_is_pruned_though_its_profile_is_gone(box: Box) -> None:
    """Known spent is known spent: such backups beyond the last ten go whoever holds what."""
    yard = _settled(box)
    made = _generations(ADA.of(Person("dan")), 13)
    for login in made:
        yard.mark_spent(login)
        _keep(yard, login)
    yard.switch("bob")
    assert len(yard.backups()) == backups.KEEP
