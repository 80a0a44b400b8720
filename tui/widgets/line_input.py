"""A line that is typed. Keys that come after it was left go where the focus is by then."""

from __future__ import annotations

from textual.widgets import Input

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.events import Key


class LineInput(Input):
    """One line high, without a border; nothing in it blinks.

    Textual runs bindings only after a key went up to the application, by which time the letters behind
    it are in the line. So every key is taken in its turn here: those that edit, and those that leave.
    What was typed behind enter or escape was sent here all the same, and is sent on.
    """

    DEFAULT_CSS = """
    LineInput, LineInput:focus {
        height: 1;
        border: none;
        padding: 0;
        background: $sy-raised;
        color: $sy-text;
    }
    """
    #: Keys that leave the line, and whether it is kept.
    LEAVING = {"enter": True, "escape": False}
    #: Keys that edit it, and how.
    EDITING = {
        "backspace": "delete_left",
        "ctrl+h": "delete_left",
        "delete": "delete_right",
        "ctrl+d": "delete_right",
        "ctrl+u": "delete_left_all",
        "ctrl+k": "delete_right_all",
        "ctrl+w": "delete_left_word",
        "left": "cursor_left",
        "right": "cursor_right",
        "home": "home",
        "ctrl+a": "home",
        "end": "end",
        "ctrl+e": "end",
    }

    def __init__(
        self, value: str, *, name: str, done: Callable[[bool], None], placeholder: str = ""
    ) -> None:
        super().__init__(value, id=name, placeholder=placeholder, select_on_focus=False)
        self.cursor_blink = False
        #: Whether it was left: whoever is told by `done` says so, as a line may not be good yet.
        self.left = False
        self._done = done

    def on_key(self, event: Key) -> None:
        """Edit or leave the line, or send on what came too late for it."""
        if self.left:
            self.app.simulate_key(event.key)
        elif event.key in self.LEAVING:
            self._done(self.LEAVING[event.key])
        elif event.key in self.EDITING:
            getattr(self, f"action_{self.EDITING[event.key]}")()
        else:
            return
        event.stop()
        event.prevent_default()
