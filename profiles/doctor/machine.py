"""What the doctor may look at, all of it replaceable: environment, files, programs, clock, network.

`root` stands before the paths of the system (`/etc`, `/mnt/c`, `/run`), `proc` is the kernel's folder; programs are
found on the environment's PATH. Tests give folders and scripts of their own, and patch nothing.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import NamedTuple, TypeVar, cast

from profiles.files import read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from profiles.context import Context
    from profiles.doctor.finding import Finding
    from profiles.listing import Snapshot
    from profiles.model import Process

_T = TypeVar("_T")
#: Seconds that all checks together may take.
LIMIT = 5.0
#: The most that is read of a program's output, or of a start-up file.
_MOST = 1 << 20


class Ran(NamedTuple):
    """How a program ended: `code` is None when it did not end in time (it was then killed)."""

    code: int | None
    out: str
    err: str


class Machine:
    """The surroundings of one examination. What several checks need is made once: `once`."""

    def __init__(
        self,
        context: Context,
        *,
        offline: bool = False,
        root: str = "",
        proc: str | None = None,
        platform: str = sys.platform,
        limit: float = LIMIT,
        folder: str | None = None,
    ) -> None:
        self.context = context
        self.offline = offline
        self.root = root.rstrip("/")
        self.proc = f"{self.root}/proc" if proc is None else proc
        self.platform = platform
        self.limit = limit
        self._folder = folder
        self._deadline = context.monotonic() + limit
        self._made: dict[str, tuple[threading.Lock, list[object]]] = {}
        self._lock = threading.Lock()

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment in which we were started."""
        return self.context.environ

    @property
    def home(self) -> str:
        """The canonical path of the active home."""
        return self.context.home

    @property
    def folder(self) -> str | None:
        """The working folder; None when it is gone."""
        if self._folder is not None:
            return self._folder
        try:
            return os.getcwd()
        except OSError:
            return None

    def path(self, path: str) -> str:
        """Return where a path of the system lies: below `root`, and below `proc` for the kernel's."""
        if path == "/proc" or path.startswith("/proc/"):
            return self.proc + path[5:]
        return self.root + path

    def text(self, path: str) -> str | None:
        """Return the text of a file of the system or the person, None when it cannot be read.

        A person's file is named by its real path: `root` stands before it only through `path`.
        """
        try:
            if path.startswith(f"{self.proc}/"):
                with open(path, "rb") as file:  # the kernel's have no length
                    raw = file.read(_MOST)
            else:
                raw = read_regular(path)[:_MOST]
        except OSError:
            return None
        return raw.decode("utf-8", "replace")

    def left(self, most: float) -> float:
        """Return how many seconds a check may still wait, `most` at most; never less than a moment."""
        return max(0.05, min(most, self._deadline - self.context.monotonic() - 0.15))

    def which(self, program: str) -> str | None:
        """Return where a program lies on PATH."""
        from shutil import which

        return which(program, path=self.environ.get("PATH", os.defpath))

    def run(
        self,
        command: Sequence[str],
        patience: float = LIMIT,
        *,
        environ: Mapping[str, str] | None = None,
        folder: str | None = None,
        encoding: str = "utf-8",
    ) -> Ran | None:
        """Run a program without input, for `patience` seconds at most; None when it cannot be run."""
        from profiles.doctor.programs import run_program

        program = command[0] if "/" in command[0] else self.which(command[0])
        if program is None:
            return None
        environ = self.environ if environ is None else environ
        words = [program, *command[1:]]
        return run_program(words, self.left(patience), environ, folder, encoding)

    def once(self, key: str, make: Callable[[], _T]) -> _T:
        """Return what `make` gives, made once for all checks; others wait for whoever makes it."""
        with self._lock:
            lock, made = self._made.setdefault(key, (threading.Lock(), []))
        with lock:
            if not made:
                made.append(make())
            return cast("_T", made[0])

    @property
    def processes(self) -> Sequence[Process]:
        """This user's running Codex processes."""
        return self.once("processes", self.context.processes)

    @property
    def snapshot(self) -> Snapshot:
        """All profiles with their states, as `tui list` sees them."""
        from profiles.listing import take_snapshot

        return self.once("snapshot", lambda: take_snapshot(self.context))

    def is_chosen(self, url: str) -> bool:
        """Tell whether an address leads where the person has told Switchyard itself to log in and to ask."""
        from profiles.oauth.backend import BACKEND_VARIABLE
        from profiles.oauth.issuer import ISSUER_VARIABLE, origin_of

        chosen = (
            self.environ.get(name, "").strip() for name in (ISSUER_VARIABLE, BACKEND_VARIABLE)
        )
        return origin_of(url) in {origin_of(each) for each in chosen if each}

    def short(self, path: str) -> str:
        """Return a path as a person writes it, with `~`."""
        from profiles.paths import tilde

        return tilde(path, self.context.user_home)


def failed(id_: str, why: str) -> Finding:
    """Return the finding of a check that could not look."""
    from profiles.doctor.finding import UNKNOWN, Finding

    return Finding(id_, UNKNOWN, "Could not be looked at", why)
