"""R8: whose files may be believed, whose may be replaced, and what becomes of a registered home that is away."""

from __future__ import annotations

import contextlib
import os
import shutil

import pytest

from profiles import store
from profiles.errors import ProfileNotFound, SwitchRefused
from profiles.expiry import BROKEN
from profiles.listing import take_snapshot
from tests.rules.yard import ADA, AT_FILE_CALLS, BOB, Yard, read, sub_box
from tests.support import childuid
from tests.support.faults import Faulty, Killed
from tests.support.tokens import HOUR, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.files import Files
    from tests.conftest import Box

CYD = ADA.of(Person("cyd"))
NEWER = ADA.rotate(HOUR)


def _settled(box: Box) -> Yard:
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(ADA)
    return yard


def _anybody_writes(yard: Yard) -> None:
    os.chmod(yard.home, 0o777)


def _somebody_elses_file(yard: Yard) -> None:
    childuid.need_root()
    os.chown(yard.live_path, childuid.NOBODY, childuid.NOBODY)


def _somebody_elses_folder(yard: Yard) -> None:
    childuid.need_root()
    os.chown(yard.home, childuid.NOBODY, childuid.NOBODY)


UNTRUSTED = [_anybody_writes, _somebody_elses_file, _somebody_elses_folder]


@pytest.mark.parametrize("spoil", UNTRUSTED)
def test_r8_an_untrusted_live_file_is_no_source(box: Box, spoil: Callable[[Yard], None]) -> None:
    """A later iat in a place where others write carries nothing into a profile."""
    yard = _settled(box)
    yard.live(NEWER)
    spoil(yard)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), ADA)


@pytest.mark.parametrize("spoil", UNTRUSTED)
def test_r8_an_untrusted_stranger_is_not_adopted(box: Box, spoil: Callable[[Yard], None]) -> None:
    """Nor does it become a profile."""
    yard = _settled(box)
    yard.live(CYD)
    spoil(yard)
    assert yard.reconcile().adopted is None
    assert yard.names() == ["ada", "bob"]


@pytest.mark.parametrize("spoil", UNTRUSTED)
def test_r8_an_untrusted_home_is_no_target_unless_it_is_named(
    box: Box, spoil: Callable[[Yard], None]
) -> None:
    """A switch there is refused, `--anyway` or not; named in config.toml it is made, and the old bytes are kept."""
    yard = _settled(box)
    yard.live(NEWER)
    spoil(yard)
    for anyway in (False, True):
        with pytest.raises(SwitchRefused) as refused:
            yard.switch("bob", anyway=anyway)
        assert not refused.value.can_force
        assert yard.holds(yard.live_path, NEWER)
    os.makedirs(f"{box.switchyard}/config", exist_ok=True)
    with open(f"{box.switchyard}/config/config.toml", "w", encoding="utf-8") as file:
        file.write('homes = ["~/.codex"]\n')
    assert yard.switch("bob").changed
    assert yard.holds(yard.live_path, BOB)
    assert NEWER.document().data() in yard.backups()
    assert yard.holds(yard.saved("ada"), ADA)


def test_r8_a_profile_that_others_may_write_is_not_installed(box: Box) -> None:
    """The target's own folder counts too: anybody could have put a login there."""
    yard = _settled(box)
    os.chmod(box.profile("bob"), 0o777)
    with pytest.raises(SwitchRefused, match="others may write"):
        yard.switch("bob", anyway=True)
    assert yard.holds(yard.live_path, ADA)


def test_r8_an_untrusted_other_home_is_neither_source_nor_target(box: Box) -> None:
    """A registered home in a shared folder keeps what it has and gives nothing."""
    yard = _settled(box)
    home = f"{box.home}/.codex-work"
    auth = yard.register("work", home, NEWER)
    os.chmod(home, 0o777)
    yard.live(ADA.rotate(60))
    yard.reconcile()
    assert yard.holds(auth, NEWER)
    assert yard.holds(yard.saved("ada"), ADA.rotate(60))


def test_r8_it_is_shown_all_the_same(box: Box) -> None:
    """The list has the profile, says that it is broken, and why."""
    yard = _settled(box)
    os.chmod(box.profile("bob"), 0o777)
    row = take_snapshot(yard.context).row("bob")
    assert row is not None
    assert row.state == BROKEN
    assert row.email == BOB.email
    assert "others may write" in str(row.reason)


# -- a registered home that is away --


def _with_work(box: Box, files: Files | None = None) -> tuple[Yard, str]:
    """Cyd's login lies in ~/.codex-work, registered as `work`, and is active."""
    yard = _settled(box)
    yard.files = files or yard.files
    auth = yard.register("work", f"{box.home}/.codex-work", CYD)
    yard.switch("work")
    assert yard.holds(yard.live_path, CYD)
    return yard, auth


def _parked(box: Box) -> str:
    return f"{box.profile('work')}/auth.json"


def test_r8_a_missing_registered_home_is_not_created(box: Box) -> None:
    """The disk is not mounted: the newest login waits in our folder, the profile is broken, and that is said."""
    yard, auth = _with_work(box)
    os.rename(os.path.dirname(auth), f"{box.home}/unmounted")
    yard.live(CYD.rotate(HOUR))
    result = yard.switch("bob")
    assert not os.path.exists(os.path.dirname(auth))
    assert yard.holds(_parked(box), CYD.rotate(HOUR))
    assert any("work" in s and "until it is back" in s for s in result.said)
    row = take_snapshot(yard.context).row("work")
    assert row is not None
    assert row.state == BROKEN
    with pytest.raises(SwitchRefused, match="its login waits"):
        yard.switch("work")
    assert yard.names() == ["ada", "bob", "work"]


def test_r8_a_registered_home_that_is_back_gets_its_newest_login(box: Box) -> None:
    """Mounted again it shows the old token; the newest, which waited, goes there and is what gets installed."""
    yard, auth = _with_work(box)
    os.rename(os.path.dirname(auth), f"{box.home}/unmounted")
    yard.live(CYD.rotate(HOUR))
    yard.switch("bob")
    os.rename(f"{box.home}/unmounted", os.path.dirname(auth))
    result = yard.switch("work")
    assert yard.holds(yard.live_path, CYD.rotate(HOUR))
    assert yard.holds(auth, CYD.rotate(HOUR))
    assert not os.path.exists(_parked(box))
    assert any("is back" in sentence for sentence in result.said)


def test_r8_what_waited_loses_to_what_was_refreshed_there(box: Box) -> None:
    """The home was away because it was on another machine, where its login was refreshed: the newest wins."""
    yard, auth = _with_work(box)
    shutil.move(os.path.dirname(auth), f"{box.home}/unmounted")
    yard.live(CYD.rotate(HOUR))
    yard.switch("bob")
    shutil.move(f"{box.home}/unmounted", os.path.dirname(auth))
    newest = CYD.rotate(HOUR).rotate(HOUR)
    newest.write(os.path.dirname(auth))
    yard.switch("work")
    assert yard.holds(yard.live_path, newest)
    assert yard.holds(auth, newest)
    assert yard.is_spent(CYD.rotate(HOUR))


def test_r8_a_registered_home_that_was_emptied_is_not_filled_again(box: Box) -> None:
    """Somebody logged out over there: the newest login waits in our folder, no new profile is made of it."""
    yard, auth = _with_work(box)
    os.unlink(auth)
    yard.live(CYD.rotate(HOUR))
    result = yard.switch("bob")
    assert not os.path.exists(auth)
    assert yard.names() == ["ada", "bob", "work"]
    assert yard.holds(_parked(box), CYD.rotate(HOUR))
    assert any("work" in sentence for sentence in result.said)
    yard.reconcile()
    assert not os.path.exists(auth)
    assert yard.holds(_parked(box), CYD.rotate(HOUR))
    CYD.write(os.path.dirname(auth))
    yard.switch("work")
    assert yard.holds(auth, CYD.rotate(HOUR))
    assert yard.holds(yard.live_path, CYD.rotate(HOUR))


def test_r8_an_unwritable_registered_home_keeps_its_file(box: Box) -> None:
    """On a read-only disk: what cannot be written there waits in our folder."""
    yard, auth = _with_work(box)
    newer = CYD.rotate(HOUR)
    yard.live(newer)
    with childuid.read_only(os.path.dirname(auth)) as folder:
        assert childuid.refuses_writes(folder)
        yard.switch("bob")
        assert yard.holds(auth, CYD)
        assert yard.holds(_parked(box), newer)
    yard.switch("work")
    assert yard.holds(auth, newer)
    assert yard.holds(yard.live_path, newer)


def test_r8_a_registered_file_of_another_identity_is_never_written_over(box: Box) -> None:
    """The home holds somebody else now: that is said, and their login stays where it is."""
    yard, auth = _with_work(box)
    other: Login = ADA.of(Person("dan"))
    other.write(os.path.dirname(auth))
    before = read(auth)
    yard.live(CYD.rotate(HOUR))
    yard.switch("bob")
    assert read(auth) == before
    assert [p for p in yard.places(CYD.rotate(HOUR)) if "/backups/" not in p]
    row = take_snapshot(yard.context).row("work")
    assert row is not None
    assert (row.state, other.email in str(row.reason)) == (BROKEN, True)
    with pytest.raises(SwitchRefused, match="another login"):
        yard.switch("work")


# -- killed anywhere --


def _away(yard: Yard) -> Callable[[], object]:
    """The home is away: what Codex refreshed in the active home must be parked."""
    os.rename(f"{yard.box.home}/.codex-work", f"{yard.box.home}/unmounted")
    return lambda: yard.switch("bob")


def _back(yard: Yard) -> Callable[[], object]:
    """It was parked, and the home is back with its old token."""
    _away(yard)()
    os.rename(f"{yard.box.home}/unmounted", f"{yard.box.home}/.codex-work")
    return lambda: yard.switch("work")


def _there(yard: Yard) -> Callable[[], object]:
    """The home is there: it is written in place."""
    return lambda: yard.switch("bob")


def _linked(yard: Yard) -> Callable[[], object]:
    """The live file is a link into a folder of its own."""
    os.rename(yard.live_path, f"{yard.box.home}/auth.json")
    os.symlink("../auth.json", yard.live_path)
    return lambda: yard.switch("bob")


def _deleted(yard: Yard) -> Callable[[], object]:
    """The profile goes to the backups while its home is away."""
    _away(yard)()
    return lambda: store.delete(yard.context, "work")


@AT_FILE_CALLS
@pytest.mark.parametrize("scene", [_there, _away, _back, _linked, _deleted])
def test_r8_killed_at_any_file_call(
    box: Box, scene: Callable[[Yard], Callable[[], object]], step: int
) -> None:
    """After a kill at each call in turn the newest token is in a file; the same command, repeated, leaves no litter."""
    kills = 0
    for at in range(1, 200, step):
        yard, _ = _with_work(sub_box(box, at), Faulty())
        newest = CYD.rotate(HOUR)
        yard.live(newest)
        yard.reconcile()
        newest = newest.rotate(HOUR)
        yard.live(newest)
        act = scene(yard)
        yard.files = faulty = Faulty(at)
        try:
            act()
        except Killed:
            faulty.bury()
            kills += 1
        else:
            break
        assert yard.places(newest), faulty.trace[-1]
        yard.files = Faulty()
        with contextlib.suppress(ProfileNotFound):
            act()
        yard.reconcile()
        assert yard.places(newest), faulty.trace[-1]
        assert not yard.is_spent(newest)
        left = [p for p in yard.places(newest) if ".switchyard-" in p or "/.new-" in p]
        assert not left, faulty.trace[-1]
        if scene is not _deleted:
            assert yard.switch("work", anyway=True).to == "work" if _is_there(yard) else True
            assert not _is_there(yard) or yard.holds(yard.live_path, newest)
    assert kills > (10 if scene is not _deleted else 4) // step


def _is_there(yard: Yard) -> bool:
    return os.path.isdir(f"{yard.box.home}/.codex-work")
