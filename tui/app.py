"""How the screen starts: what is needed for the first row comes first, everything else after it.

Only `run_screen` is called from outside. Importing this file costs nothing; it imports Textual when
the screen is wanted.
"""

from __future__ import annotations

import os

from profiles.config import Config, load_config
from profiles.discovery import NAME
from profiles.errors import ConfigError
from profiles.listing import Snapshot, take_snapshot
from profiles.model import EMPTY, ProfileRow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context

#: Up to so many profiles the disk is read whole before the first row: 0.2 ms each at the worst.
#: With more the names come first, and what stands in their files right after.
READ_AT_ONCE = 64
#: The names of the first picture then; no terminal has more lines.
FIRST_NAMES = 200


def run_screen(context: Context) -> int:
    """Open the screen, and return the exit code when the person left it."""
    import gc

    # Importing Textual makes much that lives as long as we do: looking for garbage in it costs 10
    # to 27 ms. It is switched on again after the first row.
    gc.disable()
    config, problem = read_config(context)
    snapshot, partial = first_look(context)
    from tui.screens.switchyard import Switchyard

    app = Switchyard(context, config, snapshot, partial=partial, size=_terminal_size())
    if problem is not None:
        app.state.note(problem.message, "warning", problem.hint)
    code = app.run(mouse=config.mouse)
    return app.return_code or code or 0


def _terminal_size() -> tuple[int, int] | None:
    """Return columns and rows of the terminal; None where it does not tell."""
    from shutil import get_terminal_size

    columns, rows = get_terminal_size((0, 0))
    return (columns, rows) if columns and rows else None


def read_config(context: Context) -> tuple[Config, ConfigError | None]:
    """Return the person's settings; the defaults, and why, if their file cannot be used."""
    try:
        return load_config(context), None
    except ConfigError as error:
        return Config(), error


def first_look(context: Context) -> tuple[Snapshot, bool]:
    """Return what the first picture shows, and whether it is names only."""
    try:
        names = os.listdir(context.roots.profiles)
    except OSError:
        names = []
    if len(names) <= READ_AT_ONCE:
        return take_snapshot(context), False
    folder = context.roots.profiles
    names = sorted(names, key=str.lower)
    rows = [
        _unread(name, f"{folder}/{name}") for name in names[:FIRST_NAMES] if NAME.fullmatch(name)
    ]
    home = context.active
    return Snapshot(context.now(), home.path, home.problem, None, rows, [], [], []), True


def _unread(name: str, folder: str) -> ProfileRow:
    """Return the row of a profile of which only the name is known so far."""
    return ProfileRow(
        name=name,
        active=False,
        kind=EMPTY,
        email="",
        user_id=None,
        account_id=None,
        workspace=None,
        plan=None,
        state="",
        reason=None,
        issued_at=None,
        access_token_expires_at=None,
        id_token_expires_at=None,
        last_refresh=None,
        home=folder,
        managed=True,
        note=None,
    )
