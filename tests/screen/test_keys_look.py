"""Keys that look: filter, detail, back, events, rescan, help, redraw, and the ways out."""

from __future__ import annotations

import pytest

from profiles import store
from profiles.context import make_context
from tests.screen.stage import BOB, configure, live_login, open_stage, put, two_logins
from tests.support.tokens import Login
from tui.keys import ACTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


async def test_filter(box: Box) -> None:
    """/ filters as it is typed, counts in the border, and enter keeps it for the keys of the list."""
    _, bob = two_logins(box)
    async with open_stage() as stage:
        await stage.press("slash", "=bletch")
        assert "/bletch  1/2" in stage.text
        assert stage.selected == "work"
        assert stage.main.place() == "filter"
        await stage.press("enter")
        assert stage.main.place() == "filtered"
        await stage.press("space")
        assert live_login(box) == bob.document().data()
        assert "/bletch  1/2" in stage.text
        await stage.press("escape")
        assert "Profiles  2" in stage.text
        assert stage.selected == "work"


async def test_filter_without_a_match(box: Box) -> None:
    """An empty result says how to clear the filter, and esc does."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press("slash", "=nobody")
        await stage.shows("Nothing matches nobody", "esc clears the filter", "0/2")
        await stage.press("enter", "d")
        assert "no profile matches the filter: esc clears it" in stage.toasts
        await stage.press("escape")
        await stage.shows("personal", "Profiles  2")


async def test_filter_finds_by_everything_that_a_row_says(box: Box) -> None:
    """Words match name, e-mail, plan, note and state, all of them and in any order."""
    two_logins(box)
    async with open_stage() as stage:
        for words, found in (("pro", 1), ("bob pro", 1), ("ok example", 2), ("PLUS ada", 1)):
            stage.app.state.set_filter(words)
            assert len(stage.app.state.rows) == found, words


@pytest.mark.parametrize("size", [(40, 12), (80, 24)], ids=str)
async def test_filter_says_what_only_a_note_matches(box: Box, size: tuple[int, int]) -> None:
    """Catches a row that a filter lets through for no reason that can be seen: the title counts those by note."""
    two_logins(box)
    store.set_note(make_context(), "work", "for the Zürich client")
    async with open_stage(size) as stage:
        await stage.press("slash")
        stage.app.state.set_filter("zürich")
        await stage.shows("/zürich  1/2 · 1 by note")
        stage.app.state.set_filter("work")
        await stage.settle()
        assert "by note" not in stage.text


async def test_detail(box: Box) -> None:
    """Enter focuses the detail of the selected profile, esc goes back; it says all that is asked for."""
    ada, _ = two_logins(box)
    async with open_stage(size=(120, 40)) as stage:
        await stage.press("enter")
        assert stage.main.place() == "detail"
        await stage.shows(
            *("Identity  decoded, not verified", "ada@example.com", ada.user_id, ada.account_id),
            *("Plus", "workspace", "access", "left", "id token", "ended", "refreshed", "3h ago"),
            *("Held in", "~/.codex/auth.json  newest", "Running with it", "nobody", "Home"),
        )
        await stage.press("escape")
        assert stage.main.place() == "list"


async def test_detail_marks_the_newest_holder(box: Box) -> None:
    """Of several files with one login the newest is marked in words, and the older says its age."""
    ada, _ = two_logins(box)
    async with open_stage(size=(120, 40)) as stage:
        stage.main.watching.stop()  # it would make both the newest
        ada.rotate(after=7200).write(box.codex)
        await stage.press("R", "enter")
        await stage.shows("~/.codex/auth.json  newest", "older: issued 3h ago")


async def test_detail_follows_the_cursor(box: Box) -> None:
    """The detail is about the line that the cursor is on, soon after it rests there."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.until(lambda: "ada@example.com" in stage.main.detail.text)
        await stage.press("j")
        await stage.until(lambda: "bob@bletchley.example" in stage.main.detail.text)
        assert "ada@example.com" not in stage.main.detail.text


async def test_events(box: Box) -> None:
    """@ opens the log of what happened with its times, and closes it; esc closes it too."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press("G", "space", "at")
        assert stage.main.place() == "events"
        await stage.shows("Events", "switched to work")
        await stage.press("at")
        assert "Events" not in stage.text
        await stage.press("at", "escape")
        assert stage.main.place() == "list"
        assert "Events" not in stage.text


async def test_errors_stay_in_the_log_with_their_hint(box: Box) -> None:
    """What a toast said for a few seconds can be read later, with the next step."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press("u", "at")
        await stage.shows("error: no switch of", "next: space")


async def test_rescan(box: Box) -> None:
    """R reads the disk again: what somebody else made there is shown, and that is said."""
    two_logins(box)
    async with open_stage() as stage:
        Login(BOB, "acme", "team").fresh().write(box.profile("acme"))
        assert "acme" not in stage.text
        await stage.press("R")
        await stage.shows("acme", "read again: 3 profiles")
        assert stage.selected == "personal"


@pytest.mark.parametrize("key", ["question_mark", "f1"])
async def test_help(box: Box, key: str) -> None:
    """The help has every action with its keys, its sentence and its id; esc closes it."""
    two_logins(box)
    async with open_stage(size=(120, 130)) as stage:
        await stage.press(key)
        await stage.shows("Here, in the list", "Other keys for an action: config.toml")
        for action in ACTIONS:
            assert f"{action.id} " in stage.words, action.id
            assert action.help[:24] in stage.words, action.id
        await stage.press("escape")
        assert len(stage.app.screen_stack) == 1


async def test_help_is_about_where_one_is(box: Box) -> None:
    """What counts here comes first, and what cannot act says why not."""
    two_logins(box)
    async with open_stage(size=(120, 80)) as stage:
        await stage.press("enter", "question_mark")
        await stage.shows("Here, in the detail", "not now: personal is the active login")
        await stage.press("j", "q")
        assert len(stage.app.screen_stack) == 1


async def test_redraw(box: Box) -> None:
    """Ctrl+l draws every cell again, as after garbage on the terminal."""
    two_logins(box)
    async with open_stage() as stage:
        screen = stage.main
        await stage.until(lambda: "Held in" in screen.detail.text)
        drawn: list[int] = []
        before = screen._compositor.render_update

        def count(*args: object, **options: object) -> object:
            update = before(*args, **options)  # type: ignore[arg-type]
            drawn.append(len(screen._compositor._dirty_regions) or screen.size.area)
            return update

        screen._compositor.render_update = count  # type: ignore[method-assign, assignment]
        await stage.press("ctrl+l")
        assert drawn


@pytest.mark.parametrize("keys", [("q",), ("ctrl+c",), ("ctrl+q",), ("slash", "a", "ctrl+q")])
async def test_leaving(box: Box, keys: tuple[str, ...]) -> None:
    """Q and ctrl+c leave from the list, ctrl+q from anywhere."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press(*keys)
        assert stage.app._exit


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_one_step_back_before_leaving(box: Box, key: str) -> None:
    """Where something is open, q and ctrl+c close that first."""
    two_logins(box)
    async with open_stage() as stage:
        for opening in (
            ("enter",),
            ("at",),
            ("slash", "a", "enter"),
            ("question_mark",),
            ("G", "d"),
        ):
            await stage.press(*opening)
            await stage.press(key)
            assert not stage.app._exit, opening
            assert stage.main.place() == "list", opening
            assert len(stage.app.screen_stack) == 1, opening
        await stage.press("slash", "a", "ctrl+c")
        assert stage.main.place() == "list"
        assert stage.app.state.filter == ""


async def test_keys_of_ones_own(box: Box) -> None:
    """`[keys]` of config.toml counts in what the keys do, in the footer, in the help and in the toasts."""
    _, bob = two_logins(box)
    configure(box, '[keys]\nswitch = "w"\nundo = "d"\ndelete = "u"\nfilter = "ctrl+f"\n')
    async with open_stage(size=(120, 80)) as stage:
        assert "w switch  d undo" in stage.lines[-1]
        await stage.press("G", "space", "s")
        assert stage.active == "personal"
        await stage.press("w")
        assert live_login(box) == bob.document().data()
        assert "d undoes to personal" in stage.toasts
        await stage.press("d")
        assert stage.active == "personal"
        await stage.press("u")
        await stage.shows("Delete work?")
        await stage.press("n", "ctrl+f")
        assert stage.main.place() == "filter"
        await stage.press("escape", "question_mark")
        await stage.shows("w Make the selected profile")


async def test_keys_that_cannot_be_are_said(box: Box) -> None:
    """A slip in `[keys]` is in the log at the start, and the screen works."""
    two_logins(box)
    configure(box, '[keys]\nswich = "w"\n')
    async with open_stage() as stage:
        assert "did you mean switch?" in stage.said
        await stage.press("G", "space")
        assert stage.active == "work"


async def test_keys_typed_at_once_go_where_they_were_meant(box: Box) -> None:
    """What a key opens has the focus before the next key counts: /sd filters and never switches."""
    ada, _ = two_logins(box)
    async with open_stage() as stage:
        await stage.pilot.press("G", "slash", "s", "d", "u")
        await stage.settle()
        assert stage.app.state.filter == "sdu"
        assert live_login(box) == ada.document().data()
        await stage.pilot.press("escape", "n", *"squid", "up", "enter")
        await stage.settle()
        assert stage.disk().row("squid") is not None
        await stage.pilot.press("enter", "j")
        await stage.settle()
        assert stage.main.place() == "detail"
        assert stage.selected == "squid"


async def test_editing_keys_count_in_their_turn(box: Box) -> None:
    """Typed at once, letters and the keys that edit them act in the order in which they were typed."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.pilot.press("G", "e", "ctrl+u", *"wx", "backspace", *"ark", "left", "left")
        await stage.pilot.press("delete", "o", "home", "n", "end", "z", "enter", "slash", "k")
        await stage.settle()
        assert stage.disk().row("nwaokz") is not None
        assert stage.app.state.filter == "k"


async def test_no_key_is_without_an_action(box: Box) -> None:
    """Each action of the table does something or says why not; none of them ends in an error."""
    put(f"{box.profile('only')}/auth.json", b"{}")
    async with open_stage() as stage:
        for action in ACTIONS:
            if action.id in ("quit", "cancel", "quit-now", "suspend", "run"):
                continue  # these leave; they have tests of their own
            await stage.press(action.keys[0])
            while len(stage.app.screen_stack) > 1:
                await stage.press("escape")
            assert "unexpected" not in stage.said, action.id
            await stage.press("escape")
