"""What `tui refresh` says, and what it calls the next step: fitting what happened, whoever reads it."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.commands.refreshes import DEAD, TOKEN, Counter, results_of
from tests.refreshing.stand import DAY
from tests.support.documents import with_api_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

ALL = ["--refresh-all", "--json"]
#: What is said before somebody presses it.
SECOND = "a second ctrl-c leaves at once, and may cost the logins whose answer is under way"


def test_an_issuer_that_is_busy(box: Box) -> None:
    """A 429 is nothing of the network's: wait and repeat, beside the step for what cannot be reached."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada"))
        counter.simulator.faults.add(TOKEN, status=429, headers={"Retry-After": "90"})
        ran = counter.tui(["--refresh-all"], 5)
        assert ran.err.splitlines()[0] == "ada  unreachable: the issuer is busy (429)"
        assert ran.err.splitlines()[2:] == ["next: wait some minutes, then: tui --refresh-all"]


def test_who_answers_in_the_issuers_place(box: Box) -> None:
    """A web page with a 403: the step names the address to look at, which is the one in use."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada"))
        counter.simulator.faults.add(TOKEN, status=403, body=b"<html>robot?</html>")
        last = counter.tui(["refresh", "ada"], 1).err.splitlines()[-1]
        assert f"curl -sSI {counter.simulator.url}" in last
        assert "another network" in last
        assert last.endswith("; then: tui refresh ada")


def test_what_was_sent_once_and_twice_has_its_own_step(box: Box) -> None:
    """Unanswered once: asked once more. Twice: only a person's --force or a new login goes on (R17)."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada"))
        counter.simulator.faults.add(TOKEN, status=503, times=2)
        ran = counter.tui(["refresh", "ada"], 1)
        assert ran.err.splitlines()[-1] == "next: tui refresh ada asks once more"
        assert counter.tui(["show", "ada"], 0).err == "next: tui refresh ada asks once more\n"
        for _ in range(2):
            last = counter.tui(["refresh", "ada"], 1).err.splitlines()[-1]
            assert last.startswith("next: tui refresh ada --force ")
            assert last.endswith("tui login ada --device-code")
        assert counter.tui(["show", "ada"], 0).err == f"{last}\n"
        assert counter.exchanges() == 2


@pytest.mark.parametrize("form", ["{} --refresh-all", "{0[0]} {0[1]} --refresh-all {0[2]}"])
def test_options_before_refresh_all(box: Box, form: str) -> None:
    """The order of options means nothing."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada", age=6 * DAY))
        words = ["--within", "5d", "--json"]
        args = form.format(words if "[" in form else " ".join(words)).split()
        assert counter.results(args, 0)[0]["outcome"] == "refreshed"


def test_a_name_said_twice_is_one_profile(box: Box) -> None:
    """In the summary, and in what is left to do."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada"))
        counter.simulator.stop()
        lines = counter.tui(["refresh", "ada", "ADA", "ada"], 5).err.splitlines()
        assert lines[1] == "1 profile: 1 unreachable"
        assert lines[2].endswith("then: tui refresh ada")
        counter.simulator.start()


def test_a_document_has_no_lines_beside_it(box: Box) -> None:
    """With --json the results stand in the document alone; what needs a person has its summary and step."""
    with Counter(box) as counter:
        for name in ("ada", "bob"):
            counter.put(name, counter.sign_in(name))
        shown = counter.in_terminal(ALL, 0).replace("\r\n", "\n").rpartition("\r")[2]
        assert [r["name"] for r in json.loads(shown)["results"]] == ["ada", "bob"]
        counter.simulator.stop()
        assert counter.tui([*ALL, "--force"], 5).err.splitlines() == [
            "2 profiles: 2 unreachable",
            "next: look at network and proxy, then: tui --refresh-all",
        ]
        counter.simulator.start()


def test_a_signal_when_all_was_sent_is_no_failure(box: Box) -> None:
    """What a second ctrl-c may cost is said before it; with everything saved nothing is left to do. Exit 130."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada"))
        counter.simulator.faults.add(TOKEN, delay=1.0)
        child = counter.start(["--refresh-all"])
        counter.simulator.wait_for(TOKEN)
        child.send(signal.SIGINT)
        assert child.end(130).err.splitlines() == [
            f"note: stopping: what was sent is answered and saved first; {SECOND}",
            "note: interrupted; 1 of 1 were refreshed and saved",
        ]
        assert counter.works(path)


def test_no_profile_is_said(box: Box) -> None:
    """Exit 0 with nothing to do; the same as JSON."""
    with Counter(box) as counter:
        for args in (["--refresh-all"], ["usage"]):
            first, step = counter.tui(args, 0).err.splitlines()
            assert first.startswith("No profile")
            assert step == "next: tui login NAME --device-code"
        assert counter.results(ALL, 0) == []
        counter.live(counter.sign_in("ada"))
        for args, code in ((["--refresh-all"], 0), (["usage"], 0), (["switch", "--best"], 4)):
            assert counter.tui(args, code).err.splitlines()[-1] == "next: tui add NAME"


def test_unreachable(box: Box) -> None:
    """Exit 5; nothing was sent, so the next run finds the login as it was."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada"))
        counter.simulator.stop()
        ran = counter.tui(["refresh", "ada"], 5)
        assert ran.err.splitlines()[0].startswith("ada  unreachable: ")
        assert ran.err.splitlines()[-1] == "next: look at network and proxy, then: tui refresh ada"
        counter.simulator.start()
        assert counter.works(path)
        counter.tui(["refresh", "ada"], 0)


def test_json_of_what_is_not_well(box: Box) -> None:
    """Reasons are words, and `login_needed` names who must log in; unknown times are null."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada"))
        counter.put("key", with_api_key())
        os.makedirs(box.profile("spare"), mode=0o700)
        counter.simulator.faults.add(TOKEN, status=401, body=DEAD)
        ran = counter.tui(ALL, 4)
        ada, key, spare = results_of(ran)
        assert (ada["outcome"], ada["reason"]) == ("login-needed", "it was revoked")
        assert (key["outcome"], key["expires_at"]) == ("skipped", None)
        assert (spare["outcome"], spare["expires_at"]) == ("skipped", None)
        assert json.loads(ran.out)["login_needed"] == ["ada"]
        assert counter.state("ada") == "login-needed"
