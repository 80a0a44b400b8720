"""What is there: the profiles (the folders are the truth, there is no registry) and homes that could become ones."""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

from profiles.cache import AuthFacts, FactCache, unpack_identity
from profiles.errors import ConfigError, ProfileNotFound
from profiles.model import Identity, Problem
from profiles.paths import AUTH_FILE, PROFILE_FILE
from profiles.profile_file import ProfileFile, load_profile_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from profiles.context import Context

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")


class Profile(NamedTuple):
    """One folder below `profiles/`. `problem` says why its `profile.toml` cannot be used, or is None."""

    name: str
    folder: str
    fields: ProfileFile
    problem: str | None = None

    @property
    def home(self) -> str:
        """The CODEX_HOME of this profile: its own folder, or where it is registered."""
        return self.fields.home or self.folder

    @property
    def managed(self) -> bool:
        """Whether the home is ours (and not registered where it lies)."""
        return self.fields.home is None

    @property
    def auth_path(self) -> str:
        """Its auth.json."""
        return f"{self.home}/{AUTH_FILE}"

    @property
    def parked_path(self) -> str:
        """Where the newest document of a registered home waits while that home is away (R8)."""
        return f"{self.folder}/{AUTH_FILE}"


class Shelf(NamedTuple):
    """All profiles in the person's order, and what in the folder is none."""

    profiles: list[Profile]
    problems: list[Problem]

    def find(self, name: str) -> Profile:
        """Return the profile by name, exactly or ignoring case. Raises ProfileNotFound with the nearest name."""
        for profile in self.profiles:
            if profile.name == name:
                return profile
        lowered = name.lower()
        for profile in self.profiles:
            if profile.name.lower() == lowered:
                return profile
        from difflib import get_close_matches

        near = get_close_matches(lowered, [p.name.lower() for p in self.profiles], 1, 0.5)
        exact = next((p.name for p in self.profiles if near and p.name.lower() == near[0]), None)
        raise ProfileNotFound(name, exact)


def read_profile(folder: str) -> Profile:
    """Read one profile from the disk; a profile.toml that cannot be used becomes the profile's problem."""
    name = os.path.basename(folder)
    try:
        return Profile(name, folder, load_profile_file(folder))
    except ConfigError as error:
        return Profile(name, folder, ProfileFile(), error.message)


def load_shelf(context: Context, cache: FactCache) -> Shelf:
    """List the profiles. One that cannot be read never hides the others."""
    root = context.roots.profiles
    profiles: list[Profile] = []
    problems: list[Problem] = []
    try:
        entries = list(os.scandir(root))
    except FileNotFoundError:
        entries = []
    except OSError as error:
        problems.append(Problem(root, f"cannot be read: {os.strerror(error.errno or 0)}"))
        entries = []
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            is_folder = entry.is_dir()
        except OSError:
            is_folder = False
        if not is_folder:
            problems.append(Problem(entry.path, "not a folder, so not a profile"))
            continue
        if NAME.fullmatch(entry.name) is None:
            problems.append(
                Problem(entry.path, "a profile cannot have this name; rename the folder")
            )
            continue
        profile = _cached_profile(cache, entry.name, entry.path)
        if profile.problem is not None:
            problems.append(Problem(f"{entry.path}/{PROFILE_FILE}", profile.problem))
        profiles.append(profile)
    profiles.sort(key=_place)
    return Shelf(profiles, problems)


def _place(profile: Profile) -> tuple[int, str, str]:
    order = profile.fields.order
    return (order if order is not None else 1 << 30, profile.name.lower(), profile.name)


def load_some(context: Context, cache: FactCache, names: Iterable[str]) -> Shelf:
    """Return only the profiles of these names, exactly so spelt, without a look at the others."""
    root = context.roots.profiles
    folders = ((name, f"{root}/{name}") for name in names)
    return Shelf([_cached_profile(cache, n, f) for n, f in folders if os.path.isdir(f)], [])


def _cached_profile(cache: FactCache, name: str, folder: str) -> Profile:
    def learn() -> list[Any]:
        profile = read_profile(folder)
        return [*profile.fields, profile.problem]

    fields, exists = cache.lookup(f"{folder}/{PROFILE_FILE}", learn)
    if not exists:
        return Profile(name, folder, ProfileFile())
    note, home, created, order, identity, email, problem = fields
    identity = unpack_identity(identity)
    return Profile(name, folder, ProfileFile(note, home, created, order, identity, email), problem)


def identity_of(profile: Profile, facts: AuthFacts) -> Identity | None:
    """Return the profile's identity: the one in its profile.toml; without one, that of its file (R1)."""
    return profile.fields.identity or facts.identity


def holding(shelf: Shelf, cache: FactCache, identities: Iterable[Identity]) -> list[Profile]:
    """Return the profiles that seem to belong to one of the identities.

    A hint from the cache: whoever writes reads the profile again.
    """
    wanted = set(identities)
    found = []
    for profile in shelf.profiles:
        recorded = profile.fields.identity
        if recorded is not None:
            # A file of another identity makes the profile broken; it is no holder of that login (R1).
            if recorded in wanted:
                found.append(profile)
            continue
        facts = cache.auth_facts(profile.auth_path)
        if facts.identity in wanted:
            found.append(profile)
    return found


class Discovered(NamedTuple):
    """A home with a login that is no profile: never registered unasked."""

    home: str
    facts: AuthFacts


def discover_homes(
    context: Context, cache: FactCache, shelf: Shelf, also: Iterable[str]
) -> list[Discovered]:
    """Look at `~/.codex-*` and at the homes that config.toml names."""
    candidates: list[str] = []
    try:
        with os.scandir(context.user_home) as entries:
            candidates = sorted(e.path for e in entries if e.name.startswith(".codex-"))
    except OSError:
        pass
    candidates.extend(also)
    if not candidates:
        return []
    taken = _homes_of(context, shelf)
    taken.add(context.home)
    taken.add(os.path.realpath(f"{context.user_home}/.codex"))
    found: list[Discovered] = []
    for named in candidates:
        path = f"{context.user_home}/{named[2:]}" if named.startswith("~/") else named
        home = os.path.realpath(os.path.join(context.user_home, path))
        if home in taken or not os.path.lexists(f"{home}/{AUTH_FILE}"):
            continue
        taken.add(home)
        found.append(Discovered(home, cache.auth_facts(f"{home}/{AUTH_FILE}")))
    return found


def _homes_of(context: Context, shelf: Shelf) -> set[str]:
    """Return the canonical homes of all profiles.

    Our own folders stand side by side, so all but links to elsewhere are resolved at once: a thousand take 27 ms else.
    """
    root = os.path.realpath(context.roots.profiles)
    homes = set()
    for profile in shelf.profiles:
        if profile.managed and not os.path.islink(profile.folder):
            homes.add(f"{root}/{profile.name}")
        else:
            homes.add(os.path.realpath(profile.home))
    return homes
