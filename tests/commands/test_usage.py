"""`tui usage`, `list --usage`, `show` and `switch --best`: what they print, and how they end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time

import pytest

from tests.commands.scenes import ANSI, PROFILE, TIME, failed, failure, in_terminal
from tests.support.cli import run_tui, tui_command, tui_environ
from tests.support.documents import with_api_key
from tests.usage.stand import MAIL, UsageStand
from tui.simulator.routes import USAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

#: The keys of the contract, in its order.
KEYS = ("name", "plan", "windows", "credits", "reached", "error")
WINDOW = ("label", "window_seconds", "used_percent", "resets_at")
BOB = "bob@example.com"


@pytest.fixture
def stand(box: Box) -> Iterator[UsageStand]:
    """Two logins: of ada's 41 and 7 per cent are used, of bob's 12 and 34."""
    with UsageStand(box) as made:
        made.log_in("ada")
        made.log_in("bob")
        made.simulator.backend.set_usage(MAIL, primary=41, secondary=7)
        yield made


# --- tui usage ------------------------------------------------------------------------------------


def test_json_is_the_contract(stand: UsageStand) -> None:
    """Every key in its order; windows by their length; times in UTC."""
    document = stand.json("usage")
    assert tuple(document) == ("schema", "profiles")
    ada, bob = document["profiles"]
    assert tuple(ada) == KEYS
    assert (ada["name"], ada["plan"], ada["reached"], ada["error"]) == ("ada", "plus", None, None)
    assert [tuple(each) for each in ada["windows"]] == [WINDOW, WINDOW]
    assert [each["label"] for each in ada["windows"]] == ["5h", "7d"]
    assert [each["window_seconds"] for each in ada["windows"]] == [18_000, 604_800]
    assert [each["used_percent"] for each in ada["windows"]] == [41, 7]
    assert all(TIME.fullmatch(each["resets_at"]) for each in ada["windows"])
    assert ada["credits"] == {"has_credits": False, "unlimited": False, "balance": "0"}
    assert bob["name"] == "bob"
    [only] = stand.json("usage", "BOB")["profiles"]
    assert only["name"] == "bob"


def test_text_has_a_bar_for_each_window(stand: UsageStand) -> None:
    """Aligned lines on stdout, data only; no colour and no other sign than ASCII where the locale has none."""
    for locale, bar in (("C", "#{8}-{12}"), ("en_US.UTF-8", "█{8}░{12}")):
        ran = in_terminal(["usage"], {**stand.variables, "LC_ALL": locale, "NO_COLOR": "1"})
        # After the counting line and the titles.
        lines = [line for line in ran.out.splitlines() if "%" in line]
        assert len(lines) == 4
        line = rf"ada +Plus +5h +{bar} +41% +resets in \dh\d\dm"
        assert re.fullmatch(line, lines[0]), lines[0]
        assert lines[1].strip().startswith("7d")
        assert len({line.index("%") for line in lines}) == 1


def test_text_in_a_pipe_has_no_bars(stand: UsageStand) -> None:
    """Where a program or a screen reader reads, the numbers stand alone, aligned, and without titles."""
    ran = stand.tui("usage")
    lines = ran.out.splitlines()
    assert len(lines) == 4
    assert re.fullmatch(r"ada {2}Plus {2}5h {3}41% {2}resets in \dh\d\dm", lines[0]), lines[0]
    assert len({line.index("%") for line in lines}) == 1
    assert ran.err == ""


def test_credits_and_what_is_reached(stand: UsageStand) -> None:
    """Both get a line of their own, in words."""
    stand.simulator.backend.set_usage(
        MAIL,
        credits={"has_credits": True, "unlimited": False, "balance": "12.50"},
        rate_limit_reached_type={"type": "workspace_member_credits_depleted"},
    )
    out = stand.tui("usage", "ada").out
    assert re.search(r"^ +credits +12\.50 left$", out, re.MULTILINE)
    assert re.search(r"^ +stopped +your credits in this workspace are used up$", out, re.MULTILINE)
    [ada] = stand.json("usage", "ada")["profiles"]
    assert ada["reached"] == "workspace_member_credits_depleted"


def test_a_narrow_terminal_keeps_what_counts(stand: UsageStand) -> None:
    """Name, window and per cent stay at 20 columns; nothing is wider than the terminal."""
    ran = in_terminal(["usage"], stand.variables, size=(24, 24))
    lines = [ANSI.sub("", line).rstrip() for line in ran.out.split("\n")]
    lines = [line.rsplit("\r", 1)[-1] for line in lines]
    assert all(len(line) <= 24 for line in lines), lines
    assert any("ada" in line and "5h" in line and "41%" in line for line in lines)
    assert ran.code == 0


def test_what_cannot_be_told_is_said(stand: UsageStand, box: Box) -> None:
    """A key has no usage and is no failure; a 403 is one, and no dead login; what was known is shown with its age."""
    with_api_key().write(box.profile("key"))
    stand.tui("usage")
    stand.refuse(403, times=None)
    ran = stand.tui("usage", code=1)
    assert "note: ada: usage not available" in ran.err
    assert "note: key: a login of the kind api-key" in ran.err
    assert re.search(r"41% {2}resets in .* {2}\d+s ago$", ran.out, re.MULTILINE)
    document = stand.json("usage", code=1)
    ada, _, key = document["profiles"]
    assert ada["error"].startswith("usage not available")
    assert "(shown: what was told" in ada["error"]
    assert ada["windows"][0]["used_percent"] == 41
    assert (key["windows"], key["credits"], key["reached"]) == ([], None, None)
    assert stand.json("usage", "key")["profiles"][0]["error"]
    states = {row["name"]: row["state"] for row in stand.json("list")["profiles"]}
    assert states == {"ada": "ok", "bob": "ok", "key": "static"}


def test_exit_codes(stand: UsageStand) -> None:
    """4 before 5 before 1, as in the contract; every failure is named with what to do."""
    stand.refuse(503, times=None)
    assert "note: ada: " in stand.tui("usage", code=5).err
    stand.simulator.faults.clear()
    [family] = [each for each in stand.simulator.families if each.session.person.email == MAIL]
    family.ended, family.current = True, None
    ran = stand.tui("usage", code=4)
    assert "tui login ada --device-code" in ran.err
    assert re.search(r"^ada +Plus +unknown$", ran.out, re.MULTILINE)
    stand.simulator.faults.add(USAGE, status=503, times=None)
    stand.tui("usage", "bob", code=5)
    stand.simulator.stop()
    assert stand.json("usage", "bob", code=5)["profiles"][0]["error"]
    stand.simulator.start()


def test_a_401_is_healed_on_the_way(stand: UsageStand) -> None:
    """The person sees usage and nothing else; the tokens are newer and in the file."""
    before = stand.token(stand.saved("ada"))
    stand.refuse(401, "token_expired")
    ran = stand.tui("usage", "ada")
    assert (ran.err, "41%" in ran.out) == ("", True)
    assert stand.token(stand.saved("ada")) != before
    assert stand.works(stand.saved("ada"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_a_refresh(stand: UsageStand, number: signal.Signals) -> None:
    """What was sent to the issuer is answered and saved before the command ends, exit 130."""
    stand.time = time.time()
    stand.refuse(401, "token_expired")
    stand.simulator.faults.add("/oauth/token", delay=1.0)
    child = subprocess.Popen(
        tui_command(["usage", "ada"]),
        env=tui_environ(stand.variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    stand.simulator.wait_for("/oauth/token")
    child.send_signal(number)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (130, "")
    assert "interrupted" in err
    assert stand.exchanges() == 1
    assert stand.works(stand.saved("ada"))
    assert "41%" in stand.tui("usage", "ada").out
    assert stand.exchanges() == 1


def test_names_that_are_none(box: Box) -> None:
    """Exit 3 for a stranger, 2 for what can be no name; with no profile at all it is said, exit 0."""
    ran = run_tui(["usage"])
    assert (ran.code, ran.out) == (0, "")
    assert "No profile yet" in ran.err
    assert "next: " in ran.err
    assert json.loads(run_tui(["usage", "--json"]).out) == {"schema": 1, "profiles": []}
    assert "next: " in failed(["usage", "nobody"], 3)
    assert failure(["usage", "nobody", "--json"], 3)["code"] == "no-such-profile"
    failed(["usage", "a/b"], 2)


def test_an_unsafe_address_is_named(stand: UsageStand) -> None:
    """A variable that names no safe address: nothing is sent, and the way out is said."""
    ran = stand.tui(
        "usage", code=1, env={"SWITCHYARD_CHATGPT_BASE_URL": "http://example.com/backend-api"}
    )
    assert "is not https" in ran.err
    assert "unset SWITCHYARD_CHATGPT_BASE_URL" in ran.err
    assert stand.asked() == []


# --- tui list, tui show ---------------------------------------------------------------------------


def test_list_shows_usage_when_asked(stand: UsageStand, box: Box) -> None:
    """A column and an object with --usage; without it neither, and nobody is asked. A key has none, without a word."""
    assert all(row["usage"] is None for row in stand.json("list")["profiles"])
    assert "41%" not in stand.tui("list").out
    assert stand.simulator.log == []
    assert re.search(r"ada .* 5h 41% {2}7d 7%", stand.tui("list", "--usage").out)
    ada, _ = stand.json("list", "--usage")["profiles"]
    with_api_key().write(box.profile("key"))
    assert stand.tui("list", "--usage").err == ""
    assert stand.json("list", "--usage")["profiles"][2]["usage"] is None
    assert tuple(ada) == PROFILE
    assert tuple(ada["usage"]) == ("plan", *KEYS[2:], "as_of")
    assert ada["usage"]["windows"][0]["used_percent"] == 41
    assert TIME.fullmatch(ada["usage"]["as_of"])
    assert all(row["usage"] is None for row in stand.json("list")["profiles"])


def test_list_of_names_takes_no_usage(stand: UsageStand) -> None:
    """Nobody is asked for what would not be shown."""
    assert "next: tui list --usage" in failed(["list", "--names", "--usage"], 2, stand.variables)
    assert stand.simulator.log == []


def test_list_lists_whatever_becomes_of_usage(stand: UsageStand) -> None:
    """With nobody there the list is as ever, the trouble is said, and what was known has its age."""
    stand.tui("usage", "ada")
    stand.simulator.stop()
    ran = stand.tui("list", "--usage")
    assert re.search(r"ada .* 5h 41% {2}7d 7% \(\d+s ago\)", ran.out)
    assert re.search(r"bob .* \?$", ran.out, re.MULTILINE)
    assert "note: bob: " in ran.err
    ada, bob = stand.json("list", "--usage")["profiles"]
    assert ada["usage"]["error"]
    assert bob["usage"] is None
    stand.simulator.start()


def test_list_names_the_workspace(stand: UsageStand) -> None:
    """Once it was told, also without asking."""
    stand.simulator.people.add("cy@example.com", workspaces=[("ws-acme", "Acme", "team")])
    stand.log_in("cy", workspace="Acme")
    assert stand.json("list")["profiles"][2]["workspace"] is None
    assert stand.json("list", "--usage")["profiles"][2]["workspace"] == "Acme"
    assert stand.json("list")["profiles"][2]["workspace"] == "Acme"
    assert stand.json("show", "cy")["workspace"] == "Acme"
    assert re.search(r"^workspace +Acme$", stand.tui("show", "cy").out, re.MULTILINE)


def test_show_has_what_was_last_told(stand: UsageStand) -> None:
    """With its age, and without asking; before anything was told there is none."""
    assert stand.json("show", "ada")["usage"] is None
    assert "usage" not in stand.tui("show", "ada").out
    stand.tui("usage", "ada")
    asked = len(stand.simulator.log)
    out = stand.tui("show", "ada").out
    assert re.search(
        r"^usage +5h 41% used \(resets in .*\), 7d 7% used .*; \d+s ago$", out, re.MULTILINE
    )
    shown = stand.json("show", "ada")["usage"]
    assert shown["windows"][1]["used_percent"] == 7
    assert TIME.fullmatch(shown["as_of"])
    assert len(stand.simulator.log) == asked


# --- tui switch --best ----------------------------------------------------------------------------


def test_best_is_the_one_with_most_left(stand: UsageStand, box: Box) -> None:
    """Most left in the tightest window; why is said on stderr, and stdout stays data."""
    ran = stand.tui("switch", "--best")
    assert ran.out == ""
    assert re.search(r"^bob: 66% left in its 7d window, which resets in", ran.err, re.MULTILINE)
    assert re.search(r"^ada: 59% left in its 5h window, which resets in", ran.err, re.MULTILINE)
    assert "bob has the most usage left." in ran.err
    assert "bob is now the active login" in ran.err
    assert stand.token(f"{box.codex}/auth.json") == stand.token(stand.saved("bob"))
    document = stand.json("switch", "--best")
    assert (document["to"], document["changed"]) == ("bob", False)
    stand.simulator.backend.set_usage(BOB, secondary=90)
    document = stand.json("switch", "--best")
    assert (document["from"], document["to"], document["changed"]) == ("bob", "ada", True)


def test_best_can_be_looked_at_first(stand: UsageStand, box: Box) -> None:
    """A dry run asks, explains, prints the plan and changes nothing."""
    ran = stand.tui("switch", "--best", "--dry-run")
    assert "bob" in ran.out
    assert not os.path.exists(f"{box.codex}/auth.json")


def test_of_equals_the_earliest_reset_is_best(stand: UsageStand) -> None:
    """The tie is decided by the clock, not by the order of names."""
    for mail, hours in ((MAIL, 3), (BOB, 1)):
        window = {"used_percent": 50, "limit_window_seconds": 18_000}
        limits = {"primary_window": {**window, "reset_at": int(stand.time) + hours * 3600}}
        stand.simulator.backend.set_usage(mail, rate_limit=limits)
    assert stand.json("switch", "--best")["to"] == "bob"


def test_best_is_among_those_that_work(stand: UsageStand, box: Box) -> None:
    """A dead login, a key and one that cannot be asked about are passed over, and said."""
    with_api_key().write(box.profile("key"))
    [family] = [each for each in stand.simulator.families if each.session.person.email == BOB]
    family.ended, family.current = True, None
    ran = stand.tui("switch", "--best")
    assert "ada has the most usage left." in ran.err
    assert "note: bob: " in ran.err
    ran = stand.tui("switch", "--best")
    assert "bob: not considered, it is login-needed" in ran.err


def test_with_nothing_left_the_first_reset_is_taken(stand: UsageStand) -> None:
    """It is said that nothing is left anywhere."""
    for mail in (MAIL, BOB):
        stand.simulator.backend.set_usage(mail, primary=100)
    assert "No login has any usage left" in stand.tui("switch", "--best").err


def test_no_best(stand: UsageStand, box: Box) -> None:
    """Nobody there 5, refused 1, a NAME beside it 2, no login that works 4; nothing is changed in any."""
    stand.refuse(403, times=None)
    assert failure(["switch", "--best", "--json"], 1, stand.variables)["next"]
    stand.simulator.stop()
    error = failure(["switch", "--best", "--json"], 5, stand.variables)
    assert error["code"] == "unreachable"
    stand.simulator.start()
    failed(["switch", "ada", "--best"], 2, stand.variables)
    for name in ("ada", "bob"):
        os.unlink(stand.saved(name))
    error = failure(["switch", "--best", "--json"], 4, stand.variables)
    assert error["next"].startswith("tui login")
    assert not os.path.exists(f"{box.codex}/auth.json")
