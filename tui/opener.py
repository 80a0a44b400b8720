"""Is there a browser that this person sees, and how is it opened: a local desktop, Windows around WSL, or $BROWSER.

Over SSH a browser here would open where nobody sits, unless BROWSER names one, as remote editors do.
"""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    #: Where a program is on the PATH, or None.
    Which = Callable[[str], str | None]
    #: Starts a program that is not waited for. Raises OSError.
    Start = Callable[[Sequence[str]], None]

#: Browsers that draw on the terminal, which is ours.
_IN_TERMINAL = frozenset({"w3m", "lynx", "links", "links2", "elinks", "www-browser", "browsh"})
#: What desktops open a URL with.
_DESKTOP = (("xdg-open",), ("gio", "open"), ("sensible-browser",), ("x-www-browser",))
_SSH = ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")


class Opener(NamedTuple):
    """How a URL is opened here. `command` is None where nobody would see it."""

    command: tuple[str, ...] | None
    start: Start

    def can(self, url: str) -> bool:
        """Whether there is a way, and the URL is one for a browser."""
        return self.command is not None and is_web(url)

    def open(self, url: str) -> bool:
        """Open a URL; False where it cannot be. Takes a moment, so call it in a thread."""
        if self.command is None or not is_web(url):
            return False
        try:
            self.start(command_for(self.command, url))
        except OSError:
            return False
        return True


def is_web(url: str) -> bool:
    """Tell whether this is an http or https URL, and nothing that a shell or a command line could read otherwise."""
    return url.startswith(("https://", "http://")) and not any(
        sign in "'\"`<>\\^{|}" or sign.isspace() or not sign.isprintable() for sign in url
    )


def find_opener(
    environ: Mapping[str, str],
    *,
    wsl: bool | None = None,
    which: Which | None = None,
    start: Start | None = None,
) -> Opener:
    """Return how a URL is opened in these surroundings."""
    if which is None:
        from functools import partial
        from shutil import which as find

        which = partial(find, path=environ.get("PATH", os.defpath))
    if wsl is None:
        from profiles.wsl import is_wsl

        wsl = is_wsl(environ)
    return Opener(_command(environ, wsl, which), start or start_apart)


def _command(environ: Mapping[str, str], wsl: bool, which: Which) -> tuple[str, ...] | None:  # noqa: FBT001
    for words in environ.get("BROWSER", "").split(os.pathsep):
        command = tuple(words.split())
        if not command or os.path.basename(command[0]) in _IN_TERMINAL:
            continue
        if which(command[0]) is not None:
            return command
    if any(environ.get(name) for name in _SSH):
        return None
    if wsl:
        return _windows(which)
    if sys.platform == "darwin":
        return ("open",)
    if environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return next((each for each in _DESKTOP if which(each[0]) is not None), None)
    return None


def _windows(which: Which) -> tuple[str, ...] | None:
    if which("wslview") is not None:
        return ("wslview",)
    usual = "/mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe"
    found = which("powershell.exe") or (usual if os.access(usual, os.X_OK) else None)
    if found is None:
        return None
    return (found, "-NoProfile", "-NonInteractive", "-Command", "Start-Process", "'%s'")


def command_for(command: Sequence[str], url: str) -> list[str]:
    """Return the words that open a URL: it comes in the place of `%s`, else last."""
    if any("%s" in word for word in command):
        return [word.replace("%s", url) for word in command]
    return [*command, url]


def start_apart(words: Sequence[str]) -> None:
    """Start a program that neither reads nor writes our terminal and outlives us. Raises OSError."""
    import subprocess

    subprocess.Popen(  # noqa: S603, RUF100
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
