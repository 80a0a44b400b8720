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
from typing import NamedTuple

from profiles.context import make_context
from tests.screen.scenes import CONFIG, frozen, furnish, settle_times, start_login
from tests.screen.stage import open_stage, put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.screen.stage import Stage

FOLDER = "screenshots"
#: The size at which a sign of DejaVu Sans Mono is as wide as the picture's cells: rsvg-convert does not stretch text.
FITTING = 12.2 / 0.60205


class Picture(NamedTuple):
    """A picture: the size of its screen, how it comes about, and lines of the person's config.toml."""

    size: tuple[int, int]
    play: Callable[[Stage], Awaitable[None]]
    config: str = ""


async def _list(stage: Stage) -> None:
    await stage.press("j")


async def _device(stage: Stage) -> None:
    await start_login(stage, "client", "l")
    await stage.press("escape")
    await start_login(stage, "bob", "l")


async def _tunnel(stage: Stage) -> None:
    await start_login(stage, "client", "L")
    await stage.shows("ada@build.example.com")


async def _usage(stage: Stage) -> None:
    await stage.press("j", "right_square_bracket", "right_square_bracket")


async def _narrow(stage: Stage) -> None:
    await stage.press("j")


PICTURES = {
    "list": Picture((140, 28), _list),
    "login-device": Picture((110, 42), _device),
    "login-browser": Picture((90, 24), _tunnel),
    "usage": Picture((112, 20), _usage),
    "narrow": Picture((40, 14), _narrow),
    "mono": Picture((110, 24), _list, 'theme = "mono"\n'),
}


def draw(name: str, path: str) -> None:
    """Draw one picture as an SVG, in the surroundings that `surround` made."""
    asyncio.run(_play(PICTURES[name], path))
    with open(path, encoding="utf-8") as file:
        svg = _placed(file.read())
    with open(path, "w", encoding="utf-8") as file:
        file.write(svg)


async def _play(picture: Picture, path: str) -> None:
    async with open_stage(picture.size, frozen(make_context())) as stage:
        await picture.play(stage)
        stage.app.clear_notifications()
        await stage.settle()
        stage.app.save_screenshot(os.path.basename(path), os.path.dirname(path))


def surround(name: str, root: str) -> dict[str, str]:
    """Furnish a home for a picture, and return the environment that names it: that of a terminal of today."""
    environ = {
        "HOME": root,
        "SWITCHYARD_HOME": f"{root}/.switchyard",
        "TZ": "UTC",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LC_ALL": "C.UTF-8",
    }
    os.environ.update(environ)
    put(f"{root}/.switchyard/config/config.toml", (PICTURES[name].config + CONFIG).encode())
    furnish(root)
    settle_times(root)
    return environ


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
    for variable in ("CODEX_HOME", "NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "DISPLAY"):
        os.environ.pop(variable, None)
    os.environ.pop("WAYLAND_DISPLAY", None)
    for name in sys.argv[1:] or PICTURES:
        with tempfile.TemporaryDirectory(prefix="sy-", dir="/tmp") as root:
            surround(name, root)
            draw(name, f"{folder}/{name}.svg")
        _rasterise(f"{folder}/{name}.svg")


def _rasterise(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        svg = file.read()
    subprocess.run(
        ["rsvg-convert", "--zoom=1.5", "-o", path.replace(".svg", ".png")],
        input=svg.replace("font-size: 20px", f"font-size: {FITTING:.3f}px").encode(),
        check=True,
    )


if __name__ == "__main__":
    main()
