"""The processes of real clients, as /proc shows them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time

import pytest

from profiles.processes import executable, is_login, is_tui, processes_of_home
from tests.support.app_server import end_group
from tests.support.documents import with_api_key
from tests.support.tokens import Login

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from profiles.model import Process
    from tests.conftest import Box
    from tests.support.real_codex import RealCodex

pytestmark = pytest.mark.real_codex


@contextlib.contextmanager
def waiting(codex: RealCodex, *arguments: str) -> Iterator[Process]:
    """Run a command that waits for its stdin, and give how it is listed."""
    child = subprocess.Popen(
        [codex.path, *arguments],
        env=codex.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert child.stdin is not None
    with child.stdin:
        try:
            yield soon(lambda: native(codex.home))
        finally:
            os.killpg(child.pid, signal.SIGKILL)
            end_group(child)


def native(home: str) -> list[Process]:
    """Return the native client of a home, once its launcher has started it."""
    found = processes_of_home(home)
    return [each for each in found if (executable(each.pid) or "").endswith("/codex")]


def only(home: str) -> Process:
    """Return the one process that is listed for a home."""
    return soon(lambda: processes_of_home(home))


def test_app_server_is_one_entry_the_native_program(codex: RealCodex) -> None:
    """Launcher and native program are one, with the canonical home; afterwards there is none."""
    Login().fresh().write(codex.home)
    with codex.app_server():
        process = only(codex.home)
        assert process[1:] == ("codex app-server", False, codex.home)
        program = executable(process.pid)
        assert program is not None
        assert program.endswith("/codex")
    assert processes_of_home(codex.home) == []


def test_waiting_login_is_known(codex: RealCodex) -> None:
    """A login that waits, and would overwrite what a switch installs, is told from others (R15)."""
    with waiting(codex, "login", "--with-api-key") as process:
        assert is_login(process)
        assert not is_tui(process)


def test_exec_is_listed_without_its_prompt(codex: RealCodex) -> None:
    """A `codex exec` behind an option with a value is known, and nothing else is said of it."""
    with_api_key().write(codex.home)
    words = ("-c", "model_provider=openai", "exec", "--skip-git-repo-check")
    with waiting(codex, *words) as process:
        assert process.command == "codex exec"
        assert not is_login(process)


@pytest.mark.tmux
def test_screen_is_known(codex: RealCodex, box: Box, tmux: str) -> None:
    """Codex's own screen in a terminal is told from the rest."""
    with_api_key().write(codex.home)
    options = "" if "0.98" in codex.version else "--no-daemon"
    base = [tmux, "-S", f"{box.path}/tmux", "-f", "/dev/null"]
    line = f"exec {codex.path} {options}"
    subprocess.run([*base, "new-session", "-d", line], env=codex.environ, check=True)
    try:
        process = soon(lambda: native(codex.home))
        assert is_tui(process)
        assert not process.daemon
    finally:
        subprocess.run([*base, "kill-server"], check=True)


def soon(look: Callable[[], list[Process]], patience: float = 30.0) -> Process:
    """Return the process that is found as soon as it is the only one.

    A client tells nobody that it is up; and a child of it, until it has become another program, looks like a second.
    """
    deadline = time.monotonic() + patience
    found: list[Process] = []
    while time.monotonic() < deadline:
        found = look()
        if len(found) == 1:
            return found[0]
        time.sleep(0.02)
    pytest.fail(f"not one within {patience:g} s, but {found}")
