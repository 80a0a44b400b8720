"""The lines that are typed in the pane of a login: the callback's address, and the ssh line."""

from __future__ import annotations

from profiles.oauth.events import CallbackRefused
from tui.login_state import BROWSER, WAITING
from tui.widgets.paste_line import LineLabel, PasteLine, first_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tui.login_state import Login
    from tui.screens.logins import LoginDesk
    from tui.screens.main import MainScreen
    from tui.screens.switchyard import Switchyard
    from tui.widgets.login_pane import LoginPane

    #: Takes a line, at once or in a while: then it comes to why it cannot, or to None.
    Take = Callable[[str], Awaitable[str | None] | None]

_PASTE_HINT = "the callback's address, or its code; esc leaves"
_TUNNEL_LABEL = "ssh to  user@host  -p PORT  -J JUMP"


class LoginLines:
    """At most one line at a time, below the words of the pane."""

    def __init__(
        self, screen: MainScreen, app: Switchyard, pane: LoginPane, desk: LoginDesk
    ) -> None:
        self._screen = screen
        self._yard = app
        self._pane = pane
        self._desk = desk

    def ask_callback(self, login: Login) -> Awaitable[None]:
        """Open the line for the address at which the browser ended."""
        return self._open("", _PASTE_HINT, "", lambda text: self.paste(login, text), secret=True)

    def ask_tunnel(self, login: Login) -> Awaitable[None]:
        """Open the line with what of the ssh line can be edited."""
        return self._open(
            login.tunnel_edit,
            "",
            _TUNNEL_LABEL,
            lambda text: self._desk.edit_tunnel(login, text),
            secret=False,
        )

    def paste(self, login: Login, text: str) -> None:
        """Give a login the callback that somebody pasted."""
        if login.way != BROWSER or login.phase != WAITING:
            return
        why = self._desk.paste(login, first_line(text))
        if why is not None:
            login.refused = CallbackRefused(self._yard.logins.now(), why)
            self._yard.logins.tell()

    async def _open(self, value: str, hint: str, label: str, take: Take, *, secret: bool) -> None:
        above = LineLabel(label)

        async def wait(taking: Awaitable[str | None]) -> None:
            why = await taking
            if line.left:
                return
            if why is not None:
                # What was typed stays, to be mended.
                above.say(f"{self._yard.signs.warn} {why}")
                return
            self.close()
            self._screen.set_focus(self._pane.view)

        def left(keep: bool) -> None:  # noqa: FBT001 - a callback
            taking = take(line.value) if keep and line.value.strip() else None
            if taking is not None:
                self._yard.run_worker(wait(taking), exit_on_error=False)
                return
            self.close()
            self._screen.set_focus(self._pane.view)

        self.close()
        line = PasteLine(value, name="login-line", done=left, hint=hint, secret=secret)
        await self._pane.mount(above, line)
        self._screen.set_focus(line)

    def close(self) -> None:
        """Close the line that is open, if one is."""
        line = self._pane.line
        if line is not None:
            line.left = True
            line.remove()
        self._pane.query(LineLabel).remove()
