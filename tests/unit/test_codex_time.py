"""The time in `last_refresh`, as Codex's calendar reads it (C32)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from profiles.codex_time import believable, parse_time
from tests.support.codex_times import NO_TIMES, TIMES

SECOND = 1_000_000_000


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-20T10:00:00Z", _seconds("2026-11-20T10:00:00Z")),
        ("2026-11-20T10:00:00+02:00", _seconds("2026-11-20T08:00:00Z")),
        ("2026-11-20T10:00:00-0930", _seconds("2026-11-20T19:30:00Z")),
        ("2026-11-20T10:00:00\u221202:00", _seconds("2026-11-20T12:00:00Z")),
        ("2026-12-31T23:59:60Z", _seconds("2027-01-01T00:00:00Z")),
        ("2024-02-29 0:0:0 UTC", _seconds("2024-02-29T00:00:00Z")),
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59Z", -1),
        ("0001-01-01T00:00:00Z", -62_135_596_800),
        ("-0001-03-01T00:00:00Z", _seconds("0399-03-01T00:00:00Z") - 146_097 * 86_400),
        ("+10000-01-01T00:00:00Z", 253_402_300_800),
        ("+262142-12-31T23:59:59Z", 8_210_266_876_799),
        ("-262143-01-01T00:00:00Z", -8_334_601_228_800),
    ],
)
def test_the_moment(text: str, seconds: int) -> None:
    """Zones, leap seconds and years that Python does not know come out as nanoseconds since 1970, UTC."""
    assert parse_time(text) == seconds * SECOND


def test_every_day_of_four_centuries() -> None:
    """The calendar is Python's own wherever that has one."""
    first = datetime(1999, 1, 1, tzinfo=UTC).toordinal()
    for ordinal in range(first, first + 146_097):
        day = datetime.fromordinal(ordinal)
        expected = (ordinal - datetime(1970, 1, 1, tzinfo=UTC).toordinal()) * 86_400 * SECOND
        assert parse_time(f"{day:%Y-%m-%d}T00:00:00Z") == expected


def test_fractions_are_nanoseconds() -> None:
    """Nine digits count, more are cut, fewer are filled up."""
    assert parse_time("1970-01-01T00:00:00.5Z") == SECOND // 2
    assert parse_time("1970-01-01T00:00:00.1234567899Z") == 123_456_789
    assert parse_time("1970-01-01T00:00:60.25Z") == 60 * SECOND + SECOND // 4


def test_what_is_a_time_and_what_is_none() -> None:
    """All that Codex was asked about, as a whole; only texts are times."""
    assert [text for text in TIMES if parse_time(text) is None] == []
    assert [text for text in NO_TIMES if parse_time(text) is not None] == []
    assert parse_time(1_700_000_000) is None
    assert parse_time(None) is None


def test_what_says_nothing_is_not_believed() -> None:
    """The year 1, which Go writes for no time, and years that no calendar shows, count as not told."""
    for text in ("0001-01-01T00:00:00Z", "+10000-01-01T00:00:00Z", "1969-12-31T23:59:59Z"):
        assert believable(parse_time(text)) is None
    assert believable(parse_time("9999-12-31T23:59:59.9Z")) is not None
    assert believable(0) == 0
    assert believable(None) is None
