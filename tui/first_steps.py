"""What to do while there is no profile yet: save the login that is there, or log in."""

from __future__ import annotations

LOG_IN, SAVE = "tui login NAME --device-code", "tui add NAME"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context


def first_step(context: Context) -> str:
    """Return the command that makes the first profile: of the login in the active home, if there is one."""
    from profiles.listing import take_snapshot

    # The only row that there can be without a profile is that of a login which nobody saved yet.
    return SAVE if take_snapshot(context).rows else LOG_IN
