"""What was last said about the usage of profiles that are listed already: no file of theirs is read again."""

from __future__ import annotations

import os

from profiles.model import CHATGPT, Identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from profiles.context import Context
    from profiles.model import ProfileRow
    from profiles.usage_answer import UsageSnapshot


def usage_of_rows(context: Context, rows: Iterable[ProfileRow]) -> dict[str, UsageSnapshot]:
    """Return by profile what was last said about each of these rows. Without any it costs one look for a file."""
    if not os.path.lexists(f"{context.roots.cache}/usage.json"):
        return {}
    from profiles.usage_cache import load_usage

    known = load_usage(context)
    found = {}
    for row in rows:
        if row.name is None or row.kind != CHATGPT or not (row.user_id and row.account_id):
            continue
        remembered = known.get(Identity(row.kind, row.user_id, row.account_id, "").digest())
        if remembered is not None and remembered.usage is not None:
            found[row.name] = remembered.usage
    return found
