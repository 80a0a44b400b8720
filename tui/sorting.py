"""The orders of the list: what they are called, and rows put into one. No Textual here."""

from __future__ import annotations

from typing import NamedTuple

from profiles import expiry
from profiles.config import SORTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from profiles.model import ProfileRow
    from tui.usage_state import Usage

    Key = Callable[[ProfileRow], tuple[float, ...] | None]

NAME, EXPIRY, USED, USAGE, STATE = SORTS

#: What needs a person comes first, then what only has to be refreshed, what is well, what rests.
_STATES = (
    *(expiry.LOGIN_NEEDED, expiry.BROKEN, expiry.UNCERTAIN, expiry.MOVING, expiry.EXPIRED),
    *(expiry.EXPIRING, expiry.OK, expiry.STATIC, expiry.EMPTY, expiry.MOVED),
)
_PLACES = {state: place for place, state in enumerate(_STATES)}
_NEVER = float("inf")


class Order(NamedTuple):
    """An order of the list: `by` one of config's SORTS, `turned` the other way round."""

    by: str = NAME
    turned: bool = False

    def chosen(self, by: str) -> Order:
        """Return the order after somebody chose `by`: the same one again is turned round."""
        return Order(by, not self.turned) if by == self.by else Order(by)


class Words(NamedTuple):
    """What an order is called: in the menu, in the list's title, and which rows come first; turned round, too."""

    name: str
    title: str
    first: str
    turned: str


WORDS = {
    NAME: Words("name", "by name", "a to z", "z to a"),
    EXPIRY: Words("expiry", "by expiry", "soonest first", "latest first"),
    USED: Words("last used", "by last use", "newest first", "oldest first"),
    USAGE: Words("usage", "by usage left", "most left first", "least left first"),
    STATE: Words("state", "by state", "needs you first", "well first"),
}


def first_words(order: Order) -> str:
    """Return which rows come first: `soonest first`."""
    words = WORDS[order.by]
    return words.turned if order.turned else words.first


def title_words(order: Order) -> str:
    """Return what the list's title says of its order: nothing where it is by name, from a to z."""
    if order == Order():
        return ""
    title = WORDS[order.by].title
    return f"{title}, {first_words(order)}" if order.turned else title


def read_order(setting: str) -> Order:
    """Return the order that config.toml's `sort` means: `expiry`, or `-expiry` for the other way round."""
    return Order(setting.removeprefix("-"), setting.startswith("-"))


def setting_of(order: Order) -> str:
    """Return what config.toml's `sort` would say for an order."""
    return f"-{order.by}" if order.turned else order.by


def in_order(
    rows: Sequence[ProfileRow],
    order: Order,
    usage: Usage,
    used: Mapping[str, float],
    now: float,
) -> list[ProfileRow]:
    """Return rows, which come by name, in another order; equals stay as they come, what is unknown goes last.

    `used` is when profiles were last used; `now` and all times are seconds since the epoch, UTC.
    """
    if order.by == NAME:
        # A login that is not saved yet has no name, and is the active one: it stays on top.
        named = [row for row in rows if row.name is not None]
        unnamed = [row for row in rows if row.name is None]
        return unnamed + (named[::-1] if order.turned else named)
    key = _KEYS[order.by](usage, used, now)
    known: list[tuple[tuple[float, ...], ProfileRow]] = []
    unknown: list[ProfileRow] = []
    for row in rows:
        place = key(row)
        if place is None:
            unknown.append(row)
        else:
            known.append((place, row))
    known.sort(key=lambda each: each[0], reverse=order.turned)
    return [row for _, row in known] + unknown


def _by_expiry(_usage: Usage, _used: Mapping[str, float], _now: float) -> Key:
    def key(row: ProfileRow) -> tuple[float, ...] | None:
        ends = row.access_token_expires_at
        return None if ends is None else (ends,)

    return key


def _by_use(_usage: Usage, used: Mapping[str, float], _now: float) -> Key:
    def key(row: ProfileRow) -> tuple[float, ...] | None:
        if row.active:
            return (-_NEVER,)
        moment = used.get(row.name or "")
        return None if moment is None else (-moment,)

    return key


def _by_usage(usage: Usage, _used: Mapping[str, float], now: float) -> Key:
    def key(row: ProfileRow) -> tuple[float, ...] | None:
        snapshot = usage.of(row).snapshot
        window = snapshot.tightest(now) if snapshot is not None else None
        if snapshot is None or (window is None and snapshot.reached is None):
            return None
        left = 100.0 - ((window.used_percent or 0.0) if window is not None else 100.0)
        resets = window.resets_at if window is not None else None
        gone = snapshot.reached is not None
        # Of equals the one that is whole again first, as `tui switch --best` has it.
        return (0.0 if gone else min(0.0, -left), _NEVER if resets is None else resets)

    return key


def _by_state(_usage: Usage, _used: Mapping[str, float], _now: float) -> Key:
    def key(row: ProfileRow) -> tuple[float, ...] | None:
        place = _PLACES.get(row.state)
        return None if place is None else (place,)

    return key


_KEYS = {EXPIRY: _by_expiry, USED: _by_use, USAGE: _by_usage, STATE: _by_state}
