"""The orders of the list: what comes first, what goes last, and that nothing is lost on the way."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.config import SORTS
from profiles.context import make_context
from profiles.expiry import DAY, HOUR, STATES
from profiles.history import Entry, note
from profiles.last_used import last_used
from profiles.model import CHATGPT, ProfileRow
from profiles.usage_answer import UsageSnapshot, Window
from tests.screen.test_state import row, snapshot, state
from tui.sorting import (
    EXPIRY,
    NAME,
    STATE,
    USAGE,
    USED,
    WORDS,
    Order,
    in_order,
    read_order,
    setting_of,
    title_words,
)
from tui.state import MARKS, ROWS
from tui.usage_state import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

NOW = 1_800_000_000.0


def names(rows: list[ProfileRow], order: Order, usage: Usage | None = None) -> str:
    """Return the names of rows in an order, as one word."""
    return "".join(each.name or "-" for each in in_order(rows, order, usage or Usage(), {}, NOW))


def told(*shares: float | None, reached: str | None = None, at: float = NOW) -> UsageSnapshot:
    """Return what was said of a login whose windows are used so much, per cent."""
    windows = tuple(
        Window(label, seconds, share, NOW + seconds)
        for share, (label, seconds) in zip(shares, (("5h", 18_000), ("7d", 604_800)), strict=False)
    )
    return UsageSnapshot(at, None, windows, None, reached)


def test_by_expiry() -> None:
    """Soonest first, what ended first of all; turned round the latest; who never ends is last either way."""
    ends = {"a": NOW + DAY, "b": None, "c": NOW - HOUR, "d": NOW + HOUR, "e": None}
    rows = [row(name)._replace(access_token_expires_at=at) for name, at in ends.items()]
    assert names(rows, Order(EXPIRY)) == "cdabe"
    assert names(rows, Order(EXPIRY, True)) == "adcbe"


def test_by_usage() -> None:
    """Most left in the tightest window first; a limit that is reached leaves nothing; what is unknown is last."""
    rows = [row(name)._replace(kind=CHATGPT) for name in "abcdef"]
    usage = Usage(
        {
            "a": told(10, 90),
            "b": told(40, 20),
            "c": told(0, 5, reached="workspace"),
            "d": told(39, 10),
            "e": told(None, None),
        }
    )
    assert names(rows, Order(USAGE), usage) == "dbacef"
    assert names(rows, Order(USAGE, True), usage) == "cabdef"


def test_usage_of_a_window_that_was_reset_tells_nothing() -> None:
    """Catches an order by what was true before the reset: such a login counts by what is still known."""
    old = Window("5h", 18_000, 100.0, NOW - 1)
    week = Window("7d", 604_800, 30.0, NOW + DAY)
    rows = [row(name)._replace(kind=CHATGPT) for name in "ab"]
    usage = Usage(
        {"a": told(50, 50), "b": UsageSnapshot(NOW - HOUR, None, (old, week), None, None)}
    )
    assert names(rows, Order(USAGE), usage) == "ba"


def test_by_state() -> None:
    """What needs a person is on top, what rests below; each state that there is has its place."""
    rows = [row(state_)._replace(state=state_) for state_ in STATES]
    found = [each.name for each in in_order(rows, Order(STATE), Usage(), {}, NOW)]
    assert found[:3] == ["login-needed", "broken", "uncertain"]
    assert sorted(map(str, found)) == sorted(STATES)
    assert found.index("expired") < found.index("expiring") < found.index("ok")
    unread = row("unread")._replace(state="")
    for turned in (False, True):
        assert in_order([unread, *rows], Order(STATE, turned), Usage(), {}, NOW)[-1] is unread


def test_by_last_use() -> None:
    """The active one is in use now; then the newest; who was never used is last."""
    rows = [row("a"), row("b"), row("c", active=True), row("d")]
    used = {"a": NOW - DAY, "d": NOW - HOUR, "c": NOW - 9 * DAY}
    assert [r.name for r in in_order(rows, Order(USED), Usage(), used, NOW)] == list("cdab")
    assert [r.name for r in in_order(rows, Order(USED, True), Usage(), used, NOW)] == list("adcb")


def test_by_name() -> None:
    """As the disk's look has them; the login without a name stays on top, also from z to a."""
    rows = [row(None, active=True), row("a"), row("b")]
    assert names(rows, Order()) == "-ab"
    assert names(rows, Order(NAME, True)) == "-ba"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(STATES), st.none() | st.integers(0, 3), st.none() | st.integers(0, 3)
        ),
        max_size=12,
    ),
    st.builds(Order, st.sampled_from(SORTS), st.booleans()),
)
def test_no_row_is_lost_and_equals_stay(
    made: list[tuple[str, int | None, int | None]], order: Order
) -> None:
    """Whatever is known: each row is there once, and rows that are alike keep their places, turned round or not."""
    rows = [
        row(f"{number:02}")._replace(kind=CHATGPT, state=state_, access_token_expires_at=ends)
        for number, (state_, ends, _) in enumerate(made)
    ]
    usage = Usage(
        {f"{n:02}": told(share) for n, (_, _, share) in enumerate(made) if share is not None}
    )
    used = {f"{n:02}": float(share) for n, (_, _, share) in enumerate(made) if share is not None}
    found = in_order(rows, order, usage, used, NOW)
    assert sorted(each.name or "" for each in found) == [each.name for each in rows]
    if order.by != NAME:
        places = {each.name: place for place, each in enumerate(found)}
        for number, (one, other) in enumerate(pairwise(made)):
            if one == other:
                assert places[f"{number:02}"] < places[f"{number + 1:02}"]


def test_words_and_settings() -> None:
    """Each order has words for menu and title, and what config.toml says for it leads back to it."""
    assert set(WORDS) == set(SORTS)
    assert title_words(Order()) == ""
    for by in SORTS:
        for turned in (False, True):
            order = Order(by, turned)
            assert read_order(setting_of(order)) == order
            assert order.chosen(by) == Order(by, not turned)
            assert bool(title_words(order)) == (order != Order())
    assert Order(EXPIRY, True).chosen(STATE) == Order(STATE)


@pytest.mark.parametrize("by", SORTS)
def test_ten_thousand_rows(by: str) -> None:
    """An order of ten thousand profiles is there before anybody notices: well within a tenth of a second a piece."""
    rows = [
        row(f"p{n:05}")._replace(
            kind=CHATGPT, state=STATES[n % 10], access_token_expires_at=NOW + (n * 7919) % 10_007
        )
        for n in range(10_000)
    ]
    usage = Usage({f"p{n:05}": told(n % 101, n % 97) for n in range(10_000)})
    used = {f"p{n:05}": float((n * 7919) % 10_007) for n in range(10_000)}
    took = []
    for turned in (False, True, False, True, False):
        before = time.process_time()
        assert len(in_order(rows, Order(by, turned), usage, used, NOW)) == 10_000
        took.append(time.process_time() - before)
    assert min(took) < 0.1


def test_the_cursor_stays_on_its_profile() -> None:
    """Sorting moves lines, never the choice; a rescan keeps the order, and a result of a refresh moves no line."""
    now = state("a", "b", "c", active="b")
    rows = now.all_rows
    ends = dict(zip("abc", (3.0, 2.0, 1.0), strict=True))
    look = snapshot("a", "b", "c", active="b")._replace(
        rows=[each._replace(access_token_expires_at=ends[each.name or ""]) for each in rows]
    )
    now.take(look)
    now.select(0)
    told_of: list[frozenset[str]] = []
    now.watch(told_of.append)
    now.sort(Order(EXPIRY))
    assert ROWS in told_of[-1]
    assert [each.name for each in now.rows] == list("cba")
    assert now.selected is not None
    assert now.selected.name == "a"
    fresh = now.rows[0]._replace(access_token_expires_at=9.0)
    now.replace_rows({"c": fresh})
    assert [each.name for each in now.rows] == list("cba")
    assert now.rows[0] == fresh
    now.take(now.snapshot)
    assert [each.name for each in now.rows] == list("bac")
    assert now.selected.name == "a"
    count = len(told_of)
    now.sort(Order(EXPIRY))
    assert len(told_of) == count


def test_the_filter_keeps_the_order() -> None:
    """What is let through stands in the order of the whole."""
    now = state("ab", "b", "cb")
    now.sort(Order(NAME, True))
    now.set_filter("b")
    assert [each.name for each in now.rows] == ["cb", "b", "ab"]


def test_usage_that_comes_puts_rows_in_order() -> None:
    """An answer about usage moves its row at once where the list is by usage, and nothing elsewhere."""
    now = state("a", "b")
    now.take(now.snapshot._replace(rows=[r._replace(kind=CHATGPT) for r in now.all_rows]))
    heard: list[frozenset[str]] = []
    now.watch(heard.append)
    now.usage.take("b", told(10, at=0.0), None)
    now.tell_usage()
    assert ROWS not in heard[-1]
    now.sort(Order(USAGE))
    assert [each.name for each in now.rows] == ["b", "a"]
    now.usage.take("a", told(5, at=0.0), None)
    now.tell_usage()
    assert ROWS in heard[-1]
    assert [each.name for each in now.rows] == ["a", "b"]


# -- marks --


def test_marks_stay_and_go_with_their_profiles() -> None:
    """A rescan keeps them; who is deleted takes his along; a partial look takes none."""
    now = state("a", "b", "c")
    now.mark(["a", "c"])
    now.take(snapshot("a", "b"), partial=True)
    assert now.marked == {"a", "c"}
    now.take(snapshot("0", "a", "b"))
    assert now.marked == {"a"}
    assert now.marked_names == ["a"]


def test_marks_follow_a_rename() -> None:
    """By us, also of a login without an identity; elsewhere by the identity. A new profile inherits none."""
    now = state("a", "b")
    now.mark(["a"])
    now.renamed("a", "z")
    now.take(snapshot("b", "z"))
    assert now.marked == {"z"}
    rows = [row("x", who="ada"), row("y", who="bob")]
    now.take(snapshot()._replace(rows=rows))
    now.mark(["x"])
    now.take(snapshot()._replace(rows=[row("q", who="ada"), row("x2", who="carol"), rows[1]]))
    assert now.marked == {"q"}
    now.take(snapshot()._replace(rows=[rows[1], row("new", who="dan")]))
    assert now.marked == frozenset()


def test_what_a_filter_hides_is_counted() -> None:
    """Catches marks that nobody sees and a key acts on: the title counts them."""
    now = state("aa", "ab", "b")
    now.mark(["ab", "b"])
    assert now.hidden_marks == 0
    now.set_filter("a")
    assert now.hidden_marks == 1
    assert now.marked_names == ["ab", "b"]
    heard: list[frozenset[str]] = []
    now.watch(heard.append)
    now.mark(["b", "ab"])
    assert heard == []
    now.mark([])
    assert heard == [frozenset({MARKS})]


# -- when each was last used --


def test_last_used(box: Box) -> None:
    """By switches to and away, runs and logins; renamed keep their past; deleted ones and their namesakes have none."""
    context = make_context()

    def did(at: float, verb: str, profile: str, result: str = "changed", before: str = "") -> None:
        note(context, Entry(at, verb, profile, "", "/h", result, before))

    did(1000, "login", "old", "saved")
    did(1500, "run", "fresh", "ended")
    did(2000, "switch", "work", before="old")
    did(3000, "switch", "home", before="work")
    did(3500, "rename", "lab", "renamed", before="old")
    did(3600, "rename", "fresh", "renamed", before="never")
    did(4000, "switch", "home", "unchanged", before="home")
    did(5000, "run", "lab", "ended")
    did(6000, "delete", "work", "deleted")
    did(7000, "add", "work", "empty")
    did(8000, "refresh", "", "refreshed: home")
    assert last_used(context) == {"lab": 5000, "home": 3000}


def test_last_used_without_a_history(box: Box) -> None:
    """Nobody was ever used, and looking makes no file."""
    assert last_used(make_context()) == {}
