"""The real app-server daemon: it keeps the old login, is found, told to be in use, and restarted.

One test for all of it, because each daemon begins with a 0.4 GB copy of the client.
"""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from profiles import daemon
from profiles.processes import codex_processes, processes_of_home
from tests.support.documents import with_api_key
from tests.support.fake_codex import script
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Box
    from tests.support.real_codex import RealCodex

pytestmark = [pytest.mark.real_codex, pytest.mark.slow]


def found(home: str) -> daemon.DaemonStatus:
    """Return the daemon of a home, which must run."""
    status = daemon.find(home)
    assert status is not None
    return status


def test_daemon_follows_the_login_after_a_restart(newest: RealCodex, box: Box) -> None:
    """It is the old login until restarted; then asked over its socket it names the new one."""
    old, new = Login(Person("ada")).fresh(), Login(Person("bob")).fresh()
    old.write(newest.home)
    # The codex on the PATH does nothing: the daemon's own does it, and no override follows it.
    path = f"{os.path.dirname(script(box.path, 'pass'))}:/usr/bin:/bin"  # it runs `ps`
    environ = newest.environ | {"PATH": path, "CODEX_ACCESS_TOKEN": "at-override"}
    with newest.daemon() as pid:
        first = found(newest.home)
        assert (first.pid, first.version, first.attached) == (pid, newest.version, False)
        assert [each.command for each in processes_of_home(newest.home)] == ["codex app-server"]

        with newest.daemon_session() as session:
            assert found(newest.home).attached
            new.write(newest.home)
            assert session.access_token() == old.access_token
        until(lambda: not found(newest.home).attached)
        assert newest.daemon_access_token() == old.access_token

        assert daemon.restart(newest.home, environ)
        second = found(newest.home)
        assert second.pid != first.pid
        assert newest.daemon_access_token() == new.access_token
        with open(f"/proc/{second.pid}/environ", "rb") as file:
            assert b"at-override" not in file.read()

        with newest.daemon_session():
            assert not daemon.stop_if_idle(newest.home, environ)
            assert found(newest.home).pid == second.pid
        assert daemon.stop_if_idle(newest.home, environ)
        assert daemon.find(newest.home) is None
        assert not daemon.restart(newest.home, environ)
        assert daemon.find(newest.home) is None
    assert not os.path.exists(f"{newest.home}/packages")


@pytest.mark.tmux
def test_screen_starts_a_daemon_and_is_attached_to_it(
    newest: RealCodex, box: Box, tmux: str
) -> None:
    """The daemon that Codex's screen starts by itself outlives it; until then it is in use (R14)."""
    with_api_key().write(newest.home)
    with open(f"{newest.home}/config.toml", "w", encoding="utf-8") as file:
        file.write(f'[projects."{box.home}"]\ntrust_level = "trusted"\n')
    base = [tmux, "-S", f"{box.path}/tmux", "-f", "/dev/null"]
    start = [*base, "new-session", "-d", "-c", box.home, newest.path]
    try:
        subprocess.run(start, env=newest.environ, check=True)
        until(lambda: (status := daemon.find(newest.home)) is not None and status.attached)
        assert {each.command for each in processes_of_home(newest.home)} == {
            "codex",
            "codex app-server",
        }
        assert not daemon.stop_if_idle(newest.home, newest.environ)
        subprocess.run([*base, "kill-server"], check=True)
        until(lambda: [each.daemon for each in processes_of_home(newest.home)] == [True])
        assert daemon.stop_if_idle(newest.home, newest.environ)
        assert processes_of_home(newest.home) == []
    finally:
        subprocess.run([*base, "kill-server"], check=False, capture_output=True)
        newest.remove_daemon()
    assert not [each for each in codex_processes() if each.home == newest.home]


def until(true: Callable[[], bool], patience: float = 60.0) -> None:
    """Return when it is true: neither a screen nor a daemon tells us when it has come or gone."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"not within {patience:g} s"
        time.sleep(0.05)
