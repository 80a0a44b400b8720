"""A program in a pseudo-terminal, measured from outside: what arrives when, and what can be read then."""

from __future__ import annotations

import codecs
import os
import re
import select
import signal
import time
from collections import Counter
from typing import NamedTuple

import pyte

from tests.bench.first_row import spawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Final, Self

#: Seconds that something may take to be seen; whoever waits so long ends the measurement.
PATIENCE: Final = 30.0
#: Seconds without a byte after which a key is over: a detail is read once the cursor rests for a while.
REST: Final = 0.4
#: A name as tests/bench/stores.py makes them.
NAME: Final = re.compile(r"\bp\d{5}\b")
#: What stands before the name of the active profile.
ACTIVE: Final = "●"


class Size(NamedTuple):
    """Columns and rows of a terminal."""

    columns: int
    rows: int

    def __str__(self) -> str:
        return f"{self.columns}×{self.rows}"


class Step(NamedTuple):
    """What a key brought: until that could be seen which was waited for, and until it was quiet (seconds, bytes)."""

    seconds: float
    sent: int
    seconds_in_all: float
    sent_in_all: int


class Row(NamedTuple):
    """A profile as the terminal shows it."""

    name: str
    active: bool
    #: Whether it lies on another ground than the rest.
    chosen: bool


class Terminal:
    """A pseudo-terminal with a program in it; pyte draws what it sends."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], size: Size) -> None:
        self.size, self.sent, self._command = size, 0, command
        self._screen = pyte.Screen(*size)
        self._stream = pyte.Stream(self._screen)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._child, self._master = spawn(command, environ, size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._child.send_signal(signal.SIGKILL)
        self._child.wait()
        os.close(self._master)

    # -- keys --

    def step(self, keys: bytes, seen: Callable[[], bool] | None = None, rest: float = REST) -> Step:
        """Press keys; wait until `seen` holds (at once, if None), and then until nothing came for `rest` seconds."""
        self.read(0.0)
        begun, before = time.perf_counter(), self.sent
        os.write(self._master, keys)
        found = Step(0.0, 0, 0.0, 0) if seen is None else None
        at = begun
        while True:
            came = self.read(rest if found else PATIENCE)
            if came is None:
                break
            at = came
            if found is None and seen is not None and seen():
                found = Step(at - begun, self.sent - before, 0.0, 0)
        if found is None:
            raise SystemExit(f"{self._command}: {keys!r} was never seen:\n{self.text}")
        return found._replace(seconds_in_all=at - begun, sent_in_all=self.sent - before)

    def until(self, seen: Callable[[], bool]) -> float:
        """Wait until `seen` holds; return when the bytes came that brought it (as `perf_counter`)."""
        while True:
            at = self.read(PATIENCE)
            if at is None:
                raise SystemExit(f"{self._command} never showed it:\n{self.text}")
            if seen():
                return at

    def quiet(self, seconds: float) -> None:
        """Wait until nothing came for so long."""
        while self.read(seconds) is not None:
            pass

    def read(self, seconds: float) -> float | None:
        """Read what comes within so many seconds; return when it came, None when nothing did."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return None
        try:
            data = os.read(self._master, 1 << 20)
        except OSError:
            data = b""
        at = time.perf_counter()
        if not data:
            raise SystemExit(f"{self._command} ended:\n{self.text}")
        self.sent += len(data)
        # pyte does not know these private sequences, and would draw their ends.
        self._stream.feed(self._decode(data).replace("\x1b[>25u", "").replace("\x1b[<u", ""))
        return at

    # -- what can be read --

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(self._screen.display)

    def shows(self, text: str) -> bool:
        """Whether this can be read."""
        return text in self.text

    def rows(self) -> list[Row]:
        """Return the profiles that the list shows: their names stand in one column."""
        found = [
            (y, match)
            for y, line in enumerate(self._screen.display)
            if (match := NAME.search(line))
        ]
        columns = Counter(match.start() for _, match in found).most_common(1)
        found = [each for each in found if each[1].start() == columns[0][0]]
        grounds = []
        for y, match in found:
            cell = self._screen.buffer[y][match.start()]
            grounds.append((cell.bg, cell.reverse))
        usual = Counter(grounds).most_common(1)[0][0] if grounds else None
        return [
            Row(match.group(), ACTIVE in match.string[: match.start()], ground != usual)
            for (_, match), ground in zip(found, grounds, strict=True)
        ]

    def chosen(self) -> str | None:
        """Return the name of the profile that the cursor is on, if it is on one."""
        names = [row.name for row in self.rows() if row.chosen]
        return names[0] if len(names) == 1 else None

    def active(self) -> list[str]:
        """Return the names that are marked as active."""
        return [row.name for row in self.rows() if row.active]

    # -- what it costs --

    def memory(self) -> tuple[float, float]:
        """Return what it has of memory, whole and its share of what several have (RSS, PSS; bytes)."""
        found = {}
        with open(f"/proc/{self._child.pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name in ("Rss", "Pss"):
                    found[name] = float(value.split()[0]) * 1024
        return found["Rss"], found["Pss"]

    def worked(self) -> float:
        """Return the seconds that its threads ran on a core so far."""
        folder = f"/proc/{self._child.pid}/task"
        total = 0
        for thread in os.listdir(folder):
            with open(f"{folder}/{thread}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total / 1e9
