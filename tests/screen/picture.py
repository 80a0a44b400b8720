"""Make the README's picture of the screen: `python -m tests.screen.picture`.

Made-up logins in a temporary folder, the clock frozen, so that the picture changes only when the screen does. The PNG
is made from the SVG by rsvg-convert.
"""

from __future__ import annotations

import asyncio
import html
import os
import re
import subprocess
import tempfile

from profiles import store
from profiles.context import make_context
from profiles.reconcile import reconcile
from tests.screen.stage import open_stage
from tests.support.documents import with_api_key
from tests.support.tokens import DAY, HOUR, NOON, Login, Person

FOLDER = "screenshots"
SIZE = (110, 26)


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


async def _draw(path: str) -> None:
    context = make_context()._replace(now=lambda: NOON, processes=list)
    async with open_stage(SIZE, context) as stage:
        await stage.press("j")
        stage.app.save_screenshot(os.path.basename(path), os.path.dirname(path))


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
    """Write `screenshots/list.svg` and its PNG."""
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.abspath(f"{FOLDER}/list.svg")
    with tempfile.TemporaryDirectory(prefix="sy-", dir="/tmp") as root:
        os.environ.update(HOME=root, SWITCHYARD_HOME=f"{root}/.switchyard", TZ="UTC")
        os.environ.pop("CODEX_HOME", None)
        _furnish(root)
        asyncio.run(_draw(path))
    with open(path, encoding="utf-8") as file:
        svg = _placed(file.read())
    with open(path, "w", encoding="utf-8") as file:
        file.write(svg)
    subprocess.run(
        ["rsvg-convert", "--zoom=1.5", "-o", path.replace(".svg", ".png"), path], check=True
    )


if __name__ == "__main__":
    main()
