"""The first minutes: no home, an empty one, one login, many homes. Each says what there is, and the next key."""

from __future__ import annotations

import os

import pytest

from tests.screen.stage import ADA, contents, open_stage, put
from tests.support.documents import with_api_key
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

SIZES = [(80, 24), (40, 12), (120, 36)]


def _none(box: Box) -> None:
    """There is no home."""


def _empty(box: Box) -> None:
    os.makedirs(box.codex)


def _one(box: Box) -> None:
    Login(ADA).fresh().write(box.codex)


def _key(box: Box) -> None:
    with_api_key("only").write(box.codex)


def _torn(box: Box) -> None:
    put(f"{box.codex}/auth.json", b'{"tokens": {"id_t')


def _nowhere(box: Box) -> None:
    os.environ["CODEX_HOME"] = f"{box.home}/nowhere"


def _twenty(box: Box) -> None:
    for number in range(20):
        Login(Person(f"p{number:02}")).fresh().write(f"{box.home}/.codex-h{number:02}")


STATES = {
    "no home": (_none, ("No login yet", "does not exist", "n makes a profile")),
    "empty": (_empty, ("No login yet", "is there, but holds none", "n makes a profile")),
    "one": (_one, ("One login so far.", "n makes a second profile")),
    "key": (_key, ("an API key", "n makes a second profile")),
    "torn": (_torn, ("No login can be read", "auth.json", "n makes a profile")),
    "nowhere": (_nowhere, ("CODEX_HOME leads nowhere", "unset CODEX_HOME", "n makes a profile")),
    "twenty": (_twenty, ("No login yet", "n makes a profile")),
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("state", STATES)
async def test_each_says_the_next_key(box: Box, state: str, size: tuple[int, int]) -> None:
    """What there is, and the next key, can be read at every size; in the smallest by scrolling."""
    prepare, words = STATES[state]
    prepare(box)
    async with open_stage(size) as stage:
        await stage.until(lambda: not stage.app.state.partial)
        stage.app.clear_notifications()
        await stage.settle()
        seen = stage.words
        if size == (40, 12):
            for _ in range(6):
                await stage.press("pagedown")
                seen += f" {stage.words}"
        print(stage.text)
        assert not [word for word in words[:1] if word not in seen], seen
        missing = [word for word in words if not all(part in seen for part in word.split())]
        assert not missing, f"{missing}\n{seen}"


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_found_home_is_registered_by_keys(box: Box, size: tuple[int, int]) -> None:
    """Of twenty homes the last one is reached, named after its folder and registered; its file is not touched."""
    _twenty(box)
    before = contents(f"{box.home}/.codex-h19/auth.json")
    async with open_stage(size) as stage:
        await stage.press("n", "up")
        await stage.shows("found home", "one of 20 that")
        await stage.press("enter")
        await stage.shows("Register a home", "~/.codex-h00")
        await stage.press("up")
        await stage.shows("~/.codex-h19", "p19@example.com")
        await stage.press("enter")
        await stage.shows("Name of the new profile", "h19")
        await stage.press("enter")
        await stage.until(lambda: stage.app.state.snapshot.row("h19") is not None)
        row = stage.app.state.snapshot.row("h19")
        assert row is not None
        assert not row.managed
        assert row.home == f"{box.home}/.codex-h19"
        assert len(stage.app.state.snapshot.discovered) == 19
    assert contents(f"{box.home}/.codex-h19/auth.json") == before


async def test_under_a_name_that_is_typed(box: Box) -> None:
    """A name that was typed first is not asked for again; esc anywhere changes nothing."""
    _twenty(box)
    async with open_stage() as stage:
        await stage.press("n", "=laptop", "up", "enter", "escape")
        assert stage.app.state.snapshot.row("laptop") is None
        await stage.press("n", "=laptop", "up", "enter", "down", "enter")
        await stage.until(lambda: stage.app.state.snapshot.row("laptop") is not None)
        row = stage.app.state.snapshot.row("laptop")
        assert row is not None
        assert row.home == f"{box.home}/.codex-h01"


async def test_nothing_found_is_not_offered(box: Box) -> None:
    """Where no home was found there is no such choice."""
    _one(box)
    async with open_stage() as stage:
        await stage.press("n")
        await stage.shows("device code", "empty")
        assert "found home" not in stage.text


@pytest.mark.parametrize("kind", ["folder", "link"])
async def test_a_home_that_is_made_later(box: Box, kind: str) -> None:
    """Catches a CODEX_HOME that leads nowhere until the screen is started anew: R and the watch find it."""
    _nowhere(box)
    home = place = os.environ["CODEX_HOME"]
    if kind == "link":
        place = f"{box.home}/elsewhere"
        os.symlink(place, home)
    async with open_stage((100, 30)) as stage:
        await stage.shows("CODEX_HOME leads nowhere", "R looks again")
        await stage.until(lambda: stage.main.watching.is_watching)
        os.makedirs(place, mode=0o700)
        await stage.press("R")
        await stage.shows("No login yet", "is there, but holds none")
        assert "leads nowhere" not in stage.text
        ada = Login(ADA).fresh()
        ada.write(place)
        await stage.until(lambda: stage.app.state.snapshot.active is not None)
        await stage.shows("saved as", "ada@example.com")
        assert stage.app.context.home == place
        await stage.press("u")
        assert "leads nowhere" not in stage.toasts
        assert "does not exist" not in stage.toasts
