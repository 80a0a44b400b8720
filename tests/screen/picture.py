"""Make the pictures of the screen, all of them: `python -m tests.screen.picture`; with names only those.

Made-up logins in a temporary folder, clock, codes and addresses frozen, so that a picture changes only when the screen
does. The PNG is made from the SVG by rsvg-convert.
"""

from __future__ import annotations

import asyncio
import html
import os
import re
import subprocess
import sys
import tempfile

from profiles import store
from profiles.context import make_context
from profiles.login_target import prepare
from profiles.oauth.browser import authorize_url
from profiles.oauth.events import Checked, CodeIssued, UrlIssued
from profiles.oauth.issuer import Issuer
from profiles.reconcile import reconcile
from profiles.usage_answer import UsageSnapshot, Window
from profiles.usage_cache import Remembered, save_usage
from tests.rules.yard import identity_of
from tests.screen.stage import open_stage, put
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

FOLDER = "screenshots"
#: The size at which a sign of DejaVu Sans Mono is as wide as the picture's cells: rsvg-convert does not stretch text.
FITTING = 12.2 / 0.60205
#: Each picture, and the size of its screen.
SIZES = {"list": (110, 26), "login-device": (110, 42), "login-browser": (90, 24)}
CODE, PAGE = "MJWT-R7Q4B", "https://auth.openai.com/codex/device"
#: How the made-up server is reached, as its config.toml says.
CONFIG = '[ssh]\nhost = "ada@build.example.com"\n'


class _Waiting:
    """A login that waits for ever, and always for the same."""

    def __init__(self, target: LoginTarget, asked: Asked) -> None:
        self.target = target
        self._asked = asked

    def paste(self, text: str) -> None:
        """Nobody pastes anything."""

    async def events(self) -> AsyncGenerator[Event, None]:
        """Wait."""
        if self._asked.way == DEVICE:
            yield CodeIssued(CODE, PAGE, NOON + 850)
            yield Checked(NOON - 3)
        else:
            issuer = Issuer("https://auth.openai.com")
            callback = "http://127.0.0.1:1455/auth/callback"
            state, challenge = "made-up-state" * 3, "made-up-challenge" * 2
            url = authorize_url(issuer, callback, challenge, state)
            yield UrlIssued(url, callback, 1455, NOON + 850)
        await asyncio.Event().wait()


def _waiting(context: Context, asked: Asked) -> Flow:
    return _Waiting(prepare(context, asked.name, asked.way), asked)


def _furnish(root: str) -> None:
    """Save some logins in different states, the first of them active."""
    ada = Login(Person("ada"), issued_at=NOON - 3 * HOUR)
    bob = Login(Person("bob"), issued_at=NOON - 9 * DAY - 6 * HOUR).in_workspace("acme", "team")
    ada.write(f"{root}/.codex")
    context = make_context()._replace(now=lambda: NOON)
    reconcile(context)
    for name, document in (
        ("acme", ada.in_workspace("acme", "team").document()),
        ("bob", bob.document()),
        ("client", Login(Person("cyd"), plan="pro", issued_at=NOON - 11 * DAY).document()),
        ("key", with_api_key()),
    ):
        store.add_empty(context, name)
        document.write(f"{context.roots.profiles}/{name}")
    store.add_empty(context, "next")
    used = {ada: (37, 61), ada.in_workspace("acme", "team"): (4, 18), bob: (88, 52)}
    save_usage(
        context, {identity_of(login).digest(): _used(*shares) for login, shares in used.items()}
    )


def _used(hours: int, week: int) -> Remembered:
    """Return what the service said a moment ago about the five hours and the week."""
    windows = (
        Window("5h", 5 * HOUR, hours, NOON + 2 * HOUR),
        Window("7d", 7 * DAY, week, NOON + 3 * DAY),
    )
    return Remembered(UsageSnapshot(NOON - 180, None, windows, None, None))


async def _draw(name: str, path: str) -> None:
    context = make_context()._replace(now=lambda: NOON, processes=list)
    async with open_stage(SIZES[name], context) as stage:
        stage.main.logins.desk.open_flow = _waiting
        await stage.press("j")
        if name == "login-device":
            await _start(stage, "client", "l")
            await stage.press("escape")
            await _start(stage, "bob", "l")
        elif name == "login-browser":
            await _start(stage, "client", "L")
            await stage.shows("ada@build.example.com")
        stage.app.clear_notifications()
        await stage.settle()
        stage.app.save_screenshot(os.path.basename(path), os.path.dirname(path))


async def _start(stage: Stage, profile: str, key: str) -> None:
    """Start a login for a profile, and wait until it is there."""
    stage.app.state.select_name(profile)
    await stage.press(key)
    await stage.shows("expires in 14:10")


def _placed(svg: str) -> str:
    """Begin each text where its first sign stands: rsvg-convert drops the spaces before it."""

    def place(match: re.Match[str]) -> str:
        head, x, middle, length, tail, text = match.groups()
        signs = len(html.unescape(text))
        bare = text.removeprefix("&#160;" * (signs - len(html.unescape(text).lstrip("\xa0"))))
        lost = signs - len(html.unescape(bare))
        width = float(length) / signs
        return f"{head}{float(x) + lost * width:.1f}{middle}{float(length) - lost * width:.1f}{tail}{bare}"

    pattern = r'(<text[^>]* x=")([\d.]+)("[^>]* textLength=")([\d.]+)("[^>]*>)([^<]+)'
    return re.sub(pattern, place, svg)


def main() -> None:
    """Write `screenshots/NAME.svg` and its PNG, for every name or those that are given."""
    os.makedirs(FOLDER, exist_ok=True)
    folder = os.path.abspath(FOLDER)
    for name in sys.argv[1:] or SIZES:
        _make(name, f"{folder}/{name}.svg")


def _make(name: str, path: str) -> None:
    with tempfile.TemporaryDirectory(prefix="sy-", dir="/tmp") as root:
        for variable in ("CODEX_HOME", "SSH_CONNECTION", "SSH_TTY", "DISPLAY", "WAYLAND_DISPLAY"):
            os.environ.pop(variable, None)
        os.environ.pop("NO_COLOR", None)
        os.environ.update(
            HOME=root,
            SWITCHYARD_HOME=f"{root}/.switchyard",
            TZ="UTC",
            # As in a terminal of today, whichever this is run in.
            TERM="xterm-256color",
            COLORTERM="truecolor",
            LC_ALL="C.UTF-8",
        )
        put(f"{root}/.switchyard/config/config.toml", CONFIG.encode())
        _furnish(root)
        asyncio.run(_draw(name, path))
    with open(path, encoding="utf-8") as file:
        svg = _placed(file.read())
    with open(path, "w", encoding="utf-8") as file:
        file.write(svg)
    subprocess.run(
        ["rsvg-convert", "--zoom=1.5", "-o", path.replace(".svg", ".png")],
        input=svg.replace("font-size: 20px", f"font-size: {FITTING:.3f}px").encode(),
        check=True,
    )


if __name__ == "__main__":
    main()
