"""A login while it runs: events of `profiles.oauth` become words, lines on stdin become callbacks, ctrl-c its end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TypeVar

from profiles.errors import LoginCancelled, OAuthError
from profiles.oauth.events import (
    Approved,
    CallbackRefused,
    Checked,
    CodeIssued,
    Obtained,
    Postponed,
    UrlIssued,
)
from profiles.oauth.http import open_wire
from tui.commands.signing_in.typed import Lines, unseen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine
    from typing import Any

    from profiles.auth_file import AuthDocument
    from profiles.login_target import LoginTarget
    from profiles.model import Secret
    from profiles.oauth.browser import BrowserLogin
    from profiles.oauth.events import Event
    from profiles.oauth.whoami import WhoAmI
    from tui.commands.signing_in.interruptions import Interruptions
    from tui.commands.signing_in.words import Asked, Teller

Result = TypeVar("Result")


def by_device_code(
    target: LoginTarget, asked: Asked, teller: Teller, interruptions: Interruptions
) -> AuthDocument:
    """Return the login that somebody approves by typing a code. Raises ProfilesError."""
    from profiles.oauth.device_code import device_code_login

    async def log_in() -> AuthDocument:
        async with open_wire(target.settings.context, target.home) as wire:
            return await _follow(device_code_login(target.settings, wire), teller, interruptions)

    return _until_interrupted(log_in, asked, interruptions)


def by_browser(
    target: LoginTarget, asked: Asked, teller: Teller, interruptions: Interruptions
) -> AuthDocument:
    """Return the login whose callback arrives, or is pasted on stdin. Raises ProfilesError."""
    from profiles.oauth.browser import BrowserLogin

    login = BrowserLogin(target.settings, port=asked.port)

    async def log_in() -> AuthDocument:
        async with open_wire(target.settings.context, target.home) as wire:
            with unseen():
                return await _follow(login.run(wire), teller, interruptions, login)

    return _until_interrupted(log_in, asked, interruptions)


def ask_whose(
    target: LoginTarget, asked: Asked, token: Secret, interruptions: Interruptions
) -> WhoAmI:
    """Ask the issuer whose access token it is. Raises GrantInvalid, WorkspaceForbidden, and IssuerError."""
    from profiles.oauth.whoami import whoami
    from profiles.oauth.workspaces import check_workspace

    context = target.settings.context

    async def ask() -> WhoAmI:
        async with open_wire(context, target.home) as wire:
            found = await whoami(wire, target.settings.issuer.whoami_url(context.environ), token)
            check_workspace(target.settings, found)
            return found

    return _until_interrupted(ask, asked, interruptions)


def _until_interrupted(
    work: Callable[[], Coroutine[Any, Any, Result]], asked: Asked, interruptions: Interruptions
) -> Result:
    """Run it in a loop of its own; a signal cancels it, which closes its listener and connections at once."""

    async def run() -> Result:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def end() -> None:
            # Approved in the meantime: then it is finished.
            if task is not None and (interruptions.insisted or not interruptions.sheltered):
                task.cancel()

        interruptions.cancel = lambda: loop.call_soon_threadsafe(end)
        try:
            return await work()
        except asyncio.CancelledError:
            late = " after it was approved, and is lost" if interruptions.insisted else ""
            raise LoginCancelled(
                f"the login was cancelled{late}; nothing was changed", asked.again
            ) from None
        finally:
            interruptions.cancel = None

    return asyncio.run(run())


async def _follow(
    events: AsyncGenerator[Event, None],
    teller: Teller,
    interruptions: Interruptions,
    browser: BrowserLogin | None = None,
) -> AuthDocument:
    """Tell each event, and return what is obtained at the end."""
    lines: Lines | None = None
    ticking = asyncio.create_task(_tick(teller, interruptions))
    try:
        async with contextlib.aclosing(events) as told:
            async for event in told:
                if isinstance(event, Obtained):
                    return event.document  # and signals go on waiting, until it is saved
                # A code that the issuer does not take brings no tokens, and the wait goes on.
                interruptions.shelter(on=isinstance(event, Approved))
                _tell(event, teller)
                if isinstance(event, UrlIssued) and browser is not None:
                    lines = Lines(asyncio.get_running_loop(), _paster(browser, teller))
    finally:
        ticking.cancel()
        if lines is not None:
            lines.close()
    message = "a flow that raises nothing ends with what it obtained"
    raise AssertionError(message)


def _tell(event: Event, teller: Teller) -> None:
    match event:
        case CodeIssued():
            teller.code(event)
        case UrlIssued():
            teller.url(event)
        case Checked():
            teller.checked(event.at)
        case Postponed():
            teller.postponed(event)
        case CallbackRefused():
            teller.refused(event.why)
        case Approved():
            teller.approved()
        case Obtained():
            pass


async def _tick(teller: Teller, interruptions: Interruptions) -> None:
    while True:
        await asyncio.sleep(teller.period)
        if not interruptions.sheltered:
            teller.tick()


def _paster(browser: BrowserLogin, teller: Teller) -> Callable[[str], None]:
    def paste(text: str) -> None:
        try:
            browser.paste(text)
        except OAuthError as error:
            teller.refused(error.message, error.hint)

    return paste
