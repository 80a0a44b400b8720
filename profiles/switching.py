"""Make another profile the active login: plan, switch, undo (R4, R6, R13, R15, R16)."""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles.atomic import make_private_folder
from profiles.cache import FactCache
from profiles.errors import (
    StoreNotWritable,
    SwitchRefused,
)
from profiles.generation import read_copy, same_lineage
from profiles.history import Entry, note
from profiles.installing import install
from profiles.leftovers import leftovers
from profiles.overrides import home_settings, overridden_by
from profiles.paths import AUTH_FILE
from profiles.planning import SwitchPlan, plan_switch, previous_profile, the_other_profile
from profiles.reconcile import (
    Live,
    merge_copy,
    needs_of_profile,
    reconcile_live,
    sight_of,
)
from profiles.refusals import (
    Target,
    holders_elsewhere,
    may_be_refreshing,
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
from profiles.work import View, Work, enter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from profiles.context import Context
    from profiles.discovery import Profile
    from profiles.generation import Copy
    from profiles.model import Override, Process
    from profiles.seen import Sight
    from profiles.work import Needs

#: Seconds that we wait for a Codex to finish a refresh that may be under way, and between two looks.
REFRESH_PATIENCE, LOOK_EVERY = 30.0, 0.25


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


def switch(
    context: Context,
    name: str,
    *,
    anyway: bool = False,
    verb: str = "switch",
    on_installed: Callable[[str], object] | None = None,
) -> SwitchResult:
    """Make the profile `name` the login of the active home.

    `on_installed` is told the name as soon as the login is durably there; what is noted about it comes after that.
    Raises ProfileNotFound, SwitchRefused, LoginNeeded, LoginUnverified, StoreLocked, StoreNotWritable and
    LocksUnsupported; the active home then holds what it held before.
    """
    view = View(context, FactCache(context))
    profile = view.shelf.find(name)
    refuse_home(context, view.shelf)
    _refuse_early(context, profile, anyway=anyway)
    if not os.path.isdir(context.home):
        make_private_folder(context.files, context.home)
    if not anyway:
        _wait_for_refresh(context, profile)
    return _switch_once(view, profile.name, anyway=anyway, verb=verb, on_installed=on_installed)


def _refuse_early(context: Context, profile: Profile, *, anyway: bool) -> None:
    """Refuse what is plainly refused before anything is written, the stranger's adoption included."""
    live = read_copy(f"{context.home}/{AUTH_FILE}")
    held = live.document.identity if live is not None and live.document is not None else None
    recorded = profile.fields.identity
    if (held is not None and held == recorded) or leftovers(profile.home):
        # The live login, or what a dead process left, may heal the profile's own file.
        return
    target = read_target(profile, profile.auth_path)
    if target.identity == held:
        return
    refusal = refuse_login(context, target, load_spent(context), anyway=anyway)
    if refusal is None and not anyway:
        refusal = refuse_settings(home_settings(context.home), target.identity)
    if refusal is not None:
        raise refusal


def _wait_for_refresh(context: Context, coming: Profile) -> None:
    """Wait while a Codex may be refreshing the outgoing login; raises SwitchRefused when it goes on (R15)."""
    path = f"{context.home}/{AUTH_FILE}"
    first = live = read_copy(path)
    if _is_same_login(live, coming):
        # Nothing goes out (R16).
        return
    begun = context.monotonic()
    while (process := may_be_refreshing(context, live)) is not None:
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


def _is_same_login(live: Copy | None, profile: Profile) -> bool:
    held = live.document if live is not None else None
    if held is None or held.identity is None or held.identity != profile.fields.identity:
        return False
    saved = read_copy(profile.auth_path)
    theirs = saved.document if saved is not None else None
    return theirs is None or same_lineage(held, theirs)


def _switch_once(
    seen_first: View,
    name: str,
    *,
    anyway: bool,
    verb: str,
    on_installed: Callable[[str], object] | None,
) -> SwitchResult:
    context = seen_first.context
    settings = home_settings(context.home)
    seen = last_seen(context, context.home)

    def needs(view: View) -> Needs:
        return needs_of_profile(view, view.shelf.find(name))

    with enter(context, needs, view=seen_first) as work:
        profile = work.profile(name)
        live = reconcile_live(work, update_live=False)
        settle_leftovers(work, profile.home, merge_copy)
        profile = work.profile(name)
        processes = list(context.processes())
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
        if on_installed is not None:
            on_installed(profile.name)
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
    entry = Entry(
        time=work.context.now(),
        verb=verb,
        profile=profile.name,
        identity=identity,
        home=work.context.home,
        result="changed" if target is not None else "unchanged",
        before=sight.profile if sight is not None else "",
        before_identity=sight.identity if sight is not None else "",
        token=(target.copy.refresh_digest or "") if target is not None else "",
    )
    try:
        note(work.context, entry)
    except StoreNotWritable as error:
        # It is made, and could be noted a moment ago (`install` looked): not to be called a failure now.
        work.say(f"the switch could not be noted, so undo does not know of it: {error.message}")


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


def undo(context: Context, *, anyway: bool = False) -> SwitchResult:
    """Go back to the profile before the last switch. Raises what `previous_profile` and `switch` raise."""
    return switch(context, previous_profile(context), anyway=anyway, verb="undo")


__all__ = [
    "SwitchPlan",
    "SwitchResult",
    "plan_switch",
    "previous_profile",
    "switch",
    "the_other_profile",
    "undo",
]
