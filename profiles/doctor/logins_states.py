"""What is known of each login's tokens: refused, used up, in doubt, due; by our own marks, and the claims."""

from __future__ import annotations

from typing import NamedTuple

from profiles.doctor.finding import ERROR, INFO, WARNING, Finding
from profiles.doctor.homes_places import cache_of, shortened
from profiles.expiry import (
    DAY,
    EXPIRED,
    EXPIRING,
    LOGIN_NEEDED,
    MINUTE,
    OK,
    UNCERTAIN,
    duration_words,
)
from profiles.model import OAUTH_KINDS
from profiles.paths import AUTH_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.cache import AuthFacts
    from profiles.doctor.machine import Machine
    from profiles.marks import Mark
    from profiles.model import ProfileRow

#: Unrefreshed for longer than this (seconds), nobody can say that a refresh token still lives.
IDLE = 30 * DAY
#: Refused so soon after a sign-in (seconds), it was the account and not a second holder.
AT_ONCE = 15 * MINUTE
_PAID_ENDS = frozenset({"free", ""})


class Known(NamedTuple):
    """A login, what its newest file says, and the mark on its token."""

    row: ProfileRow
    facts: AuthFacts
    mark: Mark | None

    @property
    def words(self) -> str:
        """The login, for a title."""
        if self.row.name is None:
            return "the active login"
        name = shortened(self.row.name)
        return f"{name} (active)" if self.row.active else name

    @property
    def subject(self) -> str:
        """The login, at the beginning of a title: longer, and never mistaken for a word."""
        return (
            "The active login"
            if self.row.name is None
            else f"The login of {shortened(self.row.name)}"
        )

    @property
    def level(self) -> str:
        """How bad it is when it does not work: what is active breaks now."""
        return ERROR if self.row.active else WARNING

    @property
    def log_in(self) -> str:
        """The step to a new login."""
        return f"tui login {self.row.name or 'NAME'} --device-code"

    @property
    def path(self) -> str:
        """Its file."""
        return f"{self.row.home}/{AUTH_FILE}"


def known_logins(machine: Machine) -> list[Known]:
    """Return every login that is a profile's or active."""
    return machine.once("known logins", lambda: _known(machine))


def _known(machine: Machine) -> list[Known]:
    from profiles.marks import load_marks

    cache, marks = cache_of(machine), load_marks(machine.context)
    found = []
    for row in machine.snapshot.rows:
        facts = cache.auth_facts(f"{row.home}/{AUTH_FILE}")
        if row.active:
            live = cache.auth_facts(f"{machine.home}/{AUTH_FILE}")
            if (live.issued_at or 0.0) >= (facts.issued_at or 0.0):
                facts = live
        found.append(Known(row, facts, marks.get(facts.refresh_digest or "")))
    return found


def states(machine: Machine) -> list[Finding]:
    """Find every login that needs a sign-in, is in doubt, or is due."""
    now = machine.context.now()
    found = (_state(known, now) for known in known_logins(machine))
    return [each for each in found if each is not None]


def _state(known: Known, now: float) -> Finding | None:
    state = known.row.state
    if state == LOGIN_NEEDED:
        return _needed(known)
    if state == UNCERTAIN:
        return _uncertain(known)
    if state == EXPIRED:
        return _expired(known, now)
    if state in (OK, EXPIRING) and known.row.kind in OAUTH_KINDS:
        return _without_refresh(known)
    return None


def _evidence(known: Known) -> str:
    return f"{known.path}: {known.row.reason or known.row.state}"


def _needed(known: Known) -> Finding:
    reason = known.row.reason or ""
    if "used" in reason:
        return Finding(
            "token.reused",
            known.level,
            f"The refresh token of {known.words} was already used",
            _evidence(known),
            "A refresh token works once. Somebody else refreshed a copy of this login: another home, tool or machine. "
            "Sign in anew, and then let one place alone hold it.",
            known.log_in,
        )
    if "revoked" in reason:
        return _revoked(known)
    return Finding(
        "login.needed",
        known.level,
        f"A new login is needed: {known.words}",
        _evidence(known),
        "Its tokens do not work any more, and nothing but a sign-in brings new ones.",
        known.log_in,
    )


def _revoked(known: Known) -> Finding:
    mark, issued = known.mark, known.facts.issued_at
    if mark is not None and issued is not None and 0 <= mark.since - issued < AT_ONCE:
        after = duration_words(mark.since - issued)
        return Finding(
            "token.short_lived",
            known.level,
            f"{known.subject} was ended {after} after the sign-in",
            f"{_evidence(known)} ({after} after its token was issued)",
            "So soon it is the account's side: two ChatGPT accounts in one browser, an account security setting, or a "
            "wave of the service. Sign in from a private window with one account; else wait.",
            f"tui login {known.row.name or 'NAME'} --browser",
        )
    return Finding(
        "token.revoked",
        known.level,
        f"The login of {known.words} was revoked",
        _evidence(known),
        "A later codex login or logout in a home with this login revokes it; so do logout everywhere, a new password.",
        known.log_in,
    )


def _uncertain(known: Known) -> Finding:
    reason = known.row.reason or ""
    refresh = f"tui refresh {known.row.name}" if known.row.name else known.log_in
    if known.facts.mixture and (known.mark is None or "mix" in known.mark.reason):
        return Finding(
            "login.mixture",
            known.level,
            f"Two logins are mixed in one file: {known.words}",
            f"{known.path}: tokens.account_id is not the account of the id_token",
            "A Codex before 0.169 that refreshes during a switch leaves it so: tokens of one login, workspace of the "
            "other. Nobody can tell for sure whose turn it is.",
            known.log_in,
        )
    if "session has ended" in reason:
        return Finding(
            "token.revoked",
            WARNING,
            f"The session of {known.words} has ended",
            _evidence(known),
            "The backend refuses its access token. Whether the refresh token still works, a refresh shows.",
            refresh,
        )
    return Finding(
        "login.uncertain",
        WARNING,
        f"Nobody knows whether {known.words} still works",
        _evidence(known),
        "Its refresh token may have been used or revoked without a word. A refresh shows it.",
        refresh,
    )


def _expired(known: Known, now: float) -> Finding:
    ended = known.facts.access_expires_at
    began = known.facts.issued_at or known.facts.last_refresh
    what = f"ended {duration_words(now - ended)} ago" if ended is not None else "cannot be read"
    age = now - began if began is not None else None
    evidence = f"{known.path}: its access token {what}"
    if age is not None:
        evidence += f", refreshed {duration_words(age)} ago"
    fix = (
        f"tui refresh {known.row.name}" if known.row.name else "tui add NAME, then tui refresh NAME"
    )
    if age is not None and age > IDLE:
        return Finding(
            "login.idle",
            WARNING,
            f"{known.subject} was not refreshed for {duration_words(age)}",
            evidence,
            "How long an unused refresh token lives, the service tells nobody. Refresh it now and then.",
            fix,
        )
    return Finding(
        "token.expired",
        INFO,
        f"The access token of {known.words} has ended",
        evidence,
        "Harmless as long as the refresh works: Codex refreshes by itself from 5 minutes before the end.",
        fix,
    )


def _without_refresh(known: Known) -> Finding | None:
    if known.facts.refresh_digest is not None:
        return None
    ends = known.facts.access_expires_at
    return Finding(
        "login.no_refresh",
        WARNING if known.row.state == EXPIRING else INFO,
        f"{known.subject} cannot be refreshed",
        f"{known.path}: there is no refresh token"
        + ("" if ends is None else ", and its access token ends soon")
        if known.row.state == EXPIRING
        else f"{known.path}: there is no refresh token",
        "It ends with its access token, and then a new login is needed.",
        known.log_in,
    )


def plans(machine: Machine) -> list[Finding]:
    """Find every login whose paid plan the backend did not name any more, when it was asked last."""
    from profiles.claims import plan_name
    from profiles.usage_cache import load_usage

    usage = load_usage(machine.context)
    found = []
    for known in known_logins(machine):
        identity, claimed = known.facts.identity, known.facts.plan
        remembered = usage.get(identity.digest()) if identity is not None else None
        now = remembered.usage if remembered is not None else None
        if now is None or claimed is None or claimed in _PAID_ENDS:
            continue
        if now.plan == "free" and now.at > (known.facts.issued_at or 0.0):
            found.append(
                Finding(
                    "login.plan",
                    WARNING,
                    f"The plan of {known.words} is gone: {plan_name(claimed)} is Free now",
                    f"{known.path}: chatgpt_plan_type {claimed}; the backend said free afterwards",
                    "With the plan go Codex's limits, and perhaps Codex itself; the token still names the old plan.",
                    "look at the subscription: https://chatgpt.com/#settings",
                )
            )
    return found
