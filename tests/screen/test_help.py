"""The help: each key once, those of dialogs too, and a search in it that esc clears before it closes."""

from __future__ import annotations

import pytest

from tests.screen.stage import configure, open_stage, two_logins
from tui.key_dialogs import DIALOG_KEYS, HEADING
from tui.key_names import key_name
from tui.keymap import make_keymap
from tui.keys import ACTIONS, FOOTERS
from tui.screens.copy_menu import CopyMenu
from tui.screens.dialogs import Confirm
from tui.screens.help import Row, help_sections
from tui.screens.login_dialogs import Choose
from tui.screens.sorting import SortMenu
from tui.situation import Situation
from tui.widgets.line_input import LineInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from textual.screen import ModalScreen

    from tests.conftest import Box

FREE = Situation(rows=3, shown=3, selected=True, name="work")


@pytest.mark.parametrize("place", FOOTERS)
def test_each_key_is_there_once(place: str) -> None:
    """Catches a first screen that says everything twice, and an action that is left out: in any place."""
    rows = [row for _, rows in help_sections(make_keymap({}), place, FREE) for row in rows]
    ids = [row.id for row in rows if row.id]
    assert sorted(ids) == sorted(action.id for action in ACTIONS)
    assert [Row(each.keys, each.help) for each in DIALOG_KEYS] == [
        row for row in rows if not row.id
    ]


@pytest.mark.parametrize(
    "dialog", [Confirm, Choose, SortMenu, CopyMenu], ids=lambda each: each.__name__
)
def test_what_it_says_of_dialogs(dialog: type[ModalScreen[Any]]) -> None:
    """Catches a dialog that does not take the keys which the help promises in all of them."""
    taken = {key for each in dialog.BINDINGS for key in each.key.split(",")}  # type: ignore[union-attr]
    promised = dict(DIALOG_KEYS)
    keys = ["enter", "esc", "tab", "y n" if dialog is Confirm else "up down"]
    for words in keys:
        assert words in promised
        assert {key_name(word) for word in words.split()} <= taken, words
    assert "shift+tab" in taken
    assert "ctrl+w" in promised["ctrl+u"]
    assert {"ctrl+u", "ctrl+w"} <= LineInput.EDITING.keys()


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("tunnel", {"login-browser", "tunnel"}),
        ("J", {"raw"}),
        ("j", {"move-down"}),
        ("ctrl+p", {"palette"}),
        ("switch-", set()),
        ("undo last", {"undo"}),
        ("LAST", set()),
        ("refresh-all", {"refresh-all"}),
    ],
)
def test_what_a_search_finds(query: str, ids: set[str]) -> None:
    """Words of sentence, word or id, all of them; a sign alone is a key; capitals count where they are typed."""
    rows = [row for _, rows in help_sections(make_keymap({}), "list", FREE) for row in rows]
    assert {row.id for row in rows if row.matches(query.split())} == ids


@pytest.mark.parametrize("size", [(100, 30), (40, 12)], ids=str)
async def test_search(box: Box, size: tuple[int, int]) -> None:
    """/ searches as it is typed and counts; enter keeps it, esc clears it, and only the next esc closes the help."""
    two_logins(box)
    async with open_stage(size) as stage:
        await stage.press("question_mark", "slash", "=rename")
        await stage.shows("Keys /rename 1", "Give the selected profile another", "esc clears")
        assert "Make the selected" not in stage.text
        await stage.press("enter", "j", "k")
        await stage.shows("Keys /rename 1")
        await stage.press("escape")
        await stage.shows("Here, in the list", "/ searches esc closes")
        assert len(stage.app.screen_stack) == 2
        await stage.press("slash", "=zzzz")
        await stage.shows("Nothing here is about zzzz")
        await stage.press("escape")
        assert "zzzz" not in stage.text
        assert len(stage.app.screen_stack) == 2
        await stage.press("slash", "=q", "enter", "q")
        assert len(stage.app.screen_stack) == 2
        await stage.press("q")
        assert len(stage.app.screen_stack) == 1
        assert stage.active == "personal"


async def test_the_last_line_is_seen(box: Box) -> None:
    """On the smallest screen the end of the help can be scrolled to, with the line of the search open, too."""
    two_logins(box)
    async with open_stage((40, 10)) as stage:
        await stage.press("question_mark", "G")
        await stage.shows("the id at the right.")
        await stage.press("slash")
        for _ in range(30):
            await stage.press("pagedown")
        await stage.shows("a word, or a key", "the id at the right.")
        await stage.press("=ctrl+w")
        await stage.shows(HEADING[:20], "its last word")


async def test_keys_typed_at_once(box: Box) -> None:
    """What follows / is the search, however quickly it is typed; a key of one's own opens it as well."""
    two_logins(box)
    configure(box, '[keys]\nfilter = "ctrl+f"\n')
    async with open_stage() as stage:
        await stage.pilot.press("question_mark", "ctrl+f", *"quit", "enter", "escape", "escape")
        await stage.settle()
        assert len(stage.app.screen_stack) == 1
        assert stage.app.return_code is None
        await stage.press("question_mark")
        await stage.shows("ctrl+f searches")
