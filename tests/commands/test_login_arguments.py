"""`tui login`: what is refused before anything begins. A secret on the command line is never repeated."""

from __future__ import annotations

import pytest

from tests.commands.logins import unchanged
from tests.commands.scenes import failed, failure
from tests.support.cli import run_tui
from tests.surroundings.scene import settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

KEY = "sk-proj-" + "A1b2C3d4" * 8
#: What people put on the command line although it belongs on standard input.
SPILT = [
    ["work", "--api-key", KEY],
    ["work", f"--api-key={KEY}"],
    ["work", "--access-token", "at-" + KEY],
    ["work", f"--access-token=at-{KEY}"],
    ["work", KEY, "--api-key"],
    [KEY, "--api-key"],
    [KEY[:60], "--api-key"],
    ["eyJ" + KEY, "--access-token"],
    ["work", "--browser", f"http://127.0.0.1:1455/auth/callback?code={KEY}&state=x"],
    [f"http://127.0.0.1:1455/auth/callback?code={KEY}&state=x", "--browser"],
    ["work", "--browser", "--port", KEY],
    ["work", "--browser", f"--port={KEY}"],
    ["work", f"--{KEY}"],
]


@pytest.mark.parametrize("words", SPILT, ids=lambda words: " ".join(w[:14] for w in words))
def test_a_secret_on_the_command_line_is_not_repeated(box: Box, words: list[str]) -> None:
    """Promise 4: it is in the shell's history already; it shall not be in a log of ours as well."""
    if words[-1] == f"--{KEY}":
        words = [*words, "--api-key"]
    with unchanged(box):
        text = failed(["login", *words], 2)
        document = failure(["login", *words, "--json"], 2)
    for said in (text, *document.values()):
        assert "A1b2C3d4" not in said
    assert "standard input" in text or "--port" in text


def test_one_way_to_log_in_is_named(box: Box) -> None:
    """None, two, and a port without a listener are usage errors that say what there is."""
    with unchanged(box):
        text = failed(["login", "work"], 2)
        assert all(f"--{way}" in text for way in ("device-code", "browser", "api-key"))
        assert "not allowed with" in failed(["login", "work", "--browser", "--api-key"], 2)
        assert "--browser" in failed(["login", "work", "--device-code", "--port", "8455"], 2)
        assert failure(["login", "work", "--json"], 2)["code"] == "usage"


@pytest.mark.parametrize(
    "port", ["0", "-1", "65536", "1455x", "", "99999999999999999999", "１４５５"]
)
def test_a_port_that_is_none(box: Box, port: str) -> None:
    """Exit 2, with an example."""
    assert "1 to 65535" in failed(["login", "work", "--browser", f"--port={port}"], 2)


@pytest.mark.parametrize("name", ["../x", "", ".hidden", "a b", "-"])
def test_a_name_that_is_none(box: Box, name: str) -> None:
    """Exit 2 before anybody is asked for anything."""
    with unchanged(box):
        for way in ("--device-code", "--browser", "--api-key", "--access-token"):
            failed(["login", way, "--", name], 2)


def test_an_issuer_that_tokens_must_not_be_sent_to(box: Box) -> None:
    """Plain http to somebody else, in both ways of output; as an event, since it is no word of the command line."""
    env = {"SWITCHYARD_ISSUER": "http://issuer.example"}
    with unchanged(box):
        assert "SWITCHYARD_ISSUER" in failed(["login", "work", "--device-code"], 2, env)
        ran = run_tui(["login", "work", "--device-code", "--json"], env)
    assert ran.code == 2
    assert ran.out.startswith('{"event":"failed","error":"SWITCHYARD_ISSUER')


def test_settings_that_would_void_the_login_refuse_it_first(box: Box) -> None:
    """R15: forced_login_method, before a person goes through a login that Codex would delete."""
    settle(box)
    with open(f"{box.profile('bob')}/config.toml", "w", encoding="utf-8") as file:
        file.write('forced_login_method = "api"\n')
    with unchanged(box):
        assert "forced_login_method" in failed(["login", "bob", "--device-code"], 1)
        assert "forced_login_method" in failed(["login", "bob", "--access-token"], 1)
