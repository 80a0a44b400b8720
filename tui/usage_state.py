"""What is known of each profile's usage, and when to ask for it again. No Textual here."""

from __future__ import annotations

from typing import NamedTuple

from profiles import expiry
from profiles.model import CHATGPT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from profiles.model import ProfileRow
    from profiles.usage_answer import UsageSnapshot

#: No login is asked about more often than this (seconds); what is older than the second is shown as old.
EVERY, OLD = 300.0, 900.0
#: Nor, when a person asks, more often than this.
PAUSE = 5.0
#: The states of a login that can be asked about without spending its refresh token for it.
ASKED = frozenset({expiry.OK, expiry.EXPIRING})


class Told(NamedTuple):
    """What is known of one profile: what was said last, and why nothing newer (None: there is)."""

    snapshot: UsageSnapshot | None = None
    error: str | None = None


class Usage:
    """What is known, by profile. Times are seconds since the epoch, UTC."""

    def __init__(self, known: Mapping[str, UsageSnapshot] | None = None) -> None:
        self.told: dict[str, Told] = {}
        self._asked_at: dict[str, float] = {}
        #: Those that somebody wants to know anew, however lately they were asked about.
        self._anew: set[str] = set()
        self.remember(known or {})

    def of(self, row: ProfileRow | None) -> Told:
        """Return what is known of a profile."""
        known = self.told.get(row.name or "") if row is not None else None
        return known if known is not None and row is not None and row.kind == CHATGPT else Told()

    def remember(self, known: Mapping[str, UsageSnapshot]) -> None:
        """Take what was said at some time, where nothing newer is known."""
        for name, snapshot in known.items():
            before = self.told.get(name, Told())
            if before.snapshot is None or before.snapshot.at < snapshot.at:
                self.told[name] = Told(snapshot, before.error)

    def take(self, name: str, snapshot: UsageSnapshot | None, error: str | None) -> None:
        """Take an answer, or why there is none."""
        before = self.told.get(name, Told()).snapshot
        self.told[name] = Told(snapshot or before, error)

    def want_anew(self, names: Iterable[str], now: float) -> None:
        """Ask about these again soon, but for those that were asked about a moment ago."""
        for name in names:
            if abs(now - self._asked_at.get(name, 0.0)) >= PAUSE:
                self._anew.add(name)

    def asking(self, names: Iterable[str], now: float) -> None:
        """Remember that somebody is asked about these."""
        self._anew.difference_update(names)
        for name in names:
            self._asked_at[name] = now

    def due(self, rows: Iterable[ProfileRow], now: float) -> list[str]:
        """Return the profiles to ask about now."""
        return [
            row.name
            for row in rows
            if row.name is not None and _is_asked(row, now) and self._since(row.name, now) >= EVERY
        ]

    def wait(self, rows: Iterable[ProfileRow], now: float) -> float | None:
        """Return in how many seconds the next one is due; None when none ever is."""
        waits = [
            EVERY - self._since(row.name, now)
            for row in rows
            if row.name is not None and _is_asked(row, now)
        ]
        return max(0.0, min(waits)) if waits else None

    def _since(self, name: str, now: float) -> float:
        if name in self._anew:
            return EVERY
        snapshot = self.told.get(name, Told()).snapshot
        moments = [self._asked_at.get(name), snapshot.at if snapshot is not None else None]
        ages = [abs(now - moment) for moment in moments if moment is not None]
        return min(ages, default=EVERY)


def _is_asked(row: ProfileRow, now: float) -> bool:
    # What the row says may be of before the machine slept.
    ends = row.access_token_expires_at
    has_ended = ends is not None and ends <= now
    return row.kind == CHATGPT and row.state in ASKED and not has_ended
