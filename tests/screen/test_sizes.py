"""Every size has its picture: columns drop from the right, panes give way, and nothing is cut."""

from __future__ import annotations

import pytest
from textual.events import Resize
from textual.geometry import Size

from tests.screen.stage import configure, open_stage, put, two_logins
from tests.support.tokens import Login, Person
from tui.widgets.columns import Longest, columns_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


@pytest.mark.parametrize(
    ("size", "title", "head", "detail"),
    [
        ((120, 36), True, True, True),
        ((100, 30), True, True, True),
        ((80, 24), True, True, True),
        ((79, 24), True, True, False),
        ((40, 16), True, True, False),
        ((40, 12), False, False, False),
        ((120, 15), False, False, True),
    ],
    ids=str,
)
async def test_shapes(
    box: Box, size: tuple[int, int], *, title: bool, head: bool, detail: bool
) -> None:
    """List and detail side by side from 80 columns on; title and headings from 16 lines on."""
    two_logins(box)
    async with open_stage(size=size) as stage:
        await stage.settle()
        assert len(stage.lines) == size[1]
        assert all(len(line) == size[0] for line in stage.lines)
        assert (
            "● personal  ada@example.com" in stage.lines[0] or "9d 2" in stage.lines[0]
        ) == title
        assert ("name" in stage.text and "state" in stage.text) == head
        assert ("Profile ─" in stage.text) == detail
        assert "? help" in stage.lines[-1]
        assert "personal" in stage.text
        assert "✓ ok" in stage.text
        assert "●" in stage.text


@pytest.mark.parametrize("size", [(39, 24), (80, 9), (20, 5)], ids=str)
async def test_too_small(box: Box, size: tuple[int, int]) -> None:
    """Below 40x10 there is one plain sentence that says what is needed and what is there."""
    two_logins(box)
    async with open_stage(size=size) as stage:
        sentence = f"terminal too small, 40x10 needed, is {size[0]}x{size[1]}"
        assert sentence in stage.words
        assert "personal" not in stage.text


async def test_narrow_drills_in(box: Box) -> None:
    """With one pane, enter opens the detail in the list's place and esc goes back."""
    two_logins(box)
    async with open_stage(size=(40, 24)) as stage:
        assert "Profiles" in stage.text
        await stage.press("enter")
        await stage.shows("Identity", "ada@example.com")
        assert "Profiles" not in stage.text
        await stage.press("escape")
        assert "Profiles" in stage.text
        assert "Identity" not in stage.text


async def test_low_gives_the_log_the_room(box: Box) -> None:
    """In few lines the log takes the place of list and detail, and gives it back."""
    two_logins(box)
    async with open_stage(size=(40, 12)) as stage:
        await stage.press("at")
        await stage.shows("Events", "nothing happened yet")
        assert "Profiles" not in stage.text
        await stage.press("escape")
        assert "Profiles" in stage.text


async def test_resizing(box: Box) -> None:
    """A storm of sizes ends in the right picture, also when a dialog was open meanwhile."""
    two_logins(box)
    async with open_stage(size=(120, 36)) as stage:
        for size in ((40, 12), (200, 60), (39, 9), (80, 24), (79, 15), (41, 11), (100, 30)):
            await stage.pilot.resize_terminal(*size)
            await stage.settle()
            assert len(stage.lines) == size[1]
        assert "Profile ─" in stage.text
        await stage.press("G", "d")
        await stage.pilot.resize_terminal(40, 12)
        await stage.settle()
        await stage.shows("Delete work?", "n cancel", "y delete")
        await stage.press("escape")
        await stage.until(lambda: "Profile ─" not in stage.text)
        assert "? help" in stage.lines[-1]
        assert "name" not in stage.text


@pytest.mark.parametrize("size", [(40, 10), (40, 12), (80, 24)], ids=str)
async def test_dialogs_fit(box: Box, size: tuple[int, int]) -> None:
    """In the smallest terminal a question can be read to its end and both answers are seen."""
    two_logins(box)
    async with open_stage(size=size) as stage:
        await stage.press("G", "d")
        await stage.shows("Delete work?", "n cancel", "y delete", "No token")
        await stage.press("escape", "e")
        await stage.shows("Rename work", "enter saves", "esc cancels")


async def test_nothing_is_cut_in_the_detail(box: Box) -> None:
    """Ids, e-mail, paths, reason and note are whole in the narrowest detail, wrapped if need be."""
    long = Person("a.very.long.name.that.goes.on.and.on", "department.university.example")
    login = Login(long, "acme", "self_serve_business_usage_based").fresh()
    login.write(box.profile("long"))
    async with open_stage(size=(40, 40)) as stage:
        await stage.press("enter")
        await stage.until(lambda: "Held in" in stage.main.detail.text)
        together = stage.main.detail.text.replace("\n", "").replace(" ", "")
        for word in (login.email, login.user_id, login.account_id, box.profile("long")):
            assert word in together, word
        assert "Business(usagebased)" in together


async def test_what_steers_a_terminal_is_written_out(box: Box) -> None:
    """Escape sequences in a note or an e-mail are shown as text, never sent."""
    evil = Person("x\x1b]0;owned\x07y")
    Login(evil).fresh().write(box.profile("evil"))
    put(f"{box.profile('evil')}/profile.toml", b'note = "a\\u001b[31mred\\u009bX[/b]"\n')
    async with open_stage() as stage:
        await stage.shows("Note")
        for strip in stage.main._compositor.render_strips():
            for segment in strip:
                assert segment.text.isprintable() or not segment.text
        assert "\\x1b[31mred" in stage.text


@pytest.mark.parametrize("width", range(1, 140))
def test_columns_fit(width: int) -> None:
    """Columns and gaps never take more than the width; name and state are always among them."""
    for longest in (Longest(8, 4, 20, 4), Longest(64, 14, 60, 22), Longest(3, 4)):
        columns = columns_for(width, longest)
        ids = [column.id for column in columns]
        assert ids == ["name", "state", "expires", "account", "plan"][: len(ids)]
        assert ids[:2] == ["name", "state"]
        if width >= 14 + 5:
            assert 2 + sum(column.width for column in columns) + 2 * (len(ids) - 1) <= width


def test_columns_drop_from_the_right() -> None:
    """As the width shrinks plan goes first, then account, then expiry."""
    longest = Longest(name=12, state=10, account=24, plan=8)
    counts = [len(columns_for(width, longest)) for width in range(20, 120)]
    assert counts == sorted(counts)
    assert set(counts) == {2, 3, 4, 5}


async def test_mouse_off(box: Box) -> None:
    """`mouse = false` is read, so that the terminal's own selection works."""
    two_logins(box)
    configure(box, "mouse = false\n")
    async with open_stage() as stage:
        assert stage.app.config.mouse is False


async def test_two_sizes_at_once(box: Box) -> None:
    """Catches two sizes that call each other back for ever, on a machine too slow for both: the last one stands."""
    two_logins(box)
    async with open_stage((100, 30)) as stage:
        await stage.until(lambda: "Held in" in stage.main.detail.text)
        seen: list[Size] = []
        before = stage.main._screen_resized
        stage.main._screen_resized = lambda size: (seen.append(size), before(size))[1]  # type: ignore[method-assign,func-returns-value]
        for size in (Size(90, 25), Size(100, 30)):
            stage.main.post_message(Resize(size, size))
            # Of two that stand beside each other Textual forgets the first.
            stage.main.call_later(lambda: None)
        await stage.until(lambda: len(seen) > 0)
        await stage.pilot.pause(0.3)
        assert set(seen) == {Size(100, 30)}
        assert stage.main.size == Size(100, 30)
