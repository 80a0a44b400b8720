"""From the key to the client: the screen in a real tmux, and the login that Codex uses afterwards."""

from __future__ import annotations

import os

import pytest

from tests.screen.stage import two_logins
from tests.screen.tmux import Tmux
from tests.support.documents import api_key
from tests.support.programs import CODEX_169, CODEXES, need
from tests.support.real_codex import RealCodex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

pytestmark = pytest.mark.tmux


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
        tmux.shows("◆ static", "API key")
        tmux.press("q")
        tmux.shows("ended with 0")
