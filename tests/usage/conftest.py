"""The stand of most tests here."""

from __future__ import annotations

import pytest

from tests.usage.stand import UsageStand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box


@pytest.fixture
def stand(box: Box) -> Iterator[UsageStand]:
    """One login, ada's, of two hours ago."""
    with UsageStand(box) as made:
        made.log_in("ada")
        yield made
