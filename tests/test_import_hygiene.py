"""Headless commands import nothing heavy: each is run as people run it, and its imports are read.

`-X importtime` names every module that an interpreter imports, as it happens; so a command that
ends in `exec` is seen too, and nothing of the project is replaced for the measurement.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

import pytest

from tests.support.cli import ROOT, check_output, tui_environ
from tests.support.cli import Ran as Ended
from tests.support.documents import with_api_key
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import Box

#: What only the screen, the network and rare commands may load: 20 to 170 ms each.
HEAVY: Final = frozenset({"httpx", "jwt", "platformdirs", "psutil", "rich", "segno", "textual"})
#: What no module loads before a function needs it: 2 to 50 ms each.
DEFERRED: Final = HEAVY | {
    *("asyncio", "dataclasses", "datetime", "hashlib", "inspect", "logging", "pathlib", "secrets"),
    *("shtab", "shutil", "subprocess", "tempfile", "tomli_w", "tomllib", "urllib"),
}

#: How each command is run; the store holds the profiles ada (active), bob, and key, for whom nobody is asked.
RUNS: Final[dict[str, list[list[str]]]] = {
    "add": [["cy", "--empty"]],
    "completion": [["bash"], ["zsh"], ["fish"]],
    "delete": [["bob", "--yes"]],
    "doctor": [["--offline"], ["--offline", "--json"], ["--explain"]],
    "history": [[], ["--json"]],
    "list": [[], ["--json"], ["--names"]],
    "login": [["cy", "--api-key"], ["cy", "--access-token", "--json"]],
    "logout": [["bob", "--yes"]],
    "paths": [[], ["--json"]],
    "refresh": [["bob", "--within", "1h"], ["--all", "--within", "1h", "--json"]],
    "rename": [["bob", "cy"]],
    "run": [["bob", "--", "true"]],
    "show": [["ada"], ["bob", "--json"]],
    "switch": [["bob"], ["bob", "--json"], ["bob", "--dry-run"]],
    "token": [["bob"]],
    "undo": [["--dry-run"]],
    "usage": [["key"], ["key", "--json"]],
}
#: The exit code of a run above, when it is not 0: no secret came, and nothing was switched yet that could be undone.
CODES: Final = {"login": 2, "undo": 1}
#: What a command is for, and so may load.
ALLOWED: Final = {
    "completion": frozenset({"shtab"}),
    "refresh": frozenset({"httpx"}),
}


def verbs() -> list[str]:
    """Return the commands that exist, by the files of tui/commands."""
    files = sorted(os.listdir(f"{ROOT}/tui/commands"))
    return [name[:-3] for name in files if name.endswith(".py") and not name.startswith("_")]


def imports(command: Sequence[str]) -> tuple[Ended, frozenset[str]]:
    """Run Python with `command`; return how it ended and which top-level packages it imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command],
        env=tui_environ(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    lines = done.stderr.splitlines()
    names = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    words = "\n".join(line for line in lines if not line.startswith("import time:"))
    ended = Ended(done.returncode, done.stdout, words)
    check_output(ended, secrets_expected="token" in command)
    return ended, frozenset(name.partition(".")[0] for name in names)


@pytest.fixture
def store(box: Box) -> Box:
    """Two saved logins, of which ada's is the active one, and an API key."""
    ada, bob = Login(Person("ada")).fresh(), Login(Person("bob")).fresh()
    ada.write(box.profile("ada"))
    bob.write(box.profile("bob"))
    with_api_key().write(box.profile("key"))
    ada.write(box.codex)
    return box


def test_every_command_is_run_here() -> None:
    """A new command cannot come without a run below; the everyday ones are there at all."""
    found = verbs()
    assert {"list", "show", "switch"} <= set(found)
    assert sorted(RUNS) == found


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("verb", "args"), [(verb, args) for verb, runs in RUNS.items() for args in runs]
)
def test_a_command_imports_nothing_heavy(verb: str, args: list[str]) -> None:
    """No headless command loads the screen's packages, HTTP, or what asks the whole system."""
    ended, names = imports(["-m", "tui", verb, *args])
    assert ended.code == CODES.get(verb, 0), ended.err
    assert {"tui", "profiles", "argparse"} <= names, "this saw no imports at all"
    assert sorted((names & (HEAVY | {"shtab"})) - ALLOWED.get(verb, frozenset())) == []


def test_help_imports_nothing_heavy() -> None:
    """`tui --help` answers as fast as any command."""
    ended, names = imports(["-m", "tui", "--help"])
    assert ended.code == 0
    assert all(verb in ended.out for verb in verbs())
    assert sorted(names & HEAVY) == []


@pytest.mark.parametrize("verb", verbs())
def test_a_module_defers_what_costs_milliseconds(verb: str) -> None:
    """Importing a command, and so all of the domain it stands on, loads no slow part of Python."""
    ended, names = imports(["-c", f"import tui.__main__, tui.cli, tui.commands.{verb}"])
    assert ended.code == 0, ended.err
    assert "profiles" in names
    assert sorted(names & DEFERRED) == []


def test_the_domain_stands_alone() -> None:
    """Every module of `profiles` imports without the front end and without any dependency."""
    files = sorted(os.listdir(f"{ROOT}/profiles"))
    modules = [f"profiles.{name[:-3]}" for name in files if name.endswith(".py")]
    assert len(modules) > 10
    ended, names = imports(["-c", f"import {', '.join(modules)}"])
    assert ended.code == 0, ended.err
    assert sorted(names & (DEFERRED | {"argparse", "tui"})) == []
