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
#: What stays in place while rows come and go; room for `expiring`.
NAME_AT_LEAST, STATE_AT_LEAST = 8, 10
#: The shortest account worth a column.
ACCOUNT_CELLS = 14


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


def columns_for(width: int, longest: Longest) -> tuple[Column, ...]:
    """Return the columns after the marker, from left to right.

    Name and state are always there. Of the others the rightmost goes first as the width shrinks:
    plan, then account, then expiry. What is left over goes to the account, then to the name.
    """
    room = width - MARKER_CELLS
    longest = longest._replace(name=max(longest.name, NAME_AT_LEAST))
    state = max(longest.state, STATE_AT_LEAST)
    name = max(1, min(longest.name, NAME_CELLS, room - GAP - state))
    left = room - name - GAP - state
    account = plan = expiry = 0
    if left >= GAP + EXPIRY_CELLS:
        expiry = EXPIRY_CELLS
        left -= GAP + expiry
        name, left = _widened(name, left, min(longest.name, WIDER_NAME))
        wanted = min(longest.account, ACCOUNT_CELLS)
        if wanted and left >= GAP + wanted:
            account, left = wanted, left - GAP - wanted
            if longest.plan and left >= GAP + longest.plan:
                plan, left = longest.plan, left - GAP - longest.plan
            account, left = _widened(account, left, longest.account)
    name, left = _widened(name, left, min(longest.name, LONGEST_NAME))
    chosen = [Column("name", "name", name), Column("state", "state", state)]
    if expiry:
        chosen.append(Column("expires", "expires", expiry, right=True))
    if account:
        chosen.append(Column("account", "account", account))
    if plan:
        chosen.append(Column("plan", "plan", plan))
    return tuple(chosen)


def _widened(width: int, left: int, wanted: int) -> tuple[int, int]:
    """Widen a column up to `wanted` with what is left; return both."""
    more = max(0, min(left, wanted - width))
    return width + more, left - more
