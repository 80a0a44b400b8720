"""`tui --demo`: it opens, says what it is, touches nothing real, and leaves nothing behind."""

from __future__ import annotations

import glob
import os
import pwd
import re
import signal
import stat

import pytest

from tests.screen.terminal import Terminal
from tests.support.cli import run_tui, tui_command
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.conftest import Box


def demo(
    box: Box,
    size: tuple[int, int] = (80, 24),
    *,
    wrap: tuple[str, ...] = (),
    env: Mapping[str, str | None] | None = None,
) -> Terminal:
    """Open the demo; its folder is made in the test's."""
    os.makedirs(f"{box.path}/tmp", exist_ok=True)
    environ = {"TMPDIR": f"{box.path}/tmp", **(env or {})}
    return Terminal(*size, env=environ, command=[*wrap, *tui_command(["--demo"])])


def folders(box: Box) -> list[str]:
    """Return the demos' folders."""
    return glob.glob(f"{box.path}/tmp/*")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (60, 12), (40, 12)])
def test_it_opens_and_says_what_it_is(box: Box, size: tuple[int, int]) -> None:
    """At every size DEMO stands on the screen; the folder is for one's own eyes, and gone in the end."""
    with demo(box, size) as terminal:
        terminal.shows("DEMO", "● personal", "old-laptop")
        [folder] = folders(box)
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        terminal.press("q")
        assert terminal.end() == 0
    assert folders(box) == []


def test_it_can_be_played_with(box: Box) -> None:
    """A switch is a switch: the demo's own active login is another one then, and can be taken back."""
    with demo(box) as terminal:
        terminal.shows("● personal")
        terminal.press("G", " ")
        terminal.shows("● work", "switched to work")  # the marker moves before all is noted
        terminal.press("u")
        terminal.shows("● personal")
        terminal.press("q")
        assert terminal.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_leaves_nothing_behind_when_it_is_ended(box: Box, number: signal.Signals) -> None:
    """SIGTERM and a closed terminal remove the folder, too."""
    with demo(box) as terminal:
        terminal.shows("● personal")
        assert folders(box)
        terminal.child.send_signal(number)
        assert terminal.end() == 128 + number
    assert folders(box) == []


def test_it_leaves_nothing_behind_when_the_terminal_goes_away(box: Box) -> None:
    """Nor when the connection breaks, and nothing can be drawn any more."""
    with demo(box) as terminal:
        terminal.shows("● personal")
        terminal.hang_up()
        terminal.child.wait(30)
    assert folders(box) == []


def test_no_real_login_is_ever_looked_at(box: Box, strace: str) -> None:
    """No system call names the person's own Codex home or our own folders, from the start to the end of the demo.

    What would lead there in the environment is set: the demo must not listen to it.
    """
    Login(Person("real")).write(box.codex)
    Login(Person("saved")).write(box.profile("saved"))
    other = f"{box.home}/.codex-other"
    Login(Person("other")).write(other)
    trace = f"{box.path}/trace"
    wrap = (
        strace,
        "-f",
        "-qq",
        "-s",
        "4096",
        "-o",
        trace,
        "-e",
        "trace=%file,%desc,connect,sendto",
    )
    with demo(box, wrap=wrap, env={"CODEX_HOME": other}) as terminal:
        terminal.shows("● personal", "Identity")
        terminal.press("G", " ")
        terminal.shows("● work")
        # q would ask first, if the switch was still being written.
        terminal.press("R", "ctrl+q")
        assert terminal.end() == 0
    with open(trace, encoding="utf-8", errors="replace") as file:
        text = file.read()
    assert "switchyard-demo-" in text
    names = set(re.findall(r'"(/[^"]*)"', text))
    homes = {box.home, pwd.getpwuid(os.getuid()).pw_dir}
    real = tuple(f"{home}/{name}" for home in homes for name in (".codex", ".config/switchyard"))
    assert not [name for name in names if name.startswith((*real, box.switchyard))]
    assert not [name for name in names if name.startswith(f"{box.home}/.")]
    assert Person("real").email not in text
    connected = set(re.findall(r"sin_addr=inet_addr\(\"([^\"]*)\"\)", text))
    assert connected <= {"127.0.0.1"}


def test_device_codes_approve_themselves(box: Box) -> None:
    """A few seconds later a profile has its login again, from whom it was, and a new one somebody else's."""
    with demo(box) as terminal:
        terminal.shows("● personal")
        terminal.press("/old", "enter", "l")
        terminal.shows("codex/device")
        terminal.shows("dan@example.net saved as old-laptop")
        terminal.press("esc")
        terminal.shows("Profiles  /old")
        terminal.press("esc")
        terminal.shows("Profiles  8")
        assert "login needed" not in terminal.text
        terminal.press("/spare", "enter", "l")
        terminal.shows("frank@example.org saved as spare")
        terminal.press("ctrl+q")
        assert terminal.end() == 0
    assert folders(box) == []


def test_codex_runs_in_the_demo_too(box: Box) -> None:
    """`x` gives the client the demo's homes and addresses alone, and what it leaves running ends with the demo."""
    told, left = f"{box.path}/told", f"{box.path}/left"
    os.mkdir(f"{box.path}/bin")
    with open(f"{box.path}/bin/codex", "w", encoding="utf-8") as file:
        file.write(
            f"#!/bin/sh\nsetsid sleep 600 & echo $! >{left}\nenv >{told}.new; mv {told}.new {told}\n"
        )
    os.chmod(f"{box.path}/bin/codex", 0o755)
    path = os.pathsep.join((f"{box.path}/bin", os.environ["PATH"]))
    env = {"PATH": path, "CODEX_HOME": box.codex, "CODEX_API_KEY": "real", "HTTPS_PROXY": "real"}
    os.mkdir(box.codex)
    with demo(box, env=env) as terminal:
        terminal.shows("● personal")
        [folder] = folders(box)
        terminal.press("G", "x")
        terminal.until(lambda: os.path.exists(told))
        terminal.press("@")
        terminal.shows("codex as work ended")
        with open(told, encoding="utf-8") as file:
            environ = dict(line.rstrip("\n").partition("=")[::2] for line in file)
        terminal.press("ctrl+q")
        assert terminal.end() == 0
    for name in ("HOME", "CODEX_HOME", "SWITCHYARD_HOME"):
        assert environ[name].startswith(f"{folder}/"), name
    assert environ["HTTPS_PROXY"] == environ["SWITCHYARD_ISSUER"]
    assert environ["SWITCHYARD_ISSUER"].startswith("http://127.0.0.1:")
    assert environ["SWITCHYARD_CHATGPT_BASE_URL"] == f"{environ['SWITCHYARD_ISSUER']}/backend-api/"
    assert "real" not in environ.values()
    assert "CODEX_API_KEY" not in environ
    with open(left, encoding="ascii") as file:
        assert not os.path.exists(f"/proc/{file.read().strip()}")
    assert folders(box) == []


@pytest.mark.parametrize("args", [["--demo"], ["--demo", "list"]])
def test_without_a_terminal_it_says_so(args: list[str]) -> None:
    """There is nothing to play with in a pipe."""
    ran = run_tui(args)
    assert ran.code == 2
    assert "--demo" in ran.err


def test_the_help_names_it() -> None:
    """Whoever asks what there is finds it."""
    assert "--demo" in run_tui(["--help"]).out
