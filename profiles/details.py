"""One profile closely: claims, holders, processes. Reads only."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from profiles.cache import FactCache
from profiles.claims import payload, scopes_of
from profiles.discovery import Profile, load_shelf
from profiles.errors import TokenMalformed
from profiles.generation import Copy, compare, read_copy, same_lineage
from profiles.listing import Snapshot, take_snapshot
from profiles.paths import AUTH_FILE
from profiles.spent import load_spent
from profiles.work import View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from profiles.model import Identity, Process, ProfileRow, Secret


class Holder(NamedTuple):
    """A file that holds the login; `issued_at` of its access token in seconds since the epoch, UTC."""

    path: str
    issued_at: float | None
    newest: bool


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
    cache = FactCache(context)
    profile = load_shelf(context, cache).find(name)
    snapshot = snapshot or take_snapshot(context)
    row = snapshot.row(profile.name) or take_snapshot(context).row(profile.name)
    if row is None:
        # It went away between two looks; the next look tells.
        from profiles.errors import ProfileNotFound

        raise ProfileNotFound(name)
    copies = _copies(context, cache, profile)
    newest = _newest(context, copies)
    document = newest.document if newest is not None else None
    tokens = document.tokens if document is not None else None
    access = _claims(tokens.access_token if tokens is not None else None)
    homes = {os.path.realpath(os.path.dirname(copy.path)) for copy in copies}
    homes.add(os.path.realpath(profile.home))
    return ProfileDetails(
        row=row,
        id_claims=_claims(tokens.id_token if tokens is not None else None),
        access_claims=access,
        scopes=scopes_of(access),
        holders=[
            Holder(
                copy.path,
                copy.document.access_facts.issued_at if copy.document is not None else None,
                newest is not None and copy.raw == newest.raw,
            )
            for copy in copies
        ],
        processes=[p for p in context.processes() if p.home in homes],
    )


def _claims(token: Secret | None) -> dict[str, Any]:
    if token is None:
        return {}
    try:
        return payload(token.reveal())
    except TokenMalformed:
        return {}


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


def _newest(context: Context, copies: list[Copy]) -> Copy | None:
    spent = load_spent(context)
    newest: Copy | None = None
    for copy in copies:
        if copy.document is None:
            continue
        if newest is None or compare(copy, newest, context.now(), spent.is_spent).order > 0:
            newest = copy
    return newest
