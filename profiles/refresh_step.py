"""Refresh one login (R17, R18, R19, R21): look and reserve, write ahead, send, answer to disk, holders, spent.

The login's own lock is held throughout; those of homes, and Codex's, never over the network (R13). The answer is made
durable as a leftover in the profile's home before anything else happens, in the very thread that read it: whoever is
killed after that has lost nothing, because the next verb settles leftovers anyway (R7), and so do we.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles import lock
from profiles.atomic import Reservation, replace_file
from profiles.errors import (
    IssuerError,
    IssuerUnreachable,
    ProfilesError,
    StoreError,
    StoreLocked,
)
from profiles.generation import read_copy
from profiles.leftovers import leftovers, read_leftover
from profiles.marks import LOGIN_NEEDED, UNCERTAIN, set_mark
from profiles.oauth.issuer import find_issuer
from profiles.paths import AUTH_FILE
from profiles.reconcile import merge_copy, reconcile_live
from profiles.refresh_answer import (
    REUSED,
    Busy,
    Dead,
    NewTokens,
    RefreshRequest,
    Refused,
    Unclear,
    read_answer,
    renewed,
)
from profiles.refresh_checks import (
    FAILED,
    FRESH,
    NEEDED,
    REFRESHED,
    SKIPPED,
    UNREACHABLE,
    UNSURE,
    Outcome,
    holders,
    why_not,
)
from profiles.refresh_plan import Group, Options, expires_at
from profiles.refresh_waiting import Patience
from profiles.settling import settle_leftovers
from profiles.spent import RETURNED, SENDING, SPENT, record
from profiles.work import Needs, Work, enter, identities_in, is_there, own_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from profiles.auth_file import AuthDocument
    from profiles.context import Context
    from profiles.generation import Copy
    from profiles.refresh_answer import Meaning, Send
    from profiles.work import View

#: Seconds: for a login's lock, for the homes' locks after an answer, for the holders after a reuse (R18, R19).
LOGIN_PATIENCE, HOME_PATIENCE, REUSE_PATIENCE = 30.0, 60.0, 10.0
#: A request that surely was not processed is made at most so often; longer waits than this (seconds) are not waited.
TRIES, LONGEST_WAIT = 3, 60.0
#: Space for an answer: real documents have about 5 kB.
ROOM = 1 << 15
#: What nobody can prevent, and what it may have cost.
SAME_MOMENT = (
    "a Codex refreshed it in the same moment, so that one token was sent twice; whether the issuer ended the login for "
    "that is not known"
)


class _Ready(NamedTuple):
    """A login that is about to be sent."""

    name: str
    document: AuthDocument
    digest: str
    again: bool
    request: RefreshRequest
    reserved: list[Reservation]


class Step:
    """One login of one run. `jitter` draws a number from 0 to 1; `answered` is told when nothing more will be sent.

    `stop` is set when somebody asks for an end.
    """

    def __init__(
        self,
        context: Context,
        group: Group,
        options: Options,
        send: Send,
        jitter: Callable[[], float],
        *,
        answered: Callable[[], None] = lambda: None,
        stop: Event | None = None,
    ) -> None:
        self._patience = Patience(context.sleep, stop.is_set if stop is not None else None)
        self.context = context._replace(sleep=self._patience.sleep)
        self.group = group
        self.options = options
        self.send = send
        self.jitter = jitter
        self._answered = answered
        self.said: list[str] = []
        #: How long it took from the parsed answer to its fsync, in seconds (the window of R18).
        self.window: float | None = None
        self._stranger = False

    def run(self) -> Outcome:
        """Refresh it. Raises Interrupted, and nothing for what can go wrong with it."""
        try:
            return self._locked()
        except StoreLocked as error:
            return Outcome(FAILED, error.message, locked=True)
        except ProfilesError as error:
            return Outcome(FAILED, error.message)

    def _locked(self) -> Outcome:
        if self.group.identity is None:
            return self._without_login()
        login = lock.acquire(
            self.context, [lock.login_lock(self.context, self.group.identity)], LOGIN_PATIENCE
        )
        try:
            with self._enter(login) as work:
                ready = self._prepare(work)
                self.said += work.said
            if isinstance(ready, Outcome):
                return ready
            try:
                return self._exchange(login, ready)
            finally:
                for reservation in ready.reserved:
                    reservation.discard()
        finally:
            login.release()

    def _without_login(self) -> Outcome:
        profile = read_copy(f"{self.context.roots.profiles}/{self.group.names[0]}/{AUTH_FILE}")
        if profile is not None and profile.document is None:
            return Outcome(FAILED, f"its file cannot be read: {profile.problem}")
        return Outcome(SKIPPED, "it is empty: there is no login in it")

    # -- before --

    def _enter(self, login: lock.HeldLocks, wait: float = lock.WAIT, *, wide: bool = False) -> Work:
        names = None if wide else self.group.siblings
        return enter(self.context, self._needs, wait, names=names, beside=login)

    def _needs(self, view: View) -> Needs:
        """Return what this login touches; the active home only when it holds it."""
        identity = self.group.identity
        identities = {identity} if identity is not None else set()
        homes = []
        for name in self.group.siblings:
            profile = view.shelf.find(name)
            for path in (profile.parked_path, *leftovers(profile.home)):
                identities |= identities_in(read_leftover(path))
            if is_there(profile):
                homes.append(profile.home)
        if identity in view.live_identities():
            homes.append(self.context.home)
            identities |= view.live_identities()
            for path in leftovers(self.context.home):
                identities |= identities_in(read_leftover(path))
        homes += [
            home
            for home in view.other_homes()
            if identity in identities_in(read_copy(f"{home}/{AUTH_FILE}"))
        ]
        return Needs(frozenset(identities), frozenset(os.path.realpath(home) for home in homes))

    def _reconcile(self, work: Work) -> Copy | None:
        """Bring every holder up to date; return the newest copy."""
        profile = work.profile(self.group.names[0])
        if self.context.home in work.needs.homes:
            reconcile_live(work, update_live=True)
        settle_leftovers(work, profile.home, merge_copy)
        copy = read_copy(own_place(profile))
        document = copy.document if copy is not None else None
        trusted = work.is_trusted(own_place(profile))
        if copy is None or document is None or not trusted or document.is_mixture:
            return copy
        if document.identity == self.group.identity:
            merge_copy(work, copy, update_home=None, profile=profile)
        return read_copy(own_place(profile))

    def _prepare(self, work: Work) -> _Ready | Outcome:
        """Look at everything, reserve space, write ahead; or say why nothing is to be sent."""
        profile = work.profile(self.group.names[0])
        if profile.problem is not None:
            return Outcome(FAILED, profile.problem)
        copy = self._reconcile(work)
        if copy is None:
            return Outcome(SKIPPED, "it is empty: there is no login in it")
        document = copy.document
        if document is None:
            return Outcome(FAILED, f"its file cannot be read: {copy.problem}")
        ready = why_not(work, copy, document, self.group, self.options)
        if ready is not None:
            return ready
        token = document.refresh_token
        digest = copy.refresh_digest
        if token is None or digest is None:
            return Outcome(NEEDED, "there is no refresh token", expires_at(document))
        issuer = find_issuer(self.context.environ)
        provenance = document.tokens.provenance if document.tokens is not None else None
        url = issuer.refresh_url(self.context.environ, provenance)
        client_id = provenance[1] if provenance is not None else issuer.client_id
        again = work.spent.is_unanswered(digest)
        reserved: list[Reservation] = []
        try:
            for path in holders(work, document, self.group):
                reserved.append(Reservation(self.context.files, path, ROOM))  # noqa: PERF401
            self._patience.sending = True
            record(self.context, SENDING, [digest])
        except BaseException:
            for reservation in reserved:
                reservation.discard()
            raise
        request = RefreshRequest(url, client_id, token, "scheduled")
        return _Ready(profile.name, document, digest, again, request, reserved)

    # -- the request --

    def _exchange(self, login: lock.HeldLocks, ready: _Ready) -> Outcome:
        meaning = self._ask(ready)
        self._answered()
        if isinstance(meaning, Outcome):
            return meaning
        if isinstance(meaning, NewTokens):
            self._remember_end(ready, meaning)
            return self._finish(login, ready)
        if isinstance(meaning, Dead):
            return self._dead(login, ready, meaning)
        ends = expires_at(ready.document)
        if isinstance(meaning, Unclear):
            set_mark(
                self.context, ready.digest, UNCERTAIN, f"a refresh is unanswered: {meaning.why}"
            )
            return Outcome(UNSURE, meaning.why, ends)
        record(self.context, RETURNED, [ready.digest])
        if isinstance(meaning, Refused):
            return Outcome(FAILED, meaning.why, ends)
        return Outcome(UNREACHABLE, "the issuer is busy (429)", ends)

    def _ask(self, ready: _Ready) -> Meaning | Outcome:
        """Send it; again only while it surely was not processed (R19)."""
        for number in range(1, TRIES + 1):
            wait: float
            try:
                meaning = self.send(
                    ready.request,
                    lambda status, body, after: self._take(ready, status, body, after),
                )
            except IssuerUnreachable as error:
                if number == TRIES:
                    record(self.context, RETURNED, [ready.digest])
                    return Outcome(UNREACHABLE, error.message, expires_at(ready.document))
                wait = 0.5 * number
            except IssuerError as error:
                return Unclear(error.message)
            else:
                if not isinstance(meaning, Busy) or number == TRIES or meaning.wait > LONGEST_WAIT:
                    return meaning
                wait = max(meaning.wait, 0.5)
            if not self._patience.pause(wait * (1 + self.jitter() / 2)):
                record(self.context, RETURNED, [ready.digest])
                why = "interrupted before it was tried again"
                return Outcome(UNREACHABLE, why, expires_at(ready.document))
        message = "the last try returns"
        raise AssertionError(message)

    def _take(self, ready: _Ready, status: int, body: bytes, after: float | None) -> Meaning:
        """Make an answer with tokens durable at once, where it was read (R18)."""
        begun = self.context.monotonic()
        meaning = read_answer(status, body, after)
        if not isinstance(meaning, NewTokens):
            return meaning
        raw, stranger = renewed(ready.document, meaning, self.context.now())
        self._make_durable(ready, raw)
        self.window = self.context.monotonic() - begun
        self._stranger = stranger
        return meaning

    def _remember_end(self, ready: _Ready, tokens: NewTokens) -> None:
        """Write down that there was an answer; the tokens are on the disk by now, and go to the holders in any case."""
        try:
            if self._stranger:
                set_mark(
                    self.context, ready.digest, UNCERTAIN, "the issuer answered with another login"
                )
                return
            new = tokens.refresh_token
            brought = new is not None and new != ready.request.token
            record(self.context, SPENT if brought else RETURNED, [ready.digest])
        except StoreError as error:
            self.said.append(error.message)

    def _make_durable(self, ready: _Ready, raw: bytes) -> None:
        """Bring the answer to the disk, in the first holder's folder that takes it, else among our own files."""
        for reservation in ready.reserved:
            try:
                reservation.fill(raw)
            except StoreError:
                continue
            reservation.leave()
            return
        home = f"{self.context.roots.profiles}/{ready.name}"
        replace_file(self.context.files, f"{home}/.auth-{os.urandom(4).hex()}", raw)

    # -- after --

    def _finish(self, login: lock.HeldLocks, ready: _Ready) -> Outcome:
        """Give the answer, which lies durable beside the profile's file, to every holder."""
        own = f"{self.context.roots.profiles}/{ready.name}/{AUTH_FILE}"
        try:
            # A stranger's login belongs to any profile there is.
            with self._enter(login, HOME_PATIENCE, wide=self._stranger) as work:
                work.spreads = True
                own = own_place(work.profile(ready.name))
                for name in self.group.names[1:]:
                    settle_leftovers(work, work.profile(name).home, merge_copy)
                self._reconcile(work)
                self.said += work.said
                self._say_who_runs(work, ready.name)
        except StoreError as error:
            self.said.append(
                f"{ready.name} was refreshed, and not every file has it yet; the next command sees to that: "
                f"{error.message}"
            )
        copy = read_copy(own)
        ends = expires_at(copy.document) if copy is not None and copy.document is not None else None
        if self._stranger:
            return Outcome(
                FAILED, "the issuer answered with another login, which was put away", ends
            )
        return Outcome(REFRESHED, None, ends)

    def _say_who_runs(self, work: Work, name: str) -> None:
        """A Codex that sent the old token while we did learns that alone, and tells nobody."""
        for process in self.context.processes():
            if process.home in work.needs.homes:
                self.said.append(
                    f"{process.command} (process {process.pid}) runs with {name}: if it refreshed in the same moment, "
                    "the issuer may have ended this login, and the next refresh shows it"
                )
                return

    def _dead(self, login: lock.HeldLocks, ready: _Ready, dead: Dead) -> Outcome:
        """The token is refused for good; unless somebody else has the newer one, a login is needed (R19)."""
        ours = ready.again and dead.code == REUSED
        why = "a refresh whose answer never arrived had used it up" if ours else dead.why
        try:
            set_mark(self.context, ready.digest, LOGIN_NEEDED, why)
        finally:
            # What we used up ourselves is never sent a third time; what somebody says is dead may be tried by force.
            # It is an answer, even if nothing more can be written or read.
            record(self.context, SPENT if ours else RETURNED, [ready.digest])
        try:
            newer = self._newer_elsewhere(login, ready) if dead.code == REUSED else None
        except StoreLocked:
            self.said.append(
                f"{ready.name}: its refresh token was refused as used already, perhaps by a Codex in the same moment"
            )
            raise
        if newer is None:
            return Outcome(NEEDED, why, expires_at(ready.document))
        record(self.context, SPENT, [ready.digest])
        # Two sent one token: an issuer may end the whole family for that, and does not say so here.
        set_mark(self.context, newer.refresh_digest or "", UNCERTAIN, SAME_MOMENT)
        self.said.append(f"{ready.name}: {SAME_MOMENT}, and the next refresh shows it")
        ends = expires_at(newer.document) if newer.document is not None else None
        return Outcome(FRESH, "refreshed by Codex", ends)

    def _newer_elsewhere(self, login: lock.HeldLocks, ready: _Ready) -> Copy | None:
        """Look for a newer token in every holder for a while; return its copy."""
        begun = self.context.monotonic()
        while True:
            with self._enter(login) as work:
                copy = self._reconcile(work)
            document = copy.document if copy is not None else None
            if copy is not None and document is not None and copy.refresh_digest != ready.digest:
                return copy
            if self.context.monotonic() - begun >= REUSE_PATIENCE:
                return None
            self.context.sleep(0.5)
