"""The state of the screen knows no Textual: selection, filter, events, and who is told of what."""

from __future__ import annotations

import subprocess
import sys

from profiles.expiry import EMPTY
from profiles.listing import Snapshot
from tests.support.cli import ROOT
from tui.app import _unread
from tui.state import BUSY, EVENTS, KEPT, ROWS, SELECTION, State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.model import ProfileRow


def snapshot(*names: str | None, active: str | None = None) -> Snapshot:
    """Return a look at these profiles."""
    rows = [row(name, active=name == active and name is not None) for name in names]
    return Snapshot(0.0, "/home/.codex", None, active, rows, [], [], [])


def row(name: str | None, *, active: bool = False, who: str = "") -> ProfileRow:
    """Return the row of a profile."""
    found = _unread(name or "", f"/p/{name}")._replace(state=EMPTY, active=active, name=name)
    return found._replace(user_id=who, account_id=who) if who else found


def state(*names: str | None, active: str | None = None) -> State:
    """Return the state of a screen that has just looked."""
    return State(lambda: 0.0, snapshot(*names, active=active))


def selected(now: State) -> str | None:
    """Return the name that the cursor is on."""
    return now.selected.name if now.selected is not None else None


def test_it_needs_no_textual() -> None:
    """State and keys can be used, and tested, without a screen."""
    code = "import sys, tui.state, tui.keys; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_active_login_is_chosen_first() -> None:
    """At the start the cursor is on the active profile; without one, on the first."""
    assert selected(state("a", "b", "c", active="b")) == "b"
    assert selected(state("a", "b", "c")) == "a"
    assert selected(state()) is None


def test_the_cursor_stays_on_its_profile() -> None:
    """Profiles that come and go move lines, never the choice; a switch does not move it either."""
    now = state("a", "b", "c", active="a")
    now.select(2)
    now.take(snapshot("0", "a", "b", "bb", "c", active="b"))
    assert selected(now) == "c"
    now.take(snapshot("c"))
    assert selected(now) == "c"


def test_a_profile_that_went_leaves_the_cursor_near() -> None:
    """When the chosen profile is deleted, the cursor stays in its place or on the last line."""
    now = state("a", "b", "c", active="a")
    now.select(2)
    now.take(snapshot("a", "b"))
    assert selected(now) == "b"
    now.take(snapshot())
    assert selected(now) is None
    now.select(3)
    assert now.cursor == 0


def test_an_adopted_login_keeps_the_cursor() -> None:
    """A live login that gets its name by being saved is followed by its identity."""
    look = snapshot("a", "z")._replace(rows=[row(None, active=True, who="ada"), row("a"), row("z")])
    now = State(lambda: 0.0, look)
    assert now.cursor == 0
    now.take(look._replace(rows=[row("a"), row("b", active=True, who="ada"), row("z")]))
    assert selected(now) == "b"


def test_filter_and_back() -> None:
    """The first match is chosen while a filter counts; cleared, the choice from before is back."""
    now = state("alpha", "beta", "gamma", active="gamma")
    now.set_filter("ta")
    assert [each.name for each in now.rows] == ["beta"]
    assert selected(now) == "beta"
    now.set_filter("nothing")
    assert now.selected is None
    now.set_filter("")
    assert selected(now) == "gamma"
    now.set_filter("be")
    now.keep_selection()
    now.set_filter("")
    assert selected(now) == "beta"


def test_new_profiles_obey_the_filter() -> None:
    """A look at the disk while a filter counts brings only what matches."""
    now = state("alpha", "beta")
    now.set_filter("be")
    now.take(snapshot("alpha", "beta", "better"))
    assert [each.name for each in now.rows] == ["beta", "better"]


def test_a_profile_can_be_chosen_before_it_is_there() -> None:
    """What a rename or a new profile makes is chosen as soon as the next look has it."""
    now = state("a", "b")
    now.select_name("c")
    assert selected(now) == "a"
    now.take(snapshot("a", "b", "c"))
    assert selected(now) == "c"


def test_who_watches_is_told_what_changed() -> None:
    """Watchers get names of what changed, and nothing after they left."""
    now = state("a", "b")
    told: list[frozenset[str]] = []
    now.watch(told.append)
    now.select(1)
    now.select(1)
    now.note("x")
    now.set_busy("switching")
    now.take(snapshot("a"))
    assert told == [{SELECTION}, {EVENTS}, {BUSY}, {ROWS, SELECTION}]
    now.unwatch(told.append)
    now.note("y")
    assert len(told) == 4


def test_the_log_has_an_end() -> None:
    """Only so many events are kept, and what was just said is not said again."""
    now = state()
    for number in range(KEPT + 5):
        now.note(str(number))
    assert len(now.events) == KEPT
    assert now.events[0].text == "5"
    assert now.note_all([str(KEPT + 4), "new"]) == ["new"]
