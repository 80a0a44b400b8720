"""Words are cut, wrapped and counted down so that nothing is lost and nothing chatters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from profiles.expiry import DAY, HOUR, MINUTE, STATES
from tui.widgets.words import (
    ASCII,
    EXPIRY_CELLS,
    UNICODE,
    age_text,
    cells,
    crop,
    expiry_text,
    fit,
    next_change,
    state_word,
    wrap,
    wrap_line,
)

#: Any text that a file can hold, with wide, combining and steering signs more often than by chance.
TEXTS = st.text(
    st.characters() | st.sampled_from("aé日本\x1b\x07\u200d\u202e\u0301 /-"), max_size=60
)
#: What takes one cell or two, and steers nothing.
PLAIN_TEXTS = st.text("abc xyz/-日本é", max_size=60)


@given(TEXTS, st.integers(0, 30), st.booleans())
def test_a_column_is_as_wide_as_it_should_be(text: str, width: int, right: bool) -> None:
    """Whatever stands in a cell of the list, the next column begins where it must."""
    for signs in (UNICODE, ASCII):
        filled = fit(text, width, signs, right=right)
        assert cells(filled) == width
        assert filled.isprintable() or not filled


@given(PLAIN_TEXTS, st.integers(0, 30))
def test_what_fits_is_not_cut(text: str, width: int) -> None:
    """A text is cut only where it is too long, and a cut is marked where there is room for the mark."""
    cut = crop(text, width, UNICODE)
    if cells(text) <= width:
        assert cut == text
    else:
        assert cut == "" or cut.endswith("…")


@given(PLAIN_TEXTS, st.integers(2, 30))
def test_wrapping_leaves_nothing_out(text: str, width: int) -> None:
    """Lines are no longer than the width and hold every sign that was there."""
    lines = wrap(text, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.tuples(PLAIN_TEXTS, st.sampled_from("mgw")), max_size=5), st.integers(3, 30))
def test_wrapping_spans_leaves_nothing_out(spans: list[tuple[str, str]], width: int) -> None:
    """The same of lines whose parts have different roles, which stay with their words."""
    lines = wrap_line(tuple(spans), width)
    for line in lines:
        assert sum(cells(text) for text, _ in line) <= width
    for role in "mgw":
        before = "".join(text for text, each in spans if each == role).replace(" ", "")
        after = "".join(t for line in lines for t, each in line if each == role).replace(" ", "")
        assert before == after


def test_ids_and_paths_break_where_they_have_joints() -> None:
    """A uuid breaks behind a dash and a path before a slash, as long as that is not too early."""
    assert wrap("4caa40d0-eab7-428d-abce-55cf75937d84", 30) == [
        "4caa40d0-eab7-428d-abce-",
        "55cf75937d84",
    ]
    assert wrap("/home/ada/.local/share/switchyard/profiles/work", 44) == [
        "/home/ada/.local/share/switchyard/profiles",
        "/work",
    ]


@given(st.floats(0, 400 * DAY), st.booleans())
def test_countdowns_change_when_they_say_so(distance: float, past: bool) -> None:
    """Until the moment that `next_change` names a countdown reads the same; then it reads otherwise.

    Beyond 99 days, where no hours are shown, waking up without a change is no harm.
    """
    now = 1_000_000_000.0
    moment = now - distance if past else now + distance + 1
    wait = next_change(now, [moment])
    assert wait is not None
    assert wait > 0
    text = expiry_text(now, moment, UNICODE)
    assert cells(text) <= EXPIRY_CELLS
    assert expiry_text(now + wait * 0.98 - 0.02, moment, UNICODE) == text or wait < 1.1
    if distance < 99 * DAY:
        assert expiry_text(now + wait + 0.01, moment, UNICODE) != text


def test_ages_are_coarse() -> None:
    """How long ago something was changes by the hour after an hour, and by the day after two."""
    now = 1_000_000_000.0
    read = [
        age_text(now, now - age, UNICODE)
        for age in (5, 70, 59 * MINUTE, 3.9 * HOUR, 47 * HOUR, 2.5 * DAY, 300 * DAY)
    ]
    assert read == ["just now", "1m ago", "59m ago", "3h ago", "47h ago", "2d ago", "300d ago"]
    assert next_change(now, [now - 3.5 * HOUR]) == 0.5 * HOUR + 0.01
    assert next_change(now, [None]) is None


def test_each_state_has_a_sign_and_a_word() -> None:
    """No two states read the same, with glyphs or in ASCII, and each word says what it is without colour."""
    for signs in (UNICODE, ASCII):
        texts = [state_word(state, signs).text for state in STATES]
        assert len(set(texts)) == len(STATES)
        assert len({state_word(state, signs).word for state in STATES}) == len(STATES)
        assert all(cells(state_word(state, signs).sign) == 1 for state in STATES)
    assert "".join(ASCII).isascii()
