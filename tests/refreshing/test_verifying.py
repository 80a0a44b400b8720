"""A target that may be dead is tried at the issuer before it is installed (R12, R15)."""

from __future__ import annotations

import pytest

from profiles.errors import LoginNeeded, LoginUnverified
from profiles.listing import take_snapshot
from profiles.marks import UNCERTAIN, load_marks, set_mark
from profiles.model import Secret
from profiles.verifying import verified_switch, verified_undo
from tests.refreshing.stand import Stand
from tests.rules.yard import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def _doubted(box: Box) -> Stand:
    """Ada is active; Bob's login was replaced by something else once, and may be revoked."""
    stand = Stand(box)
    ada = stand.sign_in("ada")
    stand.put("ada", ada)
    stand.live(ada)
    path = stand.put("bob", stand.sign_in("bob"))
    set_mark(
        stand.context, Secret(stand.token(path)).digest(), UNCERTAIN, "codex login replaced it"
    )
    return stand


def test_r15_an_uncertain_target_is_refreshed_first(box: Box) -> None:
    """It lives: one request, the doubt is over, and what is installed are the new tokens."""
    with _doubted(box) as stand:
        result = verified_switch(stand.context, "bob")
        assert result.changed
        assert stand.exchanges() == 1
        assert stand.works(stand.live_path)
        assert read(stand.live_path) == read(stand.saved("bob"))
        assert any("was uncertain" in sentence for sentence in result.said)
        row = take_snapshot(stand.context).row("bob")
        assert row is not None
        assert row.state == "ok"
        assert verified_undo(stand.context).to == "ada"


def test_r15_a_dead_one_is_not_installed(box: Box) -> None:
    """It was revoked: a login is needed, and the active home is as it was."""
    with _doubted(box) as stand:
        before = read(stand.live_path)
        stand.simulator._families.revoke(stand.token(stand.saved("bob")))
        with pytest.raises(LoginNeeded, match="bob needs a new login"):
            verified_switch(stand.context, "bob")
        assert read(stand.live_path) == before


def test_r15_one_that_cannot_be_tried_wants_anyway(box: Box) -> None:
    """Nobody answers: still uncertain, nothing installed; `--anyway` installs it as it is, and asks nobody."""
    with _doubted(box) as stand:
        before = read(stand.live_path)
        stand.simulator.stop()
        with pytest.raises(LoginUnverified, match="could not be found out") as caught:
            verified_switch(stand.context, "bob")
        assert caught.value.hint is not None
        assert "--anyway" in caught.value.hint
        assert read(stand.live_path) == before
        assert verified_switch(stand.context, "bob", anyway=True).changed
        assert load_marks(stand.context)
        stand.simulator.start()


def test_nobody_is_asked_about_a_login_without_doubt(box: Box) -> None:
    """A plain switch sends nothing."""
    with _doubted(box) as stand:
        stand.put("cyd", stand.sign_in("cyd"))
        assert verified_switch(stand.context, "cyd").changed
        assert stand.exchanges() == 0
