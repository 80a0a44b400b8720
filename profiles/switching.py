"""Make another profile the active login: plan, switch, undo (R4, R6, R13, R15, R16)."""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles import lock
from profiles.atomic import make_private_folder
from profiles.cache import FactCache
from profiles.discovery import Profile, load_shelf
from profiles.errors import (
    NothingToUndo,
    ProfilesError,
    StoreLocked,
    SwitchRefused,
    UsageError,
)
from profiles.generation import Copy, read_copy, same_lineage
from profiles.history import Entry, last_switches, note
from profiles.installing import TooSlow, install
from profiles.listing import active_profile
from profiles.overrides import home_settings, overridden_by
from profiles.paths import AUTH_FILE
from profiles.reconcile import (
    Live,
    merge_copy,
    needs_of_profile,
    reconcile_live,
    sight_of,
)
from profiles.refusals import (
    Target,
    describe_home,
    holders_elsewhere,
    may_be_refreshing,
    next_step_for_home,
    read_target,
    refuse_home,
    refuse_login,
    refuse_processes,
    refuse_run_lock,
    refuse_settings,
)
from profiles.seen import last_seen
from profiles.settling import settle_leftovers
from profiles.spent import load_spent
from profiles.work import Work, enter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.context import Context
    from profiles.model import Override, Process
    from profiles.seen import Sight

#: Seconds that we wait for a Codex to finish a refresh that may be under way, and between two looks.
REFRESH_PATIENCE, LOOK_EVERY = 30.0, 0.25
#: A slow disk may not make us hold Codex's own lock too long: then everything is released and done again.
SLOW_ROUNDS = 4


class SwitchResult(NamedTuple):
    """What a switch did. `before` is the profile that was active; `said` are sentences for people."""

    before: str | None
    to: str
    changed: bool
    written_back: str | None
    adopted: str | None
    still_running: list[Process]
    overridden_by: list[Override]
    said: list[str]


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
                homes = holders_elsewhere(shelf, target, ())
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


def switch(
    context: Context, name: str, *, anyway: bool = False, verb: str = "switch"
) -> SwitchResult:
    """Make the profile `name` the login of the active home.

    Raises ProfileNotFound, SwitchRefused, LoginNeeded, LoginUnverified, StoreLocked, StoreNotWritable and
    LocksUnsupported; the active home then holds what it held before.
    """
    cache = FactCache(context)
    shelf = load_shelf(context, cache)
    name = shelf.find(name).name
    refuse_home(context, shelf)
    if not os.path.isdir(context.home):
        make_private_folder(context.files, context.home)
    processes = list(context.processes())
    if not anyway:
        _wait_for_refresh(context, processes)
    for _ in range(SLOW_ROUNDS):
        try:
            return _switch_once(context, name, processes, anyway=anyway, verb=verb)
        except TooSlow:
            continue
    raise StoreLocked(f"{context.home}/{AUTH_FILE}.lock", os.getpid(), lock.CODEX_LOCK_LIMIT)


def _wait_for_refresh(context: Context, processes: Sequence[Process]) -> None:
    """Wait while a Codex may be refreshing the outgoing login; raises SwitchRefused when it goes on (R15)."""
    path = f"{context.home}/{AUTH_FILE}"
    first = live = read_copy(path)
    begun = context.monotonic()
    while (process := may_be_refreshing(context, live, processes)) is not None:
        if live is None or first is None or live.raw != first.raw:
            return
        if context.monotonic() - begun >= REFRESH_PATIENCE:
            raise SwitchRefused(
                f"the active login is about to expire and {process.command} (process {process.pid}) runs with it: a "
                "refresh under way now would be lost",
                "let it finish, or end it, then switch",
                can_force=True,
            )
        context.sleep(LOOK_EVERY)
        live = read_copy(path)


def _switch_once(
    context: Context, name: str, processes: Sequence[Process], *, anyway: bool, verb: str
) -> SwitchResult:
    settings = home_settings(context.home)
    seen = last_seen(context, context.home)
    with enter(context, lambda view: needs_of_profile(view, view.shelf.find(name))) as work:
        profile = work.profile(name)
        live = reconcile_live(work, update_live=False)
        settle_leftovers(work, profile.home, merge_copy)
        profile = work.profile(name)
        if _is_active(live, profile):
            live = reconcile_live(work, update_live=True)
            result = _result(
                work, live, profile, processes, settings=overridden_by(context, settings)
            )
            _note(work, verb, live, profile, target=None, seen=None)
            return result
        target = read_target(profile, work.show(profile.auth_path))
        if work.is_trusted(profile.auth_path):
            # Another home may hold newer tokens of the login that is coming in.
            merge_copy(work, target.copy, update_home=None, profile=profile)
            target = read_target(profile, work.show(profile.auth_path))
        _refuse(work, live, target, processes, anyway=anyway)
        if not anyway and (refusal := refuse_settings(settings, target.identity)) is not None:
            raise refusal
        install(work, live, target)
        _note(work, verb, live, profile, target=target, seen=seen)
        result = _result(work, live, profile, processes, settings=overridden_by(context, settings))
        return result._replace(changed=True)


def _is_active(live: Live, profile: Profile) -> bool:
    """Say whether the live login is this profile's (R16); another family in another profile is not."""
    if live.profile is None or live.copy is None or live.copy.document is None:
        return False
    if live.profile.name == profile.name:
        return True
    document = live.copy.document
    saved = read_copy(profile.auth_path)
    if saved is None or saved.document is None or saved.document.identity != document.identity:
        return False
    return saved.refresh_digest == live.copy.refresh_digest and same_lineage(
        saved.document, document
    )


def _refuse(
    work: Work, live: Live, target: Target, processes: Sequence[Process], *, anyway: bool
) -> None:
    context = work.context
    if live.stuck is not None and live.stuck.startswith("mixes") and not anyway:
        raise SwitchRefused(
            f"{work.show(work.live_path)} {live.stuck} and is left as it is: {'; '.join(work.said)}",
            f"look at it: tui show {target.profile.name}",
            can_force=True,
        )
    if live.stuck is not None and not live.stuck.startswith("mixes"):
        _refuse_distrusted(work)
    if not work.is_trusted(target.profile.auth_path):
        from profiles.ownership import why_not_trusted

        why = why_not_trusted(context, target.profile.auth_path)
        raise SwitchRefused(f"{work.show(target.profile.auth_path)}: {why}")
    refusal = refuse_login(context, target, work.spent, anyway=anyway)
    if refusal is not None:
        raise refusal
    if anyway:
        return
    homes = holders_elsewhere(work.view.shelf, target, work.view.other_homes())
    refusal = refuse_processes(context, processes, homes)
    refusal = refusal or refuse_run_lock(context, target.identity)
    if refusal is not None:
        raise refusal


def _refuse_distrusted(work: Work) -> None:
    """A home that others own or may write is a target only when the person names it in config.toml (R8)."""
    from profiles.config import load_config
    from profiles.ownership import why_not_trusted

    named = {
        os.path.realpath(home.replace("~", work.context.user_home, 1) if home[:1] == "~" else home)
        for home in load_config(work.context).homes
    }
    if work.context.home not in named:
        why = why_not_trusted(work.context, work.live_path)
        raise SwitchRefused(
            f"{work.show(work.live_path)}: {why}",
            "mend that, or name the home in config.toml (homes = [...]) if it is meant to be so",
        )


def _note(
    work: Work,
    verb: str,
    live: Live,
    profile: Profile,
    *,
    target: Target | None,
    seen: Sight | None,
) -> None:
    """Note the switch; `target` is None when nothing changed.

    A live file that could not be read counts as what we saw in it last.
    """
    sight = sight_of(live.copy, live.profile)
    if sight is None and live.copy is not None and live.copy.document is None:
        sight = seen
    identity = target.identity.digest() if target is not None else (sight.identity if sight else "")
    note(
        work.context,
        Entry(
            time=work.context.now(),
            verb=verb,
            profile=profile.name,
            identity=identity,
            home=work.context.home,
            result="changed" if target is not None else "unchanged",
            before=sight.profile if sight is not None else "",
            before_identity=sight.identity if sight is not None else "",
            token=(target.copy.refresh_digest or "") if target is not None else "",
        ),
    )


def _result(
    work: Work,
    live: Live,
    profile: Profile,
    processes: Sequence[Process],
    *,
    settings: list[Override],
) -> SwitchResult:
    return SwitchResult(
        before=live.profile.name if live.profile is not None else None,
        to=profile.name,
        changed=False,
        written_back=work.written_back,
        adopted=work.adopted,
        still_running=[p for p in processes if p.home == work.context.home],
        overridden_by=settings,
        said=work.said,
    )


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


def undo(context: Context, *, anyway: bool = False) -> SwitchResult:
    """Go back to the profile before the last switch. Raises what `previous_profile` and `switch` raise."""
    return switch(context, previous_profile(context), anyway=anyway, verb="undo")


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
