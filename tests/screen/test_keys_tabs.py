"""The keys of the detail's tabs: they turn, they stay, they read no more than they show, and no key waits for that."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from profiles.context import make_context
from profiles.files import read_regular
from profiles.history import history_path
from tests.screen.stage import codexes, open_stage, put, two_logins
from tests.screen.tabs import happened, make, some_usage
from tests.support.documents import with_api_key
from tests.support.tokens import Login, Person
from tui.detail_state import HISTORY, HOLDERS, OVERVIEW, PROCESSES, RAW, TABS, TOKENS, USAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.model import Process
    from tests.conftest import Box
    from tests.screen.stage import Stage

NEXT, BEFORE = "right_square_bracket", "left_square_bracket"
#: What each tab says of a login at least.
SAYS = {
    OVERVIEW: "Held in",
    TOKENS: "nobody checked the signatures",
    USAGE: "cannot be reached",
    HOLDERS: "files hold it",
    PROCESSES: "Nobody runs codex",
    HISTORY: "newest first",
}


def detail(stage: Stage) -> str:
    """Return the page that is shown, as one line."""
    return " ".join(stage.main.detail.text.split())


def says(stage: Stage, words: str) -> bool:
    """Tell whether the page that is shown says something."""
    return words in detail(stage)


@pytest.mark.parametrize("opening", [(), ("enter",)], ids=["list", "detail"])
@pytest.mark.parametrize("columns", [80, 100])
async def test_the_brackets_turn_the_tabs(box: Box, opening: tuple[str, ...], columns: int) -> None:
    """From the list beside it as from within: each tab in its turn, round and round, and back."""
    two_logins(box)
    happened(make_context(), "login", "saved", 60, profile="personal")
    async with open_stage((columns, 30)) as stage:
        await stage.press(*opening)
        for tab in (*TABS, OVERVIEW):
            assert stage.main.reading.tab == tab
            await stage.until(partial(says, stage, SAYS[tab]))
            assert TABS[tab][0] in stage.main.detail.strip
            assert TABS[tab][0] in stage.text
            await stage.press(NEXT)
        await stage.press(BEFORE, BEFORE)
        assert stage.main.reading.tab == HISTORY
        assert stage.main.place() == ("detail" if opening else "list")


@pytest.mark.parametrize("columns", [40, 60])
async def test_where_the_detail_is_not_seen(box: Box, columns: int) -> None:
    """In one column the list says that enter opens the detail; there the brackets turn its tabs."""
    two_logins(box)
    async with open_stage((columns, 16)) as stage:
        for key in (NEXT, BEFORE, "J"):
            await stage.press(key)
            assert "enter opens the detail" in stage.toasts
            assert stage.main.reading.face == OVERVIEW
        await stage.press("enter", NEXT)
        await stage.until(lambda: SAYS[TOKENS] in detail(stage))
        assert "Tokens" in stage.text
        await stage.press("escape", "j", "enter")
        await stage.until(lambda: "bob@bletchley.example" in detail(stage))
        assert stage.main.reading.tab == TOKENS


async def test_the_tab_stays_with_another_profile(box: Box) -> None:
    """Moving the cursor shows the same tab of the next profile, from its top, and nothing of the one before."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press(NEXT, "enter", "G", "escape")
        assert stage.main.detail.scroll_offset.y > 0
        await stage.press("j")
        await stage.until(lambda: "bob@bletchley.example" in detail(stage))
        assert "ada@example.com" not in detail(stage)
        assert stage.main.reading.tab == TOKENS
        assert stage.main.detail.scroll_offset.y == 0


async def test_raw_and_back(box: Box) -> None:
    """J shows the claims as JSON from any tab, says so in the footer, and goes back to the rows."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press("enter", "J")
        await stage.until(lambda: '"id_token": {' in stage.main.detail.text)
        assert '"email": "ada@example.com"' in detail(stage)
        assert "no token and no signature" in detail(stage)
        assert "J rows" in stage.lines[-1]
        assert "Tokens" in stage.main.detail.strip
        await stage.press("G", "J")
        await stage.until(lambda: "iss who issued it" in detail(stage))
        assert stage.main.detail.scroll_offset.y == 0
        assert "J raw JSON" in stage.lines[-1]
        await stage.press("J", NEXT)
        assert stage.main.reading.face == USAGE


async def test_raw_of_what_has_no_claims(box: Box) -> None:
    """On a key J says that there is nothing to read, and the tab stays where it is."""
    two_logins(box)
    with_api_key().write(box.profile("key"))
    async with open_stage() as stage:
        await stage.press("g", "J")
        assert stage.selected == "key"
        assert "an API key has no claims" in stage.toasts
        assert stage.main.reading.face == OVERVIEW


async def test_the_tabs_belong_to_the_detail(box: Box) -> None:
    """In the event log the brackets say where they act; the help of the detail names them."""
    two_logins(box)
    async with open_stage((120, 60)) as stage:
        await stage.press("at", NEXT)
        assert "esc leaves the log" in stage.toasts
        await stage.press("escape", "enter", NEXT, "question_mark")
        await stage.shows("Here, among the claims", "Next tab of the detail")


async def test_a_click_on_a_tab(box: Box) -> None:
    """A click on the name of a tab shows it; neither the space beside the names nor the page below does."""
    two_logins(box)
    async with open_stage() as stage:
        at = stage.main.detail.strip.index("History") + 2
        await stage.pilot.click("#detail", offset=(at + 2, 1))
        await stage.settle()
        assert stage.main.reading.tab == HISTORY
        await stage.pilot.click("#detail", offset=(4, 2))
        await stage.settle()
        assert stage.main.reading.tab == HISTORY


async def test_what_a_tab_does_not_show_is_not_read(box: Box) -> None:
    """With Tokens, Holders or History shown, moving the cursor lists no processes: that is the dearest to read."""
    two_logins(box)
    Login(Person("carol")).fresh().write(box.profile("third"))
    looks: list[str] = []

    def processes() -> list[Process]:
        looks.append(threading.current_thread().name)
        return []

    async with open_stage(context=make_context()._replace(processes=processes)) as stage:
        for tab in (TOKENS, USAGE, HOLDERS, HISTORY):
            stage.main.reading.go(tab)
            await stage.settle()
            looks.clear()
            for key in ("G", "g", "j"):
                await stage.press(key)
                await stage.pilot.pause(0.12)
                await stage.settle()
            assert not looks, tab
        await stage.press(BEFORE)
        await stage.until(lambda: SAYS[PROCESSES] in detail(stage))
        assert looks
        assert "MainThread" not in looks


async def test_what_comes_too_late_is_dropped(box: Box) -> None:
    """A slow read of a profile that the cursor left changes nothing on the screen, nor holds up the next."""
    two_logins(box)
    gate, came = threading.Event(), threading.Event()
    slow = [False]

    def processes() -> list[Process]:
        if slow[0]:
            slow[0] = False
            came.set()
            gate.wait(20)
            return codexes(box.profile("personal"))
        return []

    async with open_stage(context=make_context()._replace(processes=processes)) as stage:
        await stage.press("G", *[NEXT] * 4)
        await stage.until(lambda: SAYS[PROCESSES] in detail(stage))
        slow[0] = True
        await stage.pilot.press("g")
        await stage.until(came.is_set)
        # It takes long, and says so, instead of showing somebody else's.
        await stage.until(lambda: "reading" in detail(stage))
        assert detail(stage).startswith("personal")
        await stage.pilot.press("G")
        await stage.until(lambda: detail(stage).startswith("work Nobody"))
        gate.set()
        await stage.settle()
        assert detail(stage).startswith("work Nobody")
        assert "4242" not in detail(stage)


async def test_history_is_read_beside_the_screen(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand lines are read in a thread, and only when History is shown; keys act meanwhile."""
    two_logins(box)
    path = history_path(make_context())
    line = '{"time": "2026-01-01T00:00:00Z", "verb": "run", "profile": "work", "result": "ended"}\n'
    put(path, (line * 10_000).encode())
    readers: list[str] = []
    gate = threading.Event()

    def spied(path: str, last: int | None = None) -> bytes:
        if stage.main.reading.tab == HISTORY:
            readers.append(threading.current_thread().name)
            gate.wait(20)
        return read_regular(path, last)

    async with open_stage() as stage:
        monkeypatch.setattr("profiles.history.read_regular", spied)
        await stage.pilot.press("G", *[NEXT] * 5)
        await stage.until(lambda: bool(readers))
        await stage.pilot.press("g")
        await stage.until(lambda: stage.selected == "personal")
        await stage.pilot.press("G")
        await stage.until(lambda: stage.selected == "work")
        gate.set()
        await stage.until(lambda: "ran a command as it" in detail(stage))
        assert "MainThread" not in readers
        assert stage.main.detail.count() < 500


async def test_only_what_ages_is_drawn_again(box: Box) -> None:
    """A minute later the lines that tell an age are drawn again, and no other; a second later none is."""
    make(box, "chatgpt")
    moved = [0.0]
    start = make_context().now()
    context = make_context()._replace(now=lambda: start + moved[0])
    async with open_stage(context=context) as stage:
        told = some_usage(context, age=30).snapshot
        assert told is not None
        stage.app.state.usage.remember({"it": told})
        stage.main.reading.go(USAGE)
        await stage.until(lambda: "told just now" in detail(stage))
        moved[0] += 1
        pane = stage.main.detail
        pane.tick()
        drawn: list[str] = []
        redraw = pane.redraw_line

        def spied(index: int) -> None:
            drawn.append("".join(text for text, _ in pane.line_at(index, pane.line_width)))
            redraw(index)

        pane.redraw_line = spied  # type: ignore[method-assign]
        pane.redraw_all = lambda: pytest.fail("all of it")  # type: ignore[method-assign]
        pane.redraw_fixed = lambda: pytest.fail("the tabs")  # type: ignore[method-assign]
        moved[0] += 1
        assert pane.tick() is not None
        assert drawn == []
        moved[0] += 65
        pane.tick()
        assert len(drawn) in (2, 3)
        assert all("ago" in line or "resets in" in line for line in drawn), drawn


async def test_a_tab_of_a_login_that_no_profile_has(box: Box) -> None:
    """What lies in the active home alone has no home of its own to look into: each tab says what to do."""
    two_logins(box)
    put(f"{box.codex}/auth.json", b'{"OPENAI_API_KEY": "sk-unsaved-0123456789abcdef"}')
    async with open_stage() as stage:
        rows = [row.name for row in stage.app.state.rows]
        stage.app.state.select(rows.index(None) if None in rows else 0)
        for _ in TABS:
            await stage.press(NEXT)
            assert detail(stage)
            assert "0123456789abcdef" not in stage.text
        await stage.press("J")
        assert "0123456789abcdef" not in stage.text


async def test_raw_is_remembered_as_a_face_of_tokens(box: Box) -> None:
    """The JSON stays when the cursor moves, as tabs do, and is that of the next profile."""
    two_logins(box)
    async with open_stage() as stage:
        await stage.press("J")
        await stage.until(lambda: "ada@example.com" in detail(stage))
        await stage.press("j")
        await stage.until(lambda: '"bob@bletchley.example"' in detail(stage))
        assert stage.main.reading.face == RAW
        assert "ada@" not in detail(stage)
