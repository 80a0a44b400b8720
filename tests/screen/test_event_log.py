"""The event log has a cursor: it keeps its place, follows the newest from there, and y copies what it is on."""

from __future__ import annotations

import base64

from tests.screen.stage import Stage, open_stage, two_logins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def fill(stage: Stage, count: int) -> None:
    """Let so many things have happened."""
    for number in range(count):
        stage.app.state.note(f"thing {number:03}", hint="look at it" if number % 5 == 0 else None)


def chosen(stage: Stage) -> str:
    """Return what the cursor is on."""
    event = stage.main.events.chosen
    return event.text if event is not None else ""


async def test_zooming_keeps_the_place(box: Box) -> None:
    """Catches g, then z, and the log is at its end again; G and z stay at the end."""
    two_logins(box)
    async with open_stage((80, 24)) as stage:
        fill(stage, 60)
        await stage.press("at")
        await stage.shows("thing 059")
        await stage.press("g")
        await stage.shows("thing 000")
        await stage.press("z")
        await stage.shows("zoomed", "thing 000")
        await stage.press("z")
        await stage.shows("thing 000")
        assert "thing 059" not in stage.text
        await stage.press("G", "z")
        await stage.shows("zoomed", "thing 059")
        await stage.pilot.resize_terminal(40, 12)
        await stage.shows("thing 059")


async def test_the_newest_is_followed_from_the_end_alone(box: Box) -> None:
    """What happens while somebody reads further up moves nothing; at the end the log goes on."""
    two_logins(box)
    async with open_stage((80, 24)) as stage:
        fill(stage, 60)
        await stage.press("at")
        stage.app.state.note("one more")
        await stage.shows("one more")
        assert chosen(stage) == "one more"
        await stage.press("k", "k", "k")
        assert chosen(stage) == "thing 057"
        top = stage.main.events.scroll_offset.y
        stage.app.state.note("and another")
        await stage.settle()
        assert chosen(stage) == "thing 057"
        assert stage.main.events.scroll_offset.y == top
        fill(stage, 600)  # more than are kept
        await stage.settle()
        assert stage.main.events.chosen in stage.app.state.events
        await stage.press("G")
        assert chosen(stage) == "thing 599"


async def test_y_copies_what_the_cursor_is_on(box: Box) -> None:
    """Catches a y that takes the newest whatever is read: the event under the cursor goes, with its next step."""
    two_logins(box)
    async with open_stage((80, 24)) as stage:
        sent: list[str] = []
        stage.app.send = sent.append  # type: ignore[method-assign,assignment]
        fill(stage, 20)
        await stage.press("at", "k", "k", "k", "k")
        assert chosen(stage) == "thing 015"
        assert "y copy the event" in stage.lines[-1]
        await stage.press("y")
        assert "event sent to the terminal's clipboard" in stage.toasts
        code = sent[-1].rpartition(";")[2].strip("\x07\x1b\\")
        text = base64.b64decode(code).decode()
        assert text[9:] == "thing 015 (next: look at it)"
        await stage.press("escape", "y")
        assert "e-mail sent" in stage.toasts


async def test_a_long_event_is_read_to_its_end(box: Box) -> None:
    """In a small terminal an event that is higher than the log scrolls before the cursor goes on."""
    two_logins(box)
    async with open_stage((40, 12)) as stage:
        words = [f"word{number:03}" for number in range(90)]
        stage.app.state.note("before")
        stage.app.state.note(" ".join(words))
        stage.app.state.note("after")
        await stage.press("at", "g")
        seen = stage.text
        for _ in range(12):
            await stage.press("j")
            seen += stage.text
        assert not [word for word in words if word not in seen]
        assert chosen(stage) == "after"
        for _ in range(12):
            await stage.press("k")
        assert chosen(stage) == "before" or stage.main.events.scroll_offset.y == 0
