"""What a login flow tells while it runs; it ends with `Obtained`, or raises one of `profiles.errors`.

Times are seconds since the epoch, UTC. User codes and authorize URLs are made to be shown; authorization codes,
verifiers and tokens are in no event but the last, inside a document that hides them.
"""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument


class CodeIssued(NamedTuple):
    """A device login waits for a person who types `user_code` at `verification_url` before `expires_at`."""

    user_code: str
    verification_url: str
    expires_at: float


class UrlIssued(NamedTuple):
    """A browser login waits for its callback.

    `redirect_uri` names the port that the browser will call; `port` is the one that we listen on, which differs from
    it only when the person named one.
    """

    authorize_url: str
    redirect_uri: str
    port: int
    expires_at: float


class Checked(NamedTuple):
    """The issuer was asked and still waits for the person."""

    at: float


class Postponed(NamedTuple):
    """The issuer could not be asked; the next try comes `wait` seconds later. `why` is for people."""

    at: float
    wait: float
    why: str


class CallbackRefused(NamedTuple):
    """Something called, or was pasted, that is not our callback; the login goes on waiting. `why` is for people."""

    at: float
    why: str


class Approved(NamedTuple):
    """The authorization code is here and is exchanged now. `by` is `device`, `callback` or `pasted`."""

    at: float
    by: str


class Obtained(NamedTuple):
    """The login, whole, and in memory only."""

    document: AuthDocument


Event = CodeIssued | UrlIssued | Checked | Postponed | CallbackRefused | Approved | Obtained
