"""Marks by keys: how they are shown, how long they last, and what r and d do with several profiles."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.screen.refresh_stage import FOUR, open_refreshes
from tests.screen.stage import configure, is_there, live_login, open_stage, put, two_logins
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.screen.stage import Stage


def four(box: Box) -> None:
    """Make ada active as `personal`, and bob, carol and dan; in the list carol, dan, personal, work."""
    two_logins(box)
    for name in ("carol", "dan"):
        Login(Person(name)).fresh().write(box.profile(name))


def marks(stage: Stage) -> list[str]:
    """Return the profiles that carry the sign in the list, as it is drawn."""
    width = stage.main.list.outer_size.width
    lines = [line[:width] for line in stage.lines if "▌" in line[:width]]
    return [line.partition("▌")[2].split()[0] for line in lines]


async def test_marking(box: Box) -> None:
    """V marks and goes down, once more takes the mark off; sign, title and footer say it."""
    four(box)
    async with open_stage() as stage:
        await stage.press("g", "v")
        assert marks(stage) == ["carol"]
        assert stage.selected == "dan"
        assert "Profiles  4 · 1 marked ─" in stage.lines[1]
        await stage.press("v", "v")
        assert marks(stage) == ["carol", "dan", "personal"]
        assert "●▌personal" in stage.text
        assert stage.lines[-1].strip() == (
            "r refresh 3  d delete 3  v mark  V all or none  esc unmark  ? help"
        )
        await stage.press("k", "v")
        assert marks(stage) == ["carol", "dan"]
        await stage.press("escape")
        assert marks(stage) == []
        assert "marked" not in stage.lines[1]
        assert "space switch" in stage.lines[-1]


async def test_all_or_none(box: Box) -> None:
    """V with shift marks all that are shown; when they all are, none."""
    four(box)
    async with open_stage() as stage:
        await stage.press("g", "v", "V")
        assert len(marks(stage)) == 4
        await stage.press("V")
        assert marks(stage) == []


async def test_what_a_filter_hides_is_said(box: Box) -> None:
    """Hidden marks count in the title; V is about what is shown alone; esc takes the marks before the filter."""
    four(box)
    async with open_stage() as stage:
        await stage.press("g", "v", "slash", "=dan", "enter")
        assert "] /dan  1/4 · 1 marked, 1 hidden ─" in stage.lines[1]
        await stage.press("V")
        assert "2 marked, 1 hidden" in stage.lines[1]
        await stage.press("V")
        assert "1 marked, 1 hidden" in stage.lines[1]
        await stage.press("escape")
        assert "/dan  1/4 ─" in stage.lines[1]
        await stage.press("escape")
        assert "Profiles  4 ─" in stage.lines[1]


async def test_marks_last(box: Box) -> None:
    """They stay through a rescan, a rename here and one elsewhere, and an order; they go with their profile."""
    four(box)
    async with open_stage() as stage:
        await stage.press("g", "v", "v", "R", "S", "s")
        assert sorted(marks(stage)) == ["carol", "dan"]
        stage.app.state.select_name("dan")
        await stage.press("e", "end", "ctrl+u", "=eve", "enter")
        await stage.until(lambda: sorted(marks(stage)) == ["carol", "eve"])
        os.rename(box.profile("carol"), box.profile("zoe"))
        await stage.press("R")
        assert sorted(marks(stage)) == ["eve", "zoe"]
        shutil.rmtree(box.profile("zoe"))
        await stage.press("R")
        assert marks(stage) == ["eve"]
        assert "1 marked" in stage.lines[1]


async def test_one_mark_draws_two_lines(box: Box) -> None:
    """Over SSH a mark costs its own line and the one that the cursor goes to, title and footer; never the list."""
    four(box)
    async with open_stage() as stage:
        drawn: list[int] = []
        await stage.press("g", "v")
        redraw, everything = stage.main.list.redraw_line, stage.main.list.redraw_all

        def one(index: int) -> None:
            drawn.append(index)
            redraw(index)

        def all_lines() -> None:
            drawn.append(-1)
            everything()

        stage.main.list.redraw_line = one  # type: ignore[method-assign]
        stage.main.list.redraw_all = all_lines  # type: ignore[method-assign]
        await stage.press("v")
        assert set(drawn) == {1, 2}


async def test_delete_several(box: Box) -> None:
    """One question names them all and says what is not done; each is an event, all are one toast."""
    four(box)
    async with open_stage() as stage:
        await stage.press("g", "v", "v", "d")
        await stage.shows("Delete 2 profiles?", "carol, dan", "No token is revoked", "n cancel")
        await stage.press("enter")
        assert is_there(box.profile("carol"))
        await stage.press("d", "y")
        assert not is_there(box.profile("carol"))
        assert not is_there(box.profile("dan"))
        assert is_there(box.profile("work"))
        assert len(os.listdir(f"{box.switchyard}/state/backups/deleted")) == 2
        for name in ("carol", "dan"):
            assert sum(f"deleted {name};" in line for line in stage.said.splitlines()) == 1
        assert "2 deleted\n@ tells where they are" in stage.toasts
        await stage.until(lambda: "marked" not in stage.text)


async def test_the_active_one_stays(box: Box) -> None:
    """It is refused by name, and the rest is offered; with nothing left there is no question."""
    four(box)
    async with open_stage() as stage:
        before = live_login(box)
        await stage.press("V", "d")
        await stage.shows("Delete 3 profiles?", "personal stays: it is the active login (space on")
        assert "carol, dan, work" in stage.text
        await stage.press("y")
        await stage.until(lambda: len(stage.app.state.all_rows) == 1)
        assert is_there(box.profile("personal"))
        assert live_login(box) == before
        assert stage.app.state.marked == {"personal"}
        await stage.press("d")
        assert "personal stays: it is the active login" in stage.toasts
        assert len(stage.app.screen_stack) == 1


async def test_one_failure_stops_no_other(box: Box) -> None:
    """What cannot be deleted is said with its name and its reason; the others are gone."""
    four(box)
    async with open_stage() as stage:
        await stage.press("g", "v", "v", "j", "v", "d")
        await stage.shows("Delete 3 profiles?")
        shutil.rmtree(box.profile("dan"))
        await stage.press("y")
        assert not is_there(box.profile("carol"))
        assert not is_there(box.profile("work"))
        assert "2 deleted, 1 not: dan\n@ tells why" in stage.toasts
        assert "dan: no profile is called 'dan'" in stage.said


async def test_delete_of_one_mark(box: Box) -> None:
    """A single mark is called by its name, wherever the cursor is."""
    four(box)
    async with open_stage() as stage:
        await stage.press("g", "v", "d")
        await stage.shows("Delete carol?", "Its folder is moved", "the login stays valid")
        await stage.press("y")
        assert not is_there(box.profile("carol"))
        assert "deleted carol" in stage.toasts


async def test_a_home_elsewhere_is_not_touched(box: Box) -> None:
    """Of a registered home that is marked, the question says that it stays where it lies."""
    two_logins(box)
    home = f"{box.home}/.codex-elsewhere"
    Login(Person("eve")).fresh().write(home)
    put(f"{box.profile('far')}/profile.toml", f'home = "{home}"\n'.encode())
    async with open_stage() as stage:
        await stage.press("V", "d")
        await stage.shows("Delete 2 profiles?", "itself is not touched")
        await stage.press("y")
        assert is_there(f"{home}/auth.json")


async def test_in_the_detail_keys_are_for_the_selected_one(box: Box) -> None:
    """Marks act where they are seen: in the detail d is about the profile that is read there."""
    four(box)
    async with open_stage() as stage:
        await stage.press("g", "v", "v", "G", "enter", "d")
        await stage.shows("Delete work?")
        await stage.press("n", "escape")
        assert sorted(marks(stage)) == ["carol", "dan"]


async def test_refresh_several(box: Box) -> None:
    """R gets each marked login new tokens once, however fresh, with progress per row; no other, and marks go."""
    async with open_refreshes(box, profiles=FOUR) as yard:
        gate = yard.hold("old-laptop")
        before = yard.token("lab")
        for name in ("old-laptop", "work", "personal"):
            yard.app.state.select_name(name)
            await yard.keys("v")
        await yard.keys("r")
        await yard.reached(gate)
        await yard.until(lambda: "refreshing 2/3" in yard.text)
        assert "→ refreshing" in yard.line("▌old-laptop") or "→ refreshing" in yard.text
        await yard.keys("r")
        gate.open()
        await yard.says("3 refreshed")
        await yard.settle()
        assert yard.token("lab") == before
        assert not marks(yard), "what they were marked for is done"
        for name in ("old-laptop", "work", "personal"):
            assert f"{name}: refreshed" in yard.said
            assert yard.works(name)


async def test_marks_of_what_was_not_begun_stay(box: Box) -> None:
    """A refresh that is stopped takes off the marks of those that were sent; the next r is for the rest."""
    configure(box, "[refresh]\nconcurrency = 1\n")
    async with open_refreshes(box, profiles=FOUR) as yard:
        gate = yard.hold("lab")
        await yard.keys("V", "r")
        await yard.reached(gate)
        await yard.keys("ctrl+c")
        gate.open()
        await yard.says("1 refreshed, 3 not begun")
        await yard.settle()
        assert sorted(marks(yard)) == ["old-laptop", "personal", "work"]
        await yard.press("r")
        await yard.says("3 refreshed")
        assert not marks(yard)
        assert yard.exchanges() == 4


async def test_refresh_of_marked_ones_that_are_refreshed_already(box: Box) -> None:
    """A second r sends nothing, and says that they are."""
    async with open_refreshes(box) as yard:
        gates = [yard.hold(name) for name in ("personal", "work")]
        await yard.keys("V", "r")
        for gate in gates:
            await yard.reached(gate)
        await yard.keys("r")
        await yard.shows("the marked profiles are being refreshed already")
        await yard.keys("d")
        assert "work stays: it is being refreshed" in yard.toasts
        for gate in gates:
            gate.open()
        await yard.says("2 refreshed")
        assert yard.exchanges() == 2


async def test_refresh_spares_what_was_refused(box: Box) -> None:
    """Among the marked a token that the issuer refused is not sent again; its row keeps the reason."""
    async with open_refreshes(box) as yard:
        yard.spend("work")
        yard.reuse_is_forced = 1
        await yard.press("V", "r")
        await yard.says("1 refreshed, 1 login needed: work")
        assert yard.exchanges() == 2
        await yard.press("r")
        await yard.until(lambda: yard.exchanges() == 3)
        await yard.settle()
        assert yard.exchanges() == 3


async def test_what_cannot_be_marked(box: Box) -> None:
    """Without a profile the keys say so."""
    async with open_stage() as stage:
        for key in ("v", "V"):
            await stage.press(key)
            assert "there is no profile yet: n makes one" in stage.toasts


async def test_help(box: Box) -> None:
    """With marks the help says what r, d and esc do here."""
    four(box)
    async with open_stage(size=(120, 130)) as stage:
        await stage.press("v", "question_mark")
        await stage.shows("Here, with profiles marked", "after one question", "Take all marks off.")


@pytest.mark.parametrize("size", [(40, 10), (40, 12), (80, 24), (120, 36)], ids=str)
async def test_a_question_about_many_fits(box: Box, size: tuple[int, int]) -> None:
    """Both answers are in sight however many names there are, and the names scroll."""
    two_logins(box)
    for number in range(40):
        os.makedirs(box.profile(f"profile-{number:02}"))
    async with open_stage(size=size) as stage:
        await stage.press("V", "d")
        await stage.shows("Delete 41 profiles?", "profile-00", "n cancel", "y delete")
        for _ in range(6):
            await stage.press("pagedown")
        await stage.shows("No token is revoked", "n cancel", "y delete")
        await stage.press("escape")
        assert is_there(box.profile("profile-00"))


@pytest.mark.parametrize("size", [(40, 10), (80, 24)], ids=str)
async def test_the_title_keeps_the_marks(box: Box, size: tuple[int, int]) -> None:
    """Where the title is too long for all it says, the order goes before the marks do."""
    four(box)
    async with open_stage(size=size) as stage:
        await stage.press("S", "e", "S", "S", "V", "slash", "=dan", "enter")
        await stage.shows("4 marked, 3 hidden")
        assert "/dan  1/4" in stage.text


async def test_ascii(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the locale is not UTF-8 the sign is ASCII, and needs no colour."""
    for name in ("LANG", "LC_ALL"):
        monkeypatch.setenv(name, "C")
    monkeypatch.setenv("NO_COLOR", "1")
    four(box)
    async with open_stage() as stage:
        await stage.press("V")
        assert "*>personal" in stage.text
        assert " >work" in stage.text
        assert stage.text.isascii()


async def test_remapped(box: Box) -> None:
    """The keys of config.toml mark, and the footer names them."""
    four(box)
    configure(box, '[keys]\nmark = "m"\nmark-all = "M"\n')
    async with open_stage() as stage:
        await stage.press("v", "m")
        assert "m mark  M all or none" in stage.lines[-1]
