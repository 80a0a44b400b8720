"""What is looked at before a login is refreshed: whether it can be, whether it is due, where its copies lie (R20)."""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles.generation import read_copy, same_lineage
from profiles.marks import LOGIN_NEEDED, load_marks
from profiles.model import CHATGPT, EMPTY, UNREADABLE
from profiles.paths import AUTH_FILE
from profiles.refresh_plan import Group, Options, expires_at, who_else_refreshes, why_not_due
from profiles.work import Work, own_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.generation import Copy

REFRESHED, FRESH, SKIPPED, NEEDED = "refreshed", "fresh", "skipped", "login-needed"
UNREACHABLE, UNSURE, FAILED = "unreachable", "uncertain", "failed"


class Outcome(NamedTuple):
    """What became of one login. `expires_at`: seconds since the epoch, UTC. `locked`: somebody else held a lock."""

    outcome: str
    reason: str | None = None
    expires_at: float | None = None
    locked: bool = False


#: A third time only a person can decide for, who says `--force` (R17, R19).
SENT_TWICE = "it was sent twice, and no answer told whether it still works"


def why_not(
    work: Work, copy: Copy, document: AuthDocument, group: Group, options: Options
) -> Outcome | None:
    """Say why this login is not to be sent; None when it is."""
    return (
        _unfit(work, copy, document, group)
        or _dead_or_doubtful(work, copy, document, group, options)
        or _not_now(work, copy, document, group, options)
    )


def _unfit(work: Work, copy: Copy, document: AuthDocument, group: Group) -> Outcome | None:
    ends = expires_at(document)
    if document.kind in (EMPTY, UNREADABLE):
        return Outcome(SKIPPED, "it is empty: there is no login in it")
    if document.kind != CHATGPT:
        return Outcome(SKIPPED, f"a login of the kind {document.kind} is never refreshed")
    if not work.is_trusted(copy.path):
        return Outcome(FAILED, f"{work.show(copy.path)} is not yours alone")
    if document.is_mixture:
        return Outcome(UNSURE, "the file mixes two logins", ends)
    if document.identity != group.identity:
        return Outcome(FAILED, "its file now holds another login", ends)
    if copy.refresh_digest is None:
        return Outcome(NEEDED, "there is no refresh token", ends)
    return None


def _dead_or_doubtful(
    work: Work, copy: Copy, document: AuthDocument, group: Group, options: Options
) -> Outcome | None:
    ends, digest = expires_at(document), copy.refresh_digest or ""
    mark = load_marks(work.context).get(digest)
    is_spent = work.spent.is_spent(digest)
    if mark is not None and mark.state == LOGIN_NEEDED and (is_spent or not options.force):
        return Outcome(NEEDED, mark.reason, ends)
    if is_spent:
        return Outcome(NEEDED, "its refresh token was used up elsewhere", ends)
    if digest in work.spent.twice and not options.force:
        return Outcome(UNSURE, SENT_TWICE, ends)
    if work.spent.is_unanswered(digest) and digest not in group.unanswered:
        return Outcome(UNSURE, "another command sent it just now and got no answer", ends)
    return None


def _not_now(
    work: Work, copy: Copy, document: AuthDocument, group: Group, options: Options
) -> Outcome | None:
    ends, digest = expires_at(document), copy.refresh_digest or ""
    doubtful = digest in load_marks(work.context) or work.spent.is_unanswered(digest)
    if not doubtful:
        if digest not in group.digests:
            return Outcome(FRESH, "something else refreshed it just now", ends)
        why = why_not_due(document, work.context.now(), options)
        if why is not None:
            return Outcome(FRESH, why, ends)
    why = who_else_refreshes(work.context, work.needs.homes, document)
    return None if why is None else Outcome(SKIPPED, why, ends)


def holders(work: Work, document: AuthDocument, group: Group) -> list[str]:
    """Return the files that this login is to be written to, the profile's own first."""
    paths = [own_place(work.profile(name)) for name in group.names]
    paths += [f"{home}/{AUTH_FILE}" for home in sorted(work.needs.homes)]
    found = []
    for path in dict.fromkeys(os.path.realpath(path) for path in paths):
        copy = read_copy(path)
        held = copy.document if copy is not None else None
        if held is not None and same_lineage(held, document):
            found.append(path)
    return found
