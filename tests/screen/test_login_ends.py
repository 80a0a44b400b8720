"""How logins end in the screen when it is not simply well: another identity, a full disk, leaving in the middle."""

from __future__ import annotations

import asyncio
import errno

import pytest

from profiles.files import Files
from tests.screen.login_stage import ADA, BOB, open_logins
from tui.login_state import APPROVED, MISMATCHED, SAVED, UNSAVED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.screen.login_stage import Yard

#: Where tokens are asked for.
TOKEN = "/oauth/token"


class FullDisk(Files):
    """A disk on which nothing can be written while `full`."""

    def __init__(self) -> None:
        self.full = False

    def write(self, descriptor: int, data: bytes) -> None:
        """Write, where there is room."""
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        super().write(descriptor, data)

    def allocate(self, descriptor: int, size: int) -> None:
        """Reserve, where there is room."""
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        super().allocate(descriptor, size)


async def _as_somebody_else(yard: Yard) -> None:
    """Log in to work, which is bob's, as ada in her workspace."""
    await yard.press("G", "l")
    yard.simulator.device.approve(await yard.code(), ADA, "Acme")
    await yard.phase(MISMATCHED)
    await yard.shows("Another login", "the profile work is bob@bletchley.example")
    await yard.shows("as a new profile", "into work", "nowhere")


async def test_somebody_else_as_a_new_profile(box: Box) -> None:
    """Another identity is asked about; a new profile is what enter takes, and work keeps its login."""
    async with open_logins() as yard:
        before = yard.disk().row("work")
        await _as_somebody_else(yard)
        await yard.press("enter")
        await yard.phase(SAVED)
        saved = yard.login("work").saved
        assert saved is not None
        assert saved.name not in ("work", "personal")
        await yard.shows(f"saved as {saved.name}", "not the login of work, which is as it was")
        assert yard.disk().row("work") == before
        row = yard.disk().row(saved.name)
        assert row is not None
        assert row.account_id == "ws-acme"


async def test_somebody_else_into_this_profile(box: Box) -> None:
    """Put into work, the login that work had is kept under another name: no login is lost."""
    async with open_logins() as yard:
        before = yard.disk().row("work")
        assert before is not None
        await _as_somebody_else(yard)
        await yard.press("down", "enter")
        await yard.phase(SAVED)
        row = yard.disk().row("work")
        assert row is not None
        assert row.account_id == "ws-acme"
        kept = [r for r in yard.disk().rows if r.user_id == before.user_id and r.email == BOB]
        assert [r.account_id for r in kept] == [before.account_id]


async def test_somebody_else_who_has_a_profile(box: Box) -> None:
    """Where the login's owner has a profile, that is what enter takes; no second profile is made of it."""
    async with open_logins() as yard:
        before = len(yard.disk().rows)
        await yard.press("G", "l")
        yard.simulator.device.approve(await yard.code(), ADA)
        await yard.phase(MISMATCHED)
        await yard.shows("Another login", "into personal, whose it is", "into work", "nowhere")
        assert "as a new profile" not in yard.text
        await yard.press("enter")
        await yard.shows("saved as personal")
        assert len(yard.disk().rows) == before


async def test_somebody_else_dropped(box: Box) -> None:
    """Dropped, nothing is saved anywhere, and it is said that the tokens are not revoked."""
    async with open_logins() as yard:
        before = yard.disk().rows
        await _as_somebody_else(yard)
        await yard.shows("its tokens are discarded; they are not revoked")
        await yard.press("up", "enter")
        await yard.until(lambda: not yard.app.logins.all)
        assert yard.disk().rows == before
        assert yard.main.place() == "list"


async def test_somebody_else_decided_later(box: Box) -> None:
    """Esc leaves the question open: the row says so, the login stays in memory, and leaving the program asks."""
    async with open_logins() as yard:
        await _as_somebody_else(yard)
        await yard.press("escape")
        await yard.shows("Nothing was saved yet", "enter says where it goes")
        await yard.press("escape")
        await yard.shows("? other login", "to decide: work")
        await yard.press("q")
        await yard.shows("Leave?", "would be lost")
        await yard.press("n")
        assert yard.app.is_running
        await yard.press("enter", "enter", "enter")
        await yard.phase(SAVED)


async def test_somebody_else_while_nobody_looks(box: Box) -> None:
    """The question waits in the pane while the person is elsewhere: no dialog comes over what they do."""
    async with open_logins() as yard:
        await yard.press("G", "l")
        code = await yard.code()
        await yard.press("escape")
        yard.simulator.device.approve(code, ADA, "Acme")
        await yard.phase(MISMATCHED)
        await yard.until(lambda: "the profile work is bob@bletchley.example" in yard.toasts)
        assert len(yard.app.screen_stack) == 1
        await yard.press("enter", "enter")
        await yard.shows("Another login")


async def test_full_disk(box: Box) -> None:
    """A login that cannot be saved stays in memory and says why; enter saves it once there is room."""
    disk = FullDisk()
    async with open_logins(context=lambda context: context._replace(files=disk)) as yard:
        before = yard.disk().row("work")
        await yard.press("G", "l")
        code = await yard.code()
        disk.full = True
        yard.simulator.device.approve(code, BOB)
        await yard.phase(UNSAVED)
        await yard.shows("in memory alone", "enter saves again", "the disk is full")
        assert yard.disk().row("work") == before
        await yard.press("enter")
        await yard.phase(UNSAVED)
        await yard.press("escape")
        await yard.shows("! not saved", "not saved: work")
        await yard.press("ctrl+q")
        await yard.shows("Leave?", "The login for work")
        await yard.press("escape")
        disk.full = False
        await yard.press("enter", "enter")
        await yard.shows(f"{BOB} saved as work")
        after = yard.disk().row("work")
        assert before is not None
        assert after is not None
        assert (after.issued_at or 0) > (before.issued_at or 0)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
@pytest.mark.parametrize("size", [(80, 24), (100, 42)], ids=str)
async def test_leave_while_one_waits(box: Box, key: str, size: tuple[int, int]) -> None:
    """Leaving from the list would end logins that wait: it asks once, and stays unless the answer is yes."""
    async with open_logins(size=size) as yard:
        await yard.press("G", "l")
        await yard.code()
        await yard.press("escape", key)
        await yard.shows("Leave?", "The login for work waits for approval: leave and cancel it?")
        await yard.press("enter")
        assert yard.app.is_running
        assert [login.name for login in yard.app.logins.running] == ["work"]
        await yard.press("g", "l")
        await yard.code("personal")
        await yard.press("escape", key)
        await yard.shows("2 logins wait for approval: leave and cancel them?")
        await yard.press("y")
        await yard.until(lambda: not yard.app.is_running)


async def test_leave_at_once(box: Box) -> None:
    """Ctrl+q asks nothing about logins that nobody approved yet."""
    async with open_logins() as yard:
        await yard.press("G", "l")
        await yard.code()
        await yard.press("escape", "ctrl+q")
        await yard.until(lambda: not yard.app.is_running)


async def test_leave_with_an_approved_login(box: Box) -> None:
    """While tokens are on their way leaving asks first; the same key again leaves."""
    async with open_logins() as yard:
        yard.simulator.faults.add(TOKEN, delay=20.0)
        await yard.press("G", "l")
        yard.simulator.device.approve(await yard.code(), BOB)
        await yard.phase(APPROVED)
        await yard.press("ctrl+q")
        await yard.shows("Leave?", "would be lost")
        await yard.press("escape")
        assert yard.app.is_running
        await yard.press("ctrl+q", "ctrl+q")
        await yard.until(lambda: not yard.app.is_running)


async def test_approved_while_leaving_is_asked(box: Box) -> None:
    """A yes to cancelling what waits is none to losing what somebody approved meanwhile: that is asked again."""
    async with open_logins() as yard:
        yard.simulator.faults.add(TOKEN, delay=20.0)
        await yard.press("G", "l")
        code = await yard.code()
        await yard.press("escape", "q")
        await yard.shows("waits for approval")
        yard.simulator.device.approve(code, BOB)
        await yard.phase(APPROVED)
        await yard.press("y")
        await yard.shows("would be lost")
        await yard.press("y")
        await yard.until(lambda: not yard.app.is_running)


async def test_cancel_asks_after_the_approval(box: Box) -> None:
    """Ctrl+c asks once a person has approved; a no lets the login end well, a yes drops it."""
    async with open_logins() as yard:
        yard.simulator.faults.add(TOKEN, delay=1.5)
        await yard.press("G", "l")
        yard.simulator.device.approve(await yard.code(), BOB)
        await yard.phase(APPROVED)
        await yard.press("ctrl+c")
        await yard.shows("Cancel the login for work?", "not revoked")
        await yard.press("n")
        await yard.phase(SAVED)
        await yard.press("escape")

        before = yard.disk().row("work")
        yard.simulator.faults.add(TOKEN, delay=20.0)
        await yard.press("l")
        yard.simulator.device.approve(await yard.code(), BOB)
        await yard.phase(APPROVED)
        await yard.press("ctrl+c", "y")
        await yard.until(lambda: not yard.app.logins.all)
        assert yard.disk().row("work") == before


async def test_a_bug_in_a_flow_ends_only_that_login(box: Box) -> None:
    """Whatever goes wrong inside a flow ends that login with a sentence, and the screen goes on; no value is shown."""
    async with open_logins() as yard:

        def broken(*_: object) -> object:
            raise ZeroDivisionError("a value that nobody may see")

        yard.desk.open_flow = broken  # type: ignore[assignment]
        await yard.press("G", "l")
        await yard.shows("unexpected ZeroDivisionError", "N a new code")
        assert "nobody may see" not in yard.readable()
        assert yard.app.is_running


async def test_api_key(box: Box) -> None:
    """A key is typed as dots and saved as it is; nobody is asked."""
    async with open_logins() as yard:
        key = yard.simulator.api_key()
        await yard.new("bill", "down", "down")
        await yard.shows("API key for bill")
        await yard.press(f"={key}")
        await yard.shows("••••••••")
        assert key not in yard.readable()
        await yard.press("enter")
        await yard.shows("API key saved as bill")
        row = yard.disk().row("bill")
        assert row is not None
        assert row.kind == "api-key"
        assert not yard.simulator.log


@pytest.mark.parametrize(
    ("downs", "given", "why"),
    [
        (2, "sk-shrt", "this is too short to be an API key"),
        (3, "sk-proj-made-up-by-somebody", "begins with at-, and this looks like an API key"),
        (3, "eyJhbGciOiJub25lIn0.e30.made-up", "the token of an agent, which only Codex itself"),
    ],
)
async def test_what_cannot_be_one(box: Box, downs: int, given: str, why: str) -> None:
    """It is said why, in the dialog, which stays for another try; nobody is asked and nothing made."""
    async with open_logins() as yard:
        await yard.new("ci", *["down"] * downs)
        await yard.press(f"={given}", "enter")
        await yard.shows(why, "Only dots are shown.")
        assert given not in yard.readable()
        await yard.press("escape")
        assert yard.disk().row("ci") is None
        assert not yard.simulator.log


async def test_access_token(box: Box) -> None:
    """A token is checked at the issuer before it is saved; one that it does not know is not."""
    async with open_logins() as yard:
        await yard.new("ci", "down", "down", "down")
        await yard.press("=at-made-up-by-somebody", "enter")
        await yard.shows("does not know this access token", "Nothing was saved.")
        assert yard.disk().row("ci") is None
        await yard.press("escape")
        token = yard.simulator.personal_token(ADA)
        await yard.new("ci", "down", "down", "down")
        await yard.press(f"={token}", "enter")
        await yard.shows("access token saved as ci")
        row = yard.disk().row("ci")
        assert row is not None
        assert row.kind == "personal-access-token"


async def test_the_active_profile(box: Box) -> None:
    """A login for the active profile reaches the active home, too, and the pane says so."""
    async with open_logins() as yard:
        yard.app.state.select_name("personal")
        await yard.press("l")
        yard.simulator.device.approve(await yard.code("personal"), ADA)
        await yard.shows("It is the active login: the next codex has it.")
        assert yard.active == "personal"


async def test_a_login_that_codex_would_delete(box: Box) -> None:
    """A home that forces API keys is named before a person goes through a login; the issuer is not even asked."""
    from tests.screen.stage import put

    async with open_logins() as yard:
        put(f"{box.profile('work')}/config.toml", b'forced_login_method = "api"\n')
        await yard.press("G", "l")
        await yard.shows("forced_login_method", "work is as it was")
        assert not yard.simulator.log


async def test_fast_keys_while_it_starts(box: Box) -> None:
    """Keys that come before there is a code do no harm: cancel right after the start ends it."""
    async with open_logins() as yard:
        await yard.pilot.press("G", "l", "y", "Q", "N", "ctrl+c")
        await yard.settle()
        await asyncio.sleep(0)
        assert not yard.app.logins.running
        assert yard.app.is_running
