"""What every login flow is given: surroundings, issuer, home, and how to wait."""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from profiles.context import Context
    from profiles.oauth.issuer import Issuer


async def sleep(seconds: float) -> None:
    """Wait, without keeping others from working."""
    import asyncio

    await asyncio.sleep(seconds)


class LoginSettings(NamedTuple):
    """For whom a flow runs: `home` is where the login will go, `workspaces` the only ones let through there (C56).

    `sleep` takes seconds; tests put their own in its place.
    """

    context: Context
    issuer: Issuer
    home: str
    workspaces: tuple[str, ...] = ()
    sleep: Callable[[float], Awaitable[None]] = sleep
