"""A URL as a QR code in half blocks: two of its rows in one line of the terminal.

segno is imported when somebody wants to see one (38 ms).
"""

from __future__ import annotations

from functools import lru_cache

from tui.widgets.words import QR, Line

#: The quiet zone around it, in modules: phones are content with less than the four of the standard.
BORDER = 3
#: (upper dark, lower dark) -> the sign, dark being drawn in the foreground.
_BLOCKS = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


@lru_cache(4)
def modules(url: str) -> tuple[tuple[bool, ...], ...]:
    """Return the code row by row, True where it is dark, quiet zone included."""
    import segno

    code = segno.make(url, error="l", micro=False, boost_error=False)
    return tuple(tuple(bool(module) for module in row) for row in code.matrix_iter(border=BORDER))


def qr_lines(url: str, *, inverted: bool = False) -> list[Line]:
    """Return the code as lines: 35 cells by 18 lines for a device URL.

    `inverted` draws what is light instead: where no colour may be sent, the ground is most likely dark.
    """
    rows = modules(url)
    blank = (False,) * len(rows[0])
    lines: list[Line] = []
    for at in range(0, len(rows), 2):
        lower = rows[at + 1] if at + 1 < len(rows) else blank
        pairs = zip(rows[at], lower, strict=True)
        text = "".join(_BLOCKS[up != inverted, low != inverted] for up, low in pairs)
        lines.append(((text, QR),))
    return lines


def size_of(url: str) -> tuple[int, int]:
    """Return the cells and lines that the code takes."""
    rows = modules(url)
    return len(rows[0]), (len(rows) + 1) // 2
