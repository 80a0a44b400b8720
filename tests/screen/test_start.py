"""How the screen starts: the first login is adopted, and every poor state says what to do next."""

from __future__ import annotations

import os

from profiles.context import make_context
from tests.screen.stage import (
    ADA,
    configure,
    contents,
    is_there,
    live_login,
    open_stage,
    put,
    two_logins,
)
from tests.support.tokens import DAY, HOUR, Login, Person
from tui.app import FIRST_NAMES, READ_AT_ONCE, first_look, read_config, run_screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    import pytest

    from tests.conftest import Box


async def test_first_start_adopts_the_only_login(box: Box) -> None:
    """With only a ~/.codex its login is shown, saved byte for byte, said in one line; no more is touched."""
    login = Login(ADA).fresh(age=HOUR)
    login.write(box.codex)
    before = os.stat(f"{box.codex}/auth.json")
    async with open_stage() as stage:
        await stage.until(lambda: stage.selected == "ada")
        assert stage.toasts.count("\n") == 0
        assert "~/.codex/auth.json" in stage.toasts
        assert "saved as the profile ada" in stage.toasts
        assert stage.toasts in stage.said
        assert contents(f"{box.profile('ada')}/auth.json") == login.document().data()
        assert live_login(box) == login.document().data()
        after = os.stat(f"{box.codex}/auth.json")
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
        assert sorted(os.listdir(box.home)) == [".codex"]


async def test_the_first_picture_has_the_login_before_it_is_saved(box: Box) -> None:
    """What is drawn first is read from the disk and writes nothing but the cache."""
    Login(ADA).fresh(age=HOUR).write(box.codex)
    snapshot, partial = first_look(make_context())
    assert not partial
    assert [(row.name, row.email, row.active) for row in snapshot.rows] == [
        (None, "ada@example.com", True)
    ]
    assert not is_there(box.profiles)


async def test_second_start_says_nothing(box: Box) -> None:
    """A start that changes nothing is silent."""
    two_logins(box)
    async with open_stage() as stage:
        assert not stage.toasts
        assert not stage.said


async def test_one_login(box: Box) -> None:
    """With one login the next key is named, and why codex login must not be run over it."""
    Login(ADA).fresh(age=HOUR).write(box.codex)
    async with open_stage() as stage:
        await stage.shows(
            "One login so far.",
            "n makes a second profile and logs in there.",
        )
        assert "Never run codex login over a login" in stage.text
        assert "revoke" in stage.text


async def test_no_home(box: Box) -> None:
    """Without any home it says so, names the next key, and creates none."""
    async with open_stage() as stage:
        await stage.shows("No login yet", "~/.codex does not exist", "n makes a profile")
        assert "no login is active" in stage.lines[0]
        for key in ("space", "e", "d", "x", "enter"):
            await stage.press(key)
            assert "there is no profile yet: n makes one" in stage.toasts
        assert not is_there(box.codex)


async def test_empty_home(box: Box) -> None:
    """A home without a login is told apart from no home."""
    os.mkdir(box.codex)
    async with open_stage() as stage:
        await stage.shows("No login yet", "~/.codex is there, but holds none.")


async def test_unreadable_live_login(box: Box) -> None:
    """A live file that cannot be read is named with its reason, and its bytes stay."""
    put(f"{box.codex}/auth.json", b'{"tokens": [')
    async with open_stage() as stage:
        await stage.shows("No login can be read", "~/.codex/auth.json", "not JSON")
        assert live_login(box) == b'{"tokens": ['


async def test_codex_home_leads_nowhere(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CODEX_HOME that does not exist is explained, with the two ways out."""
    monkeypatch.setenv("CODEX_HOME", f"{box.home}/nowhere")
    async with open_stage() as stage:
        await stage.shows(
            "CODEX_HOME leads nowhere", "unset CODEX_HOME", "mkdir -m 700 -p ~/nowhere"
        )
        assert not is_there(f"{box.home}/nowhere")


async def test_found_homes_are_named(box: Box) -> None:
    """Homes beside ~/.codex are listed with whose login they hold, and are not registered unasked."""
    Login(Person("zoe")).fresh().write(f"{box.home}/.codex-old")
    async with open_stage() as stage:
        await stage.shows(
            "Also found", "~/.codex-old", "zoe@example.com", "n registers one of them"
        )
        assert not is_there(box.profiles) or not os.listdir(box.profiles)


async def test_broken_config(box: Box) -> None:
    """A config.toml that cannot be used is said, and the screen opens with the defaults."""
    two_logins(box)
    configure(box, "theme = 7\n")
    config, problem = read_config(make_context())
    assert problem is not None
    assert "theme" in problem.message
    assert config.theme == "auto"
    async with open_stage() as stage:
        assert "personal" in stage.text
        assert "config.toml" in stage.said


async def test_many_profiles_begin_with_their_names(box: Box) -> None:
    """With many profiles the names are there at once, and what stands in the files right after."""
    for number in range(READ_AT_ONCE + 8):
        Login(Person(f"p{number:03}")).fresh(age=HOUR).write(box.profile(f"p{number:03}"))
    Login(Person("p004")).fresh(age=HOUR).write(box.codex)
    snapshot, partial = first_look(make_context())
    assert partial
    assert len(snapshot.rows) <= FIRST_NAMES
    assert [row.name for row in snapshot.rows[:2]] == ["p000", "p001"]
    async with open_stage() as stage:
        await stage.until(lambda: not stage.app.state.partial)
        await stage.shows(f"Profiles  {READ_AT_ONCE + 8}", "● p004", "✓ ok")
        assert stage.selected == "p004"


async def test_state_changes_with_time(box: Box) -> None:
    """A login that expires while the screen is open turns due by itself: a countdown is watched."""
    two_logins(box)
    shift = [0.0]
    real = make_context()
    context = real._replace(now=lambda: real.now() + shift[0])
    async with open_stage(context=context) as stage:
        await stage.shows("✓ ok")
        shift[0] = 11 * DAY
        stage.main.clock.wake()
        await stage.shows("↻ due", "ago")


def test_a_dumb_terminal_is_no_screen(box: Box) -> None:
    """Importing how the screen starts costs no Textual: the import waits for the call."""
    import subprocess
    import sys

    code = "import sys, tui.app; sys.exit('textual' in sys.modules)"
    assert callable(run_screen)
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, cwd=os.getcwd()).returncode == 0
    )
