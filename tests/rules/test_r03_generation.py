"""R3: which copy of a login is newer, and what never counts as newer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profiles.generation import (
    BY_EXPIRY,
    BY_ISSUED,
    BY_MODIFIED,
    BY_NOTHING,
    BY_REFRESH,
    BY_SPENT,
    BY_USABLE,
    Copy,
    compare,
    copy_of,
)
from profiles.marks import UNCERTAIN, set_mark
from tests.rules.yard import ADA, BOB, Yard, read, refresh_digest, write
from tests.support.documents import BROKEN
from tests.support.tokens import DAY, HOUR, NOON, Document, Login, rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

NOW = float(NOON + 6 * HOUR)
NEXT = ADA.rotate()
OPAQUE, OPAQUE_NEXT = replace(ADA, opaque=True), replace(NEXT, opaque=True)


def _copy(login: Login | Document | bytes, modified: float = NOW) -> Copy:
    raw = (
        login
        if isinstance(login, bytes)
        else (login.document() if isinstance(login, Login) else login).data()
    )
    return copy_of("made", raw, int(modified * 1e9))


def _refreshed(login: Login, when: str | None) -> Document:
    return login.document().having(last_refresh=... if when is None else when)


@pytest.mark.parametrize(
    ("newer", "older", "by"),
    [
        pytest.param(_copy(NEXT, 1), _copy(ADA, NOW), BY_ISSUED, id="iat beats mtime"),
        pytest.param(
            _copy(_refreshed(NEXT, rfc3339(NOON - DAY))),
            _copy(_refreshed(ADA, rfc3339(NOON + HOUR))),
            BY_ISSUED,
            id="iat beats last_refresh",
        ),
        pytest.param(_copy(OPAQUE_NEXT, 1), _copy(OPAQUE, NOW), BY_REFRESH, id="opaque tokens"),
        pytest.param(
            _copy(OPAQUE_NEXT, 1), _copy(ADA, NOW), BY_REFRESH, id="one opaque, one readable"
        ),
        pytest.param(
            _copy(_refreshed(replace(NEXT, with_iat=False), None)),
            _copy(_refreshed(replace(ADA, with_iat=False), None)),
            BY_EXPIRY,
            id="only exp",
        ),
        pytest.param(
            _copy(_refreshed(OPAQUE_NEXT, None), NOW),
            _copy(_refreshed(OPAQUE, None), NOW - 1),
            BY_MODIFIED,
            id="only mtime",
        ),
        pytest.param(
            _copy(_refreshed(OPAQUE_NEXT, rfc3339(NOW + HOUR)), NOW - 5),
            _copy(_refreshed(OPAQUE, rfc3339(NOON)), NOW - 9),
            BY_MODIFIED,
            id="last_refresh in the future says nothing",
        ),
        pytest.param(_copy(ADA, 1), _copy(b"{", NOW), BY_USABLE, id="not loadable"),
        pytest.param(
            _copy(ADA, 1),
            _copy(replace(NEXT, with_refresh_token=False), NOW),
            BY_USABLE,
            id="without a refresh token",
        ),
    ],
)
def test_r3_the_order_of_evidence(newer: Copy, older: Copy, by: str) -> None:
    """Loadable with a refresh token, then iat, last_refresh, exp, mtime; from both sides."""

    def never(_digest: str) -> bool:
        return False

    assert compare(newer, older, NOW, never) == (1, by)
    assert compare(older, newer, NOW, never) == (-1, by)


def test_r3_a_known_spent_copy_is_the_oldest() -> None:
    """However late its iat: a token known to be used up never wins over one that is not."""
    spent = _copy(NEXT)
    verdict = compare(spent, _copy(ADA), NOW, lambda d: d == spent.refresh_digest)
    assert verdict == (-1, BY_SPENT)


@pytest.mark.parametrize(("ahead", "by"), [(DAY, BY_ISSUED), (DAY + 1, BY_REFRESH)])
def test_r3_iat_more_than_a_day_ahead_counts_as_absent(ahead: int, by: str) -> None:
    """A clock that is a little wrong still counts; one that is absurd must not beat every later refresh."""
    strange = replace(ADA, issued_at=int(NOW) + ahead)
    strange_copy = _copy(_refreshed(strange, rfc3339(NOON - HOUR)))
    verdict = compare(strange_copy, _copy(NEXT), NOW, lambda _d: False)
    assert verdict.by == by
    assert verdict.order == (1 if by == BY_ISSUED else -1)


def test_r3_a_full_tie_is_a_tie() -> None:
    """Same tokens in different bytes: nobody is newer, whatever the mtime."""
    compact = copy_of("made", ADA.document().data().replace(b"\n", b""), 5)
    assert compare(_copy(ADA, 9), compact, NOW, lambda _d: False) == (0, BY_NOTHING)


def test_r3_full_tie_of_different_bytes_live_wins_the_other_goes_to_backups(box: Box) -> None:
    """The live bytes go to the profile, and the profile's own bytes are kept."""
    yard = Yard(box)
    saved = yard.save("ada", ADA.document().having(note="saved"))
    live = yard.live(ADA.document().having(note="live"))
    yard.age(live, 500)
    yard.age(saved, 100)
    before = read(saved)
    yard.reconcile()
    assert read(saved) == read(live)
    assert before in yard.backups(box.profile("ada"))


def test_r3_a_live_file_older_than_the_saved_one_is_brought_up(box: Box) -> None:
    """A copy that somebody put back over the live file does not push the profile's newer tokens out."""
    yard = Yard(box)
    yard.save("ada", NEXT)
    live = yard.live(ADA)
    yard.age(yard.saved("ada"), 5000)
    yard.age(live, 0)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), NEXT)
    assert yard.holds(live, NEXT)
    assert yard.is_spent(ADA)


def test_r3_an_iat_far_in_the_future_does_not_win_for_ever(box: Box) -> None:
    """A token with an absurd iat is replaced by what Codex refreshed later."""
    yard = Yard(box)
    absurd = replace(ADA, issued_at=int(yard.time) + 400 * DAY)
    yard.save("ada", _refreshed(absurd, rfc3339(NOON)))
    later = replace(ADA.rotate(), issued_at=int(yard.time) - 60)
    yard.live(later)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), later)


def test_r3_opaque_tokens_are_told_by_last_refresh(box: Box) -> None:
    """Without a readable token `last_refresh` decides, not the mtime of a file that was restored."""
    yard = Yard(box)
    yard.save("ada", OPAQUE_NEXT)
    live = yard.live(OPAQUE)
    yard.age(yard.saved("ada"), 9000)
    yard.age(live, 0)
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), OPAQUE_NEXT)
    assert yard.holds(live, OPAQUE_NEXT)


def test_r3_a_live_copy_without_refresh_token_never_replaces_one_that_has_it(box: Box) -> None:
    """A file out of which somebody took the refresh token is later and still not newer."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.live(replace(NEXT, with_refresh_token=False))
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), ADA)


@pytest.mark.parametrize("what", BROKEN)
def test_r3_a_broken_saved_file_is_healed_by_the_live_login(box: Box, what: str) -> None:
    """What Codex would not load never wins, whichever file it is in, and its bytes are kept."""
    yard = Yard(box)
    yard.save("bob", BOB)
    saved = yard.save("ada", ADA)
    write(saved, BROKEN[what])
    yard.live(NEXT)
    result = yard.switch("bob")
    assert yard.holds(saved, NEXT)
    assert result.written_back == "ada"
    assert not BROKEN[what] or BROKEN[what] in yard.backups(box.profile("ada"))


@pytest.mark.parametrize("what", BROKEN)
def test_r3_a_broken_live_file_is_healed_by_a_switch(box: Box, what: str) -> None:
    """A live file that cannot be loaded does not stop a switch; its bytes are in the backups, and it is said."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.live(ADA)
    write(yard.live_path, BROKEN[what])
    result = yard.switch("ada")
    assert result.changed
    assert result.before is None
    assert yard.holds(yard.live_path, ADA)
    assert yard.holds(yard.saved("ada"), ADA)
    if BROKEN[what]:
        assert BROKEN[what] in yard.backups()
        assert any("could not be read" in sentence for sentence in result.said)


def test_r3_an_uncertain_copy_is_what_it_is(box: Box) -> None:
    """The mark moves nothing: an uncertain newer copy still wins over an older one."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.live(NEXT)
    set_mark(yard.context, refresh_digest(NEXT), UNCERTAIN, "a test says so")
    yard.reconcile()
    assert yard.holds(yard.saved("ada"), NEXT)
