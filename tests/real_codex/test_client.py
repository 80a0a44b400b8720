"""What the other tests rely on: the client reads what we write, and writes what we read.

A failure here means that a made-up login, the harness, or Codex itself has changed.
"""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from tests.support.documents import api_key, with_old_api_key
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.support.real_codex import RealCodex

pytestmark = pytest.mark.real_codex


def test_made_up_login_is_the_one_that_a_new_client_uses(codex: RealCodex) -> None:
    """A new app-server names exactly the access token of the file, offline, of each login in turn."""
    for name in ("ada", "bob"):
        login = Login(Person(name)).fresh()
        login.write(codex.home)
        assert codex.access_token() == login.access_token
        assert codex.auth_status()["authMethod"] == "chatgpt"
        assert codex.login_status().code == 0
        assert codex.login_status().text == "Logged in using ChatGPT"


def test_running_client_keeps_the_login_it_began_with(codex: RealCodex) -> None:
    """A session that runs while the file changes stays the old login; only a new one is the new."""
    old, new = Login(Person("ada")).fresh(), Login(Person("bob")).fresh()
    old.write(codex.home)
    with codex.app_server() as session:
        new.write(codex.home)
        assert session.access_token() == old.access_token
        assert codex.access_token() == new.access_token


def test_client_writes_and_removes_logins(codex: RealCodex) -> None:
    """A key that the client saves is in auth.json, and logout takes the file away."""
    key = api_key("saved by the client")
    assert codex.login_with_api_key(key).code == 0
    with open(f"{codex.home}/auth.json", encoding="utf-8") as file:
        assert json.load(file)["OPENAI_API_KEY"] == key
    assert codex.auth_status()["authToken"] == key
    assert codex.logout().code == 0
    assert not os.path.exists(f"{codex.home}/auth.json")
    assert codex.login_status().code == 1
    assert codex.access_token() is None


def test_nothing_is_asked_beyond_this_machine(newest: RealCodex, strace: str, box: Box) -> None:
    """A logout, which revokes, asks the closed port that stands for OpenAI, and nothing else."""
    Login().fresh().write(newest.home)
    log = f"{box.path}/connects"
    watched = [strace, "-f", "-qq", "-e", "trace=connect", "-o", log, newest.path, "logout"]
    done = subprocess.run(watched, env=newest.environ, capture_output=True, check=False)
    assert done.returncode == 0
    with open(log, encoding="utf-8") as file:
        asked = [line for line in file if "sin_addr" in line or "sin6_addr" in line]
    assert asked
    assert all('inet_addr("127.0.0.1")' in line and "htons(9)" in line for line in asked), asked


def test_doctor_names_the_kind_of_login(newest: RealCodex) -> None:
    """`codex doctor` tells by which kind of credential the home is logged in."""
    for document, mode in (
        (Login().fresh().document(), "chatgpt"),
        (with_old_api_key(), "api_key"),
    ):
        document.write(newest.home)
        details = newest.doctor()["checks"]["auth.credentials"]["details"]
        assert details["stored auth mode"] == mode
