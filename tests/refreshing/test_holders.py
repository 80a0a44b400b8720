"""What a refresh leaves behind, and who is not refreshed (R5, R20)."""

from __future__ import annotations

import os

import pytest

from profiles.generation import read_copy
from profiles.model import Process
from profiles.refresh_plan import find_groups, who_else_refreshes
from tests.refreshing.stand import DAY, HOUR, Stand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def test_r5_a_spent_token_is_not_kept_among_the_backups(box: Box) -> None:
    """A login refreshed daily for months does not fill the backups with what is worth nothing."""
    with Stand(box) as stand:
        login = stand.sign_in("ada")
        path = stand.put("ada", login)
        stand.live(login)
        stand.refresh()
        assert stand.backups(os.path.realpath(box.profile("ada"))) == []
        assert stand.backups() == []
        assert stand.works(path)


@pytest.mark.parametrize("minutes", [-11, -9, 1, 3])
def test_r20_a_running_codex_refreshes_around_the_expiry_itself(box: Box, minutes: int) -> None:
    """From ten minutes before until two after it, a Codex that runs with a holder is left to do it."""
    with Stand(box) as stand:
        login = stand.sign_in("ada", age=10 * DAY + 60 * minutes)
        stand.put("ada", login)
        stand.live(login)
        stand.codex(stand.home)
        [group] = find_groups(stand.context)
        copy = read_copy(stand.live_path)
        assert copy is not None
        assert copy.document is not None
        why = who_else_refreshes(stand.context, [stand.home], copy.document, lambda _: (0, 169))
        assert (why is not None) == (-10 <= minutes <= 2)
        assert group.names == ("ada",)


@pytest.mark.parametrize(("version", "skips"), [((0, 98), True), (None, True), ((0, 163), False)])
def test_r20_an_old_codex_may_hold_the_token_in_memory(
    box: Box, version: tuple[int, int] | None, skips: bool
) -> None:
    """Before 0.163 it sends what it has without a look at the file; so may one whose version is not known."""
    with Stand(box) as stand:
        login = stand.sign_in("ada")
        stand.live(login)
        stand.codex(stand.home)
        copy = read_copy(stand.live_path)
        assert copy is not None
        assert copy.document is not None
        why = who_else_refreshes(stand.context, [stand.home], copy.document, lambda _: version)
        assert (why is not None) == skips


def test_r20_a_codex_that_began_before_the_switch_still_holds_the_old_login(box: Box) -> None:
    """By history: the home held Ada's login when the process began, and holds Bob's now."""
    with Stand(box) as stand:
        ada, bob = stand.sign_in("ada"), stand.sign_in("bob")
        stand.put("ada", ada)
        stand.put("bob", bob)
        stand.live(ada)
        stand.switch("bob")
        # A process that is there: ourselves, begun before the switch by the clock of the stand.
        stand.running.append(Process(os.getpid(), "codex", daemon=False, home=stand.home))
        stand.time += HOUR
        copy = read_copy(stand.saved("ada"))
        assert copy is not None
        assert copy.document is not None
        homes = [os.path.realpath(box.profile("ada"))]
        why = who_else_refreshes(stand.context, homes, copy.document, lambda _: (0, 98))
        assert why is not None
        assert "0.98" in why
        assert who_else_refreshes(stand.context, homes, copy.document, lambda _: (0, 169)) is None


def test_keys_are_never_refreshed(box: Box) -> None:
    """An API key, an empty profile and a broken one: said, and nothing is sent."""
    from profiles.store import add_empty
    from tests.rules.yard import write
    from tests.support.documents import with_api_key

    with Stand(box) as stand:
        stand.put("key", with_api_key())
        add_empty(stand.context, "none")
        write(stand.put("torn", stand.sign_in("ada")), b'{"tokens"')
        found = {r.name: r.outcome for r in stand.refresh(force=True)}
        assert found == {"key": "skipped", "none": "skipped", "torn": "failed"}
        assert stand.exchanges() == 0
