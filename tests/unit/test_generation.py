"""`generation`: comparing copies is fair to both sides, and a rotation always wins over what it replaced (R2, R3)."""

from __future__ import annotations

import functools
import os
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.generation import (
    BY_NOTHING,
    Copy,
    compare,
    copy_of,
    known_same_lineage,
    read_copy,
    same_lineage,
)
from tests.support.documents import BROKEN
from tests.support.tokens import DAY, HOUR, NOON, Document, Login, Person, rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

NOW = float(NOON + 30 * DAY)


@functools.cache
def _document(login: Login) -> Document:
    return login.document()


def _copy(login: Login, refreshed: str | None, modified: int) -> Copy:
    document = _document(login).having(last_refresh=... if refreshed is None else refreshed)
    return copy_of("made", document.data(), modified)


#: Logins of one identity, with everything that a comparison looks at varied, absurd values too.
LOGINS = st.builds(
    replace,
    st.just(Login(Person("ada"))),
    lineage=st.sampled_from(["first", "second"]),
    generation=st.integers(0, 2),
    issued_at=st.sampled_from([NOON, NOON + HOUR, NOON + 29 * DAY, NOON + 90 * DAY]),
    life=st.sampled_from([HOUR, 10 * DAY]),
    owner=st.booleans(),
    opaque=st.booleans(),
    with_sid=st.booleans(),
    with_iat=st.booleans(),
    with_exp=st.booleans(),
    with_refresh_token=st.sampled_from([True, True, True, False]),
)
TIMES = st.sampled_from(
    [None, rfc3339(NOON), rfc3339(NOON, 5), rfc3339(NOON + HOUR), rfc3339(NOW + DAY)]
)
MTIMES = st.integers(0, 3)
GARBAGE = st.sampled_from([copy_of("made", raw, 2) for raw in list(BROKEN.values())[:3]])
COPIES = st.one_of(st.builds(_copy, LOGINS, TIMES, MTIMES), GARBAGE)
SPENT = st.sets(st.integers(0, 2))


def _is_spent(copies: tuple[Copy, ...], spent: set[int]) -> functools.partial[bool]:
    digests = {copies[i].refresh_digest for i in spent if i < len(copies)}
    return functools.partial(digests.__contains__)


@given(COPIES, COPIES, SPENT)
@settings(max_examples=300)
def test_neither_side_matters(one: Copy, two: Copy, spent: set[int]) -> None:
    """Whoever is asked first: the verdict is the same with its sign turned, by the same evidence."""
    is_spent = _is_spent((one, two), spent)
    there, back = compare(one, two, NOW, is_spent), compare(two, one, NOW, is_spent)
    assert there.order == -back.order
    assert there.by == back.by
    assert compare(one, one, NOW, is_spent).order == 0


@given(
    st.builds(
        _copy, LOGINS.map(lambda login: replace(login, with_refresh_token=True)), TIMES, MTIMES
    ),
    st.builds(
        _copy, LOGINS.map(lambda login: replace(login, with_refresh_token=False)), TIMES, MTIMES
    )
    | GARBAGE,
    SPENT,
)
def test_what_codex_would_not_load_never_wins(one: Copy, two: Copy, spent: set[int]) -> None:
    """Over one that loads and has a refresh token, whatever the times, and whether or not that one is spent."""
    assert compare(one, two, NOW, _is_spent((one, two), spent)).order == 1


@given(LOGINS, TIMES, st.integers(0, 3), st.integers(1, 20 * DAY), st.integers(0, 3))
def test_the_newest_of_a_family_wins(
    login: Login, refreshed: str | None, then: int, after: int, modified: int
) -> None:
    """A refresh later wins over what it replaced, whatever the mtimes, if the tokens tell their time at all."""
    login = replace(login, issued_at=NOON, with_iat=True, opaque=False, with_refresh_token=True)
    old = _copy(login, refreshed, then)
    new = _copy(login.rotate(after), refreshed, modified)
    assert compare(new, old, NOW, lambda _d: False).order == 1


@given(st.permutations(range(4)), st.booleans())
def test_a_chain_of_rotations_has_one_newest(order: list[int], opaque: bool) -> None:
    """Seen in any order, with times or with `last_refresh` alone, the last one wins."""
    login = replace(Login(Person("ada")), opaque=opaque)
    chain = [login]
    for _ in range(3):
        chain.append(chain[-1].rotate(60))
    copies = [copy_of("made", _document(each).data(), 0) for each in chain]
    newest = copies[order[0]]
    for index in order[1:]:
        if compare(copies[index], newest, NOW, lambda _d: False).order > 0:
            newest = copies[index]
    assert newest is copies[3]


@given(LOGINS, LOGINS)
def test_lineage_is_fair_and_knows_itself(one: Login, two: Login) -> None:
    """Symmetric; known kin is kin; a login is its own kin; another person's never is."""
    first, second = (copy_of("made", _document(each).data(), 0).document for each in (one, two))
    assert first is not None
    assert second is not None
    assert same_lineage(first, second) == same_lineage(second, first)
    assert known_same_lineage(first, second) == known_same_lineage(second, first)
    assert same_lineage(first, first)
    assert not known_same_lineage(first, second) or same_lineage(first, second)
    stranger = copy_of("made", _document(two.of(Person("bob"))).data(), 0).document
    assert stranger is not None
    assert not same_lineage(first, stranger)


def test_a_full_tie_is_told() -> None:
    """Equal in everything that counts: nobody is newer, and that is the evidence."""
    login = Login()
    one, two = _copy(login, None, 1), _copy(login, None, 2)
    assert compare(one, two, NOW, lambda _d: False) == (0, BY_NOTHING)


def test_read_copy_of_whatever_is_there(box: Box) -> None:
    """A missing file is None; a folder, a pipe and a dead link are copies without a document, and nothing hangs."""
    assert read_copy(f"{box.path}/nothing") is None
    os.mkfifo(f"{box.path}/pipe")
    os.symlink("nowhere", f"{box.path}/dead")
    os.symlink("round", f"{box.path}/round")
    assert read_copy(f"{box.path}/dead") is None
    for name in ("pipe", "home", "round"):
        copy = read_copy(f"{box.path}/{name}")
        assert copy is not None
        assert (copy.document, copy.raw) == (None, b"")
        assert copy.problem
    path = Login().write(f"{box.path}/whole")
    copy = read_copy(path)
    assert copy is not None
    assert copy.raw == Login().document().data()
    found = os.stat(path)
    assert (copy.inode, copy.mode, copy.modified_ns) == (
        (found.st_dev, found.st_ino),
        found.st_mode,
        found.st_mtime_ns,
    )
    assert Login().refresh_token not in repr(copy)
