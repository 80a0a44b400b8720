"""How a refresh waits, and how it is hurried: an end that somebody asks for comes at once while nothing is sent."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

#: A long wait looks so often (seconds) whether somebody asked for an end.
LOOK_EVERY = 0.25


class Interrupted(Exception):
    """Nothing was sent, and nothing will be."""


class Patience:
    """The waits of one login. `sleep` waits; `stopped` says whether somebody asked for an end, None when nobody can."""

    def __init__(self, sleep: Callable[[float], None], stopped: Callable[[], bool] | None) -> None:
        self._sleep = sleep
        self._stopped = stopped
        #: Set before anything is sent: from then on all is brought to its end.
        self.sending = False

    def sleep(self, seconds: float) -> None:
        """Wait, for a lock mostly. Raises Interrupted as long as nothing is sent."""
        if not self.sending and self._stopped is not None and self._stopped():
            raise Interrupted
        self._sleep(seconds)

    def pause(self, seconds: float) -> bool:
        """Wait between two requests; say whether there is to be another."""
        if self._stopped is None:
            self._sleep(seconds)
            return True
        while seconds > 0 and not self._stopped():
            self._sleep(min(seconds, LOOK_EVERY))
            seconds -= LOOK_EVERY
        return not self._stopped()
