"""Which login has the most usage left: by its tightest window, then by the earliest reset."""

from __future__ import annotations

from profiles.usage_answer import UsageSnapshot, Window
from profiles.usage_choice import choose
from profiles.usage_plan import UsageResult

NOW = 1_800_000_000.0
HOUR = 3600.0


def told(
    name: str, *shares: tuple[float, float], reached: str | None = None, fresh: bool = True
) -> UsageResult:
    """Return a result with windows of these shares used and hours until their reset."""
    windows = tuple(
        Window(f"w{number}", 18_000, used, NOW + hours * HOUR)
        for number, (used, hours) in enumerate(shares)
    )
    snapshot = UsageSnapshot(NOW, "plus", windows, None, reached)
    return UsageResult(name, "plus", snapshot, fresh, error=None if fresh else "away")


def order(*results: UsageResult, active: str | None = None) -> list[str]:
    """Return the names, the best first."""
    return [each.name for each in choose(results, active, NOW)]


def test_the_tightest_window_counts() -> None:
    """Much left in one window is of no use where the other is nearly gone."""
    assert order(told("a", (5, 1), (90, 1)), told("b", (60, 1), (60, 1))) == ["b", "a"]


def test_of_equals_the_earliest_reset() -> None:
    """Then the active one, so that nothing is switched for nothing, then the order of the list."""
    assert order(told("a", (50, 9)), told("b", (50, 2)), active="a") == ["b", "a"]
    assert order(told("a", (50, 2)), told("b", (50, 2)), active="b") == ["b", "a"]
    assert order(told("a", (50, 2)), told("b", (50, 2))) == ["a", "b"]


def test_the_reset_is_that_of_the_tightest_window() -> None:
    """An early reset of the other window decides nothing; of two as tight the later one holds longer."""
    assert order(told("a", (50, 5), (1, 1)), told("b", (50, 3), (1, 9))) == ["b", "a"]
    assert order(told("a", (50, 1), (50, 9)), told("b", (50, 5))) == ["b", "a"]


def test_what_is_stopped_has_nothing_left() -> None:
    """Credits that are used up stop a login whatever its windows say."""
    stopped = told("a", (1, 1), reached="workspace_owner_credits_depleted")
    assert order(stopped, told("b", (99, 1))) == ["b", "a"]
    [first, second] = choose([stopped, told("b", (99, 1))], None, NOW)
    assert (first.left, second.left, second.is_stopped) == (1, 0, True)


def test_a_window_that_was_reset_says_nothing() -> None:
    """Its share is of yesterday."""
    assert order(told("a", (99, -1), (10, 1)), told("b", (20, 1))) == ["a", "b"]


def test_what_nobody_knows_comes_last() -> None:
    """Without any limit told it is behind even those with nothing left; what was told earlier counts for nothing."""
    assert order(told("a"), told("b", (100, 1))) == ["b", "a"]
    gone = UsageSnapshot(NOW, "plus", (Window("5h", 18_000, 100, None),), None, None)
    assert order(told("a"), UsageResult("b", "plus", gone, True)) == ["b", "a"]
    assert order(told("a", (0, 1), fresh=False), told("b", (100, 1))) == ["b"]
    assert order() == []
