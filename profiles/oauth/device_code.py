"""The device login: a code is shown, a person approves it at another machine, and the issuer is asked until it knows.

Requests, their order and their pace are those of Codex 0.169 (C110 to C112 in profiles/CODEX.md). Unlike Codex, a login
that waits survives a moment in which the issuer cannot be asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from profiles.errors import (
    AccessDenied,
    DeviceCodeDisabled,
    DeviceCodeExpired,
    EntitlementMissing,
    GrantInvalid,
    IssuerProtocolError,
    IssuerRejected,
    IssuerTimeout,
    IssuerUnreachable,
    OAuthError,
)
from profiles.model import Secret
from profiles.oauth.documents import chatgpt_document
from profiles.oauth.events import Approved, Checked, CodeIssued, Obtained, Postponed
from profiles.oauth.token_endpoint import exchange_code
from profiles.oauth.workspaces import check_workspace

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from profiles.errors import IssuerError
    from profiles.oauth.events import Event
    from profiles.oauth.http import Answer, Wire
    from profiles.oauth.issuer import Issuer
    from profiles.oauth.settings import LoginSettings

#: How long a user code is good, in seconds: the issuer does not say, Codex waits so long.
LIFE = 900.0
#: Seconds between two questions when the issuer names none, and the limits of what it may name.
PACE, SLOWEST = 5.0, 60.0
#: So many questions in a row that bring no answer end the login.
PATIENCE = 4
#: By the standard these mean to go on asking, whatever status they come with. Codex would give up.
_WAITING = frozenset({"authorization_pending", "deviceauth_authorization_pending", "slow_down"})
_ELSEWHERE = "log in by the browser flow"


class DeviceCode(NamedTuple):
    """What the issuer gave out; `interval`: seconds to wait between two questions."""

    user_code: str
    device_auth_id: Secret
    interval: float


class Grant(NamedTuple):
    """What an approved login brings: a code, good once, and the verifier that the issuer made for it."""

    code: Secret
    verifier: Secret


async def device_code_login(settings: LoginSettings, wire: Wire) -> AsyncGenerator[Event]:
    """Log in by a device code. Yields CodeIssued, Checked and Postponed, Approved, Obtained.

    Raises OAuthError and IssuerError; nothing was changed then.
    """
    issuer, now = settings.issuer, settings.context.now
    expires_at = now() + LIFE
    asked = await _ask(wire, issuer)
    yield CodeIssued(asked.user_code, issuer.verification_url, expires_at)
    failures = 0
    while True:
        failure: IssuerError | None = None
        try:
            grant = await _check(wire, issuer, asked)
        except (IssuerUnreachable, IssuerTimeout, IssuerRejected) as error:
            failure = error
        if failure is None and grant is not None:
            break
        wait = asked.interval
        if failure is None:
            failures = 0
            yield Checked(now())
        else:
            failures += 1
            if failures >= PATIENCE:
                raise failure
            wait = _wait_after(failure, asked.interval, failures)
            yield Postponed(now(), wait, failure.message)
        left = expires_at - now()
        if left <= 0:
            raise _expired(issuer)
        await settings.sleep(min(wait, left))
    yield Approved(now(), "device")
    tokens = await exchange_code(
        wire,
        issuer,
        code=grant.code,
        redirect_uri=issuer.device_redirect_uri,
        verifier=grant.verifier,
    )
    check_workspace(settings, tokens)
    yield Obtained(chatgpt_document(tokens, issuer, now()))


def _wait_after(failure: IssuerError, interval: float, failures: int) -> float:
    """Return the seconds until the next try: as the issuer asks, else longer each time."""
    told = failure.retry_after if isinstance(failure, IssuerRejected) else None
    return min(SLOWEST, told if told is not None else interval * 2 ** (failures - 1))


async def _ask(wire: Wire, issuer: Issuer) -> DeviceCode:
    answer = await wire.post_json(issuer.usercode_url, {"client_id": issuer.client_id})
    if answer.status == 404:
        raise DeviceCodeDisabled(
            f"{answer.host} gives out no device codes (404)",
            f"{_ELSEWHERE}, or check SWITCHYARD_ISSUER",
        )
    if not 200 <= answer.status < 300:
        raise answer.rejected("a device code")
    told = _object(answer)
    user_code = _text(told.get("user_code", told.get("usercode")))
    name = _text(told.get("device_auth_id"))
    if user_code is None or name is None or not user_code.isprintable():
        raise IssuerProtocolError(
            f"{answer.host} answered without a user code", f"try again, or {_ELSEWHERE}"
        )
    return DeviceCode(user_code, Secret(name), _seconds(told.get("interval")))


async def _check(wire: Wire, issuer: Issuer, asked: DeviceCode) -> Grant | None:
    """Ask whether somebody approved; None while nobody has. IssuerRejected (429, 5xx) may be tried again."""
    answer = await wire.post_json(
        issuer.device_token_url,
        {"device_auth_id": asked.device_auth_id, "user_code": asked.user_code},
    )
    if answer.status in (403, 404):
        return None
    if answer.status == 429 or answer.status >= 500:
        raise answer.rejected("the device login")
    if not 200 <= answer.status < 300:
        word = answer.error_word()
        if word in _WAITING:
            return None
        raise _refusal(answer, issuer, word)
    told = _object(answer)
    code, verifier = _text(told.get("authorization_code")), _text(told.get("code_verifier"))
    if code is None or verifier is None:
        raise IssuerProtocolError(
            f"{answer.host} approved the login without a code", "log in again"
        )
    return Grant(Secret(code), Secret(verifier))


def _refusal(answer: Answer, issuer: Issuer, word: str) -> OAuthError:
    told = f"{answer.status}, {word}" if word else str(answer.status)
    if word == "access_denied":
        return AccessDenied(
            f"the login was denied at {issuer.verification_url}",
            "log in again and approve it there, if it was you who asked",
            error=word,
        )
    if word == "missing_codex_entitlement":
        return EntitlementMissing(
            "this account may not use Codex",
            "ask whoever runs the workspace for access, or log in with another account",
            error=word,
        )
    if word == "expired_token" or answer.status == 410:
        return _expired(issuer, word)
    return GrantInvalid(
        f"{answer.host} ended the device login ({told})",
        f"ask for a new code, or {_ELSEWHERE}",
        error=word,
    )


def _expired(issuer: Issuer, word: str = "expired_token") -> DeviceCodeExpired:
    return DeviceCodeExpired(
        "the code expired: nobody approved it within 15 minutes",
        f"ask for a new one, and type it at {issuer.verification_url}",
        error=word,
    )


def _object(answer: Answer) -> dict[str, Any]:
    document = answer.json()
    return document if isinstance(document, dict) else {}


def _text(value: object) -> str | None:
    from profiles.strict_json import has_half_pair

    if isinstance(value, str) and 0 < len(value) < 10_000 and not has_half_pair(value):
        return value
    return None


def _seconds(value: object) -> float:
    """Return the interval, which Codex takes as digits in a string alone: never so short that it is a nuisance."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal():
        value = int(value.strip()[:9])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return PACE
    return max(1.0, min(SLOWEST, float(value)))
