"""What lies around the logins that run: the cursor of the list, the way back to a pane, leaving, other keys."""

from __future__ import annotations

from tests.screen.login_stage import ADA, BOB, open_logins

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
