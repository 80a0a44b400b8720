"""The guard: no test ever opens the real logins of whoever runs the tests.

`install` adds an audit hook to this interpreter, for good. It sees each file call that CPython
audits, whoever makes it and however deep, and refuses those below the forbidden folders. A program
that swallows the refusal changes nothing: each hit is also recorded, and the fixture that looks at
the record fails the test. Python children get the same hook (tests/support/child/sitecustomize.py).

Standard library only and nothing of the project, so that it also holds when the project is broken.
"""

from __future__ import annotations

import os
import pwd
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

#: Names the forbidden folders to Python children, as `os.pathsep` joins them.
VARIABLE: Final = "SWITCHYARD_TEST_FORBIDDEN"
#: How a Python child ends when it touched one.
CHILD_EXIT: Final = 97

#: Audit events whose arguments are paths, and at which positions.
_PATHS: Final[dict[str, tuple[int, ...]]] = {
    "open": (0,),
    "os.chdir": (0,),
    "os.chflags": (0,),
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.link": (0, 1),
    "os.listdir": (0,),
    "os.listxattr": (0,),
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.removexattr": (0,),
    "os.rename": (0, 1),
    "os.rmdir": (0,),
    "os.scandir": (0,),
    "os.setxattr": (0,),
    "os.symlink": (0, 1),
    "os.truncate": (0,),
    "os.utime": (0,),
    "sqlite3.connect": (0,),
}
#: Audit events that start a program, and the position of its environment.
_STARTS: Final[dict[str, int]] = {
    "os.exec": 2,
    "os.posix_spawn": 2,
    "os.spawn": 3,
    "subprocess.Popen": 3,
}
#: What a started program takes as the place of somebody's logins.
_HOMES: Final = ("CODEX_HOME", "HOME", "SWITCHYARD_HOME")


class TouchedRealHomeError(RuntimeError):
    """A test tried to open the real logins; the call was refused."""


#: What was tried so far in this process, in order: `event path`.
hits: list[str] = []


class Forbidden:
    """The folders that no test may touch.

    They are `folders`, with all that is below, and whatever begins with `.codex` in one of the
    `homes` (`~/.codex-work` holds a login too). What lies in `allowed` is exempt, whatever
    contains it: a clone may live in a Codex worktree.
    """

    def __init__(
        self, homes: Sequence[str], folders: Sequence[str], allowed: Sequence[str] = ()
    ) -> None:
        self.homes = tuple(homes)
        self.folders = tuple(folders)
        self.allowed = tuple(allowed)
        self._beginnings = (
            *(f"{home}/.codex" for home in homes),
            *(f"{folder}/" for folder in folders),
        )
        self._exempt = tuple(f"{place}/" for place in allowed)

    def covers(self, path: str) -> bool:
        """Whether the absolute `path` is one of them or lies below one."""
        below = path.startswith(self._beginnings) or path in self.folders
        return below and not (path.startswith(self._exempt) or path in self.allowed)

    def as_environ(self) -> dict[str, str]:
        """Return the variable that tells a Python child what is forbidden."""
        parts = [*self.homes, "", *self.folders, "", *self.allowed]
        return {VARIABLE: os.pathsep.join(parts)}

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Forbidden | None:
        """Return what `as_environ` told, or None when this is no child of a test."""
        text = environ.get(VARIABLE)
        if not text:
            return None
        parts = text.split(os.pathsep)
        first = parts.index("")
        second = parts.index("", first + 1)
        return cls(parts[:first], parts[first + 1 : second], parts[second + 1 :])


def real_folders(environ: Mapping[str, str] = os.environ) -> Forbidden:
    """Return what is forbidden here: call it before the environment is changed for the tests.

    The home comes from the password database, so that a temporary `$HOME` changes nothing; paths
    stand as they are written and as they resolve, since a program may open either.
    """
    entry = pwd.getpwuid(os.getuid()).pw_dir
    homes = {entry, os.path.realpath(entry)}
    folders = {environ[name] for name in ("CODEX_HOME", "SWITCHYARD_HOME") if environ.get(name)}
    for variable, default in (
        ("XDG_CONFIG_HOME", ".config"),
        ("XDG_DATA_HOME", ".local/share"),
        ("XDG_STATE_HOME", ".local/state"),
        ("XDG_CACHE_HOME", ".cache"),
    ):
        folders |= {f"{home}/{default}/switchyard" for home in homes}
        if environ.get(variable):
            folders.add(f"{environ[variable]}/switchyard")
    folders |= {os.path.realpath(folder) for folder in folders}
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    allowed = {here, os.path.realpath(here), sys.prefix, os.path.realpath(sys.base_prefix)}
    return Forbidden(sorted(homes), sorted(map(os.path.abspath, folders)), sorted(allowed))


#: What is forbidden in this run, as the environment was when this module was first imported. A run
#: of pytest inside a test inherits it, since its own environment is already temporary.
REAL: Final = Forbidden.from_environ(os.environ) or real_folders()


def _absolute(value: object) -> str | None:
    """Return a path argument as an absolute path; a file descriptor was judged when it opened."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, bytes):
        value = os.fsdecode(value)
    if not isinstance(value, str) or not value:
        return None
    if not value.startswith("/") or "/." in value or "//" in value:
        try:
            return os.path.abspath(value)
        except OSError:  # the working folder is gone, so nothing below it can be opened either
            return None
    return value


def touched(forbidden: Forbidden, event: str, args: Sequence[object]) -> str | None:
    """Return the forbidden path that an audit event is about, or None."""
    positions = _PATHS.get(event)
    if positions is not None:
        for position in positions:
            path = _absolute(args[position])
            if path is not None and forbidden.covers(path):
                return path
        return None
    place = _STARTS.get(event)
    environ = args[place] if place is not None and place < len(args) else None
    if isinstance(environ, dict):
        for name in _HOMES:
            value = _absolute(environ.get(name) or environ.get(name.encode()))
            if value is not None and (forbidden.covers(value) or value in forbidden.homes):
                return f"{name}={value}"
    return None


def install(forbidden: Forbidden, *, child: bool = False) -> None:
    """Refuse and record whatever touches `forbidden` from now on; a `child` ends at once."""

    def hook(event: str, args: tuple[object, ...]) -> None:
        if event not in _PATHS and event not in _STARTS:
            return
        path = touched(forbidden, event, args)
        if path is None:
            return
        message = f"guard: {event} touches the real {path}"
        if child:
            os.write(2, f"{message}\n".encode(errors="replace"))
            os._exit(CHILD_EXIT)
        hits.append(message)
        raise TouchedRealHomeError(message)

    sys.addaudithook(hook)
