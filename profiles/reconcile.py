"""The heart: the newest tokens of a login win and are durable before anything older goes (R3, R6, R7, R9, R10, R12).

Everything here runs under the locks of a `Work`. The order of writes is always: the profile first, then what else must
become equal, then the spent marks of what was replaced.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles.adoption import adopt
from profiles.auth_file import AuthDocument, with_carried_fields
from profiles.generation import (
    SURE,
    Copy,
    compare,
    copy_of,
    known_same_lineage,
    read_copy,
    same_lineage,
)
from profiles.guard import keep_stray, put, tighten
from profiles.history import last_switched_to
from profiles.leftovers import any_at, leftovers, read_leftover
from profiles.lock import WAIT
from profiles.marks import LOGIN_NEEDED, UNCERTAIN, load_marks, set_mark
from profiles.mixture import settle_mixture
from profiles.paths import AUTH_FILE
from profiles.profile_file import save_profile_file
from profiles.seen import Sight, last_seen, pending, remember
from profiles.settling import settle_all
from profiles.work import Needs, Work, enter, identities_in, is_there, own_place, was_emptied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from profiles.discovery import Profile
    from profiles.model import Identity
    from profiles.work import View

_NO_TOKEN = ""


class Report(NamedTuple):
    """What a writing verb did: the profile it adopted, the one it brought up to date, and what must be said.

    `moved`: a folder that was moved, from where and to where.
    """

    adopted: str | None
    written_back: str | None
    said: list[str]
    moved: tuple[str, str] | None = None


class Live(NamedTuple):
    """The active home after reconciling: its document, and the profile that it belongs to."""

    copy: Copy | None
    profile: Profile | None
    stuck: str | None = None


def report_of(work: Work) -> Report:
    """Sum up the work."""
    return Report(work.adopted, work.written_back, work.said)


def reconcile(context: Context, wait: float = WAIT) -> Report:
    """Bring the active home and its profile to the newest tokens; adopt a login that no profile has.

    Locks of others are waited for, `wait` seconds. Raises StoreLocked, StoreNotWritable, LocksUnsupported.
    """
    if context.active.problem is not None or not any_at(context.home, context.roots.profiles):
        return Report(None, None, [])
    with enter(context, lambda view: view.needs(()), wait) as work:
        reconcile_live(work, update_live=True)
        return report_of(work)


def needs_of_profile(view: View, profile: Profile) -> Needs:
    """Return what touching this profile's login touches."""
    facts = view.cache.auth_facts(profile.auth_path)
    identities = {i for i in (profile.fields.identity, facts.identity) if i is not None}
    identities |= identities_in(read_copy(profile.parked_path))
    for path in leftovers(profile.home):
        identities |= identities_in(read_leftover(path))
    return view.needs(identities, [profile.home] if is_there(profile) else [])


def reconcile_live(work: Work, *, update_live: bool) -> Live:
    """Reconcile the active home with its own profile; with `update_live` an older live file is brought up too.

    Raises StoreNotWritable; whatever was not written then is as it was.
    """
    settle_all(work, merge_copy)
    live = work.view.live = read_copy(work.live_path)
    _note_strangers(work, live)
    if live is None:
        return Live(None, None)
    if not work.is_trusted(live.path):
        return Live(live, None, "is not yours alone")
    document = live.document
    if document is None:
        path = keep_stray(work, live, work.context.home) if live.raw else None
        if path is not None:
            work.say(
                f"{work.show(work.live_path)} could not be read ({live.problem}); "
                f"its bytes are kept in {work.show(path)}"
            )
        return Live(live, None)
    if document.is_mixture:
        settled = settle_mixture(work, live, merge_copy)
        if settled is None:
            return Live(live, None, "mixes two logins")
        live, document = settled, settled.document
        work.view.live = live
    if document is None or document.identity is None:
        _remember(work, None, None)
        return Live(live, None)
    profile = merge_copy(work, live, update_home=work.live_path if update_live else None)
    for rider in document.logins()[1:]:
        # A key that rides in a ChatGPT document: the document itself is a durable place for it.
        if not _rider_is_safe(work, live, profile, rider.identity):
            keep_stray(work, live, work.context.home)
    live = read_copy(work.live_path) or live
    _remember(work, live, profile)
    return Live(live, profile)


def _rider_is_safe(work: Work, live: Copy, profile: Profile, rider: Identity) -> bool:
    saved = read_copy(profile.auth_path)
    if saved is not None and saved.inode != live.inode and rider in identities_in(saved):
        return True
    return any(rider in identities_in(read_copy(p.auth_path)) for p in work.profiles_of(rider))


def merge_copy(
    work: Work, copy: Copy, *, update_home: str | None, profile: Profile | None = None
) -> Profile:
    """Reconcile one copy of a login with its profile and its other homes; return the profile.

    `update_home` names the auth.json to bring up when it turns out to be the older one. `profile` is given when the
    copy is that profile's own file; else the one that it belongs to is chosen, or made. Raises StoreNotWritable.
    """
    document = copy.document
    if document is None or document.identity is None:
        message = "only a document with a login can be merged"
        raise ValueError(message)
    identity = document.identity
    profile = profile or choose_profile(work, identity, document, copy)
    if profile is None:
        where = f"the login in {work.show(copy.path)}"
        return adopt(work, copy, where)
    own_path = own_place(profile)
    saved = read_copy(own_path)
    if saved is not None and saved.inode == copy.inode and saved.path != copy.path:
        saved = _unshare(work, own_path, saved)
    others = _other_copies(work, identity, profile, copy)
    newest = _newest(work, copy, saved, others)
    raw = _carried(newest, [c for c in (saved, copy, *others) if c is not None])
    final = copy_of(newest.path, raw, newest.modified_ns)
    if _write_own(work, profile, own_path, saved, final) and newest is copy:
        work.written_back = profile.name
        work.say_spread(f"newer tokens of {profile.name} are now in its profile")
    _write_others(work, others, final)
    if update_home is not None and _is_older(work, copy, final):
        _put(work, update_home, final)
        work.say_spread(
            f"{work.show(update_home)} held older tokens of {profile.name}; it has the newest now"
        )
    elif update_home == copy.path:
        tighten(work, copy)
    losers = [c for c in (saved, copy, *others) if c is not None]
    _mark_losers(work, final, losers)
    return profile


def _unshare(work: Work, own_path: str, saved: Copy) -> Copy | None:
    """Give the profile a file of its own where a link made it one file with the live one (R4)."""
    from profiles.atomic import replace_file

    one_file = os.path.realpath(own_path) == os.path.realpath(work.live_path)
    if one_file and not os.path.islink(own_path):
        # The live file is the link: the profile's own file stays when that one goes.
        return saved
    replace_file(work.context.files, own_path, saved.raw, saved.modified_ns)
    return read_copy(own_path)


def choose_profile(
    work: Work, identity: Identity, document: AuthDocument, copy: Copy
) -> Profile | None:
    """Return the profile that a copy belongs to: of several one of its known family, then the one last switched to.

    A registered home is paired only with its own family (R9), and not where its file is a link to this very one (R4).
    """
    fitting: list[tuple[bool, bool, bool, str, Profile]] = []
    last = last_switched_to(work.context, work.context.home, identity.digest())
    for profile in work.profiles_of(identity):
        saved = read_copy(own_place(profile))
        held = saved.document if saved is not None else None
        family = held is not None and same_lineage(held, document)
        if not profile.managed and held is not None and not family:
            continue
        if was_emptied(profile) and saved is None and profile.name != last:
            # Logged out over there: nothing tells that this login is the one that was there.
            continue
        linked = saved is not None and saved.inode == copy.inode and saved.path != copy.path
        if linked and not profile.managed and os.path.islink(profile.auth_path):
            continue
        known = held is not None and known_same_lineage(held, document)
        fitting.append((not known, profile.name != last, not family, profile.name, profile))
    return min(fitting)[4] if fitting else None


def _other_copies(work: Work, identity: Identity, own: Profile, copy: Copy) -> list[Copy]:
    """Return the copies of this login in other homes that we hold the locks of."""
    paths = [p.auth_path for p in work.profiles_of(identity) if p.name != own.name and is_there(p)]
    paths += [f"{home}/{AUTH_FILE}" for home in work.view.other_homes()]
    if copy.path != work.live_path:
        paths.append(work.live_path)
    found = []
    for path in dict.fromkeys(paths):
        home = os.path.realpath(os.path.dirname(path))
        if home not in work.needs.homes or not work.is_trusted(path):
            continue
        other = read_copy(path)
        if other is None or other.document is None or other.inode == copy.inode:
            continue
        if other.document.identity == identity and not other.document.is_mixture:
            found.append(other)
    return found


def _newest(work: Work, copy: Copy, saved: Copy | None, others: list[Copy]) -> Copy:
    now, is_spent = work.context.now(), work.spent.is_spent
    newest = copy
    if saved is not None and compare(saved, newest, now, is_spent).order > 0:
        newest = saved
    for other in others:
        pool = [c.document for c in (copy, saved) if c is not None and c.document is not None]
        document = other.document
        kin = document is not None and any(same_lineage(document, mine) for mine in pool)
        if kin and compare(other, newest, now, is_spent).order > 0:
            newest = other
    return newest


def _carried(newest: Copy, pool: list[Copy]) -> bytes:
    """Return the newest bytes with the fields that old clients drop (R10)."""
    raw, document = newest.raw, newest.document
    for other in pool:
        if document is None or other.document is None or other is newest:
            continue
        if other.document.identity == document.identity:
            richer = with_carried_fields(document, other.document)
            if richer != raw:
                raw, document = richer, copy_of(newest.path, richer, newest.modified_ns).document
    return raw


def _write_own(work: Work, profile: Profile, path: str, saved: Copy | None, final: Copy) -> bool:
    """Make the profile's own file hold the newest; return whether that changed it."""
    changed = False
    if saved is None or saved.raw != final.raw:
        lost = saved is not None and saved.document is None and bool(saved.raw)
        changed = _put(work, path, final)
        if changed and lost and saved is not None:
            work.say(
                f"the saved file of {profile.name} could not be read ({saved.problem}); it is healed"
            )
    else:
        tighten(work, saved)
    if path == profile.parked_path and not profile.managed:
        what = "holds no login any more" if was_emptied(profile) else "cannot be written"
        work.say(
            f"{profile.name}: its home {work.show(profile.home)} {what}; "
            "its newest login is kept in our own folder until it is back"
        )
    document = final.document
    if profile.fields.identity is None and document is not None and document.identity is not None:
        fields = profile.fields._replace(identity=document.identity, email=document.email)
        save_profile_file(work.context, profile.folder, fields)
        work.learnt(profile._replace(fields=fields))
    return changed


def _write_others(work: Work, others: list[Copy], final: Copy) -> None:
    """Make the other homes of the same family equal to the newest (R9)."""
    if final.document is None:
        return
    for other in others:
        kin = other.document is not None and same_lineage(other.document, final.document)
        if kin and other.path != work.live_path and _is_older(work, other, final):
            _put(work, other.path, final)
            work.say_spread(
                f"{work.show(other.path)} held older tokens of this login; it has the newest now"
            )


def _is_older(work: Work, copy: Copy, final: Copy) -> bool:
    if copy.raw == final.raw or copy.refresh_digest == final.refresh_digest:
        return copy.document is None and copy.raw != final.raw
    return compare(final, copy, work.context.now(), work.spent.is_spent).order >= 0


def _put(work: Work, path: str, final: Copy) -> bool:
    def save(stray: Copy) -> None:
        merge_copy(work, stray, update_home=None)

    return put(work, path, final.raw, final.modified_ns, save)


def _mark_losers(work: Work, final: Copy, losers: list[Copy]) -> None:
    """Remember as spent what a newer copy of the same known family replaced (R10)."""
    if final.document is None:
        return
    digests = []
    for loser in losers:
        digest = loser.refresh_digest
        if loser.document is None or digest is None or digest == final.refresh_digest:
            continue
        verdict = compare(final, loser, work.context.now(), work.spent.is_spent)
        if (
            verdict.order > 0
            and verdict.by in SURE
            and known_same_lineage(final.document, loser.document)
        ):
            digests.append(digest)
    work.mark_spent(digests)
    if final.refresh_digest is not None and digests:
        _doubt(work, final.refresh_digest, digests)


def _doubt(work: Work, newest: str, older: list[str]) -> None:
    """Where an older token of the family was refused for good, the issuer may have ended all of it (R19)."""
    marks = load_marks(work.context)
    for digest in older:
        mark = marks.get(digest)
        if mark is not None and mark.state == LOGIN_NEEDED:
            reason = f"its older token was refused ({mark.reason}), which may have ended the login"
            set_mark(work.context, newest, UNCERTAIN, reason)


def sight_of(copy: Copy | None, profile: Profile | None) -> Sight | None:
    """Return what `seen.json` remembers of a document."""
    if copy is None or copy.document is None or copy.document.identity is None:
        return None
    digest = copy.refresh_digest or _NO_TOKEN
    return Sight(copy.document.identity.digest(), digest, profile.name if profile else "")


def _remember(work: Work, live: Copy | None, profile: Profile | None) -> None:
    remember(work.context, work.context.home, sight_of(live, profile))


def _note_strangers(work: Work, live: Copy | None) -> None:
    """Warn of the silent revocation when the login that was here changed or vanished without us (R12)."""
    before = last_seen(work.context, work.context.home)
    if before is None or (live is not None and live.document is None):
        return
    now = sight_of(live, None)
    if now is not None and now.identity == before.identity:
        return
    ours = pending(work.context, work.context.home)
    if now is not None and ours is not None and now.identity == ours.identity:
        return
    if live is not None and live.document is not None and live.document.is_mixture:
        return
    what = "was replaced" if now is not None else "is gone"
    for profile, digest in _holders_of(work, before):
        reason = (
            f"its login in {work.show(work.context.home)} {what} by something else; codex login and "
            "codex logout revoke the login that they replace or remove"
        )
        set_mark(work.context, digest, UNCERTAIN, reason)
        work.say(f"{profile.name} is uncertain: {reason}")
    if now is None:
        _remember(work, None, None)


def _holders_of(work: Work, sight: Sight) -> list[tuple[Profile, str]]:
    """Return the profiles of a login that was seen, and their tokens' digests; known spent ones left out.

    Another sign-in of the same person was not touched: with the very token, or by the name, of what was there only
    those profiles count.
    """
    found = []
    for profile in work.view.shelf.profiles:
        identity = work.identity_of(profile)
        if identity is None or identity.digest() != sight.identity:
            continue
        saved = read_copy(profile.auth_path)
        digest = saved.refresh_digest if saved is not None else None
        if digest is not None and not work.spent.is_spent(digest):
            found.append((profile, digest))
    very = [each for each in found if sight.token == each[1] or sight.profile == each[0].name]
    return very or found
