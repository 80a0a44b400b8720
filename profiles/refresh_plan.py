"""Which logins to refresh, and which of the profiles share one (R20, R22). Reads only."""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles.cache import FactCache
from profiles.discovery import identity_of, load_shelf
from profiles.expiry import DAY, HOUR, OPAQUE_LIFE, duration_words
from profiles.generation import known_same_lineage, read_copy
from profiles.history import newest_first
from profiles.leftovers import leftovers, read_leftover
from profiles.paths import AUTH_FILE
from profiles.processes import start_time
from profiles.spent import load_spent
from profiles.work import own_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from profiles.auth_file import AuthDocument
    from profiles.context import Context
    from profiles.discovery import Profile
    from profiles.history import Entry
    from profiles.model import Identity, Process

#: A login refreshed so short a time ago is left alone, unless it expires soon (seconds).
RECENT, SOON = HOUR, DAY
#: Around its expiry a running Codex refreshes by itself: from so long before until so long after (seconds).
BEFORE_EXPIRY, AFTER_EXPIRY = 600.0, 120.0
#: File systems on which processes of another machine may work.
_ELSEWHERE = frozenset({"9p", "drvfs", "nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs"})


class Options(NamedTuple):
    """What is due. `within`: what expires within so many seconds; `force`: everything that is not spent."""

    within: float | None = None
    force: bool = False


class Group(NamedTuple):
    """The profiles `names` of one login: one request for all of them.

    `siblings` are all profiles of the identity, other sign-ins included. `digests` are the refresh tokens in its files
    when the command began: another one there later is somebody else's refresh. `unanswered` are those of them that
    were sent before and never answered.
    """

    names: tuple[str, ...]
    siblings: tuple[str, ...]
    identity: Identity | None
    digests: frozenset[str]
    unanswered: frozenset[str]


def find_groups(context: Context, names: Sequence[str] | None = None) -> list[Group]:
    """Return the logins of these profiles, or of all, in the order of the list. Raises ProfileNotFound."""
    cache = FactCache(context)
    shelf = load_shelf(context, cache)
    chosen = shelf.profiles if names is None else [shelf.find(name) for name in names]
    spent = load_spent(context)
    live = None if context.active.problem else cache.auth_facts(f"{context.home}/{AUTH_FILE}")
    same: dict[Identity, list[Profile]] = {}
    for profile in shelf.profiles:
        identity = _identity(profile, cache)
        if identity is not None:
            same.setdefault(identity, []).append(profile)
    groups: list[Group] = []
    done: set[str] = set()
    for profile in chosen:
        if profile.name in done:
            continue
        identity = _identity(profile, cache)
        siblings = [profile] if identity is None else same[identity]
        kin = [profile] if len(siblings) == 1 else _kin(profile, siblings)
        done |= {each.name for each in kin}
        known = [cache.auth_facts(own_place(each)).refresh_digest for each in siblings]
        if live is not None and identity is not None and live.identity == identity:
            known.append(live.refresh_digest)
        for path in leftovers(profile.home):
            left = read_leftover(path)
            known.append(left.refresh_digest if left is not None else None)
        digests = frozenset(digest for digest in known if digest is not None)
        groups.append(
            Group(
                tuple(each.name for each in kin),
                tuple(each.name for each in siblings),
                identity,
                digests,
                digests & spent.unanswered,
            )
        )
    return groups


def _identity(profile: Profile, cache: FactCache) -> Identity | None:
    return identity_of(profile, cache.auth_facts(own_place(profile)))


def _kin(profile: Profile, others: list[Profile]) -> list[Profile]:
    """Return the profile, and those of its identity with the very token or of the same known family (R2)."""
    mine = read_copy(own_place(profile))
    found = [profile]
    for other in others:
        theirs = read_copy(own_place(other))
        if other.name == profile.name or mine is None or theirs is None:
            continue
        if mine.document is None or theirs.document is None:
            continue
        same_token = mine.refresh_digest == theirs.refresh_digest is not None
        if same_token or known_same_lineage(mine.document, theirs.document):
            found.append(other)
    return found


def expires_at(document: AuthDocument) -> float | None:
    """Return when the access token ends; for one that cannot be read Codex's own rule stands in (C74)."""
    if document.access_facts.expires_at is not None:
        return document.access_facts.expires_at
    refreshed = document.last_refresh
    return None if refreshed is None else refreshed / 1e9 + OPAQUE_LIFE


def why_not_due(document: AuthDocument, now: float, options: Options) -> str | None:
    """Say why this login needs no refresh yet; None when it is due. `now`: seconds since the epoch, UTC."""
    if options.force:
        return None
    ends = expires_at(document)
    left = None if ends is None else ends - now
    if options.within is not None:
        if left is None or left <= options.within:
            return None
        return f"expires in {duration_words(left)}"
    issued = document.access_facts.issued_at
    if issued is None and document.last_refresh is not None:
        issued = document.last_refresh / 1e9
    if issued is None or not 0 <= now - issued < RECENT or left is None or left <= SOON:
        return None
    return f"refreshed {duration_words(now - issued)} ago"


def who_else_refreshes(
    context: Context,
    homes: Collection[str],
    document: AuthDocument,
    version_of: Callable[[int], tuple[int, int] | None] | None = None,
) -> str | None:
    """Say who may send this refresh token from memory, or is about to, so that we must not; None when nobody (R20)."""
    from profiles.codex_version import LOOKS_FIRST
    from profiles.codex_version import version_of as real_version_of

    version_of = version_of or real_version_of
    now, ends = context.now(), document.access_facts.expires_at
    near = ends is not None and ends - BEFORE_EXPIRY <= now <= ends + AFTER_EXPIRY
    identity = document.identity.digest() if document.identity is not None else ""
    history: list[Entry] | None = None
    for process in context.processes():
        if process.home is None:
            continue
        here = process.home in homes
        if here and near:
            return f"{_who(process)} refreshes it itself about now"
        if not here:
            history = list(newest_first(context)) if history is None else history
            here = _held_since(process, history, identity)
        if here:
            version = version_of(process.pid)
            if version is None or version < LOOKS_FIRST:
                told = "of unknown version" if version is None else f"{version[0]}.{version[1]}"
                return f"{_who(process)}, {told}, may hold it in memory and send it again"
    for home in homes:
        if (system := _file_system(home)) in _ELSEWHERE:
            return f"its home {home} lies on {system}: whether a Codex runs with it cannot be seen"
    return None


def _who(process: Process) -> str:
    return f"{process.command} (process {process.pid})"


def _held_since(process: Process, history: Iterable[Entry], identity: str) -> bool:
    """Say whether the process's home held this login at any time since the process began, by history."""
    began = start_time(process.pid)
    for entry in history:
        if entry.home != process.home or entry.verb not in ("switch", "undo"):
            continue
        if began is not None and entry.time < began:
            return False
        if identity in (entry.identity, entry.before_identity):
            return True
    return False


def _file_system(path: str, mounts: str = "/proc/mounts") -> str:
    """Return the type of the file system that a folder is on; empty when the system does not tell."""
    try:
        with open(mounts, encoding="utf-8", errors="replace") as file:
            lines = [line.split(" ") for line in file]
    except OSError:
        return ""
    best, kind = "", ""
    for fields in lines:
        if len(fields) < 3:
            continue
        place = fields[1].replace("\\040", " ")
        inside = place in ("/", path) or path.startswith(f"{place}/")
        if inside and len(place) >= len(best) and os.path.isabs(place):
            best, kind = place, fields[2]
    return kind
