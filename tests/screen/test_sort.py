"""The order of the list by keys: the menu, what the title says, what the disk and the answers change."""

from __future__ import annotations

import pytest

from profiles.context import make_context
from profiles.history import Entry, note
from tests.screen.refresh_stage import FOUR, open_refreshes
from tests.screen.stage import configure, open_stage, put, two_logins
from tests.support.tokens import DAY, HOUR, Login, Person
from tui.sorting import Order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.screen.stage import Stage


def four(box: Box) -> None:
    """Make ada active as `personal`, and bob, carol and dan with other ends and states."""
    two_logins(box)
    Login(Person("carol")).fresh(age=9 * DAY + HOUR).write(box.profile("carol"))
    Login(Person("dan")).fresh(age=11 * DAY).write(box.profile("dan"))


def listed(stage: Stage) -> list[str]:
    """Return the names in the list, from top to bottom, as they are drawn."""
    names = [row.name for row in stage.app.state.all_rows if row.name is not None]
    width = stage.main.list.outer_size.width
    found = [
        next((name for name in names if f" {name} " in line[:width]), "")
        for line in stage.lines[2:-1]
    ]
    return [name for name in found if name]


async def test_by_the_menu(box: Box) -> None:
    """S opens it, j and enter choose; the title says the order, and the cursor stays on its profile."""
    four(box)
    async with open_stage() as stage:
        assert listed(stage) == ["carol", "dan", "personal", "work"]
        assert "by " not in stage.lines[1]
        await stage.press("S")
        await stage.shows("Sort by", "n name again: z to a", "e expiry soonest first")
        await stage.press("j", "enter")
        assert listed(stage) == ["dan", "carol", "work", "personal"]
        assert "Profiles  4 · by expiry ─" in stage.lines[1]
        assert stage.selected == "personal"
        assert stage.app.state.cursor == 3


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        (("S", "e"), Order("expiry")),
        (("S", "e", "S", "e"), Order("expiry", True)),
        (("S", "e", "S", "S"), Order("expiry", True)),
        (("S", "e", "S", "enter"), Order("expiry", True)),
        (("S", "e", "S", "S", "S", "S"), Order("expiry")),
        (("S", "s"), Order("state")),
        (("S", "u"), Order("usage")),
        (("S", "l"), Order("last-used")),
        (("S", "k", "enter"), Order("state")),
        (("S", "down", "down", "up", "space"), Order("expiry")),
        (("S", "e", "S", "n"), Order()),
        (("S", "e", "S", "escape"), Order("expiry")),
        (("S", "q"), Order()),
    ],
    ids=lambda value: "".join(value) if isinstance(value, tuple) and value[0] == "S" else "",
)
async def test_keys_of_the_menu(box: Box, keys: tuple[str, ...], order: Order) -> None:
    """Letters choose at once, the same again turns round, esc leaves all as it is, and no key is lost."""
    four(box)
    async with open_stage() as stage:
        await stage.pilot.press(*keys)
        await stage.settle()
        assert stage.app.state.order == order
        assert len(stage.app.screen_stack) == 1


async def test_turned_round(box: Box) -> None:
    """The title says which come first then; unknown ends stay at the end."""
    four(box)
    put(f"{box.profile('empty')}/profile.toml", b"")
    async with open_stage(size=(120, 30)) as stage:
        await stage.press("S", "e", "S", "S")
        assert listed(stage) == ["personal", "work", "carol", "dan", "empty"]
        assert "by expiry, latest first" in stage.lines[1]
        await stage.press("S")
        await stage.shows("e expiry again: soonest first")


async def test_a_rescan_keeps_the_order(box: Box) -> None:
    """What the disk says anew finds its place in the order; the cursor goes along with its profile."""
    four(box)
    async with open_stage() as stage:
        await stage.press("S", "e", "G")
        assert stage.selected == "personal"
        Login(Person("eve")).fresh(age=5 * DAY).write(box.profile("eve"))
        await stage.press("R")
        assert listed(stage) == ["dan", "carol", "eve", "work", "personal"]
        assert stage.selected == "personal"
        await stage.press("slash", "=example.com", "enter")
        assert listed(stage) == ["dan", "carol", "eve", "personal"]


async def test_by_last_use(box: Box) -> None:
    """The active one is on top, then who was used last; a column says when, also in 80 columns."""
    four(box)
    context = make_context()
    now = context.now()
    note(context, Entry(now - 5 * HOUR, "run", "dan", "", "/h", "ended"))
    note(context, Entry(now - 3 * DAY, "switch", "work", "", "/h", "changed", "carol"))
    async with open_stage(size=(80, 24)) as stage:
        await stage.press("S", "l")
        assert listed(stage) == ["personal", "dan", "work", "carol"] or listed(stage) == [
            *("personal", "dan", "carol", "work")
        ]
        assert "used" in stage.lines[2]
        assert "5h ago" in stage.text
        await stage.press("G", "k", "k", "space")
        await stage.until(lambda: stage.active == "dan")
        await stage.until(lambda: listed(stage)[:2] == ["dan", "personal"])


async def test_by_usage(box: Box) -> None:
    """Answers put the rows in order as they come; where the list is narrow, its column is the one that is there."""
    async with open_refreshes(box, (80, 24), profiles=FOUR) as yard:
        await yard.press("S", "u")
        assert "by usage left" in yard.lines[1]
        assert yard.lines[2][:42].split()[1:] == ["name", "state", "usage"]
        assert "━╸───" in yard.line("personal")
        assert "%" in yard.line("personal")[:42]


@pytest.mark.parametrize("setting", ["expiry", "-expiry", "state", "usage", "last-used"])
async def test_at_the_start(box: Box, setting: str) -> None:
    """`sort` in config.toml is the order of the first picture, with the cursor on the active login."""
    four(box)
    configure(box, f'sort = "{setting}"\n')
    async with open_stage() as stage:
        assert "· by " in stage.lines[1]
        assert stage.selected == "personal"
        if setting == "-expiry":
            assert listed(stage) == ["personal", "work", "carol", "dan"]


async def test_nothing_to_sort(box: Box) -> None:
    """Without a profile the key says so, and opens nothing."""
    async with open_stage() as stage:
        await stage.press("S")
        assert "there is nothing to sort yet" in stage.toasts
        assert len(stage.app.screen_stack) == 1


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (40, 12), (40, 10)], ids=str)
async def test_the_menu_fits(box: Box, size: tuple[int, int]) -> None:
    """All orders and the keys can be read in the smallest terminal."""
    four(box)
    async with open_stage(size=size) as stage:
        await stage.press("S")
        await stage.shows("Sort by", "a", "soonest first", "needs you first", "esc leaves it")
        assert all("▆" not in line for line in stage.lines)


async def test_remapped(box: Box) -> None:
    """With another key for it, that key opens the menu, and turns the order round within."""
    four(box)
    configure(box, '[keys]\nsort = "ctrl+o"\n')
    async with open_stage() as stage:
        await stage.press("S")
        assert len(stage.app.screen_stack) == 1
        await stage.press("ctrl+o", "e", "ctrl+o", "ctrl+o")
        assert stage.app.state.order == Order("expiry", True)


async def test_from_the_palette(box: Box) -> None:
    """Each order has an entry, the one in force the other way round."""
    four(box)
    async with open_stage() as stage:
        await stage.press("S", "e", "colon", "=sort by expiry")
        await stage.shows("list: sort by expiry, latest first")
        await stage.press("enter")
        assert stage.app.state.order == Order("expiry", True)


async def test_rescan_asks_for_usage(box: Box) -> None:
    """R asks at once how much is used, but not again and again for a key that is held down."""
    async with open_refreshes(box) as yard:
        asked = len(yard.asked())
        assert asked == 2
        await yard.press("R")
        assert len(yard.asked()) == asked
        usage = yard.app.state.usage
        usage._asked_at = {name: at - 6 for name, at in usage._asked_at.items()}
        await yard.press("R")
        assert len(yard.asked()) == asked + 2
        await yard.press("R", "R", "R")
        assert len(yard.asked()) == asked + 2
