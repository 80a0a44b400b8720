"""One writing verb under its locks: what was found, what was done, what must be said (R13).

`enter` looks, works out which logins and homes are concerned, takes their locks and looks again; when meanwhile another
login turned up it releases and starts over.
"""

from __future__ import annotations

import os
from typing import NamedTuple, Self

from profiles import lock
from profiles.atomic import make_private_folder
from profiles.cache import FactCache
from profiles.discovery import (
    Profile,
    Shelf,
    holding,
    identity_of,
    load_shelf,
    load_some,
    read_profile,
)
from profiles.errors import ProfilesError, StoreError, StoreLocked, StoreNotWritable
from profiles.generation import Copy, read_copy
from profiles.leftovers import UNCHANGED_FOR, documents_in, half_made, leftovers, read_leftover
from profiles.ownership import why_not_trusted
from profiles.paths import AUTH_FILE, tilde
from profiles.seen import seen_homes
from profiles.spent import SPENT, load_spent, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from profiles.context import Context
    from profiles.model import Identity

#: A torn file is looked at again this often (seconds, R6).
LOOK_EVERY = 0.05
#: Rounds of looking, locking and finding something else before we give up.
ROUNDS = 20


class Needs(NamedTuple):
    """Which logins and homes a verb is about to touch."""

    identities: frozenset[Identity]
    homes: frozenset[str]


class View:
    """What was there at one look: the profiles (or those of these names alone), and the active home's document."""

    def __init__(
        self, context: Context, cache: FactCache, names: Sequence[str] | None = None
    ) -> None:
        self.context = context
        self.cache = cache
        self.shelf: Shelf = (
            load_shelf(context, cache) if names is None else load_some(context, cache, names)
        )
        self.live: Copy | None = None
        if context.active.problem is None:
            self.live = read_copy(f"{context.home}/{AUTH_FILE}")

    def live_identities(self) -> set[Identity]:
        """Return every identity in the active home's document."""
        return identities_in(self.live)

    def other_homes(self) -> list[str]:
        """Return homes that are no profile's and not the active one, but that we know: the default one, those seen."""
        known = [os.path.realpath(f"{self.context.user_home}/.codex"), *seen_homes(self.context)]
        profiles = {os.path.realpath(p.home) for p in self.shelf.profiles if not p.managed}
        skip = {self.context.home, *profiles}
        found = []
        for home in dict.fromkeys(known):
            inside = home.startswith(f"{self.context.roots.profiles}/")
            if home in skip or inside or not os.path.isfile(f"{home}/{AUTH_FILE}"):
                continue
            if os.access(home, os.W_OK | os.X_OK):
                found.append(home)
        return found

    def needs(self, identities: Iterable[Identity], homes: Iterable[str] = ()) -> Needs:
        """Return everything that touches these logins, the active home and its leftovers included."""
        wanted = set(identities) | self.live_identities()
        for path in leftovers(self.context.home):
            wanted |= identities_in(read_leftover(path))
        for folder in half_made(self.context.roots.profiles):
            for copy in documents_in(folder):
                wanted |= identities_in(copy)
        concerned = {self.context.home, *homes}
        concerned |= {p.home for p in holding(self.shelf, self.cache, wanted) if is_there(p)}
        for home in self.other_homes():
            if self.cache.auth_facts(f"{home}/{AUTH_FILE}").identity in wanted:
                concerned.add(home)
        return Needs(frozenset(wanted), frozenset(os.path.realpath(h) for h in concerned))


def identities_in(copy: Copy | None) -> set[Identity]:
    """Return every identity in a document, none when it cannot be read."""
    if copy is None or copy.document is None:
        return set()
    return {login.identity for login in copy.document.logins()}


def is_there(profile: Profile) -> bool:
    """Say whether the profile's home exists and can be written; ours always counts."""
    if profile.managed:
        return True
    return os.path.isdir(profile.home) and os.access(profile.home, os.W_OK | os.X_OK)


def was_emptied(profile: Profile) -> bool:
    """Say whether a registered home lost its login, which is then not ours to put back (R8)."""
    had_one = not profile.managed and profile.fields.identity is not None
    return had_one and is_there(profile) and not os.path.lexists(profile.auth_path)


def own_place(profile: Profile) -> str:
    """Return the file that holds this profile's login: in its home, or in our folder while that is away (R8)."""
    if is_there(profile) and not was_emptied(profile):
        return profile.auth_path
    return profile.parked_path


class Work:
    """A verb at work: locks held, facts fresh, notes of what was done."""

    def __init__(
        self,
        context: Context,
        view: View,
        needs: Needs,
        held: lock.HeldLocks,
        *,
        narrow: bool = False,
    ) -> None:
        self.context = context
        #: Others may be at work beside us: what lies in our own folders may be theirs.
        self.narrow = narrow
        self.view = view
        self.needs = needs
        self.held = held
        self.spent = load_spent(context, surely=True)
        self.adopted: str | None = None
        self.written_back: str | None = None
        self.said: list[str] = []
        #: Whether bringing newer tokens to every holder is what the verb is for, and so no news.
        self.spreads = False
        self._profiles: dict[str, Profile] = {}
        self._at_end: list[Callable[[], None]] = []
        self._before_release: list[Callable[[], None]] = []

    def say(self, sentence: str) -> None:
        """Note something that the person must be told, once."""
        if sentence not in self.said:
            self.said.append(sentence)

    def say_spread(self, sentence: str) -> None:
        """Note that newer tokens went somewhere, where that is news."""
        if not self.spreads:
            self.say(sentence)

    def show(self, path: str) -> str:
        """Return a path for people."""
        return tilde(path, self.context.user_home)

    @property
    def live_path(self) -> str:
        """The active home's auth.json, a link or not."""
        return f"{self.context.home}/{AUTH_FILE}"

    def profile(self, name: str) -> Profile:
        """Return a profile as its folder says now. Raises ProfileNotFound."""
        found = self.view.shelf.find(name)
        if found.name not in self._profiles:
            self._profiles[found.name] = read_profile(found.folder)
        return self._profiles[found.name]

    def learnt(self, profile: Profile) -> None:
        """Take note of a profile that was made or changed."""
        self._profiles[profile.name] = profile
        others = [p for p in self.view.shelf.profiles if p.name != profile.name]
        self.view.shelf = Shelf([*others, profile], self.view.shelf.problems)

    def profiles_of(self, identity: Identity) -> list[Profile]:
        """Return the profiles whose identity this is, read from the disk, those that cannot be trusted left out."""
        found = []
        for hint in holding(self.view.shelf, self.view.cache, [identity]):
            profile = self.profile(hint.name)
            if profile.problem is not None or not self.is_trusted(profile.auth_path):
                continue
            recorded = profile.fields.identity
            copy = read_copy(profile.auth_path)
            held = copy.document.identity if copy is not None and copy.document else None
            if (recorded or held) == identity and (held is None or held == identity):
                found.append(profile)
        return found

    def identity_of(self, profile: Profile) -> Identity | None:
        """Return the profile's recorded identity; without one, that of its file (R1)."""
        return identity_of(profile, self.view.cache.auth_facts(profile.auth_path))

    def is_trusted(self, path: str) -> bool:
        """Say whether the file may be a source (R8)."""
        return why_not_trusted(self.context, path) is None

    def file_lock(self, path: str) -> lock.HeldLocks:
        """Take Codex's own lock of one auth.json, the last of all, for as short a time as can be (R13).

        Whoever holds it waits for nothing that we hold. Raises StoreLocked after ten seconds.
        """
        wanted = file_lock(os.path.dirname(path), self.context, path)
        return lock.acquire(self.context, [wanted], beside=self.held)

    def mark_spent(self, digests: Iterable[str]) -> None:
        """Remember refresh tokens as used up. Raises StoreNotWritable."""
        fresh = sorted({d for d in digests if not self.spent.is_spent(d)})
        if fresh:
            record(self.context, SPENT, fresh)
            self.spent = load_spent(self.context)

    def at_end(self, action: Callable[[], None]) -> None:
        """Do something at the end, when all went well."""
        self._at_end.append(action)

    def before_release(self, action: Callable[[], None]) -> None:
        """Do something just before the locks are released, also when the verb failed."""
        self._before_release.append(action)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> None:
        try:
            if kind is None or issubclass(kind, Exception):
                self._settle()
            if isinstance(error, ProfilesError):
                error.said = self.said
            if kind is None:
                while self._at_end:
                    self._at_end.pop(0)()
                self.view.cache.save()
        finally:
            self.held.release()

    def _settle(self) -> None:
        while self._before_release:
            action = self._before_release.pop(0)
            try:
                action()
            except StoreError as error:
                # What stays behind is found, read and removed by the next writing verb (R7).
                self.say(error.message)


def _locks(context: Context, needs: Needs, *, narrow: bool) -> list[lock.Wanted]:
    wanted = [lock.login_lock(context, identity) for identity in needs.identities]
    # Who looks at few profiles moves none, and lets others do likewise.
    wanted.append(lock.store_lock(context)._replace(shared=narrow))
    for home in needs.homes:
        wanted.append(lock.home_lock(context, home))
        if os.path.isdir(home):
            wanted.extend(lock.codex_locks(home, make=_is_ours(context, home)))
    return wanted


def file_lock(home: str, context: Context, path: str | None = None) -> lock.Wanted:
    """Return Codex's lock of the auth.json of a home, or of the file that it leads to."""
    wanted = lock.codex_locks(home, make=_is_ours(context, home))[-1]
    return wanted if path is None else wanted._replace(path=lock.path_of_file_lock(path))


def _is_ours(context: Context, home: str) -> bool:
    try:
        return os.stat(home).st_uid == context.uid
    except OSError:
        return False


def wait_until_whole(context: Context) -> None:
    """Wait while a live file that does not parse still changes: someone is writing it in place (R6)."""
    path = f"{context.home}/{AUTH_FILE}"
    copy = read_copy(path)
    since = context.monotonic()
    begun = since
    while copy is not None and copy.document is None and copy.mode:
        if context.monotonic() - since >= UNCHANGED_FOR or context.monotonic() - begun >= lock.WAIT:
            return
        context.sleep(LOOK_EVERY)
        again = read_copy(path)
        if again is None or again.raw != copy.raw or again.modified_ns != copy.modified_ns:
            since = context.monotonic()
        copy = again


def enter(
    context: Context,
    wanted: Callable[[View], Needs],
    wait: float = lock.WAIT,
    view: View | None = None,
    *,
    names: Sequence[str] | None = None,
    beside: lock.HeldLocks | None = None,
) -> Work:
    """Look, lock, look again; return the work once nothing turned up in between.

    `view` is the first look, where it was taken already; all that comes of it is which locks are taken. With `names`
    only these profiles are looked at: for a verb that does one of very many. What `beside` holds is held already.
    Raises StoreLocked, StoreNotWritable, LocksUnsupported, and whatever `wanted` raises.
    """
    make_private_folder(context.files, context.roots.profiles)
    if context.active.problem is None:
        wait_until_whole(context)
    view = view or View(context, FactCache(context, blank=names is not None), names)
    cache = view.cache
    begun = context.monotonic()
    for _ in range(ROUNDS):
        needs = wanted(view)
        try:
            wanted_locks = _locks(context, needs, narrow=names is not None)
            held = lock.acquire(context, wanted_locks, wait, beside)
        except StoreNotWritable:
            # Perhaps a home was renamed or deleted while we waited for its locks.
            view = View(context, cache, names)
            if wanted(view) == needs:
                raise
            continue
        try:
            view = View(context, cache, names)
            again = wanted(view)
            if again.identities <= needs.identities and again.homes <= needs.homes:
                # Only for comparing and exchanging are these taken again: Codex does not wait long for them (R13).
                held.let_go(file_lock(home, context).path for home in needs.homes)
                return Work(context, view, needs, held, narrow=names is not None)
        except BaseException:
            held.release()
            raise
        held.release()
        if context.monotonic() - begun > wait:
            break
    raise StoreLocked(f"{context.home}/{AUTH_FILE}", None, context.monotonic() - begun)
