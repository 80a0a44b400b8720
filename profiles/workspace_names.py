"""The names of workspaces by account id, as the backend last told them (C122): `workspaces.json` in the cache folder.

A login itself knows the id of its workspace only.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from profiles.context import Context

#: A name is asked for again after this time (seconds).
NAME_LASTS = 86_400.0


def workspaces_path(context: Context) -> str:
    """Return the path of the file with names of workspaces."""
    return f"{context.roots.cache}/workspaces.json"


def load_workspaces(context: Context) -> dict[str, tuple[str | None, float]]:
    """Return by account id the name of its workspace, None for one without, and when that was told."""
    from profiles.cache_file import believable_number, load_entries

    found: dict[str, tuple[str | None, float]] = {}
    for account, entry in load_entries(workspaces_path(context)).items():
        if not isinstance(entry, list) or len(entry) != 2:
            continue
        name, at = entry[0], believable_number(entry[1])
        if at is not None and (name is None or isinstance(name, str)):
            found[account] = (name, at)
    return found


def workspace_names(context: Context) -> dict[str, str]:
    """Return the names of workspaces by account id. Without any it costs one look for a file."""
    if not os.path.lexists(workspaces_path(context)):
        return {}
    return {
        account: name for account, (name, _) in load_workspaces(context).items() if name is not None
    }


def save_workspaces(context: Context, learnt: Mapping[str, str | None]) -> None:
    """Put names that were told just now beside those that are there, if that can be written."""
    if not learnt:
        return
    from profiles.cache_file import KEPT, save_entries

    now = context.now()
    known = {
        **load_workspaces(context),
        **{account: (name, now) for account, name in learnt.items()},
    }
    entries = {account: list(each) for account, each in known.items() if each[1] > now - KEPT}
    save_entries(context, workspaces_path(context), entries)
