"""Logins as people do them: the screen in a real tmux, keys and pastes, the simulator as the service."""

from __future__ import annotations

import os
import re
import subprocess
import time

import pytest

from tests.screen.login_stage import give
from tests.screen.stage import is_there, two_logins
from tests.screen.tmux import Tmux
from tests.support.programs import need
from tests.support.redirect_ports import is_free
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

pytestmark = pytest.mark.tmux

BOB = "bob@bletchley.example"
CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{5}\b")
URL = re.compile(r"http://127\.0\.0\.1:\d+/oauth/authorize\?\S+originator=codex_cli_rs")


@pytest.fixture
def simulator(box: Box) -> Iterator[Simulator]:
    """The service, with two people; what it knows as secret may be nowhere on the disk but in logins."""
    with Simulator() as running:
        os.environ["SWITCHYARD_ISSUER"] = running.url
        os.environ["SSH_CONNECTION"] = "10.0.0.2 50000 10.0.0.9 22"
        running.people.add("ada@example.com")
        running.people.add(BOB)
        give(running, "work", BOB)
        yield running
        _check_disk(box, running)


def _check_disk(box: Box, simulator: Simulator) -> None:
    """Fail when a secret lies in a file that is no login: a log, a history, a setting."""
    secrets = {secret.encode() for secret in simulator.secrets() if len(secret) > 7}
    for folder, _, names in os.walk(box.path):
        for name in names:
            path = f"{folder}/{name}"
            if not os.path.isfile(path) or name == "auth.json" or "/backups/" in path:
                continue
            with open(path, "rb") as file:
                content = file.read()
            assert not [secret for secret in secrets if secret in content], path


def _check_screen(tmux: Tmux, simulator: Simulator) -> None:
    text = tmux.text
    assert not [secret for secret in simulator.secrets() if secret in text]


def _find(tmux: Tmux, pattern: re.Pattern[str], *, joined: bool = False) -> str:
    """Return what of the screen matches, as soon as something does; `joined` mends lines that tmux broke."""
    end = time.monotonic() + 30
    while True:
        text = tmux._run("capture-pane", "-p", *(["-J"] if joined else []))
        if found := pattern.search(text):
            return found.group()
        assert time.monotonic() < end, text
        time.sleep(0.05)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (40, 12)], ids=str)
def test_fill_a_new_profile(box: Box, simulator: Simulator, size: tuple[int, int]) -> None:
    """N, a name, a code typed elsewhere: the new profile has its login, and a key switches to it."""
    with Tmux(box) as tmux:
        tmux.start(*size)
        tmux.shows("work", "? help")
        tmux.press("n")
        tmux.shows("New profile", "device code")
        tmux.type("carol")
        tmux.press("Enter")
        code = _find(tmux, CODE)
        tmux.shows(f"{simulator.url}/codex/device", "expires in")
        simulator.device.approve(code, "ada@example.com")
        tmux.shows("saved as carol", "space switch")
        _check_screen(tmux, simulator)
        tmux.press("Space")
        tmux.shows("switched to carol", "Profiles", "● carol")
        tmux.press("q")
        tmux.shows("ended with 0")
    assert is_there(f"{box.codex}/auth.json")


def test_the_whole_url_can_be_selected(
    box: Box, simulator: Simulator, redirect_ports: object
) -> None:
    """P shows the URL as one line of the terminal; a callback that tmux pastes in brackets brings the login."""
    with Tmux(box) as tmux:
        tmux.start(80, 24)
        tmux.shows("work", "? help")
        tmux.press("G", "L")
        tmux.shows("Sign in at this page", "ssh -N -o ExitOnForwardFailure=yes", "no callback seen")
        tmux.press("p")
        tmux.shows("esc goes back")
        url = _find(tmux, URL, joined=True)
        callback = simulator.browse(url, BOB)
        tmux.press("Escape")
        tmux.shows("no callback seen")
        tmux._run("set-buffer", f"  {callback}\n")
        tmux._run("paste-buffer", "-p")
        tmux.shows(f"{BOB} saved as work")
        _check_screen(tmux, simulator)
        tmux.press("Escape")
        tmux.shows("Profiles")
        tmux.press("q")
        tmux.shows("ended with 0")


def test_curl_as_the_pane_says(box: Box, simulator: Simulator, redirect_ports: object) -> None:
    """The callback given to curl on its standard input, exactly as the pane says, brings the login."""
    with Tmux(box) as tmux:
        tmux.start(120, 36)
        tmux.shows("work", "? help")
        tmux.press("G", "L")
        tmux.shows("no callback seen")
        line = _find(tmux, re.compile(r"curl -sS.*? -K -"))
        tmux.press("p")
        callback = simulator.browse(_find(tmux, URL, joined=True), BOB)
        done = subprocess.run(
            [need("curl"), *line.split()[1:]],
            input=f'url = "{callback}"\n',
            capture_output=True,
            text=True,
            check=True,
        )
        assert not [secret for secret in simulator.secrets() if secret in done.stdout + done.stderr]
        tmux.press("Escape")
        tmux.shows(f"{BOB} saved as work")


@pytest.mark.parametrize("keys", ["l", "L", "Lp"])
def test_the_terminal_closes(
    box: Box, simulator: Simulator, request: pytest.FixtureRequest, keys: str
) -> None:
    """A terminal that goes away in the middle of a login (SIGHUP) ends it: port given back, profile as it was."""
    way, rest = keys[0], keys[1:]
    if way == "L":
        request.getfixturevalue("redirect_ports")
    with open(f"{box.profile('work')}/auth.json", "rb") as file:
        before = file.read()
    with Tmux(box) as tmux:
        tmux.start(100, 30)
        tmux.shows("work", "? help")
        tmux.press("G", way)
        tmux.shows("expires in")
        if way == "L":
            assert not is_free(1455)
        for key in rest:
            tmux.press(key)
            tmux.shows("esc goes back")
    end = time.monotonic() + 20
    while way == "L" and not is_free(1455):
        assert time.monotonic() < end
        time.sleep(0.05)
    asked = -1
    while asked != len(simulator.log):
        asked = len(simulator.log)
        time.sleep(1.2)  # longer than two questions are apart
        assert time.monotonic() < end
    with open(f"{box.profile('work')}/auth.json", "rb") as file:
        assert file.read() == before


def test_two_profiles_at_once(box: Box, simulator: Simulator) -> None:
    """Two codes wait at once, the brackets go between them, and each profile gets its own person's login."""
    two_logins(box)
    with Tmux(box) as tmux:
        tmux.start(100, 44)
        tmux.shows("personal", "work", "? help")
        codes = []
        for name in ("one", "two"):
            tmux.press("n")
            tmux.shows("New profile")
            tmux.type(name)
            tmux.press("Enter")
            tmux.shows(f"Login  {name}  device code", "expires in")
            codes.append(_find(tmux, CODE))
        tmux.shows("→ one", "→ two", "2 logins run")
        simulator.device.approve(codes[0], "ada@example.com")
        tmux.shows("✓ one")
        simulator.device.approve(codes[1], BOB)
        tmux.shows("✓ two", f"{BOB} saved as two")
        tmux.press("[")
        tmux.shows("ada@example.com saved as one")
        _check_screen(tmux, simulator)
