"""Logins by device code in the screen, against the simulator: what is shown, what the disk holds afterwards."""

from __future__ import annotations

import base64

import pytest

from tests.screen.login_stage import ADA, BOB, open_logins
from tui.login_state import FAILED, SAVED, WAITING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


async def test_log_in_again(box: Box) -> None:
    """A small L shows code and page for the selected profile; approved, the login is saved, and nothing switched."""
    async with open_logins() as yard:
        before = yard.disk().row("work")
        await yard.press("G", "l")
        code = await yard.code()
        await yard.shows("Type this code", f"{yard.simulator.url}/codex/device", "expires in 14:5")
        lines = [line.strip(" │") for line in yard.lines]
        assert code in lines
        assert f"{yard.simulator.url}/codex/device" in lines
        await yard.shows("checked just now")
        yard.simulator.device.approve(code, BOB)
        await yard.shows(f"{BOB} saved as work", "space switches to it")
        after = yard.disk().row("work")
        assert before is not None
        assert after is not None
        assert (after.issued_at or 0) > (before.issued_at or 0)
        assert yard.active == "personal"
        await yard.press("space")
        assert yard.active == "work"
        assert yard.main.place() == "list"


async def test_new_profile(box: Box) -> None:
    """N makes no profile before its login is whole; the login then has one, and its pane closes with esc."""
    async with open_logins() as yard:
        await yard.new("lab")
        code = await yard.code("lab")
        assert yard.disk().row("lab") is None
        yard.simulator.device.approve(code, ADA, "Acme")
        await yard.shows(f"{ADA} saved as lab")
        assert yard.email("lab") == ADA
        await yard.press("escape")
        assert yard.main.place() == "list"
        assert yard.app.logins.all == []
        await yard.until(lambda: yard.selected == "lab")


async def test_leave_and_return(box: Box) -> None:
    """Esc leaves the pane and the login goes on: the row and the title say so; enter and tab bring it back."""
    async with open_logins() as yard:
        await yard.press("G", "l")
        code = await yard.code()
        await yard.press("escape")
        await yard.shows("→ logging in", "1 login runs", "Profiles")
        assert code not in yard.text
        await yard.press("enter")
        await yard.shows(code)
        await yard.press("escape", "g", "tab", "tab")
        await yard.shows(code)
        await yard.press("escape")
        yard.simulator.device.approve(code, BOB)
        await yard.until(lambda: f"{BOB} saved as work" in yard.toasts)
        await yard.shows("✓ ok")
        assert "logging in" not in yard.text


async def test_cancel(box: Box) -> None:
    """Ctrl+c in the pane ends the login at once and says so; the profile is as it was, and nobody asks any more."""
    async with open_logins() as yard:
        before = yard.disk().row("work")
        await yard.press("G", "l")
        await yard.code()
        await yard.press("ctrl+c")
        assert "login for work cancelled; nothing was changed" in yard.toasts
        assert yard.main.place() == "list"
        assert yard.disk().row("work") == before
        assert yard.app.is_running
        assert not yard.desk._runs


async def test_denied_then_a_new_code(box: Box) -> None:
    """A no at the page is said with the way on; N gets another code, which leads to a login."""
    async with open_logins() as yard:
        await yard.press("G", "l")
        first = await yard.code()
        yard.simulator.device.deny(first)
        await yard.phase(FAILED)
        await yard.shows("work is as it was", "N a new code", "b logs in by browser")
        assert "login for work" in yard.said
        await yard.press("N")
        await yard.phase(WAITING)
        second = await yard.code()
        assert second != first
        yard.simulator.device.approve(second, BOB)
        await yard.shows(f"{BOB} saved as work")


async def test_expired(box: Box) -> None:
    """A code whose time is over is said to be; N is the next step, and esc closes the pane."""
    async with open_logins() as yard:
        await yard.press("G", "l")
        yard.simulator.device.expire(await yard.code())
        await yard.phase(FAILED)
        await yard.shows("expired", "N a new code")
        await yard.press("escape")
        assert yard.app.logins.all == []


async def test_no_device_codes_here(box: Box, redirect_ports: tuple[int, int]) -> None:
    """Where the issuer gives out no codes (404) it is said at once, and b logs in by browser instead."""
    async with open_logins() as yard:
        yard.simulator.device.enabled = False
        await yard.press("G", "l")
        await yard.phase(FAILED)
        await yard.shows("gives out no device codes (404)", "b logs in by browser")
        await yard.press("b")
        await yard.url()
        await yard.shows("ssh -N", "1455")
        assert redirect_ports[0] == 1455


async def test_issuer_away(box: Box) -> None:
    """An issuer that cannot be reached is named with its host; the next try, when it is back, succeeds."""
    async with open_logins() as yard:
        yard.simulator.stop()
        await yard.press("G", "l")
        await yard.phase(FAILED)
        await yard.shows("127.0.0.1", "N a new code")
        yard.simulator.start()
        await yard.press("N")
        yard.simulator.device.approve(await yard.code(), BOB)
        await yard.phase(SAVED)


async def test_trouble_on_the_way(box: Box) -> None:
    """A moment without an answer is shown with the time of the next try, and waited past."""
    async with open_logins() as yard:
        yard.simulator.faults.add(
            "/api/accounts/deviceauth/token", status=503, headers={"Retry-After": "2"}
        )
        await yard.press("G", "l")
        await yard.shows("could not ask", "next try in 1 s")
        yard.simulator.device.approve(await yard.code(), BOB)
        await yard.phase(SAVED)


async def test_several_at_once(box: Box) -> None:
    """Each goes on while another is watched: tabs name them, brackets go from one to the next."""
    async with open_logins(size=(80, 24)) as yard:
        await yard.press("G", "l")
        await yard.code("work")
        await yard.press("escape", "g", "l")
        first = await yard.code("personal")
        await yard.shows("→ work", "→ personal", "Login  personal  device code  2/2")
        await yard.press("right_square_bracket")
        second = await yard.code("work")
        assert first not in yard.text
        await yard.press("left_square_bracket")
        await yard.shows(first)
        yard.simulator.device.approve(second, BOB)
        await yard.shows("✓ work")
        yard.simulator.device.deny(first)
        await yard.shows("✗ personal")


async def test_copy(box: Box) -> None:
    """Y sends the code to the terminal's clipboard, in capitals it asks what; both say that it was sent, not copied."""
    async with open_logins() as yard:
        await yard.press("G", "l")
        code = await yard.code()
        await yard.press("y")
        await yard.shows("user code sent to the terminal's clipboard")
        assert _copied(yard.sent) == code
        await yard.press("Y", "down", "enter")
        await yard.shows("URL sent to the terminal's clipboard")
        assert _copied(yard.sent) == f"{yard.simulator.url}/codex/device"


async def test_open(box: Box) -> None:
    """O opens the page on a desktop; elsewhere it copies it and shows it alone, from the first column."""
    async with open_logins(desktop=True) as yard:
        await yard.press("G", "l")
        await yard.code()
        await yard.press("o")
        page = f"{yard.simulator.url}/codex/device"
        assert yard.opened == [page]
        yard.app.opener = yard.app.opener._replace(command=None)
        await yard.press("o")
        await yard.shows("esc goes back")
        assert page in [line.rstrip() for line in yard.lines]
        assert _copied(yard.sent[:-1]) == page or _copied(yard.sent) == page
        await yard.press("escape")
        await yard.shows("Type this code")


async def test_hint_after_a_minute(box: Box) -> None:
    """After a minute it is said where codes must be allowed, which cannot be seen from here, and b is offered."""
    moved = [0.0]
    async with open_logins(
        context=lambda context: context._replace(now=lambda: 1_800_000_000.0 + moved[0])
    ) as yard:
        await yard.press("G", "l")
        await yard.code()
        assert "Settings" not in yard.text
        moved[0] = 61.0
        await yard.shows("ChatGPT, Settings, Security, device code login", "b logs in by browser")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (100, 40)], ids=str)
async def test_qr_code(box: Box, size: tuple[int, int]) -> None:
    """Q shows the page as a QR code, 18 lines of half blocks; from 40 lines on it is there without being asked for."""
    async with open_logins(size=size) as yard:
        await yard.press("G", "l")
        code = await yard.code()
        if size[1] < 40:
            assert "▄▄▄▄▄▄▄" not in yard.text
            await yard.press("Q")
        await yard.shows("▄▄▄▄▄▄▄")
        rows = [line for line in yard.lines if any(sign in line for sign in "▀▄█")]
        assert 14 <= len(rows) <= 18
        assert code in yard.text
        await yard.press("escape")
        assert "▄▄▄▄▄▄▄" not in yard.text or size[1] >= 40


async def test_qr_code_without_room(box: Box) -> None:
    """Where a QR code does not fit it is said how much room it takes; the code stays on the screen."""
    async with open_logins(size=(40, 12)) as yard:
        await yard.press("G", "l")
        code = await yard.code()
        await yard.press("Q")
        await yard.shows("the QR code takes 35x18 cells", code)


def _copied(sent: list[str]) -> str:
    """Return what the last OSC 52 put into the clipboard."""
    last = [each for each in sent if each.startswith("\x1b]52;c;")][-1]
    return base64.b64decode(last.removeprefix("\x1b]52;c;").partition("\x07")[0]).decode()
