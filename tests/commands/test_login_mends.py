"""What other commands say about a login that cannot be used: the step that they name mends it."""

from __future__ import annotations

import json
import os
import re

import pytest

from profiles.marks import LOGIN_NEEDED, set_mark
from profiles.model import Secret
from tests.commands.logins import check_files, live, saved, settled
from tests.commands.scenes import failure
from tests.support.cli import run_tui, tui_json
from tests.surroundings.scene import quiet_context, write
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """An issuer at which ada's codes are approved at once."""
    with Simulator(interval="0", approve_after=0.0) as made:
        made.people.add("ada@example.com")
        yield made


def _cut(path: str) -> None:
    with open(path, "rb") as file:
        data = file.read()
    write(path, data[: len(data) // 2])


def _mix(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    document["tokens"]["account_id"] = "another-account"
    write(path, json.dumps(document).encode())


def _need_login(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        token = Secret(json.load(file)["tokens"]["refresh_token"])
    set_mark(quiet_context(), token.digest(), LOGIN_NEEDED, "revoked")


#: How a profile's auth.json may be, and the exit code of a switch to it.
STATES = {"gone": 4, "cut": 1, "mixed": 1, "login-needed": 4}


@pytest.mark.parametrize("state", STATES)
def test_the_step_that_is_named_mends_it(box: Box, simulator: Simulator, state: str) -> None:
    """R6, R11, R17: switch refuses, names one command, and after that command switches."""
    settled(box, simulator, "ada", "ada@example.com")
    path = f"{box.profile('ada')}/auth.json"
    match state:
        case "gone":
            os.unlink(path)
        case "cut":
            _cut(path)
        case "mixed":
            _mix(path)
        case _:
            _need_login(path)
    error = failure(["switch", "ada", "--json"], STATES[state])
    step = re.search(r"tui (login ada --device-code)$", error["next"])
    assert step
    ran = run_tui(step[1].split(), {"SWITCHYARD_ISSUER": simulator.url})
    assert ran.code == 0, ran.err
    assert tui_json(["show", "ada", "--json"])["state"] == "ok"
    tui_json(["switch", "ada", "--json"])
    assert live(box) == saved(box, "ada")
    check_files(box, simulator)
