"""What was last said about usage, in the cache folder (`usage.json`, by the digest of an identity). No secrets.

It is read with mistrust; entries that are not what they should be count for nothing, and it need not be writable.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from profiles.cache_file import KEPT, believable_number, load_entries, save_entries
from profiles.usage_answer import Credits, UsageSnapshot, Window, in_order, label_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from profiles.context import Context


class Remembered(NamedTuple):
    """One login's last usage, and when its access token was last refused though it was new (both may be None)."""

    usage: UsageSnapshot | None = None
    refused_at: float | None = None


def usage_path(context: Context) -> str:
    """Return the path of the file with usage."""
    return f"{context.roots.cache}/usage.json"


def load_usage(context: Context) -> dict[str, Remembered]:
    """Return what is remembered by identity digest; entries that make no sense are passed over."""
    found: dict[str, Remembered] = {}
    for digest, entry in load_entries(usage_path(context)).items():
        if isinstance(entry, dict):
            remembered = Remembered(
                _snapshot(entry.get("usage")), believable_number(entry.get("refused_at"))
            )
            if any(each is not None for each in remembered):
                found[digest] = remembered
    return found


def save_usage(context: Context, learnt: Mapping[str, Remembered]) -> None:
    """Put what was learnt beside what is there, if that can be written; what is very old goes."""
    if not learnt:
        return
    oldest = context.now() - KEPT
    known = {**load_usage(context), **learnt}
    entries = {
        digest: {"usage": _packed(each.usage), "refused_at": each.refused_at}
        for digest, each in known.items()
        if max(each.usage.at if each.usage is not None else 0.0, each.refused_at or 0.0) > oldest
    }
    save_entries(context, usage_path(context), entries)


def _packed(usage: UsageSnapshot | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    return {
        "at": usage.at,
        "plan": usage.plan,
        "windows": [list(window[1:]) for window in usage.windows],
        "credits": None if usage.credits is None else list(usage.credits),
        "reached": usage.reached,
    }


def _snapshot(value: object) -> UsageSnapshot | None:
    """Return a snapshot as `_packed` made it; None for anything else."""
    if not isinstance(value, dict):
        return None
    at, windows, credits_ = (
        believable_number(value.get("at")),
        value.get("windows"),
        value.get("credits"),
    )
    if at is None or not isinstance(windows, list):
        return None
    found = [_window(each) for each in windows]
    texts = [value.get("plan"), value.get("reached")]
    kept = None
    if isinstance(credits_, list) and len(credits_) == 3:
        flags = [each if isinstance(each, bool) else None for each in credits_[:2]]
        kept = Credits(flags[0], flags[1], credits_[2] if isinstance(credits_[2], str) else None)
    plan, reached = (text if isinstance(text, str) else None for text in texts)
    return UsageSnapshot(
        at, plan, in_order(window for window in found if window is not None), kept, reached
    )


def _window(value: object) -> Window | None:
    if not isinstance(value, list) or len(value) != 3:
        return None
    seconds, used, resets = (believable_number(each) for each in value)
    length = None if seconds is None else int(seconds)
    return Window(label_of(length), length, used, resets)
