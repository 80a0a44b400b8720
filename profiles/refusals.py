"""When a switch is not made, and why (R15). Where `can_force` is set, `--anyway` lifts the refusal."""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles import lock
from profiles.errors import (
    AuthFileMalformed,
    LoginNeeded,
    LoginUnverified,
    ProfilesError,
    StoreError,
    SwitchRefused,
)
from profiles.expiry import DAY
from profiles.generation import Copy, read_copy, same_lineage
from profiles.marks import LOGIN_NEEDED, load_marks
from profiles.model import HEADERS
from profiles.overrides import HomeSettings, why_void
from profiles.paths import AUTH_FILE
from profiles.processes import is_login

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.context import Context
    from profiles.discovery import Profile, Shelf
    from profiles.model import Identity, Process
    from profiles.spent import SpentTokens

#: Seconds around `exp` in which a running Codex may be refreshing, and the age at which an opaque token is due.
NEAR_EXPIRY, OPAQUE_AGE = 600.0, 7 * DAY


class Target(NamedTuple):
    """What a switch would install."""

    profile: Profile
    copy: Copy
    identity: Identity


def refuse_home(context: Context, shelf: Shelf) -> None:
    """Raise when the active home cannot be switched at all."""
    home, problem = context.home, context.active.problem
    if problem is not None:
        raise SwitchRefused(
            f"{describe_home(context)} {problem}: Codex would not start there",
            next_step_for_home(context),
        )
    here = _place(home)
    for profile in shelf.profiles:
        if _place(profile.home) == here:
            raise SwitchRefused(
                f"the active home {home} is the home of the profile {profile.name} itself",
                "unset CODEX_HOME, then switch",
            )


def describe_home(context: Context) -> str:
    """Name the active home and what made it so, as the beginning of a sentence about its problem."""
    if context.active.from_environment:
        return f"CODEX_HOME points to {context.home}, which"
    return f"the active home {context.home}"


def next_step_for_home(context: Context) -> str:
    """Say how to end the problem of the active home."""
    problem = context.active.problem or ""
    if problem.startswith("does not exist"):
        return f"mkdir -m 700 -p {context.home}"
    if context.active.from_environment:
        return "unset CODEX_HOME"
    return f"move it away: mv {context.home} {context.home}.old"


def _place(path: str) -> tuple[int, int] | str:
    """Return what two paths to one folder have in common: device and inode, or the path of what is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return os.path.realpath(path)
    return (found.st_dev, found.st_ino)


def read_target(profile: Profile, show: str) -> Target:
    """Read and validate what is to be installed.

    Raises SwitchRefused (unreadable or of another identity) and LoginNeeded (there is no login in it).
    """
    if profile.problem is not None:
        raise SwitchRefused(
            f"{profile.name} is broken: {profile.problem}",
            f"look at it: less {profile.folder}/profile.toml",
        )
    copy = read_copy(profile.auth_path)
    if copy is None:
        raise _no_file(profile, show)
    if copy.document is None:
        hint = f"fill it anew: tui login {profile.name} --device-code"
        error = AuthFileMalformed(show, "", copy.problem or "cannot be read")
        raise SwitchRefused(f"{profile.name} is broken: {error.message}", hint)
    identity = copy.document.identity
    if copy.document.kind == HEADERS:
        raise SwitchRefused(
            f"{show} is a login by headers, which another program hands to Codex: from a file it loads none",
            f"fill it anew: tui run {profile.name} -- codex login --device-auth",
        )
    if identity is None:
        raise _empty(profile)
    recorded = profile.fields.identity
    if recorded is not None and recorded != identity:
        who = copy.document.email or copy.document.kind
        raise SwitchRefused(
            f"{profile.name} is broken: {show} now holds another login ({who}) than the profile's own",
            f"keep that one as a profile of its own: tui add NAME --home {profile.home}"
            if not profile.managed
            else f"see whose it is: tui show {profile.name}",
        )
    if copy.document.is_mixture:
        raise SwitchRefused(
            f"{profile.name} is broken: {show} mixes two logins (account_id is not the id_token's)",
            f"log in anew: tui login {profile.name} --device-code",
        )
    return Target(profile, copy, identity)


def _no_file(profile: Profile, show: str) -> ProfilesError:
    """Say why there is nothing to read."""
    if not profile.managed and not os.path.isdir(profile.home):
        waits = read_copy(profile.parked_path) is not None
        return SwitchRefused(
            f"{profile.name} is broken: its home {profile.home} is not there"
            + ("; its login waits in our own folder" if waits else ""),
            "bring the home back, then switch",
        )
    if not profile.managed and read_copy(profile.parked_path) is not None:
        return SwitchRefused(
            f"{profile.name} is broken: its home {profile.home} no longer holds a login; its newest waits in our "
            "own folder",
            f"put it back: cp -p {profile.parked_path} {profile.auth_path}",
        )
    if os.path.islink(profile.auth_path):
        return SwitchRefused(
            f"{profile.name} is broken: {show} is a link that leads nowhere "
            f"(to {os.path.realpath(profile.auth_path)})",
            f"bring that file back, or: rm {profile.auth_path}",
        )
    return _empty(profile)


def _empty(profile: Profile) -> LoginNeeded:
    return LoginNeeded(
        f"{profile.name} is empty: there is no login in {profile.home}",
        f"tui login {profile.name} --device-code",
    )


def refuse_login(
    context: Context, target: Target, spent: SpentTokens, *, anyway: bool
) -> ProfilesError | None:
    """Return why this login must not be installed; None when it may be. Spent and revoked ones never are."""
    digest = target.copy.refresh_digest
    name = target.profile.name
    hint = f"log in anew: tui login {name} --device-code"
    mark = load_marks(context).get(digest) if digest is not None else None
    if mark is not None and mark.state == LOGIN_NEEDED:
        return LoginNeeded(f"{name} needs a new login: {mark.reason}", hint)
    if spent.is_spent(digest):
        return LoginNeeded(f"the refresh token of {name} was used up elsewhere", hint)
    reason = mark.reason if mark is not None else None
    if spent.is_unanswered(digest):
        reason = "a refresh was sent and its answer never arrived"
    if reason is not None and not anyway:
        return LoginUnverified(
            f"{name} is uncertain ({reason}), and it was not tried whether its login still works",
            f"tui switch {name} --anyway installs it as it is",
        )
    return None


def refuse_settings(settings: HomeSettings, identity: Identity) -> ProfilesError | None:
    """Return why the home's own settings make the switch void."""
    reason = why_void(settings, identity)
    if reason is None:
        return None
    return SwitchRefused(reason, f"change the line in {settings.path}", can_force=True)


def refuse_processes(
    context: Context, processes: Sequence[Process], other_homes: Sequence[str]
) -> ProfilesError | None:
    """Return why running processes forbid the switch: a login that waits here, a holder in use elsewhere."""
    for process in processes:
        if process.home == context.home and is_login(process):
            return SwitchRefused(
                f"a codex login (process {process.pid}) waits in {context.home} and would overwrite the switch",
                f"finish or cancel it (kill {process.pid})",
                can_force=True,
            )
    elsewhere = {os.path.realpath(home) for home in other_homes} - {context.home}
    for process in processes:
        if process.home in elsewhere:
            return SwitchRefused(
                f"{process.command} (process {process.pid}) runs with this login in {process.home}: two homes that "
                "refresh one login kill it",
                f"end it first (kill {process.pid})",
                can_force=True,
            )
    return None


def refuse_run_lock(context: Context, identity: Identity) -> ProfilesError | None:
    """Return a refusal when a `tui run` holds this login (R14)."""
    held = lock.HeldLocks(context)
    try:
        busy = held.try_all([lock.run_lock(context, identity, shared=False)])
    except StoreError as error:
        return error
    held.release()
    if busy is None or (homes := lock.homes_of_runs(busy)) == {context.home}:
        return None
    pid = lock.holder_of(busy)
    who = f" (process {pid})" if pid is not None else ""
    where = " and ".join(sorted(homes)) or "its profile's home"
    return SwitchRefused(
        f"a tui run{who} works with this login in {where}",
        "end it first",
        can_force=True,
    )


def may_be_refreshing(context: Context, live: Copy | None) -> Process | None:
    """Return a Codex that may be refreshing the outgoing login right now, if there is one."""
    document = live.document if live is not None else None
    if document is None or document.refresh_token is None:
        return None
    now = context.now()
    expires = document.access_facts.expires_at
    if expires is not None:
        near = abs(expires - now) <= NEAR_EXPIRY
    else:
        near = document.last_refresh is not None and now - document.last_refresh / 1e9 > OPAQUE_AGE
    if not near:
        return None
    return next((p for p in context.processes() if p.home == context.home), None)


def holders_elsewhere(shelf: Shelf, target: Target, other_homes: Sequence[str]) -> list[str]:
    """Return the homes, the profile's own included, whose file holds the login that is coming in."""
    incoming = target.copy.document
    homes = [target.profile.home]
    # A folder without a profile.toml is known by its file alone (R1).
    known = (target.identity, None)
    paths = {p.home: p.auth_path for p in shelf.profiles if p.fields.identity in known}
    paths.update((home, f"{home}/{AUTH_FILE}") for home in other_homes)
    for home, path in paths.items():
        copy = read_copy(path)
        document = copy.document if copy is not None else None
        # Another sign-in of the same person is another login: what runs with it does not touch this one (R2).
        if document is not None and incoming is not None and same_lineage(document, incoming):
            homes.append(home)
    return homes
