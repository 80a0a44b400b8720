"""`tui login --device-code`: a real child, a real issuer, and a person who approves, denies or cancels."""

from __future__ import annotations

import os
import re
import signal
import time

import pytest

from tests.commands.logins import (
    USER_CODE,
    Running,
    check_files,
    live,
    saved,
    settled,
    unchanged,
)
from tests.commands.scenes import TIME
from tests.support.cli import run_tui, tui_json
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
USERCODE = "/api/accounts/deviceauth/usercode"
POLL = "/api/accounts/deviceauth/token"
TOKEN = "/oauth/token"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """An issuer that knows ada, and bob of Acme."""
    with Simulator(interval="1") as made:
        made.people.add("ada@example.com")
        made.people.add("bob@example.com", workspaces=[("ws-acme", "Acme", "team")])
        yield made


# --- it works -----------------------------------------------------------------------------------------


def test_prose(box: Box, simulator: Simulator) -> None:
    """Code alone on its line, page, expiry; calm off a terminal; stdout stays empty; what to do next at the end."""
    with Running(["work", "--device-code"], simulator) as login:
        code = login.wait_for(USER_CODE)[1]
        login.wait_for(rf"(?m)^{re.escape(simulator.url)}/codex/device$")
        login.wait_for(r"expires in 15 min")
        simulator.wait_for(POLL, 2)
        simulator.device.approve(code, "ada@example.com")
        ran = login.end(0)
    assert ran.out == ""
    assert "ada@example.com" in ran.err
    assert ran.err.splitlines()[-1] == "next: tui switch work"
    assert "\x1b" not in ran.err
    assert "\r" not in ran.err
    assert len(ran.err.splitlines()) < 15
    assert saved(box, "work")["tokens"]["refresh_token"]
    assert tui_json(["show", "work", "--json"])["email"] == "ada@example.com"
    check_files(box, simulator)


def test_json(box: Box, simulator: Simulator) -> None:
    """One event a line, as the contract has them, each at once; nothing about it on stderr that a program must read."""
    with Running(["work", "--device-code", "--json"], simulator) as login:
        event = login.event("code")
        assert event["verification_url"] == f"{simulator.url}/codex/device"
        assert TIME.fullmatch(event["expires_at"])
        login.event("waiting")
        simulator.device.approve(event["user_code"], "bob@example.com", "Acme")
        done = login.event("done")
        assert (done["name"], done["email"]) == ("work", "bob@example.com")
        assert done["account_id"] == saved(box, "work")["tokens"]["account_id"]
        ran = login.end(0)
    assert len(ran.out.splitlines()) == 3
    assert event["user_code"] not in ran.err


def test_in_a_terminal_one_line_is_rewritten(box: Box, simulator: Simulator) -> None:
    """The wait is told in place, without a line for each poll, and makes room for what comes after it."""
    with Running(["work", "--device-code"], simulator, terminal=True) as login:
        code = login.wait_for(USER_CODE)[1]
        login.wait_for(r"waiting, 1[45] min left, checked \d s ago; ctrl-c cancels")
        simulator.device.approve(code, "ada@example.com")
        ran = login.end(0)
    assert ran.out.count("\nwaiting") == 1
    assert re.search(r"\r +\rApproved; fetching the tokens\.\n", ran.out.replace("\r\n", "\n"))


def test_the_active_login_is_renewed_with_its_profile(box: Box, simulator: Simulator) -> None:
    """The active home gets the new login, too; the old one is revoked by nobody and rests in the backups."""
    old = settled(box, simulator, "ada", "ada@example.com", active=True)
    with Running(["ada", "--device-code"], simulator) as login:
        login.wait_for("log in as ada@example.com")
        simulator.device.approve(login.wait_for(USER_CODE)[1], "ada@example.com")
        ran = login.end(0)
    assert live(box) == saved(box, "ada")
    assert live(box)["tokens"]["refresh_token"] != old["refresh_token"]
    assert "active login" in ran.err
    assert "restart" not in ran.err, "no codex runs"
    assert all(family.over is None for family in simulator.families)
    check_files(box, simulator)


def test_somebody_else_than_the_profile_is_another_profile(box: Box, simulator: Simulator) -> None:
    """Never over the old login, never dropped; said, exit 1; JSON names where it is."""
    settled(box, simulator, "ada", "ada@example.com", active=True)
    before = saved(box, "ada"), live(box)
    with Running(["ada", "--device-code"], simulator) as login:
        simulator.device.approve(login.wait_for(USER_CODE)[1], "bob@example.com")
        ran = login.end(1)
    assert re.search(r"note: .*bob@example.com.*ada.*new profile bob", ran.err)
    assert "next: tui switch bob" in ran.err
    assert (saved(box, "ada"), live(box)) == before
    with Running(["ada", "--device-code", "--json"], simulator) as login:
        code = login.event("code")["user_code"]
        login.event("waiting")
        simulator.device.approve(code, "bob@example.com", "Acme")
        name = login.event("done")["name"]
        ran = login.end(1)
    assert name not in ("ada", "")
    assert f"profile {name}" in ran.err
    assert (saved(box, "ada"), live(box)) == before
    assert saved(box, name)["tokens"]["refresh_token"]


def test_a_workspace_that_is_forced(box: Box, simulator: Simulator) -> None:
    """`forced_chatgpt_workspace_id` of the profile's home: another workspace is refused after the exchange."""
    settled(box, simulator, "ada", "ada@example.com")
    with open(f"{box.profile('ada')}/config.toml", "w", encoding="utf-8") as file:
        file.write('forced_chatgpt_workspace_id = "ws-other"\n')
    with unchanged(box), Running(["ada", "--device-code"], simulator) as login:
        simulator.device.approve(login.wait_for(USER_CODE)[1], "ada@example.com")
        ran = login.end(1)
    assert "workspace" in ran.err
    assert "next: " in ran.err


# --- it fails -----------------------------------------------------------------------------------------


def test_denied(box: Box, simulator: Simulator) -> None:
    """Exit 4; nothing changed; said in both ways of output."""
    settled(box, simulator, "work", "ada@example.com")
    with unchanged(box):
        with Running(["work", "--device-code"], simulator) as login:
            simulator.device.deny(login.wait_for(USER_CODE)[1])
            ran = login.end(4)
        assert ran.err.splitlines()[-1].startswith("next: ")
        with Running(["work", "--device-code", "--json"], simulator) as login:
            code = login.event("code")["user_code"]
            login.event("waiting")
            simulator.device.deny(code)
            failed = login.event("failed")
            assert failed["error"]
            assert failed["hint"]
            login.end(4)


def test_expired(box: Box, simulator: Simulator) -> None:
    """The issuer says that the code is too old: exit 4."""
    with unchanged(box), Running(["work", "--device-code"], simulator) as login:
        simulator.device.expire(login.wait_for(USER_CODE)[1])
        ran = login.end(4)
    assert "expired" in ran.err
    assert ran.err.splitlines()[-1].endswith("tui login work --device-code")


def test_device_codes_are_switched_off(box: Box, simulator: Simulator) -> None:
    """404 where codes are asked for: said at once, with the other way in; exit 1."""
    simulator.faults.add(USERCODE, status=404)
    with unchanged(box), Running(["work", "--device-code"], simulator) as login:
        ran = login.end(1)
    assert ran.err.splitlines()[-1].endswith("tui login work --browser")
    assert simulator.requests(POLL) == []


@pytest.mark.parametrize(
    ("path", "fault", "code"),
    [
        (USERCODE, {"status": 503}, 5),
        (USERCODE, {"status": 429, "headers": {"Retry-After": "7"}}, 5),
        (USERCODE, {"body": "<html>sign in to the hotel"}, 1),
        (USERCODE, {"oversize": True}, 1),
        (USERCODE, {"drop": "before"}, 5),
        (TOKEN, {"status": 503}, 5),
        (TOKEN, {"status": 400, "body": {"error": "invalid_grant"}}, 4),
        (TOKEN, {"body": "{"}, 1),
    ],
    ids=["503", "429", "html", "3 MB", "dropped", "exchange 503", "exchange 400", "exchange cut"],
)
def test_an_issuer_in_trouble(
    box: Box, simulator: Simulator, path: str, fault: dict[str, object], code: int
) -> None:
    """Each has its exit code, words and next step, and changes nothing."""
    settled(box, simulator, "work", "ada@example.com")
    simulator.faults.add(path, times=None, **fault)  # type: ignore[arg-type]
    with unchanged(box), Running(["work", "--device-code"], simulator) as login:
        if path == TOKEN:
            simulator.device.approve(login.wait_for(USER_CODE)[1], "ada@example.com")
        ran = login.end(code)
    assert re.search(r"(?m)^tui: error: ", ran.err)
    assert ran.err.splitlines()[-1].endswith("tui login work --device-code")
    assert "unexpected" not in ran.err


def test_nobody_is_there(box: Box, simulator: Simulator) -> None:
    """Connection refused: exit 5, the host is named."""
    simulator.stop()
    with unchanged(box), Running(["work", "--device-code"], simulator) as login:
        ran = login.end(5)
    assert "127.0.0.1" in ran.err
    simulator.start()


def test_polls_that_fail_are_tried_again(box: Box, simulator: Simulator) -> None:
    """Two answers of 503: one note, and the login goes on."""
    simulator.faults.add(POLL, times=2, status=503)
    with Running(["work", "--device-code"], simulator) as login:
        code = login.wait_for(USER_CODE)[1]
        login.wait_for(r"note: .*trying again in \d+ s")
        simulator.device.approve(code, "ada@example.com")
        ran = login.end(0)
    assert ran.err.count("note: ") == 1


# --- it is interrupted --------------------------------------------------------------------------------


@pytest.mark.parametrize("number", SIGNALS)
def test_interrupted_while_it_waits(box: Box, simulator: Simulator, number: signal.Signals) -> None:
    """Exit 130 at once, one sentence, nothing changed; the same as an event."""
    settled(box, simulator, "work", "ada@example.com")
    with unchanged(box):
        with Running(["work", "--device-code"], simulator) as login:
            login.wait_for(USER_CODE)
            simulator.wait_for(POLL)
            start = time.monotonic()
            login.child.send_signal(number)
            ran = login.end(130)
            assert time.monotonic() - start < 5
        assert "cancelled; nothing was changed" in ran.err
        assert ran.err.splitlines()[-1] == "next: tui login work --device-code"
        with Running(["work", "--device-code", "--json"], simulator) as login:
            login.event("code")
            login.event("waiting")
            login.child.send_signal(number)
            assert "cancelled" in login.event("failed")["error"]
            login.end(130)


@pytest.mark.parametrize("path", [USERCODE, POLL])
def test_interrupted_while_the_issuer_thinks(box: Box, simulator: Simulator, path: str) -> None:
    """A request that is not answered keeps nobody waiting."""
    simulator.faults.add(path, delay=30.0)
    with unchanged(box), Running(["work", "--device-code"], simulator) as login:
        simulator.wait_for(path)
        login.child.send_signal(signal.SIGINT)
        assert "cancelled" in login.end(130).err


@pytest.mark.parametrize("number", SIGNALS)
def test_interrupted_once_it_is_approved(
    box: Box, simulator: Simulator, number: signal.Signals
) -> None:
    """The tokens are being issued: it is said that they are saved first, and they are; that is no failure."""
    simulator.faults.add(TOKEN, delay=1.5)
    with Running(["work", "--device-code"], simulator) as login:
        simulator.device.approve(login.wait_for(USER_CODE)[1], "ada@example.com")
        simulator.wait_for(TOKEN)
        login.child.send_signal(number)
        login.wait_for("finished and saved first")
        ran = login.end(0)
    assert "next: tui switch work" in ran.err
    assert saved(box, "work")["tokens"]["refresh_token"]


def test_whoever_insists_is_taken_at_their_word(box: Box, simulator: Simulator) -> None:
    """An issuer that never answers the exchange: ctrl-c again ends it, and that the login is lost is said."""
    settled(box, simulator, "work", "ada@example.com")
    simulator.faults.add(TOKEN, delay=30.0)
    with unchanged(box), Running(["work", "--device-code"], simulator, terminal=True) as login:
        simulator.device.approve(login.wait_for(USER_CODE)[1], "ada@example.com")
        simulator.wait_for(TOKEN)
        login.say("\x03")
        login.wait_for("once more throws it away")
        login.say("\x03")
        ran = login.end(130)
    assert "cancelled after it was approved, and is lost; nothing was changed" in ran.out


def test_the_terminal_is_closed(box: Box, simulator: Simulator) -> None:
    """SIGHUP by a real terminal that goes away: nothing is left behind, nothing changed."""
    settled(box, simulator, "work", "ada@example.com")
    with unchanged(box), Running(["work", "--device-code"], simulator, terminal=True) as login:
        login.wait_for(USER_CODE)
        simulator.wait_for(POLL)
        login.hang_up()
        login.end(130)


def test_the_terminal_is_closed_once_it_is_approved(box: Box, simulator: Simulator) -> None:
    """Nobody reads any more, and the login is saved all the same."""
    simulator.faults.add(TOKEN, delay=1.5)
    with Running(["work", "--device-code"], simulator, terminal=True) as login:
        simulator.device.approve(login.wait_for(USER_CODE)[1], "ada@example.com")
        simulator.wait_for(TOKEN)
        login.hang_up()
        login.end(0)
    assert saved(box, "work")["tokens"]["refresh_token"]


def test_ctrl_c_in_a_terminal(box: Box, simulator: Simulator) -> None:
    """As typed; the line that was being rewritten makes room."""
    with unchanged(box), Running(["work", "--device-code"], simulator, terminal=True) as login:
        login.wait_for(USER_CODE)
        simulator.wait_for(POLL)
        login.say("\x03")
        ran = login.end(130)
    assert "cancelled; nothing was changed" in ran.out


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_signal_that_is_ignored_stays_ignored(
    box: Box, simulator: Simulator, flags: list[str]
) -> None:
    """`nohup tui login …` outlives its terminal."""
    ignoring = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"]
    with Running(["work", "--device-code", *flags], simulator, wrap=ignoring) as login:
        code = login.event("code")["user_code"] if flags else login.wait_for(USER_CODE)[1]
        login.child.send_signal(signal.SIGHUP)
        simulator.wait_for(POLL, len(simulator.requests(POLL)) + 1)
        simulator.device.approve(code, "ada@example.com")
        login.end(0)


# --- nobody reads -------------------------------------------------------------------------------------


def test_a_reader_that_goes_loses_no_login(box: Box, simulator: Simulator) -> None:
    """EPIPE: `tui login … --json | head -1` shows the code, and the login that it brings is saved."""
    reader, writer = os.pipe()
    with Running(["work", "--device-code", "--json"], simulator, stdout=writer) as login:
        os.close(writer)
        line = b""
        while b"\n" not in line:
            line += os.read(reader, 65536)
        os.close(reader)
        (code,) = simulator.device.pending()
        assert code.encode() in line
        simulator.device.approve(code, "ada@example.com")
        login.end(0)
    assert saved(box, "work")["tokens"]["refresh_token"]


def test_a_full_disk_behind_stdout(box: Box, simulator: Simulator) -> None:
    """Nobody can see the code, so nothing is waited for: exit 1, in words on stderr."""
    with open("/dev/full", "wb") as full, unchanged(box):
        args = ["work", "--device-code", "--json"]
        with Running(args, simulator, stdout=full.fileno()) as login:
            ran = login.end(1)
    assert "stdout cannot be written" in ran.err


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "</dev/null"])
def test_closed_streams(box: Box, closed: str) -> None:
    """Whatever the caller closed: the login is saved, and no word lands in a file."""
    with Simulator(interval="0", approve_after=0.0) as simulator:
        simulator.people.add("ada@example.com")
        ran = run_tui(
            ["login", "work", "--device-code"],
            {"SWITCHYARD_ISSUER": simulator.url},
            wrap=["sh", "-c", f'exec "$@" {closed}', "sh"],
        )
        assert ran.code == 0, ran.err
        assert saved(box, "work")["tokens"]["refresh_token"]
        check_files(box, simulator)
