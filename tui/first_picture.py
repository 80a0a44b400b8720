"""The first picture: the rows are on the terminal before Textual is even imported.

Importing Textual is four fifths of the time to the first row (tests/bench prints it). So the frame
that its first one will be is drawn by hand, from the same words and columns; Textual then takes the
terminal over as it is and draws the same cells again. The terminal is put into raw mode first, so that
what is typed meanwhile is neither echoed nor lost.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from tui.colours import PALETTES
from tui.detail_state import Facts
from tui.key_places import list_place
from tui.list_title import AROUND, fitting, list_titles
from tui.widgets.columns import columns_for
from tui.widgets.detail_text import first_lines
from tui.widgets.first_steps import paragraphs
from tui.widgets.key_text import key_words
from tui.widgets.row_text import Known, head_text, longest_of, row_line
from tui.widgets.tabs.building import Surroundings
from tui.widgets.title_text import DEMO, Around, title_spans
from tui.widgets.words import ACCENT, MUTED, PLAIN, STRONG, TAB, UNICODE, cells, wrap_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from profiles.context import Context
    from tui.colours import Look
    from tui.keymap import Keymap
    from tui.state import State
    from tui.widgets.words import Line, Signs

#: Corners and lines of a pane: top left, top right, bottom left, bottom right, across, down.
ROUND, HEAVY, PLAIN_BOX = "╭╮╰╯─│", "┏┓┗┛━┃", "++++-|"
#: The least and the most that is drawn by hand, in columns and rows.
LEAST, MOST = (40, 10), (500, 300)
#: The width of the detail beside the list, from which width of the terminal on; as in app.tcss.
DETAIL = ((100, 52), (80, 36), (0, 0))
#: From how many rows on there are a title and headings.
HIGH = 16


class Scene(NamedTuple):
    """What there is to draw, and with what."""

    context: Context
    state: State
    keymap: Keymap
    signs: Signs
    look: Look
    host: str | None
    size: tuple[int, int]
    #: Whether everything is made up.
    demo: bool = False


def picture(scene: Scene) -> str:
    """Return the whole frame as bytes for the terminal, in text."""
    columns, rows = scene.size
    high = rows >= HIGH
    ink = _Ink(scene.look, scene.context.environ.get("COLORTERM", ""))
    detail = columns - list_width(scene)
    lines = []
    if high:
        known = None if scene.state.partial else scene.state.snapshot
        title = title_spans(known, scene.state.active, _around(scene, columns - 4))
        lines.append(ink.line((("  ", PLAIN), *title), columns))
    height = rows - len(lines) - 1
    left = _box(scene, ink, columns - detail, height, _list(scene, columns - detail, height, high))
    right = _detail_box(scene, ink, detail, height) if detail else [""] * height
    lines += [one + other for one, other in zip(left, right, strict=True)]
    footer: list[tuple[str, str]] = [("  ", PLAIN)]
    place = list_place(scene.state) if scene.state.all_rows else "empty"
    for number, word in enumerate(key_words(place, scene.keymap, columns - 4)):
        footer += [("  " if number else "", MUTED), (word.key, ACCENT), (f" {word.word}", MUTED)]
    lines.append(ink.line(tuple(footer), columns))
    return "".join(f"\x1b[{row};1H{line}" for row, line in enumerate(lines, 1))


def list_width(scene: Scene) -> int:
    """Return the width of the list's pane, beside the detail or alone."""
    columns = scene.size[0]
    detail = next(width for least, width in DETAIL if columns >= least)
    return columns - detail if scene.state.all_rows else columns


def _around(scene: Scene, width: int) -> Around:
    return Around(scene.context.now(), scene.signs, scene.host, width, scene.demo)


def _list(scene: Scene, width: int, height: int, high: bool) -> list[tuple[Line, str]]:  # noqa: FBT001
    """Return what stands in the list's pane: lines, each with what lies under it."""
    state, signs, room = scene.state, scene.signs, width - 4
    now = scene.context.now()
    longest = longest_of(state.all_rows, signs, state.usage, state.order, now)
    columns = columns_for(room, longest)
    lines: list[tuple[Line, str]] = []
    if state.rows and high:
        lines.append((((head_text(columns, signs), MUTED),), ""))
    visible = height - 2 - len(lines)
    top = max(0, state.cursor - visible + 1)
    for index, row in enumerate(state.rows[top : top + visible], top):
        ground = "cursor" if index == state.cursor else ""
        known = Known(state.usage.of(row), state.used.get(row.name or ""))
        lines.append((row_line(row, columns, now, signs, known), ground))
    said = paragraphs(state, scene.keymap, scene.context)
    if said and state.rows:
        lines.append(((), ""))
    for paragraph in said:
        lines += [(line, "") for line in wrap_line(paragraph, room)]
    return lines


def _title(scene: Scene, room: int) -> str:
    room -= cells(marked(numbered(1, ""), scene, scene.size[1]))
    words = fitting(list_titles(scene.state, scene.signs), room, scene.signs)
    return marked(numbered(1, words), scene, scene.size[1])


def numbered(number: int, title: str) -> str:
    """Return the title of a pane with the key that goes there."""
    return f"[{number}] {title}"


def marked(title: str, scene: Scene, rows: int) -> str:
    """Return the title of the list, which says that all is made up where no line above it can."""
    return f"{DEMO}  {title}" if scene.demo and rows < HIGH else title


def _box(
    scene: Scene, ink: _Ink, width: int, height: int, content: list[tuple[Line, str]]
) -> list[str]:
    """Return the lines of the list's pane, which has the focus."""
    ascii_only = scene.signs is not UNICODE
    box = PLAIN_BOX if ascii_only else HEAVY if scene.look.ansi else ROUND
    colour = "line" if ascii_only else "accent"
    title = f" {_title(scene, width - AROUND)} "
    lines = [
        ink.text(box[0] + box[4], colour)
        + ink.text(title, "accent", bold=True, reverse=scene.look.ansi)
        + ink.text(box[4] * (width - 3 - cells(title)) + box[1], colour)
    ]
    for number in range(height - 2):
        line, ground = content[number] if number < len(content) else ((), "")
        inner = ink.line(line, width - 4, ground)
        lines.append(ink.text(f"{box[5]} ", colour) + inner + ink.text(f" {box[5]}", colour))
    return [*lines, ink.text(box[2] + box[4] * (width - 2) + box[3], colour)]


def _detail_box(scene: Scene, ink: _Ink, width: int, height: int) -> list[str]:
    """Return the lines of the detail's pane: what the row knows of the selected profile."""
    box = PLAIN_BOX if scene.signs is not UNICODE else ROUND
    title = f" {numbered(2, 'Profile')} "
    lines = [
        ink.text(box[0] + box[4], "line")
        + ink.text(title, "muted")
        + ink.text(box[4] * (width - 3 - cells(title)) + box[1], "line")
    ]
    row = scene.state.selected
    around = Surroundings(scene.context.now(), width - 4, scene.signs, scene.context.user_home)
    content = first_lines(Facts(row, told=scene.state.usage.of(row)), around)
    for line in (*content, *[()] * height)[: height - 2]:
        inner = ink.line(line, width - 4)
        lines.append(ink.text(f"{box[5]} ", "line") + inner + ink.text(f" {box[5]}", "line"))
    return [*lines, ink.text(box[2] + box[4] * (width - 2) + box[3], "line")]


class _Ink:
    """Turns roles into what a terminal understands, as Textual does."""

    def __init__(self, look: Look, colorterm: str) -> None:
        self._look = look
        self._palette = PALETTES[look.theme]
        self._many = colorterm.lower() in ("truecolor", "24bit")

    def _code(self, role: str, ground: bool) -> str:  # noqa: FBT001
        colour = self._palette[role]
        first = 48 if ground else 38
        if not colour.startswith("#"):
            names = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
            name = colour.removeprefix("ansi_")
            return str((40 if ground else 30) + (names.index(name) if name in names else 9))
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        if self._many:
            return f"{first};2;{red};{green};{blue}"
        return f"{first};5;{nearest(red, green, blue)}"

    def text(
        self, text: str, role: str, ground: str = "", *, bold: bool = False, reverse: bool = False
    ) -> str:
        """Return a text in a colour of the palette on a ground of it."""
        ansi = self._look.ansi
        codes = ["1"] if bold else []
        if ansi and role == "muted":
            codes.append("2")
        if reverse:
            codes.append("7")
        codes += [self._code(role, False), self._code(ground or "ground", True)]
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m"

    def line(self, line: Line, width: int, ground: str = "") -> str:
        """Return a line of spans, filled to a width."""
        marked = bool(ground) and self._look.ansi
        done = ""
        left = width
        for text, role in (*line, (" " * width, PLAIN)):
            piece = text if cells(text) <= left else text[:left]
            left -= cells(piece)
            if piece:
                colour = "text" if marked or role in (PLAIN, STRONG) else role
                colour = "accent" if role == TAB else colour
                bold = bool(ground) or role in (STRONG, ACCENT, TAB)
                done += self.text(piece, colour, ground, bold=bold, reverse=marked or role == TAB)
        return done


def nearest(red: int, green: int, blue: int) -> int:
    """Return the colour among 256 that Rich, and so Textual, takes for one of 16 million."""
    highest, lowest = max(red, green, blue) / 255, min(red, green, blue) / 255
    light = (highest + lowest) / 2
    spread = highest - lowest
    divisor = highest + lowest if light <= 0.5 else 2.0 - highest - lowest
    if spread == 0 or spread / divisor < 0.15:
        grey = round(light * 25.0)
        return 16 if grey == 0 else 231 if grey == 25 else 231 + grey
    six = [part / 95 if part < 95 else 1 + (part - 95) / 40 for part in (red, green, blue)]
    return 16 + 36 * round(six[0]) + 6 * round(six[1]) + round(six[2])


class Painted:
    """A terminal with the first picture on it, until Textual takes it over."""

    def __init__(
        self, descriptor: int, modes: list[Any], frame: str, size: tuple[int, int]
    ) -> None:
        self._descriptor = descriptor
        #: What was drawn, on a terminal of so many columns and rows.
        self.frame, self.size = frame, size
        #: The modes that the terminal had before, and must have in the end.
        self.modes = modes
        self.taken_over = False

    def restore(self) -> None:
        """Give the terminal back as it was. Does nothing but modes once Textual has taken it over."""
        import termios

        try:
            if not self.taken_over:
                os.write(self._descriptor, b"\x1b[?25h\x1b[?1049l")
            termios.tcsetattr(0, termios.TCSADRAIN, self.modes)
        except (OSError, termios.error):
            pass  # There is no terminal any more.


def paint(scene: Scene, descriptor: int) -> Painted | None:
    """Draw the first picture on a terminal; None where it is better left to Textual."""
    import termios

    small = any(has < least for has, least in zip(scene.size, LEAST, strict=True))
    large = any(has > most for has, most in zip(scene.size, MOST, strict=True))
    sixteen = "256" not in scene.context.environ.get("TERM", "") and not scene.look.ansi
    if small or large or (sixteen and not scene.context.environ.get("COLORTERM")):
        return None
    try:
        modes = termios.tcgetattr(0)
        raw = termios.tcgetattr(0)
        raw[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
        raw[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
        frame = picture(scene)
        termios.tcsetattr(0, termios.TCSANOW, raw)
    except (termios.error, OSError):
        return None
    painted = Painted(descriptor, modes, frame, scene.size)
    data = f"\x1b[?1049h\x1b[?25l{frame}\x1b[H".encode()
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError:
        painted.restore()
        return None
    return painted
