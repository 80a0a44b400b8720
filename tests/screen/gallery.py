"""What there are pictures of: each pane, dialog and empty state, in colours and without, at three sizes.

A scene is one line of the table: its name, what is done for it, and its looks. Most have two, dark where most people
have it and mono where there is least room: so each is seen without colours, and in a small terminal, once.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles import store
from profiles.context import make_context
from profiles.errors import LoginMismatch
from profiles.logging_in import SavedLogin
from profiles.oauth.events import Approved
from profiles.reconcile import reconcile
from profiles.refreshing import NEEDED, REFRESHED, Result
from tests.screen.doctor_scene import show_doctor
from tests.screen.scenes import frozen, furnish, start_login
from tests.screen.stage import put
from tests.support.documents import with_api_key
from tests.support.tokens import DAY, HOUR, NOON, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.screen.stage import Stage
    from tui.login_state import Login as LoginUnderWay

    Play = Callable[[Stage], Awaitable[None]]

WIDE, USUAL, SMALL = (120, 36), (80, 24), (40, 12)
DARK, MONO, LIGHT, ANSI = "dark", "mono", "light", "ansi"


class Look(NamedTuple):
    """The size of the terminal, and the theme."""

    size: tuple[int, int] = USUAL
    theme: str = DARK


#: Dark and usual, mono and small; and for what has panes beside each other, mono and wide.
BOTH = (Look(), Look(SMALL, MONO))
ALL = (*BOTH, Look(WIDE, MONO))
#: The same for what is there in a small terminal already.
PANES = (Look(SMALL), Look(USUAL, MONO))


class Scene(NamedTuple):
    """What is pictured: its name, what is done, its looks, what was furnished, and the surroundings."""

    name: str
    play: Play
    looks: tuple[Look, ...] = BOTH
    furnish: Callable[[str], None] = furnish
    locale: str = "C.UTF-8"
    environ: tuple[tuple[str, str], ...] = ()


# -- what is done ----------------------------------------------------------------------------------


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


def ended(end: Callable[[LoginUnderWay], None], *then: str) -> Play:
    """Return what lets such a login come to an end, and presses keys in its pane."""

    async def play(stage: Stage) -> None:
        await start_login(stage, "client", "l")
        under_way = stage.app.logins.of("client")
        assert under_way is not None
        end(under_way)
        stage.app.logins.tell()
        await stage.settle()
        await stage.press(*then)

    return play


def _approved(login: LoginUnderWay) -> None:
    login.take(Approved(NOON - 1, "device"))


def _failed(login: LoginUnderWay) -> None:
    login.fail("the code expired before anybody typed it", "N makes a new one")


def _unsaved(login: LoginUnderWay) -> None:
    login.keep("No space left on device", "make room, then enter saves it")


def _mismatched(login: LoginUnderWay) -> None:
    login.ask(LoginMismatch("client", "cyd@example.com", "eve@example.com"))


def _saved(login: LoginUnderWay) -> None:
    email = "cyd@example.com"
    login.done(SavedLogin("client", email, None, "chatgpt", False, False, []))


def refresh(*then: str, over: bool = False) -> Play:
    """Return what shows a refresh of several in its middle, or `over`, and presses keys there."""

    async def play(stage: Stage) -> None:
        refreshes = stage.main.refreshing.refreshes
        names = ("acme", "ada", "bob", "client", "laptop")
        run = refreshes.start(names, None)
        for name in names[:-1]:
            run.begun.add(name)
            run.since[name] = NOON - 2
        run.results += [
            Result("acme", REFRESHED, None, NOON + 10 * DAY),
            Result("ada", NEEDED, "the issuer ended this login", None),
        ]
        if over:
            run.results += [Result(n, REFRESHED, None, NOON + 10 * DAY) for n in names[2:]]
            refreshes.end(run, NOON)
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
NEXT, BEFORE = "right_square_bracket", "left_square_bracket"


def doctor(*then: str, ill: bool = True) -> Play:
    """Return what opens a doctor with fixed findings, and presses keys there."""

    async def play(stage: Stage) -> None:
        await show_doctor(stage, *then, ill=ill)

    return play


SCENES = (
    Scene("list", keys("j"), tuple(Look(s, t) for t in (DARK, MONO) for s in (WIDE, USUAL, SMALL))),
    Scene("list", keys("j"), (Look(WIDE, LIGHT), Look(USUAL, ANSI))),
    Scene("list-ascii", keys("j"), locale="C"),
    Scene("list-many", keys("G"), furnish=_many),
    Scene("filter", keys("slash", "=ac")),
    Scene("filter-nothing", keys("slash", "=nobody", "enter")),
    Scene("sort", keys("S")),
    Scene("sorted", keys("S", "j", "enter"), (Look(WIDE), Look(USUAL, MONO))),
    Scene("marks", keys("v", "j", "v", "v"), ALL),
    Scene("delete-several", keys("v", "j", "v", "v", "d")),
    # The tabs of the detail.
    Scene("detail", keys("j", "enter"), (*PANES, Look(WIDE, MONO))),
    Scene("tokens", keys("j", "enter", NEXT), PANES),
    Scene("claims", keys("j", "enter", "J")),
    Scene("usage", keys("j", NEXT, NEXT), (Look(), Look(WIDE, MONO))),
    Scene("usage-alone", keys("j", "enter", NEXT, NEXT), (Look(SMALL, MONO),)),
    Scene("holders", keys("j", NEXT, NEXT, NEXT), (Look(), Look(WIDE, MONO))),
    Scene("processes", keys("j", "enter", *[NEXT] * 4), PANES),
    Scene("history", keys("j", BEFORE), (Look(), Look(WIDE, MONO))),
    Scene("zoomed", keys("j", "enter", NEXT, "z"), (Look(), Look(WIDE, MONO))),
    # What lies over it.
    Scene("palette", keys("colon", "=log")),
    Scene("palette-nothing", keys("colon", "=zzz")),
    Scene("doctor", doctor(), ALL),
    Scene("doctor-reading", doctor("j", "tab")),
    Scene("doctor-mend", doctor("j", "f")),
    Scene("doctor-well", doctor(ill=False)),
    Scene("help", keys("question_mark"), (Look(), Look(SMALL), Look(WIDE, MONO))),
    Scene("help-search", keys("question_mark", "slash", "=refr")),
    Scene("copy-menu", keys("j", "Y", "j")),
    Scene("new", keys("n")),
    Scene("rename", keys("j", "e")),
    Scene("note", keys("j", "E", "=for the build")),
    Scene("delete", keys("j", "j", "d")),
    Scene("secret", keys("n", "=bot", "down", "down", "enter", "=sk-")),
    Scene("found-homes", keys("n", "up", "enter"), furnish=_twenty_found),
    Scene("events", keys("at"), PANES),
    # A login, from its start to every end.
    Scene("device", login("l"), (Look(), Look(SMALL), Look(USUAL, MONO), Look(SMALL, MONO))),
    Scene("device-qr", login("l", "Q"), (Look(), Look(USUAL, MONO))),
    Scene("browser", login("L"), (Look(), Look(SMALL), Look(USUAL, MONO))),
    Scene("paste", login("L", "enter")),
    Scene("ssh-line", login("L", "t")),
    Scene("plain", login("L", "p")),
    Scene("copy-login", login("L", "Y")),
    Scene("approved", ended(_approved)),
    Scene("cancel-approved", ended(_approved, "ctrl+c")),
    Scene("failed", ended(_failed)),
    Scene("unsaved", ended(_unsaved)),
    Scene("mismatched", ended(_mismatched)),
    Scene("another-login", ended(_mismatched, "enter")),
    Scene("saved", ended(_saved)),
    Scene("leave", login("l", "escape", "q")),
    Scene("refresh", refresh("3"), (Look(WIDE), Look(SMALL), Look(USUAL, MONO))),
    Scene("refreshed", refresh("3", over=True)),
    # Nothing there yet.
    Scene("nothing", keys(), (Look(), Look(SMALL), Look(USUAL, MONO)), _nothing),
    Scene("empty-home", keys(), furnish=_empty_home),
    Scene("one-login", keys(), furnish=_one_login),
    Scene("only-a-key", keys(), furnish=_only_a_key),
    Scene("twenty-found", keys(), furnish=_twenty_found),
    Scene("unreadable", keys(), furnish=_unreadable),
    Scene("leads-nowhere", keys(), furnish=_nothing, environ=LEADS_NOWHERE),
    Scene("too-small", keys(), (Look((39, 9)),)),
)
#: Each picture of them: a scene and one of its looks.
PICTURES = [(scene, look) for scene in SCENES for look in scene.looks]


def name_of(scene: Scene, look: Look) -> str:
    """Return what a picture is called."""
    return f"{scene.name}-{look.theme}-{look.size[0]}x{look.size[1]}"
