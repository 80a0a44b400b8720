"""What the pictures show: made-up logins in many states, and logins that wait for ever, all at one instant.

Clock, codes and addresses are frozen, so that a picture changes only when the screen does.
"""

from __future__ import annotations

import asyncio
import os

from profiles import store
from profiles.auth_file import parse
from profiles.context import make_context
from profiles.history import Entry, note
from profiles.login_target import prepare
from profiles.marks import LOGIN_NEEDED, set_mark
from profiles.oauth.browser import authorize_url
from profiles.oauth.events import Checked, CodeIssued, UrlIssued
from profiles.oauth.issuer import Issuer
from profiles.reconcile import reconcile
from profiles.usage_answer import UsageSnapshot, Window
from profiles.usage_cache import Remembered, save_usage
from tests.rules.yard import identity_of
from tests.support.documents import with_api_key
from tests.support.tokens import DAY, HOUR, NOON, Login, Person
from tui.login_state import DEVICE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from profiles.context import Context
    from profiles.login_target import LoginTarget
    from profiles.oauth.events import Event
    from tests.screen.stage import Stage
    from tui.screens.login_flows import Asked, Flow

#: Not whole: the pane wakes up at each whole second that is left, and here it is always the same instant.
EXPIRES = 850.4
CODE, PAGE = "MJWT-R7Q4B", "https://auth.openai.com/codex/device"
#: How the made-up server is reached, as its config.toml says.
CONFIG = '[ssh]\nhost = "ada@build.example.com"\n'


class Waiting:
    """A login that waits for ever, and always for the same."""

    def __init__(self, target: LoginTarget, asked: Asked) -> None:
        self.target = target
        self._asked = asked

    def paste(self, text: str) -> None:
        """Nobody pastes anything."""

    async def events(self) -> AsyncGenerator[Event, None]:
        """Wait."""
        if self._asked.way == DEVICE:
            yield CodeIssued(CODE, PAGE, NOON + EXPIRES)
            yield Checked(NOON - 3)
        else:
            issuer = Issuer("https://auth.openai.com")
            callback = "http://127.0.0.1:1455/auth/callback"
            state, challenge = "made-up-state" * 3, "made-up-challenge" * 2
            url = authorize_url(issuer, callback, challenge, state)
            yield UrlIssued(url, callback, 1455, NOON + EXPIRES)
        await asyncio.Event().wait()


def waiting(context: Context, asked: Asked) -> Flow:
    """Return a login that waits for ever, in the place of `open_flow`."""
    return Waiting(prepare(context, asked.name, asked.way), asked)


def furnish(root: str) -> None:
    """Save logins in every state below a home, the first of them active."""
    ada = Login(Person("ada"), issued_at=NOON - 3 * HOUR)
    bob = Login(Person("bob"), issued_at=NOON - 9 * DAY - 6 * HOUR).in_workspace("acme", "team")
    ada.write(f"{root}/.codex")
    old = Login(Person("dan"), issued_at=NOON - 4 * DAY)
    context = make_context()._replace(now=lambda: NOON - 26 * DAY)
    reconcile(context)
    for name, document in (
        ("acme", ada.in_workspace("acme", "team").document()),
        ("bob", bob.document()),
        ("client", Login(Person("cyd"), plan="pro", issued_at=NOON - 11 * DAY).document()),
        ("key", with_api_key()),
        ("laptop", old.document()),
    ):
        store.add_empty(context, name)
        document.write(f"{context.roots.profiles}/{name}")
    store.add_empty(context, "next")
    token = parse(old.document().data(), "").refresh_token
    assert token is not None
    context = context._replace(now=lambda: NOON)
    set_mark(
        context, token.digest(), LOGIN_NEEDED, "its refresh token was used up on another machine"
    )
    _remember(context)
    used = {ada: (37, 61), ada.in_workspace("acme", "team"): (4, 18), bob: (88, 52)}
    save_usage(
        context, {identity_of(login).digest(): used_up(*shares) for login, shares in used.items()}
    )


def _remember(context: Context) -> None:
    """Write down what was done with some of them before."""
    for days, verb, before, name in (
        (6.0, "switch", "ada", "bob"),
        (5.0, "undo", "bob", "ada"),
        (2.0, "switch", "ada", "acme"),
        (1.2, "switch", "acme", "ada"),
    ):
        at = NOON - days * DAY
        note(context, Entry(at, verb, name, "", context.home, "done", before=before))
    note(context, Entry(NOON - 3 * HOUR, "refresh", "", "", "", "refreshed: ada, acme"))


def used_up(hours: int, week: int) -> Remembered:
    """Return what the service said a moment ago about the five hours and the week."""
    windows = (
        Window("5h", 5 * HOUR, hours, NOON + 2 * HOUR),
        Window("7d", 7 * DAY, week, NOON + 3 * DAY),
    )
    return Remembered(UsageSnapshot(NOON - 180, None, windows, None, None))


def frozen(context: Context) -> Context:
    """Return surroundings where it is always the same instant, and nobody runs Codex."""
    return context._replace(now=lambda: NOON, processes=list)


def settle_times(root: str) -> None:
    """Let every file be as old as what it tells, wherever its age is shown."""
    for folder, _, names in os.walk(root):
        for name in names:
            os.utime(f"{folder}/{name}", (NOON - HOUR, NOON - HOUR), follow_symlinks=False)


async def start_login(stage: Stage, profile: str, key: str) -> None:
    """Start a login for a profile that waits for ever, and wait until it is there."""
    stage.main.logins.desk.open_flow = waiting
    stage.app.state.select_name(profile)
    await stage.press(key)
    logins = stage.app.logins

    def waits() -> bool:
        login = logins.of(profile)
        return login is not None and (login.checked_at is not None or bool(login.tunnel))

    await stage.until(waits)
    await stage.settle()
