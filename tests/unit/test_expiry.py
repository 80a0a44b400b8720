"""`expiry`: states in time, their words, and when the words change next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.expiry import (
    DAY,
    EXPIRED,
    EXPIRING,
    HOUR,
    LOGIN_NEEDED,
    MINUTE,
    OK,
    STATES,
    countdown,
    duration_words,
    next_change,
    token_state,
)

NOW = 1_800_000_000.0


def _state(left: float | None, life: float | None = 10 * DAY, *, refreshable: bool = True) -> str:
    expires = None if left is None else NOW + left
    issued = None if life is None or expires is None else expires - life
    return token_state(NOW, expires, issued, None, refreshable=refreshable)


@pytest.mark.parametrize(
    ("left", "life", "state"),
    [
        (DAY + 1, 10 * DAY, OK),
        (DAY, 10 * DAY, EXPIRING),
        (DAY + 1, 100 * DAY, OK),
        (DAY, 100 * DAY, EXPIRING),
        (361, HOUR, OK),
        (360, HOUR, EXPIRING),
        (1, HOUR, EXPIRING),
        (0, HOUR, EXPIRED),
        (-400 * DAY, HOUR, EXPIRED),
        (DAY + 1, None, OK),
        (DAY, None, EXPIRING),
        (None, None, OK),
    ],
)
def test_a_tenth_of_its_life_and_a_day_at_most(
    left: float | None, life: float | None, state: str
) -> None:
    """Expiring in the last tenth, 24 hours at most; expired at the very moment."""
    assert _state(left, life) == state


def test_expired_without_a_refresh_token_needs_a_login() -> None:
    """What cannot be refreshed is over when it is over, and not before."""
    assert _state(-1, refreshable=False) == LOGIN_NEEDED
    assert _state(0, refreshable=False) == LOGIN_NEEDED
    assert _state(HOUR, refreshable=False) == EXPIRING


@pytest.mark.parametrize(
    ("age", "state"), [(0, OK), (7 * DAY - 1, OK), (7.5 * DAY, EXPIRING), (8 * DAY, EXPIRED)]
)
def test_an_opaque_token_is_due_eight_days_after_its_refresh(age: float, state: str) -> None:
    """Codex's own rule where the token itself says nothing."""
    assert token_state(NOW, None, None, NOW - age, refreshable=True) == state


def test_an_expiry_that_is_told_wins_over_the_last_refresh() -> None:
    """However old the refresh: a readable, later `exp` counts."""
    assert token_state(NOW, NOW + 5 * DAY, NOW, NOW - 60 * DAY, refreshable=True) == OK


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h00m"),
        (3 * HOUR + 59 * MINUTE + 59, "3h59m"),
        (2 * DAY - 1, "47h59m"),
        (2 * DAY, "2d"),
        (9 * DAY + 4 * HOUR, "9d 4h"),
        (100 * DAY + 4 * HOUR, "100d"),
        (-90, "1m"),
    ],
)
def test_spans_in_two_units_at_most(seconds: float, words: str) -> None:
    """Cut down, never rounded up: nobody is promised a minute that is not there."""
    assert duration_words(seconds) == words


def test_a_countdown_tells_the_side() -> None:
    """Before, after, and unknown."""
    assert countdown(NOW, NOW + 90) == "1m"
    assert countdown(NOW, NOW - 90) == "1m ago"
    assert countdown(NOW, NOW) == "0s ago"
    assert countdown(NOW, None) == "-"
    assert next_change(NOW, None) is None


@given(
    st.floats(0, 4_000_000_000, allow_nan=False),
    st.floats(-400 * DAY, 400 * DAY, allow_nan=False),
)
def test_the_words_change_when_it_is_said(now: float, left: float) -> None:
    """After `next_change` seconds they read differently, and a moment before they do not (within clock error)."""
    moment = now + left
    wait = next_change(now, moment)
    assert wait is not None
    assert 0 < wait <= HOUR + 1
    words = countdown(now, moment)
    assert countdown(now + max(wait - 0.03, 0) * 0.5, moment) == words
    assert countdown(now + wait + 0.02, moment) != words or abs(moment - now) >= 100 * DAY


@given(st.floats(-1e6, 1e6), st.floats(1, 1e8), st.floats(0, 1e6))
def test_time_only_makes_it_worse(left: float, life: float, later: float) -> None:
    """ok, expiring, expired: never back."""
    order = [OK, EXPIRING, EXPIRED]
    expires, issued = NOW + left, NOW + left - life
    states = [
        token_state(moment, expires, issued, None, refreshable=True)
        for moment in (NOW, NOW + later)
    ]
    assert order.index(states[0]) <= order.index(states[1])


def test_states_are_those_of_the_contract() -> None:
    """In the order in which the first that applies is taken."""
    assert STATES == (
        "broken",
        "empty",
        "moving",
        "moved",
        "login-needed",
        "uncertain",
        "static",
        "expired",
        "expiring",
        "ok",
    )
