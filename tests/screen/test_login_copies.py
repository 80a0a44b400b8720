"""What of a login leaves the screen: into the clipboard of tmux, and unbroken onto the terminal."""

from __future__ import annotations

import os
import re

import pytest

from tests.screen.login_stage import BOB, give, open_logins
from tests.screen.stage import contents, put
from tests.screen.tmux import Tmux
from tests.support.browser_login import visit
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{5}\b")


@pytest.mark.tmux
def test_a_tmux_as_it_comes(box: Box) -> None:
    """Tmux with its default settings ignores OSC 52 from programs; what y copies is in its buffer all the same."""
    with Simulator() as simulator, Tmux(box) as tmux:
        os.environ["SWITCHYARD_ISSUER"] = simulator.url
        simulator.people.add(BOB)
        give(simulator, "work", BOB)
        tmux.start(80, 24, {"TMUX": f"{tmux._socket},1,0"})
        assert tmux._run("show-options", "-gsv", "set-clipboard").strip() == "external"
        tmux.shows("work", "? help")
        tmux.press("l")
        tmux.shows("Type this code", "expires in")
        (code,) = CODE.findall(tmux.text)
        tmux.press("y")
        tmux.shows("user code sent to tmux and the terminal's clipboard")
        assert tmux._run("show-buffer") == code


async def test_an_old_tmux(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where tmux knows no `load-buffer -w` OSC 52 is sent, and said to depend on tmux's settings; argv has no text."""
    put(f"{box.path}/bin/tmux", b'#!/bin/sh\necho "$@" > "$0.args"\nexit 1\n')
    os.chmod(f"{box.path}/bin/tmux", 0o700)
    monkeypatch.setenv("PATH", f"{box.path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("TMUX", "/nowhere,1,0")
    async with open_logins() as yard:
        await yard.press("G", "l")
        code = await yard.code()
        await yard.press("y")
        await yard.shows("user code sent by OSC 52", "set-clipboard on")
        assert any(sequence.startswith("\x1b]52;c;") for sequence in yard.sent)
        words = contents(f"{box.path}/bin/tmux.args")
        assert b"load-buffer" in words
        assert code.encode() not in words


async def test_the_whole_url_tells_the_end(box: Box, redirect_ports: object) -> None:
    """Shown unbroken, the texts have a line above them that says when the callback came and what became of it."""
    async with open_logins(size=(80, 24)) as yard:
        await yard.press("G", "L")
        url = await yard.url()
        await yard.press("p")
        await yard.shows("esc goes back", "no callback seen yet")
        await visit(yard.simulator.browse(url, BOB))
        await yard.shows(f"{BOB} saved as work", "esc goes back")
        await yard.press("escape")
        assert yard.main.place() == "login-saved"


async def test_the_whole_url_scrolls(box: Box, redirect_ports: object) -> None:
    """At 40x12 all of it can be reached with j, k and G; nothing covers it, and o says there what it copied."""
    async with open_logins(size=(40, 12)) as yard:
        await yard.press("G", "L")
        await yard.url()
        await yard.press("o")
        await yard.shows("esc goes back", "j k scroll", "The page:")
        yard.app.tell("something elsewhere")
        await yard.settle()
        assert "something elsewhere" not in yard.text
        first = yard.text
        await yard.press("j")
        assert yard.text != first
        await yard.press("G")
        await yard.shows("curl -sS", "esc goes back", "no callback seen yet")
        assert "The page:" not in yard.text
        await yard.press("g")
        assert yard.text == first
