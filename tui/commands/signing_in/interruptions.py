"""Ctrl-c, SIGTERM and a closed terminal: each ends a login cleanly, and none ends one that is issued.

Until a login is approved a signal cancels it. From then on until it is saved, which takes about a second, a signal
is only answered: the tokens exist at the issuer and in our memory, and nowhere else. Whoever presses ctrl-c once more
while the issuer does not answer is taken at their word; a save that has begun is finished in any case.
"""

from __future__ import annotations

import signal

from tui import stderr
from tui.stopping import Signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Interruptions(Signals):
    """What signals do while the block runs."""

    def __init__(self) -> None:
        super().__init__()
        #: Ends what waits, in place of KeyboardInterrupt: an event loop cannot take an exception at any instant.
        self.cancel: Callable[[], object] | None = None
        #: Whether a person pressed ctrl-c again, after they were told that it waits.
        self.insisted = False
        self._answered = False
        self._sheltered = False

    @property
    def sheltered(self) -> bool:
        """Whether signals wait."""
        return self._sheltered

    def shelter(self, *, on: bool = True) -> None:
        """Let signals wait from now on, or end things again."""
        self._sheltered = on

    def came(self, number: int) -> None:
        """Cancel what waits, or say that it is finished first. Raises KeyboardInterrupt where it can be neither."""
        if self._sheltered and self._answered and number == signal.SIGINT and self.cancel:
            self.insisted = True
            self.cancel()
        elif self._sheltered:
            self._answered = True
            stderr.note(
                "it is approved already, so it is finished and saved first"
                + ("; ctrl-c once more throws it away" if self.cancel else "")
            )
        elif self.cancel is not None:
            self.cancel()
        else:
            raise KeyboardInterrupt
