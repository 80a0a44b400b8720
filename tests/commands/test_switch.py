"""`tui switch` and `tui undo`: the contract, names and none, plans, refusals, the daemon."""

from __future__ import annotations

import json
import os

import pytest

from tests.commands.scenes import PROCESS, SWITCH, failed, failure, two
from tests.support.cli import run_tui, tui_json
from tests.support.fake_codex import running_codex, script
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

#: How a daemon that listens on the home's socket is started.
DAEMON = ("app-server", "--listen", "unix://")


def test_switch_and_undo_have_the_keys_of_the_contract(box: Box) -> None:
    """The same document from both, and the login goes there and back."""
    pair = two(box)
    there = tui_json(["switch", "bob", "--json"])
    assert tuple(there) == SWITCH
    assert (there["from"], there["to"], there["changed"]) == ("ada", "bob", True)
    assert (there["written_back"], there["adopted"], there["daemon"]) == (None, None, "none")
    assert (there["still_running"], there["overridden_by"]) == ([], [])
    assert pair.live_login() == "bob"
    back = tui_json(["undo", "--json"])
    assert tuple(back) == SWITCH
    assert (back["from"], back["to"], back["changed"]) == ("bob", "ada", True)
    assert pair.live_login() == "ada"


def test_prose_goes_to_stderr(box: Box) -> None:
    """Nothing on stdout; who is active now and who was, on stderr."""
    two(box)
    ran = run_tui(["switch", "bob"])
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "bob is now the active login (before: ada).\n"
    again = run_tui(["switch", "bob"])
    assert again.err == "bob was the active login already.\n"
    assert tui_json(["switch", "bob", "--json"])["changed"] is False


def test_a_dash_is_the_one_before_and_none_is_the_other(box: Box) -> None:
    """`-` goes back by history; without a name two profiles toggle."""
    pair = two(box)
    assert "no switch" in failed(["switch", "-"], 1)
    assert "no switch" in failed(["undo"], 1)
    tui_json(["switch", "bob", "--json"])
    assert tui_json(["switch", "-", "--json"])["to"] == "ada"
    assert tui_json(["switch", "--json"])["to"] == "bob"
    assert tui_json(["switch", "--json"])["to"] == "ada"
    assert pair.live_login() == "ada"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_without_a_name_and_not_two_profiles_is_exit_2(box: Box, count: int) -> None:
    """Only of two is there an other."""
    for name in ("ada", "bob", "cyd")[:count]:
        Login(Person(name)).fresh().write(box.profile(name))
    error = failure(["switch", "--json"], 2)
    assert error["code"] == "usage"
    assert "tui switch NAME" in error["next"]


def test_a_plan_changes_nothing(box: Box) -> None:
    """`--dry-run` prints the steps, has the same keys, and leaves every byte alone."""
    pair = two(box)
    plan = run_tui(["switch", "bob", "--dry-run"])
    assert plan.code == 0
    assert "write the login of bob" in plan.out
    assert "Nothing was changed." in plan.err
    document = tui_json(["switch", "bob", "--dry-run", "--json"])
    assert tuple(document) == SWITCH
    assert (document["from"], document["to"], document["changed"]) == ("ada", "bob", True)
    assert pair.live_login() == "ada"
    assert not os.path.exists(f"{box.switchyard}/state")
    tui_json(["switch", "bob", "--json"])
    assert tui_json(["undo", "--dry-run", "--json"])["to"] == "ada"
    assert pair.live_login() == "bob"


def test_a_plan_that_would_be_refused_says_so(box: Box) -> None:
    """The exit code of the plan is that of the deed."""
    two(box)
    os.makedirs(box.profile("new"))
    for args in (["switch", "new"], ["switch", "new", "--dry-run"]):
        error = failure([*args, "--json"], 4)
        assert error["code"] == "login-needed"
        assert "tui login new --device-code" in error["next"]
        assert "new is empty" in failed(args, 4)


@pytest.mark.parametrize("args", [["switch", "cyd"], ["switch", "cyd", "--dry-run"]])
def test_an_unknown_name_is_exit_3(box: Box, args: list[str]) -> None:
    """Nothing is switched to by guess."""
    pair = two(box)
    assert failure([*args, "--json"], 3)["code"] == "no-such-profile"
    assert pair.live_login() == "ada"


def test_a_refusal_is_exit_1_and_names_the_way_around(box: Box) -> None:
    """A home that would throw the login away refuses; `--anyway` is named, and works."""
    pair = two(box)
    with open(f"{box.codex}/config.toml", "w", encoding="utf-8") as file:
        file.write('cli_auth_credentials_store = "keyring"\n')
    error = failure(["switch", "bob", "--json"], 1)
    assert error["code"] == "refused"
    assert "--anyway" in error["next"]
    assert "config.toml" in failed(["switch", "bob"], 1)
    assert pair.live_login() == "ada"
    done = tui_json(["switch", "bob", "--anyway", "--json"])
    assert done["overridden_by"] == [
        {"name": "cli_auth_credentials_store=keyring", "where": f"{box.codex}/config.toml"}
    ]
    assert pair.live_login() == "bob"
    assert tui_json(["undo", "--anyway", "--json"])["to"] == "ada"


def test_what_beats_the_login_is_said(box: Box) -> None:
    """A switch that some command will not follow does not pretend otherwise."""
    two(box)
    env = {"CODEX_ACCESS_TOKEN": "at-x"}
    assert tui_json(["switch", "bob", "--json"], env)["overridden_by"] == [
        {"name": "CODEX_ACCESS_TOKEN", "where": "environment"}
    ]
    assert "note: CODEX_ACCESS_TOKEN" in run_tui(["undo"], env).err


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_an_adopted_stranger_is_named(box: Box, flags: list[str]) -> None:
    """A live login that no profile had is saved first; JSON and prose name its profile."""
    Login(Person("ada")).fresh().write(box.codex)
    Login(Person("bob")).fresh().write(box.profile("bob"))
    ran = run_tui(["switch", "bob", *flags])
    assert ran.code == 0
    notes = [line for line in ran.err.splitlines() if line.startswith("note: ")]
    assert any("ada@example.com" in line and "profile ada" in line for line in notes)
    if flags:
        document = json.loads(ran.out)
        assert (document["from"], document["adopted"]) == ("ada", "ada")
    assert [row["name"] for row in tui_json(["list", "--json"])["profiles"]] == ["ada", "bob"]


def test_a_rotation_by_codex_is_written_back(box: Box) -> None:
    """The profile that got newer tokens from the live file is named."""
    pair = two(box)
    pair.ada.rotate().write(box.codex)
    assert tui_json(["switch", "bob", "--json"])["written_back"] == "ada"


def test_what_still_runs_is_said(box: Box) -> None:
    """A Codex of this home keeps the old login in memory: JSON lists it, prose names it."""
    two(box)
    with running_codex(box.path, "exec", "hello", CODEX_HOME=box.codex) as pid:
        (process,) = tui_json(["switch", "bob", "--json"])["still_running"]
        ran = run_tui(["undo"])
    assert tuple(process) == PROCESS
    assert process == {"pid": pid, "command": "codex exec", "daemon": False, "home": box.codex}
    assert f"codex exec (process {pid})" in ran.err


def _client(box: Box, log: str, code: int = 0) -> str:
    """Put a client on PATH that notes how it is asked to restart the daemon; return PATH."""
    text = f"import sys; open({log!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n'); sys.exit({code})"
    script(f"{box.path}/bin", text)
    return f"{box.path}/bin:{os.environ['PATH']}"


def _asked(log: str) -> list[str]:
    if not os.path.exists(log):
        return []
    with open(log, encoding="utf-8") as file:
        return file.read().splitlines()


@pytest.mark.parametrize(
    ("flags", "config", "fate"),
    [
        ([], None, "restarted"),
        (["--leave-daemon"], None, "left"),
        (["--restart-daemon"], 'daemon = "leave"', "restarted"),
        ([], 'daemon = "leave"', "left"),
        ([], 'daemon = "ask"', "left"),
        (["--leave-daemon"], 'daemon = "restart"', "left"),
    ],
)
def test_the_daemon_goes_by_flag_then_config_then_default(
    box: Box, flags: list[str], config: str | None, fate: str
) -> None:
    """A flag wins over config.toml; nobody attached: restarted. The plan says the same before."""
    two(box)
    if config is not None:
        os.makedirs(f"{box.switchyard}/config")
        with open(f"{box.switchyard}/config/config.toml", "w", encoding="utf-8") as file:
            file.write(f"{config}\n")
    log = f"{box.path}/asked"
    env = {"PATH": _client(box, log)}
    with running_codex(f"{box.path}/daemon", *DAEMON, CODEX_HOME=box.codex) as pid:
        plan = tui_json(["switch", "bob", *flags, "--dry-run", "--json"], env)
        assert _asked(log) == []
        document = tui_json(["switch", "bob", *flags, "--json"], env)
    assert (plan["daemon"], document["daemon"]) == (fate, fate)
    restarted = fate == "restarted"
    assert _asked(log) == (["app-server daemon restart"] if restarted else [])
    assert [each["pid"] for each in document["still_running"]] == ([] if restarted else [pid])


def test_a_daemon_with_a_screen_attached_is_left_and_the_command_is_said(box: Box) -> None:
    """Nobody can be asked here, so it is left, and the line to restart it stands there whole."""
    two(box)
    log = f"{box.path}/asked"
    env = {"PATH": _client(box, log)}
    with (
        running_codex(f"{box.path}/daemon", *DAEMON, CODEX_HOME=box.codex),
        running_codex(f"{box.path}/screen", CODEX_HOME=box.codex),
    ):
        ran = run_tui(["switch", "bob"], env)
        assert _asked(log) == []
        assert f"CODEX_HOME={box.codex} codex app-server daemon restart" in ran.err
        assert "process" in ran.err
        again = tui_json(["switch", "bob", "--restart-daemon", "--json"], env)
    assert (again["changed"], again["daemon"]) == (False, "restarted")
    assert _asked(log) == ["app-server daemon restart"]


def test_a_daemon_that_does_not_restart_is_left(box: Box) -> None:
    """The switch is done and stays done: exit 0, `left`, and the line to run by hand."""
    pair = two(box)
    env = {"PATH": _client(box, f"{box.path}/asked", code=3)}
    with running_codex(f"{box.path}/daemon", *DAEMON, CODEX_HOME=box.codex):
        ran = run_tui(["switch", "bob", "--restart-daemon"], env)
        assert ran.code == 0
        assert "did not restart" in ran.err
        assert "codex app-server daemon restart" in ran.err
        assert tui_json(["switch", "ada", "--restart-daemon", "--json"], env)["daemon"] == "left"
    assert pair.live_login() == "ada"


@pytest.mark.parametrize(
    "args",
    [
        ["switch", "bob", "--restart-daemon", "--leave-daemon"],
        ["switch", "bob", "cyd"],
        ["switch", "bob", "--js"],
        ["switch", "a b"],
        ["undo", "bob"],
    ],
)
def test_odd_words_are_exit_2(box: Box, args: list[str]) -> None:
    """Contradictions, too many words, abbreviations and impossible names change nothing."""
    pair = two(box)
    failed(args, 2)
    assert failure([*args, "--json"], 2)["code"] == "usage"
    assert pair.live_login() == "ada"


def test_a_config_that_makes_no_sense_stops_the_switch_before_it_begins(box: Box) -> None:
    """File and key are named, nothing is changed; a flag makes the file unnecessary."""
    pair = two(box)
    os.makedirs(f"{box.switchyard}/config")
    path = f"{box.switchyard}/config/config.toml"
    with open(path, "w", encoding="utf-8") as file:
        file.write('daemon = "sometimes"\n')
    error = failure(["switch", "bob", "--json"], 2)
    assert path in error["message"]
    assert "daemon" in error["message"]
    assert pair.live_login() == "ada"
    assert tui_json(["switch", "bob", "--leave-daemon", "--json"])["changed"] is True
