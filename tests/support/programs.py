"""The programs that tests run beside Python, and what becomes of a test when one is missing.

`need("tmux")` returns the path of a program, or skips the test by that name. Where `CI` is true
the programs are installed, so there a missing one fails the test instead.

The real Codex clients are looked for where `.ci/run` puts them: `SWITCHYARD_TEST_CODEX_169` and
`SWITCHYARD_TEST_CODEX_98` name their launchers, else they are in `~/.cache/switchyard-ci`.
All places are looked up when this module is imported, before tests change the environment.
"""

from __future__ import annotations

import os
import shutil
from typing import Final, NoReturn

import pytest

CODEX_169: Final = "codex 0.169.0"
CODEX_98: Final = "codex 0.98.0"
#: Both real clients, newest first: for `@pytest.mark.parametrize("codex", CODEXES)`.
CODEXES: Final = (CODEX_169, CODEX_98)

#: Whether missing programs are failures.
IN_CI: Final = os.environ.get("CI", "").lower() not in {"", "0", "false", "no"}

_CACHE: Final = os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "switchyard-ci"
)
#: Daemons are not on everybody's PATH.
_PATH: Final = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


def _codex(version: str, variable: str) -> str | None:
    place = os.environ.get(variable) or f"{_CACHE}/codex-{version}/node_modules/.bin/codex"
    return place if os.access(place, os.X_OK) else None


_CODEX: Final = {
    CODEX_169: _codex("0.169.0", "SWITCHYARD_TEST_CODEX_169"),
    CODEX_98: _codex("0.98.0", "SWITCHYARD_TEST_CODEX_98"),
}


def find(name: str) -> str | None:
    """Return the path of a program by its name, or None."""
    return _CODEX[name] if name in _CODEX else shutil.which(name, path=_PATH)


def unavailable(what: str) -> NoReturn:
    """End this test because `what` is missing: a skip, or a failure in CI."""
    if IN_CI:
        pytest.fail(f"{what} is missing; .ci/run installs it", pytrace=False)
    pytest.skip(f"{what} is missing")


def need(name: str) -> str:
    """Return the path of a program; without it, skip the test, or fail it in CI."""
    path = find(name)
    if path is None:
        unavailable(name)
    return path
