"""Fewer bytes, the same picture: what is left out is on the terminal already."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, set_cell_size

from tests.screen.stage import two_logins
from tests.screen.terminal import Terminal
from tui.screens.thrift import BEGIN, END, Thrift

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from tests.conftest import Box

COLUMNS, ROWS = 12, 4
#: Spans as Rich makes them: colours of three kinds, weights, reversed; also none at all.
STYLES: Final = (
    *("", "1", "7", "2;38;5;245", "38;5;110;48;5;16", "1;38;5;110;48;5;23", "7;38;5;59;48;5;16"),
    *("38;2;1;2;3;48;2;3;2;1", "31;44", "4;97;100", "39;49", "1;31"),
)
NARROW = "ab  ─●✓·é…"
#: Wide, joined to the sign before, and of no sure width.
WILD = ("漢", "e\u0301", "🙂")

Lines = list[tuple[int, int, list[tuple[str, str]]]]


def frames(signs: st.SearchStrategy[str]) -> st.SearchStrategy[list[Lines]]:
    """Return frames one after another: lines with the places where they begin, in spans."""
    words = st.lists(signs, min_size=1, max_size=6).map("".join)
    spans = st.lists(st.tuples(st.sampled_from(STYLES), words), min_size=1, max_size=4)
    line = st.tuples(st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1), spans)
    return st.lists(st.lists(line, min_size=1, max_size=5), min_size=1, max_size=6)


def frame_of(lines: Lines) -> str:
    """Return a frame as Textual writes it, no line longer than the terminal is wide."""
    text = ""
    for row, column, spans in lines:
        text += f"\x1b[{row + 1};{column + 1}H"
        left = COLUMNS - column
        for style, words in spans:
            fitting = set_cell_size(words, min(left, cell_len(words)))
            left -= cell_len(fitting)
            if fitting:
                text += f"\x1b[{style}m{fitting}\x1b[0m" if style else fitting
        text += "\n" if row < ROWS - 1 else ""
    return f"{text}\x1b[1;1H"


class Glass:
    """A terminal that only shows."""

    def __init__(self) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self._screen)
        self._stream.feed("\x1b[?7l")  # as with Textual, no line goes on in the next

    def show(self, text: str) -> None:
        """Draw what is sent; its line ends bring the cursor back, as a terminal's do."""
        self._stream.feed(text.replace("\n", "\r\n"))

    def cells(self) -> list[tuple[object, ...]]:
        """Return what can be seen of each cell."""
        found: list[tuple[object, ...]] = []
        for row in range(ROWS):
            for column in range(COLUMNS):
                cell = self._screen.buffer[row][column]
                line = (cell.reverse, cell.underscore)
                if cell.data == " " and not any(line):
                    found.append((cell.data, cell.bg))
                else:
                    found.append((cell.data, cell.fg, cell.bg, cell.bold, *line))
        return found

    @property
    def cursor(self) -> tuple[int, int]:
        """Where the cursor is."""
        return (self._screen.cursor.x, self._screen.cursor.y)


@given(frames(st.sampled_from(NARROW)))
def test_the_picture_is_the_same(drawn: list[Lines]) -> None:
    """Whatever is drawn over whatever: each cell looks as if all had been sent, and no more was sent than that."""
    thrift, whole, spared = Thrift(), Glass(), Glass()
    for frame in map(frame_of, drawn):
        sent = thrift.spend(frame, COLUMNS, ROWS)
        whole.show(frame)
        spared.show(sent)
        assert spared.cells() == whole.cells()
        assert spared.cursor == whole.cursor
        assert len(sent) <= len(frame) + len("\x1b[m")


@given(frames(st.sampled_from([*NARROW, *WILD])))
def test_the_picture_is_the_same_with_wide_signs(drawn: list[Lines]) -> None:
    """Signs of two cells, and such as join others, come out as if all had been sent, also when they are drawn over."""
    thrift, whole, spared = Thrift(), Glass(), Glass()
    for frame in map(frame_of, drawn):
        whole.show(frame)
        spared.show(thrift.spend(frame, COLUMNS, ROWS))
        assert spared.cells() == whole.cells()


def test_what_is_there_is_not_sent_again() -> None:
    """The second time a frame costs nothing, not even the marks around it; one sign costs its cell alone."""
    thrift = Thrift()
    frame = frame_of([(1, 2, [("1;31", "name"), ("32;40", "  ok")])])
    assert "name" in thrift.spend(frame, COLUMNS, ROWS)
    assert [thrift.spend(each, COLUMNS, ROWS) for each in (BEGIN, frame, END)] == ["", "", ""]
    assert thrift.spend(BEGIN, COLUMNS, ROWS) == ""
    assert (
        thrift.spend(frame.replace("name", "nape"), COLUMNS, ROWS)
        == f"{BEGIN}\x1b[2;5H\x1b[1;31mp\x1b[m\x1b[H"
    )
    assert thrift.spend(END, COLUMNS, ROWS) == END


@pytest.mark.parametrize("why", ["forgotten", "another size", "cleared by somebody", "left"])
def test_what_may_be_gone_is_sent_again(why: str) -> None:
    """After a resize, a suspension, ctrl+l, or anything that is not understood, nothing is taken for known."""
    thrift = Thrift()
    frame = frame_of([(0, 0, [("31", "name")])])
    first = thrift.spend(frame, COLUMNS, ROWS)
    size = (COLUMNS, ROWS)
    if why == "forgotten":
        thrift.forget()
    elif why == "another size":
        size = (COLUMNS + 1, ROWS)
    else:
        other = "\x1b[2J" if why == "cleared by somebody" else "\x1b[?1049l"
        assert thrift.spend(other, *size) == other
    assert thrift.spend(frame, *size) == first


@pytest.mark.parametrize(
    "data",
    [
        "\x1b[?1004h",
        "\x1b[>25u",
        "\x1b[?2026$p",
        "\x1b]52;c;YQ==\x07",
        "\x1b]22;default\x07",
        "\x07",
    ],
)
def test_what_draws_nothing_passes(data: str) -> None:
    """Modes, questions, the clipboard and the bell go through as they are, and cost no repaint."""
    thrift = Thrift()
    frame = frame_of([(0, 0, [("31", "name")])])
    thrift.spend(frame, COLUMNS, ROWS)
    assert thrift.spend(data, COLUMNS, ROWS) == data
    assert thrift.spend(frame, COLUMNS, ROWS) == ""


@pytest.mark.parametrize("sign", WILD)
def test_signs_of_unsure_width_are_sent_whole(sign: str) -> None:
    """Terminals differ about them: the rest of their line is sent as it came, each time; other lines are not."""
    thrift = Thrift()
    frame = frame_of([(0, 0, [("31", f"a{sign}b"), ("32", "c")]), (1, 0, [("", "same")])])
    first = thrift.spend(frame, COLUMNS, ROWS)
    again = thrift.spend(frame, COLUMNS, ROWS)
    for sent in (first, again):
        assert f"m{'a' + sign + 'b'}" in sent
    assert "same" in first
    assert "same" not in again


def test_a_screen_that_was_spoilt_is_drawn_anew(box: Box) -> None:
    """Ctrl+l sends every cell, also those that should be there already: somebody else wrote over them."""
    two_logins(box)
    with Terminal(100, 30) as terminal:
        terminal.shows("● personal", "Held in")
        terminal.quiet()
        terminal.spoil("\x1b[2J\x1b[HMessage from root: the cable is pulled")
        terminal.press("\x0c")
        terminal.shows("● personal", "work", "Held in")
        terminal.quiet()
        assert "cable" not in terminal.text
        terminal.press("q")
        assert terminal.end() == 0
