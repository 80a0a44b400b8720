"""One profile closely: claims, holders, processes. Reads only.

`details` gives it all at once, for `show` and the screen's first page of a profile. A `Look` gives each part alone, for
whoever shows one part and may lose interest before the next.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any, NamedTuple

from profiles.cache import FactCache
from profiles.claims import payload, scopes_of
from profiles.discovery import Profile, load_shelf
from profiles.errors import TokenMalformed
from profiles.generation import Copy, Verdict, compare, read_copy, same_lineage
from profiles.listing import Snapshot, take_snapshot
from profiles.paths import AUTH_FILE
from profiles.spent import load_spent
from profiles.work import View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from profiles.context import Context
    from profiles.model import Identity, Process, ProfileRow, Secret
    from profiles.spent import SpentTokens

#: So many hex digits of a digest tell the generations of one login apart.
GENERATION_DIGITS = 6


class Holder(NamedTuple):
    """A file that holds the login; times in seconds since the epoch, UTC, None when unknown.

    `issued_at` is of its access token, `changed_at` of the file; `mode` are its permission bits. `generation` names the
    refresh token in it by a few digits of its digest: files with the same one hold the same. `older_by` says by what
    evidence it is older than the newest (a word of `profiles.generation`), None of the newest. `problem`: why Codex
    would not load it.
    """

    path: str
    issued_at: float | None
    newest: bool
    mode: int = 0
    changed_at: float | None = None
    generation: str | None = None
    older_by: str | None = None
    problem: str | None = None


class TokenClaims(NamedTuple):
    """What stands in the tokens of a login, decoded and not verified; None for a token that is not there or no JWT.

    `missing` says in a word for each such token why: `absent` or `opaque`.
    """

    id_token: dict[str, Any] | None
    access_token: dict[str, Any] | None
    scopes: list[str]
    missing: dict[str, str]


class Running(NamedTuple):
    """A process that runs with the login, and since when (seconds since the epoch, UTC; None when unknown)."""

    process: Process
    since: float | None


class ProfileDetails(NamedTuple):
    """Everything about one profile. Claims are decoded, not verified."""

    row: ProfileRow
    id_claims: dict[str, Any]
    access_claims: dict[str, Any]
    scopes: list[str]
    holders: list[Holder]
    processes: list[Process]


def details(context: Context, name: str, snapshot: Snapshot | None = None) -> ProfileDetails:
    """Look at one profile. Raises ProfileNotFound."""
    look = Look(context, name)
    snapshot = snapshot or take_snapshot(context)
    row = snapshot.row(look.profile.name) or take_snapshot(context).row(look.profile.name)
    if row is None:
        # It went away between two looks; the next look tells.
        from profiles.errors import ProfileNotFound

        raise ProfileNotFound(name)
    claims = look.claims()
    return ProfileDetails(
        row=row,
        id_claims=claims.id_token or {},
        access_claims=claims.access_token or {},
        scopes=claims.scopes,
        holders=look.holders(),
        processes=look.processes(),
    )


class Look:
    """One profile, each part read when it is asked for, the files of the login once. Raises ProfileNotFound."""

    def __init__(self, context: Context, name: str) -> None:
        self._context = context
        self._cache = FactCache(context)
        self.profile: Profile = load_shelf(context, self._cache).find(name)

    @cached_property
    def _copies(self) -> list[Copy]:
        return _copies(self._context, self._cache, self.profile)

    @cached_property
    def _newest(self) -> Copy | None:
        newest: Copy | None = None
        for copy in self._copies:
            if copy.document is not None and (
                newest is None or self._compared(copy, newest).order > 0
            ):
                newest = copy
        return newest

    @cached_property
    def _spent(self) -> SpentTokens:
        return load_spent(self._context)

    def _compared(self, one: Copy, two: Copy) -> Verdict:
        return compare(one, two, self._context.now(), self._spent.is_spent)

    def claims(self) -> TokenClaims:
        """Return what the newest copy's tokens say."""
        document = self._newest.document if self._newest is not None else None
        tokens = document.tokens if document is not None else None
        missing: dict[str, str] = {}
        found: dict[str, dict[str, Any] | None] = {}
        for name in ("id_token", "access_token"):
            token: Secret | None = getattr(tokens, name) if tokens is not None else None
            found[name] = _claims(token)
            if found[name] is None:
                missing[name] = "opaque" if token else "absent"
        access = found["access_token"]
        return TokenClaims(found["id_token"], access, scopes_of(access or {}), missing)

    def holders(self) -> list[Holder]:
        """Return every file that holds the login, the profile's own first."""
        return [self._holder(copy) for copy in self._copies]

    def _holder(self, copy: Copy) -> Holder:
        newest, document = self._newest, copy.document
        is_newest = newest is not None and copy.raw == newest.raw
        digest = copy.refresh_digest
        return Holder(
            copy.path,
            document.access_facts.issued_at if document is not None else None,
            is_newest,
            copy.mode & 0o7777,
            copy.modified_ns / 1e9 if copy.modified_ns else None,
            digest[:GENERATION_DIGITS] if digest is not None else None,
            None if is_newest or newest is None else self._compared(copy, newest).by,
            copy.problem,
        )

    def processes(self) -> list[Process]:
        """Return who runs with one of the homes that hold the login."""
        homes = {os.path.realpath(os.path.dirname(copy.path)) for copy in self._copies}
        homes.add(os.path.realpath(self.profile.home))
        return [process for process in self._context.processes() if process.home in homes]

    def running(self) -> list[Running]:
        """Return the same, and since when each runs."""
        return running_since(self.processes())

    @property
    def identity(self) -> Identity | None:
        """Who the login is; None when nobody can tell."""
        document = self._newest.document if self._newest is not None else None
        return document.identity if document is not None else self.profile.fields.identity


def running_since(processes: Iterable[Process]) -> list[Running]:
    """Return processes with the time at which each began."""
    from profiles.processes import start_time

    return [Running(process, start_time(process.pid)) for process in processes]


def _claims(token: Secret | None) -> dict[str, Any] | None:
    if not token:
        return None
    try:
        return payload(token.reveal())
    except TokenMalformed:
        return None


def _copies(context: Context, cache: FactCache, profile: Profile) -> list[Copy]:
    """Return every copy of this profile's login that can be seen, its own file first."""
    view = View(context, cache)
    own = read_copy(profile.auth_path)
    identity = profile.fields.identity
    if identity is None and own is not None and own.document is not None:
        identity = own.document.identity
    copies = [own] if own is not None else []
    if identity is None:
        return copies
    paths = [profile.parked_path, f"{context.home}/{AUTH_FILE}"]
    paths += [p.auth_path for p in view.shelf.profiles if p.fields.identity == identity]
    paths += [f"{home}/{AUTH_FILE}" for home in view.other_homes()]
    seen = {copy.path for copy in copies}
    for path in paths:
        if path in seen:
            continue
        seen.add(path)
        copy = read_copy(path)
        if copy is not None and _holds(copy, identity, own):
            copies.append(copy)
    return copies


def _holds(copy: Copy, identity: Identity, own: Copy | None) -> bool:
    """Say whether it is a copy of this login; another sign-in of the same person is another login (R2)."""
    document, mine = copy.document, own.document if own is not None else None
    if document is None or document.identity != identity:
        return False
    return mine is None or mine.identity != identity or same_lineage(document, mine)
