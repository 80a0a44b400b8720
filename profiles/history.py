"""What was done, one JSON line each: time, verb, profile, identity digest, home, result; no secrets.

`undo`, `switch -` and the choice among profiles with one identity go by it; a line that makes no sense is passed over.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from profiles.atomic import append_line, check_appendable, make_private_folder
from profiles.files import read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from profiles.context import Context

#: Reading goes back this many bytes; some 1,500 entries.
WINDOW = 1 << 19
#: Where one profile's entries are looked for, at most as far back as this many bytes; some 50,000 entries.
FARTHEST = 1 << 24


class Entry(NamedTuple):
    """One thing done. `time` in seconds since the epoch, UTC. Digests are 32 hex digits or empty.

    For a switch `profile` and `identity` are what it went to, `before` and `before_identity` what was there, `token`
    the digest of the refresh token that was installed.
    """

    time: float
    verb: str
    profile: str
    identity: str
    home: str
    result: str
    before: str = ""
    before_identity: str = ""
    token: str = ""


def history_path(context: Context) -> str:
    """Return the path of the file."""
    return f"{context.roots.state}/history.jsonl"


def check_writable(context: Context) -> None:
    """Raise StoreNotWritable when nothing could be noted: known before a switch, not after it."""
    make_private_folder(context.files, context.roots.state)
    check_appendable(context.files, history_path(context))


def note(context: Context, entry: Entry) -> None:
    """Append an entry durably. Raises StoreNotWritable."""
    make_private_folder(context.files, context.roots.state)
    fields = {name: value for name, value in entry._asdict().items() if value != ""}
    fields["time"] = iso(entry.time)
    append_line(context.files, history_path(context), json.dumps(fields, ensure_ascii=True))


def iso(seconds: float) -> str:
    """Write a time as ISO 8601, UTC, whole seconds, with Z."""
    from time import gmtime, strftime

    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(seconds))


def read_history(context: Context) -> list[Entry]:
    """Return the entries, oldest first."""
    return list(reversed(list(newest_first(context))))


def newest_first(context: Context) -> Iterator[Entry]:
    """Yield the entries, newest first."""
    try:
        lines = read_regular(history_path(context), last=WINDOW).split(b"\n")
    except OSError:
        return
    for line in reversed(lines):
        entry = _parse(line)
        if entry is not None:
            yield entry


def about(
    context: Context, name: str, identity: str, most: int, wanted: Callable[[], bool] = lambda: True
) -> list[Entry]:
    """Return what was done with a profile, newest first, `most` entries at the most.

    `identity` is the digest of its login: what was done with that under another name belongs to it. It stops, with
    what it has, as soon as `wanted` says no. Entries of others are passed over without being read.
    """
    words = [json.dumps(name)[1:-1].encode(), *([identity.encode()] if identity else [])]
    found: list[Entry] = []
    for size in (WINDOW, FARTHEST):
        try:
            data = read_regular(history_path(context), last=size)
        except OSError:
            return []
        found.clear()
        for line in _backwards(data):
            if len(found) >= most or not wanted():
                return found
            if any(word in line for word in words):
                entry = _parse(line)
                if entry is not None and _concerns(entry, name, identity):
                    found.append(entry)
        if len(data) < size:
            break
    return found


def _backwards(data: bytes) -> Iterator[bytes]:
    """Yield the lines, the last first."""
    end = len(data)
    while end > 0:
        start = data.rfind(b"\n", 0, end) + 1
        yield data[start:end]
        end = start - 1


def _concerns(entry: Entry, name: str, identity: str) -> bool:
    """Whether something was done with this profile, or with its login."""
    if name in (entry.profile, entry.before):
        return True
    if entry.profile:
        return bool(identity) and identity in (entry.identity, entry.before_identity)
    return name in refreshed_names(entry)


def refreshed_names(entry: Entry) -> dict[str, str]:
    """Return what became of each login that the entry of a refresh names: outcomes by profile."""
    found = {}
    for part in entry.result.split("; ") if entry.verb == "refresh" else ():
        outcome, _, names = part.partition(": ")
        for each in names.partition(" and ")[0].split(", "):
            found[each] = outcome
    return found


def entries_in(lines: list[bytes]) -> list[Entry]:
    """Return the entries in these lines."""
    return [entry for entry in map(_parse, lines) if entry is not None]


def _parse(line: bytes) -> Entry | None:
    if not line.startswith(b"{"):
        return None
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    from profiles.auth_file import parse_time

    moment = parse_time(fields.get("time"))
    words = {name: fields.get(name, "") for name in Entry._fields[1:]}
    if moment is None or not all(isinstance(word, str) for word in words.values()):
        return None
    return Entry(moment / 1e9, **words)


def last_switches(context: Context, home: str) -> Iterator[Entry]:
    """Yield the switches that changed this home, newest first."""
    for entry in newest_first(context):
        if entry.home == home and entry.verb in ("switch", "undo") and entry.result == "changed":
            yield entry


def last_switched_to(context: Context, home: str, identity: str) -> str | None:
    """Return the profile of this identity that this home was last switched to, if any."""
    for entry in newest_first(context):
        if entry.home == home and entry.verb in ("switch", "undo") and entry.identity == identity:
            return entry.profile
    return None


def was_logged_out(context: Context, identity: str) -> bool:
    """Say whether the last that we did to a login was to log it out."""
    for entry in newest_first(context):
        if entry.identity == identity and entry.verb in ("add", "login", "logout"):
            return entry.verb == "logout"
    return False
