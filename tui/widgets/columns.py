"""Which columns the profile list has at a width, and how wide each is. Draws nothing."""

from __future__ import annotations

from typing import NamedTuple

from tui.widgets.words import EXPIRY_CELLS

#: Between two columns; the marker's own column ends with one space.
GAP = 2
MARKER_CELLS = 2
#: A name is given this much before the expiry is taken in, and this before the account is; the
#: longest is cut at the third.
NAME_CELLS, WIDER_NAME, LONGEST_NAME = 14, 20, 64
#: What stays in place while rows come and go; room for `refreshing`.
NAME_AT_LEAST, STATE_AT_LEAST = 8, 12
#: The shortest account worth a column.
ACCOUNT_CELLS = 14
#: A bar, and what a percentage beside it takes; the longest name of a workspace is cut.
BAR_CELLS, PERCENT_CELLS = 5, 5
WORKSPACE_CELLS = 16


#: What the id of a column with bars begins with; its window's label follows.
USAGE = "usage:"


class Column(NamedTuple):
    """A column: what it shows, its heading, its cells, whether it is flush right."""

    id: str
    title: str
    width: int
    right: bool = False


class Longest(NamedTuple):
    """The cells of the longest text in each column."""

    name: int = 0
    state: int = 0
    account: int = 0
    plan: int = 0
    workspace: int = 0
    #: The labels of the windows of which the usage is shown.
    windows: tuple[str, ...] = ()


def columns_for(width: int, longest: Longest) -> tuple[Column, ...]:
    """Return the columns after the marker, from left to right.

    Name and state are always there. Of the others the rightmost goes first as the width shrinks:
    workspace, plan, account, usage, expiry. What is left over goes to percentages, to the account, to the name.
    """
    room = width - MARKER_CELLS
    longest = longest._replace(name=max(longest.name, NAME_AT_LEAST))
    state = max(longest.state, STATE_AT_LEAST)
    name = max(1, min(longest.name, NAME_CELLS, room - GAP - state))
    left = room - name - GAP - state
    others: list[Column] = []
    if left >= GAP + EXPIRY_CELLS:
        left -= GAP + EXPIRY_CELLS
        name, left = _widened(name, left, min(longest.name, WIDER_NAME))
        more, left = _more(left, longest)
        others = [Column("expires", "expires", EXPIRY_CELLS, right=True), *more]
    name, left = _widened(name, left, min(longest.name, LONGEST_NAME))
    return (Column("name", "name", name), Column("state", "state", state), *others)


def _more(left: int, longest: Longest) -> tuple[list[Column], int]:
    """Return the columns after the expiry, and what is left over of their room."""
    windows = [Column(f"{USAGE}{label}", label, BAR_CELLS) for label in longest.windows]
    wanted = [
        windows,
        [Column("account", "account", min(longest.account, ACCOUNT_CELLS))],
        [Column("plan", "plan", longest.plan)],
        [Column("workspace", "workspace", _place_cells(longest.workspace))],
    ]
    chosen: list[Column] = []
    for columns in wanted:
        needed = sum(GAP + column.width for column in columns if column.width)
        if needed > left:
            break
        chosen += [column for column in columns if column.width]
        left -= needed
    grows = len(windows) * PERCENT_CELLS
    if windows and windows[0] in chosen and left >= grows:
        left -= grows
        chosen = [
            each._replace(width=BAR_CELLS + PERCENT_CELLS) if each in windows else each
            for each in chosen
        ]
    for number, column in enumerate(chosen):
        if column.id == "account":
            account, left = _widened(column.width, left, longest.account)
            chosen[number] = column._replace(width=account)
    return chosen, left


def _place_cells(longest: int) -> int:
    """Return the cells of the names of workspaces, with room for the heading."""
    return min(max(longest, len("workspace")), WORKSPACE_CELLS) if longest else 0


def _widened(width: int, left: int, wanted: int) -> tuple[int, int]:
    """Widen a column up to `wanted` with what is left; return both."""
    more = max(0, min(left, wanted - width))
    return width + more, left - more
