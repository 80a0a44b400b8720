"""What a login is at, in one line, for where its pane cannot be seen. Draws nothing."""

from __future__ import annotations

from tui.login_state import (
    APPROVED,
    DEVICE,
    FAILED,
    MISMATCHED,
    SAVED,
    SAVING,
    UNSAVED,
    WAITING,
)
from tui.widgets.words import kind_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui.login_state import Login


def status_words(login: Login) -> str:
    """Return what the login is at, and at its end what came of it."""
    if login.phase == WAITING and login.refused is not None:
        return f"not taken: {login.refused.why}"
    if login.phase == SAVED and login.saved is not None:
        who = login.saved.email or kind_word(login.saved.kind) or login.saved.kind
        return f"{who} saved as {login.saved.name}"
    waits = "waiting for the code to be typed" if login.way == DEVICE else "no callback seen yet"
    seen = "approved" if login.way == DEVICE else "callback seen"
    return {
        WAITING: waits,
        APPROVED: f"{seen}; the tokens are on their way",
        SAVING: f"saving it as {login.name}",
        FAILED: f"failed: {login.message}",
        UNSAVED: f"not saved: {login.message}",
        MISMATCHED: "somebody else's login: it waits for your answer",
    }.get(login.phase, "")
