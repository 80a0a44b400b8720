"""`tui list`: the contract, every state, one bad profile among good ones, and hostile text."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from tests.commands.scenes import ANSI, LIST, PROFILE, TIME, in_terminal, two
from tests.support import documents
from tests.support.cli import run_tui, tui_json
from tests.support.tokens import DAY, HOUR, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def test_the_document_has_the_keys_of_the_contract(box: Box) -> None:
    """Every key is there, in the order of the contract, with times in UTC and whole seconds."""
    pair = two(box)
    cyd = Login(Person("cyd"))
    cyd.write(f"{box.home}/.codex-lab")
    document = tui_json(["list", "--json"], {"CODEX_API_KEY": "sk-x"})
    assert tuple(document) == LIST
    assert document["home"] == box.codex
    assert document["active"] == "ada"
    assert [row["name"] for row in document["profiles"]] == ["ada", "bob"]
    for row in document["profiles"]:
        assert tuple(row) == PROFILE
        assert row["usage"] is None
        for key in ("access_token_expires_at", "id_token_expires_at", "last_refresh"):
            assert TIME.fullmatch(row[key])
    ada = document["profiles"][0]
    assert (ada["active"], ada["kind"], ada["state"], ada["managed"]) == (
        *(True, "chatgpt", "ok", True),
    )
    assert (ada["email"], ada["user_id"], ada["account_id"], ada["plan"]) == (
        *("ada@example.com", pair.ada.user_id, pair.ada.account_id, "plus"),
    )
    assert ada["home"] == box.profile("ada")
    assert document["problems"] == []
    assert document["discovered"] == [
        {
            "home": f"{box.home}/.codex-lab",
            "email": "cyd@example.com",
            "account_id": cyd.account_id,
            "state": "expired",
        }
    ]
    assert tuple(document["discovered"][0]) == ("home", "email", "account_id", "state")
    assert document["overridden_by"] == [
        {"name": "CODEX_API_KEY", "where": "environment (codex exec only)"}
    ]


def test_a_live_login_without_a_profile_is_a_row_without_a_name(box: Box) -> None:
    """What only the active home holds is shown, and how to save it is said."""
    Login().fresh().write(box.codex)
    document = tui_json(["list", "--json"])
    (row,) = document["profiles"]
    assert (row["name"], row["active"], row["home"]) == (None, True, box.codex)
    assert document["active"] is None
    ran = run_tui(["list"])
    assert "(not saved)" in ran.out
    assert "tui add NAME" in ran.err
    assert "codex login" in ran.err
    assert "revokes" in ran.err


def test_states_are_told_in_json_and_in_words(box: Box) -> None:
    """Each state that a file alone can show has its word; a due token is not called expired."""
    life = 10 * DAY
    ada = Login(Person("ada"))
    made = {
        "fine": ada.fresh(),
        "soon": replace(ada, person=Person("bob")).fresh(life - 2 * HOUR),
        "due": replace(ada, person=Person("cyd")),
        "gone": replace(ada, person=Person("dan"), with_refresh_token=False),
    }
    for name, login in made.items():
        login.write(box.profile(name))
    documents.with_api_key().write(box.profile("key"))
    os.makedirs(box.profile("none"))
    os.makedirs(box.profile("torn"))
    with open(f"{box.profile('torn')}/auth.json", "w", encoding="utf-8") as file:
        file.write('{"tokens": {')
    document = tui_json(["list", "--json"])
    states = {row["name"]: row["state"] for row in document["profiles"]}
    assert states == {
        "fine": "ok",
        "soon": "expiring",
        "due": "expired",
        "gone": "login-needed",
        "key": "static",
        "none": "empty",
        "torn": "broken",
    }
    kinds = {row["name"]: row["kind"] for row in document["profiles"]}
    assert (kinds["key"], kinds["none"], kinds["torn"]) == ("api-key", "empty", "unreadable")
    rows = [line.split() for line in run_tui(["list"]).out.splitlines()]
    words = {row[0]: row[4:] for row in rows}
    assert words["soon"][0] == "expiring"
    assert words["soon"][1].startswith("1h5")
    assert words["due"][0] == "due"
    assert words["due"][-1] == "ago"


def test_one_bad_profile_hides_no_other(box: Box) -> None:
    """A profile.toml and an auth.json of garbage are rows and problems; the good ones stay."""
    two(box)
    for name, file in (("bad", "profile.toml"), ("torn", "auth.json")):
        os.makedirs(box.profile(name))
        with open(f"{box.profile(name)}/{file}", "wb") as out:
            out.write(b"\x00\xff{{{")
    document = tui_json(["list", "--json"])
    assert [row["name"] for row in document["profiles"]] == ["ada", "bad", "bob", "torn"]
    assert {problem["path"] for problem in document["problems"]} == {
        f"{box.profile('bad')}/profile.toml",
        f"{box.profile('torn')}/auth.json",
    }
    assert all(tuple(problem) == ("path", "error") for problem in document["problems"])
    ran = run_tui(["list"])
    assert ran.code == 0
    assert ran.err.count("note: ") == 2
    assert ran.out.count("broken") == 2


def test_names_are_for_completion(box: Box) -> None:
    """Names alone, a line each, and not a word on stderr; a login without a name is left out."""
    assert run_tui(["list", "--names"]) == (0, "", "")
    Login(Person("zoe")).write(box.codex)
    two_names = ("bob", "a.b@c+d-e_f")
    for name in two_names:
        Login(Person(name)).write(box.profile(name))
    assert run_tui(["list", "--names"]) == (0, "a.b@c+d-e_f\nbob\n", "")


def test_nothing_at_all_is_no_failure(box: Box) -> None:
    """Without profile and login: exit 0, no data, and the way to the first login."""
    ran = run_tui(["list"])
    assert (ran.code, ran.out) == (0, "")
    assert "no login in ~/.codex" in ran.err
    assert "next: tui login NAME --device-code" in ran.err
    assert "revokes" in ran.err
    assert tui_json(["list", "--json"])["profiles"] == []
    assert not os.path.exists(box.codex), "reading made a home"


def test_stdout_is_data_and_stderr_prose(box: Box) -> None:
    """A pipe gets rows without titles or colours, and JSON is one line in ASCII."""
    two(box)
    ran = run_tui(["list"])
    assert len(ran.out.splitlines()) == 2
    assert "\x1b" not in ran.out + ran.err
    text = run_tui(["list", "--json"]).out
    assert text.count("\n") == 1
    assert text.isascii()


def test_text_from_a_token_cannot_steer_the_terminal(box: Box) -> None:
    """Escapes and line ends in an e-mail are shown, not sent."""
    hostile = Person("eve\x1b]0;owned\x07\x1b[2J\n*  root", "evil.example")
    Login(hostile).write(box.profile("eve"))
    ran = run_tui(["list"])
    assert len(ran.out.splitlines()) == 1
    assert "\x1b" not in ran.out
    assert "\\x1b[2J" in ran.out
    assert tui_json(["list", "--json"])["profiles"][0]["email"] == hostile.email


def test_signs_follow_the_locale(box: Box) -> None:
    """UTF-8 signs only in a UTF-8 locale; ASCII is all that a C locale gets."""
    two(box)
    assert run_tui(["list"]).out.startswith("●")
    plain = run_tui(["list"], {"LC_ALL": "C", "LANG": "C"})
    assert plain.out.startswith("*")
    assert plain.out.isascii()
    # Python puts LC_CTYPE=C.UTF-8 there by itself; that says nothing about the terminal.
    coerced = run_tui(["list"], {"LC_ALL": None, "LANG": None, "LC_CTYPE": "C.UTF-8"})
    assert coerced.out.isascii()


def test_a_name_that_the_encoding_lacks_is_escaped(box: Box) -> None:
    """An e-mail in Greek is no reason to fail in an old locale."""
    Login(Person("άδα")).write(box.profile("ada"))
    ran = run_tui(["list"], {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})
    assert ran.code == 0
    assert "\\u03ac" in ran.out


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (80, {"NAME", "ACCOUNT", "PLAN", "STATE", "EXPIRES"}),
        (44, {"NAME", "ACCOUNT", "STATE", "EXPIRES"}),
        (30, {"NAME", "STATE", "EXPIRES"}),
        (16, {"NAME", "STATE"}),
        (5, {"NAME", "STATE"}),
    ],
)
def test_narrow_terminals_lose_columns(box: Box, columns: int, shown: set[str]) -> None:
    """Name, marker and state stay, whatever the width; no line is longer while one can go."""
    two(box)
    ran = in_terminal(["list"], {"NO_COLOR": "1"}, size=(columns, 24))
    head, *rows = [line for line in ran.out.splitlines() if "note" not in line]
    assert set(head.split()) == shown
    assert rows[0].startswith("●  ada")
    if columns >= 16:
        assert max(map(len, [head, *rows])) <= columns


def test_colours_are_for_terminals_that_want_them(box: Box) -> None:
    """Colours on a terminal, none with NO_COLOR or TERM=dumb, and the words are the same."""
    two(box)
    coloured = in_terminal(["list"])
    assert ANSI.search(coloured.out)
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain = in_terminal(["list"], env)
        assert "\x1b" not in plain.out
        assert ANSI.sub("", coloured.out) == plain.out
    assert ANSI.search(in_terminal(["list"], {"NO_COLOR": ""}).out), "empty is as unset"


def test_json_for_a_person_is_indented(box: Box) -> None:
    """On a terminal the same document is readable."""
    two(box)
    ran = in_terminal(["list", "--json"])
    assert ran.out.startswith('{\n  "schema": 1,\n')
    assert json.loads(ran.out)["active"] == "ada"


def test_an_active_home_that_is_not_there_is_a_problem(box: Box) -> None:
    """CODEX_HOME pointing nowhere is said, and the profiles are listed all the same."""
    two(box)
    missing = f"{box.path}/nowhere"
    document = tui_json(["list", "--json"], {"CODEX_HOME": missing})
    (problem,) = document["problems"]
    assert problem["path"] == missing
    assert "does not exist" in problem["error"]
    assert document["active"] is None
    assert len(document["profiles"]) == 2
