"""What is true about Codex logins: no screen, no printing, no argument parsing.

Public names are resolved when they are first asked for, so that importing one room of the house never
pays for another (`tui list` counts milliseconds).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from profiles.errors import ProfilesError
    from profiles.listing import Snapshot, take_snapshot
    from profiles.model import Identity, Process, ProfileRow, Secret
    from profiles.switching import SwitchResult, switch, undo

__all__ = [
    "Context",
    "Identity",
    "Process",
    "ProfileRow",
    "ProfilesError",
    "Secret",
    "Snapshot",
    "SwitchResult",
    "switch",
    "take_snapshot",
    "undo",
]

_ROOMS = {
    "Context": "context",
    "ProfilesError": "errors",
    "Snapshot": "listing",
    "take_snapshot": "listing",
    "Identity": "model",
    "Process": "model",
    "ProfileRow": "model",
    "Secret": "model",
    "SwitchResult": "switching",
    "switch": "switching",
    "undo": "switching",
}


def __getattr__(name: str) -> object:
    """Resolve a public name by importing the room in which it lives (PEP 562)."""
    room = _ROOMS.get(name)
    if room is None:
        message = f"module 'profiles' has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    return getattr(import_module(f"profiles.{room}"), name)
