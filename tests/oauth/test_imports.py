"""What importing the parts of a login loads: the screen imports events and issuer long before anybody logs in."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.support.cli import ROOT, tui_environ

#: What only a running flow may load.
HEAVY = {"asyncio", "h11", "httpcore", "httpx", "ssl", "truststore"}


def loaded(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter holds after a statement."""
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=tui_environ(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["events", "issuer", "pkce", "settings"])
def test_the_light_parts(module: str) -> None:
    """Neither the network nor what costs every start milliseconds."""
    names = loaded(f"import profiles.oauth.{module}")
    assert f"profiles.oauth.{module}" in names
    assert names & (HEAVY | {"dataclasses", "datetime", "hashlib", "pathlib", "urllib"}) == set()


@pytest.mark.parametrize(
    "module",
    ["device_code", "documents", "proxies", "token_endpoint", "variables", "whoami", "workspaces"],
)
def test_the_other_parts(module: str) -> None:
    """They are handed a wire, and do not load one."""
    assert loaded(f"import profiles.oauth.{module}") & {"httpx", "httpcore", "truststore"} == set()


def test_one_importer_of_httpx() -> None:
    """`http.py` alone names httpx: it is the one place where timeouts, limits and errors are decided."""
    found = []
    for folder, _, files in os.walk(f"{ROOT}/profiles"):
        for name in files:
            if not name.endswith(".py"):
                continue
            with open(f"{folder}/{name}", encoding="utf-8") as file:
                if re.search(r"^\s*(import|from) (httpx|httpcore)\b", file.read(), re.MULTILINE):
                    found.append(name)
    assert found == ["http.py"]
