"""No refresh token is presented twice in any test, but where the test forces that and says how often.

Every simulator of the process is watched (tests/conftest.py asks at the end of each test).
"""

from __future__ import annotations

import contextlib

from tui.simulator.families import reuses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_forced = 0


def force(times: int) -> None:
    """Say that this test makes somebody present a spent refresh token so many times."""
    global _forced  # noqa: PLW0603 - one test at a time
    _forced += times


@contextlib.contextmanager
def counted() -> Iterator[None]:
    """Raise AssertionError at the end if more or fewer spent tokens were presented than were forced."""
    global _forced  # noqa: PLW0603 - one test at a time
    _forced = 0
    before = len(reuses)
    yield
    seen = reuses[before:]
    assert len(seen) == _forced, f"refresh tokens sent twice: {seen}, forced: {_forced}"
