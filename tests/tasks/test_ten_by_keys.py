"""The ten main tasks by keys alone: a terminal, a real ssh, a real tmux, and the screen in it."""

from __future__ import annotations

import os
from typing import NamedTuple

import pytest

from tests.commands.logins import found_in
from tests.screen.login_stage import BOB
from tests.tasks.line import COLOUR, PROMPT, far_tmux
from tests.tasks.scene import CODE, END, GRACE, end_state, live_login, simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Box
    from tests.tasks.line import Line
    from tui.simulator.server import Simulator

# What the doctor finds must not be another test at the ports of a login.
pytestmark = [pytest.mark.tmux, pytest.mark.usefixtures("redirect_ports")]
__all__ = ["simulator"]


class Cast(NamedTuple):
    """What the walk meets: how many there are, whose the new login is, and what a refresh of all and the doctor say."""

    profiles: int
    works: int
    newcomer: str
    refreshed: tuple[str, ...]
    finding: str = ""


REAL = Cast(4, 1, GRACE, ("4 refreshed",), "A new terminal")
DEMO = Cast(8, 2, "frank@example.org", ("4 refreshed", "1 login needed: old-laptop"))


def ten_tasks(
    line: Line, cast: Cast, command: str, approve: Callable[[str], object]
) -> Iterator[str]:
    """Do them, and tell after each which one it was."""
    line.enter(command)
    line.shows("● personal", "lab", "old-laptop", "work", "? help")
    yield "list"
    line.press("/")
    line.press("work")
    line.shows(f"/work  {cast.works}/{cast.profiles}", "enter keep the filter")
    line.press("enter")
    line.shows_not("keep the filter")
    yield "filter"
    line.press("G", " ")
    line.shows("● work", "switched to work", "u undoes to personal")
    yield "switch"
    line.press("u")
    line.shows("undone: personal is the active login again")
    line.shows_not("● work")
    _clear_filter(line, "undone: personal")
    line.shows("● personal", f"Profiles  {cast.profiles}")
    yield "undo"
    line.press("n")
    line.shows("New profile", "device code")
    line.press("second", "enter")
    code = line.finds(CODE)
    line.shows("at this page", "/codex/device", "expires in 14:5")
    approve(code)
    line.shows(f"{cast.newcomer} saved as second", "space switch")
    line.press("esc")
    line.shows("second", f"Profiles  {cast.profiles + 1}")
    yield "login by device code"
    line.press("ctrl+r")
    # In a small terminal a toast has two lines, and breaks what is longer.
    line.shows(*(cast.refreshed if line._screen.columns >= 80 else cast.refreshed[:1]))
    yield "refresh all"
    line.press("D")
    if cast.finding:
        line.shows("! warning", cast.finding)
        line.press("f")
        line.shows("Mend it?", "config.fish:1", "n cancel")
        line.press("y")
        line.shows("done: @ tells")
        line.shows_not("! warning")
        line.press("g")
    line.shows("fine", "report")
    line.press("esc")
    line.shows("personal", f"Profiles  {cast.profiles + 1}")
    yield "doctor"
    line.press("/", "lab", "enter")
    line.shows(f"1/{cast.profiles + 1}")
    line.shows_not("keep the filter")
    line.press("e")
    line.shows("Rename lab")
    line.press("ctrl+u", "bench", "enter")
    line.shows("lab is now called bench")
    _clear_filter(line, "is now called")
    line.shows("bench", f"Profiles  {cast.profiles + 1}")
    yield "rename"
    line.press("/", "lapt", "enter")
    line.shows(f"1/{cast.profiles + 1}")
    line.shows_not("keep the filter")
    line.press("d")
    line.shows("Delete old-laptop?", "No token is revoked", "n cancel")
    line.press("y")
    line.shows("deleted old-laptop")
    _clear_filter(line, "deleted old-laptop")
    line.shows(f"Profiles  {cast.profiles}")
    yield "delete"
    line.press("q")
    line.is_restored()
    yield "quit"


def _clear_filter(line: Line, toast: str) -> None:
    """Press esc until the filter is gone: in a small terminal the first one takes the toast off the rows."""
    if line._screen.columns < 80:
        line.press("esc")
        line.shows_not(toast)
    line.press("esc")


def _walk(line: Line, cast: Cast, command: str, approve: Callable[[str], object]) -> Iterator[str]:
    """Do the ten, compare both ends after each, and print at the end what each of them sent over ssh."""
    line.shows(PROMPT)
    sizes: dict[str, int] = {}
    before = len(line.sent)
    for task in ten_tasks(line, cast, command, approve):
        if task != "quit":
            line.is_whole()
        sizes[task] = len(line.sent) - before
        before = len(line.sent)
        yield task
    sent, received = line.hang_up_shell()
    for task, number in sizes.items():
        print(f"{task:>21}{number:>9,} bytes")
    print(f"{'all':>21}{sum(sizes.values()):>9,} bytes; over the wire {received:,}, back {sent:,}")


@pytest.mark.parametrize(
    ("size", "mono", "most"),
    [
        ((80, 24), False, 80_000),
        ((40, 12), False, 30_000),
        ((80, 24), True, 60_000),
        pytest.param((40, 12), True, 20_000, marks=pytest.mark.slow),
    ],
    ids=["80x24", "40x12", "80x24-mono", "40x12-mono"],
)
def test_the_ten(
    box: Box, simulator: Simulator, size: tuple[int, int], mono: bool, most: int
) -> None:
    """From the list to the shell's prompt: at each step the disk is what the screen says, and END at last.

    `most` bytes cross the line: a screen that is drawn again and again is seen here.
    """

    def approve(code: str) -> None:
        simulator.device.approve(code, GRACE)

    with far_tmux(box, {"NO_COLOR": "1"} if mono else {}) as far, far.line(*size) as line:
        for task in _walk(line, REAL, "tui", approve):
            assert live_login(box) == (BOB if task == "switch" else END["live"])
            if task == "list":
                assert far.ask("#{pane_width}x#{pane_height}") == f"{size[0]}x{size[1]}"
                # A terminal so low has no title; and what the terminal is called, tmux decides.
                assert (f"on {os.uname().nodename}" in line.text) == (size[1] >= 16)
    assert bool(COLOUR.search(line.sent)) != mono
    assert not found_in(line.sent.decode("utf-8", "replace"), simulator)
    assert len(line.sent) < most
    assert end_state(box, simulator) == END


@pytest.mark.parametrize(
    "size", [(80, 24), pytest.param((40, 12), marks=pytest.mark.slow)], ids=str
)
def test_the_ten_in_the_demo(box: Box, size: tuple[int, int]) -> None:
    """`tui --demo` is the same program: every task can be tried there, and the code is approved by itself."""
    with far_tmux(box) as far, far.line(*size) as line:
        for task in _walk(line, DEMO, "tui --demo", lambda _code: None):
            if task != "quit":
                assert "DEMO" in line.text
    assert not os.path.exists(box.codex)
    assert os.listdir(box.switchyard) == []


def test_a_line_that_drops(box: Box, simulator: Simulator) -> None:
    """Killed in the middle of a login: tmux keeps the screen, the login goes on, and whoever comes back sees all of it.

    The second terminal is a smaller one, as when a phone takes over.
    """
    with far_tmux(box) as far:
        with far.line(80, 24) as line:
            line.enter("tui")
            line.shows("● personal", "? help")
            line.press("/", "work")
            line.shows("/work  1/4")
            line.press("enter")
            line.shows_not("keep the filter")
            line.press("n")
            line.shows("New profile")
            line.press("second", "enter")
            code = line.finds(CODE)
            line.shows("expires in")
            line.child.kill()
        far.is_left()
        simulator.device.approve(code, GRACE)
        far.inside.shows(f"{GRACE} saved as second")
        with far.line(40, 12) as line:
            line.shows(f"{GRACE} saved as second", "space switch")
            line.is_whole()
            line.press("esc")
            line.shows("Profiles", "/work  1/5")
            line.is_whole()
            line.child.kill()
        far.is_left()
        with far.line(80, 24) as line:
            line.shows("/work  1/5", "? help")
            line.is_whole()
            line.press("esc")
            line.shows("second", "Profiles  5")
            line.press("q")
            line.shows(PROMPT)
            line.hang_up_shell()


def test_detached_and_attached(box: Box, simulator: Simulator) -> None:
    """Detached by tmux's own key, the screen stays; attached again, it is there whole, cursor and all.

    The kind of terminal that the screen was told is tmux's, not that of the line.
    """
    with far_tmux(box) as far:
        with far.line(80, 24) as line:
            line.enter("echo is $TERM; tui")
            line.shows("● personal", "? help")
            line.press("j")
            line.shows(BOB)
            line.is_whole()
            line.press("ctrl+b", "d")
            assert line.end() == 0
            assert line.modes_now() == line.modes
        assert BOB in far.inside.text
        with far.line(80, 24) as line:
            line.shows("● personal", BOB, "? help")
            line.is_whole()
            line.press("q")
            kind = line.finds(r"(?m)^is \S+").removeprefix("is ")
            assert kind.startswith(("tmux", "screen"))
            line.hang_up_shell()
