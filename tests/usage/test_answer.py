"""What the backend says is read with mistrust (C121, C122): nothing breaks, and nothing is made up."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as some

from profiles.usage_answer import Window, label_of, read_usage, read_workspaces

NOW: Final = 1_800_000_000.0
FIVE_HOURS: Final = {"used_percent": 41, "limit_window_seconds": 18_000, "reset_at": int(NOW) + 60}
WEEK: Final = {"used_percent": 7, "limit_window_seconds": 604_800, "reset_at": int(NOW) + 3600}


def windows(primary: object, secondary: object = None) -> tuple[Window, ...]:
    """Return the windows of an answer with these."""
    limits = {"primary_window": primary, "secondary_window": secondary}
    usage = read_usage({"rate_limit": limits}, NOW)
    assert usage is not None
    return usage.windows


@pytest.mark.parametrize(
    ("seconds", "label"),
    [
        (18_000, "5h"),
        (17_999, "5h"),
        (604_800, "7d"),
        (2_592_000, "30d"),
        (86_400, "1d"),
        (5400, "90m"),
        (61, "2m"),
        (1, "1m"),
        (None, "limit"),
    ],
)
def test_windows_are_called_by_their_seconds(seconds: int | None, label: str) -> None:
    """Minutes are rounded up as in Codex; whole hours and days are called so."""
    assert label_of(seconds) == label


def test_a_label_never_comes_from_the_place() -> None:
    """A week in the place of the five hours is a week, and the shorter window comes first."""
    assert [each.label for each in windows(WEEK, FIVE_HOURS)] == ["5h", "7d"]
    assert [each.label for each in windows(WEEK)] == ["7d"]


def test_a_whole_answer() -> None:
    """Plan, windows, credits and what is reached."""
    usage = read_usage(
        {
            "plan_type": "team",
            "rate_limit": {"primary_window": FIVE_HOURS, "secondary_window": WEEK},
            "credits": {"has_credits": True, "unlimited": False, "balance": "12.50"},
            "rate_limit_reached_type": {"type": "workspace_owner_credits_depleted"},
        },
        NOW,
    )
    assert usage is not None
    assert (usage.at, usage.plan) == (NOW, "team")
    assert usage.windows[0] == Window("5h", 18_000, 41, NOW + 60)
    assert usage.credits == (True, False, "12.50")
    assert usage.reached == "workspace_owner_credits_depleted"
    tightest = usage.tightest(NOW)
    assert tightest is not None
    assert tightest.label == "5h"
    later = usage.tightest(NOW + 61)
    assert later is not None
    assert later.label == "7d", "a window that was reset since says nothing"


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (None, None),
        ([], None),
        ({}, None),
        ("full", None),
        ({"used_percent": 3}, ("limit", None, 3, None)),
        ({"limit_window_seconds": 60}, ("1m", 60, None, None)),
        ({**FIVE_HOURS, "used_percent": "41"}, ("5h", 18_000, None, NOW + 60)),
        ({**FIVE_HOURS, "used_percent": True}, ("5h", 18_000, None, NOW + 60)),
        ({**FIVE_HOURS, "used_percent": -1}, ("5h", 18_000, None, NOW + 60)),
        ({**FIVE_HOURS, "used_percent": 10**400}, ("5h", 18_000, None, NOW + 60)),
        ({**FIVE_HOURS, "used_percent": 104}, ("5h", 18_000, 104, NOW + 60)),
        ({**FIVE_HOURS, "used_percent": 0.4}, ("5h", 18_000, 0.4, NOW + 60)),
        ({**FIVE_HOURS, "limit_window_seconds": 0}, ("limit", None, 41, NOW + 60)),
        ({**FIVE_HOURS, "limit_window_seconds": None}, ("limit", None, 41, NOW + 60)),
        ({**FIVE_HOURS, "reset_at": None}, ("5h", 18_000, 41, None)),
        ({**FIVE_HOURS, "reset_at": None, "reset_after_seconds": 9}, ("5h", 18_000, 41, NOW + 9)),
        ({**FIVE_HOURS, "reset_at": int(NOW * 1000)}, ("5h", 18_000, 41, None)),
    ],
)
def test_odd_windows(window: object, expected: tuple[object, ...] | None) -> None:
    """A field that cannot be is unknown, and takes no other with it."""
    found = windows(window)
    assert found == ((Window(*expected),) if expected is not None else ())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "reached"),
    [
        ({}, None),
        ({"rate_limit_reached_type": None}, None),
        ({"rate_limit_reached_type": "rate_limit_reached"}, "rate_limit_reached"),
        ({"rate_limit_reached_type": {"type": 5}}, None),
        ({"rate_limit": {"limit_reached": True}}, "rate_limit_reached"),
        ({"spend_control": {"reached": True}}, "spend_limit_reached"),
        ({"spend_control": {"reached": "yes"}}, None),
        ({"rate_limit_reached_type": "\x1b]0;evil\x07"}, None),
    ],
)
def test_what_is_reached(fields: dict[str, Any], reached: str | None) -> None:
    """In each of the places where it may be told; what could steer a terminal is no word."""
    usage = read_usage(fields, NOW)
    assert usage is not None
    assert usage.reached == reached


@pytest.mark.parametrize("document", [None, [], "usage", 5, [{"plan_type": "plus"}]])
def test_what_is_no_usage(document: object) -> None:
    """Something else than an object is no answer."""
    assert read_usage(document, NOW) is None
    assert read_workspaces(document) is None


def test_names_of_workspaces() -> None:
    """By id; without a name None; what is no account is passed over."""
    accounts = [{"id": "a", "name": "Acme"}, {"id": "b", "name": None}, {"id": 5}, None, "x"]
    assert read_workspaces({"accounts": accounts}) == {"a": "Acme", "b": None}
    assert read_workspaces({"accounts": {}}) is None


JSON: Final = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=9),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(
                [
                    *("plan_type", "rate_limit", "primary_window", "secondary_window", "credits"),
                    *("used_percent", "limit_window_seconds", "reset_at", "reset_after_seconds"),
                    *("balance", "rate_limit_reached_type", "type", "spend_control", "reached"),
                    *("accounts", "id", "name"),
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_anything_at_all(document: object) -> None:
    """Whatever JSON comes, it is read without an error, into words that can be shown and numbers that make sense."""
    usage = read_usage(document, NOW)
    read_workspaces(document)
    if usage is None:
        return
    usage.tightest(NOW)
    for window in usage.windows:
        assert window.used_percent is None or 0 <= window.used_percent <= 10_000
        assert window.resets_at is None or 0 < window.resets_at < 1e15
    words = (usage.plan, usage.reached, usage.credits and usage.credits.balance)
    assert all(word is None or word.isprintable() for word in words)
