"""One login in two hands: whoever refreshes first ends the other's copy, for a refresh token works once."""

from __future__ import annotations

import os
import shlex
from typing import NamedTuple

from profiles.doctor.finding import ERROR, INFO, WARNING, Finding
from profiles.doctor.homes_places import (
    ACTIVE,
    PROFILE,
    USUAL,
    WINDOWS,
    Place,
    copy_in,
    foreign_places,
    own_places,
    shortened,
    words_for,
)
from profiles.doctor.homes_stores import stored_tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine
    from profiles.generation import Copy

#: A profile's own file and the active home hold one login by design: every verb of ours reconciles them.
_OURS, _REGISTERED, _ELSEWHERE = range(3)
_WHY_TWIN = (
    "A refresh token works once: whoever refreshes first gets the next one, and the other copy then answers "
    "“refresh token was already used”; the issuer may end both. Keep one holder: move every other copy away, and sign "
    "in there anew. Neither codex logout nor codex login there while the copy lies there: both revoke it for everybody."
)


class Holder(NamedTuple):
    """A file that holds a refresh token: how it is called, whose it is, and whether it holds nothing else."""

    path: str
    words: str
    hands: int
    inode: tuple[int, int]
    digests: frozenset[str]
    alone: bool
    place: Place | None = None
    copy: Copy | None = None


def holders(machine: Machine) -> list[Holder]:
    """Return every holder of a refresh token that can be seen: ours first, then what is elsewhere."""
    return machine.once("holders", lambda: _holders(machine))


def _holders(machine: Machine) -> list[Holder]:
    found = []
    for place in [*own_places(machine), *foreign_places(machine)]:
        copy = copy_in(machine, place)
        if copy is None or copy.refresh_digest is None:
            continue
        hands = _ELSEWHERE
        if place.role == ACTIVE or place.managed:
            hands = _OURS
        elif place.role == PROFILE:
            hands = _REGISTERED
        words, digests = words_for(machine, place), frozenset({copy.refresh_digest})
        found.append(Holder(place.auth, words, hands, copy.inode, digests, True, place, copy))
    for each in stored_tokens(machine):
        words = f"{each.tool} ({machine.short(each.path)})"
        alone = len(each.digests) == 1
        found.append(Holder(each.path, words, _ELSEWHERE, each.inode, each.digests, alone))
    # A link, or a second name, of one file is no second copy.
    return list({each.inode: each for each in reversed(found)}.values())[::-1]


def twins(machine: Machine) -> list[Finding]:
    """Find every copy of a login that somebody else than the keeper of its profile may refresh."""
    known = [each for each in holders(machine) if not _is_behind(machine, each)]
    copies: dict[str, tuple[Holder, list[Holder]]] = {}
    for holder in known:
        if holder.hands == _OURS:
            continue
        first = next((each for each in known if each.digests & holder.digests), holder)
        if first is not holder:
            copies.setdefault(first.path, (first, []))[1].append(holder)
    return [_twin(machine, first, others) for first, others in copies.values()]


def _is_behind(machine: Machine, holder: Holder) -> bool:
    """Tell whether it is a profile's file that waits for the active home's newer tokens: nobody uses these any more."""
    live = next((each for each in holders(machine) if _is_active(each)), None)
    is_ours = holder.hands == _OURS and holder is not live
    return is_ours and live is not None and _is_newer(machine, live, holder) is not None


def _is_active(holder: Holder) -> bool:
    return holder.place is not None and holder.place.role == ACTIVE


def _is_newer(machine: Machine, one: Holder, two: Holder) -> str | None:
    """Return by what evidence the first holds a later generation of the second's sign-in; None when it does not."""
    from profiles.generation import BY_SPENT, SURE, compare, known_same_lineage
    from profiles.spent import load_spent

    newer, older = one.copy, two.copy
    if newer is None or older is None or newer.document is None or older.document is None:
        return None
    if one.digests == two.digests or not known_same_lineage(newer.document, older.document):
        return None
    spent = load_spent(machine.context)
    verdict = compare(newer, older, machine.context.now(), spent.is_spent)
    sure = verdict.by in SURE or verdict.by == BY_SPENT
    return verdict.by if verdict.order > 0 and sure else None


def _twin(machine: Machine, first: Holder, others: list[Holder]) -> Finding:
    """Return the one finding about a login, whatever the number of its holders."""
    evidence = "\n".join(f"{each.words}: {each.path}" for each in (first, *others))
    # By design a registered home holds what is active; every other holder is one too many.
    extra = [each for each in others if first.hands != _OURS or each.hands != _REGISTERED]
    if not extra:
        return Finding(
            "copy.twin",
            INFO,
            "A registered home holds the active login, too",
            evidence,
            "Every switch and refresh of ours brings both to the newest tokens; Codex itself knows of one home only, "
            "so let it run with one of the two at a time.",
        )
    title = f"One login lies in {1 + len(others)} places"
    if len(others) == 1:
        title = f"One login lies in two places: {_short(others[0])} holds it, too"
    steps = [shlex.join(["mv", each.path, f"{each.path}.moved"]) for each in extra if each.alone]
    if not all(each.alone for each in extra):
        # A file with other logins, too, is not taken away: ours is made anew.
        name = _profile_of(machine, first)
        steps.append(
            f"tui login {name} --device-code"
            if name
            else "tui add NAME, then tui login NAME --device-code"
        )
    return Finding("copy.twin", WARNING, title, evidence, _WHY_TWIN, " && ".join(steps))


def _short(holder: Holder) -> str:
    place = holder.place
    if place is None:
        return holder.words.partition(" (")[0]
    if place.role == WINDOWS:
        return "Windows"
    return {PROFILE: f"the profile {shortened(place.name)}"}.get(place.role, "another home")


def _profile_of(machine: Machine, holder: Holder) -> str | None:
    if holder.place is not None and holder.place.role == PROFILE:
        return holder.place.name
    return machine.snapshot.active


def outrun(machine: Machine) -> list[Finding]:
    """Find out whether the active login was refreshed elsewhere: then the token here is used up."""
    live = next((each for each in holders(machine) if _is_active(each)), None)
    for each in holders(machine) if live is not None else ():
        # The Windows home has words of its own.
        if live is None or (each.place is not None and each.place.role == WINDOWS):
            continue
        by = _is_newer(machine, each, live)
        if by is not None:
            return [_outrun(machine, live, each, by)]
    return []


def _outrun(machine: Machine, live: Holder, newer: Holder, by: str) -> Finding:
    name = machine.snapshot.active
    usual = newer.place is not None and newer.place.role == USUAL
    if name is not None and (usual or newer.hands != _ELSEWHERE):
        fix = f"tui switch {name}"
    else:
        fix = shlex.join(["install", "-m", "600", newer.path, os.path.realpath(live.path)])
    return Finding(
        "copy.stale",
        ERROR,
        "The active login was refreshed elsewhere: the token here is used up",
        f"{live.words} holds an older copy than {newer.words} (by {by}):\n{live.path}\n{newer.path}",
        "They are two generations of one sign-in, and only the newest refresh token of it works. Codex will be told "
        "“refresh token was already used” as soon as it refreshes here.",
        fix,
    )
