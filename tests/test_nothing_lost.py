"""Nothing is lost, whatever is done in whatever order, and wherever it is stopped (profiles/RULES.md, the promise)."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from profiles import store, switching
from profiles.auth_file import parse
from profiles.listing import take_snapshot
from profiles.logging_in import ASK, NEW, REPLACE, SavedLogin, save_login
from profiles.marks import UNCERTAIN, load_marks
from profiles.model import Secret
from profiles.reconcile import reconcile
from profiles.running import finish, prepare
from profiles.seen import last_seen
from tests.support.faults import Faulty, Killed
from tests.support.world import CAST, GARBAGE, World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.context import Context
    from tests.support.tokens import Login

WHO = st.sampled_from(sorted(CAST))
NAMES = st.sampled_from(["one", "two", "three", "four"])
PICK = st.integers(0, 11)
#: Which file call fails, and how; None: none does.
FAULT = st.one_of(
    st.none(),
    st.none(),
    st.none(),
    st.tuples(
        st.integers(1, 60), st.sampled_from([Killed, Killed, "ENOSPC", "EIO", "EDQUOT", "EROFS"])
    ),
)


def _faulty(fault: tuple[int, object] | None) -> Faulty:
    if fault is None:
        return Faulty()
    at, what = fault
    if isinstance(what, str):
        return Faulty(at, lambda: OSError(getattr(errno, what), "injected"))
    return Faulty(at)


class Logins(RuleBasedStateMachine):
    """Random lives of a person with several logins."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp(prefix="sy-", dir="/tmp")
        self.world = World(self.folder)
        self.before: Login | None = None
        self.vandalised = False
        #: Profiles that must be called uncertain by the next verb that looks.
        self.owed: dict[str, str] = {}

    @initialize(who=st.permutations(sorted(CAST)), count=st.integers(2, 4))
    def begin_with_profiles(self, who: list[str], count: int) -> None:
        """Begin as people do: one login is live, others were filled by the official client in profiles of ours."""
        self.world.sign_in(who[0]).write(self.world.home)
        assert self.world.perform(reconcile) is not None
        for number, name in enumerate(who[1:count]):
            self._fill(f"p{number}", name, None)
        assert len(self.world.profile_names()) == count

    def teardown(self) -> None:
        """Remove the world's files."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def pick(self, number: int) -> str:
        """Choose one of the profiles there are."""
        names = self.world.profile_names()
        return names[number % len(names)] if names else "nobody"

    def do(
        self, verb: Callable[[Context], object], fault: tuple[int, object] | None
    ) -> object | None:
        """Perform a verb, perhaps with a failure in the middle; no profile's login goes backwards by it."""
        held = self.world.newest_in_profiles()
        result = self.world.perform(verb, _faulty(fault))
        if verb.__qualname__ != "delete":
            self.world.check_none_went_back(held)
        return result

    # -- our verbs --

    @rule(fault=FAULT)
    def look_after(self, fault: tuple[int, object] | None) -> None:
        """Reconcile, as the screen does at its start."""
        self.do(reconcile, fault)

    @rule(number=PICK, anyway=st.booleans(), fault=FAULT)
    def switch(self, number: int, anyway: bool, fault: tuple[int, object] | None) -> None:
        """Switch; what is then live must be the newest token that the issuer knows, unless that was lost."""
        before = self.world.login_in(self.world.live_path)
        name = self.pick(number)
        state = self._state_of(name)
        result = self.do(lambda c: switching.switch(c, name, anyway=anyway), fault)
        said = result.said if isinstance(result, switching.SwitchResult) else []
        warned = state == UNCERTAIN or any("is uncertain" in sentence for sentence in said)
        self._after_switch(before, result, doubtful=anyway and warned)
        healthy = state in ("ok", "expiring", "expired", "static")
        if healthy and anyway and fault is None and not self.vandalised:
            assert result is not None, f"the switch to {name} was refused: {self.world.said[-1]}"

    def _is_shut_away(self, login: Login) -> bool:
        """Say whether the newest copy lies in a profile that somebody broke, which the list says."""
        for row in take_snapshot(self.world.context()).rows:
            if row.name is not None and row.state == "broken":
                path = f"{self.world.data}/data/profiles/{row.name}/auth.json"
                if self.world.login_in(path) == login:
                    return True
        return False

    def _state_of(self, name: str) -> str:
        """Return what the list says of a profile."""
        row = take_snapshot(self.world.context()).row(name)
        return row.state if row is not None else "missing"

    @rule(times=st.integers(1, 2), old=st.booleans(), number=PICK, fault=FAULT)
    def use_and_switch(
        self, times: int, old: bool, number: int, fault: tuple[int, object] | None
    ) -> None:
        """Use the live login until Codex rotates it, then switch away, in spite of any doubt."""
        self.codex_refreshes(old, times)
        self.switch(number, True, fault)

    @rule(fault=FAULT)
    def undo(self, fault: tuple[int, object] | None) -> None:
        """Undo the last switch."""
        before = self.world.login_in(self.world.live_path)
        self._after_switch(before, self.do(switching.undo, fault))

    def _after_switch(
        self, before: Login | None, result: object, *, doubtful: bool = False
    ) -> None:
        if not isinstance(result, switching.SwitchResult) or not result.changed:
            return
        self.before = before
        self._check_installed(result.to, doubtful=doubtful)
        if before is not None:
            self._check_written_back(before)

    def _check_written_back(self, before: Login) -> None:
        """What was live is in a profile, at least as new; or in the backups because another sign-in is newer (R9)."""
        family = self.world.families[before.session_id]
        if not family.alive or family.excused:
            return
        for name in self.world.profile_names():
            path = f"{self.world.data}/data/profiles/{name}/auth.json"
            saved = self.world.login_in(path)
            if saved is None or saved.identity != before.identity:
                continue
            if saved.session_id == before.session_id or saved.issued_at >= before.issued_at:
                return
        message = f"{before.email} in {before.workspace} was live and is in no profile now"
        raise AssertionError(message)

    def _check_installed(self, name: str, *, doubtful: bool) -> None:
        """What is live now is no token that somebody used up, unless the person insisted in spite of the warning."""
        world = self.world
        with open(world.live_path, encoding="utf-8") as file:
            text = file.read()
        for family in world.families.values():
            stale = family.tokens - {family.current.refresh_token}
            if any(token in text for token in stale) and not doubtful:
                if self._is_shut_away(family.current):
                    continue
                assert family.excused, (
                    f"a dead token of {family.current.email} was installed by {name}"
                )

    @rule(number=PICK, rotations=st.integers(0, 2), old=st.booleans(), fault=FAULT)
    def run(self, number: int, rotations: int, old: bool, fault: tuple[int, object] | None) -> None:
        """`tui run` of a Codex that refreshes, with a failure at its end."""
        name = self.pick(number)
        prepared = None

        def begin(context: Context) -> list[str]:
            nonlocal prepared
            prepared = prepare(context, name)
            return prepared.said

        self.do(begin, None)
        if prepared is None:
            return
        home = prepared.home
        for _ in range(rotations):
            self.world.codex_refresh(home, old=old)
        ended = prepared
        self.do(lambda c: finish(c, ended), fault)
        if ended.held is not None:
            ended.held.release()

    @rule(
        what=st.sampled_from(["add", "fill", "rename", "delete"]),
        number=PICK,
        name=NAMES,
        who=WHO,
        fault=FAULT,
    )
    def manage(
        self, what: str, number: int, name: str, who: str, fault: tuple[int, object] | None
    ) -> None:
        """Save, make, rename or delete a profile."""
        picked = self.pick(number)
        if what == "add":
            self.do(lambda c: store.add_active(c, name), fault)
        elif what == "fill":
            self._fill(name, who, fault)
        elif what == "rename":
            self.do(lambda c: store.rename(c, picked, name), fault)
        else:

            def delete(context: Context) -> object:
                return store.delete(context, picked)

            delete.__qualname__ = "delete"
            self.do(delete, fault)

    def _fill(self, name: str, who: str, fault: tuple[int, object] | None) -> None:
        """Make an empty profile and log in there with the official client."""
        if self.do(lambda c: store.add_empty(c, name), fault) is None:
            return
        prepared = None

        def begin(context: Context) -> list[str]:
            nonlocal prepared
            prepared = prepare(context, name)
            return prepared.said

        self.do(begin, None)
        if prepared is not None:
            self.world.sign_in(who).write(prepared.home)
            ended = prepared
            self.do(lambda c: finish(c, ended), fault)

    @rule(
        number=PICK,
        name=NAMES,
        who=WHO,
        answer=st.sampled_from([ASK, NEW, REPLACE]),
        fault=FAULT,
    )
    def log_in(
        self,
        number: int,
        name: str,
        who: str,
        answer: str,
        fault: tuple[int, object] | None,
    ) -> None:
        """Log in by ourselves, into a profile or a new one. What could not be saved is offered again."""
        name = name if number > 5 else self.pick(number)
        login = self.world.sign_in(who)
        document = parse(login.document().data(), "a login")
        files = _faulty(fault)

        def save(context: Context, on_mismatch: str = answer) -> SavedLogin:
            return save_login(context, name, document, on_mismatch=on_mismatch)

        held = self.world.newest_in_profiles()
        saved = self.world.perform(save, files)
        if files.dead:
            # Killed while the tokens were in memory alone (case 3).
            self.world.families[login.session_id].excused = True
            self.world.check_none_went_back(held)
            return
        if not isinstance(saved, SavedLogin):
            saved = self.world.perform(lambda c: save(c, NEW))
        self.world.check_none_went_back(held)
        if not isinstance(saved, SavedLogin):
            assert self.vandalised, f"a login could not be saved: {self.world.said[-1]}"
            self.world.families[login.session_id].excused = True
            return
        path = f"{self.world.data}/data/profiles/{saved.name}/auth.json"
        assert self.world.login_in(path) == login, f"{saved.name} does not hold the new login"
        if saved.active:
            assert self.world.login_in(self.world.live_path) == login

    # -- Codex --

    @rule(old=st.booleans(), times=st.integers(1, 3))
    def codex_refreshes(self, old: bool, times: int) -> None:
        """Codex rotates the live login."""
        for _ in range(times):
            self.world.codex_refresh(self.world.home, old=old)

    @rule(what=st.sampled_from(["login", "logout", "key"]), who=WHO, old=st.booleans())
    def codex_changes_the_login(self, what: str, who: str, old: bool) -> None:
        """Somebody runs `codex login`, `logout` or `login --with-api-key` in the active home."""
        if what == "login":
            self.world.codex_login(who, old=old)
        elif what == "key":
            self.world.put_api_key()
        else:
            self._codex_logs_out(old)

    def _codex_logs_out(self, old: bool) -> None:
        """Somebody runs `codex logout`; the next look calls the profile uncertain (R12, case 2)."""
        login = self.world.login_in(self.world.live_path)
        self.world.codex_logout(old=old)
        if login is None:
            return
        sight = last_seen(self.world.context(), self.world.home)
        tokens = self.world.families[login.session_id].tokens
        was_seen = sight is not None and sight.token in {Secret(token).digest() for token in tokens}
        result = self.do(reconcile, None)
        if result is not None and was_seen:
            self._assert_uncertain(login)

    def _assert_uncertain(self, login: Login) -> None:
        from profiles.generation import read_copy
        from profiles.spent import load_spent

        context = self.world.context()
        marks, spent = load_marks(context), load_spent(context)
        for name in self.world.profile_names():
            copy = read_copy(f"{self.world.data}/data/profiles/{name}/auth.json")
            document = copy.document if copy is not None else None
            identity = document.identity if document is not None else None
            if identity is None or (identity.user_id, identity.account_id) != login.identity:
                continue
            digest = copy.refresh_digest if copy is not None else None
            if digest is None or spent.is_spent(digest):
                continue
            if document is None or document.lineage[1] != login.session_id:
                # Another sign-in of the same person was not there, and is not doubted.
                continue
            assert marks[digest].state == UNCERTAIN, f"{name} is not called uncertain"
            return

    @precondition(lambda self: self.before is not None)
    @rule(mixes=st.booleans())
    def codex_ends_a_refresh(self, mixes: bool) -> None:
        """A Codex ends a refresh that was under way at the switch: an old one mixes, 0.169 forgets."""
        if mixes:
            self._old_codex_mixes()
        else:
            self._codex_keeps_a_refresh_in_memory()

    def _old_codex_mixes(self) -> None:
        """A Codex up to 0.163 ends a refresh of the login that was switched away (R11)."""
        before, self.before = self.before, None
        world = self.world
        incoming = world.login_in(world.live_path)
        if before is None or incoming is None or incoming.identity == before.identity:
            return
        family = world.families[before.session_id]
        if not family.alive or family.current.refresh_token != before.refresh_token:
            return
        if not world._is_elsewhere(incoming.refresh_token):
            world.excuse(incoming)
        world.mix(before, incoming)

    def _codex_keeps_a_refresh_in_memory(self) -> None:
        """Codex 0.169 refreshes the login that was switched away and stores nothing (case 1)."""
        before, self.before = self.before, None
        if before is None:
            return
        family = self.world.families[before.session_id]
        if family.alive and family.current.refresh_token == before.refresh_token:
            self.world.rotate(before)
            self.world.excuse(before)

    # -- others --

    @rule(number=st.integers(0, 400), size=st.sampled_from([0, 9, 5000]))
    def garbage(self, number: int, size: int) -> None:
        """Somebody writes garbage to a file, any file."""
        paths = [p for p in self.world.files_on_disk() if not p.endswith(".lock")]
        if not paths:
            return
        path = paths[number % len(paths)]
        self.vandalised = True
        with contextlib.suppress(OSError), open(path, "wb") as file:
            file.write((GARBAGE + os.urandom(size)) if size else GARBAGE)
        self.world.destroyed_by_garbage()

    @rule(who=PICK, age=st.integers(1, 3))
    def somebody_restores_an_old_copy(self, who: int, age: int) -> None:
        """Somebody copies an old auth.json back over the live one, as people do."""
        families = [f for f in self.world.families.values() if f.current.generation]
        if families:
            self.world.restore(families[who % len(families)].current, age)

    @rule(days=st.integers(1, 12))
    def time_passes(self, days: int) -> None:
        """Days go by."""
        self.world.sleep(days * 86_400.0)

    # -- what must hold after every step --

    @invariant()
    def promises_hold(self) -> None:
        """Every living token is on disk, nothing secret beside it, every auth.json whole."""
        self.world.check()


TestLogins = Logins.TestCase
TestLogins.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
