"""The device login over real sockets, with a clock that only waiting moves: each way it goes, each way it ends."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Final

import pytest

from profiles.errors import (
    AccessDenied,
    DeviceCodeDisabled,
    DeviceCodeExpired,
    EntitlementMissing,
    GrantInvalid,
    IssuerError,
    IssuerProtocolError,
    IssuerRejected,
    IssuerTimeout,
    IssuerUnreachable,
    OAuthError,
    ProfilesError,
    WorkspaceForbidden,
)
from profiles.oauth.device_code import device_code_login
from profiles.oauth.events import Approved, Checked, CodeIssued, Obtained, Postponed
from profiles.oauth.http import open_wire
from tests.oauth.wires import SHORT, Clock, check_silence, surroundings
from tui.simulator.device import Refusal
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from profiles.auth_file import AuthDocument
    from profiles.oauth.events import Event
    from tests.conftest import Box

USERCODE: Final = "/api/accounts/deviceauth/usercode"
POLL: Final = "/api/accounts/deviceauth/token"
TOKEN: Final = "/oauth/token"
ADA: Final = "ada@example.com"


class Stage:
    """An issuer, and a login that waits at it. `at` runs steps after so many questions."""

    def __init__(self, box: Box, simulator: Simulator, clock: Clock) -> None:
        self.box, self.simulator, self.clock = box, simulator, clock
        self.events: list[Event] = []
        self.workspaces: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The user code that was shown."""
        first = self.events[0]
        assert isinstance(first, CodeIssued)
        return first.user_code

    def approve(self) -> None:
        """Let ada approve."""
        self.simulator.device.approve(self.code, ADA)

    async def run(self, after: int | None = None, step: Callable[[], None] | None = None) -> None:
        """Run the login; after so many events do a step."""
        settings = self.clock.settings(
            surroundings(self.box), self.simulator.url, workspaces=self.workspaces
        )
        async with open_wire(
            settings.context, timeouts=SHORT._replace(connect=5, read=3, whole=10)
        ) as wire:
            async for event in device_code_login(settings, wire):
                self.events.append(event)
                if len(self.events) == after and step is not None:
                    step()

    async def failure(
        self, after: int | None = None, step: Callable[[], None] | None = None
    ) -> ProfilesError:
        """Return how the login ends: with a next step, and no secret in it."""
        with pytest.raises((OAuthError, IssuerError)) as caught:
            await self.run(after, step)
        assert caught.value.hint
        check_silence(caught.value, self.simulator.secrets())
        assert not any(isinstance(event, Obtained) for event in self.events)
        return caught.value

    @property
    def document(self) -> AuthDocument:
        """What the login brought."""
        last = self.events[-1]
        assert isinstance(last, Obtained)
        return last.document

    @property
    def kinds(self) -> list[type]:
        """What was told, in order."""
        return [type(event) for event in self.events]


@pytest.fixture
def clock() -> Clock:
    """A clock that only waiting moves."""
    return Clock()


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """An issuer with the same clock; it asks for a question every 5 s."""
    with Simulator(now=clock, interval="5") as running:
        running.people.add(ADA, workspaces=[("ws-acme", "Acme", "team")])
        yield running


@pytest.fixture
def stage(box: Box, simulator: Simulator, clock: Clock) -> Stage:
    """All of it."""
    return Stage(box, simulator, clock)


async def test_approved(stage: Stage) -> None:
    """A code is shown with its page and its end, asked at once and then every interval, approved, exchanged."""
    start = stage.clock.now
    await stage.run(3, stage.approve)
    assert stage.kinds == [CodeIssued, Checked, Checked, Approved, Obtained]
    issued = stage.events[0]
    assert isinstance(issued, CodeIssued)
    assert issued.verification_url == f"{stage.simulator.url}/codex/device"
    assert issued.expires_at == start + 900
    assert [event.at - start for event in stage.events[1:4]] == [0, 5, 10]  # type: ignore[union-attr]
    assert stage.clock.waits == [5, 5]
    assert stage.document.email == ADA
    assert stage.document.last_refresh == int(stage.clock.now) * 1_000_000_000
    assert stage.document.data["OPENAI_API_KEY"] is None


async def test_the_requests_are_those_of_codex(stage: Stage) -> None:
    """Bodies to the byte, and no API key asked for (C110 to C112)."""
    await stage.run(2, stage.approve)
    log = stage.simulator.log
    assert [request.path for request in log] == [USERCODE, POLL, POLL, TOKEN]
    assert log[0].body == b'{"client_id":"app_EMoamEEZ73f0CkXaXp7hrann"}'
    device = stage.simulator.device.find(stage.code)
    assert device is not None
    asked = f'{{"device_auth_id":"{device.device_auth_id}","user_code":"{stage.code}"}}'
    assert [request.body.decode() for request in log[1:3]] == [asked, asked]
    assert {request.header("content-type") for request in log[:3]} == {"application/json"}
    assert [name for name, _ in log[3].form()] == [
        *("grant_type", "client_id", "code", "redirect_uri", "code_verifier")
    ]
    assert not any(request.header("user-agent") for request in log)


async def test_no_event_shows_a_secret(stage: Stage) -> None:
    """Whatever is told can be logged: user codes are made to be shown, nothing else is in it."""
    await stage.run(2, stage.approve)
    told = repr(stage.events)
    assert [secret for secret in stage.simulator.secrets() if secret in told] == []


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, {"error": "access_denied"}, AccessDenied, "was denied"),
        (400, {"error": {"code": "access_denied"}}, AccessDenied, "was denied"),
        (400, {"error": "expired_token"}, DeviceCodeExpired, "expired"),
        (410, {}, DeviceCodeExpired, "expired"),
        (400, {"error": "missing_codex_entitlement"}, EntitlementMissing, "may not use Codex"),
        (400, {"error": "odd_word"}, GrantInvalid, "(400, odd_word)"),
        (400, {"error": "Odd\x1b[2J"}, GrantInvalid, "(400)"),
        (401, b"<html>", GrantInvalid, "(401)"),
        (418, [], GrantInvalid, "(418)"),
    ],
)
async def test_refused(
    stage: Stage,
    status: int,
    body: bytes | dict[str, object] | list[object],
    kind: type[OAuthError],
    words: str,
) -> None:
    """What ends a login has its own kind and words; the issuer is asked no more."""
    stage.simulator.faults.add(POLL, status=status, body=body)
    error = await stage.failure()
    assert type(error) is kind
    assert words in error.message
    assert len(stage.simulator.requests(POLL)) == 1


async def test_denied_and_expired_at_the_page(stage: Stage) -> None:
    """A person says no, or the issuer ends the code."""
    error = await stage.failure(2, lambda: stage.simulator.device.deny(stage.code))
    assert isinstance(error, AccessDenied)
    stage.events.clear()
    error = await stage.failure(2, lambda: stage.simulator.device.expire(stage.code))
    assert isinstance(error, DeviceCodeExpired)


@pytest.mark.parametrize("status", [403, 404])
async def test_nobody_approves(stage: Stage, status: int) -> None:
    """After 15 minutes it is over, and the last question comes right at their end (C111)."""
    start = stage.clock.now
    stage.simulator.device.interval = "7"
    stage.simulator.faults.add(POLL, times=None, status=status)
    error = await stage.failure()
    assert isinstance(error, DeviceCodeExpired)
    assert error.hint is not None
    assert f"{stage.simulator.url}/codex/device" in error.hint
    assert stage.clock.now == start + 900
    assert stage.clock.waits[-1] == 900 % 7
    assert len(stage.simulator.requests(POLL)) == 900 // 7 + 2


async def test_no_device_codes(stage: Stage) -> None:
    """404 where codes are asked for: said at once, and the browser flow is offered."""
    stage.simulator.device.enabled = False
    error = await stage.failure()
    assert isinstance(error, DeviceCodeDisabled)
    assert error.hint is not None
    assert "browser" in error.hint
    assert stage.events == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<html>", IssuerProtocolError),
        ("[]", IssuerProtocolError),
        ({"user_code": "AB-1"}, IssuerProtocolError),
        ({"device_auth_id": "x"}, IssuerProtocolError),
        ({"device_auth_id": 7, "user_code": "AB-1"}, IssuerProtocolError),
        ({"device_auth_id": "x", "user_code": ""}, IssuerProtocolError),
        ({"device_auth_id": "x", "user_code": "\x1b]52;c;AA\x07"}, IssuerProtocolError),
        ({"device_auth_id": "x", "user_code": "A\nB"}, IssuerProtocolError),
        ({"device_auth_id": "x", "user_code": "\ud800"}, IssuerProtocolError),
    ],
)
async def test_no_code_at_all(
    stage: Stage, body: str | dict[str, object], kind: type[IssuerError]
) -> None:
    """An answer without a code, or with one that would write to the terminal, is none."""
    stage.simulator.faults.add(USERCODE, body=body)
    assert type(await stage.failure()) is kind


@pytest.mark.parametrize(("status", "wait"), [(429, 7.0), (500, None), (503, 7.0)])
async def test_the_first_step_fails(stage: Stage, status: int, wait: float | None) -> None:
    """Nothing was shown yet, so nothing is tried again by itself; what Retry-After says is said."""
    headers = {"Retry-After": "7"} if wait else {}
    stage.simulator.faults.add(USERCODE, status=status, headers=headers)
    error = await stage.failure()
    assert isinstance(error, IssuerRejected)
    assert (error.status, error.retry_after) == (status, wait)


@pytest.mark.parametrize("alias", ["user_code", "usercode"])
@pytest.mark.parametrize(
    ("interval", "wait"),
    [
        ("5", 5),
        (" 8 ", 8),
        (3, 3),
        (2.5, 2.5),
        ("0", 1),
        (0, 1),
        (-4, 1),
        (None, 5),
        (..., 5),
        ("soon", 5),
        (True, 5),
        ([], 5),
        ("86400", 60),
        (1e300, 60),
        ("9" * 5000, 60),
    ],
)
async def test_the_interval(stage: Stage, alias: str, interval: object, wait: float) -> None:
    """Either name of the code; text or number, missing or absurd: never asked without a pause, nor hardly ever."""
    body = {"device_auth_id": "x", alias: "AB-1", "interval": interval}
    if interval is ...:
        del body["interval"]
    stage.simulator.faults.add(USERCODE, body=body)
    stage.simulator.faults.add(POLL, status=403)
    stage.simulator.faults.add(POLL, status=400)
    await stage.failure()
    assert stage.clock.waits == [wait]
    assert stage.code == "AB-1"


@pytest.mark.parametrize(
    "fault", [{"status": 429}, {"status": 500}, {"status": 503}, {"delay": 5}, {"drop": "before"}]
)
async def test_a_bad_moment(stage: Stage, fault: dict[str, object]) -> None:
    """Three failures in a row are outlived, each wait longer; then the login goes on as if nothing had been."""
    stage.simulator.faults.add(POLL, times=3, **fault)  # type: ignore[arg-type] # as `add` has it
    await stage.run(4, stage.approve)
    assert stage.kinds == [CodeIssued, *[Postponed] * 3, Approved, Obtained]
    assert stage.clock.waits == [5, 10, 20]
    assert [e.wait for e in stage.events if isinstance(e, Postponed)] == [5, 10, 20]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 429}, IssuerRejected),
        ({"status": 502}, IssuerRejected),
        ({"delay": 5}, IssuerTimeout),
    ],
)
async def test_the_fourth_failure_in_a_row(
    stage: Stage, fault: dict[str, object], kind: type[IssuerError]
) -> None:
    """It ends the login; a question that is answered in between starts the count anew."""
    stage.simulator.faults.add(POLL, times=3, **fault)  # type: ignore[arg-type] # as `add` has it
    stage.simulator.faults.add(POLL, status=403)
    stage.simulator.faults.add(POLL, times=4, **fault)  # type: ignore[arg-type] # as `add` has it
    assert type(await stage.failure()) is kind
    assert stage.kinds == [CodeIssued, *[Postponed] * 3, Checked, *[Postponed] * 3]


@pytest.mark.parametrize(("told", "wait"), [("0", 0), ("3", 3), ("60", 60), ("3600", 60)])
async def test_retry_after(stage: Stage, told: str, wait: float) -> None:
    """The issuer's wish is followed, for a minute at most; it is told with its words."""
    stage.simulator.faults.add(POLL, status=429, headers={"Retry-After": told})
    await stage.run(2, stage.approve)
    postponed = stage.events[1]
    assert isinstance(postponed, Postponed)
    assert postponed.wait == wait
    assert "asked too often" in postponed.why
    assert stage.clock.waits == [wait]


async def test_no_connection_for_a_while(stage: Stage) -> None:
    """The issuer is gone, and back: the same code is good on."""
    times = iter(range(9))

    def step(seconds: float) -> None:
        if next(times) == 1:
            stage.simulator.start()
            stage.approve()

    settings = stage.clock.settings(surroundings(stage.box), stage.simulator.url)

    async def sleep(seconds: float) -> None:
        await stage.clock.sleep(seconds)
        step(seconds)

    async with open_wire(settings.context, timeouts=SHORT) as wire:
        async for event in device_code_login(settings._replace(sleep=sleep), wire):
            stage.events.append(event)
            if len(stage.events) == 1:
                stage.simulator.stop()
    assert stage.kinds == [CodeIssued, Postponed, Postponed, Approved, Obtained]
    postponed = stage.events[1]
    assert isinstance(postponed, Postponed)
    assert "Connection refused" in postponed.why


async def test_no_connection_at_all(stage: Stage) -> None:
    """It never comes back."""
    error = await stage.failure(1, stage.simulator.stop)
    assert type(error) is IssuerUnreachable


@pytest.mark.parametrize("word", ["authorization_pending", "slow_down"])
async def test_pending_by_the_standard(stage: Stage, word: str) -> None:
    """400 with a word that means to wait, as RFC 8628 has it, is no end."""
    stage.simulator.device.answers.pending = Refusal(400, {"error": word})
    await stage.run(3, stage.approve)
    assert stage.kinds == [CodeIssued, Checked, Checked, Approved, Obtained]


@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        "[]",
        {},
        {"authorization_code": "x"},
        {"authorization_code": "", "code_verifier": "y"},
        {"authorization_code": 7, "code_verifier": "y"},
    ],
)
async def test_an_approval_without_a_code(stage: Stage, body: str | dict[str, object]) -> None:
    """200 that makes no sense ends the login, as in Codex."""
    stage.simulator.faults.add(POLL, body=body)
    assert type(await stage.failure()) is IssuerProtocolError


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 400, "body": {"error": "invalid_grant"}}, GrantInvalid),
        ({"status": 503}, IssuerRejected),
        ({"drop": "half"}, IssuerProtocolError),
        ({"body": {"id_token": "a.b.c", "access_token": "x"}}, IssuerProtocolError),
        (
            {"body": {"id_token": "a.b", "access_token": "x", "refresh_token": "y"}},
            IssuerProtocolError,
        ),
    ],
)
async def test_the_exchange_fails(
    stage: Stage, fault: dict[str, object], kind: type[ProfilesError]
) -> None:
    """Approved, and then no login: said, and not tried again, for a code is good once."""
    stage.simulator.faults.add(TOKEN, **fault)  # type: ignore[arg-type] # as `add` has it
    error = await stage.failure(1, stage.approve)
    assert type(error) is kind
    assert stage.kinds == [CodeIssued, Approved]
    assert len(stage.simulator.requests(TOKEN)) == 1


async def test_a_forced_workspace(stage: Stage) -> None:
    """Another workspace than the home lets through is refused after the exchange; the right one is not (C114)."""
    stage.workspaces = ("ws-other", "ws-acme")
    error = await stage.failure(1, stage.approve)
    assert isinstance(error, WorkspaceForbidden)
    assert "lets only ws-other, ws-acme through" in error.message
    assert len(stage.simulator.requests(TOKEN)) == 1
    stage.events.clear()
    await stage.run(1, lambda: stage.simulator.device.approve(stage.code, ADA, "Acme"))
    assert stage.document.identity is not None
    assert stage.document.identity.account_id == "ws-acme"


async def test_closing_it_asks_no_more(stage: Stage) -> None:
    """A generator that is closed between two questions is over at once, and asks nothing further."""
    settings = stage.clock.settings(surroundings(stage.box), stage.simulator.url)
    async with open_wire(settings.context) as wire:
        async with aclosing(device_code_login(settings, wire)) as events:
            await anext(events)
            await anext(events)
        asked = len(stage.simulator.log)
        with pytest.raises(StopAsyncIteration):
            await anext(events)
    assert len(stage.simulator.log) == asked == 2


@pytest.mark.parametrize("path", [USERCODE, POLL, TOKEN])
async def test_cancelling_it_in_the_middle(stage: Stage, path: str) -> None:
    """A task that is cancelled while the issuer thinks is over at once, in each step."""
    stage.simulator.faults.add(path, delay=60)
    task = asyncio.create_task(stage.run(1, stage.approve))
    await asyncio.to_thread(stage.simulator.wait_for, path)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    assert not any(isinstance(event, Obtained) for event in stage.events)


async def test_several_at_once(stage: Stage, box: Box) -> None:
    """Three logins wait side by side, are approved in another order, and each gets its own."""
    stages = [Stage(box, stage.simulator, Clock(stage.clock.now)) for _ in range(3)]
    for each in stages:
        each.clock.sleep = _briefly  # type: ignore[assignment,method-assign] # so that they take turns
    tasks = [asyncio.create_task(each.run()) for each in stages]
    await asyncio.to_thread(stage.simulator.wait_for, POLL, 3)
    for number in (2, 0, 1):
        stage.simulator.device.approve(stages[number].code, f"person{number}@example.com")
    await asyncio.gather(*tasks)
    assert [each.document.email for each in stages] == [
        f"person{number}@example.com" for number in range(3)
    ]


async def _briefly(_seconds: float) -> None:
    # Long enough that a busy machine approves before the 180 polls of a code's life are over.
    await asyncio.sleep(0.1)
