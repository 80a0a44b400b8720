"""Device logins: a code is shown, somebody types it at a page, and whoever asked for it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tui.simulator.grants import challenge_of
from tui.simulator.tokens import SCOPE
from tui.simulator.wire import Reply, answer

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from tui.simulator.grants import Grants
    from tui.simulator.mint import Mint
    from tui.simulator.people import People, Person, Workspace
    from tui.simulator.wire import Request

#: How long a user code is good, in seconds.
LIFE = 900.0
#: Who approves when nobody is known.
SOMEBODY = "ada@example.com"


@dataclass(frozen=True)
class Refusal:
    """How the service says no: what it really answers to a denied or expired code is not known."""

    status: int
    body: Any


def _error(code: str, message: str) -> Any:  # noqa: ANN401 - a JSON document
    kind = "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


@dataclass
class Code:
    """One device login. `outcome`: pending, approved, denied, expired or used."""

    user_code: str
    device_auth_id: str
    client_id: str
    redirect_uri: str
    asked_at: float
    outcome: str = "pending"
    person: Person | None = None
    workspace: Workspace | None = None


@dataclass
class Answers:
    """What the token endpoint of device logins says while there is nothing to give, or never will be."""

    pending: Refusal = field(
        default_factory=lambda: Refusal(
            403,
            _error(
                "deviceauth_authorization_unknown",
                "Device authorization is unknown. Please try again.",
            ),
        )
    )
    denied: Refusal = field(
        default_factory=lambda: Refusal(
            400, {"error": "access_denied", "error_description": "The request was denied."}
        )
    )
    expired: Refusal = field(
        default_factory=lambda: Refusal(
            400, {"error": "expired_token", "error_description": "The code has expired."}
        )
    )


class Device:
    """Every device login since the start. `answers` may be replaced at any time."""

    def __init__(
        self,
        mint: Mint,
        people: People,
        grants: Grants,
        now: Callable[[], float],
        lock: threading.RLock,
        *,
        interval: object,
        approve_after: float | None,
    ) -> None:
        self._mint, self._people, self._grants = mint, people, grants
        self._now, self._lock = now, lock
        #: What the answer has as `interval`: the service writes seconds as a string. None leaves it out.
        self.interval = interval
        #: Codes approve themselves after so many seconds, as whoever `approver` names; None: never.
        self.approve_after = approve_after
        self.approver: Callable[[str], tuple[str, str | None]] = self._anybody
        self.answers = Answers()
        #: Whether device logins are to be had at all: else 404.
        self.enabled = True
        self._all: dict[str, Code] = {}

    # -- from another thread --

    def approve(self, user_code: str, email: str, workspace: str | None = None) -> None:
        """Let somebody approve a code. Raises KeyError for a code or workspace that there is not."""
        with self._lock:
            person = self._people.find(email)
            code = self._all[user_code.strip().upper()]
            code.workspace = person.workspace(workspace)
            code.person = person
            self._decide(code, "approved")

    def deny(self, user_code: str) -> None:
        """Let somebody say no."""
        with self._lock:
            self._decide(self._all[user_code.strip().upper()], "denied")

    def expire(self, user_code: str) -> None:
        """Let a code's time be over."""
        with self._lock:
            self._decide(self._all[user_code.strip().upper()], "expired")

    def pending(self) -> list[str]:
        """Return the codes that nobody has decided about, oldest first."""
        with self._lock:
            return [each.user_code for each in self._all.values() if self._look(each) == "pending"]

    def find(self, user_code: str) -> Code | None:
        """Return a device login by its user code."""
        with self._lock:
            return self._all.get(user_code.strip().upper())

    def _decide(self, code: Code, outcome: str) -> None:
        if self._look(code) != "pending":
            raise KeyError(f"{code.user_code} is {code.outcome} already")
        code.outcome = outcome

    def _look(self, code: Code) -> str:
        """Let time do its work on a code and return its outcome."""
        age = self._now() - code.asked_at
        if code.outcome == "pending" and age >= LIFE:
            code.outcome = "expired"
        after = self.approve_after
        if code.outcome == "pending" and after is not None and age >= after:
            email, workspace = self.approver(code.user_code)
            code.person = self._people.find(email)
            code.workspace = code.person.workspace(workspace)
            code.outcome = "approved"
        return code.outcome

    def _anybody(self, _user_code: str) -> tuple[str, str | None]:
        return next((person.email for person in self._people), SOMEBODY), None

    # -- over the wire --

    def ask(self, request: Request, base: str) -> Reply:
        """Answer `usercode`: a new code, for a login that will be sent back to `base`."""
        client_id = request.fields().get("client_id")
        if not self.enabled:
            return answer(404, _error("not_found", "Not found"))
        if not client_id:
            return answer(400, _error("invalid_request", "client_id is missing"))
        code = Code(
            user_code=self._mint.user_code(),
            device_auth_id=self._mint.opaque("deviceauth_", 24),
            client_id=client_id,
            redirect_uri=f"{base}/deviceauth/callback",
            asked_at=self._now(),
        )
        self._all[code.user_code] = code
        told = {"interval": self.interval} if self.interval is not None else {}
        named = {"device_auth_id": code.device_auth_id, "user_code": code.user_code}
        return answer(200, {**named, **told})

    def check(self, request: Request) -> Reply:
        """Answer the question whether somebody has approved: once, with a code and its PKCE pair."""
        asked = request.fields()
        code = self._all.get(asked.get("user_code", ""))
        if code is None or code.device_auth_id != asked.get("device_auth_id"):
            return answer(404, _error("not_found", "Not found"))
        outcome = self._look(code)
        if outcome == "pending":
            return answer(self.answers.pending.status, self.answers.pending.body)
        if outcome == "denied":
            return answer(self.answers.denied.status, self.answers.denied.body)
        if outcome != "approved" or code.person is None or code.workspace is None:
            return answer(self.answers.expired.status, self.answers.expired.body)
        code.outcome = "used"
        verifier = self._mint.verifier()
        challenge = challenge_of(verifier)
        authorization_code = self._grants.make(
            code.person,
            code.workspace,
            client_id=code.client_id,
            redirect_uri=code.redirect_uri,
            challenge=challenge,
            scope=SCOPE,
        )
        return answer(
            200,
            {
                "authorization_code": authorization_code,
                "code_challenge": challenge,
                "code_verifier": verifier,
            },
        )
