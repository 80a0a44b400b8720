"""The aims of speed, on a machine that has nothing else to do."""

from __future__ import annotations

import pytest

from tests.bench.__main__ import COMMANDS, ROUNDS, ROWS, measure


@pytest.mark.bench
@pytest.mark.parametrize("part", [COMMANDS, ROWS])
def test_the_aims_are_reached(part: str) -> None:
    """Nobody waits longer than promised, however many profiles there are."""
    tables = measure(ROUNDS, [part])
    print("", *tables, sep="\n")
    missed = [r.case.name for each in tables for r in each.results if not r.reached]
    assert missed == []
