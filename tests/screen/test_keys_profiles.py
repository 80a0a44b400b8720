"""Rename, note, delete and new by keys: dialogs, refusals, and what is on the disk afterwards."""

from __future__ import annotations

import os

from profiles import store
from profiles.context import make_context
from tests.screen.stage import contents, is_there, live_login, open_stage, put, two_logins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


async def test_rename(box: Box) -> None:
    """E asks for another name; the folder moves, and the cursor stays on the profile."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press("G", "e")
        await stage.shows("Rename work")
        await stage.press("end", "ctrl+u", "=bletchley", "enter")
        assert not is_there(box.profile("work"))
        assert is_there(f"{box.profile('bletchley')}/auth.json")
        await stage.until(lambda: stage.selected == "bletchley")
        assert "work is now called bletchley" in stage.toasts


async def test_rename_says_what_is_wrong_with_a_name(box: Box) -> None:
    """A name that cannot be is said in the dialog, which stays open; esc changes nothing."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press("G", "e", "end", "slash", "enter")
        await stage.shows("'work/' cannot be a profile's name")
        await stage.press("escape")
        assert len(stage.app.screen_stack) == 1
        assert is_there(box.profile("work"))


async def test_rename_to_a_name_that_is_taken(box: Box) -> None:
    """Two profiles never get one name, whatever the case of the letters."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press("G", "e", "end", "ctrl+u", "=PERSONAL", "enter")
        assert "a profile called personal exists already" in stage.toasts
        assert is_there(box.profile("work"))


async def test_note(box: Box) -> None:
    """E with shift asks for a note, shows it in the detail, and removes an empty one."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press("G", "E")
        await stage.shows("Note of work")
        await stage.press("=for [ci]", "enter")
        row = stage.disk().row("work")
        assert row is not None
        assert row.note == "for [ci]"
        await stage.shows("Note", "for [ci]")
        await stage.press("E", "end", "ctrl+u", "enter")
        row = stage.disk().row("work")
        assert row is not None
        assert row.note is None


async def test_delete_asks_and_says_what_it_does_not_do(box: Box) -> None:
    """The question has its focus on cancel, says that nothing is revoked and where the backup goes."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press("G", "d")
        await stage.shows("Delete work?", "No token is revoked", "/backups/deleted", "n cancel")
        for answer in ("enter", "escape", "n", "q"):
            await stage.press(answer)
            assert len(stage.app.screen_stack) == 1, answer
            assert is_there(box.profile("work")), answer
            await stage.press("d")


async def test_the_cursor_after_a_delete_under_a_filter(box: Box) -> None:
    """It stays on the profile that it went to, also when the filter is cleared: the next key must hit no other."""
    two_logins(box)
    for name in ("alpha", "workshop"):
        store.add_empty(make_context(), name)
    async with open_stage() as stage:
        await stage.press("slash", "=work", "enter", "g", "d", "y")
        await stage.until(lambda: stage.selected == "workshop")
        await stage.press("escape")
        assert not stage.app.state.filter
        assert stage.selected == "workshop"


async def test_delete(box: Box) -> None:
    """Y moves the whole profile to the backups; the live login is not touched (R5)."""
    ada, bob = two_logins(box)
    async with open_stage() as stage:
        await stage.press("G", "d", "y")
        assert not is_there(box.profile("work"))
        assert live_login(box) == ada.document().data()
        deleted = f"{box.switchyard}/state/backups/deleted"
        (kept,) = os.listdir(deleted)
        assert contents(f"{deleted}/{kept}/auth.json") == bob.document().data()
        assert "deleted work" in stage.toasts
        assert "nothing was revoked" in stage.said
        await stage.until(lambda: stage.selected == "personal")


async def test_delete_by_choosing(box: Box) -> None:
    """The answer can be reached with the arrows too, and enter takes it."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press("G", "d", "right", "enter")
        assert not is_there(box.profile("work"))


async def test_the_active_profile_is_not_deleted(box: Box) -> None:
    """D on the active profile says why it cannot be, and asks nothing."""
    two_logins(box)
    async with open_stage() as stage:
        assert stage.selected == "personal"
        await stage.press("d")
        assert "personal is the active login: switch to another one" in stage.toasts
        assert len(stage.app.screen_stack) == 1


async def test_new(box: Box) -> None:
    """N makes an empty profile, too; switching to it offers to log in there, and changes nothing."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press("n")
        await stage.shows(
            "New profile", "device code", "browser", "API key", "access token", "empty"
        )
        await stage.press("=client", "up", "enter")
        row = stage.disk().row("client")
        assert row is not None
        assert row.state == "empty"
        assert "client is made, and empty" in stage.toasts
        await stage.until(lambda: stage.selected == "client")
        await stage.press("space")
        await stage.shows("client holds no login yet", "y log in")
        await stage.press("n")
        assert stage.active == "personal"


async def test_new_with_a_name_that_is_taken(box: Box) -> None:
    """A name that there is already is said in the dialog, whatever the case of the letters."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press("n", "=WORK", "enter")
        await stage.shows("work exists already", "l logs in to it again")
        await stage.press("escape")
        assert len(stage.app.screen_stack) == 1


async def test_keys_are_letters_while_a_line_is_typed(box: Box) -> None:
    """Single letters act only when no input has the focus: a name may hold q, d, u and ?."""
    ada, _ = two_logins(box)
    async with open_stage() as stage:
        await stage.press("n", "=squid", "up", "enter")
        assert stage.disk().row("squid") is not None
        assert live_login(box) == ada.document().data()


async def test_broken_profile_hides_no_other(box: Box) -> None:
    """A profile that cannot be read is a row with its reason; every other one is there and works."""
    _, bob = two_logins(box)
    put(f"{box.profile('aaa')}/auth.json", b"\0" * 100)
    async with open_stage() as stage:
        assert "✗ broken" in stage.text
        assert "personal" in stage.text
        assert "work" in stage.text
        await stage.press("g")
        await stage.shows("✗ broken", "not JSON")
        await stage.press("G", "space")
        assert live_login(box) == bob.document().data()
