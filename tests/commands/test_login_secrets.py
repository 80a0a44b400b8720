"""`tui login --api-key` and `--access-token`: a secret from standard input, kept out of everything but auth.json."""

from __future__ import annotations

import json
import os
import re
import signal

import pytest

from tests.commands.logins import Running, check_files, every_file, live, saved, settled, unchanged
from tests.support.cli import run_tui, tui_json
from tests.surroundings.scene import settle
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

KEY = "sk-proj-" + "Z9y8X7w6" * 8


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """An issuer that knows ada."""
    with Simulator() as made:
        made.people.add("ada@example.com")
        yield made


def _holders(box: Box, secret: str) -> set[str]:
    """Return the names of the files in which a secret stands."""
    found = set()
    for path in every_file(box.path):
        with open(path, "rb") as file:
            if secret.encode() in file.read():
                found.add(os.path.basename(path))
    return found


# --- API keys ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [KEY, f"{KEY}\n", f"\n  {KEY} \r\n\n \n"])
def test_a_key_from_a_pipe(box: Box, text: str) -> None:
    """The one line, stripped; nobody is asked about it, and that is said; the file is as Codex writes it."""
    ran = run_tui(["login", "bot", "--api-key"], input=text)
    assert (ran.code, ran.out) == (0, "")
    assert "note: " not in ran.err
    assert "not verified" in ran.err
    assert "next: tui switch bot" in ran.err
    assert saved(box, "bot") == {"auth_mode": "apikey", "OPENAI_API_KEY": KEY}
    assert KEY not in ran.err
    assert _holders(box, KEY) == {"auth.json"}
    row = tui_json(["show", "bot", "--json"])
    assert (row["kind"], row["state"]) == ("api-key", "static")


def test_a_key_of_another_kind_is_kept_and_noted(box: Box) -> None:
    """Codex takes anything; what begins otherwise is said to do so, and not repeated."""
    ran = run_tui(["login", "bot", "--api-key"], input="my-gateway-key-1234\n")
    assert ran.code == 0
    assert "note: this key does not begin with sk-; it is saved as it is\n" in ran.err
    assert "gateway" not in ran.err
    assert saved(box, "bot")["OPENAI_API_KEY"] == "my-gateway-key-1234"


@pytest.mark.parametrize("text", ["foo", "foo\n", "sk-1234"])
def test_what_is_too_short_for_a_key(box: Box, text: str) -> None:
    """Exit 2, nothing made, nothing repeated."""
    with unchanged(box):
        ran = run_tui(["login", "bot", "--api-key"], input=text)
    assert ran.code == 2
    assert "too short" in ran.err
    assert text.strip() not in ran.err


SECOND = "sk-proj-" + "Q1q2" * 8


@pytest.mark.parametrize("way", ["--api-key", "--access-token"])
@pytest.mark.parametrize("between", ["\n", "\r\n", "\n\n \n"])
def test_two_lines_are_not_one_secret(box: Box, way: str, between: str) -> None:
    """Exit 2, none of them is taken, nothing is repeated."""
    with unchanged(box):
        ran = run_tui(["login", "bot", way], input=f"{KEY}{between}{SECOND}")
    assert (ran.code, ran.out) == (2, "")
    assert "more than one line" in ran.err
    assert KEY not in ran.err
    assert SECOND not in ran.err


def test_two_lines_that_come_one_by_one(box: Box) -> None:
    """Also when the second comes a moment later; and a pipe that stays open is not waited for."""
    with unchanged(box), Running(["bot", "--api-key"]) as login:
        login.say(f"{KEY}\n")
        login.say(f"\n{SECOND}\n")
        assert "more than one line" in login.end(2).err
    with unchanged(box), Running(["bot", "--api-key"], terminal=True) as login:
        login.wait_for(r"not shown\): $")
        login.say(f"{KEY}\n{SECOND}\n")
        ran = login.end(2)
    assert "more than one line" in ran.out
    assert SECOND not in ran.out


def test_a_key_with_json(box: Box) -> None:
    """One event; who it is, is not known."""
    with Running(["bot", "--api-key", "--json"]) as login:
        login.say(f"{KEY}\n")
        assert login.event("done") == {
            "event": "done",
            "name": "bot",
            "email": None,
            "account_id": None,
        }
        assert KEY not in "".join(login.end(0)[1:])


@pytest.mark.parametrize(
    "text",
    ["", "\n", "  \n", "two words\n", "schlüssel\n", "sk-\x1b[31m\n", "x" * 100_000],
    ids=lambda text: repr(text[:12]),
)
@pytest.mark.parametrize("way", ["--api-key", "--access-token"])
def test_what_is_no_secret(box: Box, way: str, text: str) -> None:
    """Exit 2, a hint, nothing made, nothing repeated."""
    with unchanged(box):
        ran = run_tui(["login", "bot", way], input=text)
    assert (ran.code, ran.out) == (2, "")
    assert "standard input" in ran.err
    assert "next: " in ran.err
    assert not text.strip() or text.strip() not in ran.err
    ran = run_tui(["login", "bot", way, "--json"], input=text)
    assert ran.code == 2
    assert json.loads(ran.out)["event"] == "failed"


@pytest.mark.parametrize("stdin", ["<&-", "</dev/null"])
def test_without_stdin(box: Box, stdin: str) -> None:
    """Closed or empty: the same plain error."""
    ran = run_tui(["login", "bot", "--api-key"], wrap=["sh", "-c", f'exec "$@" {stdin}', "sh"])
    assert ran.code == 2
    assert "standard input" in ran.err


def test_a_key_typed_in_a_terminal(box: Box) -> None:
    """It is asked for, and not shown; afterwards the terminal shows again what is typed."""
    with Running(["bot", "--api-key"], terminal=True) as login:
        login.wait_for(r"API key \(not shown\): $")
        assert not login.echoes()
        login.say(f"\x1b[200~{KEY}\x1b[201~\n")
        login.wait_for("next: tui switch bot")
        assert login.echoes()
        assert KEY not in login.end(0).out
    assert saved(box, "bot")["OPENAI_API_KEY"] == KEY


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, "ctrl-c", "ctrl-d"])
def test_a_question_that_is_not_answered(box: Box, end: signal.Signals | str) -> None:
    """Nothing is made, and the terminal is as it was."""
    with unchanged(box), Running(["bot", "--api-key"], terminal=True) as login:
        login.wait_for(r"not shown\): $")
        if isinstance(end, str):
            login.say({"ctrl-c": "\x03", "ctrl-d": "\x04"}[end])
        else:
            login.child.send_signal(end)
        login.wait_for("next: ")
        assert login.echoes()
        ran = login.end(2 if end == "ctrl-d" else 130)
        assert re.search(r"(?m)^tui: \S*error:", ran.out)


def test_a_key_for_a_profile_of_somebody_becomes_another_profile(box: Box) -> None:
    """No login is ever replaced by another identity; said, with exit 1; JSON names where it went."""
    scene = settle(box)
    before = saved(box, "bob")
    ran = run_tui(["login", "bob", "--api-key"], input=KEY)
    assert ran.code == 1
    assert "bob" in ran.err
    assert saved(box, "bob") == before
    (made,) = {row["name"] for row in tui_json(["list", "--json"])["profiles"]} - {"ada", "bob"}
    assert saved(box, made)["OPENAI_API_KEY"] == KEY
    with Running(["ada", "--api-key", "--json"]) as login:
        login.say(f"{KEY[::-1]}\n")
        name = login.event("done")["name"]
        login.end(1)
    assert name not in ("ada", "bob", made)
    assert saved(box, name)["OPENAI_API_KEY"] == KEY[::-1]
    assert live(box) == json.loads(scene.ada.document().text())


# --- access tokens ----------------------------------------------------------------------------------


def test_an_access_token_is_checked_first(box: Box, simulator: Simulator) -> None:
    """The issuer says whose it is; the file is as Codex writes it; the token is nowhere else."""
    token = simulator.personal_token("ada@example.com")
    with Running(["bot", "--access-token", "--json"], simulator) as login:
        login.say(f"{token}\n")
        done = login.event("done")
        login.end(0)
    assert (done["name"], done["email"]) == ("bot", "ada@example.com")
    assert saved(box, "bot") == {"OPENAI_API_KEY": None, "personal_access_token": token}
    assert [request.method for request in simulator.log] == ["GET"]
    check_files(box, simulator)
    assert _holders(box, token) == {"auth.json"}


def test_an_access_token_that_is_refused(box: Box, simulator: Simulator) -> None:
    """Exit 4, and the profile is what it was."""
    settled(box, simulator, "work", "ada@example.com")
    with unchanged(box), Running(["work", "--access-token"], simulator) as login:
        login.say("at-nobody-knows-this-one\n")
        ran = login.end(4)
    assert "at-nobody" not in ran.err
    assert "next: " in ran.err


@pytest.mark.parametrize(
    ("text", "code", "step"),
    [
        ("eyJhbGciOi.eyJzdWIi.c2ln", 1, "tui run bot -- codex login --with-access-token"),
        (KEY, 2, "tui login bot --api-key"),
        ("something-else", 2, "tui login bot --access-token"),
    ],
    ids=["agent", "key", "neither"],
)
def test_what_is_no_personal_access_token(
    box: Box, simulator: Simulator, text: str, code: int, step: str
) -> None:
    """Named with the way that takes it; nobody is asked, nothing is made, and it is not repeated."""
    with unchanged(box), Running(["bot", "--access-token"], simulator) as login:
        login.say(f"{text}\n")
        ran = login.end(code)
    assert f"next: {step}" in ran.err
    assert text not in ran.err
    assert simulator.log == []


def test_an_issuer_that_does_not_answer(box: Box, simulator: Simulator) -> None:
    """A token that could not be checked is not saved: exit 5."""
    token = simulator.personal_token("ada@example.com")
    simulator.stop()
    with unchanged(box), Running(["bot", "--access-token"], simulator) as login:
        login.say(f"{token}\n")
        ran = login.end(5)
    assert "next: " in ran.err
    simulator.start()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_check_that_is_interrupted(
    box: Box, simulator: Simulator, number: signal.Signals
) -> None:
    """While the issuer thinks: exit 130, nothing made."""
    path = "/api/accounts/v1/user-auth-credential/whoami"
    simulator.faults.add(path, delay=30.0)
    token = simulator.personal_token("ada@example.com")
    with unchanged(box), Running(["bot", "--access-token"], simulator) as login:
        login.say(f"{token}\n")
        simulator.wait_for(path)
        login.child.send_signal(number)
        ran = login.end(130)
    assert "cancelled" in ran.err
