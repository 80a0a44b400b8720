"""The refreshes that run: whose, how far they are, what came of them. No Textual here.

Whoever draws subscribes with a callback. Everything is called on one thread, the screen's; only `Run.stop` is for all.
"""

from __future__ import annotations

from threading import Event

from profiles import expiry
from tui.watched import Watched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from profiles.model import ProfileRow
    from profiles.refreshing import Result

#: What a login that is being refreshed is at, in the place of its own state.
REFRESHING = "refreshing"


class Run:
    """One refresh of one profile or several. `wanted` are those that were asked for by name, None: all of them."""

    def __init__(self, names: Sequence[str], wanted: Sequence[str] | None) -> None:
        self.names = tuple(names)
        self.wanted = wanted
        #: Those of them that were marked for it.
        self.marked: frozenset[str] = frozenset()
        self.begun: set[str] = set()
        #: When each of them was begun, and when the run ended: seconds since the epoch, UTC.
        self.since: dict[str, float] = {}
        self.ended_at: float | None = None
        self.results: list[Result] = []
        #: Set when nothing more is to be sent.
        self.stop = Event()

    @property
    def done(self) -> set[str]:
        """The profiles of which it is known what became of them."""
        return {result.name for result in self.results}

    @property
    def left(self) -> list[str]:
        """The profiles of which it is not."""
        done = self.done
        return [name for name in self.names if name not in done]


class Board:
    """What is shown of refreshes of several profiles: those that run together, also after their end."""

    def __init__(self, run: Run) -> None:
        self.runs = [run]

    @property
    def names(self) -> list[str]:
        """All profiles, each once."""
        return list(dict.fromkeys(name for run in self.runs for name in run.names))

    @property
    def results(self) -> dict[str, Result]:
        """What became of each so far."""
        return {result.name: result for run in self.runs for result in run.results}

    @property
    def since(self) -> dict[str, float]:
        """When each was begun that was: seconds since the epoch, UTC."""
        return {name: at for run in self.runs for name, at in run.since.items()}

    @property
    def ended_at(self) -> float | None:
        """When the last one ended; None while one runs."""
        ends = [run.ended_at for run in self.runs]
        return None if None in ends else max(end for end in ends if end is not None)

    @property
    def is_stopping(self) -> bool:
        """Whether nothing more is sent."""
        return all(run.stop.is_set() for run in self.runs if run.ended_at is None)

    def given_up(self) -> set[str]:
        """Return those that are not begun any more."""
        over = [run for run in self.runs if run.ended_at is not None or run.stop.is_set()]
        return {name for run in over for name in run.left if name not in run.begun}


class Refreshes(Watched):
    """All that run now."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[Run] = []
        self.board: Board | None = None

    def start(self, names: Sequence[str], wanted: Sequence[str] | None) -> Run:
        """Add a run."""
        run = Run(names, wanted)
        self.runs.append(run)
        if len(run.names) > 1:
            if self.board is not None and self.board.ended_at is None:
                self.board.runs.append(run)
            else:
                self.board = Board(run)
        self.tell()
        return run

    def close(self) -> None:
        """Show no more what came of those that ended."""
        if self.board is not None and self.board.ended_at is not None:
            self.board = None
            self.tell()

    def end(self, run: Run, at: float) -> None:
        """Take one away that is over. `at`: seconds since the epoch, UTC."""
        run.ended_at = at
        if run in self.runs:
            self.runs.remove(run)
        self.tell()

    def has(self, name: str | None) -> bool:
        """Whether a profile is among those that are still to be refreshed."""
        return any(name in run.left for run in self.runs)

    @property
    def of_all(self) -> bool:
        """Whether one of them is for all profiles."""
        return any(run.wanted is None for run in self.runs)

    @property
    def is_stopping(self) -> bool:
        """Whether all of them only bring to an end what was sent."""
        return bool(self.runs) and all(run.stop.is_set() for run in self.runs)

    def marks(self) -> Mapping[str, str]:
        """Return, by profile, what those are at that are being refreshed just now."""
        return {name: REFRESHING for run in self.runs for name in run.begun - run.done}

    def words(self) -> str | None:
        """Return how far it is, for people: `refreshing 3/12`; None when nothing runs."""
        if not self.runs:
            return None
        if self.is_stopping:
            count = len(self.marks())
            return f"stopping, {count} to be saved" if count else "stopping"
        names = [name for run in self.runs for name in run.names]
        if len(names) == 1:
            return f"refreshing {names[0]}"
        return f"refreshing {len(names) - sum(len(run.left) for run in self.runs)}/{len(names)}"


def row_after(row: ProfileRow, result: Result, now: float) -> ProfileRow:
    """Return a row as the disk will say it is after this result. `now`: seconds since the epoch, UTC."""
    if result.outcome == "refreshed":
        ends = result.expires_at
        state = expiry.token_state(now, ends, now, now, refreshable=True)
        return row._replace(
            state=state, reason=None, issued_at=now, access_token_expires_at=ends, last_refresh=now
        )
    if result.outcome == "login-needed":
        return row._replace(state=expiry.LOGIN_NEEDED, reason=result.reason)
    if result.outcome == "uncertain":
        return row._replace(state=expiry.UNCERTAIN, reason=result.reason)
    return row


def end_words(results: Sequence[Result], left: int) -> str:
    """Return what came of several: `12 refreshed, 1 login needed: old-laptop`. `left` were not begun."""
    from tui.refresh_words import WELL, WORDS

    parts = []
    for outcome, word in WORDS.items():
        names = [result.name for result in results if result.outcome == outcome]
        if names and outcome in WELL:
            parts.append(f"{len(names)} {word}")
        elif names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            parts.append(f"{len(names)} {word}: {', '.join(names[:3])}{more}")
    if left:
        parts.append(f"{left} not begun")
    return ", ".join(parts) or "nothing to refresh"
