"""What the doctor finds, and how it can be mended."""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

#: In the order in which a person should read them. "Could not look" is never "ok".
LEVELS = ERROR, WARNING, UNKNOWN, INFO, OK = ("error", "warning", "unknown", "info", "ok")


class Mended(NamedTuple):
    """A mend that was done: what was said on the way, and the shell command that takes it back."""

    said: tuple[str, ...]
    undo: str | None = None


class Mend(NamedTuple):
    """A change that the doctor can make when it is asked to: never by itself.

    `changes` are the exact changes, a line each, as a person reads them before saying yes. `apply` makes them, after a
    backup where something is written over; it raises what writers raise, and then nothing is changed.
    """

    title: str
    changes: tuple[str, ...]
    apply: Callable[[], Mended]


class Finding(NamedTuple):
    """One thing that was found.

    `title` is the cause in one line. `evidence` names the culprit: the variable, the file and its line, the mode in
    octal, the pid. `why` says what comes of it. `fix` is one command or step. No field ever holds a secret. A finding
    of level "ok" has a title alone.
    """

    id: str
    level: str
    title: str
    evidence: str = ""
    why: str = ""
    fix: str = ""
    mend: Mend | None = None


def severity(finding: Finding) -> int:
    """Return the place of a finding's level, the worst first."""
    return LEVELS.index(finding.level)
