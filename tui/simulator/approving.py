"""Who approves the demo's logins when nobody clicks: the one whose profile it is, else somebody new."""

from __future__ import annotations

import contextlib
import http.client
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tui.login_state import WAITING

if TYPE_CHECKING:
    from tui.login_state import Login
    from tui.screens.switchyard import Switchyard
    from tui.simulator.demo_profiles import Furnished
    from tui.simulator.server import Simulator

#: Seconds after which a page counts as clicked on that nobody here can see, since no browser can be opened.
CLICKED_AFTER = 20.0


class Approver:
    """Knows whose login a code or a URL is for, by looking at the screen's own logins."""

    def __init__(self, furnished: Furnished, simulator: Simulator) -> None:
        self._owners = furnished.owners
        self._newcomers = list(furnished.newcomers)
        self._simulator = simulator
        self._lock = threading.Lock()
        self._app: Switchyard | None = None
        self._seen: set[Login] = set()
        self._timers: list[threading.Timer] = []

    def watch(self, app: Switchyard) -> None:
        """Look at the logins of this application."""
        self._app = app
        app.logins.watch(self._look)

    def approve(self, user_code: str) -> tuple[str, str | None]:
        """Return who approves a device code, as e-mail and workspace; called from the simulator's threads."""
        for login in self._logins():
            if login.code is not None and login.code.user_code == user_code:
                return self._person(login.name)
        return self._person("")

    def end(self) -> None:
        """Click on nothing any more."""
        for timer in self._timers:
            timer.cancel()

    def _logins(self) -> list[Login]:
        return list(self._app.logins.all) if self._app is not None else []

    def _person(self, name: str) -> tuple[str, str | None]:
        with self._lock:
            if name not in self._owners:
                # The last one comes again and again: by then there has been enough to see.
                newcomers = self._newcomers
                email = newcomers.pop(0) if len(newcomers) > 1 else newcomers[0]
                self._owners[name] = (email, "Personal")
            return self._owners[name]

    def _look(self) -> None:
        """On the screen's thread: find browser logins whose page nobody can see."""
        app = self._app
        if app is None:
            return
        for login in self._logins():
            if login.url is None or login in self._seen:
                continue
            self._seen.add(login)
            if not app.opener.can(login.url.authorize_url):
                login.note = (
                    f"demo: {CLICKED_AFTER:.0f} s after its start the page is clicked on by itself"
                )
                app.logins.tell()
                timer = threading.Timer(CLICKED_AFTER, self._click, [login])
                timer.daemon = True
                timer.start()
                self._timers.append(timer)

    def _click(self, login: Login) -> None:
        """Do what a browser would, through its tunnel."""
        url = login.url
        if url is None or login.phase != WAITING or login not in self._logins():
            return
        email, workspace = self._person(login.name)
        callback = urlsplit(self._simulator.browse(url.authorize_url, email, workspace))
        connection = http.client.HTTPConnection("127.0.0.1", url.port, timeout=10)
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            contextlib.closing(connection),
        ):
            target = f"{callback.path}?{callback.query}"
            connection.request("GET", target, headers={"Host": callback.netloc})
            connection.getresponse().read()
