"""`tui doctor`: what it prints, explains and mends, run as people run it. What it finds: tests/doctor."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess

from tests.commands.scenes import failed, failure, in_terminal
from tests.support.cli import run_tui, tui_json
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tests.conftest import Box

#: The keys of a finding, in the order of the contract.
KEYS = ["id", "level", "title", "evidence", "why", "fix"]
LEVELS = {"ok", "info", "warning", "error", "unknown"}
OFFLINE = ["doctor", "--offline"]


def _findings(box: Box, env: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """Return what is found without the network, by id; the worst of each id."""
    document = json.loads(run_tui([*OFFLINE, "--json"], env).out)
    assert list(document) == ["schema", "findings"]
    found: dict[str, dict[str, Any]] = {}
    for each in document["findings"]:
        found.setdefault(each["id"], each)
    return found


def _open_to_all(box: Box) -> str:
    """Log in, with an auth.json that everybody may read; return its path."""
    Login(Person("ada")).fresh().write(box.codex)
    path = f"{box.codex}/auth.json"
    os.chmod(path, 0o644)
    return path


def test_json_has_the_keys_of_the_contract(box: Box) -> None:
    """Each finding has its six keys, null where there is nothing to say; the worst come first."""
    _open_to_all(box)
    document = json.loads(run_tui([*OFFLINE, "--json"]).out)
    assert document["schema"] == 1
    order = ["error", "warning", "unknown", "info", "ok"]
    levels = [each["level"] for each in document["findings"]]
    assert levels == sorted(levels, key=order.index)
    assert set(levels) <= LEVELS
    for each in document["findings"]:
        assert list(each) == KEYS
        assert each["id"]
        assert each["title"]
        if each["level"] == "ok":
            assert (each["evidence"], each["why"], each["fix"]) == (None, None, None)
        elif each["level"] != "unknown":
            assert each["evidence"], each


def test_a_finding_names_the_culprit_and_what_mends_it(box: Box) -> None:
    """Mode and path stand in the evidence, the fix is a line for a shell, and people read the same."""
    path = _open_to_all(box)
    found = _findings(box)["file.mode"]
    assert found["level"] in ("warning", "error")
    assert path in found["evidence"].replace("~", box.home)
    assert "0644" in found["evidence"]
    ran = run_tui(OFFLINE)
    assert "[file.mode]" in ran.out
    assert "tui doctor --fix file.mode" in ran.out
    subprocess.run(["/bin/sh", "-c", found["fix"]], check=True)
    assert _findings(box)["file.mode"]["level"] == "ok"


def test_exit_code_is_1_for_an_error_and_0_without(box: Box) -> None:
    """A warning alone is no failure; an override is one."""
    Login(Person("ada")).fresh().write(box.codex)
    well = run_tui(OFFLINE)
    assert (well.code, well.err) == (0, "")
    assert "the network was not looked at (--offline)" in well.out
    ran = run_tui(OFFLINE, {"CODEX_ACCESS_TOKEN": "at-canary-0123456789"})
    assert ran.code == 1
    assert "CODEX_ACCESS_TOKEN" in ran.out
    assert "canary" not in ran.out + ran.err


def test_fix_shows_asks_mends_and_can_be_taken_back(box: Box) -> None:
    """On a terminal: the exact change, a question, the change; then the line that takes it back does so."""
    path = _open_to_all(box)
    ran = in_terminal(["doctor", "--fix", "file.mode"], type_at="[y/N]", typed=b"y\r")
    assert f"chmod 0600 {path}" in ran.out.replace("~", box.home)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    undo = ran.out.partition("to take it back: ")[2].splitlines()[0]
    subprocess.run(shlex.split(undo), check=True)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644


def test_fix_without_a_yes_changes_nothing(box: Box) -> None:
    """No answer is a no, and a no is exit 1; `--yes` is for scripts."""
    path = _open_to_all(box)
    assert "nothing was changed" in failed(["doctor", "--fix", "file.mode"], 1)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644
    document = tui_json(["doctor", "--fix", "file.mode", "--yes", "--json"])
    assert [list(each) for each in document["fixed"]] == [["changes", "undo"]]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    again = run_tui(["doctor", "--fix", "file.mode", "--yes"])
    assert (again.code, again.out) == (0, "")
    assert "nothing to mend" in again.err


def test_a_no_is_no_error(box: Box) -> None:
    """Whoever is asked may say no: nothing is red then, and the exit code tells a script."""
    path = _open_to_all(box)
    ran = in_terminal(["doctor", "--fix", "file.mode"], type_at="[y/N]", typed=b"n\r")
    assert ran.code == 1
    assert "nothing was changed" in ran.out
    assert "error" not in ran.out
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644


def test_what_is_not_ours_to_change_is_refused_with_its_command(box: Box) -> None:
    """A variable of the calling shell cannot be taken away from here: the command says what can."""
    ran = run_tui(
        ["doctor", "--fix", "env.access_token", "--yes"],
        {"CODEX_ACCESS_TOKEN": "at-canary-0123456789"},
    )
    assert ran.code == 1
    assert "next: " in ran.err
    assert "canary" not in ran.err


def test_unknown_id_suggests_the_nearest(box: Box) -> None:
    """A typo costs one look, wherever the id stands."""
    for option in ("--fix", "--explain"):
        assert "did you mean file.mode?" in failed(["doctor", option, "file.mod"], 2)
        assert failure(["doctor", option, "nosuch", "--json"], 2)["code"] == "usage"
    assert "--fix" in failed(["doctor", "--yes"], 2)
    for words in (["--fix", "file.mode", "--report"], ["--explain", "--report"]):
        assert "do not go together" in failed(["doctor", *words], 2)
    assert failure(["doctor", "--json", "--report"], 2)["code"] == "usage"
    assert "cannot be seen from here" in failed(["doctor", "--fix", "device.disabled"], 1)


def test_explain_tells_all_ids_or_one(box: Box) -> None:
    """What is looked at is told apart from what cannot be seen from here."""
    everything = run_tui(["doctor", "--explain"])
    assert everything.code == 0
    assert "file.mode" in everything.out
    assert "what cannot be seen from here\n" in everything.out
    unseen = run_tui(["doctor", "--explain", "device.disabled"])
    assert "(cannot be seen from here)" in unseen.out
    one = run_tui(["doctor", "--explain", "file.mode"])
    assert one.out.startswith("file.mode")
    assert one.out.count("\n") == 1
    document = tui_json(["doctor", "--explain", "file.mode", "--json"])
    assert [list(each) for each in document["explanations"]] == [["id", "subject", "seen", "text"]]


def test_report_names_nobody(box: Box) -> None:
    """What is pasted into an issue tracker has no secret, no address, no home folder."""
    login = Login(Person("ada")).fresh()
    login.write(box.codex)
    os.chmod(f"{box.codex}/auth.json", 0o644)
    ran = run_tui(
        [*OFFLINE, "--report"],
        {"CODEX_ACCESS_TOKEN": login.access_token, "CODEX_API_KEY": "sk-canary-0123456789"},
    )
    assert ran.out.startswith("### tui doctor\n")
    assert "`env.access_token`" in ran.out
    for private in (box.home, "ada@", "canary", login.access_token, login.refresh_token):
        assert private not in ran.out


def test_nothing_is_written(box: Box) -> None:
    """To look changes nothing: no folder is made for it, no file touched."""
    _open_to_all(box)
    before = _tree(box)
    run_tui(OFFLINE)
    assert {path: stamp for path, stamp in _tree(box).items() if "/cache" not in path} == before


def _tree(box: Box) -> dict[str, int]:
    found = {}
    for folder, _, names in os.walk(box.path):
        for path in (folder, *(f"{folder}/{name}" for name in names)):
            found[path] = 0 if os.path.isdir(path) else os.lstat(path).st_mtime_ns
    return {path: stamp for path, stamp in found.items() if "/cache" not in path}
