"""Which homes can be seen from here: ours, the person's other ones, those of other users, and those of Windows."""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles.paths import AUTH_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.cache import FactCache
    from profiles.context import Context
    from profiles.discovery import Shelf
    from profiles.doctor.machine import Machine
    from profiles.generation import Copy

ACTIVE, PROFILE, USUAL, FOUND = "active", "profile", "usual", "found"
OTHER_USER, WINDOWS = "other user", "windows"
#: More folders of users than these are a server with guests, whose homes are closed anyway.
_MOST_USERS = 50
#: Characters of a name in a title, which has 70 in all.
_LONGEST = 24


class Place(NamedTuple):
    """A home, by its canonical path. `name` is that of a profile or user; `managed`: it lies in our own folder."""

    home: str
    role: str
    name: str = ""
    managed: bool = False

    @property
    def auth(self) -> str:
        """Its auth.json."""
        return f"{self.home}/{AUTH_FILE}"

    @property
    def is_own(self) -> bool:
        """Whether it is this person's on this machine: then its modes and files are theirs to mend."""
        return self.role not in (OTHER_USER, WINDOWS)


def cache_of(machine: Machine) -> FactCache:
    """Return the facts about files that all checks share; nothing is written on their word."""
    from profiles.cache import FactCache

    return machine.once("facts of files", lambda: FactCache(machine.context))


def shelf_of(machine: Machine) -> Shelf:
    """Return the profiles."""
    from profiles.discovery import load_shelf

    return machine.once("shelf", lambda: load_shelf(machine.context, cache_of(machine)))


def own_places(machine: Machine) -> list[Place]:
    """Return the active home, every profile's, the usual `~/.codex` and others that we know, as far as they exist."""
    return machine.once("own homes", lambda: _own(machine))


def _own(machine: Machine) -> list[Place]:
    context = machine.context
    found = [Place(context.home, ACTIVE)]
    found += [
        Place(os.path.realpath(each.home), PROFILE, each.name, each.managed)
        for each in shelf_of(machine).profiles
    ]
    found.append(Place(os.path.realpath(f"{context.user_home}/.codex"), USUAL))
    found += [Place(home, FOUND) for home in _known(machine)]
    return _once_each(found, set())


def _known(machine: Machine) -> list[str]:
    """Return the homes in which we once saw a login, those named in our settings, and `~/.codex-*`."""
    from profiles.config import load_config
    from profiles.discovery import discover_homes
    from profiles.errors import ConfigError
    from profiles.seen import seen_homes

    context = machine.context
    try:
        named = load_config(context).homes
    except ConfigError:
        named = ()
    found = discover_homes(context, cache_of(machine), shelf_of(machine), named)
    return [each.home for each in found] + [
        home for home in seen_homes(context) if not _is_managed(context, home)
    ]


def _is_managed(context: Context, home: str) -> bool:
    return home.startswith(f"{context.roots.profiles}/")


def copy_in(machine: Machine, place: Place) -> Copy | None:
    """Return what the auth.json of a place holds, read once for all checks; None when there is none."""
    from profiles.generation import read_copy

    return machine.once(f"copy in {place.auth}", lambda: read_copy(place.auth))


def foreign_places(machine: Machine) -> list[Place]:
    """Return the homes of other users, as far as they can be read, and those of Windows."""
    return machine.once("foreign homes", lambda: _foreign(machine))


def _foreign(machine: Machine) -> list[Place]:
    found = [Place(machine.path("/root/.codex"), OTHER_USER, "root")]
    for above in ("/home", "/Users"):
        folder = machine.path(above)
        found += [Place(f"{folder}/{user}/.codex", OTHER_USER, user) for user in _folders(folder)]
    for drive in windows_drives(machine):
        users = f"{drive}/Users"
        found += [Place(f"{users}/{user}/.codex", WINDOWS, user) for user in _folders(users)]
    taken = {place.home for place in own_places(machine)}
    resolved = [each._replace(home=os.path.realpath(each.home)) for each in found]
    return _once_each(resolved, taken)


def windows_drives(machine: Machine) -> list[str]:
    """Return where the drive with Windows's users is mounted: `/mnt/c`, unless wsl.conf says otherwise."""
    root = "/mnt"
    section = ""
    for line in (machine.text(machine.path("/etc/wsl.conf")) or "").splitlines():
        stripped = line.strip()
        if stripped.startswith("["):
            section = stripped.strip("[] ").lower()
        name, equals, value = stripped.partition("=")
        if section == "automount" and equals and name.strip().lower() == "root":
            root = value.strip().strip('"').rstrip("/")
    drive = machine.path(f"{root}/c")
    return [drive] if os.path.isdir(f"{drive}/Users") else []


def _folders(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))[:_MOST_USERS]
    except OSError:
        return []


def _once_each(places: list[Place], taken: set[str]) -> list[Place]:
    """Return each home once, in the order of what it is to this person, and only if it is a folder."""
    kept = []
    for place in places:
        if place.home not in taken and os.path.isdir(place.home):
            taken.add(place.home)
            kept.append(place)
    return kept


def words_for(machine: Machine, place: Place) -> str:
    """Return what a person calls the place: `the active home ~/.codex`, `the profile work`."""
    where = machine.short(place.home)
    return {
        ACTIVE: f"the active home {where}",
        PROFILE: f"the profile {place.name}" + ("" if place.managed else f" ({where})"),
        OTHER_USER: f"the home of the user {place.name} ({where})",
        WINDOWS: f"the Windows home of {place.name} ({where})",
    }.get(place.role, f"the home {where}")


def home_words(machine: Machine, place: Place) -> str:
    """Return the place in few words, for a title."""
    if place.role == ACTIVE:
        return "the active home"
    if place.name:
        return f"the home of {shortened(place.name)}"
    return f"the home {shortened(machine.short(place.home))}"


def login_words(machine: Machine, place: Place) -> str:
    """Return the login of the place in few words, for a title."""
    if place.role == ACTIVE:
        return "the active login"
    if place.name:
        return f"the login of {shortened(place.name)}"
    return f"the login in {shortened(machine.short(place.home))}"


def shortened(name: str) -> str:
    """Return a name or path so short that a title can hold it; the evidence has it whole."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
