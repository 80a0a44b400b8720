"""R14: a login that runs is in use; `run` keeps it up to date before and after, and leaves no daemon behind."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from profiles import store
from profiles.errors import SwitchRefused
from profiles.running import finish, prepare, run
from tests.rules.yard import ADA, BOB, Yard, identity_of, read
from tests.support.fake_codex import running_codex, script
from tests.support.tokens import HOUR, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.running import Prepared
    from tests.conftest import Box

NEWER = ADA.rotate(HOUR)
SECOND = ADA.sign_in("second", ADA.issued_at + HOUR)


def _settled(box: Box) -> Yard:
    """Bob is active, Ada is saved."""
    yard = Yard(box)
    yard.environ["PATH"] = os.environ["PATH"]
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(BOB)
    return yard


def _end(yard: Yard, prepared: Prepared) -> list[str]:
    return finish(yard.context, prepared)


def test_r14_switch_and_delete_and_rename_test_the_lock(box: Box) -> None:
    """While a run lasts in the profile's home its login is not installed elsewhere, nor moved; then it is."""
    yard = _settled(box)
    prepared = prepare(yard.context, "ada")
    assert prepared.home == box.profile("ada")
    with pytest.raises(SwitchRefused, match="tui run") as refused:
        yard.switch("ada")
    assert str(os.getpid()) in refused.value.message
    assert refused.value.can_force
    with pytest.raises(SwitchRefused, match="tui run"):
        store.delete(yard.context, "ada")
    with pytest.raises(SwitchRefused, match="tui run"):
        store.rename(yard.context, "ada", "eve")
    assert yard.holds(yard.live_path, BOB)
    assert yard.names() == ["ada", "bob"]
    _end(yard, prepared)
    assert yard.switch("ada").changed


def test_r14_anyway_lifts_it_for_a_switch_only(box: Box) -> None:
    """The person may know better; a home in use is moved for nobody."""
    yard = _settled(box)
    prepared = prepare(yard.context, "ada")
    assert yard.switch("ada", anyway=True).changed
    yard.switch("bob", anyway=True)
    with pytest.raises(SwitchRefused) as refused:
        store.delete(yard.context, "ada")
    assert not refused.value.can_force
    _end(yard, prepared)


def test_r14_the_lock_is_held_while_the_child_lives(box: Box) -> None:
    """The command itself tries to switch to the login that it runs with: refused; afterwards it works."""
    yard = _settled(box)
    code = (
        "import sys; from profiles.context import make_context; from profiles.switching import switch\n"
        "import os; os.environ.pop('CODEX_HOME')\n"
        "try:\n    switch(make_context(), 'ada')\n"
        "except Exception as e:\n    sys.exit(7 if 'tui run' in str(e) else 8)\n"
    )
    yard.environ["PYTHONPATH"] = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    assert run(yard.context, "ada", [sys.executable, "-c", code]) == 7
    assert yard.switch("ada").changed


def test_r14_two_runs_of_one_profile_share_it(box: Box) -> None:
    """One home, one file: a second terminal may work there too, and the lock lasts until both have ended."""
    yard = _settled(box)
    first, second = prepare(yard.context, "ada"), prepare(yard.context, "ada")
    assert first.home == second.home
    _end(yard, first)
    with pytest.raises(SwitchRefused):
        yard.switch("ada")
    _end(yard, second)
    assert yard.switch("ada").changed


def test_r14_the_active_profile_runs_in_the_active_home(box: Box) -> None:
    """One login, one home: the saved copy in the profile's home must not be refreshed beside the live one."""
    yard = _settled(box)
    prepared = prepare(yard.context, "bob")
    assert prepared.home == yard.home
    assert prepared.environ["CODEX_HOME"] == yard.home
    yard.switch("ada")
    assert yard.switch("bob").changed, "a run in this very home forbids nothing"
    _end(yard, prepared)


def test_r14_a_codex_with_this_login_elsewhere_forbids_a_run(box: Box) -> None:
    """Two homes that refresh one login kill it; another sign-in of the same person is another login."""
    yard = _settled(box)
    home = f"{box.home}/.codex-work"
    yard.register("work", home, ADA)
    yard.codex(home)
    with pytest.raises(SwitchRefused, match="4321") as refused:
        prepare(yard.context, "ada")
    assert home in refused.value.message
    SECOND.write(home)
    _end(yard, prepare(yard.context, "ada"))


def test_r14_it_is_reconciled_before_and_after(box: Box) -> None:
    """A newer copy in another home of the family comes in before; what the command refreshed goes out afterwards."""
    yard = _settled(box)
    other = yard.register("work", f"{box.home}/.codex-work", NEWER)
    prepared = prepare(yard.context, "ada")
    assert yard.holds(f"{prepared.home}/auth.json", NEWER)
    newest = NEWER.rotate(HOUR)
    newest.write(prepared.home)
    _end(yard, prepared)
    assert yard.holds(other, newest)
    assert yard.holds(yard.saved("ada"), newest)
    assert yard.is_spent(NEWER)


def test_r14_a_run_on_the_active_login_is_written_back_at_its_end(box: Box) -> None:
    """What Codex refreshed in the active home is in the profile when the run ends."""
    yard = _settled(box)
    prepared = prepare(yard.context, "bob")
    newer = BOB.rotate(HOUR)
    newer.write(prepared.home)
    _end(yard, prepared)
    assert yard.holds(yard.saved("bob"), newer)
    assert yard.holds(yard.live_path, newer)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("raise SystemExit(0)", 0),
        ("raise SystemExit(42)", 42),
        ("import os; os.kill(os.getpid(), 9)", 128 + signal.SIGKILL),
        ("import os; os.kill(os.getpid(), 15)", 128 + signal.SIGTERM),
    ],
)
def test_r14_however_it_ends_it_is_reconciled(box: Box, command: str, code: int) -> None:
    """The exit code is the command's; killed or not, what it left in its home is taken up."""
    yard = _settled(box)
    other = yard.register("work", f"{box.home}/.codex-work", ADA)
    source = NEWER.write(f"{box.path}/made")
    copy = f"import os, shutil; shutil.copy({source!r}, os.environ['CODEX_HOME'] + '/auth.json')\n"
    assert run(yard.context, "ada", [sys.executable, "-c", copy + command]) == code
    assert yard.holds(other, NEWER)


def test_r14_overrides_do_not_follow_the_command(box: Box) -> None:
    """A token in our environment would beat the profile's login; the rest of the environment is untouched."""
    yard = _settled(box)
    yard.environ |= {"CODEX_ACCESS_TOKEN": "at-x", "CODEX_API_KEY": "sk-x", "MINE": "1"}
    prepared = prepare(yard.context, "ada")
    assert not {"CODEX_ACCESS_TOKEN", "CODEX_API_KEY"} & prepared.environ.keys()
    assert prepared.environ["MINE"] == "1"
    assert prepared.environ["CODEX_HOME"] == box.profile("ada")
    _end(yard, prepared)


def test_r14_an_empty_profile_is_filled_by_what_the_command_logs_in(box: Box) -> None:
    """`tui run new -- codex login`: the identity is recorded at the end, and from then on guarded."""
    yard = _settled(box)
    store.add_empty(yard.context, "new")
    prepared = prepare(yard.context, "new")
    cyd = ADA.of(Person("cyd"))
    cyd.write(prepared.home)
    said = _end(yard, prepared)
    assert yard.fields("new").identity == identity_of(cyd)
    assert any(cyd.email in sentence for sentence in said)
    assert yard.switch("new").changed


@pytest.mark.parametrize("words", [("login",), ("login", "--device-auth"), ("-c", "a=b", "login")])
def test_r14_codex_login_over_a_living_login_is_refused(box: Box, words: tuple[str, ...]) -> None:
    """Its mere start would revoke the login that is there; nothing is started, and our own login is named."""
    yard = Yard(box)
    yard.save("ada", ADA)
    with pytest.raises(SwitchRefused, match="would revoke") as caught:
        run(yard.context, "ada", ["codex", *words])
    assert caught.value.hint == "tui login ada --device-code"
    assert yard.holds(yard.saved("ada"), ADA)


@pytest.mark.parametrize("words", [("login", "status"), ("login", "--with-api-key"), ("logout",)])
def test_r14_what_revokes_nothing_unasked_may_run(box: Box, words: tuple[str, ...]) -> None:
    """Asking, giving a key, and a logout that somebody wants."""
    yard = Yard(box)
    yard.save("ada", ADA)
    prepared = prepare(yard.context, "ada", command=["codex", *words])
    finish(yard.context, prepared)


def test_r10_what_a_run_exchanged_is_known_spent(box: Box) -> None:
    """Codex refreshed in the profile's own home, where no copy of the old token is left: it is never good again."""
    yard = Yard(box)
    yard.save("ada", ADA)
    prepared = prepare(yard.context, "ada")
    ADA.rotate().write(prepared.home)
    yard.sleep(1.0)
    finish(yard.context, prepared)
    assert yard.is_spent(ADA)
    assert not yard.is_spent(ADA.rotate())


def test_r14_codex_login_over_a_dead_login_may_run(box: Box) -> None:
    """There is nothing left to revoke."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.mark_spent(ADA)
    prepared = prepare(yard.context, "ada", command=["codex", "login"])
    finish(yard.context, prepared)


def test_r14_another_login_in_a_profile_makes_it_broken_not_changed(box: Box) -> None:
    """Somebody else logged in inside Ada's home: said, her identity stays, and their login stays too."""
    yard = _settled(box)
    prepared = prepare(yard.context, "ada")
    cyd = ADA.of(Person("cyd"))
    cyd.write(prepared.home)
    said = _end(yard, prepared)
    assert any("broken" in s and cyd.email in s for s in said)
    assert yard.fields("ada").identity == identity_of(ADA)
    assert yard.holds(yard.saved("ada"), cyd)
    with pytest.raises(SwitchRefused, match="another login"):
        yard.switch("ada")


def test_r14_an_idle_daemon_is_stopped_at_the_end(box: Box) -> None:
    """A daemon that the command left in the profile's home would keep the login in memory: it is asked to stop."""
    yard = _settled(box)
    asked = f"{box.path}/asked"
    record = f"import os, sys; open({asked!r}, 'w').write(' '.join([os.environ['CODEX_HOME'], *sys.argv[1:]]))"
    yard.environ["PATH"] = f"{os.path.dirname(script(f'{box.path}/bin', record))}:/usr/bin:/bin"
    daemon = ("app-server", "--listen", "unix://", "--managed-daemon")
    prepared = prepare(yard.context, "ada")
    with running_codex(f"{box.path}/d", *daemon, CODEX_HOME=prepared.home):
        said = _end(yard, prepared)
    assert read(asked).decode() == f"{prepared.home} app-server daemon stop"
    assert any("stopped the app-server daemon" in sentence for sentence in said)
