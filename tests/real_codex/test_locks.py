"""Codex and we wait for each other: the two locks of a home mean the same to both (R13)."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from profiles import lock
from profiles.context import make_context
from tests.support.documents import api_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.support.real_codex import RealCodex

pytestmark = pytest.mark.real_codex


def waits_for(path: str) -> bool:
    """Tell whether somebody waits for a flock on the file."""
    inode = os.stat(path).st_ino
    with open("/proc/locks", encoding="ascii") as file:
        return any("->" in line and f":{inode} " in line for line in file)


def test_codex_waits_while_we_hold_its_locks(newest: RealCodex) -> None:
    """A client that wants to save a login stands in line until we are done, then saves it."""
    context = make_context()
    key = api_key("waiting")
    locks = lock.codex_locks(newest.home)
    with lock.acquire(context, locks):
        child = subprocess.Popen(
            [newest.path, "login", "--with-api-key"],
            env=newest.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert child.stdin is not None
        with child.stdin:
            child.stdin.write(f"{key}\n".encode())
        deadline = time.monotonic() + 20
        while not any(waits_for(each.path) for each in locks):
            assert time.monotonic() < deadline, "nobody stands in line"
            assert child.poll() is None, "it did not wait"
            time.sleep(0.02)
        assert not os.path.exists(f"{newest.home}/auth.json")
    assert child.wait(30) == 0
    assert newest.access_token() == key
