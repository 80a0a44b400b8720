"""Switch and undo by keys: what the disk holds afterwards, and what is said."""

from __future__ import annotations

import os

import pytest

from profiles import marks
from profiles.context import make_context
from profiles.model import Secret
from tests.screen.stage import (
    BOB,
    codexes,
    configure,
    contents,
    live_login,
    open_stage,
    put,
    two_logins,
)
from tests.support.tokens import HOUR, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


@pytest.mark.parametrize("key", ["space", "s"])
async def test_switch(box: Box, key: str) -> None:
    """One key makes the selected profile the login of the active home; the toast names the way back."""
    _, bob = two_logins(box)
    async with open_stage() as stage:
        await stage.press("G", key)
        assert live_login(box) == bob.document().data()
        assert stage.active == "work"
        assert "switched to work" in stage.toasts
        assert "u undoes to personal" in stage.toasts
        await stage.shows("● work", "bob@bletchley.example")
        assert "switched to work" in stage.said


async def test_undo(box: Box) -> None:
    """U takes the last switch back and says which; pressed again it returns."""
    ada, bob = two_logins(box)
    async with open_stage() as stage:
        await stage.press("G", "space", "u")
        assert live_login(box) == ada.document().data()
        assert "undone: personal is the active login again" in stage.toasts
        assert "u goes back to work" in stage.toasts
        await stage.press("u")
        assert live_login(box) == bob.document().data()


async def test_nothing_to_undo(box: Box) -> None:
    """Before any switch, u says that there is none and changes nothing."""
    ada, _ = two_logins(box)
    async with open_stage() as stage:
        await stage.press("u")
        assert "no switch of" in stage.toasts
        assert live_login(box) == ada.document().data()


async def test_switch_to_what_is_active(box: Box) -> None:
    """Switching to the active profile changes nothing and says so (R16)."""
    ada, _ = two_logins(box)
    async with open_stage() as stage:
        assert stage.selected == "personal"
        await stage.press("space")
        assert "personal is the active login already" in stage.toasts
        assert live_login(box) == ada.document().data()


async def test_newer_tokens_are_saved_first(box: Box) -> None:
    """What Codex rotated meanwhile is in the profile before the switch, and the log says it (R9)."""
    ada, _ = two_logins(box)
    async with open_stage() as stage:
        rotated = ada.rotate(after=HOUR)
        rotated.write(box.codex)
        await stage.press("G", "space")
        saved = contents(f"{box.profile('personal')}/auth.json")
        assert saved == rotated.document().data()
        assert "newer tokens of personal are now in its profile" in stage.said


async def test_broken_target(box: Box) -> None:
    """A switch to a profile that cannot be read is refused with the next step; nothing is changed."""
    ada, _ = two_logins(box)
    put(f"{box.profile('work')}/auth.json", b'{"tokens":')
    async with open_stage() as stage:
        await stage.press("G", "space")
        assert "work is broken" in stage.toasts
        assert "l on work" in stage.toasts
        assert "work is broken" in stage.said
        assert live_login(box) == ada.document().data()


async def test_refusal_offers_anyway(box: Box) -> None:
    """A refusal that may be lifted asks; no leaves everything, yes switches (R15)."""
    ada, bob = two_logins(box)
    put(f"{box.codex}/config.toml", b'forced_login_method = "api"\n')
    async with open_stage() as stage:
        await stage.press("G", "space")
        await stage.shows("Refused", "forced_login_method", "y do it anyway")
        await stage.press("enter")
        assert live_login(box) == ada.document().data()
        await stage.press("space")
        await stage.shows("Refused")
        await stage.press("y")
        await stage.until(lambda: "switched to work" in stage.said)
        assert live_login(box) == bob.document().data()


async def test_uncertain_login_offers_anyway(box: Box) -> None:
    """An uncertain login that could not be tried is not installed without a question, and is with a yes."""
    _, bob = two_logins(box)
    nobody = {"CODEX_REFRESH_TOKEN_URL_OVERRIDE": "http://127.0.0.1:9/", "NO_PROXY": "127.0.0.1"}
    context = make_context({**os.environ, **nobody})
    digest = bob.refresh_token
    marks.set_mark(context, Secret(digest).digest(), marks.UNCERTAIN, "made up for this test")
    async with open_stage(context=context) as stage:
        await stage.shows("? uncertain")
        await stage.press("G", "space")
        await stage.shows("Refused", "could not be found out")
        await stage.press("y")
        assert live_login(box) == bob.document().data()


async def test_what_stays_on_the_old_login_is_said(box: Box) -> None:
    """A codex that runs with the home is named after the switch, with its pid."""
    two_logins(box)
    running = codexes(box.codex)
    context = make_context()._replace(processes=lambda: running)
    async with open_stage(context=context) as stage:
        await stage.press("G", "space")
        assert "codex (pid 4242) stays personal until it is restarted" in stage.toasts


async def test_daemon_with_a_client_is_asked_about(box: Box) -> None:
    """The daemon that a screen of Codex is attached to is not restarted unasked; leaving it is said."""
    two_logins(box)
    running = codexes(box.codex, daemon=True)
    context = make_context()._replace(processes=lambda: running)
    async with open_stage(context=context) as stage:
        await stage.press("G", "space")
        await stage.shows("Codex's daemon", "pid 4343", "n leave", "y restart")
        await stage.press("escape")
        await stage.until(lambda: "daemon stays personal" in stage.said)
        assert stage.active == "work"
        assert any("daemon restart" in (event.hint or "") for event in stage.app.state.events)


async def test_daemon_choice_in_config(box: Box) -> None:
    """`daemon = "leave"` in config.toml answers that question beforehand."""
    two_logins(box)
    configure(box, 'daemon = "leave"\n')
    running = codexes(box.codex, daemon=True)
    context = make_context()._replace(processes=lambda: running)
    async with open_stage(context=context) as stage:
        await stage.press("G", "space")
        assert "daemon stays personal" in stage.said
        assert len(stage.app.screen_stack) == 1


async def test_what_no_switch_wins_against(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """CODEX_ACCESS_TOKEN stands in the title line from the start, and is said after a switch."""
    two_logins(box)
    monkeypatch.setenv("CODEX_ACCESS_TOKEN", "made-up")
    async with open_stage() as stage:
        assert "CODEX_ACCESS_TOKEN wins over any switch" in stage.lines[0]
        await stage.press("G", "space")
        assert "CODEX_ACCESS_TOKEN may win over this switch" in stage.toasts
        assert "made-up" not in stage.text + stage.said


async def test_new_login_is_seen_in_the_title(box: Box) -> None:
    """The title line names the active profile, account, plan and what is left of it."""
    two_logins(box)
    async with open_stage() as stage:
        assert "● personal  ada@example.com · Plus · 9d 2" in stage.lines[0]
        await stage.press("G", "space")
        assert "● work  bob@bletchley.example · Pro · " in stage.lines[0]


async def test_two_members_of_a_workspace_are_two(box: Box) -> None:
    """Two people in one workspace share its account id and stay two profiles (R1)."""
    ada, _ = two_logins(box)
    team = ada.in_workspace("acme")
    team.of(BOB).write(box.profile("acme-bob"))
    team.of(Person("carol")).write(box.profile("acme-carol"))
    async with open_stage() as stage:
        await stage.press("g")
        assert stage.selected == "acme-bob"
        await stage.press("space")
        assert stage.active == "acme-bob"
        assert (
            live_login(box)
            == Login(BOB, "acme", "team", issued_at=team.issued_at).document().data()
        )
