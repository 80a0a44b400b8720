"""The pane of a login at every size, without colours, without UTF-8, and what is drawn as time passes."""

from __future__ import annotations

import pytest

from tests.screen.login_stage import BOB, open_logins
from tui.widgets.login_text import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


@pytest.mark.parametrize("size", [(40, 10), (40, 12), (80, 24), (120, 36), (120, 40)], ids=str)
async def test_device_pane(box: Box, size: tuple[int, int]) -> None:
    """Code and page are whole, each alone on its line; below 40 lines only title and keys stay beside the pane."""
    async with open_logins(size=size) as yard:
        await yard.press("G", "l")
        code = await yard.code()
        await yard.shows("expires in 14:5")
        texts = [line.strip(" │") for line in yard.lines]
        if size[1] < 40:
            assert code in texts
            assert f"{yard.simulator.url}/codex/device" in texts
            assert "Profiles" not in yard.text
        else:
            await yard.shows("Profiles", code, "▄▄▄▄▄▄▄")
        assert ("Switchyard" in yard.lines[0]) == (size[1] >= 16 and size[0] >= 80)
        assert "? help" in yard.lines[-1]
        assert all(len(line) == size[0] for line in yard.lines)
        yard.simulator.device.approve(code, BOB)
        await yard.shows("saved as work")
        assert BOB in yard.words.replace(" ", "") or BOB in yard.words


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 36)], ids=str)
async def test_browser_pane(box: Box, size: tuple[int, int], redirect_ports: object) -> None:
    """Everything that a person needs can be read, by scrolling where it is low; nothing is cut but the URL."""
    async with open_logins(size=size) as yard:
        await yard.press("G", "L")
        await yard.url()
        await yard.shows("Sign in at this page")
        whole = " ".join(yard.main.logins.pane.view.text.split())
        for words in ("ssh -N -o ExitOnForwardFailure=yes -L", "no callback seen yet", "curl -sS"):
            assert words in whole
        if size[1] >= 24:
            for words in ("127.0.0.1:1455:127.0.0.1:1455", 'url = "ADDRESS"', "enter takes"):
                assert words in yard.words
        else:
            await yard.press("G")
            await yard.shows("ctrl+d")


@pytest.mark.parametrize("size", [(40, 10), (40, 12), (80, 24)], ids=str)
async def test_dialog_of_a_new_profile(box: Box, size: tuple[int, int]) -> None:
    """Every way to log in can be read at once, at the smallest size too."""
    async with open_logins(size=size) as yard:
        await yard.press("n")
        await yard.shows("device code", "browser", "API key", "access token", "empty")
        await yard.press("=lab", "enter")
        await yard.code("lab")


async def test_resizing_with_a_pane(box: Box) -> None:
    """Made larger, the list comes back beside the pane and a QR code into it; made smaller, both go again."""
    async with open_logins(size=(80, 24)) as yard:
        await yard.press("G", "l")
        code = await yard.code()
        await yard.pilot.resize_terminal(120, 44)
        await yard.shows("Profiles", "→ logging in", code, "▄▄▄▄▄▄▄")
        await yard.pilot.resize_terminal(35, 8)
        await yard.shows("terminal too small")
        await yard.pilot.resize_terminal(80, 24)
        await yard.shows(code, "Type this code")
        assert "▄▄▄▄▄▄▄" not in yard.text
        await yard.until(lambda: yard.main.place() == "login-device")


async def test_tall_panes_are_both_there(box: Box) -> None:
    """From 40 lines on tab goes between list and login; what is not in focus goes on counting."""
    async with open_logins(size=(100, 42)) as yard:
        await yard.press("G", "l")
        code = await yard.code()
        await yard.press("tab")
        assert yard.main.place() == "list"
        await yard.shows(code, "Profiles")
        await yard.press("escape")
        await yard.shows(code)
        await yard.press("shift+tab")
        assert yard.main.place() == "login-device"
        before = yard.main.logins.pane.size.height
        yard.simulator.device.approve(code, BOB)
        await yard.shows(f"{BOB} saved as work")
        await yard.until(lambda: yard.main.logins.pane.size.height < before / 2)


async def test_ascii(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the locale is not UTF-8 nothing but ASCII is drawn; a QR code is said to need more."""
    for name in ("LANG", "LC_ALL"):
        monkeypatch.setenv(name, "C")
    async with open_logins(size=(80, 24)) as yard:
        await yard.press("G", "l")
        code = await yard.code()
        assert yard.text.isascii()
        await yard.press("Q")
        await yard.shows("a QR code needs a terminal with UTF-8", code)
        assert yard.text.isascii()
        await yard.press("escape", "escape")
        await yard.shows("> logging in")
        assert yard.text.isascii()


async def test_no_color(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR no cell has a colour, and the QR code is drawn for a dark ground: what is light has blocks."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_logins(size=(100, 42)) as yard:
        await yard.press("G", "l")
        await yard.code()
        await yard.shows("███▀▀▀▀▀▀▀█", "███ █   █ ")
        for strip in yard.app.screen._compositor.render_strips():
            for segment in strip:
                style = segment.style
                assert style is None or style.color is None or style.color.is_default
                assert style is None or style.bgcolor is None or style.bgcolor.is_default


async def test_wide_names(box: Box) -> None:
    """Whatever the e-mail of a login is made of, no line of the pane is broken by it."""
    people = (("personal", "ada@example.com"), ("work", "日本語日本語日本語@例え.example"))
    async with open_logins(size=(60, 24), profiles=people) as yard:
        await yard.press("G", "l")
        code = await yard.code()
        yard.simulator.device.approve(code, people[1][1])
        await yard.shows("saved as work")
        rows = yard.main._compositor.render_strips()
        assert all(strip.cell_length == 60 for strip in rows)


async def test_counts_only_while_somebody_looks(box: Box) -> None:
    """The countdown rests while the terminal has lost the focus or the pane is left, and goes on afterwards."""
    async with open_logins(size=(80, 24)) as yard:
        pane = yard.main.logins.pane
        await yard.press("G", "l")
        await yard.code()
        await yard.until(lambda: pane._wake is not None)
        waits = [pane._wake is not None]
        for change in (yard.app.on_app_blur, yard.app.on_app_focus):
            change()
            waits.append(pane._wake is not None)
        await yard.press("escape")
        await yard.until(lambda: not pane.display)
        pane.tick()
        waits.append(pane._wake is not None)
        assert waits == [True, False, True, False]


async def test_only_what_changed_is_drawn(box: Box) -> None:
    """As a second passes one line is drawn again, and none when nothing reads differently."""
    moved = [0.0]
    start = 1_800_000_000.0
    async with open_logins(
        size=(80, 24), context=lambda context: context._replace(now=lambda: start + moved[0])
    ) as yard:
        await yard.press("G", "l")
        await yard.code()
        await yard.shows("checked just now")
        view = yard.main.logins.pane.view
        drawn: list[int] = []
        redraw = view.redraw_line

        def keep(index: int) -> None:
            drawn.append(index)
            redraw(index)

        view.redraw_line = keep  # type: ignore[method-assign]
        yard.main.logins.pane.tick()
        assert drawn == []
        moved[0] = 1.0
        yard.main.logins.pane.tick()
        assert len(set(drawn)) == 1


def test_clock() -> None:
    """Lengths of time are minutes and seconds, and never below nothing."""
    assert [clock(each) for each in (900.0, 850.9, 59.2, 9.0, -3.0)] == [
        *("15:00", "14:10", "0:59", "0:09", "0:00"),
    ]
