"""The surroundings of one run, handed to everything: environment, folders, clock, file calls, processes.

Tests make one with their own parts and patch nothing.
"""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from profiles.files import Files
from profiles.paths import ActiveHome, Roots, find_active_home, find_roots, user_home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from profiles.model import Process


def running_codexes() -> Sequence[Process]:
    """Return this user's running Codex processes."""
    from profiles.processes import codex_processes

    return codex_processes()


class Context(NamedTuple):
    """Everything outside that the rules depend on. Times are seconds since the epoch, UTC."""

    environ: Mapping[str, str]
    roots: Roots
    user_home: str
    active: ActiveHome
    uid: int
    files: Files = Files()
    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    processes: Callable[[], Sequence[Process]] = running_codexes

    @property
    def home(self) -> str:
        """The canonical path of the active home."""
        return self.active.path

    def with_home(self, home: str) -> Context:
        """Return the same surroundings with another active home."""
        return self._replace(active=ActiveHome(os.path.realpath(home), True, None))


def make_context(environ: Mapping[str, str] | None = None) -> Context:
    """Return the real surroundings of this process, or those of another environment."""
    environ = os.environ if environ is None else environ
    return Context(
        environ=environ,
        roots=find_roots(environ),
        user_home=user_home(environ),
        active=find_active_home(environ),
        uid=os.geteuid(),
    )
