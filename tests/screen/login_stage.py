"""The real screen over the simulator: logins really run, against real sockets.

    async with open_logins() as yard:
        await yard.press("n", "=work", "enter")
        yard.simulator.device.approve(await yard.code(), "ada@example.com")
        await yard.shows("ada@example.com saved as work")

When it closes, nothing that can be read anywhere may hold a secret that the simulator ever issued or received.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any, Final

from profiles.context import make_context
from profiles.logging_in import save_login
from profiles.model import Secret
from profiles.oauth.documents import chatgpt_document
from profiles.oauth.issuer import Issuer
from profiles.oauth.token_endpoint import TokenAnswer
from tests.screen.stage import Stage, open_stage
from tui.opener import Opener
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from profiles.context import Context
    from tui.login_state import Login
    from tui.screens.logins import LoginDesk

ADA: Final = "ada@example.com"
BOB: Final = "bob@bletchley.example"


class Yard(Stage):
    """An open screen, the simulator that its logins ask, and what was sent to the terminal beside the cells."""

    simulator: Simulator
    sent: list[str]
    told: list[str]
    opened: list[str]

    @property
    def desk(self) -> LoginDesk:
        """The coordinator."""
        return self.main.logins.desk

    def login(self, name: str) -> Login:
        """Return the login for a profile."""
        login = self.app.logins.of(name)
        assert login is not None, name
        return login

    async def code(self, name: str = "work") -> str:
        """Return the user code of a login, once there is one."""
        await self.until(lambda: self.login(name).code is not None)
        issued = self.login(name).code
        assert issued is not None
        await self.shows(issued.user_code)
        return issued.user_code

    async def url(self, name: str = "work") -> str:
        """Return the authorize URL of a login, once there is one."""
        await self.until(lambda: self.login(name).tunnel != "")
        issued = self.login(name).url
        assert issued is not None
        return issued.authorize_url

    async def phase(self, phase: str, name: str = "work") -> None:
        """Wait until a login is at a phase."""
        await self.until(lambda: self.login(name).phase == phase)

    def email(self, name: str) -> str | None:
        """Return whose login a profile has on the disk."""
        row = self.disk().row(name)
        return row.email if row is not None else None

    async def new(self, name: str, *ways: str) -> None:
        """Make a new profile; `ways` are keys that choose how."""
        await self.press("n", f"={name}", *ways, "enter")

    def readable(self) -> str:
        """Return everything that a person or a screenshot can see of it, now or by scrolling."""
        views = (self.main.logins.pane.view, self.main.detail, self.main.events)
        texts = [self.text, self.said, self.toasts, self.app.export_screenshot()]
        hints = [event.hint or "" for event in self.app.state.events]
        return "\n".join((*texts, *hints, *(view.text for view in views), *self.sent, *self.told))

    def check_secrets(self) -> None:
        """Fail when a secret can be read anywhere."""
        __tracebackhide__ = True
        text = self.readable()
        found = sum(secret in text for secret in self.simulator.secrets() if len(secret) > 7)
        assert not found, f"{found} secrets can be read"


@contextlib.asynccontextmanager
async def open_logins(
    size: tuple[int, int] = (100, 30),
    *,
    context: Callable[[Context], Context] = lambda context: context,
    desktop: bool = False,
    profiles: Sequence[tuple[str, str]] = (("personal", ADA), ("work", BOB)),
) -> AsyncIterator[Yard]:
    """Open the screen with a profile for each pair of name and e-mail; the first is the active one.

    `context` may change the surroundings. With `desktop` URLs are opened: they are then in `opened`.
    """
    with Simulator() as simulator:
        os.environ["SWITCHYARD_ISSUER"] = simulator.url
        os.environ["SSH_CONNECTION"] = "10.0.0.2 50000 10.0.0.9 2222"
        people = dict.fromkeys((ADA, BOB, *(email for _, email in profiles)))
        for email in people:
            simulator.people.add(email, workspaces=[("ws-acme", "Acme", "team")])
        for name, email in profiles:
            give(simulator, name, email)
        if profiles:
            from profiles.switching import switch

            switch(make_context(), profiles[0][0])
        async with open_stage(size, context(make_context())) as stage:
            yard = Yard(stage.app, stage.pilot)
            yard.simulator, yard.sent, yard.told, yard.opened = simulator, [], [], []
            send, notify = stage.app.send, stage.app.notify

            def keep(sequence: str) -> None:
                yard.sent.append(sequence)
                send(sequence)

            def tell(message: str, **how: Any) -> None:  # noqa: ANN401
                yard.told.append(message)
                notify(message, **how)

            stage.app.send = keep  # type: ignore[method-assign]
            stage.app.notify = tell  # type: ignore[method-assign]
            command = ("open",) if desktop else None
            stage.app.opener = Opener(command, lambda words: yard.opened.append(words[-1]))
            yield yard
            yard.check_secrets()


def give(simulator: Simulator, name: str, email: str, workspace: str | None = None) -> None:
    """Save a login of somebody in a profile, as it was made two days ago."""
    context = make_context()
    then = context.now() - 2 * 86_400
    tokens = simulator.sign_in(email, workspace, issued_at=then)
    answer = TokenAnswer(
        *(Secret(tokens[name]) for name in ("id_token", "access_token", "refresh_token"))
    )
    save_login(context, name, chatgpt_document(answer, Issuer(simulator.url), then))
