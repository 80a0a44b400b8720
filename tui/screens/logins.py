"""The coordinator of the logins: starts their flows, several at once, saves what they bring, and ends them.

Each flow is a task on the screen's own loop; what blocks (imports, disk, PowerShell) runs in threads. The
profile's old login is untouched until the new one is whole and durable; until then it is in memory alone.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing
from functools import partial
from typing import NamedTuple

from profiles.errors import LoginMismatch, PortUnavailable, ProfilesError
from tui.login_state import APPROVED, BROWSER, DEVICE, SAVING, WAYS
from tui.screens.login_flows import Asked, edited_lines, lines_for, open_flow, windows_remark
from tui.state import ERROR, INFO, WARNING
from tui.stderr import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from profiles.context import Context
    from profiles.logging_in import SavedLogin
    from profiles.model import Secret
    from profiles.oauth.events import Event, UrlIssued
    from tui.login_state import Login
    from tui.screens.deeds import Deeds
    from tui.screens.login_flows import Flow
    from tui.screens.switchyard import Switchyard

    #: Prepares a login and returns its flow; runs in a thread. Raises ProfilesError.
    OpenFlow = Callable[[Context, Asked], Flow]


class _Run(NamedTuple):
    """What belongs to a login that runs: what was asked for, its task, its flow once there is one."""

    asked: Asked
    task: asyncio.Task[None]
    flow: list[Flow]


class LoginDesk:
    """Starts, saves, and ends logins. `open_flow` is where tests put flows of their own."""

    def __init__(self, app: Switchyard, deeds: Deeds) -> None:
        self.app = app
        self.deeds = deeds
        self.logins = app.logins
        self.open_flow: OpenFlow = open_flow
        #: Told of a login that waits for an answer of the person's.
        self.asks: Callable[[Login], object] = lambda _login: None
        self._runs: dict[Login, _Run] = {}
        self._side_tasks: set[asyncio.Task[None]] = set()

    # -- start and end --

    def start(
        self, name: str, way: str, *, secret: Secret | None = None, port: int | None = None
    ) -> Login:
        """Start a login for a profile, in the place of another one for it."""
        before = self.logins.of(name)
        if before is not None:
            self._stop(before)
        login = self.logins.start(name, way)
        login.exists = self.app.state.snapshot.row(name) is not None
        asked = Asked(name, way, secret, port)
        flow: list[Flow] = []
        task = asyncio.get_running_loop().create_task(self._follow(login, asked, flow))
        self._runs[login] = _Run(asked, task, flow)
        self.app.state.note(f"login for {name} started: {WAYS[way]}")
        return login

    def again(self, login: Login) -> Login:
        """Start the same login once more; where both redirect ports are held, on another port."""
        asked = self._runs[login].asked
        port = 0 if login.failure == "PortUnavailable" else asked.port
        return self.start(login.name, login.way, secret=asked.secret, port=port)

    def cancel(self, login: Login) -> None:
        """End a login that runs, and close its pane; what it may have brought is dropped."""
        running = login.runs
        self._stop(login)
        self.logins.close(login)
        if running:
            words = f"login for {login.name} cancelled; nothing was changed"
            self.app.state.note(words)
            self.app.tell(words, about=f"login {login.name}")

    def close(self, login: Login) -> None:
        """Close the pane of a login that is over."""
        self._stop(login)
        self.logins.close(login)

    def _stop(self, login: Login) -> None:
        run = self._runs.pop(login, None)
        if run is not None:
            run.task.cancel()
        login.document = None

    async def stop_all(self) -> None:
        """End all of them, and let each give back its port and its connection."""
        tasks = [run.task for run in self._runs.values()] + list(self._side_tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- while it runs --

    async def _follow(self, login: Login, asked: Asked, flow: list[Flow]) -> None:
        try:
            opened = await asyncio.to_thread(self.open_flow, self.app.context, asked)
            flow.append(opened)
            login.expected = opened.target.expected
            async with aclosing(opened.events()) as events:
                async for event in events:
                    self._take(login, event)
        except Exception as error:  # noqa: BLE001 - whatever it is, the screen goes on
            self._failed(login, error)
        else:
            if login.document is not None:
                self.save(login)

    def _take(self, login: Login, event: Event) -> None:
        login.take(event)
        self.logins.tell()
        url = login.url
        if url is event and url is not None:
            self._beside(self._prepare_browser(login, url))

    def _failed(self, login: Login, error: Exception) -> None:
        message, hint = explain(error)
        shown = hint
        if isinstance(error, PortUnavailable):
            # What it says to give to the command line, a key does here.
            key = self.app.keymap.first("code-new")
            shown, hint = "", f"{key} in its pane tries again, on a free port"
        speech = self.app.speech
        login.fail(speech(message), speech(shown), type(error).__name__)
        self.app.state.note(f"login for {login.name}: {message}", ERROR, hint)
        self._say_unless_watched(login, f"login for {login.name} failed: {message}", WARNING)
        self.logins.tell()

    def _beside(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._side_tasks.add(task)
        task.add_done_callback(self._side_tasks.discard)

    async def _prepare_browser(self, login: Login, url: UrlIssued) -> None:
        """Open a browser where the person sees it; say how the callback gets here otherwise."""
        context, opener = self.app.context, self.app.opener
        try:
            lines = await asyncio.to_thread(lines_for, context, url)
            login.tunnel, login.tunnel_edit, login.curl = lines
            if opener.can(url.authorize_url):
                login.opened = await asyncio.to_thread(opener.open, url.authorize_url)
            self.logins.tell()
            login.remark = await _apart(partial(windows_remark, context, url))
        except (ProfilesError, OSError) as error:
            login.remark = explain(error)[0]
        self.logins.tell()

    def paste(self, login: Login, text: str) -> str | None:
        """Give a login the callback that a person pasted; return why it is not one."""
        run = self._runs.get(login)
        if run is None or not run.flow:
            return "this login does not wait for a callback"
        try:
            run.flow[0].paste(text)
        except ProfilesError as error:
            words = f"{error.message}: {error.hint}" if error.hint else error.message
            return self.app.speech(words)
        return None

    async def edit_tunnel(self, login: Login, text: str) -> str | None:
        """Take a person's edit of the ssh line, and remember it for this machine; return why it is none."""
        if login.url is None:
            return None
        try:
            lines = await asyncio.to_thread(edited_lines, self.app.context, text, login.url)
        except ProfilesError as error:
            message, hint = explain(error)
            return f"{message}: {hint}" if hint else message
        login.tunnel, login.tunnel_edit, login.curl = lines
        self.logins.tell()
        return None

    # -- saving --

    def save(self, login: Login, on_mismatch: str = "ask") -> None:
        """Save a whole login, in a thread; several take their turns."""
        document = login.document
        if document is None:
            return
        login.phase = SAVING
        self.logins.tell()
        context, name = self.app.context, login.name

        def work() -> SavedLogin:
            from profiles.logging_in import save_login

            return save_login(context, name, document, on_mismatch=on_mismatch)

        self.deeds.write(
            f"saving the login for {name}",
            work,
            partial(self._saved, login),
            failed=partial(self._not_saved, login),
        )

    def _saved(self, login: Login, saved: SavedLogin) -> None:
        login.done(saved)
        level = WARNING if saved.mismatch else INFO
        words = f"{saved.email or saved.kind} saved as {saved.name}"
        # What was done says it already, and more of it.
        for sentence in saved.said or [words]:
            self.app.state.note(sentence, level)
        self._say_unless_watched(login, words, INFO)
        if self.app.is_in(login):
            # From elsewhere the cursor is where the person left it: the next key acts there.
            self.app.state.select_name(saved.name)
        self.logins.tell()

    def _not_saved(self, login: Login, error: Exception) -> None:
        if isinstance(error, LoginMismatch):
            login.ask(error)
            self.app.state.note(error.message, WARNING, error.hint)
            self._say_unless_watched(login, f"login for {login.name}: {error.message}", WARNING)
            self.asks(login)
        else:
            message, hint = explain(error)
            login.keep(self.app.speech(message), self.app.speech(hint))
            self.app.state.note(f"login for {login.name} is not saved: {message}", ERROR, hint)
            self._say_unless_watched(
                login, f"login for {login.name} is not saved: {message}", ERROR
            )
        self.logins.tell()

    def _say_unless_watched(self, login: Login, words: str, level: str) -> None:
        """Say a result, unless the pane that shows it is what the person looks at."""
        if not self.app.watches(login):
            self.app.tell(words, level, about=f"login {login.name}")

    # -- what a key may do --

    def is_costly(self, login: Login) -> bool:
        """Whether ending it now would throw away what a person approved."""
        return login.document is not None or login.phase == APPROVED

    def instead(self, login: Login) -> Login:
        """Log in by browser instead of the device code, or the other way round."""
        return self.start(login.name, BROWSER if login.way == DEVICE else DEVICE)


async def _apart(work: Callable[[], str]) -> str:
    """Return what `work` says, which may take long: leaving the program does not wait for it."""
    loop = asyncio.get_running_loop()
    told: asyncio.Future[str] = loop.create_future()

    def tell(words: str) -> None:
        if not told.done():
            told.set_result(words)

    def body() -> None:
        try:
            words = work()
        except OSError:
            words = ""
        try:
            loop.call_soon_threadsafe(tell, words)
        except RuntimeError:
            pass  # the screen is gone

    threading.Thread(target=body, daemon=True).start()
    return await told
