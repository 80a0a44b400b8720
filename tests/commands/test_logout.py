"""`tui logout`: what is named, asked, removed and said; and with `--revoke` a real issuer that ends the login."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from tests.commands.refreshes import Counter
from tests.rules.yard import read
from tests.support.documents import with_api_key
from tests.support.fake_codex import running_codex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

REVOKE = "/oauth/revoke"


@pytest.mark.parametrize("named", ["ada", "ADA"])
def test_files_are_named_removed_and_kept(box: Box, named: str) -> None:
    """Every holder, before and without a question; that nothing was revoked; where the backup is; how to come back."""
    with Counter(box) as counter:
        login = counter.sign_in("ada")
        path = counter.put("ada", login)
        live = counter.live(login)
        counter.put("bob", counter.sign_in("bob"))
        ran = counter.tui(["logout", named, "--yes"], 0)
        assert ran.out == ""
        lines = ran.err.splitlines()
        assert lines[0] == "ada (ada@example.com, Plus) is in:"
        assert lines[1:3] == [f"  {path}", "  ~/.codex/auth.json"]
        assert "Nothing was revoked" in lines[3]
        assert "its tokens rest in " in lines[3]
        assert lines[3].count(".json") == 2
        assert lines[4].startswith("to take it back: cp -p ")
        assert lines[4].endswith(f".json {path}")
        assert lines[5:] == ["next: tui login ada --device-code"]
        assert not os.path.exists(path)
        assert not os.path.exists(live)
        document = json.loads(counter.tui(["list", "--json"], 0).out)
        assert document["active"] is None
        assert [(p["name"], p["state"]) for p in document["profiles"]] == [
            ("ada", "empty"),
            ("bob", "ok"),
        ]
        assert all(family.over is None for family in counter.simulator.families)
        assert counter.simulator.requests(REVOKE) == []
        again = counter.tui(["logout", "ada", "--yes"], 0)
        assert "logged out already" in again.err


def test_without_a_terminal_nobody_says_yes(box: Box) -> None:
    """Refused, with the files and the flag; nothing is touched."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada"))
        for flags in ([], ["--revoke"]):
            ran = counter.tui(["logout", "ada", *flags], 1)
            assert path in ran.err
            step = " ".join(["tui logout ada", *flags, "--yes"])
            assert ran.err.splitlines()[-1] == f"next: {step}"
        assert os.path.exists(path)
        assert counter.simulator.requests(REVOKE) == []


@pytest.mark.parametrize("kind", ["chatgpt", "key"])
def test_a_logout_is_taken_back(box: Box, kind: str) -> None:
    """The command that is printed, as it is, brings back the very file; the login works. A key is called a key."""
    with Counter(box) as counter:
        login = counter.sign_in("ada") if kind == "chatgpt" else with_api_key()
        path = counter.put("ada", login)
        before = read(path)
        ran = counter.tui(["logout", "ada", "--yes"], 0)
        assert ("the key rests in" in ran.err) == (kind == "key")
        assert ("its tokens rest in" in ran.err) == (kind == "chatgpt")
        [line] = [each for each in ran.err.splitlines() if "cp -p" in each]
        subprocess.run(["/bin/sh", "-c", line.removeprefix("to take it back: ")], check=True)
        assert read(path) == before
        assert counter.state("ada") == ("ok" if kind == "chatgpt" else "static")
        if kind == "chatgpt":
            counter.tui(["refresh", "ada", "--force"], 0)
            assert counter.works(path)


@pytest.mark.parametrize(("typed", "code"), [(b"y\n", 0), (b"\n", 1), (b"n\n", 1)])
def test_in_a_terminal_it_asks(box: Box, typed: bytes, code: int) -> None:
    """The usual answer is no; the files stand above the question."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada"))
        shown = counter.in_terminal(["logout", "ada"], code, type_at="[y/N] ", typed=typed)
        assert shown.index(path) < shown.index("Remove this file? A backup is kept")
        assert os.path.exists(path) == bool(code)


def test_ctrl_c_at_the_question(box: Box) -> None:
    """Exit 130 with nothing done."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada"))
        shown = counter.in_terminal(["logout", "ada"], 130, type_at="[y/N] ", typed=b"\x03")
        assert "interrupted" in shown
        assert os.path.exists(path)


def test_revoked_at_the_issuer(box: Box) -> None:
    """One request with the refresh token in Codex's own words; the family is over, and nothing is left here."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada"))
        token = counter.token(path)
        ran = counter.tui(["logout", "ada", "--revoke", "--yes"], 0)
        assert "revoked at the issuer" in ran.err
        assert "Nothing was revoked" not in ran.err
        [request] = counter.simulator.requests(REVOKE)
        assert request.method == "POST"
        client = "app_EMoamEEZ73f0CkXaXp7hrann"
        body = {"token": token, "token_type_hint": "refresh_token", "client_id": client}
        assert request.body == json.dumps(body, separators=(",", ":")).encode()
        assert [family.over for family in counter.simulator.families] == ["revoked"]
        assert not os.path.exists(path)
        assert counter.exchanges() == 0


def test_codexs_own_override_is_gone_by(box: Box) -> None:
    """`CODEX_REVOKE_TOKEN_URL_OVERRIDE` says where; one that is not safe is refused before anything is sent."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada"))
        name = "CODEX_REVOKE_TOKEN_URL_OVERRIDE"
        counter.tui(["logout", "ada", "--revoke", "--yes"], 2, {name: "http://example.com/x"})
        assert os.path.exists(path)
        elsewhere = {
            "SWITCHYARD_ISSUER": "https://127.0.0.1:9",
            name: f"{counter.simulator.url}{REVOKE}",
        }
        counter.tui(["logout", "ada", "--revoke", "--yes"], 0, elsewhere)
        assert [family.over for family in counter.simulator.families] == ["revoked"]


@pytest.mark.parametrize("how", ["away", "503", "400", "cut"])
def test_what_cannot_be_revoked_is_not_removed(box: Box, how: str) -> None:
    """Exit 5 while the issuer cannot be asked; every file is what it was, and a second try works."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada"))
        before = read(path)
        faults = counter.simulator.faults
        if how == "away":
            counter.simulator.stop()
        elif how == "cut":
            faults.add(REVOKE, drop="before", handled=False)
        else:
            faults.add(REVOKE, status=int(how))
        ran = counter.tui(["logout", "ada", "--revoke", "--yes"], 1 if how == "400" else 5)
        assert "tui: error: " in ran.err
        assert read(path) == before
        counter.simulator.start()
        assert counter.state("ada") == ("uncertain" if how in ("503", "cut") else "ok")
        counter.tui(["logout", "ada", "--revoke", "--yes"], 0)
        assert not os.path.exists(path)


def test_interrupted_while_the_issuer_is_asked(box: Box) -> None:
    """Nothing is removed, and that nobody knows whether it arrived is said and remembered."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada"))
        counter.simulator.faults.add(REVOKE, delay=20.0)
        child = counter.start(["logout", "ada", "--revoke", "--yes"])
        counter.simulator.wait_for(REVOKE)
        child.send(signal.SIGINT)
        ran = child.end(130)
        assert "whether the login was revoked is not known" in ran.err
        assert ran.err.splitlines()[-1].endswith("tui refresh ada")
        assert os.path.exists(path)
        assert counter.state("ada") == "uncertain"
        ran = counter.tui(["refresh", "ada"], 4)
        assert "login needed: it was revoked" in ran.err


def test_a_key_cannot_be_revoked(box: Box) -> None:
    """Said before any question; locally it is logged out as anything else."""
    with Counter(box) as counter:
        path = counter.put("key", with_api_key())
        ran = counter.tui(["logout", "key", "--revoke", "--yes"], 1)
        assert "cannot be revoked from here" in ran.err
        assert os.path.exists(path)
        counter.tui(["logout", "key", "--yes"], 0)
        assert not os.path.exists(path)


def test_a_codex_that_runs_is_named(box: Box) -> None:
    """A real process in the active home: refused, with its pid and how to end it."""
    with Counter(box) as counter:
        login = counter.sign_in("ada")
        path = counter.put("ada", login)
        counter.live(login)
        with running_codex(f"{box.path}/bin", CODEX_HOME=box.codex) as pid:
            ran = counter.tui(["logout", "ada", "--yes"], 1)
            assert f"process {pid}" in ran.err
            assert f"kill {pid}" in ran.err
        assert os.path.exists(path)
        counter.tui(["logout", "ada", "--yes"], 0)


def test_no_such_profile(box: Box) -> None:
    """Exit 3."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada"))
        assert "did you mean ada?" in counter.tui(["logout", "adda", "--yes"], 3).err
