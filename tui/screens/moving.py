"""The keys of a screen that is only read: those of the table that move, and a few others."""

from __future__ import annotations

from textual.binding import Binding

from tui.keys import ACTIONS, MOVES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def moving_bindings(others: Mapping[str, str]) -> list[Binding]:
    """Return the bindings: `move(...)` for what moves, and of `others` what each does, by the action's id."""
    return [
        Binding(
            ",".join(action.keys),
            f"move('{action.id}')" if action.id in MOVES else others[action.id],
            id=action.id,
            show=False,
            priority=True,
        )
        for action in ACTIONS
        if action.id in MOVES or action.id in others
    ]
