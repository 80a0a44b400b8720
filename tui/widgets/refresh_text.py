"""What the pane of a refresh says: how many are done, and of each profile what became of it and why. Draws nothing."""

from __future__ import annotations

from collections import Counter
from time import localtime, strftime
from typing import NamedTuple

from tui.refresh_words import WORDS, is_well, sentence
from tui.terminal import clean
from tui.widgets.words import (
    ACCENT,
    BAD,
    GOOD,
    MUTED,
    PLAIN,
    STRONG,
    WARN,
    StateWord,
    cells,
    fit,
    wrap,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.refreshing import Result
    from tui.refresh_state import Board
    from tui.widgets.words import Line, Signs

#: A refresh that takes longer (seconds) says for how long, and in steps of so many: most are over in one.
SLOW, STEP = 5, 5
#: The longest name that is written out.
NAME_CELLS = 28


class Around(NamedTuple):
    """What the words depend on beside the refresh. `now`: seconds since the epoch, UTC."""

    now: float
    width: int
    signs: Signs
    #: What to do about a result that is not well.
    step: Callable[[Result], str]


def count_line(board: Board) -> str:
    """Return how far it is: `3 of 12 done: 2 refreshed, 1 login needed`."""
    results, names = board.results, board.names
    outcomes = Counter(result.outcome for result in results.values())
    said = ", ".join(f"{outcomes[each]} {word}" for each, word in WORDS.items() if outcomes[each])
    ended_at, left = board.ended_at, sum(name not in results for name in names)
    if ended_at is None and board.is_stopping:
        away = sum(name not in results for name in board.since)
        head = f"stopping, {away} to be saved" if away else "stopping"
        return f"{head}{f': {said}' if said else ''}"
    if ended_at is None:
        return f"{len(names) - left} of {len(names)} done{f': {said}' if said else ''}"
    parts = [*([said] if said else []), *([f"{left} not begun"] if left else [])]
    ended = strftime("%H:%M:%S", localtime(ended_at))
    return f"ended {ended}: {', '.join(parts) or 'nothing to refresh'}"


class RefreshLines:
    """The lines of one refresh; those of a profile are made again only when something about it changed."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[object, list[Line]]] = {}
        self._of: Board | None = None

    def lines(self, board: Board, around: Around) -> list[Line]:
        """Return all lines for a width."""
        if board is not self._of:
            self._of, self._made = board, {}
        names, results, since = board.names, board.results, board.since
        given_up = board.given_up()
        column = min(NAME_CELLS, around.width // 3, max(map(cells, names), default=1))
        head = wrap(count_line(board), around.width)
        lines: list[Line] = [*(((text, STRONG),) for text in head), ()]
        minute = int(around.now // 60)
        for name in names:
            at = results.get(name) or _at(since.get(name), name in given_up, around)
            key = (around.width, column, at, minute if name in results else 0)
            made = self._made.get(name)
            if made is None or made[0] != key:
                made = (key, self._of_profile(name, at, around, column))
                self._made[name] = made
            lines += made[1]
        return lines

    def _of_profile(
        self, name: str, at: Result | StateWord, around: Around, column: int
    ) -> list[Line]:
        signs, hint = around.signs, ""
        if isinstance(at, StateWord):
            sign, words, role = at
        else:
            words = sentence(at, around.now)
            sign, role = _outcome(at, signs)
            hint = "" if is_well(at) else around.step(at)
        label = fit(clean(name), column, signs)
        indent = " " * (column + 4)
        room = max(8, around.width - column - 4)
        first, *rest = wrap(clean(words), room)
        lines: list[Line] = [((f"{sign} ", role), (f"{label}  ", PLAIN), (first, role))]
        lines += [((indent, PLAIN), (text, role)) for text in rest]
        if hint:
            lines += [((indent, PLAIN), (text, MUTED)) for text in wrap(f"next: {hint}", room)]
        return lines


def _at(since: float | None, given_up: bool, around: Around) -> StateWord:  # noqa: FBT001
    """Return what a profile is at of which no result is known."""
    signs = around.signs
    if since is not None:
        age = int(around.now - since) // STEP * STEP
        return StateWord(
            signs.away, f"refreshing, sent {age} s ago" if age >= SLOW else "refreshing", ACCENT
        )
    if given_up:
        return StateWord(signs.dash, "not begun", MUTED)
    return StateWord(signs.dot, "waiting", MUTED)


def _outcome(result: Result, signs: Signs) -> tuple[str, str]:
    """Return sign and role of an outcome; its word says the same."""
    if result.outcome == "refreshed":
        return signs.ok, GOOD
    if is_well(result):
        return signs.ok, MUTED
    if result.outcome == "login-needed":
        return signs.bad, BAD
    return (signs.unknown if result.outcome == "uncertain" else signs.warn), WARN


def next_wake(board: Board, now: float) -> float:
    """Return in how many seconds something here may read differently, if nothing happens before."""
    waits = [60.0 - now % 60.0]
    done = board.results
    waits += [STEP - (now - at) % STEP for name, at in board.since.items() if name not in done]
    return max(0.05, min(waits) + 0.005)
