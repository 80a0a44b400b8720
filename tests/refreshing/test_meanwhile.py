"""A verb in the middle of a refresh, and a refresh in the middle of a verb: one waits for the other (R13)."""

from __future__ import annotations

import os
import threading
from functools import cached_property

import pytest

from profiles import running, store
from profiles.auth_file import parse
from profiles.errors import ProfileNotFound, ProfilesError, StoreLocked
from profiles.files import Files
from profiles.listing import take_snapshot
from profiles.logging_in import save_login
from profiles.refreshing import FRESH, REFRESHED, Result, refresh_logins
from tests.refreshing.stand import Stand
from tests.rules.yard import Meddler, read, sub_box
from tui.simulator.gates import HANDLED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.context import Context
    from tests.conftest import Box
    from tests.support.tokens import Document
    from tui.simulator.gates import Gate

    Verb = Callable[["_Scene"], list[Result] | None]

TOKEN = "/oauth/token"


class _Scene(Stand):
    """Ada and Bob, one of whom is active; and once more Ada, as soon as she has signed in anew."""

    def furnish(self, active: str) -> None:
        """Make the profiles."""
        logins = {name: self.sign_in(name) for name in ("ada", "bob")}
        for name, login in logins.items():
            self.put(name, login)
        self.live(logins[active])
        self.reconcile()

    @cached_property
    def again(self) -> Document:
        """A new login of Ada's."""
        return self.sign_in("ada", age=0)


def _switch_away(stand: _Scene) -> None:
    stand.switch("bob")


def _switch_there(stand: _Scene) -> None:
    stand.switch("ada")


def _run(stand: _Scene) -> None:
    running.finish(stand.context, running.prepare(stand.context, "ada"))


def _rename(stand: _Scene) -> None:
    store.rename(stand.context, "ada", "adele")


def _delete(stand: _Scene) -> None:
    store.delete(stand.context, "ada")


def _log_in(stand: _Scene) -> None:
    save_login(stand.context, "ada", parse(stand.again.data(), "a login"))


def _reconcile(stand: _Scene) -> None:
    stand.reconcile()


#: What is done, and which profile is the active one meanwhile.
VERBS: dict[str, tuple[Verb, str]] = {
    "switch to another": (_switch_away, "ada"),
    "switch to it": (_switch_there, "bob"),
    "run it": (_run, "bob"),
    "run it, active": (_run, "ada"),
    "rename it": (_rename, "bob"),
    "rename it, active": (_rename, "ada"),
    "delete it": (_delete, "bob"),
    "log in": (_log_in, "bob"),
    "log in, active": (_log_in, "ada"),
    "reconcile": (_reconcile, "ada"),
}
ALL = pytest.mark.parametrize("name", VERBS)
AT_FILE_CALLS = pytest.mark.parametrize(
    "step",
    [pytest.param(12, id="some calls"), pytest.param(1, marks=pytest.mark.slow, id="each call")],
)


def _try(verb: Verb, stand: _Scene) -> ProfilesError | None:
    try:
        verb(stand)
    except ProfilesError as error:
        return error
    return None


class _Tried:
    """Something that is done when called, and how that ended."""

    def __init__(self, verb: Verb, stand: _Scene) -> None:
        self._verb, self._stand = verb, stand
        self.error: ProfilesError | None = None
        self.results: list[Result] = []

    def __call__(self) -> None:
        """Do it."""
        try:
            self.results = self._verb(self._stand) or []
        except ProfilesError as error:
            self.error = error


def _check(stand: _Scene, where: str) -> None:
    """After the next command every login lies, alive, in its profile, and the active home has one of them.

    What was deleted, or replaced by a new login, lies in the backups.
    """
    again = {r.outcome for r in stand.refresh()}
    assert again <= {REFRESHED, FRESH}, f"{where}: {again}"
    assert {row.state for row in take_snapshot(stand.context).rows} == {"ok"}, where
    assert all(stand.works(stand.saved(name)) for name in stand.names()), where
    assert stand.works(stand.live_path), where
    for family in stand.simulator.families:
        assert family.current is not None, where
        assert _is_on_disk(stand, family.current), f"{where}: lost"


def _is_on_disk(stand: _Scene, token: str) -> bool:
    return any(
        token.encode() in read(f"{folder}/{name}")
        for folder, _, names in os.walk(stand.box.path)
        for name in names
    )


@ALL
@AT_FILE_CALLS
def test_r13_a_verb_in_the_middle_of_a_refresh(box: Box, name: str, step: int) -> None:
    """Between any two of its file calls: the verb is made, or says who holds the lock, and can be made afterwards."""
    verb, active = VERBS[name]
    at, locked = 0, 0
    while True:
        at += step
        with _Scene(sub_box(box, at)) as stand:
            stand.furnish(active)
            tried = _Tried(verb, stand)
            files = Meddler(at, tried)
            stand.refresh("ada", files=files)
            if files.acted is None:
                break
            where = f"{name} before call {at}, {files.acted}"
            error = tried.error
            if isinstance(error, StoreLocked):
                locked += 1
                assert error.pid == os.getpid(), where
                error = _try(verb, stand)
            refused = active == "ada" and name == "rename it, active"
            assert error is None or refused, f"{where}: {error}"
            _check(stand, where)
    assert at > 20
    assert locked


@pytest.mark.parametrize("name", [name for name in VERBS if name != "reconcile"])
@AT_FILE_CALLS
def test_r13_a_refresh_in_the_middle_of_a_verb(box: Box, name: str, step: int) -> None:
    """Between any two of its file calls: refreshed once, or not sent since the lock was held; and the verb is made."""
    verb, active = VERBS[name]
    at = 0
    while True:
        at += step
        with _Scene(sub_box(box, at)) as stand:
            stand.furnish(active)
            tried = _Tried(lambda scene: scene.refresh("ada", files=Files()), stand)
            stand.files = files = Meddler(at, tried)
            error = _try(verb, stand)
            stand.files = Files()
            if files.acted is None:
                break
            where = f"{name} before call {at}, {files.acted}"
            gone = isinstance(tried.error, ProfileNotFound) and name[:6] in ("rename", "delete")
            assert tried.error is None or gone, f"{where}: {tried.error}"
            for result in tried.results:
                assert result.outcome in (REFRESHED, FRESH) or result.locked, f"{where}: {result}"
            assert error is None, f"{where}: {error}"
            _check(stand, where)
    assert at > 5


def _slow_refresh(stand: _Scene) -> tuple[Gate, list[Result], threading.Thread]:
    """Begin to refresh Ada's login, at an issuer that has rotated it and does not answer yet."""
    gate = stand.simulator.gates.hold(TOKEN, HANDLED)
    results: list[Result] = []
    context: Context = stand.context._replace(sleep=lambda _: None)
    us = threading.Thread(target=lambda: results.extend(refresh_logins(context, ["ada"])))
    us.start()
    gate.wait()
    return gate, results, us


@ALL
def test_r13_a_verb_during_a_slow_answer(box: Box, name: str) -> None:
    """The token is spent and its answer on the way: the verb waits, and goes on once the answer is in its place."""
    verb, active = VERBS[name]
    with _Scene(box) as stand:
        stand.furnish(active)
        gate, results, us = _slow_refresh(stand)
        waited = 0

        def wait() -> None:
            nonlocal waited
            waited += 1
            if waited == 20:
                gate.open()
                us.join()

        stand.on_sleep = wait
        error = _try(verb, stand)
        assert waited >= 20
        assert error is None
        assert [r.outcome for r in results] == [REFRESHED]
        stand.on_sleep = lambda: None
        _check(stand, name)


@ALL
def test_r13_a_verb_during_an_answer_that_takes_too_long(box: Box, name: str) -> None:
    """It gives up after ten seconds, names the process and changes nothing; afterwards it can be made."""
    verb, active = VERBS[name]
    with _Scene(box) as stand:
        stand.furnish(active)
        gate, results, us = _slow_refresh(stand)
        try:
            before, begun = [read(stand.saved(each)) for each in ("ada", "bob")], stand.ticks
            live = read(stand.live_path)
            error = _try(verb, stand)
            assert isinstance(error, StoreLocked)
            assert error.pid == os.getpid()
            assert 10 <= stand.ticks - begun < 13
            assert [read(stand.saved(each)) for each in ("ada", "bob")] == before
            assert read(stand.live_path) == live
        finally:
            gate.open()
            us.join()
        assert [r.outcome for r in results] == [REFRESHED]
        assert _try(verb, stand) is None
        _check(stand, name)


def test_r13_a_switch_of_others_goes_on_during_a_slow_answer(box: Box) -> None:
    """Neither the login that goes out nor the one that comes in is concerned: nobody waits."""
    with _Scene(box) as stand:
        stand.furnish("bob")
        stand.put("cyd", stand.sign_in("cyd"))
        gate, results, us = _slow_refresh(stand)
        try:
            begun = stand.ticks
            assert stand.switch("cyd").changed
            assert stand.ticks - begun < 2
        finally:
            gate.open()
            us.join()
        assert [r.outcome for r in results] == [REFRESHED]
        _check(stand, "switch of others")
