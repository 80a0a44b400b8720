"""Take up what was left behind, under the locks: save what is new in it, then remove it (R7, R8)."""

from __future__ import annotations

from profiles.adoption import drop_half_made
from profiles.backups import folder_of
from profiles.generation import read_copy, same_lineage
from profiles.guard import is_used_up, keep_stray, remove_leftover
from profiles.leftovers import (
    documents_in,
    half_made,
    is_being_written,
    is_torn_name,
    leftovers,
    litter,
    read_leftover,
)
from profiles.work import identities_in, is_there, own_place, was_emptied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.discovery import Profile
    from profiles.work import Work

    Merge = Callable[..., Profile]


def settle_all(work: Work, merge: Merge) -> None:
    """Take up what was left behind in every home whose locks we hold, and where what is away waits. As below."""
    home = work.context.home
    for each in (home, *sorted(work.needs.homes - {home})):
        settle_leftovers(work, each, merge)
    for profile in work.view.shelf.profiles:
        if not profile.managed and profile.fields.identity in work.needs.identities:
            for path in leftovers(profile.folder):
                _settle_document(work, path, profile.home, merge)


def settle_leftovers(work: Work, home: str, merge: Merge) -> None:
    """Take up everything that dead processes left in this home, and what waits for it.

    `merge` is `profiles.reconcile.merge_copy`. Raises StoreNotWritable; what was not taken up is still there.
    """
    for path in leftovers(home):
        _settle_document(work, path, home, merge)
    for profile in work.view.shelf.profiles:
        if not profile.managed and profile.home == home:
            _settle_parked(work, profile, merge)
    if not work.narrow:
        for folder in half_made(work.context.roots.profiles):
            _settle_half_made(work, folder, merge)
        for path in litter(work.context.roots.state):
            remove_leftover(work, path)
    for folder in (home, folder_of(work.context, home)):
        for path in litter(folder):
            remove_leftover(work, path)


def _settle_document(work: Work, path: str, home: str, merge: Merge) -> None:
    """Save a temporary document; a mixture, and what cannot be read, is kept among the backups."""
    copy = read_leftover(path)
    if copy is None or not work.is_trusted(path):
        return
    document = copy.document
    if is_torn_name(path) and is_being_written(copy, work.context.now()):
        return
    if document is None or document.is_mixture:
        # Space that was only reserved is all zeros.
        if copy.raw.strip(b"\0 \n"):
            keep_stray(work, copy, home)
    elif document.identity is not None:
        if not identities_in(copy) <= work.needs.identities:
            return
        profile = merge(work, copy, update_home=None)
        saved = read_copy(own_place(profile))
        if saved is None or not (saved.raw == copy.raw or is_used_up(work, copy, saved)):
            # It may have lost to another sign-in, or a key may ride in it (R9).
            keep_stray(work, copy, home)
    remove_leftover(work, path)


def _settle_half_made(work: Work, folder: str, merge: Merge) -> None:
    copies = documents_in(folder)
    if all(identities_in(copy) <= work.needs.identities for copy in copies):
        for copy in copies:
            merge(work, copy, update_home=None)
            keep_stray(work, copy, work.context.home)
        drop_half_made(work, folder)


def _settle_parked(work: Work, profile: Profile, merge: Merge) -> None:
    """Bring back what waited in our folder while a registered home was away (R8)."""
    parked = read_copy(profile.parked_path)
    if parked is None or not is_there(profile) or was_emptied(profile):
        return
    if not identities_in(parked) or not identities_in(parked) <= work.needs.identities:
        return
    there = read_copy(profile.auth_path)
    theirs, ours = there.document if there is not None else None, parked.document
    if theirs is None or ours is None or same_lineage(theirs, ours):
        merge(work, parked, update_home=None, profile=profile)
    keep_stray(work, parked, profile.home)
    remove_leftover(work, profile.parked_path)
    work.say(f"{profile.name}: its home is back and has its newest login again")
