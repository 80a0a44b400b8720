"""The real screen over a test's own homes, without a terminal: keys go in, text comes out.

    async with open_stage(size=(80, 24)) as stage:
        await stage.press("j", "space")
        await stage.until(lambda: "switched to work" in stage.text)

Nothing of it is replaced: the profiles are folders, the switch is the switch. Only what needs a
terminal of its own (running Codex) is tested in tmux and in a pseudo-terminal instead.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import Final

from textual.screen import ModalScreen

from profiles import store
from profiles.context import make_context
from profiles.listing import take_snapshot
from profiles.model import Process
from profiles.oauth.backend import BACKEND_VARIABLE
from tests.support.tokens import DAY, HOUR, Login, Person
from tui.app import first_state, make_scene, read_config
from tui.screens.main import MainScreen
from tui.screens.switchyard import Switchyard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

    from profiles.context import Context
    from profiles.listing import Snapshot
    from tests.conftest import Box

#: Seconds that something may take to show; only a failing test waits so long.
PATIENCE: Final = 10.0
#: Where nobody listens.
NOBODY: Final = "http://127.0.0.1:9/backend-api/"

ADA: Final = Person("ada")
BOB: Final = Person("bob", "bletchley.example")


class Stage:
    """An open screen."""

    def __init__(self, app: Switchyard, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def main(self) -> MainScreen:
        """The main screen, also below a dialog."""
        screen = self.app.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    @property
    def lines(self) -> list[str]:
        """What is drawn, line by line; of a dialog its box alone."""
        screen = self.app.screen
        strips = screen._compositor.render_strips()
        if isinstance(screen, ModalScreen) and (panes := screen.query(".pane")):
            box = panes.first().region
            strips = [strip.crop(box.x, box.right) for strip in strips[box.y : box.bottom]]
        return ["".join(segment.text for segment in strip) for strip in strips]

    @property
    def text(self) -> str:
        """What is drawn."""
        return "\n".join(self.lines)

    @property
    def words(self) -> str:
        """What is drawn, as one line without borders, for sentences that are wrapped."""
        return " ".join("".join(" " if c in "│┃║▌█▏|" else c for c in self.text).split())

    @property
    def said(self) -> str:
        """Everything in the event log."""
        return "\n".join(event.text for event in self.app.state.events)

    @property
    def toasts(self) -> str:
        """The results that are shown now."""
        return "\n".join(self.app.toasts.words)

    @property
    def selected(self) -> str | None:
        """The name of the selected profile."""
        row = self.app.state.selected
        return row.name if row is not None else None

    @property
    def active(self) -> str | None:
        """The active profile, as the disk says."""
        return self.disk().active

    def disk(self) -> Snapshot:
        """Look at the disk."""
        return take_snapshot(self.app.context)

    async def press(self, *keys: str) -> None:
        """Press keys, and let all that each started end; `=words` are typed at once."""
        for key in keys:
            if key.startswith("="):
                await self.pilot.press(*("space" if sign == " " else sign for sign in key[1:]))
            else:
                await self.pilot.press(key)
            await self.settle()

    async def settle(self) -> None:
        """Let whatever runs beside the screen end, and be drawn."""
        await self.pilot.pause()
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let the screen go on until something holds."""
        __tracebackhide__ = True
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"it never came\n{self.text}\n{self.said}"
            await self.pilot.pause(0.01)

    async def shows(self, *words: str) -> None:
        """Let the screen go on until all of this can be read on it."""
        await self.until(lambda: all(word in self.text or word in self.words for word in words))


@contextlib.asynccontextmanager
async def open_stage(
    size: tuple[int, int] = (100, 30), context: Context | None = None
) -> AsyncIterator[Stage]:
    """Open the screen as `run_screen` does, over the test's homes."""
    context = make_context() if context is None else context
    # Outside of a test, too, the screen asks nobody real for usage.
    context = context._replace(environ={BACKEND_VARIABLE: NOBODY, **context.environ})
    config, problem = read_config(context)
    state = first_state(context, config)
    if problem is not None:
        state.note(problem.message)
    app = Switchyard(make_scene(context, config, state, size), config)
    async with app.run_test(size=size, notifications=True) as pilot:
        stage = Stage(app, pilot)
        await stage.settle()
        yield stage


def two_logins(box: Box) -> tuple[Login, Login]:
    """Make ada the active login, saved as `personal`, and bob the profile `work`; return both."""
    ada = Login(ADA).fresh(age=3 * HOUR)
    bob = Login(BOB, plan="pro").fresh(age=2 * DAY)
    ada.write(box.codex)
    store.add_active(make_context(), "personal")
    bob.write(box.profile("work"))
    return ada, bob


def live_login(box: Box) -> bytes:
    """Return the bytes that a plain `codex` would load now."""
    return contents(f"{box.codex}/auth.json")


def contents(path: str) -> bytes:
    """Return what a file holds."""
    with open(path, "rb") as file:
        return file.read()


def put(path: str, data: bytes) -> None:
    """Write a file, and make the folders that it lies in."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def is_there(path: str) -> bool:
    """Whether something is at a path."""
    return os.path.lexists(path)


def codexes(home: str, *, daemon: bool = False) -> list[Process]:
    """Return a codex that runs with a home, and its daemon if wanted: as a process listing has them."""
    home = os.path.realpath(home)
    found = [Process(4242, "codex", False, home)]
    return [*found, Process(4343, "codex app-server", True, home)] if daemon else found


def configure(box: Box, text: str) -> None:
    """Write the person's config.toml."""
    put(f"{box.switchyard}/config/config.toml", text.encode())
