"""Where an environment variable is set: every file and program that hands variables to what a person starts.

    for place in where_set(machine, "HTTPS_PROXY"):
        place.where            # "~/.bashrc:12", for people; no value is in it
        place.path, place.line # the same for programs; None for what is no file
        place.in_dotenv        # it is the .env of the active home, which beats the environment

All names are looked for at once, and for all checks together. It may take two or three seconds, as other programs are
asked too (`files_only` leaves these out): call it from a check that is `slow`.
"""

from __future__ import annotations

import os
import shlex
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from profiles.doctor.machine import Machine
    from profiles.doctor.variable_hits import Hit

#: Variables that Codex 0.169 reads, and those that people take for such (C140 to C147).
BEATING = ("CODEX_ACCESS_TOKEN", "CODEX_API_KEY")
HOOK_URLS = (
    "CODEX_REFRESH_TOKEN_URL_OVERRIDE",
    "CODEX_REVOKE_TOKEN_URL_OVERRIDE",
    "CODEX_AUTHAPI_BASE_URL",
    "CODEX_APP_SERVER_LOGIN_ISSUER",
)
HOOKS = (*HOOK_URLS, "CODEX_APP_SERVER_LOGIN_CLIENT_ID", "CODEX_SQLITE_HOME")
OTHERS = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "CODEX_HOME")
_CAS = ("CODEX_CA_CERTIFICATE", "SSL_CERT_FILE", "SSL_CERT_DIR")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
#: What steers the way to the issuer, whose values a running program may have from another day.
NETWORK = (*_CAS, *PROXIES, *(name.lower() for name in PROXIES))
NAMES = (*BEATING, *OTHERS, *HOOKS, *NETWORK, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Place(NamedTuple):
    """Somewhere a variable is set.

    `where` is how people read it: `~/.bashrc:12`, `the Windows variables of this user`. `reach` says who gets it, where
    that is not whatever is started from now on, and `bites` whether a terminal, an editor or a desktop is among them.
    `remove` is the command or step that takes it away. `ignored` says why Codex does not take it from there. `hit` is
    what stands in the file; its value never leaves it.
    """

    name: str
    where: str
    path: str | None = None
    line: int | None = None
    reach: str = ""
    bites: bool = True
    remove: str = ""
    ignored: str = ""
    in_dotenv: bool = False
    hit: Hit | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it is set to nothing there, which is as good as not at all."""
        value = None if self.hit is None else self.hit.value
        return value is not None and not value.reveal().strip()

    @property
    def told(self) -> str:
        """Where it is and who gets it, in one line."""
        return f"{self.where} ({self.reach})" if self.reach else self.where


class Search(NamedTuple):
    """What was found, and what could not be asked, with why."""

    places: list[Place]
    unasked: list[tuple[str, str]]


def where_set(machine: Machine, name: str, *, files_only: bool = False) -> list[Place]:
    """Return every place that sets a variable, the files first, the likeliest first. Raises nothing.

    Places that set it to nothing are left out.
    """
    found = (search_files if files_only else search)(machine, _names(name))
    return [place for place in found.places if place.name == name and not place.is_empty]


def _names(name: str) -> tuple[str, ...]:
    return NAMES if name in NAMES else (name,)


def search_files(machine: Machine, names: Collection[str] = NAMES) -> Search:
    """Look through all files, once for all who ask."""
    from profiles.doctor.environment_files import in_files

    key = f"environment files {' '.join(names)}"
    return Search(machine.once(key, lambda: in_files(machine, names)), [])


def search(machine: Machine, names: Collection[str] = NAMES) -> Search:
    """Look through all files and ask the programs that hand variables on, once for all who ask."""
    from profiles.doctor.environment_programs import in_programs

    key = f"environment programs {' '.join(names)}"
    places, unasked = machine.once(key, lambda: in_programs(machine, names))
    return Search([*search_files(machine, names).places, *places], unasked)


def of_file(
    machine: Machine, path: str, found: Hit, *, reach: str = "", bites: bool = True
) -> Place:
    """Return the place of a hit in a file."""
    reaches = "; ".join(each for each in (reach, found.scope) if each)
    return Place(
        found.name,
        f"{machine.short(path)}:{found.line}",
        path,
        found.line,
        reaches,
        bites,
        _removal(path, found),
        hit=found,
    )


def removals(places: Sequence[Place]) -> list[str]:
    """Return the commands that take all of these away, one for each file: a second `sed` would write over its copy."""
    by_file: dict[str, list[Hit]] = {}
    for place in places:
        if _is_commented_out(place) and place.path is not None and place.hit is not None:
            by_file.setdefault(place.path, []).append(place.hit)
    return list(
        dict.fromkeys(
            _comment_out(place.path, by_file[place.path])
            if place.path in by_file and _is_commented_out(place)
            else place.remove
            for place in places
            if place.remove
        )
    )


def _is_commented_out(place: Place) -> bool:
    """Whether a sign before the line is how it is taken away."""
    if place.path is None or place.hit is None or place.hit.mark is None:
        return False
    return place.remove == _comment_out(place.path, [place.hit])


def _removal(path: str, found: Hit) -> str:
    """Return the command that takes a line away, or brings an editor to it."""
    if found.mark is not None:
        return _comment_out(path, [found])
    return f"{_sudo(path)}${{EDITOR:-vi}} +{found.line} {shlex.quote(path)}"


def _comment_out(path: str, hits: Sequence[Hit]) -> str:
    """Return the `sed` that puts a sign before lines of the file itself: at a link it would leave a copy instead.

    What is kept of a file with a secret is closed to others.
    """
    real = os.path.realpath(path)
    sudo, name = _sudo(real), shlex.quote(real)
    marks = ";".join(dict.fromkeys(f"{each.line}s/^/{each.mark}/" for each in hits))
    line = f"{sudo}sed -i.bak '{marks}' {name}"
    if any(_is_secret(each) for each in hits) and _is_open(real):
        line += f" && {sudo}chmod 600 {shlex.quote(f'{real}.bak')}"
    return line


def _sudo(path: str) -> str:
    return "" if os.access(path, os.W_OK) else "sudo "


def _is_secret(found: Hit) -> bool:
    """Whether a line may hold a credential: by its name, or as the user of a proxy."""
    text = None if found.text is None else found.text.reveal()
    return found.name in (*BEATING, "OPENAI_API_KEY") or (text is not None and "@" in text)


def _is_open(path: str) -> bool:
    """Whether others may read a file."""
    try:
        return bool(os.stat(path).st_mode & 0o077)
    except OSError:
        return True


def told(places: Sequence[Place]) -> str:
    """Return the lines that name all places, for a finding's evidence."""
    return "\n".join(f"{place.name} is set by {place.told}" for place in places)
