"""What is there now, as `list`, `show` and the screen draw it. Reads only; writes nothing but the cache."""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles import expiry
from profiles.cache import AuthFacts, FactCache
from profiles.config import load_config
from profiles.discovery import Discovered, Profile, Shelf, discover_homes, identity_of, load_shelf
from profiles.errors import ConfigError
from profiles.history import last_switched_to, was_logged_out
from profiles.lock import is_held
from profiles.marks import LOGIN_NEEDED, load_marks
from profiles.model import EMPTY, OAUTH_KINDS, UNREADABLE, Override, Problem, ProfileRow
from profiles.overrides import home_settings, overridden_by
from profiles.ownership import why_not_trusted
from profiles.paths import AUTH_FILE
from profiles.spent import SpentTokens, load_spent
from profiles.workspace_names import workspace_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from profiles.marks import Mark
    from profiles.model import Identity


class DiscoveredRow(NamedTuple):
    """A home with a login that is no profile (`discovered` of the contract)."""

    home: str
    email: str | None
    account_id: str | None
    state: str


class Snapshot(NamedTuple):
    """Everything that a list shows, at one moment (`taken_at`: seconds since the epoch, UTC)."""

    taken_at: float
    home: str
    home_problem: str | None
    active: str | None
    rows: list[ProfileRow]
    problems: list[Problem]
    discovered: list[DiscoveredRow]
    overrides: list[Override]

    def row(self, name: str) -> ProfileRow | None:
        """Return the row of this profile, if it is there."""
        return next((row for row in self.rows if row.name == name), None)


def take_snapshot(context: Context) -> Snapshot:
    """Look at everything. Never raises for what is in any file: what cannot be used is a problem."""
    cache = FactCache(context)
    shelf = load_shelf(context, cache)
    problems = list(shelf.problems)
    homes: tuple[str, ...] = ()
    try:
        homes = load_config(context).homes
    except ConfigError as error:
        path, _, why = error.message.partition(": ")
        problems.append(Problem(path, why))
    judge = _Judge(context, cache)
    live = cache.auth_facts(f"{context.home}/{AUTH_FILE}")
    if context.active.problem is not None:
        problems.append(Problem(context.home, f"the active home {context.active.problem}"))
    elif live.problem is not None:
        problems.append(Problem(f"{context.home}/{AUTH_FILE}", live.problem))
    active = active_profile(context, shelf, cache, live)
    rows: list[ProfileRow] = []
    for profile in shelf.profiles:
        row = judge.row(profile, is_active=profile is active)
        if row.state == expiry.BROKEN and profile.problem is None:
            problems.append(Problem(profile.auth_path, row.reason or "cannot be used"))
        rows.append(row)
    if active is None and live.kind not in (EMPTY, UNREADABLE):
        rows.insert(0, judge.live_row(live))
    discovered = [judge.discovered(found) for found in discover_homes(context, cache, shelf, homes)]
    overrides = overridden_by(context, home_settings(context.home, cache))
    cache.save(whole=True)
    return Snapshot(
        taken_at=judge.now,
        home=context.home,
        home_problem=context.active.problem,
        active=active.name if active is not None else None,
        rows=rows,
        problems=problems,
        discovered=discovered,
        overrides=overrides,
    )


def active_profile(
    context: Context, shelf: Shelf, cache: FactCache, live: AuthFacts
) -> Profile | None:
    """Return the profile whose identity is the live login's; of several the one last switched to."""
    if live.identity is None or live.mixture:
        return None
    same = []
    for profile in shelf.profiles:
        identity = profile.fields.identity
        if identity is None:
            identity = identity_of(profile, cache.auth_facts(profile.auth_path))
        if identity == live.identity:
            same.append(profile)
    if len(same) > 1:
        last = last_switched_to(context, context.home, live.identity.digest())
        for profile in same:
            if profile.name == last:
                return profile
        for profile in same:
            if cache.auth_facts(profile.auth_path).refresh_digest == live.refresh_digest:
                return profile
    return same[0] if same else None


class _Judge:
    """Turns facts into rows and states."""

    def __init__(self, context: Context, cache: FactCache) -> None:
        self._context = context
        self._cache = cache
        self._spent: SpentTokens = load_spent(context)
        self._marks: dict[str, Mark] = load_marks(context)
        self._workspaces = workspace_names(context)
        self.now = context.now()

    def row(self, profile: Profile, *, is_active: bool) -> ProfileRow:
        """Return the row of a profile; of the active one the live file may hold the newer tokens."""
        facts = self._cache.auth_facts(profile.auth_path)
        state, reason = self._profile_state(profile, facts)
        if is_active and state != expiry.BROKEN:
            live = self._cache.auth_facts(f"{self._context.home}/{AUTH_FILE}")
            if (live.issued_at or 0.0) >= (facts.issued_at or 0.0):
                facts = live
                state, reason = self._login_state(facts)
        recorded = profile.fields
        identity = recorded.identity or facts.identity
        return ProfileRow(
            name=profile.name,
            active=is_active,
            kind=facts.kind,
            email=facts.email or recorded.email,
            user_id=identity.user_id if identity is not None else None,
            account_id=identity.account_id if identity is not None else None,
            workspace=self._workspace(identity),
            plan=facts.plan,
            state=state,
            reason=reason,
            issued_at=facts.issued_at,
            access_token_expires_at=facts.access_expires_at,
            id_token_expires_at=facts.id_expires_at,
            last_refresh=facts.last_refresh,
            home=profile.home,
            managed=profile.managed,
            note=recorded.note,
        )

    def live_row(self, facts: AuthFacts) -> ProfileRow:
        """Return the row of a live login that no profile has yet."""
        state, reason = self._login_state(facts)
        identity = facts.identity
        return ProfileRow(
            name=None,
            active=True,
            kind=facts.kind,
            email=facts.email,
            user_id=identity.user_id if identity is not None else None,
            account_id=identity.account_id if identity is not None else None,
            workspace=self._workspace(identity),
            plan=facts.plan,
            state=state,
            reason=reason
            or "not saved in a profile yet; the next switch saves it, or: tui add NAME",
            issued_at=facts.issued_at,
            access_token_expires_at=facts.access_expires_at,
            id_token_expires_at=facts.id_expires_at,
            last_refresh=facts.last_refresh,
            home=self._context.home,
            managed=False,
            note=None,
        )

    def _workspace(self, identity: Identity | None) -> str | None:
        """Return the name of a login's workspace, as far as it was ever told."""
        account = identity.account_id if identity is not None else None
        return None if account is None else self._workspaces.get(account)

    def discovered(self, found: Discovered) -> DiscoveredRow:
        """Return the row of a home that is no profile."""
        facts = found.facts
        state, _ = self._login_state(facts)
        account = facts.identity.account_id if facts.identity is not None else None
        return DiscoveredRow(found.home, facts.email, account, state)

    def _profile_state(self, profile: Profile, facts: AuthFacts) -> tuple[str, str | None]:
        if profile.problem is not None:
            return expiry.BROKEN, profile.problem
        if not profile.managed:
            if not os.path.isdir(profile.home):
                return expiry.BROKEN, f"its home {profile.home} is not there"
            if facts.kind == EMPTY and self._is_missed(profile):
                return expiry.BROKEN, f"its home {profile.home} no longer holds a login"
        distrust = why_not_trusted(self._context, profile.auth_path)
        if distrust is not None:
            return expiry.BROKEN, f"{profile.auth_path}: {distrust}"
        recorded = profile.fields.identity
        if recorded is not None and facts.identity is not None and recorded != facts.identity:
            who = facts.email or facts.kind
            return expiry.BROKEN, f"its file now holds another login ({who})"
        return self._login_state(facts)

    def _is_missed(self, profile: Profile) -> bool:
        """Say whether a registered home should hold a login: it had one, and it was not us who logged out of it."""
        identity = profile.fields.identity
        if identity is None:
            return False
        waits = os.path.lexists(profile.parked_path)
        return waits or not was_logged_out(self._context, identity.digest())

    def _is_at_work(self, facts: AuthFacts) -> bool:
        """Say whether the refresh is under way this moment, and nothing is wrong with the login."""
        return facts.identity is not None and is_held(self._context, facts.identity)

    def _login_state(self, facts: AuthFacts) -> tuple[str, str | None]:
        if facts.kind == UNREADABLE:
            return expiry.BROKEN, facts.problem
        if facts.kind == EMPTY:
            return expiry.EMPTY, None
        digest = facts.refresh_digest
        mark = self._marks.get(digest) if digest is not None else None
        if mark is not None and mark.state == LOGIN_NEEDED:
            return expiry.LOGIN_NEEDED, mark.reason
        if self._spent.is_spent(digest):
            return expiry.LOGIN_NEEDED, "its refresh token was used up elsewhere"
        if mark is not None:
            return expiry.UNCERTAIN, mark.reason
        if self._spent.is_unanswered(digest) and not self._is_at_work(facts):
            return expiry.UNCERTAIN, "a refresh was sent and its answer never arrived"
        if facts.mixture:
            return expiry.UNCERTAIN, "the file mixes two logins: account_id is not the id_token's"
        if facts.kind not in OAUTH_KINDS:
            return expiry.STATIC, None
        state = expiry.token_state(
            self.now,
            facts.access_expires_at,
            facts.issued_at,
            facts.last_refresh,
            refreshable=digest is not None,
        )
        return state, "there is no refresh token" if state == LOGIN_NEEDED else None
