"""R16: a switch to itself changes nothing, and the way back goes by this home's history and by identity."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from profiles import store
from profiles.errors import NothingToUndo, UsageError
from profiles.planning import plan_switch, previous_profile, the_other_profile
from profiles.switching import undo
from tests.rules.yard import ADA, BOB, Yard, read
from tests.support.tokens import HOUR, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

CYD = ADA.of(Person("cyd"))
NEWER = ADA.rotate(HOUR)


def _settled(box: Box) -> Yard:
    """Ada is active, Bob and Cyd are saved."""
    yard = Yard(box)
    for name, login in (("ada", ADA), ("bob", BOB), ("cyd", CYD)):
        yard.save(name, login)
    yard.live(ADA)
    return yard


def _undo(yard: Yard) -> str:
    yard.sleep(1)
    return undo(yard.context).to


def test_r16_a_switch_to_what_is_active_reconciles_and_changes_nothing(box: Box) -> None:
    """`changed` is false, the profile is brought up to date, the live file keeps its inode."""
    yard = _settled(box)
    yard.live(NEWER)
    inode = os.stat(yard.live_path).st_ino
    result = yard.switch("ada")
    assert (result.changed, result.before, result.to) == (False, "ada", "ada")
    assert result.written_back == "ada"
    assert yard.holds(yard.saved("ada"), NEWER)
    assert os.stat(yard.live_path).st_ino == inode


def test_r16_it_heals_in_both_directions(box: Box) -> None:
    """The profile is newer: then the live file is brought up, still without a change of login."""
    yard = _settled(box)
    NEWER.write(box.profile("ada"))
    assert not yard.switch("ada").changed
    assert yard.holds(yard.live_path, NEWER)


def test_r16_it_is_never_refused(box: Box) -> None:
    """Nothing is replaced, so neither a Codex, a due token, a run, nor a setting of the home stands against it."""
    yard = _settled(box)
    due = replace(ADA, life=int(yard.time - ADA.issued_at) + 60)
    yard.save("ada", due)
    yard.live(due)
    yard.codex(yard.home)
    yard.codex(yard.home, "codex login", pid=5)
    with open(f"{yard.home}/config.toml", "w", encoding="utf-8") as file:
        file.write('forced_login_method = "api"\n')
    result = yard.switch("ada")
    assert not result.changed
    assert yard.slept == [1.0]
    assert len(result.still_running) == 2
    assert plan_switch(yard.context, "ada").refusal is None


def test_r16_the_name_may_be_written_in_any_case(box: Box) -> None:
    """`tui switch ADA` is Ada."""
    yard = _settled(box)
    assert yard.switch("ADA").to == "ada"
    assert yard.switch("Bob").to == "bob"


def test_r16_undo_goes_back_and_forth(box: Box) -> None:
    """Undo is a switch like any other, so undoing it returns."""
    yard = _settled(box)
    yard.switch("bob")
    assert _undo(yard) == "ada"
    assert yard.holds(yard.live_path, ADA)
    assert _undo(yard) == "bob"
    assert yard.holds(yard.live_path, BOB)


def test_r16_undo_skips_what_changed_nothing(box: Box) -> None:
    """A switch to the active one is not what there is to undo."""
    yard = _settled(box)
    yard.switch("bob")
    yard.switch("bob")
    yard.reconcile()
    assert previous_profile(yard.context) == "ada"


def test_r16_undo_by_identity_after_a_rename(box: Box) -> None:
    """Ada is called eve now: undo finds her by who she is."""
    yard = _settled(box)
    yard.switch("bob")
    store.rename(yard.context, "ada", "eve")
    assert _undo(yard) == "eve"
    assert yard.holds(yard.live_path, ADA)


def test_r16_undo_never_installs_a_stranger_who_took_the_name(box: Box) -> None:
    """Ada was renamed and Cyd is called ada now: undo goes back to the login, not to the name."""
    yard = _settled(box)
    yard.switch("bob")
    store.rename(yard.context, "ada", "ada-old")
    store.rename(yard.context, "cyd", "ada")
    assert _undo(yard) == "ada-old"
    assert yard.holds(yard.live_path, ADA)


def test_r16_undo_after_a_delete_says_so(box: Box) -> None:
    """The profile is gone: nothing is installed in its place, and the backups are named."""
    yard = _settled(box)
    yard.switch("bob")
    store.delete(yard.context, "ada")
    before = read(yard.live_path)
    with pytest.raises(NothingToUndo, match="no profile any more") as refused:
        _undo(yard)
    assert "backups" in str(refused.value.hint)
    assert read(yard.live_path) == before


def test_r16_undo_after_a_delete_finds_the_login_where_it_is_now(box: Box) -> None:
    """Deleted and saved again under another name: it is the same login."""
    yard = _settled(box)
    yard.switch("bob")
    store.delete(yard.context, "ada")
    yard.save("again", ADA)
    assert _undo(yard) == "again"


def test_r16_undo_goes_to_what_was_adopted(box: Box) -> None:
    """The stranger that the switch saved is what was there before."""
    yard = _settled(box)
    dan = ADA.of(Person("dan"))
    yard.live(dan)
    assert yard.switch("bob").adopted == "dan"
    assert _undo(yard) == "dan"
    assert yard.holds(yard.live_path, dan)


def test_r16_undo_takes_the_profile_that_was_there_of_two_with_one_identity(box: Box) -> None:
    """Two profiles of one login: the one that was active, by name, as long as it is that login."""
    yard = Yard(box)
    yard.save("one", ADA)
    yard.save("two", ADA.sign_in("second"))
    yard.save("bob", BOB)
    yard.live(BOB)
    yard.switch("two")
    yard.switch("bob")
    assert _undo(yard) == "two"
    assert yard.holds(yard.live_path, ADA.sign_in("second"))


def test_r16_each_home_has_its_own_way_back(box: Box) -> None:
    """A switch in another CODEX_HOME is not what undo undoes here."""
    yard = _settled(box)
    yard.switch("bob")
    other = f"{box.home}/second"
    os.mkdir(other, 0o700)
    yard.environ["CODEX_HOME"] = other
    with pytest.raises(NothingToUndo, match="no switch"):
        _undo(yard)
    yard.switch("cyd")
    del yard.environ["CODEX_HOME"]
    assert _undo(yard) == "ada"


def test_r16_without_history_there_is_no_way_back(box: Box) -> None:
    """Nothing was switched yet, or no login was there before: said, and nothing is guessed."""
    yard = _settled(box)
    with pytest.raises(NothingToUndo, match="no switch"):
        _undo(yard)
    os.unlink(yard.live_path)
    yard.switch("bob")
    with pytest.raises(NothingToUndo, match="no login was active"):
        _undo(yard)
    assert yard.holds(yard.live_path, BOB)


def test_r16_damaged_history_lines_are_passed_over(box: Box) -> None:
    """A line cut by a crash, or written by somebody else, does not stop undo."""
    yard = _settled(box)
    yard.switch("bob")
    with open(f"{box.switchyard}/state/history.jsonl", "ab") as file:
        file.write(b'{"time": 5}\nnonsense\n\xff\xfe\n{"verb": "switch", "time": "2026-01')
    assert _undo(yard) == "ada"
    assert _undo(yard) == "bob"


def test_r16_the_other_of_two(box: Box) -> None:
    """With two profiles no name is needed; with three, or with neither active, one is."""
    yard = _settled(box)
    with pytest.raises(UsageError, match="3 profiles"):
        the_other_profile(yard.context)
    store.delete(yard.context, "cyd")
    assert the_other_profile(yard.context) == "bob"
    yard.switch("bob")
    assert the_other_profile(yard.context) == "ada"
    yard.live(CYD)
    with pytest.raises(UsageError, match="neither"):
        the_other_profile(yard.context)
