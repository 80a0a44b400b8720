"""Save a new login into a profile, once it is whole (R1, R4, R9, R13).

Nothing of the old login changes before that. Another identity than the profile's is never written over it: it becomes
a profile of its own, unless the person says otherwise. The login that is replaced is not revoked; it rests in the
backups of its home. Who obtains the new one is `profiles.oauth`.
"""

from __future__ import annotations

from typing import NamedTuple

from profiles.adoption import adopt, describe, free_name, make_profile
from profiles.errors import LoginMismatch, ProfileNotFound, StoreNotWritable
from profiles.generation import Copy, copy_of, read_copy
from profiles.guard import put
from profiles.history import Entry, iso, last_switched_to, note
from profiles.login_target import METHODS, LoginTarget, prepare, whose
from profiles.paths import AUTH_FILE
from profiles.profile_file import ProfileFile, save_profile_file
from profiles.reconcile import Live, merge_copy, needs_of_profile, reconcile_live, sight_of
from profiles.seen import remember
from profiles.settling import settle_leftovers
from profiles.store import check_name
from profiles.work import Work, enter, is_there

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.context import Context
    from profiles.discovery import Profile
    from profiles.model import Identity
    from profiles.work import Needs, View

#: What to do with a login of another identity than the profile's: raise, make a profile of it, or put it there.
ASK, NEW, REPLACE = "ask", "new", "replace"


class SavedLogin(NamedTuple):
    """Where a login went. `active`: the active home has it, too. `mismatch`: the profile is not the one asked for."""

    name: str
    email: str | None
    account_id: str | None
    kind: str
    active: bool
    mismatch: bool
    said: list[str]


def save_login(
    context: Context, name: str, document: AuthDocument, *, on_mismatch: str = ASK
) -> SavedLogin:
    """Save a whole login into the profile `name`, making it when there is none; an active one's home gets it, too.

    Raises LoginMismatch (only with ASK; nothing was written), and StoreError when it could not be made durable: the
    document is then still in memory alone, and this can be called again.
    """
    check_name(name)
    identity = document.identity
    if identity is None:
        message = "only a document with a login can be saved"
        raise ValueError(message)
    now_ns = int(context.now() * 1e9)
    new = copy_of(f"{context.roots.profiles}/{name}/{AUTH_FILE}", document.raw, now_ns)
    with enter(context, lambda view: _needs(view, name, identity)) as work:
        profile = _find(work, name)
        if profile is None:
            saved = _save_as_new(work, name, new, document)
        elif _fits(work, profile, identity):
            saved = _save_into(work, profile, new, document)
        else:
            if on_mismatch == ASK:
                raise _mismatch(work, profile, document)
            saved = (
                _save_instead(work, profile, new, document)
                if on_mismatch == REPLACE
                else _save_beside(work, profile, new, document)
            )
        _note(work, saved, identity)
        return saved


def _needs(view: View, name: str, identity: Identity) -> Needs:
    try:
        profile = view.shelf.find(name)
    except ProfileNotFound:
        return view.needs([identity])
    theirs = needs_of_profile(view, profile)
    ours = view.needs([identity])  # the homes of other profiles that have it, too
    return theirs._replace(
        identities=theirs.identities | ours.identities, homes=theirs.homes | ours.homes
    )


def _find(work: Work, name: str) -> Profile | None:
    try:
        return work.profile(name)
    except ProfileNotFound:
        return None


def _fits(work: Work, profile: Profile, identity: Identity) -> bool:
    expected = work.identity_of(profile)
    return expected is None or expected == identity


def _mismatch(work: Work, profile: Profile, document: AuthDocument) -> LoginMismatch:
    expected, found = whose(profile), describe(document)
    if expected == found and document.identity is not None and document.identity.account_id:
        found = f"{found} of the workspace {document.identity.account_id}"
    theirs = _profiles_with(work, document)
    where = f"in the profile {theirs[0]}, whose it is" if theirs else "as a new profile"
    return LoginMismatch(
        profile.name,
        expected,
        found,
        theirs[0] if theirs else None,
        f"save it {where}, or log in as the one expected",
    )


def _profiles_with(work: Work, document: AuthDocument) -> list[str]:
    """Return the profiles that have this very identity, the one first that the active home was last switched to."""
    identity = document.identity
    if identity is None:
        return []
    names = sorted(profile.name for profile in work.profiles_of(identity))
    last = last_switched_to(work.context, work.context.home, identity.digest())
    return sorted(names, key=lambda name: name != last)


def _save_as_new(work: Work, name: str, new: Copy, document: AuthDocument) -> SavedLogin:
    """Make the profile, with the login in it before it gets its name.

    A live login of nobody's, and of this very identity, is this profile's older one; any other takes another name.
    """
    live = work.view.live
    held = live.document if live is not None and work.is_trusted(live.path) else None
    mine = held is not None and not held.is_mixture and held.identity == document.identity
    if live is not None and mine and not work.profiles_of(live_identity(live)):
        make_profile(work, name, _fields(work, document), live)
        return _save_into(work, work.profile(name), new, document)
    profile = make_profile(work, name, _fields(work, document), new)
    others = [other for other in _profiles_with(work, document) if other != name]
    work.say(f"saved {describe(document)} as the profile {name}")
    if others:
        have = f"{others[0]} has" if len(others) == 1 else f"{', '.join(others)} have"
        work.say(f"{have} a login of the same identity, too; each works with its own tokens")
    return _saved(work, profile, document, active=False)


def live_identity(copy: Copy) -> Identity:
    """Return the identity of a copy that is known to have one."""
    document = copy.document
    if document is None or document.identity is None:
        message = "a copy without a login has no identity"
        raise ValueError(message)
    return document.identity


def _fields(work: Work, document: AuthDocument) -> ProfileFile:
    return ProfileFile(
        created=iso(work.context.now()), identity=document.identity, email=document.email
    )


def _save_into(work: Work, profile: Profile, new: Copy, document: AuthDocument) -> SavedLogin:
    """Replace the profile's login by a newer one of the same identity; the older one rests in the backups (R9)."""
    live = reconcile_live(work, update_live=False)
    settle_leftovers(work, profile.home, merge_copy)
    profile = work.profile(profile.name)
    path = profile.auth_path if is_there(profile) else profile.parked_path
    _put(work, path, new)
    if profile.fields.identity is None:
        fields = profile.fields._replace(identity=document.identity, email=document.email)
        save_profile_file(work.context, profile.folder, fields)
        work.learnt(profile._replace(fields=fields))
    work.say(f"saved the new login of {describe(document)} in the profile {profile.name}")
    if path == profile.parked_path and not profile.managed:
        work.say(f"{work.show(profile.home)} cannot be written; it gets the login when it is back")
    return _saved(work, profile, document, active=_renew_active(work, live, profile, new))


def _renew_active(work: Work, live: Live, profile: Profile, new: Copy) -> bool:
    """Give the login to the active home, too, where this profile is the active one; what stays there would be older."""
    if live.stuck is not None or live.profile is None or live.profile.name != profile.name:
        return False
    _put(work, work.live_path, new)
    remember(work.context, work.context.home, sight_of(new, profile))
    if any(process.home == work.context.home for process in work.context.processes()):
        work.say("a codex that runs now keeps the old login until it is restarted")
    return True


def _save_beside(work: Work, profile: Profile, new: Copy, document: AuthDocument) -> SavedLogin:
    """Put a login that is not the one expected into its own profile, or make it one; no login is ever dropped."""
    error = _mismatch(work, profile, document)
    if error.belongs_to is not None:
        work.say(f"{error.message}: it goes into the profile {error.belongs_to}, whose it is")
        theirs = work.profile(error.belongs_to)
        return _save_into(work, theirs, new, document)._replace(mismatch=True)
    made = make_profile(work, free_name(work, document), _fields(work, document), new)
    work.say(f"{error.message}: it is saved as the new profile {made.name}")
    return _saved(work, made, document, active=False)._replace(mismatch=True)


def _save_instead(work: Work, profile: Profile, new: Copy, document: AuthDocument) -> SavedLogin:
    """Let the profile be this login's from now on; the login that it had becomes a profile of its own first."""
    reconcile_live(work, update_live=False)
    settle_leftovers(work, profile.home, merge_copy)
    profile = work.profile(profile.name)
    path = profile.auth_path if is_there(profile) else profile.parked_path
    old = read_copy(path)
    if old is not None and old.document is not None and old.document.identity is not None:
        adopt(work, old, f"the login that {profile.name} had")
    fields = profile.fields._replace(identity=document.identity, email=document.email)
    save_profile_file(work.context, profile.folder, fields)
    profile = profile._replace(fields=fields)
    work.learnt(profile)
    _put(work, path, new)
    work.say(f"{profile.name} is now {describe(document)}")
    return _saved(work, profile, document, active=False)


def _put(work: Work, path: str, new: Copy) -> None:
    def save(stray: Copy) -> None:
        merge_copy(work, stray, update_home=None)

    put(work, path, new.raw, new.modified_ns, save)


def _saved(work: Work, profile: Profile, document: AuthDocument, *, active: bool) -> SavedLogin:
    account = document.identity.account_id if document.identity is not None else None
    return SavedLogin(
        profile.name, document.email, account, document.kind, active, False, work.said
    )


def _note(work: Work, saved: SavedLogin, identity: Identity) -> None:
    """Note it. The login is durable already: that it could not be noted is said, and no reason to call it a failure."""
    entry = Entry(
        work.context.now(), "login", saved.name, identity.digest(), work.context.home, "saved"
    )
    try:
        note(work.context, entry)
    except StoreNotWritable as error:
        work.say(f"the login could not be noted in the history: {error.message}")


__all__ = [
    "ASK",
    "METHODS",
    "NEW",
    "REPLACE",
    "LoginTarget",
    "SavedLogin",
    "prepare",
    "save_login",
]
