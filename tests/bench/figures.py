"""Figures of the screen beside those of two other programs, and the aims for them."""

from __future__ import annotations

from statistics import median
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Goal(NamedTuple):
    """An aim in words, and whether a figure reaches it."""

    words: str
    holds: Callable[[Figure], bool]


class Figure(NamedTuple):
    """What was measured at each turn: of the screen, of the table, of the bare text; empty where it has no such thing.

    Smaller is better.
    """

    name: str
    turns: Sequence[Sequence[float]]
    goal: Goal | None = None

    @property
    def ours(self) -> Sequence[float]:
        """What the screen took."""
        return self.turns[0]

    @property
    def table(self) -> Sequence[float]:
        """What the table took."""
        return self.turns[1] if len(self.turns) > 1 else ()

    @property
    def bare(self) -> Sequence[float]:
        """What the bare text took."""
        return self.turns[2] if len(self.turns) > 2 else ()

    @property
    def reached(self) -> bool:
        """Whether the aim is reached, by the medians."""
        return self.goal is None or self.goal.holds(self)

    def __str__(self) -> str:
        ratios = f"{'':18}"
        if self.table and median(self.table) and min(self.table):
            ratio, best = (of(self.ours) / of(self.table) for of in (median, min))
            ratios = f"{ratio:8.2f}× {best:7.2f}×"
        verdict = ""
        if self.goal is not None:
            verdict = f"  {self.goal.words}: {'reached' if self.reached else 'MISSED'}"
        numbers = "".join(map(_two, (self.ours, self.table, self.bare)))
        return f"{self.name:42}{numbers}{ratios}{verdict}".rstrip()


HEAD = (
    f"{'':42}{'Switchyard':>18}{'DataTable app':>18}{'Static app':>18}{'to the table':>18}\n"
    f"{'':42}{'median     min':>18}{'median     min':>18}{'median     min':>18}{'ratio  by min':>18}"
)


def _two(numbers: Sequence[float]) -> str:
    return f"{_short(median(numbers)):>10}{_short(min(numbers)):>8}" if numbers else f"{'':18}"


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.1f}"


def under(limit: float, unit: str) -> Goal:
    """Return the aim to stay below a number."""
    return Goal(f"under {limit:g} {unit}", lambda figure: median(figure.ours) < limit)


def at_most_more(limit: float, unit: str) -> Goal:
    """Return the aim to need no more than so much more than the bare text."""
    return Goal(
        f"Static + {limit:g} {unit}",
        lambda figure: median(figure.ours) - median(figure.bare) <= limit,
    )


#: The aim to send less than the table.
LESS = Goal("less than the table", lambda figure: median(figure.ours) < median(figure.table))
#: The aim to send nothing at all.
NOTHING = Goal("nothing", lambda figure: not any(figure.ours))
