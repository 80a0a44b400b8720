"""The palette: every action by its name, only what can be done now, found by a few letters, however many profiles."""

from __future__ import annotations

import time

import pytest

from tests.screen.login_stage import open_logins
from tests.screen.stage import BOB, configure, open_stage, two_logins
from tests.support.tokens import Login
from tui.keymap import make_keymap
from tui.keys import ACTIONS
from tui.palette import DO, NAMES, NO_ENTRY, SORT, SWITCH, THEME, Offers, entries, find, marked
from tui.screens.palette import PaletteList
from tui.situation import Situation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

FREE = Situation(rows=3, shown=3, selected=True, name="work")


def names(query: str, now: Situation = FREE, offers: Offers | None = None) -> list[str]:
    """Return what is found."""
    offered = entries(now, make_keymap({}), offers or Offers(("work", "lab", "personal")))
    return [entry.name for entry in find(query, offered)]


def test_every_action_has_an_entry_or_a_reason() -> None:
    """No chord is needed for any function: whatever the table has, the palette has, or says why it does not."""
    ids = {action.id for action in ACTIONS}
    assert not NAMES.keys() & NO_ENTRY.keys()
    assert ids <= NAMES.keys() | NO_ENTRY.keys(), ids - NAMES.keys() - NO_ENTRY.keys()
    for name in NAMES.values():
        noun, colon, rest = name.partition(": ")
        assert noun.isalpha(), name
        assert colon, name
        assert rest, name
    assert len(set(NAMES.values())) == len(NAMES)
    chords = {action.id for action in ACTIONS if all("+" in key for key in action.keys)}
    assert {"refresh-all", "redraw", "suspend", "cancel", "quit-now"} <= chords
    assert {each for each in chords if each in NO_ENTRY} <= {"half-page-down", "half-page-up"}


def test_only_what_can_be_done_now() -> None:
    """What a key would refuse with a reason is not offered; what the place is about comes first."""
    offered = {entry.what: entry for entry in entries(FREE, make_keymap({}), Offers())}
    assert "rename" in offered
    assert "qr" not in offered  # no login runs
    assert "pane-3" not in offered
    assert "mend" not in offered
    assert "cancel" not in offered
    inside = FREE._replace(place="login-device", logins=1)
    made = entries(inside, make_keymap({}), Offers(), "login-device")
    assert {"qr", "copy", "cancel", "pane-3"} <= {entry.what for entry in made}
    assert made[0].what == "copy"
    none = [entry.what for entry in entries(Situation(), make_keymap({}), Offers())]
    assert "new" in none
    assert "rename" not in none


def test_keys_are_those_in_force() -> None:
    """The key at the right is the person's own."""
    made = entries(FREE, make_keymap({"rename": "f2"}), Offers())
    assert next(entry.key for entry in made if entry.what == "rename") == "f2"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("ren", "profile: rename"),
        ("undo", "profile: undo the last switch"),
        ("lobr", "login: by browser"),
        ("refresh all", "profiles: refresh all but those of the last hour"),
        ("LAB", "profile: switch to lab"),
        ("s lab", "profile: switch to lab"),
        ("zoom", "pane: zoom, or back"),
        ("th li", "theme: light"),
        ("by expiry", "list: sort by expiry"),
    ],
)
def test_a_few_letters_find_it(query: str, first: str) -> None:
    """The best match is the first: a word's beginning before its middle, and that before scattered letters."""
    offers = Offers(("work", "lab", "personal"), "personal", (("expiry", "expiry"),), ("light",))
    assert names(query, offers=offers)[0] == first


def test_what_is_not_there_is_not_found() -> None:
    """Catches a match of letters in another order; and signs that mean something to a pattern."""
    assert not names("zzq")
    assert not names("oodnu")
    assert not names("[")
    assert names(" ") == names("")
    assert marked("un", "profile: undo") == {9, 10}


def test_parameters_have_entries() -> None:
    """Orders, themes and each profile but the active one and the one that the key is for."""
    offers = Offers(("work", "lab", "personal"), "personal", (("usage", "usage left"),), ("light",))
    made = entries(FREE, make_keymap({}), offers)
    assert [entry.what for entry in made if entry.deed == SWITCH] == ["lab"]
    assert [entry.name for entry in made if entry.deed == SORT] == ["list: sort by usage left"]
    assert [entry.name for entry in made if entry.deed == THEME] == ["theme: light"]
    busy = entries(FREE._replace(busy="switching to lab"), make_keymap({}), offers)
    assert not [entry for entry in busy if entry.deed == SWITCH]
    assert all(entry.deed == DO for entry in made[:5])


def test_ten_thousand_profiles() -> None:
    """Each letter is answered within a frame or two, however many profiles there are."""
    offers = Offers([f"somebody-{number:05}" for number in range(10_000)])
    keymap = make_keymap({})
    began = time.perf_counter()
    offered = entries(FREE, keymap, offers)
    found = find("s", offered)
    assert len(found) > 10_000
    assert find("somebody-04242", found)[0].what == "somebody-04242"
    assert find("sb42", found)
    # 60 ms here; a quadratic search would take minutes.
    assert time.perf_counter() - began < 2.0


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
@pytest.mark.parametrize("size", [(120, 36), (80, 24), (40, 12)])
async def test_it_does_what_is_chosen(box: Box, size: tuple[int, int], key: str) -> None:
    """Typed letters find it, enter does it: a profile is switched to by its name."""
    two_logins(box)
    async with open_stage(size=size) as stage:
        await stage.press(key)
        await stage.shows("Do what?", "type a few letters", "enter does it")
        await stage.press("=to work")
        await stage.shows("profile: switch to work")
        await stage.press("enter")
        assert stage.active == "work"
        assert len(stage.app.screen_stack) == 1


async def test_choosing_and_leaving(box: Box) -> None:
    """Up, down, ctrl+n, ctrl+p choose; esc and ctrl+c close it and change nothing; a mono terminal shows the choice."""
    two_logins(box)
    configure(box, 'theme = "mono"\n')
    async with open_stage(size=(80, 24)) as stage:
        await stage.press("colon")
        entries = stage.app.screen.query_one("#entries")
        first = entries.chosen  # type: ignore[attr-defined]
        await stage.press("down", "ctrl+n", "ctrl+p", "up")
        assert entries.chosen == first  # type: ignore[attr-defined]
        await stage.press("up", "down", "pagedown", "pageup")
        assert entries.chosen == first  # type: ignore[attr-defined]
        await stage.press("=qqqq")
        await stage.shows("nothing by that name can be done now")
        await stage.press("enter")
        assert len(stage.app.screen_stack) == 2
        await stage.press("ctrl+c")
        assert len(stage.app.screen_stack) == 1
        await stage.press("colon", "escape")
        assert len(stage.app.screen_stack) == 1
        assert stage.active == "personal"


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_the_chosen_entry_is_seen(box: Box, size: tuple[int, int]) -> None:
    """However low the screen is: what enter would do can be read, down the whole list and round."""
    two_logins(box)
    async with open_stage(size=size) as stage:
        await stage.press("colon")
        lines = stage.app.screen.query_one(PaletteList)
        for _ in range(lines.choices() + 1):
            assert lines.chosen is not None
            assert lines.chosen.name[:24] in stage.text
            await stage.press("down")


async def test_themes_and_orders(box: Box) -> None:
    """A theme is for this session; an order is that of the menu; help and panes are found, too."""
    two_logins(box)
    configure(box, 'theme = "dark"\n')
    async with open_stage(size=(120, 36)) as stage:
        await stage.press("colon", "=theme light", "enter")
        assert stage.app.theme == "switchyard-light"
        await stage.press("colon", "=sort by exp", "enter")
        await stage.shows("by expiry")
        await stage.press("colon", "=pane events", "enter")
        assert stage.main.place() == "events"
        await stage.press("colon", "=all keys", "enter")
        await stage.shows("Here, in the event log")


async def test_in_a_pane_of_a_login(box: Box) -> None:
    """It offers what acts where the focus was when it was opened, and does it there."""
    async with open_logins(size=(80, 24)) as yard:
        await yard.press("G", "l")
        await yard.code("work")
        await yard.press("colon", "=qr", "enter")
        await yard.until(lambda: yard.app.logins.shows_qr)
        await yard.press("colon", "=cancel", "enter")
        await yard.until(lambda: not yard.app.logins.all)


async def test_with_very_many_profiles(box: Box) -> None:
    """Only so many matches are drawn, and the last line says how many there are beside."""
    for number in range(130):
        Login(BOB).fresh().write(box.profile(f"p{number:03}"))
    async with open_stage(size=(80, 24)) as stage:
        await stage.press("colon", "=switch to p", "up")
        await stage.shows("more: type on")
