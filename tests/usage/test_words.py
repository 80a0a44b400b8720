"""Usage for people: bars that do not lie at their ends, windows and times in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from profiles.usage_answer import Credits, UsageSnapshot, Window
from tui.terminal import cells
from tui.usage_words import (
    ASCII_SIGNS,
    UTF8_SIGNS,
    bar,
    credit_words,
    percent,
    resets,
    sentence,
    short,
)

NOW = 1_800_000_000.0


def snapshot(*windows: Window, reached: str | None = None) -> UsageSnapshot:
    """Return what was told three hours ago."""
    return UsageSnapshot(NOW - 10_800, "plus", windows, None, reached)


@pytest.mark.parametrize(
    ("used", "shown"),
    [
        (0, "----------"),
        (0.1, "#---------"),
        (4, "#---------"),
        (50, "#####-----"),
        (96, "#########-"),
        (99.9, "#########-"),
        (100, "##########"),
        (250, "##########"),
        (-3, "----------"),
        (None, ""),
    ],
)
def test_bars(used: float | None, shown: str) -> None:
    """Full at all and empty at nothing only."""
    assert bar(used, 10, ASCII_SIGNS) == shown


@given(some.floats(-10, 200), some.integers(0, 60))
def test_a_bar_is_as_wide_as_asked(used: float, width: int) -> None:
    """In every encoding, whatever is used."""
    for signs in (ASCII_SIGNS, UTF8_SIGNS):
        assert cells(bar(used, width, signs)) == width


@pytest.mark.parametrize(
    ("used", "shown"),
    [(0, "0%"), (0.2, "1%"), (41, "41%"), (41.5, "42%"), (99.6, "99%"), (100, "100%"), (None, "?")],
)
def test_percents(used: float | None, shown: str) -> None:
    """A little is not nothing, and nearly all is not all."""
    assert percent(used) == shown


def test_windows_in_words() -> None:
    """When they are reset; one that was reset since is not known any more."""
    five, week = Window("5h", 18_000, 41, NOW + 7980), Window("7d", 604_800, 96, NOW - 60)
    assert resets(five, NOW) == "resets in 2h13m"
    assert resets(week, NOW) == "was reset 1m ago"
    assert resets(five._replace(resets_at=None), NOW) == ""
    assert short(snapshot(five, week), NOW) == "5h 41%  7d ?"
    assert short(snapshot(five, reached="rate_limit_reached"), NOW) == "5h 41%  reached"
    assert short(snapshot(), NOW) == "no limits told"
    assert short(None, NOW) == "?"
    assert sentence(snapshot(five, reached="rate_limit_reached"), NOW) == (
        "5h 41% used (resets in 2h13m), the limit is reached; 3h00m ago"
    )
    assert "some_new_word" in sentence(snapshot(reached="some_new_word"), NOW)


@pytest.mark.parametrize(
    ("credit", "words"),
    [
        (None, None),
        (Credits(False, False, "0"), None),
        (Credits(None, None, None), None),
        (Credits(True, False, "12.50"), "12.50 left"),
        (Credits(True, True, None), "unlimited"),
        (Credits(True, False, None), "some"),
        (Credits(False, False, "3"), "3 left"),
        (Credits(True, False, "0"), "0 left"),
    ],
)
def test_credits(credit: Credits | None, words: str | None) -> None:
    """Said when there are any, or were to be."""
    assert credit_words(credit) == words
