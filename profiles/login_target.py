"""Where a login is to go, and whether it could be saved there: asked before a person goes through it.

Writes nothing.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles.adoption import describe
from profiles.cache import FactCache
from profiles.discovery import Profile, identity_of, load_shelf
from profiles.errors import (
    AuthFileInsecure,
    LoginForbidden,
    ProfileNotFound,
    ProfilesError,
    StoreNotWritable,
)
from profiles.generation import read_copy
from profiles.model import API_KEY, CHATGPT, PERSONAL_ACCESS_TOKEN
from profiles.oauth.issuer import find_issuer
from profiles.oauth.settings import LoginSettings
from profiles.overrides import METHODS as FORCED_METHODS
from profiles.overrides import home_settings
from profiles.ownership import why_not_trusted
from profiles.paths import AUTH_FILE, tilde
from profiles.store import check_free, check_name
from profiles.work import is_there

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from profiles.overrides import HomeSettings

DEVICE_CODE, BROWSER, KEY, ACCESS_TOKEN = "device-code", "browser", "api-key", "access-token"
#: The ways to log in, and the kind of login that each brings.
METHODS = {
    DEVICE_CODE: CHATGPT,
    BROWSER: CHATGPT,
    KEY: API_KEY,
    ACCESS_TOKEN: PERSONAL_ACCESS_TOKEN,
}
#: With less room than this (bytes) a person is not sent through a login whose end could not be saved.
ROOM = 1 << 18


class LoginTarget(NamedTuple):
    """Where a login is to go. `expected` says for people whose it should be; None when anybody's will do."""

    name: str
    home: str
    exists: bool
    expected: str | None
    settings: LoginSettings


def prepare(context: Context, name: str, method: str) -> LoginTarget:
    """Look whether a login of this kind can be saved under this name, before a person goes through it. Writes nothing.

    Raises ProfileNameInvalid, UsageError (issuer), LoginForbidden, AuthFileInsecure, StoreNotWritable, and
    ProfilesError for a profile whose own file must be mended first.
    """
    check_name(name)
    issuer = find_issuer(context.environ)
    cache = FactCache(context)
    shelf = load_shelf(context, cache)
    try:
        profile = shelf.find(name)
    except ProfileNotFound:
        check_free(context, shelf, name)
        home = f"{context.roots.profiles}/{name}"
        _refuse_without_room(context, home)
        return LoginTarget(name, home, False, None, LoginSettings(context, issuer, home))
    _refuse_profile(context, profile)
    identity = identity_of(profile, cache.auth_facts(profile.auth_path))
    homes = [profile.home]
    live = read_copy(f"{context.home}/{AUTH_FILE}") if context.active.problem is None else None
    if live is not None and live.document is not None and live.document.identity == identity:
        homes.append(context.home)
    every = [home_settings(home) for home in homes]
    for settings in every:
        _refuse_settings(settings, METHODS[method])
    forced = [settings.forced_workspaces for settings in every if settings.forced_workspaces]
    _refuse_without_room(context, profile.home if is_there(profile) else profile.folder)
    return LoginTarget(
        profile.name,
        profile.home,
        True,
        None if identity is None else whose(profile),
        LoginSettings(context, issuer, profile.home, forced[0] if forced else ()),
    )


def _refuse_profile(context: Context, profile: Profile) -> None:
    if profile.problem is not None:
        raise ProfilesError(
            f"{profile.name}: {profile.problem}", f"mend the file first: {profile.folder}"
        )
    if not is_there(profile):
        return
    why = why_not_trusted(context, profile.auth_path)
    if why is not None:
        path = tilde(profile.auth_path, context.user_home)
        raise AuthFileInsecure(profile.auth_path, f"{path}: {why}", f"ls -ld {profile.home}")


def _refuse_settings(settings: HomeSettings, kind: str) -> None:
    """Refuse what Codex would throw away or not look at (R15)."""
    if settings.store in ("keyring", "ephemeral"):
        raise LoginForbidden(
            f'{settings.path} sets cli_auth_credentials_store = "{settings.store}", so Codex does not read auth.json',
            "remove that line, then repeat",
        )
    forced = settings.forced_method
    if forced in FORCED_METHODS and kind not in FORCED_METHODS[forced]:
        other = "--api-key" if forced == "api" else "--device-code"
        raise LoginForbidden(
            f'{settings.path} sets forced_login_method = "{forced}": Codex would delete this login at its next start',
            f"log in with {other}, or remove that line",
        )


def _refuse_without_room(context: Context, folder: str) -> None:
    """A disk that is full already shows before a person goes through a login."""
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    shown = tilde(folder, context.user_home)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreNotWritable(folder, f"{shown} cannot be written", f"ls -ld {folder}")
    try:
        found = os.statvfs(folder)
    except OSError:
        return
    if found.f_bavail * found.f_frsize < ROOM:
        raise StoreNotWritable(
            folder,
            f"the disk of {shown} is full, so a login could not be saved",
            f"make room (df -h {folder}), then repeat",
        )


def whose(profile: Profile) -> str:
    """Say whose login a profile has, or had."""
    saved = read_copy(profile.auth_path) or read_copy(profile.parked_path)
    document = saved.document if saved is not None else None
    recorded = profile.fields.identity
    if document is not None and (recorded is None or recorded == document.identity):
        return describe(document)
    kind = recorded.kind.replace("-", " ") if recorded is not None else "another login"
    return profile.fields.email or f"a login of the kind {kind}"
