"""The aims of speed, on a machine that has nothing else to do; and those that hold on any, always."""

from __future__ import annotations

import sys
import time
from typing import Final

import pytest

from tests.bench.__main__ import COMMANDS, ROUNDS, ROWS, VISITS, measure, measure_screens
from tests.bench.doctor import measure_doctor
from tests.bench.screen import DOWN, MIB, SETTINGS, UP, Programs, Setting, programs
from tests.bench.stores import FIRST, Store
from tests.bench.terminal import PATIENCE, Size, Terminal
from tests.support.cli import tui_command, tui_environ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

#: Profiles, and what any key that moves the cursor may send until all is quiet, with what its profile's detail says.
PROFILES: Final = 100
KEY, SWITCHED = 500, 1_600
#: Bytes for each line of the terminal when all rows move up by one.
SCROLLED: Final = 50
#: Bytes for each cell of the terminal that a dialog may take to come or to go: all behind it is dimmed.
DIALOG: Final = 3
#: MiB of memory (RSS).
MEMORY: Final = 60
#: Seconds that an idle screen is watched.
IDLE: Final = 3.0


@pytest.mark.bench
@pytest.mark.parametrize("part", [COMMANDS, ROWS])
def test_the_aims_are_reached(part: str) -> None:
    """Nobody waits longer than promised, however many profiles there are."""
    tables = measure(ROUNDS, [part])
    print("", *tables, sep="\n")
    missed = [r.case.name for each in tables for r in each.results if not r.reached]
    assert missed == []


@pytest.mark.bench
def test_the_doctor_is_quick(box: Box) -> None:
    """On a healthy machine, without the network, and where nothing answers."""
    text, reached = measure_doctor(box.path, tui_command(), VISITS)
    print("", text, sep="\n")
    assert reached


@pytest.mark.bench
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_aims_of_the_screen_are_reached(setting: Setting) -> None:
    """The screen costs less than a table would, in bytes and milliseconds, at any size and count."""
    (report,) = measure_screens(ROUNDS, [setting])
    print("", report, sep="\n")
    assert [figure.name for figure in report.figures if not figure.reached] == []


class _Screens:
    """The screen, and the table beside it, over one store."""

    def __init__(self, store: Store, run: Programs, size: Size) -> None:
        environ = {**tui_environ(), **store.environ()}
        self.ours, self.table = (
            Terminal(run.ours, environ, size),
            Terminal(run.table, environ, size),
        )
        for each in (self.ours, self.table):
            each.until(lambda each=each: each.shows(FIRST))  # type: ignore[misc]


@pytest.fixture(params=[Size(80, 24), Size(120, 36)], ids=str)
def screens(request: pytest.FixtureRequest, box: Box) -> Iterator[_Screens]:
    """Both, at rest."""
    store, size = Store(f"{box.path}/bench", PROFILES), request.param
    run = programs(box.path, store, size, sys.executable, tui_command())
    both = _Screens(store, run, size)
    with both.ours, both.table:
        yield both


def wait_for_quiet(terminal: Terminal) -> None:
    """Wait until an idle screen sends nothing; on a busy machine its start may take a while."""
    __tracebackhide__ = True
    end = time.monotonic() + PATIENCE
    while terminal.read(IDLE) is not None:
        assert time.monotonic() < end, "an idle screen sends nothing"


def test_what_a_key_sends(screens: _Screens) -> None:
    """What does not depend on speed: bytes of keys, of a switch, of help; nothing while idle; memory."""
    ours, table = screens.ours, screens.table
    ours.step(DOWN)
    table.step(DOWN)
    wait_for_quiet(ours)
    sent = []
    for terminal in (ours, table):
        before = terminal.sent
        for key, row in ((DOWN, 2), (DOWN, 3), (UP, 2), (DOWN, 3)):
            name = Store.name(row)
            terminal.step(key, lambda terminal=terminal, name=name: terminal.chosen() == name)  # type: ignore[misc]
        # The detail of the other profile counts, too; the table has none.
        terminal.quiet(1.0)
        sent.append(terminal.sent - before)
    assert 0 < sent[0] < 4 * KEY
    assert sent[0] < sent[1]

    assert 0 < ours.step(b" ", lambda: len(ours.active()) == 1, 1.0).sent_in_all < SWITCHED
    dialog = DIALOG * ours.size.columns * ours.size.rows
    assert 0 < ours.step(b"?", lambda: ours.shows("Here, in the list")).sent_in_all < dialog
    assert 0 < ours.step(b"q", lambda: ours.shows("Profiles")).sent_in_all < dialog

    ours.step(b"\x1b[6~")
    ours.step(b"\x1b[6~")
    assert 0 < ours.step(DOWN).sent_in_all < SCROLLED * ours.size.rows, "what differs in each row"
    assert ours.memory()[0] < MEMORY * MIB
