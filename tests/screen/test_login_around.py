"""What lies around the logins that run: the cursor of the list, the way back to a pane, leaving, other keys."""

from __future__ import annotations

import pytest

from profiles.context import make_context
from profiles.logging_in import save_login
from profiles.model import Secret
from profiles.oauth.documents import api_key_document
from tests.screen.login_stage import ADA, BOB, open_logins
from tui.login_state import FAILED, WAITING
from tui.simulator.approving import Approver
from tui.simulator.demo_profiles import Furnished

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


async def test_the_cursor_stays_where_it_is(box: Box) -> None:
    """A login that ends while the person is elsewhere moves no cursor: space acts on the row that they chose."""
    people = (("ada", ADA), ("bob", BOB), ("carol", "carol@example.com"))
    async with open_logins(profiles=people) as yard:
        await yard.press("G", "l")
        code = await yard.code("carol")
        await yard.press("escape", "g", "j")
        assert yard.selected == "bob"
        yard.simulator.device.approve(code, "carol@example.com")
        await yard.phase("saved", "carol")
        await yard.settle()
        assert yard.selected == "bob"
        await yard.press("space")
        assert yard.active == "bob"


async def test_the_cursor_stays_when_a_profile_appears(box: Box) -> None:
    """A new profile that its login makes above the cursor leaves the cursor on the profile where it was."""
    async with open_logins() as yard:
        await yard.new("aaa")
        code = await yard.code("aaa")
        await yard.press("escape", "G")
        assert yard.selected == "work"
        yard.simulator.device.approve(code, "ada@example.com", "Acme")
        await yard.phase("saved", "aaa")
        await yard.until(lambda: yard.app.state.snapshot.row("aaa") is not None)
        await yard.settle()
        assert yard.selected == "work"


async def test_the_cursor_stays_with_one_that_failed(box: Box) -> None:
    """Neither a refusal nor the closing of another pane moves the cursor of a tall screen's list."""
    async with open_logins(size=(100, 42)) as yard:
        await yard.press("G", "l")
        code = await yard.code()
        await yard.press("escape", "g")
        yard.simulator.device.deny(code)
        await yard.phase("failed")
        await yard.settle()
        assert yard.selected == "personal"
        assert yard.main.place() == "list"


async def test_the_way_back_to_a_new_profile(box: Box) -> None:
    """A login for a profile that is not there yet has no row: the title names it and the pane where it is."""
    async with open_logins(size=(80, 24)) as yard:
        await yard.new("lab")
        code = await yard.code("lab")
        await yard.press("escape")
        await yard.shows("[3] → lab ")
        assert code not in yard.text
        await yard.press("3")
        await yard.shows(code)
        await yard.press("escape", "G", "l")
        await yard.code("work")
        await yard.press("escape")
        await yard.shows("[3] 2 logins run")
        await yard.press("3", "left_square_bracket")
        await yard.shows(code)


async def test_a_new_login_that_failed(box: Box) -> None:
    """What came of it can be read until its pane is closed: in the title, in the pane, in the log."""
    async with open_logins(size=(80, 24)) as yard:
        await yard.new("lab")
        code = await yard.code("lab")
        await yard.press("escape")
        yard.simulator.device.deny(code)
        await yard.phase(FAILED, "lab")
        await yard.shows("[3] ✗ lab failed")
        assert "login for lab:" in yard.said
        await yard.press("3")
        await yard.shows("Nothing was saved.", "N a new code")
        await yard.press("escape")
        await yard.until(lambda: not yard.app.logins.all)
        assert "lab" not in yard.lines[1]


@pytest.mark.parametrize("key", ["l", "L"])
async def test_a_running_login_is_not_thrown_away(box: Box, key: str) -> None:
    """Neither key starts another login where one waits, in the list or in its pane; its code stays good."""
    async with open_logins() as yard:
        await yard.press("G", "l")
        code = await yard.code()
        await yard.press(key)
        await yard.shows(code, "b changes the way")
        await yard.press("escape")
        await yard.shows("enter its login")
        await yard.press(key)
        await yard.shows(code)
        login = yard.login("work")
        assert (login.way, login.phase) == ("device-code", WAITING)
        assert len([each for each in yard.simulator.log if each.path.endswith("/usercode")]) == 1


async def test_another_way_asks_first(box: Box, redirect_ports: object) -> None:
    """B names the code that a person may be typing just now, and changes the way only after a yes; and back again."""
    async with open_logins() as yard:
        await yard.press("G", "l")
        code = await yard.code()
        await yard.press("b")
        await yard.shows("Log in by browser instead?", f"The code {code} will no longer work.")
        await yard.press("enter")
        await yard.shows(code)
        await yard.press("b", "y")
        await yard.url()
        await yard.press("b")
        await yard.shows("Log in by device code instead?", "will no longer work")
        await yard.press("y")
        assert await yard.code() != code


async def test_what_keys_do_here(box: Box, redirect_ports: object) -> None:
    """Help and footer say what enter does in this very place, not what it does in the list."""
    async with open_logins(size=(100, 42)) as yard:
        await yard.press("G", "L")
        await yard.url()
        await yard.press("question_mark")
        await yard.shows("Paste the address at which the browser ended")
        await yard.press("escape", "escape", "question_mark")
        await yard.shows("Open the pane of the login for the selected profile.")
        await yard.press("escape", "g")
        await yard.shows("enter detail")
        await yard.press("slash", "=work", "enter")
        await yard.shows("enter its login")


async def test_a_narrow_footer(box: Box, redirect_ports: object) -> None:
    """At 40x12 the keys that matter most are there: paste, copy, the way out."""
    async with open_logins(size=(40, 12)) as yard:
        await yard.press("G", "L")
        await yard.url()
        for words in ("enter paste", "y URL", "esc back", "? help"):
            assert words in yard.lines[-1]
        await yard.press("escape")
        await yard.shows("enter login  space switch")
        await yard.press("g", "l")
        await yard.code("personal")
        for words in ("y copy", "esc back", "Q QR", "? help"):
            assert words in yard.lines[-1]


async def test_no_code_any_more(box: Box) -> None:
    """Q after the end says that there is no code any more; where the code has no room all of the reason is there."""
    async with open_logins(size=(40, 12)) as yard:
        await yard.press("G", "l")
        code = await yard.code()
        await yard.press("Q")
        await yard.shows("the QR code takes 35x18 cells; here are 36x9")
        await yard.press("Q")
        yard.simulator.device.approve(code, BOB)
        await yard.phase("saved")
        await yard.press("Q")
        assert "no code and no URL to show any more" in f"{yard.words}\n{yard.toasts}"


async def test_results_cover_nothing(box: Box) -> None:
    """A result is said at the edge of the pane, where it covers no word; elsewhere once, however often it comes."""
    async with open_logins(size=(80, 24)) as yard:
        await yard.press("G", "l")
        code = await yard.code()
        await yard.press("y")
        await yard.shows("user code sent to the terminal's clipboard", code, "copies the code")
        assert not yard.toasts
        await yard.press("escape", "u", "u", "u")
        assert yard.toasts.count("before the last switch") == 1


async def test_a_key_is_another_kind(box: Box) -> None:
    """It is said first that the profile holds an API key; nobody is asked to sign in as a key."""
    async with open_logins() as yard:
        document = api_key_document(Secret(yard.simulator.api_key()))
        save_login(make_context(), "bot", document)
        await yard.press("R")
        yard.app.state.select_name("bot")
        await yard.press("l")
        await yard.shows("Log in to bot?", "bot holds an API key.")
        await yard.press("escape")
        assert not yard.app.logins.all
        await yard.press("l", "y")
        code = await yard.code("bot")
        await yard.shows("at this page, on any device:")
        yard.simulator.device.approve(code, ADA)
        await yard.shows(
            "Another login", "the profile bot is an API key", "into personal, whose it is"
        )


async def test_a_demo_says_so(box: Box, redirect_ports: object) -> None:
    """Where the pane hides title and list, it says that all is made up; what the demo does by itself ends with it."""
    async with open_logins(size=(40, 12)) as yard:
        yard.app.scene = yard.app.scene._replace(demo=True)
        approver = Approver(Furnished({}, ()), yard.simulator)
        approver.watch(yard.app)
        await yard.press("G", "L")
        await yard.url()
        assert "DEMO" in yard.lines[0]
        await yard.press("G")
        assert "the page is clicked on by itself" in yard.main.logins.pane.view.text.replace(
            "\n", " "
        )
        assert "clicked" not in yard.toasts
        await yard.press("ctrl+c")
        assert "clicked" not in yard.text
        await yard.press("l")
        await yard.code()
        assert "DEMO" in yard.lines[0]
        await yard.pilot.resize_terminal(80, 24)
        await yard.until(lambda: "DEMO" not in yard.lines[1])
        await yard.press("p")
        await yard.shows("DEMO", "esc goes back")
        approver.end()


async def test_every_low_pane_of_a_demo_says_so(box: Box) -> None:
    """At 40x12 a pane stands alone, without the title line: each one says that all is made up."""
    async with open_logins(size=(40, 12)) as yard:
        yard.app.scene = yard.app.scene._replace(demo=True)
        await yard.press("R")
        await yard.until(lambda: "DEMO" in yard.lines[0])
        for keys, title in ((("enter",), "Profile"), (("escape", "at"), "Events")):
            await yard.press(*keys)
            await yard.shows(title)
            assert "DEMO" in yard.lines[0]


async def test_what_is_typed_behind_a_line(box: Box, redirect_ports: object) -> None:
    """A key right behind the enter that ends a line is no letter of that line any more."""
    async with open_logins() as yard:
        await yard.press("G", "L")
        await yard.url()
        await yard.press("enter")
        await yard.press("x")
        for key in ("enter", "question_mark"):
            yard.app.simulate_key(key)
        await yard.shows("Here, while the browser is waited for")
        await yard.press("escape")
        await yard.shows("! not taken:")


async def test_a_saved_login_is_one_event(box: Box) -> None:
    """Catches a login that is `saved` twice in the log; a second one in the same hour is an event of its own."""
    async with open_logins() as yard:
        for count in (1, 2):
            await yard.press("G", "l")
            yard.simulator.device.approve(await yard.code(), BOB)
            await yard.phase("saved")
            await yard.press("escape", "R")
            await yard.settle()
            saved = [event.text for event in yard.app.state.events if "saved" in event.text]
            assert len(saved) == count, saved
            assert set(saved) == {f"saved the new login of {BOB}, Plus in the profile work"}
