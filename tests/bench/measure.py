"""Baseline and subject by turns, so that whatever else the machine does hits both alike."""

from __future__ import annotations

import os
import subprocess
import time
from statistics import median
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    #: Does what is measured once, and returns the seconds that it took.
    Timed = Callable[[], float]

#: Rounds before those that count: they fill the page cache, and ours.
WARM_UP = 2


class Aim(NamedTuple):
    """How slow the subject may be: so many times the baseline, or so many seconds more."""

    times: float | None = None
    more: float | None = None

    def __str__(self) -> str:
        return f"{self.times:g}×" if self.times is not None else f"+{(self.more or 0) * 1e3:g} ms"


class Case(NamedTuple):
    """What is compared with what. Without an aim the numbers are there to be looked at."""

    name: str
    subject: Timed
    baseline: Timed
    against: str
    aim: Aim | None = None


class Result(NamedTuple):
    """The seconds that each turn took."""

    case: Case
    subject: list[float]
    baseline: list[float]

    @property
    def ratio(self) -> float:
        """How many times the baseline it is, by the medians."""
        return median(self.subject) / median(self.baseline)

    @property
    def best_ratio(self) -> float:
        """The same by the fastest turns, which other work on the machine disturbed least."""
        return min(self.subject) / min(self.baseline)

    @property
    def more(self) -> float:
        """How many seconds more it is, by the medians."""
        return median(self.subject) - median(self.baseline)

    @property
    def reached(self) -> bool:
        """Whether the aim is reached."""
        if self.case.aim is None:
            return True
        if self.case.aim.times is not None:
            return self.ratio <= self.case.aim.times
        return self.more <= (self.case.aim.more or 0.0)


def compare(cases: Sequence[Case], rounds: int) -> list[Result]:
    """Run every case `rounds` times, each turn right after one of its baseline."""
    results = [Result(case, [], []) for case in cases]
    for number in range(-WARM_UP, rounds):
        for case, subject, baseline in results:
            base, seconds = case.baseline(), case.subject()
            if number >= 0:
                baseline.append(base)
                subject.append(seconds)
    return results


def timed(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """Run a program that must succeed; return the seconds from its start to its end."""
    begun = time.perf_counter()
    done = subprocess.run(
        command,
        env=environ,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{os.fsdecode(done.stderr)}")
    return seconds


def table(results: Sequence[Result]) -> str:
    """Return the results as text for people; times in milliseconds."""
    left, right = "baseline   median      min", "median      min    ratio  by min    more      aim"
    lines = [f"{'':34}{left:>32}{right:>53}"]
    for result in results:
        case, base, took = result.case, result.baseline, result.subject
        aim = "" if case.aim is None else f"{case.aim}"
        verdict = "" if case.aim is None else "  reached" if result.reached else "  MISSED"
        lines.append(
            f"{case.name:34}{case.against:>14} {median(base) * 1e3:8.1f} {min(base) * 1e3:8.1f}"
            f"{median(took) * 1e3:10.1f} {min(took) * 1e3:8.1f}{result.ratio:8.2f}×"
            f" {result.best_ratio:6.2f}× {result.more * 1e3:+7.1f} {aim:>8}{verdict}"
        )
    return "\n".join(lines)
