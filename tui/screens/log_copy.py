"""What `y` copies in the event log: the event that the cursor is on, with its next step; elsewhere it is as ever."""

from __future__ import annotations

from tui.screens.copies import texts_of_events

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui.screens.main import MainScreen


def copy_here(screen: MainScreen) -> None:
    """Copy the most wanted of where the focus is."""
    copies, chosen = screen.logins.copies, screen.events.chosen
    if screen.focused is screen.events and chosen is not None:
        text, *_ = texts_of_events([chosen]).values()
        copies._copy("event", text)  # noqa: SLF001 - the same desk
    else:
        copies.copy()
