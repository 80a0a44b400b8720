"""`history`: what was done, told back as it was, whatever else stands in the file (R16)."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.context import make_context
from profiles.history import (
    WINDOW,
    Entry,
    history_path,
    iso,
    last_switched_to,
    last_switches,
    note,
    read_history,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from tests.conftest import Box

ADA, BOB = "a" * 32, "b" * 32
HOME = "/home/me/.codex"


def _switch(
    time: float, to: str, identity: str, home: str = HOME, result: str = "changed"
) -> Entry:
    return Entry(time, "switch", to, identity, home, result, "before", "c" * 32, "d" * 32)


def _append(context: Context, raw: bytes) -> None:
    with open(history_path(context), "ab") as file:
        file.write(raw)


def test_entries_come_back_as_they_were(box: Box) -> None:
    """Oldest first, odd names and all; empty fields are not written."""
    context = make_context()
    entries = [
        Entry(1_767_614_400.0, "add", "ada@x+1", ADA, "/tmp/with space/ü\udcff", "adopted"),
        _switch(1_767_614_401.0, "bob", BOB),
    ]
    for entry in entries:
        note(context, entry)
    assert read_history(context) == entries
    with open(history_path(context), "rb") as file:
        first = file.readline()
    assert b"before" not in first
    assert b'"time": "2026-01-05T12:00:00Z"' in first
    assert os.stat(history_path(context)).st_mode & 0o777 == 0o600


def test_nothing_was_done_yet(box: Box) -> None:
    """No file is an empty history."""
    assert read_history(make_context()) == []
    assert last_switched_to(make_context(), HOME, ADA) is None


def test_the_last_switch_of_this_home(box: Box) -> None:
    """Other homes, other verbs and switches that changed nothing are not what undo undoes."""
    context = make_context()
    note(context, _switch(1.0, "ada", ADA))
    note(context, _switch(2.0, "bob", BOB))
    note(context, _switch(3.0, "eve", ADA, home="/other"))
    note(context, _switch(4.0, "ada", ADA, result="unchanged"))
    note(context, Entry(5.0, "rename", "rob", BOB, HOME, "renamed", before="bob"))
    note(context, _switch(6.0, "ada", ADA)._replace(verb="undo"))
    assert [(e.verb, e.profile) for e in last_switches(context, HOME)] == [
        ("undo", "ada"),
        ("switch", "bob"),
        ("switch", "ada"),
    ]
    assert last_switched_to(context, "/other", ADA) == "eve"


def test_which_of_several_was_last_switched_to(box: Box) -> None:
    """By identity and home; a switch to what was active already counts too."""
    context = make_context()
    note(context, _switch(1.0, "one", ADA))
    note(context, _switch(2.0, "two", ADA))
    note(context, _switch(3.0, "bob", BOB))
    assert last_switched_to(context, HOME, ADA) == "two"
    note(context, _switch(4.0, "one", ADA, result="unchanged"))
    assert last_switched_to(context, HOME, ADA) == "one"


def test_a_torn_line_does_not_swallow_the_next(box: Box) -> None:
    """Cut by a crash in the middle: the next entry begins its own line."""
    context = make_context()
    note(context, _switch(1.0, "ada", ADA))
    _append(context, b'{"time": "2026-01-05T12:00:00Z", "verb": "sw')
    note(context, _switch(2.0, "bob", BOB))
    assert [entry.profile for entry in read_history(context)] == ["ada", "bob"]


def test_only_the_end_of_a_long_history_is_read(box: Box) -> None:
    """A file that grew for years: the newest entries are there, and half a line at the edge is passed over."""
    context = make_context()
    note(context, _switch(1.0, "ada", ADA))
    _append(context, b"x" * (2 * WINDOW) + b"\n")
    note(context, _switch(2.0, "bob", BOB))
    assert [entry.profile for entry in read_history(context)] == ["bob"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.binary(max_size=40)
        | st.sampled_from(
            [
                b"{}",
                b"[]",
                b'{"time": 5}',
                b'{"time": "2026-13-05T12:00:00Z"}',
                b'{"time": "2026-01-05T12:00:00Z", "verb": 7}',
                b'{"time": "2026-01-05T12:00:00Z", "home": null}',
                b'{"a":' * 2000,
            ]
        ),
        max_size=5,
    )
)
def test_garbage_is_passed_over(box: Box, lines: list[bytes]) -> None:
    """Nothing in the file hides what makes sense."""
    context = make_context()
    if os.path.exists(history_path(context)):
        os.unlink(history_path(context))
    note(context, _switch(1.0, "ada", ADA))
    _append(context, b"\n".join(lines))
    note(context, _switch(2.0, "bob", BOB))
    profiles = [entry.profile for entry in read_history(context) if entry.profile]
    assert (profiles[0], profiles[-1]) == ("ada", "bob")


def test_times_are_utc_with_z() -> None:
    """As the contract writes them."""
    assert iso(0) == "1970-01-01T00:00:00Z"
    assert iso(1_767_614_400.9) == "2026-01-05T12:00:00Z"
