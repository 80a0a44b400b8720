"""The real Codex follows: what a switch installs is the login it uses, what it writes is adopted."""

from __future__ import annotations

import os
import subprocess

import pytest

from profiles.daemon import command_line
from tests.support.cli import run_tui, tui_json
from tests.support.documents import api_key, with_api_key, without_auth_mode
from tests.support.real_codex import OFFLINE, RealCodex
from tests.support.tokens import Document, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tests.conftest import Box

pytestmark = pytest.mark.real_codex

ADA = Login(Person("ada")).fresh()
BOB = Login(Person("bob")).fresh()
WORK = ADA.in_workspace("acme")


def profile(box: Box, name: str, document: Document) -> None:
    """Save a login as a profile."""
    document.write(box.profile(name))


def rows() -> dict[str | None, Any]:
    """Return the rows of `tui list` by name."""
    return {row["name"]: row for row in tui_json(["list", "--json"])["profiles"]}


def test_login_that_a_switch_installs_is_the_one_the_client_uses(
    codex: RealCodex, box: Box
) -> None:
    """After each switch a new client has exactly the installed credential, in every kind it has."""
    key = api_key()
    chatgpt = "Logged in using ChatGPT"
    by_key = "Logged in using an API key" if codex.version == "0.98.0" else "API key configured"
    saved = {
        "ada": (ADA.document(), ADA.access_token, chatgpt, "chatgpt"),
        "bob": (BOB.as_098().document(), BOB.access_token, chatgpt, "chatgpt"),
        "work": (without_auth_mode(WORK), WORK.access_token, chatgpt, "chatgpt"),
        "key": (with_api_key(), key, by_key, "api_key"),
    }
    for name, (document, *_) in saved.items():
        profile(box, name, document)
    for name, (_, token, status, mode) in saved.items():
        assert tui_json(["switch", name, "--json"])["to"] == name
        assert codex.access_token() == token
        said = codex.login_status()
        assert (said.code, said.text.startswith(status)) == (0, True), said.text
        if codex.version != "0.98.0":  # which has no doctor
            details = codex.doctor()["checks"]["auth.credentials"]["details"]
            assert details["stored auth mode"] == mode


def test_undo_brings_the_client_back(codex: RealCodex, box: Box) -> None:
    """After `tui undo` a new client is the account before."""
    profile(box, "ada", ADA.document())
    profile(box, "bob", BOB.document())
    for command, login in ((["switch", "ada"], ADA), (["switch", "bob"], BOB), (["undo"], ADA)):
        assert run_tui(command).code == 0
        assert codex.access_token() == login.access_token


def test_login_that_the_client_writes_is_seen_and_adopted(codex: RealCodex, box: Box) -> None:
    """A key saved by Codex over a profile's login is shown as new, and a switch away keeps it."""
    profile(box, "ada", ADA.document())
    run_tui(["switch", "ada"])
    key = api_key("saved by the client")
    assert codex.login_with_api_key(key).code == 0
    listed = rows()
    assert (listed[None]["kind"], listed[None]["active"]) == ("api-key", True)
    assert not listed["ada"]["active"]
    adopted = tui_json(["switch", "ada", "--anyway", "--json"])["adopted"]
    assert adopted
    assert codex.access_token() == ADA.access_token
    assert tui_json(["switch", adopted, "--json"])["changed"]
    assert codex.access_token() == key


def test_login_that_the_client_removed_is_doubted(newest: RealCodex, box: Box) -> None:
    """A logout revokes what the profile still holds: it is unsure then, and not installed (R12)."""
    ADA.write(newest.home)
    assert run_tui(["add", "ada"]).code == 0
    newest.logout()
    assert tui_json(["list", "--json"])["active"] is None
    nobody = {"CODEX_REFRESH_TOKEN_URL_OVERRIDE": "http://127.0.0.1:9/"}
    ran = run_tui(["switch", "ada"], nobody)
    assert ran.code == 5
    assert "revoke" in ran.err
    assert rows()["ada"]["state"] == "uncertain"
    assert newest.access_token() is None


def test_profile_is_a_home_for_the_client(codex: RealCodex, box: Box) -> None:
    """`tui run` gives a client the profile's login and switches nothing; its exit code is ours."""
    profile(box, "ada", ADA.document())
    profile(box, "bob", BOB.document())
    run_tui(["switch", "ada"])
    ran = run_tui(["run", "bob", "--", codex.path, "login", "status"], OFFLINE)
    assert ran.code == 0
    assert "Logged in using ChatGPT" in ran.err
    assert codex.access_token() == ADA.access_token
    assert run_tui(["add", "empty", "--empty"]).code == 0
    assert run_tui(["run", "empty", "--", codex.path, "login", "status"], OFFLINE).code == 1


def test_empty_profile_is_filled_by_the_client(codex: RealCodex, box: Box) -> None:
    """The way to a second login: an empty profile, and Codex's own login inside it."""
    profile(box, "ada", ADA.document())
    run_tui(["switch", "ada"])
    run_tui(["add", "second", "--empty"])
    key = api_key("second")
    login = ["run", "second", "--", codex.path, "login", "--with-api-key"]
    assert run_tui(login, OFFLINE, input=f"{key}\n").code == 0
    assert rows()["second"]["kind"] == "api-key"
    assert codex.access_token() == ADA.access_token
    run_tui(["switch", "second"])
    assert codex.access_token() == key


@pytest.mark.slow
def test_daemon_is_the_new_login_after_a_switch(newest: RealCodex, box: Box) -> None:
    """Idle it is restarted; with a client it is left, said, and the line that is printed does it."""
    profile(box, "ada", ADA.document())
    profile(box, "bob", BOB.document())
    run_tui(["switch", "ada"])
    with newest.daemon():
        assert newest.daemon_access_token() == ADA.access_token
        there = tui_json(["switch", "bob", "--json"], OFFLINE)
        assert (there["daemon"], there["still_running"]) == ("restarted", [])
        assert newest.daemon_access_token() == BOB.access_token

        with newest.daemon_session() as session:
            ran = run_tui(["switch", "ada"], OFFLINE)
            assert ran.code == 0
            assert command_line(newest.home) in ran.err
            assert session.access_token() == BOB.access_token
            assert newest.access_token() == ADA.access_token  # one that does not join it
            path = f"{os.path.dirname(newest.path)}:{os.environ['PATH']}"
            line = ["/bin/sh", "-c", command_line(newest.home)]
            subprocess.run(
                line, env=newest.environ | {"PATH": path}, check=True, capture_output=True
            )
        assert newest.daemon_access_token() == ADA.access_token

        with newest.daemon_session():
            there = tui_json(["switch", "bob", "--restart-daemon", "--json"], OFFLINE)
            assert there["daemon"] == "restarted"
        assert newest.daemon_access_token() == BOB.access_token


@pytest.mark.slow
def test_daemon_that_a_run_leaves_is_stopped(newest: RealCodex, box: Box) -> None:
    """A daemon that began in a profile's home during `tui run` does not outlive it (R14)."""
    profile(box, "bob", BOB.document())
    inside = RealCodex(newest.path, box.profile("bob"))
    start = ["run", "bob", "--", newest.path, "app-server", "daemon", "start"]
    try:
        ran = run_tui(start, OFFLINE, timeout=180)
        assert ran.code == 0
        assert '"status":"started"' in ran.out
        assert tui_json(["show", "bob", "--json"])["processes"] == []
        with pytest.raises(OSError, match=r"No such file|refused"), inside.daemon_session():
            pass
    finally:
        inside.remove_daemon()
