"""The columns of the list at every width: never overlong, never overlapping, never a state that is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from profiles.expiry import DAY, HOUR, STATES
from profiles.model import API_KEY, CHATGPT, ProfileRow
from profiles.usage_answer import UsageSnapshot, Window
from tests.screen.test_state import row
from tui.sorting import USAGE as BY_USAGE
from tui.sorting import USED, WORDS, Order
from tui.usage_state import Usage
from tui.widgets.columns import MARKER_CELLS, TIGHTEST, USAGE, Longest, columns_for
from tui.widgets.row_text import Known, head_text, longest_of, row_line
from tui.widgets.words import (
    ASCII,
    LOGGING_IN,
    OTHER_LOGIN,
    REFRESHING,
    UNICODE,
    UNSAVED,
    UNSAVED_LOGIN,
    cells,
    state_word,
)

NOW = 1_800_000_000.0
#: Widths of the list itself: that of the narrowest terminal is 36.
WIDTHS = (36, *range(40, 204, 4))

NAMES = st.text("abcdefghijk-_.@0123", min_size=1, max_size=64)
EMAILS = st.none() | st.text("ab@.日é\x1b\u0301", max_size=50)
TIMES = st.none() | st.floats(-1200 * DAY, 400 * DAY).map(lambda away: NOW + away)


@st.composite
def rows(draw: st.DrawFn) -> ProfileRow:
    """Return a row such as no disk ever had."""
    made = row(draw(st.none() | NAMES), active=draw(st.booleans()))
    return made._replace(
        kind=draw(st.sampled_from((CHATGPT, API_KEY))),
        email=draw(EMAILS),
        plan=draw(st.none() | st.sampled_from(("plus", "self_serve_business_usage_based", "日本"))),
        workspace=draw(EMAILS),
        state=draw(st.sampled_from((*STATES, LOGGING_IN, REFRESHING, ""))),
        access_token_expires_at=draw(TIMES),
    )


@st.composite
def usages(draw: st.DrawFn, names: list[str]) -> Usage:
    """Return what may be known of these profiles."""
    window = st.builds(
        Window,
        st.sampled_from(("5h", "7d", "30d", "45m")),
        st.sampled_from((2700, 18_000, 604_800)),
        st.none() | st.floats(0, 10_000),
        TIMES,
    )
    known = Usage()
    for name in names:
        windows = tuple(draw(st.lists(window, max_size=2, unique_by=lambda each: each.label)))
        known.take(
            name, UsageSnapshot(NOW - draw(st.floats(0, 3000)), None, windows, None, None), None
        )
    return known


@given(st.data())
def test_every_line_is_as_wide_as_the_list(data: st.DataObject) -> None:
    """Whatever the rows, the signs and the order: line and headings agree, cell by cell, and the state is whole.

    Catches a column that takes more than it was given, which shifts all that follow it, and a cut state.
    """
    found = data.draw(st.lists(rows(), min_size=1, max_size=5))
    usage = data.draw(usages([each.name for each in found if each.name is not None]))
    signs = data.draw(st.sampled_from((UNICODE, ASCII)))
    order = data.draw(st.builds(Order, st.sampled_from(tuple(WORDS)), st.booleans()))
    used = data.draw(TIMES)
    longest = longest_of(found, signs, usage, order, NOW)
    for width in WIDTHS:
        columns = columns_for(width, longest)
        starts, at = [], MARKER_CELLS
        for column in columns:
            starts.append(at)
            at += column.width + 2
        assert at - 2 <= width
        assert cells(head_text(columns, signs)) == at - 2
        for each in found:
            known = Known(usage.of(each), used, data.draw(st.booleans()))
            line = row_line(each, columns, NOW, signs, known)
            assert sum(cells(text) for text, _ in line) == at - 2
            text = "".join(text for text, _ in line)
            assert state_word(each.state, signs).text in text
            assert text[2 + columns[0].width : 4 + columns[0].width] == "  " or not text.isascii()


@given(st.builds(Longest, *(st.integers(0, n) for n in (64, 14, 60, 22, 40))), st.booleans())
def test_columns_go_from_the_right(longest: Longest, windows: bool) -> None:
    """With each cell less either nothing goes, or the rightmost; and what came back stays."""
    longest = longest._replace(windows=("5h", "7d") if windows else ())
    wider: list[str] = []
    for width in range(220, 35, -1):
        ids = [
            "usage" if each.id.startswith(USAGE) else each.id
            for each in columns_for(width, longest)
        ]
        ids = list(dict.fromkeys(ids))
        assert ids[:2] == ["name", "state"]
        assert not wider or ids == wider[: len(ids)], width
        wider = ids


def test_columns_stay_whatever_the_states() -> None:
    """Catches an expiry that goes when a login is refreshed or lost, and comes back: at one width the columns stay."""
    states = (*STATES, LOGGING_IN, UNSAVED_LOGIN, OTHER_LOGIN, REFRESHING)
    for signs in (UNICODE, ASCII):
        for name in ("me", "personal", "old-laptop", "a-client-abroad"):
            for width in WIDTHS:
                found = {
                    columns_for(width, longest_of([row(name)._replace(state=s)], signs))
                    for s in states
                }
                assert len(found) == 1, (name, width, found)
    assert [each.id for each in columns_for(36, Longest(name=9))] == ["name", "state", "expires"]


def test_what_the_rows_are_sorted_by_is_there() -> None:
    """In a list as narrow as that of an 80-column terminal, its column is the one that stays."""
    longest = Longest(10, 14, 24, 4, 8, ("5h", "7d"))
    for by, there in ((USED, "used"), (BY_USAGE, f"{USAGE}{TIGHTEST}"), ("name", "expires")):
        columns = columns_for(40, longest._replace(sorted_by=by))
        assert columns[2].id == there


def test_the_lists_of_usual_terminals() -> None:
    """What is to be seen at 80 columns, at 100 and at 120, beside the detail, and without it."""
    longest = Longest(10, 14, 24, 4, 8, ("5h", "7d"))
    seen = {
        width: " ".join(each.title for each in columns_for(width, longest))
        for width in (36, 40, 44, 64, 76, 96)
    }
    assert seen == {
        36: "name state",
        40: "name state expires",
        44: "name state expires usage",
        64: "name state expires 5h 7d",
        76: "name state expires 5h 7d",
        96: "name state expires 5h 7d account plan workspace",
    }


def test_a_name_makes_room_for_the_expiry_not_for_less() -> None:
    """In 80 columns a long name leaves room for the expiry, and takes all that nothing else wants."""
    longest = Longest(name=40, state=14, account=24)
    assert [each.width for each in columns_for(40, longest)] == [13, 14, 7]
    assert [each.id for each in columns_for(36, longest)] == ["name", "state"]
    assert columns_for(36, longest)[0].width == 18


def test_a_login_that_is_not_saved_yet_is_whole() -> None:
    """Its words instead of a name fit into the narrowest list."""
    (name, *_) = columns_for(36, Longest(name=len(UNSAVED), state=4))
    assert name.width == len(UNSAVED)


def test_long_ages_are_not_cut() -> None:
    """A login that ended years ago says when, however long that takes to say."""
    for days, text in ((99, "99d ago"), (300, "300d ago"), (2000, "2000d ago")):
        old = row("old")._replace(access_token_expires_at=NOW - days * DAY - HOUR)
        longest = longest_of([old], UNICODE, None, None, NOW)
        line = row_line(old, columns_for(60, longest), NOW, UNICODE)
        assert text in "".join(each for each, _ in line)
