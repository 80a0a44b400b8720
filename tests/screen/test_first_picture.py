"""The picture that is drawn by hand is the one that Textual draws next, cell by cell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pyte
import pytest
from rich.color import Color, ColorSystem

from tests.screen.stage import ADA, configure, two_logins
from tests.screen.terminal import Terminal
from tests.support.cli import ROOT, tui_command
from tests.support.tokens import DAY, HOUR, Login, Person
from tui.app import READ_AT_ONCE
from tui.colours import DARK, LIGHT, choose
from tui.first_picture import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

#: With this Textual begins.
TAKEN_OVER = b"\x1b[?1004h"

Cell = tuple[str, str, str, bool, bool]


def cells(sent: bytes, columns: int, rows: int) -> list[list[Cell]]:
    """Draw what was sent, and return each cell: sign, colours, bold, reverse."""
    screen = pyte.Screen(columns, rows)
    pyte.Stream(screen).feed(sent.decode().replace("\x1b[>25u", ""))
    return [
        [
            (cell.data, cell.fg, cell.bg, cell.bold, cell.reverse)
            for cell in (screen.buffer[row][column] for column in range(columns))
        ]
        for row in range(rows)
    ]


def seen(cell: Cell) -> tuple[object, ...]:
    """Return what of a cell can be seen: a space has no colour and no weight of its own, and time goes on."""
    sign, colour, ground, bold, reverse = cell
    if sign == " ":
        return (sign, ground, reverse)
    # A minute may begin between the two pictures.
    return ("0" if sign.isdigit() else sign, colour, ground, bold, reverse)


def text_of(line: list[Cell]) -> str:
    """Return the signs of some cells, without those of the tabs, which name other sections."""
    text = "".join(cell[0] for cell in line)
    return "" if "Hist" in text else text


def some_profiles(box: Box) -> None:
    """Make profiles in several states."""
    two_logins(box)
    Login(Person("old"), plan="free").fresh(age=11 * DAY).write(box.profile("old"))
    Login(Person("soon"), plan="team").fresh(age=9 * DAY + HOUR).write(box.profile("soon"))
    os.makedirs(box.profile("empty"))


@pytest.mark.parametrize(
    ("columns", "rows", "environ", "settings"),
    [
        (80, 24, {}, ""),
        (120, 36, {"COLORTERM": "truecolor"}, ""),
        (100, 16, {}, 'theme = "light"\n'),
        (79, 24, {"SSH_CONNECTION": "1 2 3 4", "CODEX_ACCESS_TOKEN": "made-up"}, ""),
        (40, 12, {}, ""),
        (80, 24, {"NO_COLOR": "1"}, ""),
        (80, 24, {"TERM": "xterm"}, ""),
        (80, 15, {"LC_ALL": None, "LANG": "C"}, ""),
        (80, 24, {}, '[keys]\nswitch = "w"\n'),
        (80, 24, {}, 'sort = "last-used"\n'),
        (100, 24, {}, 'sort = "-expiry"\n'),
        (40, 12, {}, 'sort = "-state"\n'),
    ],
    ids=[
        "80",
        "120",
        "light",
        "narrow",
        "small",
        "mono",
        "ansi",
        "ascii",
        "keys",
        "used",
        "expiry",
        "state",
    ],
)
def test_it_is_the_same(
    box: Box, columns: int, rows: int, environ: dict[str, str | None], settings: str
) -> None:
    """What stands there when Textual takes over is what it draws: nothing jumps, nothing blinks."""
    some_profiles(box)
    configure(box, settings)
    with Terminal(columns, rows, env=environ) as terminal:
        stays_the_same(terminal, columns, rows)


@pytest.mark.parametrize(("columns", "rows"), [(120, 36), (80, 24), (60, 16), (60, 12), (40, 12)])
def test_it_is_the_same_in_the_demo(box: Box, columns: int, rows: int) -> None:
    """Both say DEMO, in the title or, where there is none, above the list."""
    with Terminal(columns, rows, command=tui_command(["--demo"])) as terminal:
        stays_the_same(terminal, columns, rows)
        assert "DEMO" in terminal.sent.partition(TAKEN_OVER)[0].decode()


def stays_the_same(terminal: Terminal, columns: int, rows: int) -> None:
    """Let it start and end, and compare what stood there before and after Textual took over."""
    terminal.until(lambda: TAKEN_OVER in terminal.sent)
    terminal.shows("personal")
    terminal.quiet()
    terminal.press("ctrl+q")
    assert terminal.end() == 0
    first, _, _rest = terminal.sent.partition(TAKEN_OVER)
    end = terminal.sent.rindex(b"\x1b[<u")
    before, after = cells(first, columns, rows), cells(terminal.sent[:end], columns, rows)
    detail = {100: 52, 120: 52, 80: 36}.get(columns, 0)
    shared = columns - detail
    for row in range(rows):
        assert [seen(c) for c in before[row][:shared]] == [seen(c) for c in after[row][:shared]]
    # The detail, at the right, has more to say once the rest is read; only its scrollbar may be there too.
    for row in range(rows if detail else 0):
        if any(word in text_of(before[row][shared:]) for word in ("Usage ", "Home")):
            assert row > 5
            break
        assert [seen(c) for c in before[row][shared:-2]] == [seen(c) for c in after[row][shared:-2]]
    assert terminal.sent.count(b"\x1b[?1049h") == 1


def test_many_profiles_are_names_first(box: Box) -> None:
    """With many profiles the picture has their names at once, and says that it still reads."""
    for number in range(READ_AT_ONCE + 1):
        Login(Person(f"p{number:03}")).fresh().write(box.profile(f"p{number:03}"))
    with Terminal() as terminal:
        terminal.until(lambda: TAKEN_OVER in terminal.sent)
        first = terminal.sent.partition(TAKEN_OVER)[0].decode()
        assert "p000" in first
        assert "reading" in first
        assert "no login is active" not in first
        terminal.shows("Profiles  65", "✓ ok")
        terminal.press("q")
        assert terminal.end() == 0


def test_it_comes_before_textual(box: Box) -> None:
    """Nothing of Textual or Rich is imported for it, whatever the names and e-mails are."""
    Login(ADA).fresh().write(box.codex)
    code = (
        "import sys\n"
        "from profiles.context import make_context\n"
        "from tui.app import first_look, make_scene, read_config\n"
        "from tui.state import State\n"
        "from tui.first_picture import picture\n"
        "context = make_context()\n"
        "state = State(context.now, *first_look(context))\n"
        "text = picture(make_scene(context, read_config(context)[0], state, (80, 24)))\n"
        "assert 'ada@example.com' in text\n"
        "heavy = {'textual', 'rich', 'asyncio', 'httpx', 'jwt', 'psutil', 'tomli_w', 'dataclasses'}\n"
        "sys.exit(','.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_is_left_to_textual_where_colours_would_be_guessed(box: Box) -> None:
    """With sixteen colours and a theme of sixteen million, Textual's rounding is not guessed."""
    two_logins(box)
    configure(box, 'theme = "dark"\n')
    with Terminal(env={"TERM": "xterm"}) as terminal:
        terminal.until(lambda: TAKEN_OVER in terminal.sent)
        assert b"personal" not in terminal.sent.partition(TAKEN_OVER)[0]
        terminal.shows("● personal")
        terminal.press("q")
        assert terminal.end() == 0


def test_an_end_before_textual_restores_the_terminal(box: Box) -> None:
    """Whatever goes wrong between the picture and Textual: the terminal is given back as it was."""
    two_logins(box)
    os.makedirs(f"{box.path}/broken")
    with open(f"{box.path}/broken/textual.py", "w", encoding="utf-8") as file:
        file.write("raise ImportError('made up for this test')\n")
    path = os.pathsep.join((f"{box.path}/broken", f"{ROOT}/tests/support/child", ROOT))
    with Terminal(env={"PYTHONPATH": path}) as terminal:
        assert terminal.end() == 1
        assert terminal.modes_now() == terminal.modes
    assert terminal.sent.count(b"\x1b[?1049h") == terminal.sent.count(b"\x1b[?1049l") == 1
    assert terminal.sent.rindex(b"\x1b[?25h") > terminal.sent.rindex(b"\x1b[?25l")
    assert "error" in terminal.text


def test_colours_are_rounded_as_textual_rounds_them() -> None:
    """Among 256 colours ours are those that Rich takes, for both palettes and for every grey."""
    wanted = [*DARK.values(), *LIGHT.values(), *(f"#{n:02x}{n:02x}{n:02x}" for n in range(256))]
    for colour in wanted:
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        rounded = Color.parse(colour).downgrade(ColorSystem.EIGHT_BIT).number
        assert nearest(red, green, blue) == rounded, colour


@pytest.mark.parametrize(
    ("wanted", "environ", "theme"),
    [
        ("auto", {"TERM": "xterm-256color"}, "dark"),
        ("auto", {"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "light"),
        ("auto", {"TERM": "linux"}, "ansi"),
        ("auto", {"TERM": "xterm", "COLORTERM": "truecolor"}, "dark"),
        ("light", {"TERM": "linux"}, "light"),
        ("mono", {"TERM": "xterm-256color"}, "mono"),
        ("dark", {"NO_COLOR": "1"}, "mono"),
        ("dark", {"NO_COLOR": ""}, "dark"),
    ],
)
def test_choosing_a_theme(wanted: str, environ: dict[str, str], theme: str) -> None:
    """The terminal decides what `auto` is, and NO_COLOR beats every theme."""
    assert choose(wanted, environ).theme == f"switchyard-{theme}"


def test_palettes_are_told_apart() -> None:
    """Good, warn and bad are three colours that differ from the text, in both palettes."""
    for palette in (DARK, LIGHT):
        roles = Counter(
            palette[role] for role in ("good", "warn", "bad", "text", "muted", "accent")
        )
        assert max(roles.values()) == 1
