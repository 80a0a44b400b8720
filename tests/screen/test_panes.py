"""The panes: their numbers, zoom as in tmux, and pane 3 with what becomes of each profile of a refresh."""

from __future__ import annotations

import pytest

from tests.screen.login_stage import open_logins
from tests.screen.refresh_stage import FOUR, open_refreshes
from tests.screen.stage import configure, open_stage, two_logins
from tui.widgets.refresh_text import SLOW

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

ONE_AT_A_TIME = "[refresh]\nconcurrency = 1\n"


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (40, 12)])
async def test_numbers_go_to_panes(box: Box, size: tuple[int, int]) -> None:
    """1 to 4 go where the titles say; 4 opens the log; 3 says why it cannot while nothing runs."""
    two_logins(box)
    async with open_stage(size=size) as stage:
        assert "[1] Profiles" in stage.text
        await stage.press("2")
        assert stage.main.place() == "detail"
        await stage.shows("[2] ")
        await stage.press("4")
        assert stage.main.place() == "events"
        await stage.shows("[4] Events")
        await stage.press("3")
        assert "nothing runs: l logs in, ctrl+r refreshes all" in stage.toasts
        assert stage.main.place() == "events"
        await stage.press("1")
        assert stage.main.place() == "list"


@pytest.mark.parametrize(("keys", "title"), [((), "[1]"), (("2",), "[2]"), (("4",), "[4]")])
async def test_zoom(box: Box, keys: tuple[str, ...], title: str) -> None:
    """Z gives the pane in focus everything but title and footer, says so, and takes it back."""
    two_logins(box)
    async with open_stage(size=(120, 36)) as stage:
        await stage.press("4", "1", *keys)
        await stage.press("z")
        await stage.shows("· zoomed")
        box_top = stage.lines[1]
        assert title in box_top
        assert len(box_top.strip()) == 120
        assert stage.lines[-2].strip()[0] == "╰"
        assert sum(line.count("╭") for line in stage.lines) == 1
        await stage.press("z")
        assert "zoomed" not in stage.text
        assert all(f"[{number}] " in stage.text for number in (1, 2, 4))


async def test_zoom_ends_where_another_pane_begins(box: Box) -> None:
    """As in tmux: going to another pane takes the zoom back; what opens over it or moves in it does not."""
    two_logins(box)
    async with open_stage(size=(120, 36)) as stage:
        for key in ("tab", "2", "enter", "at"):
            await stage.press("1", "z", "j", "question_mark", "escape")
            await stage.shows("· zoomed")
            await stage.press(key)
            assert "zoomed" not in stage.text, key
            await stage.press("escape", "escape")
        await stage.press("z", "slash", "=work", "enter")
        await stage.shows("· zoomed", "/work")


async def test_zoom_says_where_there_is_nothing_to_hide(box: Box) -> None:
    """Where a pane is alone, z says so; with the log open below it is not alone any more."""
    two_logins(box)
    async with open_stage(size=(60, 20)) as stage:
        await stage.press("z")
        assert "this pane has the whole screen already" in stage.toasts
        await stage.press("4", "1", "z")
        await stage.shows("· zoomed")
        assert "Events" not in stage.text


async def test_zoom_of_a_login(box: Box) -> None:
    """The pane of a login can be zoomed where it shares the screen, and the zoom ends with the pane."""
    assert box.path
    async with open_logins(size=(100, 44)) as yard:
        await yard.press("G", "l")
        await yard.code("work")
        assert "[1] Profiles" in yard.text
        await yard.press("z")
        await yard.shows("[3] Login  work  device code · zoomed")
        assert "[1] Profiles" not in yard.text
        await yard.press("ctrl+c")
        await yard.shows("[1] Profiles")
        assert "zoomed" not in yard.text


async def test_zoom_outlives_a_resize(box: Box) -> None:
    """Catches a zoomed pane that is lost when the terminal is made small and large again."""
    two_logins(box)
    async with open_stage(size=(120, 36)) as stage:
        await stage.press("2", "z")
        for size in ((60, 20), (40, 12), (30, 8), (120, 36)):
            await stage.pilot.resize_terminal(*size)
            await stage.settle()
        await stage.shows("· zoomed")
        assert "[1]" not in stage.text
        assert stage.main.place() == "detail"


async def test_a_refresh_of_several(box: Box) -> None:
    """Pane 3 says of each profile that it waits, is refreshed, and what came of it; esc leaves, 3 is back."""
    configure(box, ONE_AT_A_TIME)
    async with open_refreshes(box, size=(80, 24), profiles=FOUR) as yard:
        gate = yard.hold("old-laptop")
        yard.spend("personal")
        yard.reuse_is_forced = 1
        await yard.keys("ctrl+r")
        await yard.reached(gate)
        await yard.keys("3")
        await yard.shows(
            "[3] Refresh", "1 of 4 done: 1 refreshed", "✓ lab", "refreshed, expires in"
        )
        await yard.shows("→ old-laptop", "refreshing", "· personal", "· work", "waiting")
        assert yard.main.place() == "refreshing"
        await yard.keys("escape")
        assert yard.main.place() == "list"
        await yard.shows("3 progress", "ctrl+c stop")
        await yard.keys("3")
        gate.open()
        await yard.shows("ended ", "3 refreshed, 1 login needed", "✗ personal")
        await yard.shows("next: l on personal logs in again")
        assert yard.main.place() == "refreshed"
        await yard.keys("escape", "3")
        assert yard.main.place() == "list"
        assert "nothing runs" in yard.toasts


async def test_stopping_a_refresh_of_several(box: Box) -> None:
    """Ctrl+c in the pane sends nothing more: the rest is said to be not begun, also after the end."""
    configure(box, ONE_AT_A_TIME)
    async with open_refreshes(box, size=(40, 12), profiles=FOUR) as yard:
        gate = yard.hold("lab")
        await yard.keys("ctrl+r")
        await yard.reached(gate)
        await yard.keys("3", "ctrl+c")
        await yard.shows("stopping, 1 to be saved", "not begun")
        gate.open()
        await yard.shows("1 refreshed, 3 not begun", "✓ lab")
        assert yard.exchanges() == 1


async def test_a_slow_refresh_says_its_age(box: Box) -> None:
    """What takes long says since when, in steps: a line that changed is all that is sent."""
    async with open_refreshes(box, size=(80, 24), profiles=FOUR) as yard:
        gate = yard.hold("lab")
        await yard.keys("ctrl+r", "3")
        await yard.reached(gate)
        board = yard.main.work.board
        assert board is not None
        board.runs[0].since["lab"] -= SLOW + 2
        yard.main.work.pane.show()
        await yard.shows("refreshing, sent ", " s ago")
        gate.open()
        await yard.shows("4 refreshed")


async def test_a_login_beside_a_refresh(box: Box) -> None:
    """[ and ] go between them, and a line says that there is a login; tab and 3 come back to what was seen last."""
    async with open_refreshes(box, size=(80, 24), profiles=FOUR) as yard:
        gate = yard.hold("lab")
        await yard.keys("ctrl+r")
        await yard.reached(gate)
        await yard.keys("G", "l")
        code = await yard.code()
        await yard.keys("right_square_bracket")
        await yard.shows("[3] Refresh", "] goes to 1 login")
        await yard.keys("left_square_bracket")
        await yard.shows(code)
        await yard.keys("right_square_bracket", "escape", "tab", "tab")
        assert yard.main.place() == "refreshing"
        gate.open()
        await yard.until(lambda: yard.main.place() == "refreshed")
        await yard.keys("escape")
        await yard.shows("[3] 1 login runs")
        await yard.keys("3")
        await yard.shows(code)
