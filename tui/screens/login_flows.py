"""The ways to log in as the screen runs them: one kind of object for all four. Tests can put their own in its place.

What speaks HTTP is imported in a thread, before a flow starts.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import NamedTuple, Protocol

from tui.login_state import BROWSER, DEVICE, KEY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from profiles.context import Context
    from profiles.login_target import LoginTarget
    from profiles.model import Secret
    from profiles.oauth.browser import BrowserLogin
    from profiles.oauth.events import Event, UrlIssued
    from profiles.oauth.http import Wire
    from profiles.oauth.tunnel import Tunnel


class Asked(NamedTuple):
    """What a person asked for. `secret` is the key or token; `port` moves the listener, 0 to any free one."""

    name: str
    way: str
    secret: Secret | None = None
    port: int | None = None


class Flow(Protocol):
    """A login under way. `target` says where it will go."""

    target: LoginTarget

    def events(self) -> AsyncGenerator[Event, None]:
        """Yield what happens; closing it ends the login at once. Raises ProfilesError."""

    def paste(self, text: str) -> None:
        """Take a callback from a person. Raises CallbackInvalid."""


class Lines(NamedTuple):
    """How the callback gets here: the ssh line, what of it can be edited, the line for another shell here."""

    ssh: str
    edit: str
    curl: str


class IssuerFlow:
    """A login at the issuer."""

    def __init__(self, context: Context, asked: Asked, target: LoginTarget) -> None:
        self.target = target
        self._context = context
        self._asked = asked
        self._browser: BrowserLogin | None = None

    def paste(self, text: str) -> None:
        """Take a callback from a person."""
        if self._browser is not None:
            self._browser.paste(text)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield what happens."""
        from profiles.oauth.http import open_wire

        async with (
            open_wire(self._context, self.target.home) as wire,
            aclosing(self._run(wire)) as run,
        ):
            async for event in run:
                yield event

    def _run(self, wire: Wire) -> AsyncGenerator[Event, None]:
        settings = self.target.settings
        if self._asked.way == DEVICE:
            from profiles.oauth.device_code import device_code_login

            return device_code_login(settings, wire)
        if self._asked.way == BROWSER:
            from profiles.oauth.browser import BrowserLogin

            self._browser = BrowserLogin(settings, port=self._asked.port)
            return self._browser.run(wire)
        return self._by_token(wire)

    async def _by_token(self, wire: Wire) -> AsyncGenerator[Event, None]:
        from profiles.oauth.documents import access_token_document
        from profiles.oauth.events import Obtained
        from profiles.oauth.whoami import whoami
        from profiles.oauth.workspaces import check_workspace

        token = self._asked.secret
        if token is not None:
            settings = self.target.settings
            found = await whoami(wire, settings.issuer.whoami_url(self._context.environ), token)
            check_workspace(settings, found)
            yield Obtained(access_token_document(token))


class KeyFlow:
    """An API key: nobody is asked."""

    def __init__(self, asked: Asked, target: LoginTarget) -> None:
        self.target = target
        self._asked = asked

    def paste(self, text: str) -> None:
        """There is nothing to paste."""

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield the login."""
        from profiles.oauth.documents import api_key_document
        from profiles.oauth.events import Obtained

        if self._asked.secret is not None:
            yield Obtained(api_key_document(self._asked.secret))


def open_flow(context: Context, asked: Asked) -> Flow:
    """Look whether the login could be saved, import what it needs, and return it. Raises ProfilesError."""
    from profiles.login_target import prepare

    target = prepare(context, asked.name, asked.way)
    if asked.way == KEY:
        return KeyFlow(asked, target)
    # So that nothing on the screen waits for it later.
    import segno  # noqa: F401

    from profiles.oauth import browser, device_code, http, whoami  # noqa: F401

    return IssuerFlow(context, asked, target)


def lines_for(context: Context, url: UrlIssued) -> Lines:
    """Return how the callback of a browser elsewhere gets here. Looks at processes, so call it in a thread."""
    from profiles.oauth.tunnel import find_tunnel

    return _lines(find_tunnel(context), url)


def edited_lines(context: Context, text: str, url: UrlIssued) -> Lines:
    """Take a person's edit of the ssh line, remember it for this machine, return the lines. Raises ProfilesError."""
    from profiles.oauth.tunnel import guess, parse_edit, save_tunnel

    tunnel = parse_edit(text, guess(context).user)
    save_tunnel(context, tunnel)
    return _lines(tunnel, url)


def _lines(tunnel: Tunnel, url: UrlIssued) -> Lines:
    from urllib.parse import urlsplit

    from profiles.oauth.tunnel import curl_line, tunnel_line

    called = urlsplit(url.redirect_uri).port or url.port
    return Lines(tunnel_line(tunnel, called, url.port), tunnel.edit, curl_line(called, url.port))


def windows_remark(context: Context, url: UrlIssued) -> str:
    """Say what to do when a Windows program has the port that the browser will call; nothing where none has.

    Asks PowerShell, which takes seconds, so call it in a thread.
    """
    from urllib.parse import urlsplit

    from profiles.wsl import hint_of_windows, is_wsl, windows_holders

    if not is_wsl(context.environ):
        return ""
    port = urlsplit(url.redirect_uri).port or url.port
    holders = windows_holders([port], context.environ)
    return hint_of_windows(holders) if holders else ""
