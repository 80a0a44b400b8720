"""From the key to the client: the screen in a real tmux, and the login that Codex uses afterwards."""

from __future__ import annotations

import os

import pytest

from tests.screen.stage import live_login, two_logins
from tests.screen.tmux import Tmux, with_path
from tests.support.documents import api_key
from tests.support.fake_codex import script
from tests.support.programs import CODEX_169, CODEXES, need
from tests.support.real_codex import RealCodex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

pytestmark = pytest.mark.tmux

#: A client that says who it is and waits for a line, as one that a person talks to.
TALKS = """
import os, sys
print("I am", " ".join(sys.argv[1:]) or "codex", "in", os.environ["CODEX_HOME"], flush=True)
print("token in environment:", "CODEX_ACCESS_TOKEN" in os.environ, flush=True)
line = sys.stdin.readline().strip()
sys.exit(int(line) if line.isdigit() else 0)
"""


@pytest.mark.real_codex
@pytest.mark.parametrize("client", CODEXES)
def test_the_client_is_the_other_account_afterwards(box: Box, client: str) -> None:
    """Switch by keys in tmux: the real Codex, asked for its token, has the other one; u gives it back."""
    codex = RealCodex(need(client), box.codex)
    ada, bob = two_logins(box)
    assert codex.access_token() == ada.access_token
    with Tmux(box) as tmux:
        tmux.start(120, 30)
        tmux.shows("● personal", "work", "? help")
        tmux.press("j", "Space")
        tmux.shows("switched to work", "u undoes to personal", "● work")
        assert codex.access_token() == bob.access_token
        assert codex.login_status().code == 0
        tmux.press("u")
        tmux.shows("undone: personal is the active login again")
        assert codex.access_token() == ada.access_token
        tmux.press("q")
        tmux.shows("ended with 0")
    assert not os.path.exists(f"{box.codex}/auth.json.switchyard")


@pytest.mark.real_codex
def test_a_login_of_the_client_is_seen_and_adopted(box: Box) -> None:
    """What `codex login --with-api-key` writes meanwhile is saved as a profile before a switch goes over it."""
    two_logins(box)
    codex = RealCodex(need(CODEX_169), box.codex)
    key = api_key("meanwhile")
    with Tmux(box) as tmux:
        tmux.start(120, 30)
        tmux.shows("● personal", "work")
        assert codex.login_with_api_key(key).code == 0
        tmux.press("G", "Space")
        tmux.shows("switched to work")
        tmux.press("R")
        tmux.shows("read again: 3 profiles", "◆ static", "API key")
        tmux.press("q")
        tmux.shows("ended with 0")


def test_run_codex_as_another(box: Box) -> None:
    """X runs codex with the terminal its own, in the profile's home; nothing is switched by it."""
    ada, _ = two_logins(box)
    folder = f"{box.path}/bin"
    script(folder, TALKS)
    with Tmux(box) as tmux:
        tmux.start(100, 30, env={"PATH": with_path(folder), "CODEX_ACCESS_TOKEN": "made-up"})
        tmux.shows("● personal", "CODEX_ACCESS_TOKEN wins")
        tmux.press("G", "x")
        tmux.shows("codex as work; nothing is switched", f"in {box.profile('work')}")
        tmux.shows("token in environment: False")
        tmux.shows_not("Profiles")
        tmux.press("Enter")
        tmux.shows("Profiles", "● personal", "? help")
        tmux.press("x")
        tmux.shows("I am codex in")
        tmux.type("3")
        tmux.press("Enter")
        tmux.shows("codex ended with exit code 3. Press enter")
        tmux.press("Enter")
        tmux.shows("codex as work ended with exit code 3", "? help")
        tmux.press("j", "k", "q")
        tmux.shows("ended with 0")
    assert live_login(box) == ada.document().data()


def test_run_without_codex(box: Box) -> None:
    """Where no codex is on the PATH, x says so with the way to get one, and the screen is back."""
    two_logins(box)
    with Tmux(box) as tmux:
        tmux.start(120, 30, env={"PATH": "/usr/bin:/bin"})
        tmux.shows("● personal")
        tmux.press("x")
        tmux.shows("codex is not on the PATH", "npm install -g @openai/codex", "? help")
        tmux.press("@")
        tmux.shows("npm install -g @openai/codex")
        tmux.press("q", "q")
        tmux.shows("ended with 0")


def test_suspend_and_come_back(box: Box) -> None:
    """Ctrl+z goes to the shell that started it, fg comes back to a whole screen with every key working."""
    _, bob = two_logins(box)
    with Tmux(box) as tmux:
        tmux.start(100, 30, command=["bash", "--norc", "--noprofile", "-i"])
        tmux.type("PS1='shell> '; python3 -c pass; clear")
        tmux.press("Enter")
        tmux.shows("shell>")
        import shlex

        from tests.support.cli import tui_command

        tmux.type(shlex.join(tui_command()))
        tmux.press("Enter")
        tmux.shows("● personal", "Held in", "? help")
        tmux.press("C-z")
        tmux.shows("Stopped", "shell>")
        tmux.type("fg")
        tmux.press("Enter")
        tmux.shows("● personal", "Held in", "? help")
        tmux.press("j", "Space")
        tmux.shows("switched to work")
        tmux.press("q")
        tmux.shows("shell>")
        tmux.type("stty -a | tr ' ' '\\n' | grep -x -e echo -e icanon -e isig | sort | tr '\\n' +")
        tmux.press("Enter")
        tmux.shows("echo+icanon+isig+")
    assert live_login(box) == bob.document().data()


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 36), (40, 12)])
def test_the_main_things_by_keys_alone(box: Box, columns: int, rows: int) -> None:
    """List, detail, filter, switch, undo, rename, note, delete, help, events and quit, at three sizes."""
    ada, _ = two_logins(box)
    with Tmux(box) as tmux:
        tmux.start(columns, rows)
        tmux.shows("personal", "work", "? help")
        tmux.press("/")
        tmux.type("wo")
        tmux.shows("/wo  1/2")
        tmux.press("Enter", "Space")
        tmux.shows("switched to work")
        tmux.press("u")
        tmux.shows("undone: personal")
        tmux.press("Enter")
        tmux.shows("Identity", "bob@bletchley.example")
        tmux.press("Escape")
        tmux.shows("1/2")
        tmux.press("Escape")
        tmux.shows("Profiles  2")
        tmux.press("G", "e")
        tmux.shows("Rename work")
        tmux.press("C-u")
        tmux.type("bletchley")
        tmux.press("Enter")
        tmux.shows("work is now called bletchley")
        tmux.press("E")
        tmux.shows("Note of bletchley")
        tmux.type("from the park")
        tmux.press("Enter")
        tmux.shows("note of bletchley saved")
        tmux.press("d")
        tmux.shows("Delete bletchley?", "n cancel")
        tmux.press("y")
        tmux.shows("deleted bletchley")
        tmux.press("?")
        tmux.shows("Keys", "esc closes")
        tmux.press("q", "@")
        tmux.shows("Events", "deleted bletchley")
        tmux.press("q", "q")
        tmux.shows("ended with 0")
    assert live_login(box) == ada.document().data()


def test_resizing_a_real_window(box: Box) -> None:
    """Made smaller and larger, the window always shows a whole screen, or one sentence."""
    two_logins(box)
    with Tmux(box) as tmux:
        tmux.start(120, 36)
        tmux.shows("● personal", "Profile ─")
        for columns, rows in ((60, 20), (35, 8), (200, 50), (40, 10), (100, 30)):
            tmux.resize(columns, rows)
            if columns < 40:
                tmux.shows("terminal too small, 40x10", f"is {columns}x{rows}")
            else:
                tmux.shows("● personal", "? help")
        tmux.shows("Profile ─", "Held in")
        tmux.press("q")
        tmux.shows("ended with 0")
