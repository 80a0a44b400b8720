"""Refresh logins, one or all: each once, however many files hold it; several at a time; each result as it comes (R22).

What is done with one login stands in `refresh_step`. Its files are read and written by a thread per login; requests go
through one loop in a thread of its own, where an answer is made durable before anything else happens (R18).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import NamedTuple

from profiles.errors import StoreError
from profiles.history import Entry, note
from profiles.refresh_checks import (
    FAILED,
    FRESH,
    NEEDED,
    REFRESHED,
    SKIPPED,
    UNREACHABLE,
    UNSURE,
    Outcome,
)
from profiles.refresh_plan import Group, Options, find_groups
from profiles.refresh_step import Step
from profiles.refresh_waiting import Interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from threading import Event, Semaphore
    from typing import Self

    from profiles.context import Context
    from profiles.model import Process
    from profiles.refresh_answer import Send


#: So many profiles of each outcome are named in the history.
NAMED = 4
#: Seconds between two looks at the running Codexes.
LOOK_EVERY = 1.0


class Result(NamedTuple):
    """What became of one profile. `expires_at`: seconds since the epoch, UTC. `locked`: somebody else held a lock.

    `said` are sentences for people, given once for profiles that share a login. `window`: how long the answer was in
    memory alone, in seconds.
    """

    name: str
    outcome: str
    reason: str | None
    expires_at: float | None
    locked: bool = False
    said: tuple[str, ...] = ()
    window: float | None = None


def refresh_logins(
    context: Context,
    names: Sequence[str] | None = None,
    options: Options | None = None,
    *,
    concurrency: int = 8,
    stop: Event | None = None,
    connect: Callable[[Context, str], Send] | None = None,
) -> Iterator[Result]:
    """Refresh the profiles of these names, or all; yield each result as it comes.

    `concurrency` are asked for at a time. Once `stop` is set none is sent any more, and what was not has no result;
    those that were sent are waited for and saved. `connect` gives the way to the issuer for a profile's home, for
    tests. Raises ProfileNotFound at once; everything else is a result.
    """
    from random import random
    from threading import Semaphore

    groups = find_groups(context, names)
    context = context._replace(processes=_looked_at_lately(context))
    slots = Semaphore(concurrency)

    # Several sign-ins of one person share a lock: they take turns, instead of waiting for each other.
    turns: dict[object, list[Group]] = {}
    for group in groups:
        turns.setdefault(group.identity or group.names, []).append(group)

    def work(turn: list[Group], to: Callable[[Context, str], Send]) -> list[Result]:
        results = []
        for group in turn:
            with _Slot(slots) as slot:
                if stop is not None and stop.is_set():
                    break
                home = f"{context.roots.profiles}/{group.names[0]}"
                chosen, send = options or Options(), to(context, home)
                step = Step(context, group, chosen, send, random, answered=slot.free, stop=stop)
                try:
                    results += _results_of(group, step.run(), step)
                except Interrupted:
                    break
        return results

    return _noted(context, _in_threads(list(turns.values()), work, concurrency, connect))


def _noted(context: Context, results: Iterator[Result]) -> Iterator[Result]:
    """Pass the results on, and leave one line in the history of a run that had anything to do."""
    by_outcome: dict[str, list[str]] = {}
    try:
        for result in results:
            by_outcome.setdefault(result.outcome, []).append(result.name)
            yield result
    finally:
        told = []
        for outcome in (REFRESHED, NEEDED, UNREACHABLE, UNSURE, FAILED):
            names = by_outcome.get(outcome, [])
            if names:
                more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
                told.append(f"{outcome}: {', '.join(sorted(names)[:NAMED])}{more}")
        if told:
            _note(context, "; ".join(told))


def _note(context: Context, told: str) -> None:
    try:
        note(context, Entry(context.now(), "refresh", "", "", "", told))
    except StoreError:
        # It is done, and durable; that it cannot be noted harms nobody.
        pass


def _in_threads(
    turns: list[list[Group]],
    work: Callable[[list[Group], Callable[[Context, str], Send]], list[Result]],
    concurrency: int,
    connect: Callable[[Context, str], Send] | None,
) -> Iterator[Result]:
    from concurrent.futures import ThreadPoolExecutor, as_completed

    # Half as many more bring answers to the holders while others wait for theirs.
    threads = max(1, min(concurrency + concurrency // 2, len(turns)))
    with _network(connect) as to, ThreadPoolExecutor(max_workers=threads) as pool:
        for done in as_completed([pool.submit(work, turn, to) for turn in turns]):
            yield from done.result()


class _Slot:
    """A login's place among those that are asked for at a time; free for another one once it is answered."""

    def __init__(self, slots: Semaphore) -> None:
        self._slots = slots
        self._held = False

    def __enter__(self) -> Self:
        self._slots.acquire()
        self._held = True
        return self

    def __exit__(self, *_exc: object) -> None:
        self.free()

    def free(self) -> None:
        """Let another login have it."""
        if self._held:
            self._held = False
            self._slots.release()


def _results_of(group: Group, outcome: Outcome, step: Step) -> list[Result]:
    results = []
    for number, name in enumerate(group.names):
        said = tuple(step.said) if not number else ()
        window = step.window if not number else None
        results.append(Result(name, *outcome, said, window))
    return results


def _looked_at_lately(context: Context) -> Callable[[], Sequence[Process]]:
    """Return a look at the running Codexes that is never older than a second: each look reads all of /proc."""
    seen: list[tuple[float, Sequence[Process]]] = []

    def look() -> Sequence[Process]:
        if not seen or context.monotonic() - seen[-1][0] > LOOK_EVERY:
            seen[:] = [(context.monotonic(), context.processes())]
        return seen[-1][1]

    return look


@contextmanager
def _network(
    connect: Callable[[Context, str], Send] | None,
) -> Iterator[Callable[[Context, str], Send]]:
    if connect is not None:
        yield connect
        return
    from profiles.oauth.sender import Network

    with Network() as network:
        yield network.to


def worst(results: Sequence[Result]) -> str | None:
    """Return what a run ended with: `login-needed` before `unreachable`, `locked`, `failed`; None if all is well."""
    outcomes = {result.outcome for result in results}
    if NEEDED in outcomes:
        return NEEDED
    if UNREACHABLE in outcomes:
        return UNREACHABLE
    if any(result.locked for result in results):
        return "locked"
    return FAILED if outcomes & {FAILED, UNSURE} else None


__all__ = [
    "FAILED",
    "FRESH",
    "NEEDED",
    "REFRESHED",
    "SKIPPED",
    "UNREACHABLE",
    "UNSURE",
    "Options",
    "Result",
    "refresh_logins",
    "worst",
]
