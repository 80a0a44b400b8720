"""The marker moves as soon as the switch is durable; nobody waits for what is noted and read after it."""

from __future__ import annotations

from profiles.context import make_context
from profiles.history import read_history
from profiles.switching import switch
from profiles.verifying import verified_undo
from tests.screen.stage import live_login, open_stage, two_logins
from tui.state import ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def test_it_is_told_when_it_is_durable_and_not_before(box: Box) -> None:
    """Whoever is told finds the new login in the home, and the history without it still; each switch tells once."""
    ada, bob = two_logins(box)
    context = make_context()
    told: list[tuple[str, bytes, int]] = []

    def tell(name: str) -> None:
        told.append((name, live_login(box), len(read_history(context))))

    before = len(read_history(context))
    switch(context, "work", on_installed=tell)
    assert told == [("work", bob.document().data(), before)]
    switch(context, "work", on_installed=tell)
    assert len(told) == 1, "nothing was installed"
    verified_undo(context, on_installed=tell)
    assert told[1][:2] == ("personal", ada.document().data())


async def test_the_marker_moves_before_the_switch_has_ended(box: Box) -> None:
    """The row is marked while the switch still notes what it did, and stays marked; both keys do that."""
    two_logins(box)
    async with open_stage() as stage:
        seen: list[tuple[str | None, str | None]] = []

        def watch(names: frozenset[str]) -> None:
            active = stage.app.state.active
            if ROWS in names:
                seen.append((active.name if active is not None else None, stage.app.state.busy))

        stage.app.state.watch(watch)
        await stage.press("j", "space")
        assert seen[0] == ("work", "switching to work")
        assert {name for name, _ in seen} == {"work"}
        assert stage.active == "work"
        seen.clear()
        await stage.press("u")
        assert seen[0] == ("personal", "undoing the last switch")
        assert {name for name, _ in seen} == {"personal"}
        assert stage.active == "personal"
