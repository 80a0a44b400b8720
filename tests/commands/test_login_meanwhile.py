"""`tui login` while something else goes on: a Codex that runs, a profile that is deleted or renamed."""

from __future__ import annotations

import pytest

from tests.commands.logins import USER_CODE, Running, saved, settled
from tests.support.cli import run_tui
from tests.support.fake_codex import running_codex
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """An issuer that knows ada."""
    with Simulator() as made:
        made.people.add("ada@example.com")
        yield made


def test_a_codex_that_runs_is_to_be_restarted(box: Box, simulator: Simulator) -> None:
    """It keeps the old login until then."""
    settled(box, simulator, "ada", "ada@example.com", active=True)
    with (
        running_codex(f"{box.path}/bin", CODEX_HOME=box.codex),
        Running(["ada", "--device-code"], simulator) as login,
    ):
        simulator.device.approve(login.wait_for(USER_CODE)[1], "ada@example.com")
        ran = login.end(0)
    assert ran.err.splitlines()[-1] == "next: restart the codex that runs"


@pytest.mark.parametrize("deed", ["delete", "rename", "neither"])
def test_a_profile_that_is_gone_at_the_end(box: Box, simulator: Simulator, deed: str) -> None:
    """Deleted or renamed while the login went on: it is made anew, and that is said; else nothing is."""
    settled(box, simulator, "ada", "ada@example.com")
    with Running(["ada", "--device-code"], simulator) as login:
        code = login.wait_for(USER_CODE)[1]
        words = {"delete": ["delete", "ada", "--yes"], "rename": ["rename", "ada", "eve"]}
        if deed in words:
            assert run_tui(words[deed]).code == 0
        simulator.device.approve(code, "ada@example.com")
        ran = login.end(0)
    assert saved(box, "ada")["tokens"]["refresh_token"]
    said = "note: ada was deleted or renamed in the meantime; it was made anew\n"
    assert (said in ran.err) is (deed in words)
