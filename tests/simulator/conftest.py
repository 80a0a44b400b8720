"""A simulator for each test, with one person in it."""

from __future__ import annotations

import pytest

from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A running one, with ada, who is also in the workspace Acme."""
    with Simulator() as running:
        running.people.add("ada@example.com", workspaces=[("ws-acme", "Acme", "team")])
        yield running
