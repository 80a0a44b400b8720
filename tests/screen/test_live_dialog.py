"""A question about what runs says what is so now, and goes when there is nothing left to ask about."""

from __future__ import annotations

from tests.screen.login_stage import ADA, BOB, open_logins
from tests.screen.refresh_stage import FOUR, open_refreshes
from tests.screen.stage import configure
from tui.login_state import APPROVED, FAILED, SAVED
from tui.screens.main import MainScreen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

TOKEN = "/oauth/token"


async def test_leaving_is_asked_no_more_when_the_login_is_saved(box: Box) -> None:
    """Catches a `Leave?` that speaks of a login which was saved behind it: it goes, says so, and nobody leaves."""
    async with open_logins(size=(80, 24)) as yard:
        await yard.press("G", "l")
        code = await yard.code()
        await yard.press("escape", "q")
        await yard.shows("Leave?", "The login for work waits for approval")
        yard.simulator.device.approve(code, BOB)
        await yard.phase(SAVED)
        await yard.until(lambda: isinstance(yard.app.screen, MainScreen))
        await yard.until(lambda: "nothing runs any more" in yard.toasts)
        assert "q leaves" in yard.toasts
        assert f"{BOB} saved as work" in yard.toasts
        assert yard.app.is_running
        await yard.press("q")
        await yard.until(lambda: not yard.app.is_running)


async def test_leaving_names_what_is_left(box: Box) -> None:
    """Of two logins one fails: the question is about the other one then, and a yes leaves at once."""
    async with open_logins(size=(80, 24)) as yard:
        await yard.press("g", "l")
        code = await yard.code("personal")
        await yard.press("escape", "G", "l")
        await yard.code()
        await yard.press("escape", "q")
        await yard.shows("2 logins wait for approval")
        yard.simulator.device.deny(code)
        await yard.phase(FAILED, "personal")
        await yard.shows("Leave?", "The login for work waits for approval: leave and cancel it?")
        await yard.press("y")
        await yard.until(lambda: not yard.app.is_running)


async def test_leaving_follows_a_refresh(box: Box) -> None:
    """The question counts down with the refresh of several, and goes at its end."""
    configure(box, "[refresh]\nconcurrency = 1\n")
    async with open_refreshes(box, profiles=FOUR) as yard:
        first, last = yard.hold("lab"), yard.hold("work")
        await yard.keys("ctrl+r")
        await yard.reached(first)
        await yard.keys("q")
        await yard.shows("Leave?", "4 profiles are being refreshed")
        first.open()
        await yard.reached(last)
        await yard.shows("Leave?", "work is being refreshed")
        last.open()
        await yard.until(lambda: isinstance(yard.app.screen, MainScreen))
        await yard.shows("nothing runs any more")
        assert yard.app.is_running


async def test_cancelling_is_asked_no_more_when_it_is_too_late(box: Box) -> None:
    """Neither an approved login that was saved can be cancelled, nor one that ended be changed to another way."""
    async with open_logins(size=(80, 24)) as yard:
        yard.simulator.faults.add(TOKEN, delay=0.5)
        await yard.press("G", "l")
        yard.simulator.device.approve(await yard.code(), BOB)
        await yard.phase(APPROVED)
        await yard.press("ctrl+c")
        await yard.shows("Cancel the login for work?")
        await yard.phase(SAVED)
        await yard.until(lambda: isinstance(yard.app.screen, MainScreen))
        assert yard.email("work") == BOB
        await yard.press("escape", "g", "l")
        code = await yard.code("personal")
        await yard.press("b")
        await yard.shows("Log in by browser instead?", code)
        yard.simulator.device.approve(code, ADA)
        await yard.phase(SAVED, "personal")
        await yard.until(lambda: isinstance(yard.app.screen, MainScreen))
