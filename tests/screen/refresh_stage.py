"""The real screen over the simulator, for refreshes and usage: tokens really rotate, bars are what the backend says.

    async with open_refreshes() as yard:
        await yard.press("r")
        await yard.shows("personal: refreshed")

At its end no refresh token was presented twice, unless the test says that it forced it.
"""

from __future__ import annotations

import contextlib
import json
import time
from typing import Final

from tests.screen.login_stage import ADA, BOB, Yard, give, open_logins
from tests.screen.stage import contents
from tests.support import reuse
from tui.simulator.gates import HANDLED
from tui.simulator.routes import USAGE
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from profiles.context import Context
    from tests.conftest import Box
    from tui.simulator.gates import Gate, Moment
    from tui.simulator.wire import Request

TOKEN: Final = "/oauth/token"
HASTE: Final = 20.0
CAROL, DAN = "carol@example.com", "dan@example.com"
TWO: Final = (("personal", ADA), ("work", BOB))
FOUR: Final = (*TWO, ("lab", CAROL), ("old-laptop", DAN))


class RefreshYard(Yard):
    """An open screen over the test's homes, and the simulator behind it."""

    box: Box
    reuse_is_forced = 0

    def path(self, name: str) -> str:
        """Return the auth.json of a profile."""
        return f"{self.box.profile(name)}/auth.json"

    def token(self, name: str) -> str:
        """Return the refresh token in a profile."""
        return str(json.loads(contents(self.path(name)))["tokens"]["refresh_token"])

    def works(self, name: str) -> bool:
        """Whether the issuer would still take the refresh token in a profile."""
        return any(family.current == self.token(name) for family in self.simulator.families)

    def exchanges(self) -> int:
        """Return how many refreshes the issuer was asked for."""
        return sum(b'"refresh_token"' in each.body for each in self.simulator.requests(TOKEN))

    def hold(self, name: str, moment: Moment = HANDLED) -> Gate:
        """Hold the refresh of a profile at a moment."""
        token = self.token(name).encode()
        return self.simulator.gates.hold(TOKEN, moment, lambda request: token in request.body)

    def spend(self, name: str) -> None:
        """Let somebody else use the refresh token of a profile up, as another machine does."""
        self.simulator.rotate(self.token(name))

    async def reached(self, gate: Gate) -> None:
        """Wait until a request stands at a gate, while the screen goes on."""
        await self.until(lambda: gate.is_reached)

    async def keys(self, *keys: str) -> None:
        """Press keys without waiting for what they start."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def says(self, words: str) -> None:
        """Wait for a toast that says this."""
        await self.until(lambda: words in self.toasts)

    def line(self, name: str) -> str:
        """Return the line of a profile in the list, as it is drawn."""
        return next((line for line in self.lines[1:] if f" {name} " in line[:40]), "")

    def asked(self) -> list[Request]:
        """Return how often usage was asked for."""
        return self.simulator.requests(USAGE)


@contextlib.asynccontextmanager
async def open_refreshes(
    box: Box,
    size: tuple[int, int] = (100, 30),
    profiles: Sequence[tuple[str, str]] = TWO,
    *,
    context: Callable[[Context], Context] = lambda context: context,
    prepare: Callable[[], None] = lambda: None,
) -> AsyncIterator[RefreshYard]:
    """Open the screen with these profiles; its backend is the simulator. `prepare` runs just before."""

    def around(made: Context) -> Context:
        prepare()
        backend = f"{made.environ['SWITCHYARD_ISSUER']}/backend-api/"
        return context(
            made._replace(
                environ={**made.environ, "SWITCHYARD_CHATGPT_BASE_URL": backend},
                # Who refuses a token is not believed at once: that is waited for, twenty times as fast.
                monotonic=lambda: time.monotonic() * HASTE,
                sleep=lambda seconds: time.sleep(seconds / HASTE),
            )
        )

    async with open_logins(size, context=around, profiles=profiles) as opened:
        yard = RefreshYard(opened.app, opened.pilot)
        yard.simulator, yard.sent, yard.opened = opened.simulator, opened.sent, opened.opened
        yard.box = box
        yield yard
        await yard.settle()
        reuse.force(yard.reuse_is_forced)
        assert yard.simulator.reused == yard.reuse_is_forced, "a refresh token was sent twice"


__all__ = ["ADA", "BOB", "CAROL", "DAN", "FOUR", "TWO", "RefreshYard", "Simulator", "give"]
