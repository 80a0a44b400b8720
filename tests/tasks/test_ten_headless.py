"""The same ten tasks with commands alone, as in a script: what each prints, how it ends, what is left on the disk."""

from __future__ import annotations

import json
import re
import shlex
import subprocess

import pytest

from tests.commands.logins import USER_CODE, Running, check_files
from tests.screen.login_stage import BOB
from tests.support.cli import Ran, check_output, run_tui, tui_command, tui_environ, tui_json
from tests.tasks.scene import END, GRACE, end_state, left_behind, live_login, simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tests.conftest import Box
    from tui.simulator.server import Simulator

__all__ = ["simulator"]


#: What `tui list` prints at first: fixed columns, one profile a line, the state a word beside its sign.
LISTED = """\
   lab         carol@example.edu      Plus  ✓ ok  7d 23h
   old-laptop  dan@example.net        Plus  ✓ ok  7d 23h
●  personal    ada@example.com        Plus  ✓ ok  7d 23h
   work        bob@bletchley.example  Plus  ✓ ok  7d 23h
"""
WORK = "   work        bob@bletchley.example  Plus  ✓ ok  7d 23h\n"


def runs(*args: str, out: str = "", err: str = "", code: int = 0) -> None:
    """Run a command and compare all that it prints; `err` is a pattern, since times and folders stand there."""
    __tracebackhide__ = True
    ran = run_tui(args)
    assert (ran.code, ran.out) == (code, out), ran.err
    assert re.fullmatch(err, ran.err), ran.err


def script(line: str) -> str:
    """Run a line of a shell script, in which `tui` is ours, and return what it prints."""
    words = ["/bin/sh", "-c", f'tui() {{ {shlex.join(tui_command())} "$@"; }}\n{line}']
    done = subprocess.run(words, env=tui_environ(), capture_output=True, text=True, check=False)
    check_output(Ran(done.returncode, done.stdout, done.stderr))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def _found() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tui_json(["doctor", "--json"])["findings"]
    return found


@pytest.mark.usefixtures("redirect_ports")
def test_the_ten(box: Box, simulator: Simulator) -> None:
    """Every task of the screen has a command that says what it did, and leaves on the disk what the keys leave."""
    runs("list", out=LISTED)  # quit: each command ends by itself
    assert script("tui list | grep work") == WORK
    assert script("tui list --names | grep -x work") == "work\n"
    listed = json.loads(script("tui list --json"))
    assert [row["name"] for row in listed["profiles"] if row["email"] == BOB] == ["work"]
    assert listed["active"] == "personal"

    runs("switch", "work", err=r"work is now the active login \(before: personal\)\.\n")
    assert live_login(box) == BOB
    runs("undo", err=r"personal is now the active login \(before: work\)\.\n")
    assert live_login(box) == END["live"]

    with Running(["second", "--device-code"], simulator) as login:
        simulator.device.approve(login.wait_for(USER_CODE)[1], GRACE)
        ran = login.end(0)
    assert ran.out == ""
    assert ran.err.endswith(f"saved {GRACE}, Plus as the profile second\nnext: tui switch second\n")

    runs("refresh", "--all")  # all is well, and nobody sits there: cron sends no mail
    results = tui_json(["refresh", "--all", "--json"])["results"]
    assert {each["outcome"] for each in results} == {"fresh"}

    found = [each for each in _found() if each["level"] in ("error", "warning", "unknown")]
    assert [each["id"] for each in found] == ["env.access_token"]
    assert f"{left_behind(box)}:1" in found[0]["evidence"].replace("~", box.home)
    runs(
        *("doctor", "--fix", "env.access_token", "--yes"),
        err=r"comment out \S+config.fish:1:\n(  [-+] .*\n){2}the former file is kept: \S+\n(.*\n)*"
        r"done: comment out \S+config.fish:1\nto take it back: cp \S+ \S+config.fish\n",
    )
    assert {each["level"] for each in _found()} <= {"ok", "info"}

    runs("rename", "lab", "bench", err=r"lab is now called bench\n")
    runs(
        *("delete", "old-laptop"),
        err=r"tui: error: deleting old-laptop needs a yes, .*\nnext: tui delete old-laptop --yes\n",
        code=1,
    )
    runs(
        *("delete", "old-laptop", "--yes"),
        err=r"deleted old-laptop; its folder is kept in \S+, and nothing was revoked\n"
        r"to take it back: mv \S+-old-laptop \S+/profiles/old-laptop\n",
    )
    assert end_state(box, simulator) == END
    check_files(box, simulator)
