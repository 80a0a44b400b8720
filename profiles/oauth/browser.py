"""The browser login: an address to open, and its callback by the listener or by hand (C115–C118 in profiles/CODEX.md).

The requests are those of Codex 0.169. Two things differ on purpose. Codex leads the browser on to `/success` with the
id_token in the address; here no token ever is in one: the callback itself is answered, once it is decided how the
login ended, so that the page tells the truth and the browser need not come a second time. And nobody who merely knows
the port can end the login: a wrong `state`, a foreign page and `GET /cancel` are refused, told, and waited past.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple
from urllib.parse import urlencode

from profiles.errors import (
    CallbackInvalid,
    CallbackTimeout,
    GrantInvalid,
    OAuthError,
    ProfilesError,
    StateMismatch,
    UsageError,
)
from profiles.oauth import pages
from profiles.oauth.callback import CALLBACK_PATH, read_pasted, read_query
from profiles.oauth.documents import chatgpt_document
from profiles.oauth.events import Approved, CallbackRefused, Obtained, UrlIssued
from profiles.oauth.listener import Listener
from profiles.oauth.pkce import challenge_of, make_state, make_verifier
from profiles.oauth.redirect_port import REDIRECT_PORTS, take_port
from profiles.oauth.token_endpoint import exchange_api_key, exchange_code
from profiles.oauth.workspaces import check_workspace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from typing import Any

    from profiles.auth_file import AuthDocument
    from profiles.model import Secret
    from profiles.oauth.events import Event
    from profiles.oauth.http import Wire
    from profiles.oauth.issuer import Issuer
    from profiles.oauth.pages import Page
    from profiles.oauth.settings import LoginSettings

SCOPE = "openid profile email offline_access api.connectors.read api.connectors.invoke"
ORIGINATOR = "codex_cli_rs"
#: Seconds that a browser is kept waiting for the end of the exchange; then it is told to look at the terminal.
_ANSWER_WITHIN = 25.0
#: Refusals that wait to be told; a program that calls without end is not told without end.
_MOST_TOLD = 64
#: Seconds in which the same refusal is told once: a second codex login asks for the port ten times in two.
_ONCE_IN = 5.0


class _Arrival(NamedTuple):
    """A code, or the issuer's no; `page` is what the browser is waiting for, None for what was pasted."""

    by: str
    found: Secret | OAuthError
    page: asyncio.Future[Page] | None = None

    def show(self, page: Page) -> None:
        """Give the browser its page."""
        if self.page is not None and not self.page.done():
            self.page.set_result(page)


class BrowserLogin:
    """One browser login. `run` it once; `paste` while it runs, from the loop's own thread.

    `port` moves the listener away from the redirect ports, which stay what the browser calls; 0 takes any free one.
    `patience`: seconds until CallbackTimeout. Raises UsageError for a port that is none.
    """

    def __init__(
        self, settings: LoginSettings, *, port: int | None = None, patience: float = 900.0
    ) -> None:
        if port is not None and not 0 <= port <= 65_535:
            raise UsageError(f"{port} is no port", "name one from 1024 to 65535")
        self._settings = settings
        self._port = port
        self._patience = patience
        self._state = make_state()
        self._verifier = make_verifier()
        self._inbox: asyncio.Queue[_Arrival | CallbackRefused] = asyncio.Queue()
        self._answer_within = _ANSWER_WITHIN
        self._called = False
        self._pasted = False
        self._finished = False
        self._told: tuple[str, float] = ("", float("-inf"))

    def paste(self, text: str) -> None:
        """Take a callback from a person: its whole address, `code=…&state=…`, or a bare code.

        Raises CallbackInvalid or StateMismatch, which say what is wrong with it and repeat nothing of it; the login
        then goes on waiting. A code that the issuer refuses later is told by a CallbackRefused. An `error=` of the
        issuer's ends the login as it does in a callback.
        """
        if self._pasted or self._finished:
            raise CallbackInvalid(
                "a code is being exchanged already", "wait for the issuer's answer to it"
            )
        found: Secret | OAuthError
        try:
            found = read_pasted(text, self._state, self._settings.issuer.authorize_base)
        except CallbackInvalid:
            raise
        except OAuthError as error:
            found = error
        self._pasted = True
        self._inbox.put_nowait(_Arrival("pasted", found))

    async def run(self, wire: Wire) -> AsyncGenerator[Event, None]:
        """Yield UrlIssued, any number of CallbackRefused, Approved, Obtained.

        Closing it gives the port back at once. Raises PortUnavailable, AccessDenied, EntitlementMissing, OAuthError,
        GrantInvalid, WorkspaceForbidden, CallbackTimeout, IssuerError.
        """
        context = self._settings.context
        bound = take_port(self._port, context.environ)
        # The redirect URI must be one of those that are registered, wherever we listen.
        port = bound.getsockname()[1] if self._port is None else REDIRECT_PORTS[0]
        redirect_uri = f"http://127.0.0.1:{port}{CALLBACK_PATH}"
        listener = Listener(
            bound,
            (port,),
            answer=self._answer,
            refused=self._refuse,
            has_finished=lambda: self._finished,
        )
        patience = asyncio.ensure_future(self._settings.sleep(self._patience))
        try:
            await listener.start()
            yield UrlIssued(
                authorize_url(
                    self._settings.issuer,
                    redirect_uri,
                    challenge_of(self._verifier),
                    self._state,
                    self._settings.workspaces,
                ),
                redirect_uri,
                listener.port,
                context.now() + self._patience,
            )
            while True:
                arrival = await self._next(patience)
                if isinstance(arrival, CallbackRefused):
                    yield arrival
                    continue
                try:
                    if isinstance(arrival.found, OAuthError):
                        raise arrival.found
                    yield Approved(context.now(), arrival.by)
                    document = await self._exchange(wire, arrival.found, redirect_uri)
                except ProfilesError as error:
                    if arrival.by == "pasted" and isinstance(error, GrantInvalid):
                        self._pasted = False
                        yield CallbackRefused(
                            context.now(),
                            f"the pasted code was not taken: {error.message}; the login goes on waiting",
                        )
                        continue
                    self._show(arrival, pages.failed(error.message))
                    await listener.finish()
                    raise
                self._finished = True
                self._show(arrival, pages.SIGNED_IN)
                await listener.finish()
                yield Obtained(document)
                return
        finally:
            listener.close()
            patience.cancel()

    async def _next(self, patience: asyncio.Future[None]) -> _Arrival | CallbackRefused:
        """Return what comes next. Raises CallbackTimeout when nothing did in time."""
        getting = asyncio.ensure_future(self._inbox.get())
        waited_for: set[asyncio.Future[Any]] = {getting, patience}
        try:
            await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
            if getting.done():
                return getting.result()
        finally:
            getting.cancel()
        minutes = self._patience / 60
        raise CallbackTimeout(
            f"no callback came within {minutes:.0f} minutes"
            if minutes >= 1
            else f"no callback came within {self._patience:g} seconds",
            "log in again; over SSH look whether the tunnel stands, or paste the address at which the browser ends, "
            "or log in by --device-code",
        )

    async def _exchange(self, wire: Wire, code: Secret, redirect_uri: str) -> AuthDocument:
        """Return the whole login for a code, asked for in Codex's order."""
        issuer, now = self._settings.issuer, self._settings.context.now
        answer = await exchange_code(
            wire, issuer, code=code, redirect_uri=redirect_uri, verifier=self._verifier
        )
        check_workspace(self._settings, answer)
        api_key = await exchange_api_key(wire, issuer, answer.id_token)
        return chatgpt_document(answer, issuer, now(), api_key)

    async def _answer(self, query: str) -> Page:
        """Return the page of a callback. It waits until it is known how the login ended, though not for ever."""
        found: Secret | OAuthError
        try:
            found = read_query(query, self._state)
        except StateMismatch as error:
            self._refuse(error.message)
            return pages.STATE_MISMATCH
        except CallbackInvalid as error:
            self._refuse(error.message)
            return pages.NO_CODE
        except OAuthError as error:
            found = error
        if self._called or self._finished:
            return pages.USED
        self._called = True
        page = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait(_Arrival("callback", found, page))
        await asyncio.wait({page}, timeout=self._answer_within)
        return page.result() if page.done() else pages.ARRIVED

    def _show(self, arrival: _Arrival, page: Page) -> None:
        """Give this arrival its page, and those that came too late theirs."""
        arrival.show(page)
        while not self._inbox.empty():
            late = self._inbox.get_nowait()
            if isinstance(late, _Arrival):
                late.show(pages.USED)

    def _refuse(self, why: str) -> None:
        """Tell of something that is not our callback."""
        now = self._settings.context.now()
        told, at = self._told
        if (why == told and 0 <= now - at < _ONCE_IN) or self._inbox.qsize() >= _MOST_TOLD:
            return
        self._told = (why, now)
        self._inbox.put_nowait(CallbackRefused(now, why))


def authorize_url(
    issuer: Issuer, redirect_uri: str, challenge: str, state: str, workspaces: Sequence[str] = ()
) -> str:
    """Return the address to open, letter for letter as Codex 0.169 makes it (C115)."""
    fields = [
        ("response_type", "code"),
        ("client_id", issuer.client_id),
        ("redirect_uri", redirect_uri),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("state", state),
        ("scope", SCOPE),
        ("id_token_add_organizations", "true"),
        ("codex_cli_simplified_flow", "true"),
        ("originator", ORIGINATOR),
    ]
    if workspaces:
        fields.append(("allowed_workspace_id", ",".join(workspaces)))
    # Codex's encoder keeps `*` and escapes `~`; Python's does the opposite.
    return f"{issuer.authorize_base}?{urlencode(fields, safe='*').replace('~', '%7E')}"
