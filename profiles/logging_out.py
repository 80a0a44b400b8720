"""Log out: take a login out of every file that holds it; on request end it at the issuer first (R4, R5, R12, R13).

Each file is among the backups before any goes, and the profile's own goes last: whoever is stopped in between still
has the login there, and logs out again. The profile stays, empty, and knows whose it was.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles import backups, lock
from profiles.adoption import describe
from profiles.cache import FactCache
from profiles.discovery import load_shelf
from profiles.errors import AuthFileInsecure, ProfilesError, StoreNotWritable, SwitchRefused
from profiles.generation import Copy, read_copy, same_lineage
from profiles.guard import place_of, take_away
from profiles.history import Entry, check_writable, note
from profiles.model import CHATGPT, EMPTY
from profiles.ownership import why_not_trusted
from profiles.paths import AUTH_FILE, tilde
from profiles.processes import processes_of_home
from profiles.profile_file import save_profile_file
from profiles.reconcile import merge_copy, needs_of_profile, reconcile_live
from profiles.refusals import refuse_run_lock
from profiles.revoking import Revoke, end_login
from profiles.seen import last_seen, remember
from profiles.settling import settle_leftovers
from profiles.work import View, Work, enter, is_there, own_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from profiles.auth_file import AuthDocument
    from profiles.context import Context
    from profiles.discovery import Profile
    from profiles.model import Identity
    from profiles.work import Needs

#: Seconds for the login's lock: somebody may be refreshing it.
PATIENCE = 30.0


class LogoutPlan(NamedTuple):
    """What a logout would do. `holders` are the files that hold the login, the profile's own first; none: it is empty.

    `whose` is for people. `revocable` says whether there is anything that the issuer could end. `kind` as in the
    contract.
    """

    name: str
    whose: str
    holders: list[str]
    revocable: bool
    kind: str = EMPTY


class LogoutResult(NamedTuple):
    """What was done: the files that the login is gone from, in this order, and whether it was ended at the issuer.

    `kept` are the backups of these files, in the same order.
    """

    name: str
    removed: list[str]
    revoked: bool
    said: list[str]
    kept: tuple[str, ...] = ()


def plan_logout(context: Context, name: str) -> LogoutPlan:
    """Look which files hold the login of a profile. Writes nothing.

    Raises ProfileNotFound, SwitchRefused while a Codex uses the login, AuthFileInsecure, and ProfilesError for a file
    that does not hold the profile's login.
    """
    view = View(context, FactCache(context))
    profile = view.shelf.find(name)
    own = _own_copy(context, profile)
    live, identity = view.live, profile.fields.identity
    if own is None and live is not None and live.document is not None and identity is not None:
        # Not in its own file, and yet it is this profile's: it is written back there before it goes.
        own = live if live.document.identity == identity and not live.document.is_mixture else None
    document = own.document if own is not None else None
    if document is None or document.identity is None:
        return LogoutPlan(profile.name, "", [], revocable=False)
    paths = _candidates(view, profile, document.identity)
    found = [path for path in paths if _holds(path, document)]
    _refuse(context, profile.name, found, document.identity)
    revocable = document.kind == CHATGPT and document.tokens is not None
    return LogoutPlan(profile.name, describe(document), found, revocable, document.kind)


def logout(
    context: Context,
    name: str,
    *,
    revoke: Revoke | None = None,
    expected: Collection[str] | None = None,
) -> LogoutResult:
    """Take the login out of every file that holds it; with `revoke` only once the issuer has ended it.

    `expected` are the files that the person was told of: another one is a refusal. Raises what `plan_logout` raises;
    IssuerError when the issuer did not end it, with nothing removed; StoreError when a file could not be kept or
    removed: what is still there is as it was.
    """
    profile = load_shelf(context, FactCache(context)).find(name)
    name = profile.name
    with enter(context, lambda view: needs_of_profile(view, view.shelf.find(name))) as work:
        document = _newest(work, name)
        if document is None or document.identity is None:
            work.say(f"{name} is logged out already: there is no login in it")
            return LogoutResult(name, [], False, work.said)
        if revoke is None:
            return _remove(work, name, document, expected, revoked=False)
        said = work.said
        _check(work, name, document, expected)
    # The login's own lock alone is held over the network (R13): nobody refreshes it meanwhile.
    with lock.acquire(context, [lock.login_lock(context, document.identity)], PATIENCE) as login:
        end_login(context, profile, document, revoke)
        try:
            result = _remove_revoked(context, name, document, expected, login)
        except ProfilesError as error:
            told = f"{name} was revoked at the issuer all the same; repeat, and what is left goes"
            error.said = [*said, *error.said, told]
            raise
        return result._replace(said=list(dict.fromkeys([*said, *result.said])))


def _remove_revoked(
    context: Context,
    name: str,
    document: AuthDocument,
    expected: Collection[str] | None,
    login: lock.HeldLocks,
) -> LogoutResult:
    def needs(view: View) -> Needs:
        return needs_of_profile(view, view.shelf.find(name))

    with enter(context, needs, beside=login) as work:
        now = _newest(work, name)
        if now is None:
            return LogoutResult(name, [], True, work.said)
        if not same_lineage(now, document):
            raise SwitchRefused(
                f"{name} has got another login meanwhile, which was left alone", f"tui show {name}"
            )
        return _remove(work, name, now, expected, revoked=True)


# --- what is there ------------------------------------------------------------------------------------


def _own_copy(context: Context, profile: Profile) -> Copy | None:
    """Return the profile's own copy of its login; None when it is empty. Raises for anything else."""
    if profile.problem is not None:
        raise ProfilesError(
            f"{profile.name}: {profile.problem}", f"mend the file first: {profile.folder}"
        )
    path = own_place(profile)
    shown = tilde(path, context.user_home)
    copy = read_copy(path)
    if copy is None:
        return None
    why = why_not_trusted(context, path)
    if why is not None:
        raise AuthFileInsecure(path, f"{shown}: {why}", f"ls -ld {os.path.dirname(path)}")
    document, recorded = copy.document, profile.fields.identity
    if document is None:
        raise ProfilesError(
            f"{shown} cannot be read ({copy.problem}), so it is not known which login it is",
            f"look at it, or: tui delete {profile.name}",
        )
    if document.kind == EMPTY:
        return None
    if document.is_mixture or (recorded is not None and document.identity != recorded):
        what = "mixes two logins" if document.is_mixture else "holds another login than its own"
        raise ProfilesError(
            f"{profile.name} is broken: {shown} {what}", f"see whose it is: tui show {profile.name}"
        )
    return copy


def _newest(work: Work, name: str) -> AuthDocument | None:
    """Bring the profile up to its newest tokens, so that those are what is kept and revoked; None when it is empty."""
    reconcile_live(work, update_live=False)
    settle_leftovers(work, work.profile(name).home, merge_copy)
    profile = work.profile(name)
    copy = _own_copy(work.context, profile)
    if copy is None:
        return None
    merge_copy(work, copy, update_home=None, profile=profile)
    copy = read_copy(own_place(work.profile(name)))
    return copy.document if copy is not None else None


def _candidates(view: View, profile: Profile, identity: Identity) -> list[str]:
    """Return the files in which this login may be, the profile's own first, then other profiles', then the homes."""
    paths = [own_place(profile), profile.parked_path]
    for other in view.shelf.profiles:
        if other.name != profile.name and other.fields.identity in (identity, None):
            paths += [other.auth_path] if is_there(other) else []
            paths.append(other.parked_path)
    paths += [f"{home}/{AUTH_FILE}" for home in view.other_homes()]
    if view.context.active.problem is None:
        paths.append(f"{view.context.home}/{AUTH_FILE}")
    return list(dict.fromkeys(paths))


def _holds(path: str, document: AuthDocument) -> bool:
    return _is_kin(read_copy(path), document)


def _is_kin(copy: Copy | None, document: AuthDocument) -> bool:
    """Say whether a copy is of this very login; another sign-in of the same person is another login (R2)."""
    held = copy.document if copy is not None else None
    return held is not None and not held.is_mixture and same_lineage(held, document)


def _refuse(context: Context, name: str, holders: list[str], identity: Identity) -> None:
    """Raise while somebody uses the login, or a file that holds it is not ours alone."""
    processes = context.processes()
    for path in holders:
        home = os.path.dirname(path)
        for process in processes_of_home(home, processes):
            raise SwitchRefused(
                f"{process.command} (process {process.pid}) runs in {tilde(home, context.user_home)}: it would go on "
                f"with the login of {name}, and write it back",
                f"end it first (kill {process.pid})",
            )
        why = why_not_trusted(context, path)
        if why is not None:
            shown = tilde(path, context.user_home)
            raise AuthFileInsecure(path, f"{shown} holds this login: {why}", f"ls -ld {home}")
    is_held = os.path.exists(lock.run_lock(context, identity, shared=False).path)
    refusal = refuse_run_lock(context, identity) if is_held else None
    if refusal is not None:
        raise SwitchRefused(refusal.message, "end it first")


def _check(
    work: Work, name: str, document: AuthDocument, expected: Collection[str] | None
) -> list[str]:
    """Return the files that hold the login, the profile's own first. Raises when it must stay."""
    if document.identity is None:
        message = "only a document with a login is checked"
        raise ValueError(message)
    paths = _candidates(work.view, work.profile(name), document.identity)
    found = [path for path in paths if _holds(path, document)]
    _refuse(work.context, name, found, document.identity)
    strangers = [path for path in found if expected is not None and path not in expected]
    if strangers:
        raise SwitchRefused(
            f"{work.show(strangers[0])} holds this login by now, too", f"tui logout {name}"
        )
    for path in found:
        place_of(work, path)
    check_writable(work.context)
    return found


# --- what is done ---------------------------------------------------------------------------------------


def _remove(
    work: Work,
    name: str,
    document: AuthDocument,
    expected: Collection[str] | None,
    *,
    revoked: bool,
) -> LogoutResult:
    found = _check(work, name, document, expected)
    profile = work.profile(name)
    _remember_whose(work, profile, document)
    digest = document.identity.digest() if document.identity is not None else ""
    removed, kept = [], []
    for path in reversed(found):
        home = os.path.realpath(os.path.dirname(path))
        seen = last_seen(work.context, home)
        if seen is not None and seen.identity == digest:
            # Our own doing: nobody is to take it for a silent revocation (R12).
            remember(work.context, home, None)
        taken: list[Copy] = []

        def is_it(copy: Copy, taken: list[Copy] = taken) -> bool:
            taken[:] = [copy]
            return _is_kin(copy, document)

        if take_away(work, path, is_it):
            removed.append(path)
            kept += [_backup_of(work, home, copy) for copy in taken]
        else:
            work.say(f"{work.show(path)} was changed meanwhile and left alone")
    _note(work, name, digest, revoked=revoked)
    return LogoutResult(name, removed, revoked, work.said, tuple(kept))


def _backup_of(work: Work, home: str, copy: Copy) -> str:
    """Return the file among the backups in which a copy rests that was taken away (R5)."""
    for path in reversed(backups.kept(work.context, home)):
        known = read_copy(path)
        if known is not None and known.raw == copy.raw:
            return path
    return backups.folder_of(work.context, home)


def _remember_whose(work: Work, profile: Profile, document: AuthDocument) -> None:
    if profile.fields.identity is None or profile.fields.email is None:
        fields = profile.fields._replace(identity=document.identity, email=document.email)
        if fields != profile.fields:
            save_profile_file(work.context, profile.folder, fields)
            work.learnt(profile._replace(fields=fields))


def _note(work: Work, name: str, digest: str, *, revoked: bool) -> None:
    """Note it. It is done by now: that it could not be noted is said, and no reason to call it a failure."""
    result = "revoked" if revoked else "removed"
    entry = Entry(work.context.now(), "logout", name, digest, work.context.home, result)
    try:
        note(work.context, entry)
    except StoreNotWritable as error:
        work.say(f"it could not be noted in the history: {error.message}")


__all__ = ["LogoutPlan", "LogoutResult", "logout", "plan_logout"]
