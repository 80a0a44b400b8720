"""The key table holds together: footer, help, README and remapping come from it."""

from __future__ import annotations

from typing import Any

import pytest

from profiles.model import API_KEY, EMPTY
from tests.support.cli import ROOT
from tui.key_names import UNBINDABLE, key_name, key_word
from tui.key_table import BEGIN, END, key_table_markdown
from tui.keymap import make_keymap
from tui.keys import ACTIONS, BY_ID, FOOTERS, PANE
from tui.situation import Situation


def test_no_key_means_two_things() -> None:
    """Catches a key that was given away twice: the second action would silently never run."""
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys))
    assert len(BY_ID) == len(ACTIONS)


def test_no_key_is_one_that_terminals_send_for_another() -> None:
    """Catches ctrl+i and its like, which are tab, enter, backspace and escape; and alt chords."""
    keys = {key for action in ACTIONS for key in action.keys}
    assert not keys & UNBINDABLE
    assert not [key for key in keys if "alt" in key or "meta" in key]


def test_every_word_can_be_written_as_it_is_shown() -> None:
    """What the help shows as a key is what config.toml takes: the two spellings are inverse."""
    for action in ACTIONS:
        for key in action.keys:
            assert key_name(key_word(key)) == key, key


def test_footers_name_only_actions_and_end_with_help() -> None:
    """Catches a footer word without an action; `? help` is last, so that it is dropped last."""
    for place, actions in FOOTERS.items():
        assert set(actions) <= set(BY_ID), place
        if actions:
            assert actions[-1] == "help", place
            assert 4 <= len(actions) <= 9, place


def test_readme_has_the_table() -> None:
    """The README lists exactly the keys that there are."""
    with open(f"{ROOT}/README.md", encoding="utf-8") as file:
        readme = file.read()
    assert readme.count(BEGIN) == readme.count(END) == 1
    between = readme.partition(BEGIN)[2].partition(END)[0]
    assert between.strip() == key_table_markdown()


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"switch": "w"}, {"switch": ("w",), "undo": ("u",)}),
        ({"switch": "space, ctrl+s , F5"}, {"switch": ("space", "ctrl+s", "f5")}),
        ({"undo": "d", "delete": "u"}, {"undo": ("d",), "delete": ("u",)}),
        ({"filter": "f", "help": "?,h"}, {"filter": ("f",), "help": ("question_mark", "h")}),
        ({"events": ","}, {"events": ("comma",)}),
        ({"undo": "s"}, {"undo": ("s",), "switch": ("space",)}),
        ({"undo": "space,s"}, {"undo": ("space", "s"), "switch": ()}),
    ],
    ids=["one", "several", "swapped", "signs", "comma", "taken", "all taken"],
)
def test_remapping(wanted: dict[str, str], expected: dict[str, tuple[str, ...]]) -> None:
    """`[keys]` gives an action its keys, and takes them from whoever had them."""
    keymap = make_keymap(wanted)
    assert not keymap.problems
    assert {action: keymap.of(action) for action in expected} == expected


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ({"swich": "w"}, "did you mean switch?"),
        ({"switch": "ctrl+i"}, "'ctrl+i'"),
        ({"switch": "alt+x"}, "'alt+x'"),
        ({"switch": "wombat"}, "'wombat'"),
        ({"undo": "ctrl+q"}, "'ctrl+q'"),
    ],
)
def test_what_cannot_be_a_key_is_named(wanted: dict[str, str], named: str) -> None:
    """A slip in config.toml is said, and the keys of the table stay; ctrl+q always leaves."""
    keymap = make_keymap(wanted)
    assert len(keymap.problems) == 1
    assert named in keymap.problems[0]
    assert keymap.of("switch") == ("space", "s")
    assert keymap.of("quit-now") == ("ctrl+q",)


def test_what_cannot_act_says_why() -> None:
    """With nothing selected, and while something is written, each action that cannot act has a reason."""
    nothing = Situation()
    busy = Situation(rows=1, shown=1, selected=True, name="work", busy="switching to work")
    free = busy._replace(busy=None)
    needs_row = [*("switch", "run", "login", "login-browser", "refresh", "refresh-all")]
    needs_row += ["rename", "note", "delete", "detail", "pane-2", "sort", "mark", "mark-all"]
    needs_row += ["tab-prev", "tab-next", "raw", "copy", "copy-more"]
    writes = ("switch", "run", "rename", "note", "delete", "undo", "new")
    for action in ACTIONS:
        if action.group == PANE:
            continue
        why = action.why_not or (lambda _now: None)
        if action.id in ("pane-3", "mend"):
            assert why(free), action.id  # nothing runs, and no finding is before us
            continue
        assert (why(nothing) is not None) == (action.id in (*needs_row, "filter")), action.id
        assert ("switching to work" in (why(busy) or "")) == (action.id in writes), action.id
        assert why(free) is None, action.id


@pytest.mark.parametrize(
    ("place", "acts"),
    [
        ("login-device", {"open", "plain", "qr", "browser-instead"}),
        ("login-browser", {"open", "plain", "tunnel", "browser-instead"}),
        ("login-failed", {"code-new", "browser-instead"}),
        ("login-saved", set()),
        ("login-busy", set()),
        ("list", set()),
    ],
)
def test_keys_of_a_login_act_in_its_pane(place: str, acts: set[str]) -> None:
    """Each key of a login's pane acts where it means something, and says elsewhere why it does not."""
    now = Situation(rows=1, shown=1, selected=True, name="work", place=place, logins=1)
    pane = [action for action in ACTIONS if action.group == PANE]
    reasons = {action.id: action.why_not(now) for action in pane if action.why_not is not None}
    assert reasons.keys() == {action.id for action in pane}
    assert {action for action, why in reasons.items() if why is None} == acts
    several = now._replace(logins=2)
    assert BY_ID["tab-next"].why_not is not None
    assert BY_ID["tab-next"].why_not(several) is None


@pytest.mark.parametrize(
    ("now", "action", "said"),
    [
        ({"place": "list", "detail_seen": False}, "tab-next", "enter opens the detail"),
        ({"place": "list", "detail_seen": False}, "raw", "enter opens the detail"),
        ({"place": "events"}, "tab-next", "esc leaves the log"),
        ({"place": "events"}, "copy", None),
        ({"place": "detail"}, "tab-prev", None),
        ({"place": "detail", "kind": API_KEY}, "raw", "an API key has no claims"),
        ({"place": "detail", "kind": EMPTY}, "raw", "no login here yet"),
        ({"place": "detail", "kind": API_KEY}, "copy", None),
        ({"place": "login-device", "logins": 1}, "tab-next", "there are no other logins"),
        ({"place": "login-device", "logins": 1}, "raw", "esc goes back to the list"),
        ({"place": "login-device", "logins": 1}, "copy", None),
        ({"place": "login-saved", "logins": 1}, "copy", "there is no code and no URL"),
        ({"place": "list", "rows": 3, "shown": 0, "selected": False}, "copy", "esc clears it"),
        ({"place": "empty", "rows": 0, "selected": False}, "tab-next", "n makes one"),
    ],
)
def test_keys_of_the_detail_say_why_they_do_not_act(
    now: dict[str, Any], action: str, said: str | None
) -> None:
    """Tabs, JSON and copying act wherever they mean something; elsewhere they say what to press instead."""
    whole = {"rows": 1, "shown": 1, "selected": True, "name": "work", **now}
    why_not = BY_ID[action].why_not
    assert why_not is not None
    why = why_not(Situation(**whole))
    assert why is None if said is None else said in (why or "")


def test_a_profile_stays_while_a_login_for_it_runs() -> None:
    """Catches a rename or delete from under a login: it would be saved under the old name."""
    now = Situation(rows=1, shown=1, selected=True, name="work", logins=1, logging_in=True)
    for action in ("rename", "delete"):
        why_not = BY_ID[action].why_not
        assert why_not is not None
        assert "a login for work is running" in (why_not(now) or "")


def test_a_login_is_refreshed_once_at_a_time() -> None:
    """Catches a second refresh of the same login, and a rename from under one; other profiles are free."""
    now = Situation(rows=2, shown=2, selected=True, name="work", refreshing=True)
    for action in ("refresh", "rename", "delete"):
        why_not = BY_ID[action].why_not
        assert why_not is not None
        assert "work is being refreshed" in (why_not(now) or "")
    for action in ("switch", "login", "refresh-all", "new"):
        why_not = BY_ID[action].why_not
        assert why_not is not None
        assert why_not(now) is None
    every = BY_ID["refresh-all"].why_not
    assert every is not None
    assert "already" in (every(now._replace(refreshing_all=True)) or "")
