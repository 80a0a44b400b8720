"""R8: whose files may be believed, whose may be replaced, and what becomes of a registered home that is away."""

from __future__ import annotations

import os
import shutil

import pytest

from profiles.errors import SwitchRefused
from profiles.expiry import BROKEN
from profiles.listing import take_snapshot
from tests.rules.yard import ADA, BOB, Yard, read
from tests.support import childuid
from tests.support.tokens import HOUR, Login, Person

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


def _with_work(box: Box) -> tuple[Yard, str]:
    """Cyd's login lies in ~/.codex-work, registered as `work`, and is active."""
    yard = _settled(box)
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
