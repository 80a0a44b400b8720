"""What the screen costs beside other Textual programs in terminals of the same size, by turns."""

from __future__ import annotations

import os
from typing import NamedTuple

from tests.bench.apps import BARE_APP, TABLE_APP, write_rows
from tests.bench.figures import HEAD, LESS, NOTHING, Figure, at_most_more, under
from tests.bench.first_row import first_row
from tests.bench.stores import FIRST, Store
from tests.bench.terminal import Size, Step, Terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

DOWN, UP, ESCAPE, ENTER = b"\x1b[B", b"\x1b[A", b"\x1b", b"\r"
#: Rows that the cursor goes down and up again: no terminal here scrolls for it.
WAY: Final = 8
#: Seconds that a screen is left alone, after so many in which all that its start brought has come.
IDLE, SETTLED = 10.0, 3.0
#: A toast is seen for four seconds; then the lines below it are drawn again.
TOAST: Final = 4.6
#: A key that is held down comes so often (seconds between two), here so many times.
REPEAT, HELD = 0.033, 10
MIB: Final = 1 << 20
SIXTEEN: Final = "xterm"


class Setting(NamedTuple):
    """Where the screen is measured: profiles, size, TERM."""

    profiles: int
    size: Size
    term: str = "xterm-256color"

    def __str__(self) -> str:
        return f"{self.profiles:,} profiles, {self.size}, TERM={self.term}"


SETTINGS: Final = (
    Setting(100, Size(80, 24)),
    Setting(100, Size(120, 36)),
    Setting(100, Size(80, 24), SIXTEEN),
    Setting(10_000, Size(80, 24)),
    Setting(10_000, Size(120, 36)),
)


class Report(NamedTuple):
    """The figures of one setting."""

    setting: Setting
    figures: list[Figure]

    @property
    def reached(self) -> bool:
        """Whether every aim was reached."""
        return all(figure.reached for figure in self.figures)

    def __str__(self) -> str:
        return "\n".join([str(self.setting), HEAD, *map(str, self.figures), ""])


class Programs(NamedTuple):
    """The command lines: ours, the table, the bare text."""

    ours: list[str]
    table: list[str]
    bare: list[str]


def programs(folder: str, store: Store, size: Size, python: str, ours: list[str]) -> Programs:
    """Return what is to be run over a store, with the rows written down for the table."""
    path = f"{folder}/rows-{store.count}-{size.columns}.json"
    if not os.path.exists(path):
        # The list's own width: what stands beside and around it is not in the table.
        write_rows(path, store, size.columns - (52 if size.columns >= 100 else 36) - 4)
    return Programs(ours, [python, "-c", TABLE_APP, path], [python, "-c", BARE_APP, FIRST])


def measure_screen(
    run: Programs, store: Store, setting: Setting, rounds: int, starts: int
) -> Report:
    """Measure one setting."""
    environ = {**store.environ(), "TERM": setting.term}
    size = setting.size
    figures = [_first_rows(run, environ, size, starts)]
    with (
        Terminal(run.ours, environ, size) as ours,
        Terminal(run.table, environ, size) as table,
        Terminal(run.bare, environ, size) as bare,
    ):
        for each in (ours, table, bare):
            each.until(lambda each=each: each.shows(FIRST))  # type: ignore[misc]
        for each in (ours, table, bare):
            each.quiet(SETTLED)
        memory = [[each.memory()] for each in (ours, table, bare)]
        figures += _idle([ours, table, bare])
        figures += _keys(ours, table, rounds)
        figures += _switches(ours, table, max(3, rounds // 2))
        figures += _openings(ours)
        for held, each in zip(memory, (ours, table, bare), strict=True):
            held.append(each.memory())
    figures += _memory(memory, setting.profiles)
    return Report(setting, figures)


def _first_rows(run: Programs, environ: dict[str, str], size: Size, starts: int) -> Figure:
    took: list[list[float]] = [[], [], []]
    for number in range(-1, starts):
        for seconds, command in zip(took, run, strict=True):
            once = first_row(command, environ, FIRST, size)
            if number >= 0:
                seconds.append(once * 1e3)
    return Figure("start to first row, ms", took, at_most_more(30, "ms"))


def _idle(terminals: Sequence[Terminal]) -> list[Figure]:
    """Leave all of them alone at the same time."""
    before = [(each.sent, each.worked()) for each in terminals]
    for number, each in enumerate(terminals):
        each.quiet(IDLE if not number else 0.0)
    sent, worked = [], []
    for each, (bytes_before, worked_before) in zip(terminals, before, strict=True):
        sent.append([(each.sent - bytes_before) * 60 / IDLE])
        worked.append([(each.worked() - worked_before) * 1e3 * 60 / IDLE])
    return [
        Figure("idle, bytes a minute", sent, NOTHING),
        Figure("idle, ms of a core a minute", worked),
    ]


def _keys(ours: Terminal, table: Terminal, rounds: int) -> list[Figure]:
    """Go down and up by turns, one key at a time; then with a key held down."""
    steps: dict[tuple[str, bool], list[Step]] = {}
    names = [row.name for row in table.rows()]
    at = 0
    for number in range(-2, max(rounds, WAY) * 2):
        down = (number // WAY) % 2 == 0
        at = max(0, min(at + (1 if down else -1), WAY))
        for terminal in (ours, table):
            step = _to(terminal, DOWN if down else UP, names[at])
            if number >= 0 and step is not None:
                steps.setdefault(("down" if down else "up", terminal is ours), []).append(step)
    figures = []
    for key in ("down", "up"):
        one, other = steps[key, True], steps[key, False]
        figures += [
            Figure(f"{key} until the cursor is there, bytes", _of("sent", one, other), LESS),
            Figure(f"{key} until the cursor is there, ms", _of("seconds", one, other)),
            Figure(f"{key} until it is quiet, bytes", _of("sent_in_all", one, other), LESS),
            Figure(f"{key} until it is quiet, ms", _of("seconds_in_all", one, other)),
        ]
    for terminal in (ours, table):
        while terminal.chosen() != names[0]:
            terminal.step(UP, rest=0.1)
    held = [[_hold(each, DOWN, names[HELD])] for each in (ours, table)]
    for terminal in (ours, table):
        _hold(terminal, UP, names[0])
    figures.append(Figure(f"down held for {HELD} rows, bytes a row", held, LESS))
    return figures


def _of(field: str, *steps: Sequence[Step]) -> list[list[float]]:
    scale = 1e3 if field.startswith("seconds") else 1.0
    return [[getattr(step, field) * scale for step in each] for each in steps]


def _to(terminal: Terminal, key: bytes, name: str) -> Step | None:
    """Press a key until the cursor is on a row; None if it is there already."""
    if terminal.chosen() == name:
        return None
    return terminal.step(key, lambda: terminal.chosen() == name)


def _hold(terminal: Terminal, key: bytes, name: str) -> float:
    """Press a key as one that is held down, and return the bytes of each time."""
    before = terminal.sent
    for _ in range(HELD - 1):
        terminal.step(key, rest=REPEAT)
    _to(terminal, key, name)
    return (terminal.sent - before) / HELD


def _switches(ours: Terminal, table: Terminal, rounds: int) -> list[Figure]:
    """Make the first two profiles the active one by turns."""
    steps: list[list[Step]] = [[], []]
    alone: list[list[float]] = [[], []]
    names = [row.name for row in table.rows()][:2]
    for number in range(rounds):
        name = names[(number + 1) % 2]
        for index, terminal in enumerate((ours, table)):
            _to(terminal, DOWN if number % 2 == 0 else UP, name)
            # The first one is watched until its toast is gone.
            seen = lambda terminal=terminal, name=name: terminal.active() == [name]  # noqa: E731
            step = terminal.step(b" ", seen, TOAST if not number else 1.0)
            if not number:
                alone[index].append(step.sent_in_all)
            steps[index].append(step)
    if rounds % 2:
        _to(ours, UP, names[0])
        ours.step(b" ", lambda: ours.active() == names[:1], TOAST)
    ours.quiet(TOAST)
    return [
        Figure("switch until the marker moved, ms", _of("seconds", *steps), under(30, "ms")),
        Figure("switch until the marker moved, bytes", _of("sent", *steps)),
        Figure("switch with what it says, bytes", alone),
    ]


def _openings(ours: Terminal) -> list[Figure]:
    """Open and close what a key opens."""
    figures = []
    for what, key, back, word in (
        ("help", b"?", b"q", "Here, in the list"),
        ("filter", b"/", ESCAPE, ""),
        ("detail", ENTER, ESCAPE, ""),
    ):
        opened, closed = [], []
        for _ in range(3):
            seen = (lambda word=word: ours.shows(word)) if word else None
            opened.append(ours.step(key, seen))
            closed.append(ours.step(back))
        # The first time more is imported.
        figures += [
            Figure(f"{what} opened, bytes", _of("sent_in_all", opened)),
            Figure(f"{what} opened, ms until it is quiet", _of("seconds_in_all", opened)),
            Figure(f"{what} closed, bytes", _of("sent_in_all", closed)),
        ]
    return figures


def _memory(memory: Sequence[Sequence[tuple[float, float]]], profiles: int) -> list[Figure]:
    goal = under(60, "MiB") if profiles <= 100 else None
    figures = []
    for index, when in enumerate(("after the start", "in the end")):
        rss, pss = ([[each[index][kind] / MIB] for each in memory] for kind in (0, 1))
        figures += [
            Figure(f"memory {when}, MiB (RSS)", rss, goal),
            Figure(f"memory {when}, MiB (PSS)", pss),
        ]
    return figures
