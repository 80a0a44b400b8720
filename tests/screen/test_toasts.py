"""What is said for a few seconds: the newest about a subject alone, over no dialog, and in few lines."""

from __future__ import annotations

import os

from profiles import store
from profiles.context import make_context
from tests.screen.refresh_stage import open_refreshes
from tests.screen.stage import ADA, Stage, live_login, open_stage, put, two_logins
from tests.support.tokens import Login

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def drawn(stage: Stage) -> list[str]:
    """Return the toasts that are drawn, each as its lines."""
    from textual.widgets._toast import Toast

    toasts = stage.app.screen.query(Toast)
    return [str(toast.render()) for toast in toasts if toast.display and toast.region.area]


async def test_an_undo_takes_the_switch_off(box: Box) -> None:
    """Catches `switched to work` that stands beside `undone`: of one subject the newest alone is shown."""
    ada, _ = two_logins(box)
    async with open_stage((80, 24)) as stage:
        await stage.press("G", "space")
        assert "switched to work" in stage.toasts
        await stage.press("u")
        assert "undone: personal is the active login again" in stage.toasts
        assert "switched to work" not in stage.toasts
        assert len(drawn(stage)) == 1
        assert live_login(box) == ada.document().data()


async def test_why_not_is_said_of_the_last_key(box: Box) -> None:
    """Two keys that cannot act now leave one reason, that of the last."""
    two_logins(box)
    async with open_stage((100, 30)) as stage:
        await stage.press("o", "3")
        assert "nothing runs" in stage.toasts
        assert len(drawn(stage)) == 1


async def test_none_over_a_dialog(box: Box) -> None:
    """Catches a toast that covers a question: what is there goes, what comes waits, and is said after it."""
    two_logins(box)
    async with open_stage((40, 12)) as stage:
        await stage.press("G", "space")
        assert drawn(stage)
        await stage.press("g", "d")
        await stage.shows("Delete personal?")
        assert not drawn(stage)
        stage.app.tell("something came of it")
        await stage.settle()
        assert not drawn(stage)
        await stage.press("escape")
        await stage.until(lambda: any("something came of it" in text for text in drawn(stage)))
        assert len(drawn(stage)) == 1


async def test_two_lines_in_a_small_terminal(box: Box) -> None:
    """At 40x12 one toast of two lines stands at a time; it says where the rest is, and there it is."""
    two_logins(box)
    async with open_stage((40, 12)) as stage:
        stage.app.tell("one " * 30, "warning", "the next step")
        await stage.settle()
        (text,) = drawn(stage)
        assert len(text.split("\n")) == 2
        assert text.endswith("… @ tells all")
        stage.app.tell("another one")
        await stage.settle()
        assert drawn(stage) == ["another one"]
        await stage.press("at")
        await stage.shows("one one one", "next: the next step")


async def test_esc_takes_a_toast_away_first(box: Box) -> None:
    """At 40x12, where a toast covers rows, esc is for it; the filter stays until the next esc."""
    two_logins(box)
    async with open_stage((40, 12)) as stage:
        await stage.press("slash", "=work", "enter", "space")
        assert "switched to work" in stage.toasts
        await stage.press("escape")
        assert not stage.toasts
        assert not drawn(stage)
        assert stage.app.state.filter == "work"
        await stage.press("escape")
        assert not stage.app.state.filter


async def test_esc_is_for_what_was_done_since(box: Box) -> None:
    """At 40x12, who opened the detail after a toast came means to leave it: one esc does, and takes the toast along."""
    two_logins(box)
    async with open_stage((40, 12)) as stage:
        await stage.press("G", "space", "enter")
        assert "switched to work" in stage.toasts
        assert stage.main.place() == "detail"
        await stage.press("escape")
        assert stage.main.place() == "list"
        assert not stage.toasts


async def test_esc_does_what_a_toast_says(box: Box) -> None:
    """A toast that names esc is not in its way; with room for both, esc takes toasts away and goes back at once."""
    two_logins(box)
    for size in ((40, 12), (100, 30)):
        async with open_stage(size) as stage:
            await stage.press("slash", "=nobody", "enter", "d")
            assert "esc clears it" in stage.toasts
            await stage.press("escape")
            assert not stage.app.state.filter
            assert not stage.toasts
    async with open_stage((100, 30)) as stage:
        await stage.press("slash", "=work", "enter", "space", "escape")
        assert not stage.app.state.filter
        assert not stage.toasts


async def test_keys_are_named_and_no_commands(box: Box) -> None:
    """A profile that cannot be read leads to the key that logs in, in the toast and in the log."""
    two_logins(box)
    put(f"{box.profile('torn')}/auth.json", b'{"tokens":')
    async with open_stage((80, 24)) as stage:
        stage.app.state.select_name("torn")
        await stage.press("space")
        assert "l on torn" in stage.toasts
        assert "tui login" not in stage.toasts
        await stage.press("at")
        await stage.shows("next: ", "l on torn")
        assert "tui login" not in stage.main.events.text


async def test_nothing_to_undo_yet(box: Box) -> None:
    """An undo before any switch leads to the key that switches."""
    Login(ADA).fresh().write(box.codex)
    async with open_stage((80, 24)) as stage:
        await stage.press("u")
        assert "tui" not in stage.toasts
        assert "space" in stage.toasts


async def test_a_dialog_breaks_a_path_at_its_joints(box: Box) -> None:
    """The home of a registered profile is told from ~ on, and each line of it ends before a slash."""
    two_logins(box)
    folder = (
        f"{box.home}/projects/of-many-kinds/with-long-names/for-the-client-in-question/codex-home"
    )
    os.makedirs(folder)
    store.register(make_context(), "far", folder)
    for size in ((40, 16), (80, 24)):
        async with open_stage(size) as stage:
            stage.app.state.select_name("far")
            await stage.press("d")
            await stage.shows("Delete far?", "n cancel", "itself is not touched")
            assert box.home not in stage.text
            inner = [line.strip(" │┃").strip() for line in stage.lines]
            start = next(i for i, line in enumerate(inner) if line.startswith("~/projects"))
            assert inner[start + 1].startswith("/"), inner


async def test_a_path_is_short_and_breaks_at_its_joints(box: Box) -> None:
    """Catches a path of the home in full, broken in the middle of a folder's name."""
    two_logins(box)
    path = f"{box.home}/clients/of-many-kinds/with-long-names/in-question/codex-home/auth.json"
    for size in ((40, 12), (80, 24)):
        async with open_stage(size) as stage:
            stage.app.tell(f"{path}: torn", "warning")
            await stage.settle()
            (text,) = drawn(stage)
            assert text.startswith("~/clients")
            first, second, *_ = text.split("\n")
            assert first.rpartition("/")[2] in path.split("/")
            assert second.startswith("/")


async def test_of_two_refreshes_the_last_is_said(box: Box) -> None:
    """A second refresh of the same login takes the first one's result away; that of another login stays beside it."""
    async with open_refreshes(box, (100, 30)) as yard:
        yard.app.toasts.seconds = dict.fromkeys(yard.app.toasts.seconds, 60.0)  # on any machine
        await yard.press("j", "r", "k", "r")
        assert yard.toasts.count("refreshed") == 2
        yard.spend("personal")
        yard.reuse_is_forced = 1
        await yard.press("r")
        await yard.says("personal: login needed")
        assert "personal: refreshed" not in yard.toasts
        assert "work: refreshed" in yard.toasts
        assert len(drawn(yard)) == 2
