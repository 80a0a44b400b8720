"""The words and waits of `tui login` by a clock of the test's own: minutes pass at once."""

from __future__ import annotations

import os
import re

import pytest

from profiles import errors
from profiles.login_target import LoginTarget
from profiles.model import Secret
from profiles.oauth.documents import access_token_document, api_key_document
from profiles.oauth.events import CodeIssued, Postponed
from profiles.oauth.issuer import Issuer
from profiles.oauth.settings import LoginSettings
from tests.support.cli import ROOT
from tests.surroundings.scene import quiet_context
from tui.commands.signing_in.interruptions import Interruptions
from tui.commands.signing_in.saving import PATIENCE, NotSaved, save
from tui.commands.signing_in.words import MINUTE, Asked, Teller
from tui.stderr import exit_code_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from tests.conftest import Box

START = 1_800_000_000.0


class Clock:
    """Time that passes when it is slept, and stands still otherwise."""

    def __init__(self) -> None:
        self.now = START

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def context(self) -> Context:
        """Return the surroundings of the test, with this clock."""
        return quiet_context()._replace(
            now=lambda: self.now, monotonic=lambda: self.now, sleep=self.sleep
        )


def _teller(clock: Clock, *, json: bool = False) -> Teller:
    context = clock.context()
    settings = LoginSettings(context, Issuer("http://127.0.0.1:1"), "/home")
    target = LoginTarget("work", "/home", False, None, settings)
    return Teller(Asked("work", "device-code", None, json), context, target)


def test_off_a_terminal_a_line_a_minute(box: Box, capfd: pytest.CaptureFixture[str]) -> None:
    """15 minutes of waiting are some 15 lines, and after the first minute a hint why it may take so long."""
    clock = Clock()
    teller = _teller(clock)
    teller.code(CodeIssued("ABCD-12345", "http://127.0.0.1:1/codex/device", START + 900))
    capfd.readouterr()
    ticks = 0
    while clock.now < START + 900 - MINUTE:
        clock.sleep(teller.period)
        teller.checked(clock.now)
        teller.tick()
        ticks += 1
    said = capfd.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert len(lines) == ticks + 1 == 15
    assert lines[0].startswith("note: ")
    assert "ChatGPT" in lines[0]
    assert "tui login work --browser" in lines[0]
    assert lines[1] == "still waiting, 14 min left"
    assert lines[-1] == "still waiting, 60 s left"


def test_with_json_the_wait_is_silent(box: Box, capfd: pytest.CaptureFixture[str]) -> None:
    """A program has the time in the event."""
    clock = Clock()
    teller = _teller(clock, json=True)
    teller.code(CodeIssued("ABCD-12345", "http://127.0.0.1:1/codex/device", START + 900))
    clock.sleep(300)
    teller.checked(clock.now)
    teller.tick()
    said = capfd.readouterr()
    assert said.err == ""
    assert '"expires_at":"2027-01-15T08:15:00Z"' in said.out
    assert said.out.endswith('{"event":"waiting"}\n')


def test_one_trouble_is_told_once_a_minute(box: Box, capfd: pytest.CaptureFixture[str]) -> None:
    """The same reason again and again is no news; another reason is."""
    clock = Clock()
    teller = _teller(clock)
    for _ in range(4):
        clock.sleep(20)
        teller.postponed(Postponed(clock.now, 5, "the issuer is busy (503)"))
    teller.postponed(Postponed(clock.now, 5, "no connection"))
    said = capfd.readouterr().err.splitlines()
    assert said == [
        "note: the issuer is busy (503); trying again in 5 s",
        "note: the issuer is busy (503); trying again in 5 s",
        "note: no connection; trying again in 5 s",
    ]


@pytest.mark.parametrize("kind", ["key", "token"])
def test_after_two_minutes_without_room_it_is_over(
    box: Box, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    """Without a terminal: one note, tries for two minutes, and then the truth about what is lost."""
    os.rmdir(box.switchyard)
    with open(box.switchyard, "w", encoding="utf-8"):
        pass  # A file where our folders would be: nothing can be saved.
    secret = Secret("at-secret-of-this-test")
    document = api_key_document(secret) if kind == "key" else access_token_document(secret)
    clock, interruptions = Clock(), Interruptions()
    asked = Asked("work", "api-key", None, json=False)
    with pytest.raises(NotSaved) as caught:
        save(clock.context(), asked, "work", document, interruptions)
    assert PATIENCE <= clock.now - START < PATIENCE + 10
    said = capfd.readouterr().err
    assert len(re.findall(r"(?m)^note: not saved yet", said)) == 1
    assert "nothing was saved: " in caught.value.message
    assert "tui login work --api-key" in str(caught.value.hint)
    assert "at-secret" not in said + caught.value.message


#: How a login may end, and a word by which the README tells it.
ENDS = [
    (errors.AccessDenied("no"), "denied"),
    (errors.DeviceCodeExpired("late"), "expired"),
    (errors.CallbackTimeout("late"), "expired"),
    (errors.GrantInvalid("no"), "does not take"),
    (errors.LoginCancelled("ctrl-c"), "cancelled"),
    (errors.IssuerUnreachable("away"), "reached"),
    (errors.IssuerTimeout("slow"), "reached"),
    (errors.IssuerRejected(429, "busy"), "429"),
    (errors.IssuerRejected(503, "down"), "5xx"),
    (errors.IssuerRejected(404, "no"), "issuer refuses"),
    (errors.PortUnavailable("held"), "ports"),
    (errors.LoginForbidden("no"), "setting"),
    (errors.WorkspaceForbidden("no"), "setting"),
    (NotSaved("full"), "not be saved"),
    (errors.UsageError("two lines"), "no key"),
]


def test_the_readme_tells_the_exit_code_of_each_end() -> None:
    """The events have no word for it, so programs go by this table."""
    with open(f"{ROOT}/README.md", encoding="utf-8") as file:
        table = file.read().partition("<!-- login:ends -->\n")[2].partition("\n\n")[0]
    rows = dict(re.findall(r"(?m)^\| (\d+) \| (.+) \|$", table))
    for error, word in ENDS:
        assert word in rows[str(int(exit_code_for(error)))], error
    assert set(rows) - {"0"} == {str(int(exit_code_for(error))) for error, _ in ENDS}
