"""Which columns the profile list has at a width, and how wide each is. Draws nothing."""

from __future__ import annotations

from typing import NamedTuple

from tui.sorting import USAGE as BY_USAGE
from tui.sorting import USED

#: Between two columns; the marker's own column ends with one space.
GAP = 2
MARKER_CELLS = 2
#: A name is given this much before the expiry is taken in, and this before usage is; the
#: longest is cut at the third.
NAME_CELLS, WIDER_NAME, LONGEST_NAME = 12, 20, 64
#: What stays in place while rows come and go, and while logins go from one state to another: room for `login needed`.
NAME_AT_LEAST, STATE_AT_LEAST = 8, 14
#: A countdown below a hundred days, and how long ago something was.
COUNTDOWN_CELLS, AGE_CELLS = 7, 8
#: The shortest account worth a column.
ACCOUNT_CELLS = 14
#: A bar, and what a percentage beside it takes; the longest name of a workspace is cut.
BAR_CELLS, PERCENT_CELLS = 5, 5
WORKSPACE_CELLS = 16


#: What the id of a column with bars begins with; its window's label follows.
USAGE = "usage:"
#: Where there is no room for each window: the one of which most is used. Its column's heading.
TIGHTEST = "usage"


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
    expires: int = COUNTDOWN_CELLS
    #: What the rows are sorted by: its column is the last to go.
    sorted_by: str = ""


def columns_for(width: int, longest: Longest) -> tuple[Column, ...]:
    """Return the columns after the marker, from left to right.

    Name and state are always there, and never is a state cut. Of the others the rightmost goes first as the width
    shrinks: workspace, plan, account, usage, expiry; but what the rows are sorted by stays longest. Usage loses its
    percentages first, then all windows but the tightest. What is left over goes to the account, and to the name.
    """
    room = width - MARKER_CELLS
    longest = longest._replace(name=max(longest.name, NAME_AT_LEAST))
    state = max(longest.state, STATE_AT_LEAST)
    name = max(1, min(longest.name, NAME_CELLS, room - GAP - state))
    left = room - name - GAP - state
    others: list[Column] = []
    for number, ways in enumerate(_wanted(longest)):
        found = next((way for way in ways if _cells(way) <= left), None)
        if found is None:
            break
        others += found
        left -= _cells(found)
        if number and found is not ways[0]:
            break  # It had to give up something: nothing less wanted may take its place.
        if not number:
            name, left = _widened(name, left, min(longest.name, WIDER_NAME))
    for number, column in enumerate(others):
        if column.id == "account":
            account, left = _widened(column.width, left, longest.account)
            others[number] = column._replace(width=account)
    name, left = _widened(name, left, min(longest.name, LONGEST_NAME))
    return (Column("name", "name", name), Column("state", "state", state), *others)


def _wanted(longest: Longest) -> list[list[list[Column]]]:
    """Return what may stand after the state, the most wanted first: each in the ways in which it can be shown."""
    windows = [Column(f"{USAGE}{label}", label, BAR_CELLS) for label in longest.windows]
    tightest = [Column(f"{USAGE}{TIGHTEST}", TIGHTEST, BAR_CELLS)]
    bars = [windows, tightest] if len(windows) > 1 else [windows]
    usage = [way for each in bars for way in (_with_percentages(each), each)]
    wanted = [
        [[Column("expires", "expires", longest.expires, right=True)]],
        usage,
        [[Column("account", "account", min(longest.account, ACCOUNT_CELLS))]],
        [[Column("plan", "plan", longest.plan)]],
        [[Column("workspace", "workspace", _place_cells(longest.workspace))]],
    ]
    if longest.sorted_by == USED:
        wanted.insert(0, [[Column("used", "used", AGE_CELLS, right=True)]])
    elif longest.sorted_by == BY_USAGE and windows:
        wanted.insert(0, wanted.pop(1))
    return [[[each for each in way if each.width] for way in ways] for ways in wanted]


def _with_percentages(bars: list[Column]) -> list[Column]:
    return [each._replace(width=each.width + PERCENT_CELLS) for each in bars]


def _cells(columns: list[Column]) -> int:
    return sum(GAP + column.width for column in columns)


def _place_cells(longest: int) -> int:
    """Return the cells of the names of workspaces, with room for the heading."""
    return min(max(longest, len("workspace")), WORKSPACE_CELLS) if longest else 0


def _widened(width: int, left: int, wanted: int) -> tuple[int, int]:
    """Widen a column up to `wanted` with what is left; return both."""
    more = max(0, min(left, wanted - width))
    return width + more, left - more
