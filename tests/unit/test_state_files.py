"""Small state files: read and replaced under a lock of their own, whoever else is at work (R13)."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from profiles.context import make_context
from profiles.marks import LOGIN_NEEDED, UNCERTAIN, change_mark, load_marks, set_mark
from profiles.reconcile import merge_copy
from profiles.seen import Sight, last_seen, remember
from profiles.work import Needs, enter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def test_r13_many_at_once_lose_no_mark(box: Box) -> None:
    """Eight refreshes remember something at the same moment: all of it is there afterwards."""
    context = make_context()._replace(sleep=lambda _: None)
    digests = [f"{number:032x}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda digest: set_mark(context, digest, UNCERTAIN, "why"), digests))
    assert set(load_marks(context)) == set(digests)


def test_r13_many_at_once_lose_no_sight(box: Box) -> None:
    """Likewise for what was seen in several homes."""
    context = make_context()._replace(sleep=lambda _: None)
    homes = [f"/home/{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda home: remember(context, home, Sight("i", "t", home)), homes))
    assert all(last_seen(context, home) == Sight("i", "t", home) for home in homes)


def test_a_mark_is_made_worse_changed_and_removed(box: Box) -> None:
    """`login-needed` is never weakened; whoever knows better takes a mark away."""
    context = make_context()
    digest = "0" * 32
    set_mark(context, digest, LOGIN_NEEDED, "used")
    set_mark(context, digest, UNCERTAIN, "perhaps")
    assert load_marks(context)[digest].state == LOGIN_NEEDED
    change_mark(context, digest, lambda _: None)
    assert load_marks(context) == {}


def test_a_narrow_look_removes_nothing_of_others(box: Box) -> None:
    """Who works on one login beside others leaves their temporary files in our own folders alone."""
    from profiles.settling import settle_leftovers

    context = make_context()
    remember(context, "/home/1", Sight("i", "t", "p"))
    os.makedirs(context.roots.profiles, exist_ok=True)
    theirs = [
        f"{context.roots.state}/.seen.json.switchyard-1-2",
        f"{context.roots.profiles}/.new-1-2",
    ]
    open(theirs[0], "wb").close()
    os.mkdir(theirs[1])
    nothing = Needs(frozenset(), frozenset())
    with enter(context, lambda _: nothing, names=()) as work:
        settle_leftovers(work, context.home, merge_copy)
        assert all(os.path.exists(path) for path in theirs)
    with enter(context, lambda _: nothing) as work:
        settle_leftovers(work, context.home, merge_copy)
        assert not any(os.path.exists(path) for path in theirs)
