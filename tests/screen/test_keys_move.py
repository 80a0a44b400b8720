"""Keys that move, in the list and in what scrolls."""

from __future__ import annotations

import os

from tests.screen.stage import open_stage
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

NAMES = [f"p{number:02}" for number in range(40)]


def forty(box: Box) -> None:
    """Make forty profiles, none of them active."""
    for name in NAMES:
        Login(Person(name)).fresh().write(box.profile(name))


async def test_line_by_line(box: Box) -> None:
    """J, k and the arrows move by a line, and stop at the ends instead of going round."""
    forty(box)
    async with open_stage() as stage:
        assert stage.selected == "p00"
        await stage.press("j", "down", "j")
        assert stage.selected == "p03"
        await stage.press("k", "up")
        assert stage.selected == "p01"
        await stage.press("k", "k", "k")
        assert stage.selected == "p00"


async def test_ends_and_pages(box: Box) -> None:
    """G, end, g and home go to the ends; pages and half pages go as far as the pane is high."""
    forty(box)
    async with open_stage() as stage:
        page = stage.main.list.page
        await stage.press("G")
        assert stage.selected == "p39"
        assert "p39" in stage.text
        assert "p00" not in stage.text
        await stage.press("g")
        assert stage.selected == "p00"
        assert "p00" in stage.text
        await stage.press("end", "home", "pagedown")
        assert stage.selected == NAMES[page]
        await stage.press("pageup", "ctrl+d")
        assert stage.selected == NAMES[page // 2]
        await stage.press("ctrl+u")
        assert stage.selected == "p00"


async def test_the_selected_profile_is_always_seen(box: Box) -> None:
    """Wherever the cursor goes, and whatever size the terminal takes, its line is on the screen."""
    forty(box)
    async with open_stage() as stage:
        for key in ("pagedown", "j", "pagedown", "G", "pageup", "ctrl+u", "k"):
            await stage.press(key)
            assert f" {stage.selected} " in stage.text, key
        await stage.press("G")
        await stage.pilot.resize_terminal(80, 12)
        await stage.settle()
        assert " p39 " in stage.text


async def test_panes(box: Box) -> None:
    """Tab and shift+tab go round the panes, and the moving keys act in the one with the focus."""
    forty(box)
    async with open_stage(size=(100, 16)) as stage:
        await stage.until(lambda: "Held in" in stage.main.detail.text)
        assert stage.main.place() == "list"
        await stage.press("tab")
        assert stage.main.place() == "detail"
        await stage.press("j", "j")
        assert stage.selected == "p00"
        assert stage.main.detail.scroll_offset.y == 2
        await stage.press("shift+tab", "j")
        assert stage.main.place() == "list"
        assert stage.selected == "p01"


async def test_detail_scrolls_to_its_end(box: Box) -> None:
    """All of the detail can be read in a low terminal: G shows its last line."""
    forty(box)
    async with open_stage(size=(100, 16)) as stage:
        await stage.press("enter")
        await stage.until(lambda: "Held in" in stage.main.detail.text)
        await stage.press("G")
        await stage.shows("Home", os.path.basename(box.profile("p00")))
        await stage.press("g")
        assert stage.main.detail.scroll_offset.y == 0


async def test_mouse(box: Box) -> None:
    """A click chooses a row, and a click on a footer word does what it says; neither is needed."""
    forty(box)
    async with open_stage() as stage:
        await stage.pilot.click("#list", offset=(5, 3))
        await stage.settle()
        assert stage.selected == "p03"
        at = stage.lines[-1].index("filter")
        await stage.pilot.click("#keys", offset=(at, 0))
        await stage.settle()
        assert stage.main.place() == "filter"
