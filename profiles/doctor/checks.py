"""What a check is: the ids that it answers for, and a small function that looks."""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from profiles.doctor.finding import Finding
    from profiles.doctor.machine import Machine

    #: Returns what was found, nothing at all when all is well, None when there is nothing to look at here
    #: (as the checks of WSL on a Mac).
    Look = Callable[[Machine], Iterable[Finding] | None]


class Check(NamedTuple):
    """A check: `fine` gives each id that it answers for, with the sentence that says that all is well.

    `sends` is true when it sends something over the network, so that `--offline` leaves it out; `slow` when it waits
    for another program or machine, and so gets a thread of its own.
    """

    fine: Mapping[str, str]
    look: Look
    sends: bool = False
    slow: bool = False
