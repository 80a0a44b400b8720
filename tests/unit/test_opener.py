"""Whether there is a browser that the person sees, and the words that open it; nothing is opened here."""

from __future__ import annotations

import sys

import pytest

from tui.opener import find_opener, is_web

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

URL = "https://auth.openai.com/oauth/authorize?response_type=code&state=a_b-c&scope=openid+profile"
SSH = {"SSH_CONNECTION": "10.0.0.2 5000 10.0.0.9 22", "DISPLAY": ":0"}
ALL = ("xdg-open", "gio", "firefox", "w3m", "wslview", "powershell.exe", "code-helper")


def _opened(
    environ: Mapping[str, str], programs: Sequence[str] = ALL, *, wsl: bool = False, url: str = URL
) -> list[str] | None:
    """Return the words that would be run, or None."""
    ran: list[list[str]] = []
    opener = find_opener(
        environ,
        wsl=wsl,
        which=lambda name: f"/usr/bin/{name}" if name in programs else None,
        start=lambda words: ran.append(list(words)),
    )
    assert opener.open(url) == bool(ran)
    assert opener.can(url) == bool(ran)
    return ran[0] if ran else None


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac has its own")
@pytest.mark.parametrize(
    ("environ", "programs", "wsl", "words"),
    [
        ({"DISPLAY": ":0"}, ALL, False, ["xdg-open", URL]),
        ({"WAYLAND_DISPLAY": "wayland-0"}, ("gio",), False, ["gio", "open", URL]),
        ({}, ALL, False, None),
        ({"DISPLAY": ":0"}, (), False, None),
        (SSH, ALL, False, None),
        ({**SSH, "BROWSER": "code-helper"}, ALL, False, ["code-helper", URL]),
        ({"BROWSER": "w3m"}, ALL, False, None),
        ({"BROWSER": "w3m:firefox --new-window %s"}, ALL, False, ["firefox", "--new-window", URL]),
        ({"BROWSER": "missing", "DISPLAY": ":0"}, ALL, False, ["xdg-open", URL]),
        ({}, ALL, True, ["wslview", URL]),
        (SSH, ALL, True, None),
    ],
    ids=[
        *("x11", "wayland", "console", "no program", "ssh", "remote editor", "in the terminal"),
        *("list with place", "missing", "wsl", "ssh into wsl"),
    ],
)
def test_who_opens(
    environ: Mapping[str, str], programs: Sequence[str], wsl: bool, words: list[str] | None
) -> None:
    """Only where somebody sees it: never over SSH unless BROWSER names a program, never in our own terminal."""
    assert _opened(environ, programs, wsl=wsl) == words


def test_powershell() -> None:
    """WSL without wslview asks Windows's PowerShell; the URL is one quoted word there, though it holds an &."""
    words = _opened({}, ("powershell.exe",), wsl=True)
    assert words is not None
    assert words[0] == "/usr/bin/powershell.exe"
    assert words[-2:] == ["Start-Process", f"'{URL}'"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "--help",
        "https://example.com/'; calc; '",
        "https://example.com/\nnext",
        "https://example.com/$(id)`id`",
        "",
    ],
)
def test_what_is_never_opened(url: str) -> None:
    """Whatever is no http or https URL, or could be read otherwise by a shell, opens nothing."""
    assert not is_web(url)
    assert _opened({"DISPLAY": ":0"}, url=url) is None


def test_a_program_that_does_not_start() -> None:
    """A program that cannot be run is a no, and no exception."""

    def fail(_words: Sequence[str]) -> None:
        raise FileNotFoundError

    opener = find_opener({"DISPLAY": ":0"}, wsl=False, which=lambda name: name, start=fail)
    assert opener.open(URL) is False
