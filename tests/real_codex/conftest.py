"""The clients, each in the test's own home."""

from __future__ import annotations

import pytest

from tests.support.programs import CODEX_169, CODEXES, need
from tests.support.real_codex import RealCodex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


@pytest.fixture(params=CODEXES)
def codex(request: pytest.FixtureRequest, box: Box) -> RealCodex:
    """Each client in turn, with the active home."""
    return RealCodex(need(str(request.param)), box.codex)


@pytest.fixture
def newest(box: Box) -> RealCodex:
    """The newest client, with the active home."""
    return RealCodex(need(CODEX_169), box.codex)
