"""Whose usage to ask for: each login once for each backend, however many profiles hold it (R22). Reads only."""

from __future__ import annotations

from typing import NamedTuple

from profiles import expiry
from profiles.errors import UsageError
from profiles.generation import compare, read_copy
from profiles.listing import take_snapshot
from profiles.model import OAUTH_KINDS
from profiles.overrides import home_settings
from profiles.ownership import why_not_trusted
from profiles.paths import AUTH_FILE
from profiles.refresh_plan import find_groups
from profiles.spent import load_spent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.auth_file import AuthDocument
    from profiles.context import Context
    from profiles.generation import Copy
    from profiles.model import Identity, ProfileRow
    from profiles.oauth.backend import Backend
    from profiles.usage_answer import UsageSnapshot

FAILED = "failed"


class Ask(NamedTuple):
    """One question: the usage of a login, for the profiles `rows`, at a backend; `paths` are the files that hold it."""

    rows: tuple[ProfileRow, ...]
    identity: Identity
    backend: Backend
    paths: tuple[str, ...]

    @property
    def name(self) -> str:
        """The first of the profiles."""
        return self.rows[0].name or ""

    @property
    def home(self) -> str:
        """The home of the first of the profiles, whose proxies and certificates are used."""
        return self.rows[0].home

    @property
    def is_dead(self) -> bool:
        """Whether its refresh token is known not to work any more."""
        return all(row.state == expiry.LOGIN_NEEDED for row in self.rows)


class NotAsked(NamedTuple):
    """A profile that has no usage, or cannot be asked for it; `failure` is None when that is as it should be."""

    row: ProfileRow
    why: str
    hint: str | None
    failure: str | None


class UsageResult(NamedTuple):
    """What is known of one profile. `snapshot` is what was said now, or (`is_fresh` is False) what was said last.

    `error` says why there is nothing newer, `hint` what to do; `failure` is `login-needed`, `unreachable`, `locked` or
    `failed`, None when nothing went wrong: a profile without a login, or with a key, simply has no usage. `said` are
    sentences for people.
    """

    name: str
    plan: str | None
    snapshot: UsageSnapshot | None
    is_fresh: bool
    error: str | None = None
    hint: str | None = None
    failure: str | None = None
    said: tuple[str, ...] = ()


def plan_asks(
    context: Context, names: Sequence[str] | None = None
) -> tuple[list[Ask], list[NotAsked]]:
    """Return what to ask, and for which profiles there is nothing to ask. Raises ProfileNotFound."""
    from profiles.oauth.backend import find_backend

    groups = find_groups(context, names)
    snapshot = take_snapshot(context)
    rows = {row.name: row for row in snapshot.rows if row.name is not None}
    wanted = set(rows) if names is None else {_real(name, rows) for name in names}
    live = f"{context.home}/{AUTH_FILE}"
    asks: list[Ask] = []
    silent: list[NotAsked] = []
    for group in groups:
        kin = [rows[name] for name in group.names if name in rows]
        paths = tuple(dict.fromkeys([*(f"{row.home}/{AUTH_FILE}" for row in kin), live]))
        places: dict[Backend, list[ProfileRow]] = {}
        for row in kin:
            if row.name not in wanted:
                continue
            reason = _why_not(row)
            if reason is not None or group.identity is None:
                silent.append(reason or _empty(row))
                continue
            try:
                places.setdefault(
                    find_backend(home_settings(row.home), context.environ), []
                ).append(row)
            except UsageError as error:
                silent.append(NotAsked(row, error.message, error.hint, FAILED))
        if group.identity is not None:
            asks += [Ask(tuple(who), group.identity, where, paths) for where, who in places.items()]
    return asks, silent


def newest_document(context: Context, ask: Ask) -> AuthDocument | None:
    """Return the newest copy of the login in the files that hold it; None when there is none that can be believed."""
    spent = load_spent(context)
    newest: Copy | None = None
    for path in ask.paths:
        copy = None if why_not_trusted(context, path) is not None else read_copy(path)
        if copy is None or copy.document is None or copy.document.identity != ask.identity:
            continue
        if copy.document.is_mixture:
            continue
        if newest is None or compare(copy, newest, context.now(), spent.is_spent).order > 0:
            newest = copy
    return None if newest is None else newest.document


def _real(name: str, rows: dict[str, ProfileRow]) -> str:
    """Return a profile's name as it is spelt."""
    if name in rows:
        return name
    return next((each for each in rows if each.lower() == name.lower()), name)


def _why_not(row: ProfileRow) -> NotAsked | None:
    if row.state == expiry.BROKEN:
        return NotAsked(row, row.reason or "it cannot be used", f"tui show {row.name}", FAILED)
    if row.state == expiry.EMPTY:
        return _empty(row)
    if row.state in (expiry.MOVING, expiry.MOVED):
        return NotAsked(row, "its login was moved to another machine", None, None)
    if row.kind not in OAUTH_KINDS:
        return NotAsked(row, f"a login of the kind {row.kind} has no usage to ask for", None, None)
    return None


def _empty(row: ProfileRow) -> NotAsked:
    hint = f"tui login {row.name} --device-code"
    return NotAsked(row, "it is empty: there is no login in it", hint, None)
