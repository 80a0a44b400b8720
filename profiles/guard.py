"""The one way to replace or remove an auth.json (R4).

Whatever verb it is: the bytes that are there are kept first, and the newest copy of each login in them is durable in
another file before they go. A verb that cannot have that is refused. `--anyway` never skips it.
"""

from __future__ import annotations

import os

from profiles import backups
from profiles.atomic import PRIVATE_FILE, Replaced, Reservation, not_writable, replace_file
from profiles.errors import AuthFileInsecure, AuthFileMalformed, StoreNotWritable
from profiles.generation import (
    Copy,
    compare,
    copy_of,
    known_same_lineage,
    read_copy,
    read_open,
)
from profiles.leftovers import is_being_written, torn_name
from profiles.ownership import why_folder_not_trusted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.auth_file import Login
    from profiles.work import Work

    #: Saves a login that nothing else holds, as or into a managed profile.
    Saver = Callable[[Copy], None]

#: How often a file may change between our last look and the exchange before we give up.
CHANGES_IN_BETWEEN = 20


def place_of(work: Work, path: str) -> str:
    """Return the file that a write to `path` must replace.

    A link stays and its target is replaced, as Codex does, unless the target is another profile's file: then the link
    itself goes. Raises AuthFileInsecure when others may write where the link leads (R8), and AuthFileMalformed when a
    folder, a pipe or a device stands there: whatever it is for, it is nobody's login.
    """
    target = os.path.realpath(path)
    if os.path.islink(target):
        # A circle: nothing can be read or written through it, so the link itself is replaced.
        return path
    if os.path.lexists(target) and not os.path.isfile(target):
        what = "is a folder" if os.path.isdir(target) else "is no file but a pipe or device"
        where = f"leads to {target}, which {what}" if os.path.islink(path) else what
        raise AuthFileMalformed(path, "", where, f"move it away: mv {path} {path}.old")
    if not os.path.islink(path):
        return path
    folder = os.path.dirname(target)
    for profile in work.view.shelf.profiles:
        elsewhere = profile.auth_path != path
        if elsewhere and os.path.realpath(profile.auth_path) == target:
            return path
    if not os.path.isdir(folder):
        return path
    distrust = why_folder_not_trusted(work.context, folder)
    if distrust is not None:
        raise AuthFileInsecure(
            path, f"{path} leads to {target}: {distrust}", f"look at it with: ls -ld {folder}"
        )
    return target


def put(work: Work, path: str, raw: bytes, modified_ns: int, save: Saver) -> bool:
    """Make an auth.json hold `raw`, the present content being guarded; return whether anything changed.

    Raises StoreNotWritable, AuthFileInsecure and AuthFileMalformed; what was there is then still there.
    """
    real = place_of(work, path)
    present = read_copy(real)
    if present is not None and present.raw == raw and present.document is not None:
        if _has_one_name(real):
            tighten(work, present)
            return False
        replace_file(work.context.files, real, raw, modified_ns)
        return True
    if present is not None and os.path.islink(real):
        # Only the link goes; what it leads to stays where it is.
        backups.keep(
            work.context, os.path.realpath(os.path.dirname(path)), present.raw, present.modified_ns
        )
        replace_file(work.context.files, real, raw, modified_ns)
        return True
    _exchange(work, path, real, copy_of(real, raw, modified_ns), save)
    return True


def _exchange(work: Work, path: str, real: str, incoming: Copy, save: Saver) -> None:
    """Put `incoming` in the place of what is there, once that is safe.

    Everything that may take long is done before: Codex's own lock of the file is held for a last comparison and the
    exchange of names alone (R13). What changed in between is made safe first, too.
    """
    present = read_copy(real)
    for _ in range(CHANGES_IN_BETWEEN):
        if present is not None:
            guard(work, present, os.path.dirname(path), incoming, save)
        with Reservation(work.context.files, real, len(incoming.raw)) as reserved:
            reserved.fill(incoming.raw, incoming.modified_ns)
            read = present
            with work.file_lock(real):
                present = read_copy(real)
                if _is_same(present, read):
                    replaced = reserved.exchange()
                    break
    else:
        raise _changes_again_and_again(real)
    if replaced is not None and read is not None:
        before = read
        work.before_release(lambda: _settle_replaced(work, replaced, before, save))
    reserved.settle()


def take_away(work: Work, path: str, is_it: Callable[[Copy], bool]) -> bool:
    """Remove an auth.json that a person wants gone, its bytes being kept first; where it is a link, what it leads to.

    `is_it` says whether a copy still is what is meant; something else stays, and False is returned. The backup alone is
    its durable place, and stays for as long as the login may live (R5). Raises StoreNotWritable, AuthFileInsecure.
    """
    files = work.context.files
    for _ in range(CHANGES_IN_BETWEEN):
        real = place_of(work, path)
        present = read_copy(real)
        if present is not None and not is_it(present):
            return False
        try:
            if present is not None:
                keep_stray(work, present, os.path.dirname(path))
                with work.file_lock(real):
                    if not _is_same(read_copy(real), present):
                        continue
                    files.unlink(real)
                    files.sync_folder(os.path.dirname(real))
            if real != path and os.path.islink(path):
                files.unlink(path)
                files.sync_folder(os.path.dirname(path))
        except OSError as error:
            raise not_writable(path, error) from error
        return True
    raise _changes_again_and_again(path)


def _changes_again_and_again(path: str) -> StoreNotWritable:
    return StoreNotWritable(
        path,
        f"{path} was changed by something else again and again",
        "end what writes it, then repeat",
    )


def _is_same(one: Copy | None, two: Copy | None) -> bool:
    if one is None or two is None:
        return one is two
    return one.raw == two.raw and one.inode == two.inode


def _settle_replaced(work: Work, replaced: Replaced, read: Copy, save: Saver) -> None:
    """Save what was written to a replaced file since we read it, then let it go (R6).

    Codex up to 0.98 and other tools truncate and rewrite in place: one that opened it before that still writes to the
    old one. What is half written, or of a login whose lock we do not hold, keeps a name: the next verb reads it (R7).
    """
    if replaced.path is not None:
        now = read_copy(replaced.path)
    else:
        now = read_open(replaced.descriptor, read.path)
        work.context.files.close(replaced.descriptor)
    if now is None:
        return
    unsettled = now.raw != read.raw and not _settle_late(
        work, now, os.path.dirname(read.path), save
    )
    if replaced.path is None:
        return
    if is_being_written(now, work.context.now()):
        _name_torn(work, replaced.path)
    elif not unsettled:
        remove_leftover(work, replaced.path)


def _settle_late(work: Work, now: Copy, home: str, save: Saver) -> bool:
    """Save what came after we had read; return whether all of it found its place."""
    if now.raw:
        keep_stray(work, now, home)
        work.say("something wrote to a login file while it was replaced; that was kept too")
    document = now.document
    if document is None or document.is_mixture:
        return True
    identities = {login.identity for login in document.logins()}
    if not identities <= work.needs.identities:
        return False
    if identities:
        save(now)
    return True


def _name_torn(work: Work, path: str) -> None:
    try:
        work.context.files.rename(path, torn_name(path))
    except OSError as error:
        raise not_writable(path, error) from error


def _has_one_name(path: str) -> bool:
    """Say whether no hard link shares the file: Codex 0.169 drops its rotated token then (profiles/CODEX.md, C15)."""
    try:
        return os.lstat(path).st_nlink == 1
    except OSError:
        return True


def tighten(work: Work, copy: Copy) -> None:
    """Close a file that is as it should be but for its mode; where that cannot be done, say so."""
    if copy.mode & 0o7777 == PRIVATE_FILE:
        return
    files = work.context.files
    try:
        descriptor = files.open(os.path.realpath(copy.path), os.O_RDONLY | os.O_NOFOLLOW)
        try:
            files.chmod(descriptor, PRIVATE_FILE)
        finally:
            files.close(descriptor)
    except OSError as error:
        mode = f"{copy.mode & 0o7777:04o}"
        why = os.strerror(error.errno or 0)
        work.say(f"{work.show(copy.path)} has mode {mode} and could not be closed to others: {why}")


def guard(work: Work, present: Copy, home: str, incoming: Copy | None, save: Saver) -> None:
    """See to it that nothing is lost when `present` goes and `incoming` (None: nothing) comes in its place.

    Raises StoreNotWritable: then it must not go.
    """
    if not present.mode:
        raise StoreNotWritable(
            present.path,
            f"{present.path} {present.problem}, so what is in it cannot be kept and nothing may replace it",
            f"look at it with: ls -l {present.path}; or make it readable: chmod 600 {present.path}",
        )
    if present.raw and not is_used_up(work, present, incoming):
        backups.keep(work.context, os.path.realpath(home), present.raw, present.modified_ns)
        work.at_end(lambda: prune(work, os.path.realpath(home)))
    document = present.document
    if document is None or document.is_mixture or not work.is_trusted(present.path):
        return
    login = next(iter(document.logins()), None)
    if login is None or work.spent.is_spent(present.refresh_digest):
        return
    if incoming is not None and _is_settled(work, present, incoming, login):
        return
    if not _is_elsewhere(work, present, login):
        save(present)
        if not _is_elsewhere(work, present, login):
            raise StoreNotWritable(
                present.path,
                f"{present.path} holds a login that could not be made safe elsewhere first",
                "save it under a name: tui add NAME",
            )


def is_used_up(work: Work, present: Copy, incoming: Copy | None) -> bool:
    """Say whether nothing in `present` is worth keeping: its only token is spent, and its successor comes (R5)."""
    document = present.document
    if document is None or incoming is None or document.is_mixture or len(document.logins()) > 1:
        return False
    return work.spent.is_spent(present.refresh_digest) and _is_kin(incoming, present)


def _is_settled(work: Work, present: Copy, incoming: Copy, login: Login) -> bool:
    """Say whether the caller, who chose the newest copy of one login, has done what must be done about `present`.

    A loser of a family that no profile has rests in the backups (R9). Raises StoreNotWritable when it was changed since
    the caller looked.
    """
    if incoming.document is None or incoming.document.identity != login.identity:
        return False
    if _is_kin(incoming, present):
        if compare(incoming, present, work.context.now(), work.spent.is_spent).order < 0:
            raise StoreNotWritable(
                present.path, f"{present.path} was changed by something else meanwhile", "repeat"
            )
        return True
    return not any(_is_kin(other, present) for other in _holders(work, present, login))


def _is_kin(one: Copy, two: Copy) -> bool:
    """Say whether two copies are known to be of one family (R2)."""
    if one.document is None or two.document is None:
        return False
    same_token = one.refresh_digest is not None and one.refresh_digest == two.refresh_digest
    return same_token or known_same_lineage(one.document, two.document)


def _holders(work: Work, present: Copy, login: Login) -> list[Copy]:
    """Return the copies of this login in profiles' files of another inode."""
    found = []
    for profile in work.profiles_of(login.identity):
        for path in dict.fromkeys((profile.auth_path, profile.parked_path)):
            other = read_copy(path)
            if other is None or other.document is None or other.inode == present.inode:
                continue
            if other.document.identity == login.identity:
                found.append(other)
    return found


def _is_elsewhere(work: Work, present: Copy, login: Login) -> bool:
    """Say whether a profile's file of another inode holds this login at least as new; bring that file to the disk.

    Where a profile has the very family, only that one counts: a newer sign-in beside it says nothing about this one.
    """
    holders = _holders(work, present, login)
    for other in [other for other in holders if _is_kin(other, present)] or holders:
        newer = compare(other, present, work.context.now(), work.spent.is_spent).order >= 0
        if newer or other.refresh_digest == present.refresh_digest:
            _sync(work, other.path)
            return True
    return False


def _sync(work: Work, path: str) -> None:
    """Codex does not always sync what it writes; what we rely on must be on the disk."""
    files = work.context.files
    try:
        descriptor = files.open(path, os.O_RDONLY)
        try:
            files.sync(descriptor)
        finally:
            files.close(descriptor)
        files.sync_folder(os.path.dirname(os.path.realpath(path)))
    except OSError as error:
        raise not_writable(path, error) from error


def prune(work: Work, home: str) -> None:
    """Remove needless backups of a home (R5)."""

    def is_needless(copy: Copy) -> bool:
        document = copy.document
        if document is None or document.is_mixture:
            return False
        for login in document.logins():
            if not (work.spent.is_spent(login.secret.digest()) or _has_newer(work, copy, login)):
                return False
        return bool(document.logins())

    backups.prune(work.context, home, is_needless)


def _has_newer(work: Work, copy: Copy, login: Login) -> bool:
    """Say whether a profile holds the very token, or a newer one of the same family."""
    old = copy.document
    for profile in work.profiles_of(login.identity):
        other = read_copy(profile.auth_path)
        if old is None or other is None or other.document is None:
            continue
        if any(mine.secret == login.secret for mine in other.document.logins()):
            return True
        if old.identity != login.identity or not known_same_lineage(old, other.document):
            continue
        if compare(other, copy, work.context.now(), work.spent.is_spent).order > 0:
            return True
    return False


def holds_login(copy: Copy | None, login: Login) -> bool:
    """Say whether the copy holds exactly this credential."""
    if copy is None or copy.document is None:
        return False
    return any(
        mine.identity == login.identity and mine.secret == login.secret
        for mine in copy.document.logins()
    )


def keep_stray(work: Work, copy: Copy, home: str) -> str:
    """Keep a document that goes nowhere among the backups of a home. Raises StoreNotWritable."""
    path = backups.keep(work.context, os.path.realpath(home), copy.raw, copy.modified_ns)
    work.at_end(lambda: prune(work, os.path.realpath(home)))
    return path


def remove_leftover(work: Work, path: str) -> None:
    """Remove a temporary document whose content is safe. Raises StoreNotWritable."""
    try:
        work.context.files.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise not_writable(path, error) from error
