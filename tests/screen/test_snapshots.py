"""What each pane, dialog and empty state looks like, at three sizes, in dark and in mono: pictures that were seen.

`python -m pytest tests/screen/test_snapshots.py --snapshot-update` makes them again. Look at each that changed before
it is committed; on a difference snapshot_report.html shows both.
"""

from __future__ import annotations

import os
from functools import partial
from typing import NamedTuple

import pytest

from profiles import store
from profiles.context import make_context
from profiles.reconcile import reconcile
from profiles.refreshing import NEEDED, REFRESHED, Result
from tests.screen.scenes import CONFIG, frozen, furnish, settle_times, start_login
from tests.screen.stage import NOBODY, Stage, put
from tests.support.tokens import DAY, HOUR, NOON, Login, Person
from tui.app import first_look, make_scene, read_config
from tui.screens.switchyard import Switchyard
from tui.state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot

    from tests.conftest import Box

    Play = Callable[[Stage], Awaitable[None]]
    Compare = Callable[..., bool]

WIDE, USUAL, SMALL = (120, 36), (80, 24), (40, 12)
DARK, MONO, LIGHT = "dark", "mono", "light"


class Case(NamedTuple):
    """A picture: its name, the size of the terminal, the theme, what was furnished, and what is done."""

    name: str
    size: tuple[int, int]
    play: Play
    theme: str = DARK
    furnish: Callable[[str], None] = furnish
    locale: str = "C.UTF-8"
    environ: tuple[tuple[str, str], ...] = ()


def keys(*pressed: str) -> Play:
    """Return what presses keys; `=words` are typed."""

    async def play(stage: Stage) -> None:
        await stage.press(*pressed)

    return play


def login(key: str, *then: str) -> Play:
    """Return what starts a login for the profile `client`, and presses keys in its pane."""

    async def play(stage: Stage) -> None:
        await start_login(stage, "client", key)
        await stage.press(*then)

    return play


def refresh(*then: str) -> Play:
    """Return what shows a refresh of several in its middle, and presses keys there."""

    async def play(stage: Stage) -> None:
        refreshes = stage.main.refreshing.refreshes
        run = refreshes.start(("acme", "ada", "bob", "client", "laptop"), None)
        for name in ("acme", "ada", "bob", "client"):
            run.begun.add(name)
            run.since[name] = NOON - 2
        run.results += [
            Result("acme", REFRESHED, None, NOON + 10 * DAY),
            Result("ada", NEEDED, "the issuer ended this login", None),
        ]
        refreshes.tell()
        await stage.settle()
        await stage.press(*then)

    return play


# -- what was there before -------------------------------------------------------------------------


def _nothing(_root: str) -> None:
    """Codex was never here."""


def _empty_home(root: str) -> None:
    os.mkdir(f"{root}/.codex", 0o700)


def _one_login(root: str) -> None:
    Login(Person("ada"), issued_at=NOON - 3 * HOUR).write(f"{root}/.codex")
    reconcile(frozen(make_context()))


def _only_a_key(root: str) -> None:
    from tests.support.documents import with_api_key

    with_api_key().write(f"{root}/.codex")
    reconcile(frozen(make_context()))


def _twenty_found(root: str) -> None:
    for number in range(20):
        person = Person(f"person{number:02}")
        Login(person, issued_at=NOON - HOUR).write(f"{root}/.codex-home{number:02}")


def _unreadable(root: str) -> None:
    put(f"{root}/.codex/auth.json", b'{"tokens": ')


def _many(_root: str) -> None:
    context = frozen(make_context())
    for number in range(60):
        store.add_empty(context, f"profile-{number:02}")


LEADS_NOWHERE = (("CODEX_HOME", "/nowhere/codex"),)

CASES = [
    *(
        Case(f"list-{theme}", size, keys("j"), theme)
        for theme in (DARK, MONO)
        for size in (WIDE, USUAL, SMALL)
    ),
    Case("list-light", WIDE, keys("j"), LIGHT),
    Case("list-ansi", USUAL, keys("j"), "ansi"),
    Case("list-ascii", USUAL, keys("j"), locale="C"),
    Case("list-many", USUAL, keys("G"), furnish=_many),
    Case("filter", USUAL, keys("slash", "=ac")),
    Case("filter-nothing", USUAL, keys("slash", "=nobody", "enter")),
    Case("sort", USUAL, keys("S")),
    Case("sorted", WIDE, keys("S", "j", "enter")),
    Case("marks", USUAL, keys("v", "j", "v", "v")),
    Case("delete-several", USUAL, keys("v", "j", "v", "v", "d")),
    Case("detail", SMALL, keys("j", "enter")),
    Case("detail-mono", USUAL, keys("j", "enter"), MONO),
    Case("tokens", SMALL, keys("j", "enter", "right_square_bracket")),
    Case("claims", USUAL, keys("j", "enter", "J")),
    Case("usage", USUAL, keys("j", "right_square_bracket", "right_square_bracket")),
    Case(
        "holders",
        USUAL,
        keys("j", "right_square_bracket", "right_square_bracket", "right_square_bracket"),
    ),
    Case("history", USUAL, keys("j", "left_square_bracket")),
    Case("zoomed", USUAL, keys("j", "enter", "right_square_bracket", "z")),
    Case("palette", USUAL, keys("colon", "=log")),
    Case("refresh", WIDE, refresh("3")),
    Case("refresh", SMALL, refresh("3")),
    Case("device", USUAL, login("l")),
    Case("device", SMALL, login("l")),
    Case("device-mono", USUAL, login("l"), MONO),
    Case("browser", USUAL, login("L")),
    Case("browser", SMALL, login("L")),
    Case("events", SMALL, keys("at")),
    Case("help", USUAL, keys("question_mark")),
    Case("help", SMALL, keys("question_mark")),
    Case("new", USUAL, keys("n")),
    Case("rename", USUAL, keys("j", "e")),
    Case("delete", USUAL, keys("j", "j", "d")),
    Case("nothing", USUAL, keys(), furnish=_nothing),
    Case("nothing", SMALL, keys(), furnish=_nothing),
    Case("empty-home", USUAL, keys(), furnish=_empty_home),
    Case("one-login", USUAL, keys(), furnish=_one_login),
    Case("only-a-key", USUAL, keys(), furnish=_only_a_key),
    Case("twenty-found", USUAL, keys(), furnish=_twenty_found),
    Case("unreadable", USUAL, keys(), furnish=_unreadable),
    Case("leads-nowhere", USUAL, keys(), furnish=_nothing, environ=LEADS_NOWHERE),
    Case("too-small", (39, 9), keys()),
]


def _id(case: Case) -> str:
    return f"{case.name}-{case.size[0]}x{case.size[1]}"


def _app(case: Case) -> Switchyard:
    context = frozen(make_context())
    context = context._replace(environ={**context.environ, "SWITCHYARD_CHATGPT_BASE_URL": NOBODY})
    config, problem = read_config(context)
    assert problem is None
    state = State(context.now, *first_look(context))
    return Switchyard(make_scene(context, config, state, case.size), config)


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_looks_as_it_did(
    box: Box, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    """Catches any change of what is drawn that nobody meant."""
    root = f"{box.path}/ada"
    os.mkdir(root, 0o700)
    surroundings = {
        "HOME": root,
        "SWITCHYARD_HOME": f"{root}/.switchyard",
        "COLORTERM": "truecolor",
        "LC_ALL": case.locale,
        "LANG": case.locale,
        **dict(case.environ),
    }
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    config = f'theme = "{case.theme}"\n{CONFIG}'
    put(f"{root}/.switchyard/config/config.toml", config.encode())
    case.furnish(root)
    settle_times(root)

    async def play(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, Switchyard)
        stage = Stage(app, pilot)
        await stage.settle()
        await case.play(stage)
        app.clear_notifications()
        await stage.settle()

    assert snap_compare(_app(case), terminal_size=case.size, run_before=partial(play))
