"""What is drawn of blocks says what it should: QR codes module by module, large letters pixel by pixel."""

from __future__ import annotations

import segno

from tui.widgets.big_text import LINES, big_lines
from tui.widgets.qr import BORDER, qr_lines, size_of

PAGE = "https://auth.openai.com/codex/device"
#: Whether the upper and the lower half of a cell are filled.
_HALVES = {"█": (True, True), "▀": (True, False), "▄": (False, True), " ": (False, False)}


def _pixels(lines: list[str]) -> list[list[bool]]:
    """Return the rows of pixels that lines of half blocks show."""
    rows = []
    for line in lines:
        rows += [[_HALVES[sign][half] for sign in line] for half in (0, 1)]
    return rows


def test_a_page_as_a_qr_code() -> None:
    """Read back, the half blocks are the code that a reader expects, with its quiet zone; 35 cells by 18 lines."""
    lines = ["".join(text for text, _ in line) for line in qr_lines(PAGE)]
    assert size_of(PAGE) == (35, 18)
    assert (len(lines[0]), len(lines)) == (35, 18)
    code = segno.make(PAGE, error="l", micro=False, boost_error=False)
    expected = [[bool(module) for module in row] for row in code.matrix_iter(border=BORDER)]
    rows = _pixels(lines)
    assert rows[:35] == expected
    assert not any(rows[35])


def test_a_qr_code_without_colours() -> None:
    """On a dark ground what is light is drawn, so that readers see dark on light there, too."""
    usual = ["".join(text for text, _ in line) for line in qr_lines(PAGE)]
    other = ["".join(text for text, _ in line) for line in qr_lines(PAGE, inverted=True)]
    for one, two in zip(_pixels(usual), _pixels(other), strict=True):
        assert [not pixel for pixel in one] == two


def test_large_letters() -> None:
    """All signs that a user code can have are different from each other, and as wide as all others."""
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
    drawn = [big_lines(sign) for sign in signs]
    assert all(lines is not None and len(lines) == LINES for lines in drawn)
    assert len({tuple(lines or ()) for lines in drawn}) == len(signs)
    assert {len(line) for lines in drawn for line in lines or ()} == {5}
    letter = big_lines("L")
    assert letter is not None
    rows = ["".join("#" if pixel else "." for pixel in row) for row in _pixels(letter)]
    assert rows == ["#....", "#....", "#....", "#....", "#....", "#....", "#####", "....."]


def test_a_code_with_other_signs() -> None:
    """A code that has no glyphs is only text: nothing of it may be left out."""
    assert big_lines("abc") is None
    assert big_lines("ÄBC") is None
