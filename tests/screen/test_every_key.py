"""Every key of the table, pressed in every place: it acts or says why it cannot, and the screen goes on."""

from __future__ import annotations

import pytest

from tests.screen.refresh_stage import FOUR, RefreshYard, open_refreshes
from tests.screen.stage import Stage, open_stage
from tui.keys import ACTIONS, BY_ID, MOVES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.conftest import Box

    Go = Callable[[], Awaitable[None]]

#: What nobody sees anything of: it draws what is there, moves where nothing is beyond, goes where one is.
SILENT = MOVES | {"redraw", "back", "pane", "pane-back", "pane-1", "pane-2", "pane-3", "pane-4"}
#: What changes nothing where one is already.
ALREADY = {("detail", "detail"), ("back", "list")}
#: What leaves the screen, or needs a terminal: these have tests of their own.
ELSEWHERE = {"quit-now", "suspend"}
#: Where `q` and ctrl+c leave.
ROOTS = {"list", "empty"}


#: Every place that can have the focus, and every key that opens a dialog or a line.
PLACES = (
    *("list", "zoomed", "filtered", "marked", "detail", "events", "login-device"),
    *("login-browser", "login-failed", "refreshing", "refreshed"),
)
DIALOGS = ("question_mark", "colon", "d", "e", "n", "S", "slash", "D")


def _some(*quick: str, of: tuple[str, ...]) -> list[object]:
    """Return all of them; those that are not among the quick ones are tried in the slow tests."""
    return [pytest.param(each, marks=() if each in quick else pytest.mark.slow) for each in of]


class Places:
    """How to get to each place of one screen, from wherever one is."""

    def __init__(self, yard: RefreshYard) -> None:
        self.yard = yard

    async def home(self) -> None:
        """Go to the list, with nothing open, marked, filtered or running beside it."""
        yard = self.yard
        self.end_refreshes()
        for _ in range(12):
            logins = yard.main.logins
            for login in list(logins.logins.all):
                logins.desk.cancel(login)
                logins.logins.close(login)
            if len(yard.app.screen_stack) == 1 and yard.main.place() == "list":
                yard.app.state.mark(())
                yard.main.remove_class("-events")
            if self.is_home:
                break
            await yard.keys("escape")
        # A doctor that was left goes on looking: the next key's words would be over before it has ended.
        await yard.app.workers.wait_for_complete()
        yard.app.clear_notifications()
        yard.main.panes._zoom(None)
        yard.app.state.select_name("work")
        await yard.pilot.pause()

    async def refreshing(self) -> None:
        """Let a refresh of several be there that goes on for as long as somebody looks."""
        refreshes = self.yard.main.refreshing.refreshes
        run = refreshes.start(("lab", "work"), None)
        run.begun.add("lab")
        run.since["lab"] = self.yard.app.context.now()
        refreshes.tell()
        await self.yard.pilot.pause()

    def end_refreshes(self) -> None:
        """Let none go on."""
        refreshes = self.yard.main.refreshing.refreshes
        for run in list(refreshes.runs):
            refreshes.end(run, self.yard.app.context.now())

    async def refresh(self) -> None:
        """Let a refresh of all be there that ended."""
        refreshes = self.yard.main.refreshing.refreshes
        if refreshes.board is None:
            await self.yard.keys("ctrl+r")
        await self.yard.until(lambda: refreshes.board is not None and not refreshes.runs)

    @property
    def is_home(self) -> bool:
        """Whether nothing is left to close."""
        yard, state = self.yard, self.yard.app.state
        plain = not state.marked and not state.filter and not yard.main.has_class("-events")
        top = len(yard.app.screen_stack) == 1
        return top and plain and yard.main.place() == "list"

    async def go(self, place: str) -> None:
        """Go to a place."""
        yard = self.yard
        await self.home()
        keys = {
            "list": (),
            "zoomed": ("z",),
            "filtered": ("slash", "o", "enter"),
            "detail": ("enter",),
            "events": ("4",),
            "login-device": ("l",),
            "login-browser": ("L",),
            "login-failed": ("l",),
            "refreshing": ("3",),
            "refreshed": ("3",),
            "marked": ("v",),
        }[place]
        if place == "refreshed":
            await self.refresh()
        elif place == "refreshing":
            await self.refreshing()
        await yard.keys(*keys)
        if place in ("login-device", "login-failed"):
            code = await yard.code()
            if place == "login-failed":
                yard.simulator.device.deny(code)
        elif place == "login-browser":
            await yard.url()
        at = {"zoomed": "list", "marked": "list"}.get(place, place)
        await yard.until(lambda: yard.main.place() == at)


def look(stage: Stage) -> tuple[object, ...]:
    """Return what a person can notice."""
    focused = stage.app.screen.focused
    return (stage.text, stage.toasts, stage.said, focused.id if focused else None, stage.selected)


@pytest.mark.parametrize("place", _some("list", "login-device", of=PLACES))
async def test_every_key_everywhere(box: Box, place: str) -> None:
    """Catches a key that crashes, hangs or silently does nothing in a pane that nobody tried it in."""
    async with open_refreshes(box, profiles=FOUR) as yard:
        places = Places(yard)
        for action in ACTIONS:
            leaves = action.id in ("quit", "cancel") and place in ROOTS | {"zoomed"}
            if action.id in ELSEWHERE or leaves or (action.id, place) == ("cancel", "refreshing"):
                continue
            for key in action.keys[:1]:
                await places.go(place)
                why_not = action.why_not
                why = why_not(yard.main.situation()) if why_not is not None else None
                before = look(yard)
                await yard.keys(key)
                if why is not None:
                    # In the pane of a login it is said at its edge, where it covers nothing.
                    assert why in yard.toasts or why in yard.words, (key, why)
                elif action.id not in SILENT and (action.id, place) not in ALREADY:
                    await yard.until(lambda before=before: look(yard) != before)  # type: ignore[misc]
                assert "unexpected" not in yard.said, (key, yard.said)
                assert yard.app.is_running
                assert yard.app.return_code is None, key
        await places.home()
        await yard.keys("question_mark")
        await yard.shows("Here, in the list")
        await places.home()


@pytest.mark.parametrize("opened", _some("colon", of=DIALOGS))
async def test_every_key_in_a_dialog(box: Box, opened: str) -> None:
    """A key of the table that is pressed over a dialog crashes nothing, and does nothing below it but close it."""
    async with open_refreshes(box, profiles=FOUR) as yard:
        places = Places(yard)
        for action in ACTIONS:
            agrees = (opened, action.id) == ("d", "copy")  # y deletes
            if action.id in ELSEWHERE or not BY_ID[action.id].keys or agrees:
                continue
            await places.home()
            await yard.keys(opened, action.keys[0])
            assert "unexpected" not in yard.said, (action.id, yard.said)
            assert yard.app.return_code is None, action.id
        await places.home()
        assert {row.name for row in yard.disk().rows} == {name for name, _ in FOUR}


async def test_every_key_with_nothing_there(box: Box) -> None:
    """Without any profile each key acts or says what to do instead."""
    async with open_stage(size=(80, 24)) as stage:
        for action in ACTIONS:
            if action.id in {*ELSEWHERE, "quit", "cancel"}:
                continue
            await stage.press(action.keys[0])
            assert "unexpected" not in stage.said, action.id
            assert stage.app.return_code is None, action.id
            while len(stage.app.screen_stack) > 1:
                await stage.press("ctrl+c")
            await stage.press("escape")
        assert stage.main.place() == "empty"
    assert box.path
