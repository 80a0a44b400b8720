"""Sends only the cells that the terminal does not show yet, with the fewest changes of colour between them.

Textual draws whole lines again, whole panes where the focus moves, and the whole screen around a dialog, each span
with all of its colours: 500 bytes for a key, 25,000 for closing the help. What is on the terminal is remembered here,
so what stays as it is need not travel. What is not understood is sent as it came, and then nothing is remembered.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

#: What a frame is made of: a place, colours, text, the end of a line.
_PARTS: Final = re.compile(
    r"\x1b\[(?:(\d+);(\d+)|(\d*))H|\x1b\[([\d;]*)m|([^\x00-\x1f\x7f-\x9f]+)|\r?\n"
)
#: What changes no cell: modes, questions, the clipboard, the bell.
_CELLS_STAY: Final = re.compile(
    r"(?:\x1b\[[?<>=](?!1049[hl])[\d;]*\$?[a-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x07)+"
)
#: Characters of which every terminal knows that they are one cell wide.
_NARROW: Final = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u024f\u2010-\u2027\u2190-\u21ff\u2500-\u25ff\u2713\u2714\u2717\u2718]+"
)
#: Around what Textual sends at once.
BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"
#: So many cells that stay are sent again where to jump over them costs as much.
_STEP: Final = 4


class Look(NamedTuple):
    """How a cell looks: colour, ground (parameters of SGR), and what else is on, such as bold."""

    colour: str = ""
    ground: str = ""
    on: frozenset[str] = frozenset()


PLAIN: Final = Look()
#: Of what is on, this can be seen of a space, too: underlined, reversed, struck through, overlined.
_ON_SPACES: Final = frozenset({"4", "7", "9", "21", "53"})

Cell = tuple[str, Look]


class Thrift:
    """What one terminal shows, as far as it is known."""

    def __init__(self) -> None:
        self._columns = self._rows = 0
        self._cells: list[list[Cell | None]] = []
        self._cursor: tuple[int, int] | None = None
        self._stale = True
        self._held = ""

    def forget(self) -> None:
        """Send everything again: somebody else may have drawn on the terminal. Any thread may call it."""
        self._stale = True

    def know(self, frame: str, columns: int, rows: int) -> None:
        """Take for known what was sent already, but not the first line, where the cursor was left.

        A terminal that does not know one of the modes that are set next writes the end of its name there.
        """
        self._begin(columns, rows)
        self._spend(frame)
        self._cells[:1] = [[None] * columns]
        self._cursor = None

    def spend(self, data: str, columns: int, rows: int) -> str:
        """Return what is to be sent instead of `data` to a terminal of this size."""
        if data == BEGIN:
            self._held = data
            return ""
        if data == END and self._held:
            self._held = ""
            return ""
        if _CELLS_STAY.fullmatch(data):
            return data
        if self._stale or (columns, rows) != (self._columns, self._rows):
            self._begin(columns, rows)
        less = self._spend(data)
        if less is None:
            self._stale = True
            less = data
        if less:
            less, self._held = self._held + less, ""
        return less

    def _begin(self, columns: int, rows: int) -> None:
        self._stale = False
        self._columns, self._rows = columns, rows
        self._cells = [[None] * columns for _ in range(rows)]
        self._cursor = None

    def _spend(self, data: str) -> str | None:
        """Return what of a frame is new; None where it is not understood."""
        at = x = y = 0
        style = ""
        changed: dict[int, set[int]] = {}
        wild: dict[int, list[str]] = {}
        while at < len(data):
            part = _PARTS.match(data, at)
            if part is None:
                return None
            at = part.end()
            row, column, only, codes, text = part.groups()
            if text is not None:
                if y >= self._rows:
                    return None
                if _NARROW.fullmatch(text) is None or y in wild:
                    # Terminals differ in how wide this is: the rest of the line goes as it came.
                    wild.setdefault(y, []).append(
                        f"\x1b[{y + 1};{x + 1}H\x1b[0;{style}m{text}\x1b[0m"
                    )
                    x += cell_len(text)
                    continue
                if x + len(text) > self._columns:
                    return None
                self._compare(text, style, x, y, changed)
                x += len(text)
            elif codes is not None:
                style = "" if codes in ("", "0") else f"{style};{codes}" if style else codes
            elif row is not None:
                y, x = int(row) - 1, int(column) - 1
            elif only is not None:
                y, x = int(only or 1) - 1, 0
            else:
                y, x = y + 1, 0
        return self._send(changed, wild, (y, x))

    def _compare(self, text: str, style: str, x: int, y: int, changed: dict[int, set[int]]) -> None:
        look, of_space = _look(style), _look_of_space(style)
        new: list[Cell | None] = [(sign, of_space if sign == " " else look) for sign in text]
        cells = self._cells[y]
        if cells[x : x + len(new)] == new:
            return
        places = changed.setdefault(y, set())
        for place, cell in enumerate(new, x):
            if cells[place] != cell:
                cells[place] = cell
                places.add(place)

    def _send(
        self, changed: dict[int, set[int]], wild: dict[int, list[str]], cursor: tuple[int, int]
    ) -> str:
        """Return the changed cells as text for the terminal, and put the cursor where it is wanted."""
        pen = _Pen(self._cursor, self._columns)
        for y in sorted(changed.keys() | wild.keys()):
            for x in sorted(changed.get(y, ())):
                pen.draw(self._cells[y], y, x)
            if y in wild:
                pen.copy(wild[y])
                self._cells[y] = [None] * self._columns
        self._cursor = cursor
        return pen.end(cursor)


class _Pen:
    """Where the cursor of the terminal is, and how it writes; None: unknown."""

    def __init__(self, here: tuple[int, int] | None, columns: int) -> None:
        self._here, self._columns = here, columns
        self._now = PLAIN
        self._out: list[str] = []

    def draw(self, cells: Sequence[Cell | None], y: int, x: int) -> None:
        """Draw a cell of a line."""
        here = self._here
        if here is not None and here[0] == y and 0 < x - here[1] <= _STEP:
            between = [cell for cell in cells[here[1] : x] if cell is not None]
            if len(between) == x - here[1] and all(_fits(cell, self._now) for cell in between):
                self._out += [sign for sign, _ in between]
                here = (y, x)
        if here != (y, x):
            self._out.append(_jump(here, y, x))
        cell = cells[x]
        if cell is not None:  # what changed is known
            if not _fits(cell, self._now):
                self._out.append(_turn(self._now, cell[1]))
                self._now = cell[1]
            self._out.append(cell[0])
        # After the last column terminals disagree about where the cursor is.
        self._here = (y, x + 1) if x + 1 < self._columns else None

    def copy(self, pieces: Sequence[str]) -> None:
        """Send something as it came."""
        self._out += ["\x1b[m", *pieces]
        self._now, self._here = PLAIN, None

    def end(self, cursor: tuple[int, int]) -> str:
        """Leave the cursor where it is wanted, and no colour on; return all that is to be sent."""
        if self._now != PLAIN:
            self._out.append("\x1b[m")
        if self._here != cursor:
            self._out.append(_jump(None, *cursor))
        return "".join(self._out)


def _jump(here: tuple[int, int] | None, y: int, x: int) -> str:
    """Return what moves the cursor."""
    if here is not None and here[0] == y and here[1] < x:
        return f"\x1b[{x - here[1]}C" if x - here[1] > 1 else "\x1b[C"
    if not x:
        return f"\x1b[{y + 1}H" if y else "\x1b[H"
    return f"\x1b[{y + 1};{x + 1}H"


def _fits(cell: Cell, now: Look) -> bool:
    """Whether a cell comes out as it should with the look that is set now."""
    sign, look = cell
    if look == now:
        return True
    return (
        sign == " " and look.ground == now.ground and look.on == now.on & _ON_SPACES == frozenset()
    )


@lru_cache(maxsize=4096)
def _turn(now: Look, look: Look) -> str:
    """Return what changes one look into another."""
    gone = now.on - look.on or (now.colour and not look.colour) or (now.ground and not look.ground)
    if gone:
        if look == PLAIN:
            return "\x1b[m"
        now = PLAIN
    codes = ["0"] if gone else []
    codes += sorted(look.on - now.on)
    codes += [
        new for old, new in ((now.colour, look.colour), (now.ground, look.ground)) if old != new
    ]
    return f"\x1b[{';'.join(codes)}m"


@lru_cache(maxsize=1024)
def _look(style: str) -> Look:
    """Return the look that parameters of SGR set, from none."""
    colour, ground, on = "", "", set[str]()
    codes = style.split(";") if style else []
    while codes:
        code = codes.pop(0).lstrip("0") or "0"
        if code in ("38", "48"):
            length = {"5": 2, "2": 4}.get(codes[0] if codes else "", 1)
            whole = ";".join((code, *codes[:length]))
            del codes[:length]
            colour, ground = (whole, ground) if code == "38" else (colour, whole)
        elif code == "0":
            colour, ground, on = "", "", set()
        elif code == "39":
            colour = ""
        elif code == "49":
            ground = ""
        elif 30 <= int(code) <= 37 or 90 <= int(code) <= 97:
            colour = code
        elif 40 <= int(code) <= 47 or 100 <= int(code) <= 107:
            ground = code
        else:
            on.add(code)
    return Look(colour, ground, frozenset(on))


@lru_cache(maxsize=1024)
def _look_of_space(style: str) -> Look:
    """Return what of a look can be seen where nothing is written."""
    look = _look(style)
    return look if look.on & _ON_SPACES else Look(ground=look.ground)
