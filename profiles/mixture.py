"""One file, two logins: tokens of one and the `account_id` of the other (R11).

Codex up to 0.163 makes it when auth.json is switched while it refreshes (profiles/CODEX.md). It is taken apart only
when our own history explains it; otherwise nothing is guessed.
"""

from __future__ import annotations

from profiles.auth_file import with_account
from profiles.generation import Copy, copy_of, read_copy
from profiles.guard import keep_stray, put
from profiles.history import last_switches
from profiles.marks import UNCERTAIN, set_mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.discovery import Profile
    from profiles.history import Entry
    from profiles.work import Work

    Merge = Callable[..., Profile]


def settle_mixture(work: Work, live: Copy, merge: Merge) -> Copy | None:
    """Take the live mixture apart, or keep it and say so. Returns the live copy after that, None when it stays.

    Raises StoreNotWritable.
    """
    document = live.document
    identity = document.identity if document is not None else None
    if document is None or document.tokens is None or identity is None:
        return None
    incoming = _installed(work, live)
    if incoming is None:
        _leave(work, live)
        return None
    raw = with_account(document, document.id_facts.account_id or "")
    outgoing = copy_of(live.path, raw, live.modified_ns, live.inode)
    owner = merge(work, outgoing, update_home=None)
    profile, saved = incoming

    def save(stray: Copy) -> None:
        merge(work, stray, update_home=None)

    put(work, work.live_path, saved.raw, saved.modified_ns, save)
    work.say(
        f"{work.show(work.live_path)} mixed two logins, as Codex before 0.169 leaves it when it refreshes during a "
        f"switch: the tokens went to {owner.name}, and {profile.name} is active again"
    )
    return read_copy(work.live_path)


def _installed(work: Work, live: Copy) -> tuple[Profile, Copy] | None:
    """Return the profile that was switched to when the mixture was made, if history shows just that."""
    document = live.document
    if document is None or document.tokens is None or document.identity is None:
        return None
    entry = _explaining_switch(work, live)
    if entry is None:
        return None
    account = document.tokens.account_id
    for profile in work.view.shelf.profiles:
        identity = work.identity_of(profile)
        if identity is None or identity.digest() != entry.identity:
            continue
        if identity.account_id != account or not work.is_trusted(profile.auth_path):
            continue
        saved = read_copy(profile.auth_path)
        if saved is None or saved.document is None or saved.document.identity != identity:
            continue
        digest = saved.refresh_digest
        used = work.spent.is_spent(digest) or work.spent.is_unanswered(digest)
        # Only what we installed, unrotated since: anything else may just have been used by somebody.
        if digest is not None and digest == entry.token and not used:
            return profile, saved
    return None


def _explaining_switch(work: Work, live: Copy) -> Entry | None:
    """Return this home's last switch, if it went from the tokens' identity and since their last known generation."""
    document = live.document
    if document is None or document.identity is None:
        return None
    entry = next(last_switches(work.context, work.context.home), None)
    if entry is None or entry.before_identity != document.identity.digest():
        return None
    issued = document.access_facts.issued_at
    for profile in work.profiles_of(document.identity):
        saved = read_copy(profile.auth_path)
        if saved is None or saved.document is None:
            continue
        known = saved.document.access_facts.issued_at
        if known is not None and (known > entry.time or (issued is not None and issued < known)):
            return None
    return entry


def _leave(work: Work, live: Copy) -> None:
    """Keep the document, touch nothing, and call the login uncertain."""
    document = live.document
    if document is None or document.identity is None:
        return
    path = keep_stray(work, live, work.context.home)
    reason = f"{work.show(work.live_path)} mixes its tokens with another workspace's account_id"
    names = []
    digests = {live.refresh_digest}
    for profile in work.profiles_of(document.identity):
        saved = read_copy(profile.auth_path)
        digests.add(saved.refresh_digest if saved is not None else None)
        names.append(profile.name)
    for digest in digests - {None}:
        set_mark(work.context, str(digest), UNCERTAIN, reason)
    who = " and ".join(names) or "its login"
    work.say(
        f"{who} is uncertain: {reason}; the file is left as it is, a copy is in {work.show(path)}"
    )
