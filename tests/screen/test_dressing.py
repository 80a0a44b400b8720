"""Another theme while the screen is open: exactly what a start with it draws, down to no colours at all."""

from __future__ import annotations

import pytest

from tests.screen.stage import configure, open_stage, two_logins
from tests.screen.terminal import Terminal
from tests.screen.test_terminal import colours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.screen.stage import Stage

#: What is opened to be compared: the list and its detail, a question, the help, a login's line.
OPENED = ((), ("d",), ("question_mark",), ("n",), ("Y",))


async def _drawn(stage: Stage) -> list[str]:
    """Return every cell with its style, of the list and of what a few keys open."""
    found = []
    await stage.until(lambda: "Held in" in stage.main.detail.text)
    for keys in OPENED:
        await stage.press("G", *keys)
        stage.app.clear_notifications()
        await stage.settle()
        await stage.until(lambda: "bob@" in stage.main.detail.text)
        strips = stage.app.screen._compositor.render_strips()
        found.append("\n".join(repr(list(strip.simplify())) for strip in strips))
        if keys:
            await stage.press("escape")
    return found


@pytest.mark.parametrize(
    ("begun", "chosen", "locale"),
    [
        *(("dark", "mono", "C.UTF-8"), ("mono", "light", "C.UTF-8"), ("ansi", "dark", "C.UTF-8")),
        *(("light", "ansi", "C.UTF-8"), ("ansi", "mono", "C"), ("dark", "ansi", "C")),
    ],
)
async def test_as_if_begun_with_it(
    box: Box, monkeypatch: pytest.MonkeyPatch, begun: str, chosen: str, locale: str
) -> None:
    """Whatever the theme of the start: the one that is chosen looks as if the screen had been opened with it."""
    monkeypatch.setenv("LC_ALL", locale)
    two_logins(box)
    drawn = []
    for theme in (begun, chosen):
        configure(box, f'theme = "{theme}"\n')
        async with open_stage((120, 40)) as stage:
            if theme == begun:
                await stage.press("colon", f"=theme {chosen}", "enter")
                assert f'theme = "{chosen}" in config.toml' in stage.toasts
            drawn.append(await _drawn(stage))
    for one, other, keys in zip(*drawn, OPENED, strict=True):
        assert one == other, keys


def test_no_colour_is_sent(box: Box) -> None:
    """In a terminal: after mono was chosen not one colour code is sent, and after dark there are colours again."""
    two_logins(box)
    configure(box, 'theme = "dark"\n')
    with Terminal(100, 30) as terminal:
        terminal.shows("● personal", "Identity")
        terminal.quiet()
        terminal.press(":")
        terminal.shows("Do what?")
        # Enter right behind the letters does what they find, never what stood there before them.
        terminal.press(*"theme mono", "\r")
        terminal.shows("mono until you leave")
        terminal.quiet()
        sent = len(terminal.sent)
        terminal.press("\x0c", "?")
        terminal.shows("Here, in the list")
        terminal.press("q")
        terminal.quiet()
        assert len(terminal.sent) > sent + 1000
        assert not colours(terminal.sent[sent:])
        terminal.press(":")
        terminal.shows("Do what?")
        terminal.press(*"theme dark", "\r")
        terminal.shows("dark until you leave")
        assert colours(terminal.sent[sent:])
        terminal.press("ctrl+q")
        assert terminal.end() == 0


async def test_where_no_color_is_asked_for(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR wins over every theme, so that none is offered."""
    two_logins(box)
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_stage() as stage:
        await stage.press("colon", "=theme")
        assert "theme: " not in stage.text


@pytest.mark.parametrize("theme", ["dark", "ansi", "mono"])
async def test_where_one_types_is_seen(box: Box, theme: str) -> None:
    """Catches a cursor that is a colour alone: without colours the cell behind what was typed is reversed."""
    two_logins(box)
    configure(box, f'theme = "{theme}"\n')
    async with open_stage((80, 24)) as stage:
        await stage.press("slash", "=wor")
        strips = stage.app.screen._compositor.render_strips()
        line = next(each for each in strips if "wor " in each.text and "/wor" not in each.text)
        at = line.text.index("wor") + 3
        cell, beside = (next(iter(line.crop(x, x + 1))).style for x in (at, at + 2))
        assert cell is not None
        assert beside is not None
        assert cell.reverse or (theme != "mono" and cell.bgcolor != beside.bgcolor)
