"""Measure everything and print it. Exit code 1 when an aim is missed."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from typing import NamedTuple

from tests.bench.apps import BARE_APP
from tests.bench.doctor import measure_doctor
from tests.bench.first_row import first_row
from tests.bench.installed import Installed
from tests.bench.measure import Aim, Case, Result, compare, table, timed
from tests.bench.refreshes import measure_refreshes
from tests.bench.screen import SETTINGS, Report, Setting, measure_screen, programs
from tests.bench.stores import FIRST, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final

    from tests.bench.measure import Timed

COMMANDS, ROWS, SCREEN, REFRESHES = "commands", "rows", "screen", "refreshes"
DOCTOR = "doctor"
#: Profiles in the stores that commands work on, and in those that the screen shows.
COMMAND_STORES, SCREEN_STORES = (10, 100, 1_000), (10, 10_000)
LIST_AIMS: Final = {10: Aim(times=4), 1_000: Aim(times=6)}
SWITCH_AIM, SWITCH_GROWTH = Aim(times=6), Aim(times=1.3)
#: Seconds that the first row may come after that of a Textual app which shows one text.
ROW_AIM = Aim(more=0.030)
ROUNDS, REFRESH_ROUNDS, VISITS = 25, 3, 5


class Table(NamedTuple):
    """One printed table."""

    title: str
    results: list[Result]

    def __str__(self) -> str:
        return f"{self.title}\n{table(self.results)}\n"


class Switching:
    """`tui switch` to another profile at each turn, so that every one changes something."""

    def __init__(self, command: Sequence[str], store: Store) -> None:
        """Switch between the last two profiles of `store`."""
        self._command, self._store, self._turn = command, store, 0

    def __call__(self) -> float:
        """Switch once; return the seconds."""
        self._turn += 1
        name = self._store.name(self._store.count - 1 - self._turn % 2)
        return timed([*self._command, "switch", name], self._store.environ())


def measure_commands(folder: str, installed: Installed, rounds: int) -> list[Table]:
    """Measure `tui list` and `tui switch` against a Python that does nothing."""
    stores = [Store(f"{folder}/commands", count) for count in COMMAND_STORES]

    def python() -> float:
        return timed([installed.python, "-c", "pass"], stores[0].environ())

    def listing(command: Sequence[str], store: Store) -> Timed:
        return lambda: timed([*command, "list"], store.environ())

    script, module = [installed.script], [installed.python, "-m", "tui"]
    cases = []
    for store in stores:
        n = store.count
        cases += [
            Case(f"tui list, {n:,}", listing(script, store), python, "python", LIST_AIMS.get(n)),
            Case(f"python -m tui list, {n:,}", listing(module, store), python, "python"),
        ]
    for store in stores:
        n = store.count
        aim = SWITCH_AIM if n == stores[0].count else None
        cases += [
            Case(f"tui switch, {n:,}", Switching(script, store), python, "python", aim),
            Case(f"python -m tui switch, {n:,}", Switching(module, store), python, "python"),
        ]
    small, large = stores[0], stores[-1]
    growth = Case(
        f"tui switch, {large.count:,}",
        Switching(script, large),
        Switching(script, small),
        f"switch, {small.count}",
        SWITCH_GROWTH,
    )
    return [
        Table("Commands against a bare `python -c pass` (ms)", compare(cases, rounds)),
        Table("Switch among many against switch among few (ms)", compare([growth], rounds)),
    ]


def measure_rows(folder: str, installed: Installed, rounds: int) -> list[Table]:
    """Measure the screen's first row against a bare Textual `Static` in the same terminal."""
    stores = [Store(f"{folder}/rows", count) for count in SCREEN_STORES]

    def bare() -> float:
        command = [installed.python, "-c", BARE_APP, FIRST]
        return first_row(command, stores[0].environ(), FIRST)

    def screen(store: Store) -> Timed:
        return lambda: first_row([installed.script], store.environ(), FIRST)

    cases = [
        Case(f"first row of tui, {store.count:,}", screen(store), bare, "bare Textual", ROW_AIM)
        for store in stores
    ]
    return [Table("From start to first row, 80×24 (ms)", compare(cases, rounds))]


def measure(rounds: int, parts: Sequence[str] = (COMMANDS, ROWS)) -> list[Table]:
    """Make everything that is needed in a temporary folder, measure, and remove it."""
    tables: list[Table] = []
    with tempfile.TemporaryDirectory(prefix="sy-bench-") as folder:
        installed = Installed(f"{folder}/venv")
        if COMMANDS in parts:
            tables += measure_commands(folder, installed, rounds)
        if ROWS in parts:
            tables += measure_rows(folder, installed, rounds)
    return tables


def measure_screens(rounds: int, settings: Sequence[Setting] = SETTINGS) -> Iterator[Report]:
    """Measure the screen in each setting, with fewer rounds than the others: a key waits until it is quiet."""
    rounds = max(3, rounds // 2)
    with tempfile.TemporaryDirectory(prefix="sy-bench-") as folder:
        installed = Installed(f"{folder}/venv")
        stores: dict[int, Store] = {}
        for setting in settings:
            if setting.profiles not in stores:
                stores[setting.profiles] = Store(f"{folder}/screen", setting.profiles)
            store = stores[setting.profiles]
            run = programs(folder, store, setting.size, installed.python, [installed.script])
            yield measure_screen(run, store, setting, rounds, rounds)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each (%(default)s)")
    every = (COMMANDS, ROWS, SCREEN, REFRESHES, DOCTOR)
    parser.add_argument("--only", choices=every, help="measure this part alone")
    options = parser.parse_args()
    load = "/".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load}\n")
    parts = (options.only,) if options.only else every
    tables = measure(options.rounds, parts)
    print(*tables, sep="\n")
    reached = all(result.reached for each in tables for result in each.results)
    if SCREEN in parts:
        for report in measure_screens(options.rounds):
            print(report, flush=True)
            reached = reached and report.reached
    if REFRESHES in parts:
        with tempfile.TemporaryDirectory(prefix="sy-bench-") as folder:
            text, fast = measure_refreshes(folder, Installed(f"{folder}/venv"), REFRESH_ROUNDS)
        print(text)
        reached = reached and fast
    if DOCTOR in parts:
        with tempfile.TemporaryDirectory(prefix="sy-bench-") as folder:
            installed = Installed(f"{folder}/venv")
            text, fast = measure_doctor(folder, [installed.script], VISITS)
        print(text)
        reached = reached and fast
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
