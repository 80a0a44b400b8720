"""What a config.toml forces is still what the client enforces (C50 to C57)."""

from __future__ import annotations

import os

import pytest

from tests.support.codex_config import CASES, DELETED, Case
from tests.support.native import without_node
from tests.support.real_codex import RealCodex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

pytestmark = pytest.mark.real_codex


@pytest.fixture
def client(codex_169: str, box: Box) -> RealCodex:
    """The newest client, started without its launcher."""
    return RealCodex(without_node(codex_169), box.codex)


def _settle(codex: RealCodex, case: Case) -> str:
    with open(f"{codex.home}/config.toml", "w", encoding="utf-8") as file:
        file.write(f"{case.line}\n")
    return case.document.write(codex.home)


def test_login_status_takes_what_was_recorded(client: RealCodex) -> None:
    """Exit 0 where the login is taken; else "Not logged in" or, with a config that does not load, an error."""
    for case in CASES:
        path = _settle(client, case)
        done = client.login_status()
        assert (done.code == 0) == case.status, f"{case.line}: {done.text}"
        assert ("Error loading config" in done.text) == (not case.loads), done.text
        assert os.path.exists(path)


def test_a_session_deletes_what_was_recorded(client: RealCodex) -> None:
    """A `codex exec` takes auth.json away before it does anything else, and says so."""
    cases = [case for case in CASES if case.session == DELETED]
    for case in cases:
        path = _settle(client, case)
        done = client.run("exec", "--skip-git-repo-check", "hello", timeout=60)
        assert done.code == 1
        assert "Logging out" in done.text, f"{case.line}: {done.text}"
        assert not os.path.exists(path)
    assert len(cases) > 8
