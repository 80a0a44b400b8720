"""Where everything lies: our four folders, the person's home, the active CODEX_HOME."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

from profiles.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

APP = "switchyard"
AUTH_FILE = "auth.json"
PROFILE_FILE = "profile.toml"
#: Codex's own lock in a home, taken before `<resolved auth.json>.lock` (profiles/CODEX.md).
CODEX_HOME_LOCK = "auth.lock"


class Roots(NamedTuple):
    """Our folders: the person's configuration, profiles, states and backups, and what may be lost."""

    config: str
    data: str
    state: str
    cache: str

    @property
    def profiles(self) -> str:
        """The folder whose sub-folders are the profiles; there is no other registry."""
        return f"{self.data}/profiles"

    @property
    def locks(self) -> str:
        """Login, home and run locks."""
        return f"{self.data}/locks"

    @property
    def backups(self) -> str:
        """Overwritten documents by home, and deleted profiles."""
        return f"{self.state}/backups"


class ActiveHome(NamedTuple):
    """The home that a plain `codex` in this environment uses.

    `path` is canonical when it exists; `problem` says why Codex would refuse it, or is None.
    """

    path: str
    from_environment: bool
    problem: str | None


def user_home(environ: Mapping[str, str]) -> str:
    """Return the person's home folder: `$HOME`, else the password database's. Raises UsageError when neither knows."""
    home = environ.get("HOME", "")
    if home:
        return home
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        # A container's made-up user.
        raise UsageError(
            f"HOME is not set, and the system knows no home folder of user {os.getuid()}",
            "export HOME=FOLDER, then repeat",
        ) from None


def find_roots(environ: Mapping[str, str], platform: str = sys.platform) -> Roots:
    """Return our folders: below `$SWITCHYARD_HOME` when set, else where the platform keeps such things.

    On Linux the XDG rules are applied here, because importing platformdirs costs 20 ms of every start; a test
    proves that the result is platformdirs' own.
    """
    own = environ.get("SWITCHYARD_HOME", "")
    if own:
        own = os.path.abspath(own)
        return Roots(f"{own}/config", f"{own}/data", f"{own}/state", f"{own}/cache")
    if platform.startswith("linux"):
        home = user_home(environ)

        def xdg(name: str, default: str) -> str:
            value = environ.get(name, "").strip()
            base = value if value and os.path.isabs(value) else f"{home}/{default}"
            return f"{base}/{APP}"

        return Roots(
            xdg("XDG_CONFIG_HOME", ".config"),
            xdg("XDG_DATA_HOME", ".local/share"),
            xdg("XDG_STATE_HOME", ".local/state"),
            xdg("XDG_CACHE_HOME", ".cache"),
        )
    from platformdirs import PlatformDirs

    places = PlatformDirs(APP, appauthor=False)
    return Roots(
        places.user_config_dir, places.user_data_dir, places.user_state_dir, places.user_cache_dir
    )


def find_active_home(environ: Mapping[str, str]) -> ActiveHome:
    """Return the active home: `$CODEX_HOME` if set and not empty, else `~/.codex`, as Codex does."""
    named = environ.get("CODEX_HOME", "")
    if not named:
        usual = f"{user_home(environ)}/.codex"
        default = os.path.realpath(usual)
        if os.path.lexists(default) and not os.path.isdir(default):
            return ActiveHome(default, False, "is not a folder")
        if os.path.islink(usual) and not os.path.isdir(default):
            # A disk that is not mounted: a folder made in its place would hide what comes back (R8).
            return ActiveHome(default, False, "does not exist, though a link leads there")
        return ActiveHome(default, False, None)
    path = os.path.realpath(named)
    if not os.path.lexists(path):
        return ActiveHome(path, True, "does not exist")
    if not os.path.isdir(path):
        return ActiveHome(path, True, "is not a folder")
    return ActiveHome(path, True, None)


class LiveHome(ActiveHome):
    """An active home that is looked at again for as long as Codex would refuse it: somebody may make it meanwhile."""

    _environ: Mapping[str, str]
    _found: ActiveHome | None = None

    def follow(self, environ: Mapping[str, str]) -> LiveHome:
        """Look it up in this environment from now on; return it."""
        self._environ = environ
        return self

    def _now(self) -> ActiveHome:
        found = self._found or find_active_home(self._environ)
        if found.problem is None:
            self._found = found
        return found

    @property
    def path(self) -> str:
        """Its canonical path, once it exists."""
        return self[0] if self[2] is None else self._now().path

    @property
    def problem(self) -> str | None:
        """Why Codex would refuse it now; None when it would not."""
        return None if self[2] is None else self._now().problem


def path_digest(path: str) -> str:
    """Return 16 hex digits that name a canonical path in lock and backup names."""
    from profiles.digest import sha256_hex

    return sha256_hex(os.fsencode(path))[:16]


def tilde(path: str, home: str) -> str:
    """Return `path` with the person's home folder written as `~`, for people."""
    if path == home:
        return "~"
    return f"~{path[len(home) :]}" if home and path.startswith(f"{home}/") else path
