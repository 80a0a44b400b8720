"""What a person takes elsewhere, from every pane: e-mail, ids, home, code, URL, ssh line, JSON. Never a token.

It is copied, opened in a browser, or shown unbroken for the terminal's own selection.
"""

from __future__ import annotations

import asyncio

from tui.clipboard import SENT_TO_TMUX, copy_sequence, give_to_tmux, sent_words
from tui.detail_state import RAW
from tui.terminal import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from profiles.model import ProfileRow
    from tui.login_state import Login
    from tui.screens.main import MainScreen
    from tui.screens.switchyard import Switchyard
    from tui.state import Event

_CODE, _URL, _SSH, _CURL = "user code", "URL", "ssh line", "curl line"
_NAME, _EMAIL, _ACCOUNT, _USER, _HOME, _RUN = (
    *("name", "e-mail", "account id", "user id", "home", "codex line"),
)
_JSON, _EVENT, _LOG = "JSON", "last event", "event log"
#: What stands above each where it is shown.
_HEADINGS = {
    _CODE: "The code:",
    _URL: "The page:",
    _SSH: "On your own computer, before you sign in:",
    _CURL: 'In another shell of this machine, then url = "ADDRESS" and ctrl+d:',
}
#: The letter of each in the menu; none stands twice where both can be copied.
LETTERS = (
    {_CODE: "c", _URL: "u", _SSH: "s", _CURL: "r"}
    | {_EMAIL: "e", _NAME: "n", _ACCOUNT: "a", _USER: "u", _HOME: "h", _RUN: "c"}
    | {_JSON: "J", _EVENT: "l", _LOG: "o"}
)
#: More bytes than these no terminal takes into its clipboard for sure, and none is sent them over a slow line.
LARGEST = 64 << 10


class Copies:
    """The texts of one screen, on their way out."""

    def __init__(self, screen: MainScreen, app: Switchyard) -> None:
        self._screen = screen
        self._yard = app
        self.handlers: dict[str, Callable[[], object]] = {
            "copy": self.copy,
            "copy-more": self.choose,
        }

    # -- what there is where the focus is --

    def _texts(self) -> dict[str, str]:
        """Return what can be copied here, the most wanted first."""
        screen = self._screen
        login = screen.logins.login
        if login is not None:
            return _texts_of_login(login)
        row = screen.state.selected
        found = texts_of_profile(row) if row is not None else {}
        if screen.focused is screen.events and screen.state.events:
            return texts_of_events(list(screen.state.events)) | found
        claims = screen.reading.part if screen.reading.face == RAW else None
        if not isinstance(claims, str):
            return found
        # What is read is what is meant; in the list it is the profile.
        json = {_JSON: claims}
        return json | found if screen.focused is screen.detail else found | json

    def copy(self) -> None:
        """Copy the most wanted."""
        for what, text in list(self._texts().items())[:1]:
            self._copy(what, text)

    def choose(self) -> Awaitable[None]:
        """Ask what is copied."""
        from tui.screens.copy_menu import CopyMenu, Offer

        texts = self._texts()

        def answered(answer: str | None) -> None:
            if answer is not None:
                self._copy(answer, texts[answer])

        home = f"{self._yard.context.user_home}/"
        offers = [
            Offer(LETTERS[what], what, text.replace(home, "~/")) for what, text in texts.items()
        ]
        return self._yard.push_screen(CopyMenu(offers, self._yard.signs), answered)

    # -- of a login --

    async def open(self, login: Login) -> None:
        """Open the URL where the person sees that; else copy it, and show it whole."""
        url = _texts_of_login(login)[_URL]
        opener = self._yard.opener
        if opener.can(url) and await asyncio.to_thread(opener.open, url):
            self._yard.tell("opened in the browser")
            return
        await self.show(login, await self._send(_URL, url))

    def show(self, login: Login, said: str = "") -> Awaitable[None]:
        """Show everything unbroken, for the terminal's own selection; `said` stands above it."""
        from tui.screens.plain import Passage, PlainScreen

        passages = [Passage(_HEADINGS[what], text) for what, text in _texts_of_login(login).items()]
        return self._yard.push_screen(PlainScreen(self._yard, login, passages, said))

    # -- sending --

    def _copy(self, what: str, text: str) -> None:
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > LARGEST:
            command = " (tui show NAME --json writes it)" if what == _JSON else ""
            self._yard.tell(f"{what} is too long for a clipboard: {size / 1e3:,.0f} kB{command}")
            return
        self._yard.run_worker(self._tell(what, text), exit_on_error=False)

    async def _tell(self, what: str, text: str) -> None:
        self._yard.tell(await self._send(what, text))

    async def _send(self, what: str, text: str) -> str:
        """Send a text to the clipboard, and return what became of it."""
        environ = self._yard.context.environ
        if await asyncio.to_thread(give_to_tmux, text, environ):
            return f"{what} {SENT_TO_TMUX}"
        self._yard.send(copy_sequence(text, environ))
        return f"{what} {sent_words(environ)}"


def texts_of_profile(row: ProfileRow) -> dict[str, str]:
    """Return what of a profile can be copied, each on one line: who it is, where it lies, how codex runs with it."""
    from shlex import quote

    found: Mapping[str, str | None] = {
        _EMAIL: row.email,
        _NAME: row.name,
        _ACCOUNT: row.account_id,
        _USER: row.user_id,
        _HOME: row.home,
        _RUN: f"CODEX_HOME={quote(row.home)} codex",
    }
    # What lands in a shell must be one line: pasted, a second one would run.
    return {what: clean(text) for what, text in found.items() if text}


def texts_of_events(events: list[Event]) -> dict[str, str]:
    """Return the last thing that happened, and all of them, as lines."""
    from time import localtime, strftime

    lines = [
        f"{strftime('%H:%M:%S', localtime(event.at))} {clean(event.text)}"
        + (f" (next: {clean(event.hint)})" if event.hint else "")
        for event in events
    ]
    return {_EVENT: lines[-1], _LOG: "\n".join(lines)}


def _texts_of_login(login: Login) -> dict[str, str]:
    """Return what of a login can be copied, the most wanted first."""
    found: dict[str, str] = {}
    if login.code is not None:
        found |= {_CODE: login.code.user_code, _URL: login.code.verification_url}
    if login.url is not None:
        found[_URL] = login.url.authorize_url
        if login.tunnel:
            found |= {_SSH: login.tunnel, _CURL: login.curl}
    return found
