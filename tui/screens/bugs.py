"""A bug in what a key, a message or a timer does becomes an event; only one in drawing ends the screen."""

from __future__ import annotations

from textual import events
from textual.message_pump import MessagePump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from textual.message import Message

#: What a screen does not live without, if it goes wrong.
_VITAL = (events.Mount, events.Compose, events.Load, events.Unmount, events.Resize)
#: Functions in whose names lies that something was being drawn.
_DRAWING = frozenset(
    {"_on_timer_update", "render_line", "render_lines", "render", "_compositor_refresh"}
)
#: Those in which Textual does what a timer called for.
_TIMED = frozenset({"_tick", "_flush_next_callbacks"})


class Lasting(MessagePump):
    """Goes on after a message that went wrong."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:
            if isinstance(message, _VITAL) or not self._tell_bug(error):
                raise

    def _tell_bug(self, error: Exception) -> bool:
        """Say that something went wrong; False where that cannot be said any more."""
        tell = getattr(self.app, "tell_bug", None)
        return bool(tell is not None and tell(error))


def was_timer(error: Exception) -> bool:
    """Say whether something went wrong in what a timer does, and not in drawing."""
    from traceback import extract_tb

    names = {frame.name for frame in extract_tb(error.__traceback__)}
    return bool(names & _TIMED) and not names & _DRAWING
