"""Refreshing by keys: each row as its result arrives, what failed and why, one toast, nothing sent twice."""

from __future__ import annotations

import os

import pytest

from tests.screen.refresh_stage import FOUR, TOKEN, open_refreshes
from tests.screen.stage import configure, contents, put
from tests.support.documents import with_api_key
from tui.simulator.gates import HANDLED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.conftest import Box


async def test_one(box: Box) -> None:
    """One key refreshes the selected profile and no other; the copy in the active home goes along (R22)."""
    async with open_refreshes(box) as yard:
        before, other = yard.token("personal"), yard.token("work")
        await yard.press("r")
        await yard.shows("personal: refreshed, expires in 9d 23h")
        assert yard.token("personal") != before
        assert yard.token("work") == other
        assert yard.works("personal")
        assert yard.exchanges() == 1
        assert yard.active == "personal"
        assert "9d 23h" in yard.line("personal")
        assert "personal: refreshed" in yard.said


async def test_one_that_is_fresh(box: Box) -> None:
    """A person who asks for this very login gets it done, however fresh it is; ctrl+r leaves it alone."""
    async with open_refreshes(box) as yard:
        await yard.press("r", "r")
        assert yard.exchanges() == 2
        await yard.press("ctrl+r")
        await yard.says("1 refreshed, 1 fresh")
        assert yard.exchanges() == 3
        await yard.press("ctrl+r")
        await yard.says("2 fresh")
        assert yard.exchanges() == 3


async def test_each_row_as_it_comes(box: Box) -> None:
    """While the issuer is slow the row says so, the footer counts, and the others are done already."""
    async with open_refreshes(box, profiles=FOUR) as yard:
        gate = yard.hold("lab")
        await yard.keys("ctrl+r")
        await yard.reached(gate)
        await yard.shows("→ refreshing 3/4")
        assert "→ refreshing" in yard.line("lab")
        for name in ("personal", "work", "old-laptop"):
            assert "✓ ok" in yard.line(name)
            assert "9d 23h" in yard.line(name)
        assert not yard.toasts
        gate.open()
        await yard.says("4 refreshed")
        assert "refreshing" not in yard.text
        assert "9d 23h" in yard.line("lab")
        assert yard.toasts.count("refreshed") == 1
        # ctrl+c stops nothing any more: it would leave.
        await yard.until(lambda: "stop" not in yard.lines[-1] and "undo" in yard.lines[-1])
        assert all(f"{name}: refreshed" in yard.said for name, _ in FOUR)
        assert all(yard.works(name) for name, _ in FOUR)


async def test_an_older_look_at_the_disk(box: Box) -> None:
    """A look that began before a result, and ends after it, does not put the old tokens back on the screen."""
    async with open_refreshes(box) as yard:
        gate = yard.hold("work")
        deeds, before = yard.main.deeds, yard.disk()
        deeds._scans += 1
        deeds._reading, under_way = True, deeds._scans
        await yard.keys("ctrl+r")
        await yard.reached(gate)
        await yard.shows("→ refreshing 1/2")
        deeds._has_read(under_way, before)
        await yard.pilot.pause()
        assert "9d 23h" in yard.line("personal")
        gate.open()
        await yard.says("2 refreshed")


async def test_the_columns_stay(box: Box) -> None:
    """A row that is refreshed moves no other column."""
    async with open_refreshes(box) as yard:
        head = yard.lines[2]
        gate = yard.hold("personal")
        await yard.keys("r")
        await yard.reached(gate)
        await yard.shows("→ refreshing")
        assert yard.lines[2] == head
        gate.open()
        await yard.shows("personal: refreshed")


async def test_login_needed(box: Box) -> None:
    """A login that somebody else used up says so in row, log and toast, and the next key logs in again."""
    async with open_refreshes(box, profiles=FOUR) as yard:
        yard.spend("old-laptop")
        yard.reuse_is_forced = 1
        await yard.press("ctrl+r")
        await yard.says("3 refreshed, 1 login needed: old-laptop\nl on old-laptop logs in again")
        assert "✗ login needed" in yard.line("old-laptop")
        assert "old-laptop: login needed: " in yard.said
        yard.app.state.select_name("old-laptop")
        await yard.keys("l")
        await yard.code("old-laptop")


async def test_login_needed_is_not_sent_again(box: Box) -> None:
    """Asking for a login that is known to be used up names the reason, and sends its token no second time."""
    async with open_refreshes(box) as yard:
        yard.spend("personal")
        yard.reuse_is_forced = 1
        await yard.press("r", "r")
        await yard.shows("personal: login needed", "l on personal logs in again")
        assert yard.exchanges() == 1
        assert "✗ login needed" in yard.line("personal")


async def test_unreachable(box: Box) -> None:
    """Without the issuer every login is as it was, is not called dead, and the way back is named."""
    async with open_refreshes(box) as yard:
        tokens = [yard.token(name) for name in ("personal", "work")]
        yard.simulator.stop()
        await yard.press("ctrl+r")
        await yard.shows("2 unreachable: personal, work", "look at network and proxy, then: ctrl+r")
        assert "✓ ok" in yard.line("personal")
        assert [yard.token(name) for name in ("personal", "work")] == tokens
        yard.simulator.start()
        await yard.press("ctrl+r")
        await yard.says("2 refreshed")


async def test_uncertain(box: Box) -> None:
    """A refresh that was sent and not answered is uncertain, with the way out; asked again it is clear."""
    async with open_refreshes(box) as yard:
        yard.simulator.faults.add(TOKEN, drop="before", handled=False)
        await yard.press("r")
        await yard.shows("uncertain")
        assert "? uncertain" in yard.line("personal")
        assert "r on personal asks again" in yard.toasts
        await yard.press("r")
        await yard.shows("personal: refreshed")
        assert "✓ ok" in yard.line("personal")


async def test_a_lost_answer(box: Box) -> None:
    """Where the answer that was lost had rotated the token, asking once more tells, and a login is needed (R19)."""
    async with open_refreshes(box) as yard:
        yard.simulator.faults.add(TOKEN, drop="before")
        yard.reuse_is_forced = 1
        await yard.press("r")
        await yard.shows("uncertain")
        await yard.press("r")
        await yard.shows("answer never arrived had used it up", "l on personal logs in again")
        assert yard.exchanges() == 2
        await yard.press("r")
        assert yard.exchanges() == 2


async def test_keys_are_skipped(box: Box) -> None:
    """An API key is never refreshed, and that is said; nobody is asked."""

    def key() -> None:
        with_api_key().write(box.profile("key"))

    async with open_refreshes(box, prepare=key) as yard:
        marked: set[str] = set()
        mark = yard.main.list.mark

        def keep(marks: Mapping[str, str]) -> None:
            marked.update(marks)
            mark(marks)

        yard.main.list.mark = keep  # type: ignore[method-assign]
        await yard.press("ctrl+r")
        await yard.says("2 refreshed, 1 skipped")
        assert marked == {"personal", "work"}
        yard.app.state.select_name("key")
        await yard.press("r")
        await yard.shows("key: skipped: a login of the kind")
        assert yard.exchanges() == 2
        assert "static" in yard.line("key")


async def test_switch_meanwhile(box: Box) -> None:
    """While one login is refreshed another profile can be switched to; both end well."""
    async with open_refreshes(box, profiles=FOUR) as yard:
        gate = yard.hold("lab")
        await yard.keys("ctrl+r")
        await yard.reached(gate)
        await yard.until(lambda: "refreshing 3/4" in yard.text)
        yard.app.state.select_name("work")
        await yard.keys("space")
        await yard.shows("switched to work")
        assert yard.active == "work"
        await yard.until(lambda: "● work" in yard.text)
        assert "→ refreshing" in yard.line("lab")
        gate.open()
        await yard.says("4 refreshed")
        assert yard.active == "work"
        assert yard.works("work")
        assert yard.works("lab")


async def test_same_one_twice(box: Box) -> None:
    """A second key says that it runs already, and sends nothing; another profile is free."""
    async with open_refreshes(box) as yard:
        gate = yard.hold("personal")
        await yard.keys("r")
        await yard.reached(gate)
        await yard.keys("r")
        await yard.shows("personal is being refreshed already")
        await yard.keys("j", "r")
        await yard.shows("work: refreshed")
        gate.open()
        await yard.shows("personal: refreshed")
        assert yard.exchanges() == 2


async def test_all_beside_one(box: Box) -> None:
    """ctrl+r leaves to the first refresh what that one has begun."""
    async with open_refreshes(box) as yard:
        gate = yard.hold("personal")
        await yard.keys("r")
        await yard.reached(gate)
        await yard.keys("ctrl+r")
        await yard.shows("work: refreshed")
        await yard.keys("ctrl+r")
        gate.open()
        await yard.shows("personal: refreshed")
        await yard.settle()
        assert yard.exchanges() == 2


async def test_a_shared_login(box: Box) -> None:
    """A login that two profiles hold is sent once and written to both; the one that was asked for is told (R22)."""

    def twin() -> None:
        put(f"{box.profile('twin')}/auth.json", contents(f"{box.profile('work')}/auth.json"))
        os.chmod(f"{box.profile('twin')}/auth.json", 0o600)

    async with open_refreshes(box, prepare=twin) as yard:
        yard.app.state.select_name("work")
        await yard.press("r")
        await yard.says("work: refreshed")
        assert yard.exchanges() == 1
        assert yard.token("twin") == yard.token("work")
        assert "9d 23h" in yard.line("twin")
        assert "9d 23h" in yard.line("work")
        await yard.press("ctrl+r")
        await yard.says("1 refreshed, 2 fresh")


async def test_remapped(box: Box) -> None:
    """The keys of config.toml are the ones that act and that are named."""
    configure(box, '[keys]\nrefresh = "f5"\nlogin = "f6"\n')
    async with open_refreshes(box) as yard:
        yard.spend("personal")
        yard.reuse_is_forced = 1
        await yard.press("r")
        assert yard.exchanges() == 0
        await yard.press("f5")
        await yard.shows("f6 on personal logs in again")


async def test_whatever_goes_wrong_is_an_event(box: Box) -> None:
    """A folder of ours that cannot be used ends the refresh with a reason, not the screen."""
    async with open_refreshes(box) as yard:
        path = f"{box.switchyard}/state"
        put(f"{path}/marks.json", b"{")
        await yard.press("ctrl+r")
        await yard.until(lambda: "refreshing" not in yard.text)
        assert yard.toasts
        assert yard.main.place() == "list"


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (40, 12)], ids=str)
async def test_sizes(box: Box, size: tuple[int, int]) -> None:
    """At every size row, footer and toast say how it goes, and nothing is cut off in the toast."""
    async with open_refreshes(box, size=size, profiles=FOUR) as yard:
        gate = yard.hold("lab", HANDLED)
        yard.spend("old-laptop")
        yard.reuse_is_forced = 1
        await yard.keys("ctrl+r")
        await yard.reached(gate)
        await yard.shows("→ refreshing 3/4")
        assert "→ refreshing" in yard.line("lab")
        assert yard.lines[-1].rstrip().endswith("→ refreshing 3/4")
        assert "? help" in yard.lines[-1]
        gate.open()
        await yard.says("3 refreshed, 1 login needed: old-laptop")
        await yard.shows("3 refreshed, 1 login needed: old-laptop")


async def test_ascii(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the locale is not UTF-8 progress and bars are ASCII."""
    for name in ("LANG", "LC_ALL"):
        monkeypatch.setenv(name, "C")
    async with open_refreshes(box, size=(120, 30)) as yard:
        gate = yard.hold("personal")
        await yard.keys("r")
        await yard.reached(gate)
        await yard.shows("> refreshing personal")
        assert yard.text.isascii()
        gate.open()
        await yard.shows("personal: refreshed", "#----  12%")
        assert yard.text.isascii()
