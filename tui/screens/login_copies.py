"""What of a login a person needs elsewhere: code, URL, ssh line. Copied, opened, or shown unbroken; never a secret."""

from __future__ import annotations

import asyncio

from tui.clipboard import SENT_TO_TMUX, copy_sequence, give_to_tmux, sent_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tui.login_state import Login
    from tui.screens.switchyard import Switchyard

_CODE, _URL, _SSH, _CURL = "user code", "URL", "ssh line", "curl line"
#: What stands above each where it is shown.
_HEADINGS = {
    _CODE: "The code:",
    _URL: "The page:",
    _SSH: "On your own computer, before you sign in:",
    _CURL: 'In another shell of this machine, then url = "ADDRESS" and ctrl+d:',
}
#: A longer text says nothing about itself in a dialog.
_SHORT = 44


class LoginCopies:
    """The texts of logins, on their way out of the screen."""

    def __init__(self, app: Switchyard) -> None:
        self._yard = app

    def copy(self, login: Login) -> None:
        """Copy the code, or the URL."""
        for what, text in list(_texts(login).items())[:1]:
            self._copy(what, text)

    def choose(self, login: Login) -> Awaitable[None]:
        """Ask what is copied."""
        from tui.screens.login_dialogs import Choose, Option

        texts = _texts(login)

        def answered(answer: str | None) -> None:
            if answer is not None:
                self._copy(answer, texts[answer])

        options = [
            Option(what, what, text if len(text) < _SHORT else "") for what, text in texts.items()
        ]
        return self._yard.push_screen(Choose("Copy", "", options), answered)

    async def open(self, login: Login) -> None:
        """Open the URL where the person sees that; else copy it, and show it whole."""
        url = _texts(login)[_URL]
        opener = self._yard.opener
        if opener.can(url) and await asyncio.to_thread(opener.open, url):
            self._yard.tell("opened in the browser")
            return
        await self.show(login, await self._send(_URL, url))

    def show(self, login: Login, said: str = "") -> Awaitable[None]:
        """Show everything unbroken, for the terminal's own selection; `said` stands above it."""
        from tui.screens.plain import Passage, PlainScreen

        passages = [Passage(_HEADINGS[what], text) for what, text in _texts(login).items()]
        return self._yard.push_screen(PlainScreen(self._yard, login, passages, said))

    def _copy(self, what: str, text: str) -> None:
        async def work() -> None:
            self._yard.tell(await self._send(what, text))

        self._yard.run_worker(work(), exit_on_error=False)

    async def _send(self, what: str, text: str) -> str:
        """Send a text to the clipboard, and return what became of it."""
        environ = self._yard.context.environ
        if await asyncio.to_thread(give_to_tmux, text, environ):
            return f"{what} {SENT_TO_TMUX}"
        self._yard.send(copy_sequence(text, environ))
        return f"{what} {sent_words(environ)}"


def _texts(login: Login) -> dict[str, str]:
    """Return what can be copied, the most wanted first."""
    found: dict[str, str] = {}
    if login.code is not None:
        found |= {_CODE: login.code.user_code, _URL: login.code.verification_url}
    if login.url is not None:
        found[_URL] = login.url.authorize_url
        if login.tunnel:
            found |= {_SSH: login.tunnel, _CURL: login.curl}
    return found
