"""Refresh everything in this environment, and kill this process at one call that changes a file.

    python tests/refreshing/child.py before|after NUMBER

Exit code 0 when there were fewer calls.
"""

from __future__ import annotations

import os
import signal
import sys

from profiles.context import make_context
from profiles.refreshing import refresh_logins
from tests.support.faults import Faulty


class Deadly(Faulty):
    """Counts as `Faulty` does, really syncs, and ends in a real SIGKILL."""

    def __init__(self, moment: str, number: int) -> None:
        super().__init__()
        self.number = number + (moment == "after")

    def _step(self, name: str) -> None:
        super()._step(name)
        if self.calls == self.number:
            os.kill(os.getpid(), signal.SIGKILL)

    def sync(self, descriptor: int) -> None:
        """Sync in earnest."""
        super().sync(descriptor)
        os.fsync(descriptor)


def main() -> None:
    """Refresh, and perhaps die."""
    files = Deadly(sys.argv[1], int(sys.argv[2]))
    list(refresh_logins(make_context()._replace(files=files, processes=list)))


if __name__ == "__main__":
    main()
