"""Homes that were found and are no profiles: which one, under which name."""

from __future__ import annotations

import os

from profiles.discovery import NAME
from profiles.paths import tilde

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection

    from tui.screens.deeds import Deeds
    from tui.screens.switchyard import Switchyard


def ask_which(app: Switchyard, deeds: Deeds, name: str) -> Awaitable[None]:
    """Ask which of the found homes is to be a profile; then its name, unless it was typed already."""
    from tui.screens.login_dialogs import Choose, Option

    found = app.state.snapshot.discovered
    user_home = app.context.user_home
    options = [
        Option(each.home, tilde(each.home, user_home), each.email or each.state) for each in found
    ]

    def named(home: str, given: str) -> None:
        deeds.register(given, home)

    def chosen(home: str | None) -> None:
        if home is None:
            return
        if name:
            named(home, name)
            return
        taken = {row.name.lower() for row in app.state.all_rows if row.name}
        text = f"{tilde(home, user_home)} stays where it is."
        value = suggested(home, taken)
        deeds.ask(
            "Name of the new profile", text, value, lambda given: named(home, given), name=True
        )

    return app.push_screen(Choose("Register a home", "Its login is not copied.", options), chosen)


def suggested(home: str, taken: Collection[str]) -> str:
    """Return a name for a home: `~/.codex-work` is work. Empty where nothing fits."""
    base = os.path.basename(home).lstrip(".")
    for start in ("codex-", "codex_"):
        base = base.removeprefix(start)
    return base if NAME.fullmatch(base) and base.lower() not in taken else ""
