"""The doctor on the screen: what it found, the worst first; its keys; a mend that is shown, made and told."""

from __future__ import annotations

import base64
import os
import re
import stat
import threading

from profiles.doctor.checks import Check
from profiles.doctor.finding import ERROR, WARNING, Finding
from profiles.doctor.mending import change_mode
from tests.screen.stage import Stage, open_stage
from tests.support.tokens import Login, Person
from tui.screens.doctor import DoctorScreen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine
    from tests.conftest import Box

SECRET = "at-canary-0123456789abcdef"


def _checks(path: str) -> tuple[Check, ...]:
    """Return checks with a finding of each kind; the mode is looked at truly."""

    def override(_machine: Machine) -> list[Finding]:
        title = "CODEX_ACCESS_TOKEN beats every login"
        evidence = f"~/.bashrc:12\nenvironment: {SECRET}"
        return [Finding("env.access_token", ERROR, title, evidence, "It wins.", "unset IT")]

    def mode(machine: Machine) -> list[Finding]:
        found = stat.S_IMODE(os.stat(path).st_mode)
        if found == 0o600:
            return []
        mend = change_mode(machine.context, "file.mode", path, 0o600)
        evidence = f"{path} has mode {found:04o}"
        return [
            Finding("file.mode", WARNING, "Others can read it", evidence, "Why.", "chmod", mend)
        ]

    def broken(_machine: Machine) -> list[Finding]:
        raise ValueError(SECRET)

    return (
        Check({"file.mode": "files are private"}, mode),
        Check({"net.dns": "names are found"}, broken, slow=True),
        Check({"env.access_token": "no variable beats a login"}, override),
    )


async def _open(stage: Stage, path: str) -> DoctorScreen:
    screen = DoctorScreen(stage.app, _checks(path))
    await stage.app.push_screen(screen)
    await stage.until(lambda: len(screen.list.findings) == 3)
    await stage.settle()
    return screen


def _file(box: Box) -> str:
    Login(Person("ada")).fresh().write(box.codex)
    # No auth.json: the screen itself makes that private at its start.
    path = f"{box.home}/private"
    with open(path, "w", encoding="utf-8"):
        os.chmod(path, 0o644)
    return path


async def test_the_worst_comes_first_and_is_told_about(box: Box) -> None:
    """Evidence, reason and mend of the line with the cursor; a check that fails hides nothing."""
    path = _file(box)
    async with open_stage(size=(80, 24)) as stage:
        screen = await _open(stage, path)
        levels = [each.level for each in screen.list.findings]
        assert levels == ["error", "warning", "unknown"]
        await stage.shows("1 error", "1 warning", "1 not seen")
        await stage.shows("CODEX_ACCESS_TOKEN beats every login", "~/.bashrc:12", "It wins.")
        assert SECRET not in stage.text
        await stage.press("j")
        await stage.shows("0644", "f mend", "What mends it (f does it)")
        await stage.press("j")
        await stage.shows("the check itself failed: ValueError")
        assert SECRET not in stage.text
        assert "f mend" not in stage.text
        await stage.press("g", "tab", "j", "q")
        assert not isinstance(stage.app.screen, DoctorScreen)


async def test_a_mend_is_shown_made_and_can_be_taken_back(box: Box) -> None:
    """`f` shows the exact change; a no changes nothing, a yes does it, and the log has the way back."""
    path = _file(box)
    async with open_stage(size=(80, 24)) as stage:
        await _open(stage, path)
        await stage.press("j", "f")
        await stage.shows("Mend it?", "chmod 0600")
        await stage.press("n")
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o644
        await stage.press("f", "y")
        await stage.until(lambda: stat.S_IMODE(os.stat(path).st_mode) == 0o600)
        await stage.shows("done: @ tells how to take it back")
        assert f"to take it back: chmod 0644 {path}" in stage.said
        await stage.press("at")
        await stage.shows("to take it back: chmod 0644")
        assert not isinstance(stage.app.screen, DoctorScreen)


async def test_what_is_not_ours_to_change_is_said(box: Box) -> None:
    """`f` on a finding without a mend names the key that helps, and opens nothing."""
    async with open_stage(size=(80, 24)) as stage:
        await _open(stage, _file(box))
        await stage.press("f")
        await stage.shows("not ours to change")
        assert isinstance(stage.app.screen, DoctorScreen)
        for key in ("space", "d", "z", "colon"):
            await stage.press(key)
            await stage.shows("esc goes back to the profiles")
            await stage.press("j")
            assert "goes back to the profiles" not in stage.text


async def test_the_report_is_copied_and_names_nobody(box: Box) -> None:
    """`y` sends Markdown by OSC 52: neither a secret nor a home folder is in it."""
    sent: list[str] = []
    async with open_stage(size=(80, 24)) as stage:
        await _open(stage, _file(box))
        stage.app.send = sent.append  # type: ignore[method-assign,assignment]
        await stage.press("y")
        await stage.shows("report sent")
    (sequence,) = [each for each in sent if "]52;" in each]
    found = re.search(r"\x1b\]52;c;([^\x07]*)\x07", sequence)
    assert found is not None
    report = base64.b64decode(found[1]).decode()
    assert report.startswith("### tui doctor\n")
    assert "`file.mode`" in report
    assert SECRET not in report
    assert box.home not in report


async def test_the_fix_alone_is_copied(box: Box) -> None:
    """`Y` sends the line that mends it, unbroken; where there is none it says so."""
    sent: list[str] = []
    async with open_stage(size=(80, 24)) as stage:
        await _open(stage, _file(box))
        stage.app.send = sent.append  # type: ignore[method-assign,assignment]
        await stage.press("Y")
        await stage.shows("fix sent")
        assert base64.b64encode(b"unset IT").decode() in sent[-1]
        await stage.press("G", "Y")
        await stage.shows("there is no fix to copy")


async def test_looking_again_keeps_the_place(box: Box) -> None:
    """What was found stays while it is looked for again, and the cursor stays on its finding."""
    async with open_stage(size=(80, 24)) as stage:
        screen = await _open(stage, _file(box))
        await stage.press("j")
        for _ in range(2):
            await stage.pilot.press("R")
            assert len(screen.list.findings) == 3
            await stage.settle()
        selected = screen.list.selected
        assert selected is not None
        assert selected.id == "file.mode"


async def test_looking_holds_nobody(box: Box) -> None:
    """While a check waits, what others found is there already and keys act; looking again waits for the first look."""
    free = threading.Event()

    def waits(_machine: Machine) -> list[Finding]:
        assert free.wait(20)
        return []

    checks = (*_checks(_file(box)), Check({"net.tcp": "it can be reached"}, waits, slow=True))
    async with open_stage(size=(80, 24)) as stage:
        screen = DoctorScreen(stage.app, checks)
        await stage.app.push_screen(screen)
        await stage.shows("looking", "1 error")
        await stage.pilot.press("j", "R")
        await stage.shows("Others can read it", "looking")
        free.set()
        await stage.until(lambda: "looking" not in stage.text)
        await stage.shows("1 fine")


async def test_d_opens_it_everywhere_and_esc_leaves_it(box: Box) -> None:
    """The key of the table opens the real doctor, from the list and from the detail."""
    Login(Person("ada")).fresh().write(box.codex)
    async with open_stage(size=(100, 30)) as stage:
        for before in ((), ("enter",)):
            await stage.press(*before)
            await stage.pilot.press("D")
            await stage.until(lambda: isinstance(stage.app.screen, DoctorScreen))
            await stage.shows("fine")
            await stage.pilot.press("escape")
            await stage.until(lambda: not isinstance(stage.app.screen, DoctorScreen))


async def test_in_a_small_terminal_all_can_be_reached(box: Box) -> None:
    """40x12: list and text share the screen; below 40x10 a sentence stands there."""
    async with open_stage(size=(40, 12)) as stage:
        await _open(stage, _file(box))
        await stage.shows("1 error   1 warning")
        await stage.press("f")
        await stage.shows("not ours to change")
        await stage.press("enter")
        await stage.shows("unset IT")
        await stage.press("f")
        await stage.shows("not ours to change")
        await stage.press("escape")
        await stage.shows("Others can read it")
        await stage.pilot.resize_terminal(30, 8)
        await stage.shows("terminal too small")
