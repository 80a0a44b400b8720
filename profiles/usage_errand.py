"""One run that asks for usage: its connections, what was known before it, what it learns of each login (R12, R22)."""

from __future__ import annotations

from typing import Any

from profiles.errors import (
    IssuerProtocolError,
    IssuerRejected,
    IssuerTimeout,
    IssuerUnreachable,
    LoginNeeded,
    ProfilesError,
    StoreError,
)
from profiles.marks import UNCERTAIN, Mark, change_mark
from profiles.usage_answer import UsageSnapshot, read_usage, read_workspaces
from profiles.usage_cache import Remembered, load_usage, save_usage
from profiles.usage_plan import FAILED, Ask, NotAsked, UsageResult, newest_document
from profiles.workspace_names import NAME_LASTS, load_workspaces, save_workspaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.context import Context
    from profiles.oauth.http import Answer, Timeouts, Wire
    from profiles.refreshing import Options, Result

#: What a failure can be, the worst first.
NEEDED, UNREACHABLE, LOCKED = "login-needed", "unreachable", "locked"
FAILURES = (NEEDED, UNREACHABLE, LOCKED, FAILED)
#: The backend's words for a session that somebody has ended.
REVOKED = frozenset({"token_revoked", "token_invalidated"})
#: A new access token that was refused is not replaced by a newer one for so long (seconds).
PATIENCE = 3600.0


class _Refused(ProfilesError):
    """No usage, for a reason that is known; `failure` as in a result."""

    def __init__(self, message: str, hint: str | None = None, failure: str = FAILED) -> None:
        super().__init__(message, hint)
        self.failure = failure


class Errand:
    """Asks about one login after another, `at_a_time` of them at once. `close` it in the end."""

    def __init__(self, context: Context, at_a_time: int, timeouts: Timeouts | None) -> None:
        import asyncio
        from contextlib import AsyncExitStack

        self._context = context
        self._turns = asyncio.Semaphore(max(1, at_a_time))
        self._timeouts = timeouts
        self._open = AsyncExitStack()
        self._wires: dict[str | None, Wire] = {}
        self._known = load_usage(context)
        self._names = load_workspaces(context)
        self._learnt: dict[str, Remembered] = {}
        self._named: dict[str, str | None] = {}

    async def close(self) -> None:
        """Close the connections and keep what was learnt."""
        save_usage(self._context, self._learnt)
        save_workspaces(self._context, self._named)
        await self._open.aclose()

    def silent(self, each: NotAsked) -> UsageResult:
        """Return the result of a profile that is not asked about."""
        name = each.row.name or ""
        return UsageResult(name, each.row.plan, None, False, each.why, each.hint, each.failure)

    async def run(self, ask: Ask) -> list[UsageResult]:
        """Ask about one login; return a result for each of its profiles."""
        said: list[str] = []
        digest = ask.identity.digest()
        try:
            async with self._turns:
                usage = await self._usage(ask, said)
        except ProfilesError as error:
            failure = error.failure if isinstance(error, _Refused) else _failure_of(error)
            last = self._known.get(digest, Remembered()).usage
            return [
                UsageResult(
                    name=row.name or "",
                    plan=row.plan if last is None else last.plan or row.plan,
                    snapshot=last,
                    is_fresh=False,
                    error=error.message,
                    hint=error.hint,
                    failure=failure,
                    said=tuple(said),
                )
                for row in ask.rows
            ]
        self._learnt[digest] = Remembered(usage)
        return [
            UsageResult(row.name or "", usage.plan or row.plan, usage, True, said=tuple(said))
            for row in ask.rows
        ]

    # -- one login --

    async def _usage(self, ask: Ask, said: list[str]) -> UsageSnapshot:
        """Return what the backend says. Raises ProfilesError."""
        from profiles.oauth.backend import ask_usage
        from profiles.refresh_plan import Options

        document = self._document(ask)
        ends = document.access_facts.expires_at
        is_new = ends is not None and ends <= self._context.now()
        if is_new:
            document = await self._renewed(ask, Options(within=0.0), said)
        wire = await self._wire(ask.home)
        answer = await ask_usage(wire, ask.backend, document)
        if answer.status == 401:
            self._hear(ask, document, answer)
            self._check_renewable(ask, document, answer, is_new=is_new)
            document = await self._renewed(ask, Options(force=True), said)
            answer = await ask_usage(wire, ask.backend, document)
            if answer.status == 401:
                self._hear(ask, document, answer)
                self._check_renewable(ask, document, answer, is_new=True)
        if answer.status == 403:
            refused = answer.rejected("to tell it")
            raise _Refused(f"usage not available: {refused.message}", refused.hint)
        if not 200 <= answer.status < 300:
            raise answer.rejected("to tell the usage")
        usage = read_usage(answer.json(), self._context.now())
        if usage is None:
            raise IssuerProtocolError(f"{answer.host} told something else than usage", "try again")
        await self._learn_names(ask, wire, document)
        return usage

    def _document(self, ask: Ask) -> AuthDocument:
        from profiles.oauth.backend import why_not_sendable

        document = newest_document(self._context, ask)
        if document is None:
            reason = ask.rows[0].reason or "its file holds no login that could be shown"
            raise _Refused(reason, f"tui show {ask.name}")
        why = why_not_sendable(document)
        if why is not None:
            raise _Refused(why, f"tui login {ask.name} --device-code")
        return document

    def _check_renewable(
        self, ask: Ask, document: AuthDocument, answer: Answer, *, is_new: bool
    ) -> None:
        """Raise when a refresh cannot help, or did not, against an access token that is refused."""
        word = answer.error_word()
        told = f"401, {word}" if word else "401"
        refused = f"{answer.host} does not take its access token ({told})"
        hint = f"tui login {ask.name} --device-code"
        if ask.is_dead:
            raise _Refused(f"{refused}, and {ask.rows[0].reason}", hint, NEEDED)
        digest, now = ask.identity.digest(), self._context.now()
        known = self._known.get(digest, Remembered())
        if is_new:
            self._learnt[digest] = known._replace(refused_at=now)
            raise _Refused(f"{refused}, new as it is", f"try again later; if it stays so: {hint}")
        issued = document.access_facts.issued_at
        at = known.refused_at
        if at is not None and 0 <= now - at < PATIENCE and issued is not None and issued <= at:
            raise _Refused(f"{refused}, as after its last refresh", hint)

    async def _renewed(self, ask: Ask, options: Options, said: list[str]) -> AuthDocument:
        """Refresh the login, once, and return its newer document. Raises _Refused when that does not work."""
        import asyncio

        from profiles.refreshing import FRESH, REFRESHED, refresh_logins

        hint = f"tui login {ask.name} --device-code"

        def refresh() -> list[Result]:
            return list(refresh_logins(self._context, [ask.name], options, concurrency=1))

        results = await asyncio.to_thread(refresh)
        result = next((each for each in results if each.name == ask.name), None)
        if result is None:
            raise _Refused("it was not refreshed", f"tui refresh {ask.name}")
        said += [sentence for each in results for sentence in each.said]
        if result.outcome in (REFRESHED, FRESH):
            return self._document(ask)
        failure = LOCKED if result.locked else result.outcome
        is_known = failure in FAILURES
        raise _Refused(
            result.reason or "it could not be refreshed",
            hint if failure == NEEDED else f"tui refresh {ask.name}",
            failure if is_known else FAILED,
        )

    def _hear(self, ask: Ask, document: AuthDocument, answer: Answer) -> None:
        """Remember the backend's word that a session has ended: it makes a login uncertain, and no more (R12)."""
        word, token = answer.error_word(), document.refresh_token
        if word not in REVOKED or token is None or ask.is_dead:
            return
        why = f"the backend says that its session has ended ({word})"

        def worse(present: Mark | None) -> Mark:
            if present is not None and present.state != UNCERTAIN:
                return present
            since = self._context.now() if present is None else present.since
            return Mark(UNCERTAIN, why, since)

        try:
            change_mark(self._context, token.digest(), worse)
        except StoreError:
            pass  # It is a word to remember; usage is told where nothing can be written, too.

    async def _learn_names(self, ask: Ask, wire: Wire, document: AuthDocument) -> None:
        """Ask for the names of the person's workspaces, once a day; without an answer they stay as they are."""
        from profiles.oauth.backend import ask_workspaces

        account = ask.identity.account_id
        if account is None or account in self._named:
            return
        at = self._names.get(account, (None, 0.0))[1]
        if 0 <= self._context.now() - at < NAME_LASTS:
            return
        try:
            answer = await ask_workspaces(wire, ask.backend, document)
            told: Any = answer.json() if 200 <= answer.status < 300 else None
        except ProfilesError:
            return
        names = read_workspaces(told)
        if names is not None:
            # A workspace that is not among them has no name that could be told, until tomorrow.
            self._named |= {account: None, **names}

    async def _wire(self, home: str) -> Wire:
        """Return the way to a backend for this home; homes without variables of their own share one."""
        from profiles.oauth.http import Timeouts, open_wire
        from profiles.oauth.variables import variables_file

        key = variables_file(self._context, home)
        if key not in self._wires:
            timeouts = self._timeouts or Timeouts(read=15.0, whole=25.0)
            way = open_wire(self._context, home, timeouts=timeouts)
            self._wires[key] = await self._open.enter_async_context(way)
        return self._wires[key]


def _failure_of(error: ProfilesError) -> str:
    if isinstance(error, LoginNeeded):
        return NEEDED
    if isinstance(error, IssuerUnreachable | IssuerTimeout):
        return UNREACHABLE
    is_away = isinstance(error, IssuerRejected) and (error.status == 429 or error.status >= 500)
    return UNREACHABLE if is_away else FAILED
