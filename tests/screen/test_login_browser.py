"""Logins by browser in the screen: the callback by HTTP, through a pasted address, refused ones, and the ssh line."""

from __future__ import annotations

import asyncio
import base64
import os

import pytest

from tests.screen.login_stage import ADA, BOB, open_logins
from tests.screen.stage import put
from tests.support.browser_login import visit
from tui.login_state import FAILED, WAITING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.screen.login_stage import Yard

pytestmark = pytest.mark.usefixtures("redirect_ports")

SSH = "ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:1455:127.0.0.1:1455"


async def _begin(yard: Yard, name: str = "work") -> str:
    """Start a browser login for the selected profile, and return its URL."""
    await yard.press("L")
    return await yard.url(name)


async def test_callback(box: Box) -> None:
    """A capital L shows URL and ssh line; the callback brings the login, the other browser sees a page."""
    async with open_logins() as yard:
        await yard.press("G")
        url = await _begin(yard)
        await yard.shows("Sign in at this page", "/oauth/authorize?", "no callback seen yet", SSH)
        await yard.shows("@10.0.0.9", "-p 2222", "curl -sS")
        shown = await visit(yard.simulator.browse(url, BOB))
        assert shown.status == 200
        await yard.shows(f"{BOB} saved as work")


async def test_pasted_callback(box: Box) -> None:
    """Enter opens a line for the address at which the browser ended; it is dots, and brings the login."""
    async with open_logins() as yard:
        await yard.press("G")
        callback = yard.simulator.browse(await _begin(yard), BOB)
        await yard.press("enter", f"={callback}")
        await yard.shows("••••••••")
        yard.check_secrets()
        await yard.press("enter")
        await yard.shows(f"{BOB} saved as work")


async def test_pasted_by_the_terminal(box: Box) -> None:
    """What a terminal pastes into the pane is taken without opening a line; blanks and line ends around it are cut."""
    from textual.events import Paste

    async with open_logins() as yard:
        await yard.press("G")
        callback = yard.simulator.browse(await _begin(yard), BOB)
        yard.app.post_message(Paste(f"\n  {callback} \n\n"))
        await yard.shows(f"{BOB} saved as work")


async def test_pasted_into_the_line(box: Box) -> None:
    """A paste into the open line is one line of dots; a bare code will do."""
    from urllib.parse import parse_qs, urlsplit

    from textual.events import Paste

    async with open_logins() as yard:
        await yard.press("G")
        callback = yard.simulator.browse(await _begin(yard), BOB)
        await yard.press("enter")
        (code,) = parse_qs(urlsplit(callback).query)["code"]
        yard.app.post_message(Paste(f"\n{code}\nmore"))
        await yard.shows("••••••••")
        await yard.press("enter")
        await yard.shows(f"{BOB} saved as work")


@pytest.mark.parametrize(
    "pasted",
    ["https://example.com/", "http://127.0.0.1:1455/auth/callback?code=abc&state=other", "a b"],
    ids=["another site", "another state", "no code"],
)
async def test_wrong_paste(box: Box, pasted: str) -> None:
    """What is no callback of this login is said to be none, repeated nowhere; the login goes on and can end well."""
    async with open_logins() as yard:
        await yard.press("G")
        url = await _begin(yard)
        await yard.press("enter", f"={pasted}", "enter")
        await yard.shows("! not taken:")
        assert pasted not in yard.text
        assert yard.login("work").phase == WAITING
        await visit(yard.simulator.browse(url, BOB))
        await yard.shows(f"{BOB} saved as work")


async def test_wrong_code(box: Box) -> None:
    """A code that the issuer does not take is told, and the login goes on waiting for the right one."""
    async with open_logins() as yard:
        await yard.press("G")
        url = await _begin(yard)
        await yard.press("enter", "=ac_made-up-and-never-issued", "enter")
        await yard.shows("not taken: the pasted code was not taken")
        await visit(yard.simulator.browse(url, BOB))
        await yard.shows(f"{BOB} saved as work")


async def test_denied(box: Box) -> None:
    """A no at the page ends the login with the issuer's word for it; N tries again, b takes a device code."""
    async with open_logins() as yard:
        await yard.press("G")
        before = yard.disk().row("work")
        url = await _begin(yard)
        await visit(yard.simulator.browse(url, BOB, error="access_denied"))
        await yard.phase(FAILED)
        await yard.shows("work is as it was", "N tries again", "b logs in by device code")
        assert yard.disk().row("work") == before
        await yard.press("b")
        await yard.code()


async def test_the_ssh_line_is_edited_and_remembered(box: Box) -> None:
    """T edits who and where; the line changes, is copied by Y, and is there again the next time."""
    async with open_logins() as yard:
        await yard.press("G")
        await _begin(yard)
        await yard.press("t", "ctrl+u", "=ada@box.example -p 2200 -J gate", "enter")
        await yard.shows("-p 2200 -J gate ada@box.example")
        await yard.press("Y")
        await yard.shows("ssh line", "curl line")
        await yard.press("down", "enter")
        last = [each for each in yard.sent if each.startswith("\x1b]52;c;")][-1]
        copied = base64.b64decode(last.removeprefix("\x1b]52;c;").rstrip("\x07")).decode()
        assert copied == f"{SSH} -p 2200 -J gate ada@box.example"
        await yard.press("ctrl+c")
        await _begin(yard)
        await yard.shows("ada@box.example")
        await yard.press("t")
        await yard.shows("user@host  -p PORT  -J JUMP")
        await yard.press("ctrl+u", "=two words here", "enter")
        await yard.shows("! there are two hosts", "two words here")
        assert yard.main.place() == "login-line"
        await yard.press("ctrl+u", "=ada@other.example", "enter")
        await yard.shows("ada@other.example")
        assert yard.main.place() == "login-browser"
        assert "two hosts" not in yard.text


async def test_the_whole_url(box: Box) -> None:
    """P shows URL and ssh line unbroken from the first column, with nothing around them; esc goes back."""
    async with open_logins(size=(80, 24)) as yard:
        await yard.press("G")
        url = await _begin(yard)
        assert url not in yard.text.replace("\n", "")
        await yard.press("p")
        await yard.shows("esc goes back")
        assert url in "".join(line.rstrip(" ") for line in yard.lines)
        (written,) = [each for each in yard.sent if url in each]
        assert "\x1b[?7h" in written
        assert written.endswith("\x1b[?7l")
        await yard.press("escape")
        await yard.shows("no callback seen yet")


async def test_on_a_desktop(box: Box) -> None:
    """Where the person sits at this machine the browser is opened, and no tunnel is asked for."""
    async with open_logins(desktop=True) as yard:
        await yard.press("G")
        url = await _begin(yard)
        await yard.shows("A browser was opened.")
        assert yard.opened == [url]
        assert "ssh -N" not in yard.text
        await visit(yard.simulator.browse(url, BOB))
        await yard.shows(f"{BOB} saved as work")


async def test_a_port_that_windows_has(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """In WSL a Windows program that has the port is named: it would take the callback."""
    folder = f"{box.path}/bin"
    put(f"{folder}/powershell.exe", b"#!/bin/sh\necho '1455|127.0.0.1|4321|Codex'\necho asked\n")
    os.chmod(f"{folder}/powershell.exe", 0o700)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("WSL_DISTRO_NAME", "Debian")
    async with open_logins() as yard:
        await yard.press("G")
        await _begin(yard)
        await yard.shows("on the Windows side Codex (pid 4321) has 1455")


async def test_both_ports_are_held(box: Box) -> None:
    """Who holds the ports is said; N listens on a free one, to which the ssh line leads the callback."""
    holders = [
        await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port)
        for port in (1455, 1457)
    ]
    async with open_logins() as yard:
        await yard.press("G", "L")
        await yard.phase(FAILED)
        await yard.shows("1455 is held by", "1457 is held by", "N tries again, on a free port")
        assert "--port" not in yard.text
        assert "N try again" in yard.lines[-1]
        await yard.press("N")
        await yard.url()
        issued = yard.login("work").url
        assert issued is not None
        assert issued.port not in (1455, 1457)
        await yard.shows(f"-L 127.0.0.1:1455:127.0.0.1:{issued.port}")
    for holder in holders:
        holder.close()
        await holder.wait_closed()


async def test_cancel_gives_the_port_back(box: Box) -> None:
    """Ctrl+c closes the listener at once: the next login has the same port; leaving the program does, too."""
    from tests.support.redirect_ports import is_free

    async with open_logins() as yard:
        await yard.press("G")
        await _begin(yard)
        assert not is_free(1455)
        await yard.press("ctrl+c")
        await yard.until(lambda: is_free(1455))
        await _begin(yard)
        assert not is_free(1455)
        await yard.press("escape", "q", "y")
        await yard.until(lambda: not yard.app.is_running)
    assert is_free(1455)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)], ids=str)
async def test_four_at_once(box: Box, order: tuple[int, ...]) -> None:
    """Three device logins and a browser login at once end in any order, each in its own profile."""
    people = (("one", ADA), ("two", BOB), ("three", "cyd@example.com"), ("four", "dan@example.com"))
    async with open_logins(profiles=people, size=(100, 44)) as yard:
        before = {name: yard.disk().row(name) for name, _ in people}
        codes = {}
        for name, _ in people[:3]:
            yard.app.state.select_name(name)
            await yard.press("l")
            codes[name] = await yard.code(name)
            await yard.press("escape")
        yard.app.state.select_name("four")
        url = await _begin(yard, "four")
        await yard.shows("4 logins run", "4/4")
        for number in order:
            name, email = people[number]
            if name == "four":
                await visit(yard.simulator.browse(url, email))
            else:
                yard.simulator.device.approve(codes[name], email)
        for name, email in people:
            await yard.phase("saved", name)
            row, old = yard.disk().row(name), before[name]
            assert row is not None
            assert old is not None
            assert row.email == email
            assert (row.issued_at or 0) > (old.issued_at or 0)
        assert yard.active == "one"
