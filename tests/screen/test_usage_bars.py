"""Usage on the screen: bars after the first picture, their age, what is refused, and who is asked how often."""

from __future__ import annotations

import os
import re

import pytest

from profiles.usage_cache import usage_path
from tests.screen.refresh_stage import FOUR, TWO, give, open_refreshes
from tests.screen.terminal import Terminal
from tests.screen.test_first_picture import TAKEN_OVER
from tests.support.documents import with_api_key
from tui.simulator.gates import ARRIVED
from tui.simulator.routes import USAGE
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from tests.conftest import Box
    from tests.screen.refresh_stage import RefreshYard


class Clock:
    """Surroundings whose clock is moved by hand."""

    def __init__(self) -> None:
        self.moved = 0.0

    def __call__(self, context: Context) -> Context:
        """Put the clock into a context."""
        start = context.now()
        return context._replace(now=lambda: start + self.moved)


async def later(yard: RefreshYard, clock: Clock, seconds: float) -> None:
    """Let time pass, and the screen wake up."""
    clock.moved += seconds
    yard.main.clock.woken()
    await yard.settle()


async def test_bars(box: Box) -> None:
    """Each login that works has a bar for each window, by the window's length; a key has none."""

    def key() -> None:
        with_api_key().write(box.profile("key"))

    async with open_refreshes(box, (120, 36), prepare=key) as yard:
        assert re.search(r"expires +5h +7d", yard.text)
        for name in ("personal", "work"):
            assert "╸────  12%  ━╸───  34%" in yard.line(name)
        assert "%" not in yard.line("key").partition("││")[0]
        assert len(yard.asked()) == 2
        await yard.shows("Usage just now", "resets in 2h29m", "resets in 3d 11h")


async def test_the_first_picture_waits_for_nobody(box: Box) -> None:
    """With a backend that does not answer the rows are there, keys act, and leaving is at once."""
    with Simulator() as simulator:
        settle_in(simulator)
        gate = simulator.gates.hold(USAGE, ARRIVED)
        with Terminal(120, 30) as terminal:
            terminal.shows("personal", "work", "? help")
            gate.wait()
            assert "resets in" not in terminal.text
            terminal.press("j", " ")
            terminal.shows("switched to")
            terminal.press("q")
            assert terminal.end() == 0


async def test_four_at_a_time(box: Box) -> None:
    """No more than four logins are asked about at once, and the keys act meanwhile."""
    people = tuple((f"p{number}", f"p{number}@example.com") for number in range(7))
    clock = Clock()
    async with open_refreshes(box, (120, 30), people, context=clock) as yard:
        assert len(yard.asked()) == 7
        gates = [yard.simulator.gates.hold(USAGE, ARRIVED) for _ in people]
        clock.moved += 301
        yard.main.clock.woken()
        await yard.until(lambda: sum(gate.is_reached for gate in gates) == 4)
        await yard.keys("j", "j")
        assert yard.selected == "p2"
        await yard.pilot.pause(0.2)
        assert sum(gate.is_reached for gate in gates) == 4
        for number, gate in enumerate(gates):
            gate.open()
            assert len(yard.asked()) <= 7 + 5 + number
        await yard.settle()
        assert len(yard.asked()) == 14


async def test_age(box: Box) -> None:
    """The age is told and grows; after five minutes it is asked again, and not before."""
    clock = Clock()
    async with open_refreshes(box, (120, 30), context=clock) as yard:
        assert len(yard.asked()) == 2
        await later(yard, clock, 200)
        await yard.shows("Usage 3m ago")
        assert len(yard.asked()) == 2
        yard.simulator.backend.set_usage("ada@example.com", "Personal", primary=88)
        await later(yard, clock, 101)
        assert len(yard.asked()) == 4
        await yard.shows("Usage just now", "88%")
        assert "━━━━╸  88%" in yard.line("personal")


async def test_nobody_looks(box: Box) -> None:
    """While the terminal has lost the focus nobody is asked; when it comes back, at once."""
    clock = Clock()
    async with open_refreshes(box, (120, 30), context=clock) as yard:
        yard.app.app_focus = False
        yard.app.on_app_blur()
        clock.moved += 1000
        await yard.settle()
        assert len(yard.asked()) == 2
        yard.app.app_focus = True
        yard.app.on_app_focus()
        await yard.settle()
        assert len(yard.asked()) == 4


def test_what_was_told_before_is_there_at_once(box: Box) -> None:
    """The first picture of a second start has the last answer, with its age; nobody is asked for five minutes."""
    with Simulator() as simulator:
        settle_in(simulator)
        with Terminal(120, 30) as terminal:
            terminal.shows("╸────  12%")
            terminal.quiet()
            terminal.press("q")
            assert terminal.end() == 0
        asked = len(simulator.requests(USAGE))
        with Terminal(120, 30) as terminal:
            terminal.until(lambda: TAKEN_OVER in terminal.sent)
            assert "╸" in terminal.sent.partition(TAKEN_OVER)[0].decode()
            terminal.shows("Usage  just now")
            terminal.quiet()
            terminal.press("q")
            assert terminal.end() == 0
        assert len(simulator.requests(USAGE)) == asked == 2


def settle_in(simulator: Simulator) -> None:
    """Let two logins be those of a simulator, for programs too."""
    os.environ["SWITCHYARD_ISSUER"] = simulator.url
    os.environ["SWITCHYARD_CHATGPT_BASE_URL"] = simulator.backend_url
    for name, email in TWO:
        simulator.people.add(email)
        give(simulator, name, email)


async def test_not_available(box: Box) -> None:
    """A 403 is told in the detail and nowhere else; the login is not called dead, nothing is refreshed."""
    clock = Clock()
    async with open_refreshes(box, (120, 36), context=clock) as yard:
        yard.app.state.usage.told.clear()
        os.unlink(usage_path(yard.app.context))
        yard.simulator.faults.add(USAGE, status=403, times=None)
        await later(yard, clock, 301)
        assert len(yard.asked()) == 4
        await yard.until(lambda: "usage not available" in yard.main.detail.text)
        assert "✓ ok" in yard.line("personal")
        assert not yard.toasts
        assert not yard.said
        assert yard.exchanges() == 0
        assert "5h" not in yard.lines[2]


async def test_unreachable(box: Box) -> None:
    """Without the backend the last answer stays, older and older, with the reason; nothing pops up."""
    clock = Clock()
    async with open_refreshes(box, (120, 36), context=clock) as yard:
        yard.simulator.stop()
        await later(yard, clock, 301)
        await yard.shows("Usage 5m ago", "cannot be reached")
        assert "12%" in yard.line("personal")
        assert not yard.toasts
        assert not yard.said
        await later(yard, clock, 700)
        await yard.shows("Usage 16m ago")
        yard.simulator.start()
        await later(yard, clock, 301)
        await yard.shows("Usage just now")


async def test_refused_token(box: Box) -> None:
    """A 401 leads to one refresh and one retry, as in Codex; the row shows the new token (R12)."""
    clock = Clock()
    async with open_refreshes(box, (120, 36), context=clock) as yard:
        yard.simulator.faults.add(USAGE, status=401, times=1)
        await later(yard, clock, 301)
        assert len(yard.asked()) == 5
        assert yard.exchanges() == 1
        assert sum("9d 23h" in yard.line(name) for name in ("personal", "work")) == 1
        assert len(yard.main.state.usage.told) == 2


async def test_due_logins_are_not_refreshed_for_it(box: Box) -> None:
    """An access token that has ended is left as it is: looking at the list must not spend a refresh token."""
    clock = Clock()
    async with open_refreshes(box, (120, 36), context=clock) as yard:
        await later(yard, clock, 9 * 86_400)
        await yard.press("R")
        assert "↻ due" in yard.line("personal")
        assert len(yard.asked()) == 2
        assert yard.exchanges() == 0


async def test_own_address(box: Box) -> None:
    """A profile whose config.toml names another backend is asked there and nowhere else (R22)."""
    with Simulator() as other:

        def elsewhere() -> None:
            path = f"{box.profile('work')}/config.toml"
            with open(path, "w", encoding="utf-8") as file:
                file.write(f'chatgpt_base_url = "{other.backend_url}"\n')

        async with open_refreshes(box, (120, 36), prepare=elsewhere) as yard:
            assert len(yard.asked()) == 1
            assert len(other.requests(USAGE)) >= 1
            assert "12%" in yard.line("personal")


async def test_other_windows(box: Box) -> None:
    """A window of another length than the column's is never shown under a wrong heading."""
    clock = Clock()
    async with open_refreshes(box, (120, 36), FOUR, context=clock) as yard:
        window = {"used_percent": 95, "limit_window_seconds": 30 * 86_400}
        limits = {"primary_window": window, "secondary_window": None}
        yard.simulator.backend.set_usage("ada@example.com", "Personal", rate_limit=limits)
        await later(yard, clock, 301)
        assert "30d 95%" in yard.line("personal")
        assert "━╸───  34%" in yard.line("work")
        await yard.shows("30d ")


async def test_nothing_is_drawn_twice(box: Box) -> None:
    """An answer that says the same draws no line of the list again."""
    clock = Clock()
    async with open_refreshes(box, (120, 36), context=clock) as yard:
        drawn: list[int] = []
        redraw = yard.main.list.redraw_line

        def keep(index: int) -> None:
            drawn.append(index)
            redraw(index)

        yard.main.list.redraw_line = keep  # type: ignore[method-assign]
        for change, expected in ((0, 0), (1, 1)):
            for name in ("personal", "work"):
                told = yard.app.state.usage.of(yard.disk().row(name)).snapshot
                assert told is not None
                window = told.windows[0]._replace(used_percent=12.0 + 20 * change)
                again = told._replace(windows=(window, *told.windows[1:]))
                yard.app.state.usage.take(name, again if name == "work" else told, None)
                yard.app.state.tell_usage()
            await yard.settle()
            assert len(set(drawn)) == expected


@pytest.mark.parametrize(
    ("size", "bars"),
    [((80, 24), False), ((120, 36), True), ((40, 12), False), ((79, 24), True)],
    ids=str,
)
async def test_sizes(box: Box, size: tuple[int, int], *, bars: bool) -> None:
    """Where there is no room for bars there are none; the detail has them at every size."""
    async with open_refreshes(box, size) as yard:
        of_list = {80: 44, 120: 68}.get(size[0], size[0])
        assert ("╸────" in yard.line("personal")[:of_list]) == bars
        assert all(len(line) == size[0] for line in yard.lines)
        await yard.press("enter")
        await yard.until(lambda: "12%" in yard.main.detail.text)
        assert "34%" in yard.main.detail.text


async def test_no_color(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR bars can still be read: used and free are two signs."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_refreshes(box, (120, 36)) as yard:
        assert "╸────  12%" in yard.line("personal")
        for strip in yard.app.screen._compositor.render_strips():
            for segment in strip:
                style = segment.style
                assert style is None or style.color is None or style.color.is_default


async def test_of_very_many_those_that_can_be_seen(box: Box) -> None:
    """With a hundred profiles nobody is asked about all of them, but about those on the screen; scrolled to, others."""
    people = tuple((f"p{number:03}", f"p{number}@example.com") for number in range(70))
    async with open_refreshes(box, (120, 12), people) as yard:
        known = yard.app.state.usage.told
        seen = {row.name for row in yard.main.list.rows[:9]}
        await yard.until(lambda: seen <= known.keys())
        await yard.settle()
        assert len(known) < 20
        await yard.press("G")
        await yard.until(lambda: "p069" in known)
        await yard.settle()
        assert len(yard.asked()) < 40
        assert "12%" in yard.line("p069")
