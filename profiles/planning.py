"""Look before the leap: what a switch would do, and which profile `undo`, `-` and no name at all stand for (R16).

Nothing here writes.
"""

from __future__ import annotations

from typing import NamedTuple

from profiles.cache import FactCache
from profiles.discovery import Profile, load_shelf
from profiles.errors import NothingToUndo, ProfilesError, UsageError
from profiles.generation import Copy, read_copy
from profiles.history import last_switches
from profiles.listing import active_profile
from profiles.overrides import home_settings, overridden_by
from profiles.paths import AUTH_FILE
from profiles.refusals import (
    describe_home,
    holders_elsewhere,
    next_step_for_home,
    read_target,
    refuse_home,
    refuse_login,
    refuse_processes,
    refuse_settings,
)
from profiles.spent import load_spent
from profiles.work import View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from profiles.model import Override, Process


class SwitchPlan(NamedTuple):
    """What a switch would do; `refusal` says why it would not be made."""

    before: str | None
    to: str
    changed: bool
    steps: list[str]
    refusal: ProfilesError | None
    overridden_by: list[Override]
    still_running: list[Process]


def plan_switch(context: Context, name: str, *, anyway: bool = False) -> SwitchPlan:
    """Say what a switch would do, step by step, and write nothing. Raises ProfileNotFound."""
    cache = FactCache(context)
    shelf = load_shelf(context, cache)
    profile = shelf.find(name)
    settings = home_settings(context.home, cache)
    live = read_copy(f"{context.home}/{AUTH_FILE}") if context.active.problem is None else None
    facts = cache.auth_facts(f"{context.home}/{AUTH_FILE}")
    before = active_profile(context, shelf, cache, facts)
    processes = [] if context.active.problem else list(context.processes())
    running = [p for p in processes if p.home == context.home]
    refusal: ProfilesError | None = None
    changed = before is None or before.name != profile.name
    try:
        refuse_home(context, shelf)
        if changed:
            target = read_target(profile, profile.auth_path)
            refusal = refuse_login(context, target, load_spent(context), anyway=anyway)
            if not anyway and refusal is None:
                homes = holders_elsewhere(shelf, target, View(context, cache).other_homes())
                refusal = refuse_settings(settings, target.identity) or refuse_processes(
                    context, processes, homes
                )
    except ProfilesError as error:
        refusal = error
    return SwitchPlan(
        before.name if before is not None else None,
        profile.name,
        changed,
        _steps(context, live, before, profile, changed=changed),
        refusal,
        overridden_by(context, settings),
        running,
    )


def _steps(
    context: Context, live: Copy | None, before: Profile | None, to: Profile, *, changed: bool
) -> list[str]:
    path = f"{context.home}/{AUTH_FILE}"
    if live is None or (live.document is not None and live.document.identity is None):
        steps = [f"{path} holds no login"]
    elif live.document is None:
        steps = [f"keep the unreadable bytes of {path} in the backups ({live.problem})"]
    elif before is None:
        steps = [f"save the login in {path}, which no profile has yet, as a new profile"]
    else:
        steps = [f"bring {before.name} and {path} to the newer of their tokens"]
    if not changed:
        return [*steps, f"{to.name} is active already; nothing else is done"]
    if live is not None:
        steps.append(f"keep a backup of {path}")
    return [*steps, f"write the login of {to.name} to {path}, and read it back"]


def previous_profile(context: Context) -> str:
    """Return the profile that was active here before the last switch: what `undo` and `switch -` go back to.

    It goes by this home's history and by identity, not by name (R16). Raises NothingToUndo.
    """
    cache = FactCache(context)
    shelf = load_shelf(context, cache)
    for entry in last_switches(context, context.home):
        if not entry.before_identity:
            raise NothingToUndo(
                f"before the last switch (to {entry.profile}) no login was active here", "tui list"
            )
        found = []
        for profile in shelf.profiles:
            identity = profile.fields.identity or cache.auth_facts(profile.auth_path).identity
            if identity is not None and identity.digest() == entry.before_identity:
                found.append(profile.name)
        if entry.before in found:
            return entry.before
        if found:
            return found[0]
        raise NothingToUndo(
            f"the login that was active before the last switch ({entry.before}) is no profile any more",
            "tui history; a deleted profile waits in the backups: tui paths",
        )
    if context.active.problem is not None:
        raise NothingToUndo(
            f"{describe_home(context)} {context.active.problem}, so there is nothing to undo there",
            next_step_for_home(context),
        )
    raise NothingToUndo(f"no switch of {context.home} is known yet", "tui switch NAME")


def the_other_profile(context: Context) -> str:
    """Return the profile to toggle to when there are just two. Raises UsageError naming what to write instead."""
    cache = FactCache(context)
    shelf = load_shelf(context, cache)
    if len(shelf.profiles) != 2:
        count = len(shelf.profiles)
        message = f"with {count} profile{'' if count == 1 else 's'} a name is needed"
        raise UsageError(message, "tui switch NAME; tui list shows the names")
    active = active_profile(context, shelf, cache, cache.auth_facts(f"{context.home}/{AUTH_FILE}"))
    if active is None:
        message = "neither of the two profiles is active, so a name is needed"
        raise UsageError(message, "tui switch NAME; tui list shows the names")
    return next(p.name for p in shelf.profiles if p.name != active.name)
