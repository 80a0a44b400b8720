"""`tui history` and `tui paths`: what was done, and where everything lies."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from profiles.history import iso
from tests.commands.scenes import TIME, failure, in_terminal, two
from tests.support.cli import run_tui, tui_json
from tui import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def test_history_is_oldest_first_and_holds_no_digest_of_tokens(box: Box) -> None:
    """One entry for each deed, times in UTC, unknown is null."""
    two(box)
    run_tui(["switch", "bob"])
    run_tui(["undo"])
    run_tui(["add", "new", "--empty"])
    document = tui_json(["history", "--json"])
    assert tuple(document) == ("schema", "history")
    last = document["history"][-1]
    assert (last["profile"], last["identity"], last["before"]) == ("new", None, None)
    entries = [entry for entry in document["history"] if entry["verb"] in ("switch", "undo")]
    keys = ("time", "verb", "profile", "identity", "home", "result", "before")
    assert all(tuple(entry) == keys for entry in entries)
    assert all(TIME.fullmatch(entry["time"]) for entry in entries)
    told = [(entry["verb"], entry["before"], entry["profile"]) for entry in entries]
    assert told == [("switch", "ada", "bob"), ("undo", "bob", "ada")]
    rows = [line.split() for line in run_tui(["history"]).out.splitlines()]
    assert [row[2] for row in rows][-3:] == ["switch", "undo", "add"]


@given(st.floats(0, 253402300799))
def test_times_are_those_of_the_domain(seconds: float) -> None:
    """The short way of writing a time is the same as the one way."""
    assert output.time(seconds) == iso(seconds)


def test_a_torn_history_is_no_failure(box: Box) -> None:
    """Lines that make no sense are passed over; nothing done is said on stderr."""
    assert tui_json(["history", "--json"])["history"] == []
    os.makedirs(f"{box.switchyard}/state")
    with open(f"{box.switchyard}/state/history.jsonl", "wb") as file:
        file.write(b'{"time": 5}\n\x00\xff\n{"ti')
    ran = run_tui(["history"])
    assert (ran.code, ran.out) == (0, "")
    assert "Nothing was done yet" in ran.err


def test_paths_tells_what_won(box: Box) -> None:
    """For each folder its path and what decided it: the flag-less order is env, then default."""
    document = tui_json(["paths", "--json"])
    assert document["home"] == {"path": box.codex, "from": "default", "problem": None}
    assert document["roots"]["data"] == {
        "path": f"{box.switchyard}/data",
        "from": "SWITCHYARD_HOME",
    }
    env = {"SWITCHYARD_HOME": None, "XDG_DATA_HOME": f"{box.path}/d", "XDG_STATE_HOME": "relative"}
    document = tui_json(["paths", "--json"], {**env, "CODEX_HOME": box.home})
    assert document["home"]["from"] == "CODEX_HOME"
    roots = document["roots"]
    assert roots["data"] == {"path": f"{box.path}/d/switchyard", "from": "XDG_DATA_HOME"}
    assert roots["state"]["from"] == "default", "a relative path is none, says XDG"
    assert document["profiles"] == f"{box.path}/d/switchyard/profiles"


def test_paths_lists_every_setting(box: Box) -> None:
    """Each key of config.toml with its value, its default and its meaning."""
    os.makedirs(f"{box.switchyard}/config")
    with open(f"{box.switchyard}/config/config.toml", "w", encoding="utf-8") as file:
        file.write('mouse = false\nhomes = ["/x"]\n[keys]\nswitch = "s"\n')
    document = tui_json(["paths", "--json"])
    settings = {setting["key"]: setting for setting in document["settings"]}
    assert {"theme", "mouse", "keys", "daemon", "homes", "ssh.host"} <= set(settings)
    assert "refresh.concurrency" in settings
    assert all(tuple(each) == ("key", "value", "default", "meaning") for each in settings.values())
    assert (settings["mouse"]["value"], settings["mouse"]["default"]) == (False, True)
    assert settings["homes"]["value"] == ["/x"]
    assert settings["keys"]["value"] == {"switch": "s"}
    assert document["config_file"] == {
        "path": f"{box.switchyard}/config/config.toml",
        "exists": True,
        "problem": None,
    }
    out = run_tui(["paths"]).out
    assert "switch = s" in out
    assert all(key in out for key in settings)


def test_paths_works_where_the_config_does_not(box: Box) -> None:
    """This is where one looks when something is off: a bad config.toml is named, not fatal."""
    os.makedirs(f"{box.switchyard}/config")
    path = f"{box.switchyard}/config/config.toml"
    with open(path, "w", encoding="utf-8") as file:
        file.write("them = 1\n")
    document = tui_json(["paths", "--json"], {"CODEX_HOME": f"{box.path}/nowhere"})
    assert "did you mean theme" in document["config_file"]["problem"]
    assert document["home"]["problem"] == "does not exist"
    ran = run_tui(["paths"], {"CODEX_HOME": f"{box.path}/nowhere"})
    assert ran.code == 0
    assert path in ran.err
    assert "does not exist" in ran.err


def test_tables_fit_a_terminal(box: Box) -> None:
    """The least important columns go first."""
    two(box)
    run_tui(["switch", "bob"])
    head = in_terminal(["history"], {"NO_COLOR": "1"}, size=(60, 24)).out.splitlines()[0]
    assert head.split() == ["TIME", "VERB", "PROFILE", "BEFORE", "RESULT"]


def test_neither_takes_words(box: Box) -> None:
    """A word too many is exit 2."""
    for verb in ("history", "paths"):
        assert failure([verb, "x", "--json"], 2)["code"] == "usage"
