"""How much of each login is used: asked of the backend, several at a time, and remembered (C120 to C122, R12, R22).

    async for result in fetch(context, ["ada"]):    # each as it comes
    cached(context)                                 # what was last said, by profile, without asking anybody

Nothing but the cache is written, with two exceptions: an access token that the backend refuses leads to one refresh of
its login, as in Codex, and the word that its session has ended is remembered. That the backend answers proves nothing.
"""

from __future__ import annotations

from profiles.usage_cache import load_usage
from profiles.usage_errand import FAILURES, LOCKED, NEEDED, UNREACHABLE, Errand
from profiles.usage_plan import FAILED, UsageResult, plan_asks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from profiles.context import Context
    from profiles.oauth.http import Timeouts
    from profiles.usage_answer import UsageSnapshot

#: How many logins are asked about at a time.
AT_A_TIME = 4


def worst(results: Sequence[UsageResult]) -> str | None:
    """Return the worst of what went wrong; None when all is well."""
    failures = {result.failure for result in results}
    return next((each for each in FAILURES if each in failures), None)


def cached(context: Context) -> dict[str, UsageSnapshot]:
    """Return what was last said about each profile of which anything is known."""
    known = load_usage(context)
    if not known:
        return {}
    from profiles.cache import FactCache
    from profiles.discovery import identity_of, load_shelf

    cache = FactCache(context)
    found = {}
    for profile in load_shelf(context, cache).profiles:
        identity = identity_of(profile, cache.auth_facts(profile.auth_path))
        remembered = None if identity is None else known.get(identity.digest())
        if remembered is not None and remembered.usage is not None:
            found[profile.name] = remembered.usage
    return found


async def fetch(
    context: Context,
    names: Sequence[str] | None = None,
    *,
    at_a_time: int = AT_A_TIME,
    timeouts: Timeouts | None = None,
) -> AsyncGenerator[UsageResult, None]:
    """Ask for the usage of the profiles of these names, or of all, and yield each as it comes.

    Closed early it asks nobody any more, and keeps what it has learnt. Raises ProfileNotFound; everything else is a
    result.
    """
    import asyncio

    asks, silent = plan_asks(context, names)
    errand = Errand(context, at_a_time, timeouts)
    tasks = [asyncio.ensure_future(errand.run(ask)) for ask in asks]
    try:
        for each in silent:
            yield errand.silent(each)
        for done in asyncio.as_completed(tasks):
            for result in await done:
                yield result
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await errand.close()


__all__ = [
    "FAILED",
    "LOCKED",
    "NEEDED",
    "UNREACHABLE",
    "UsageResult",
    "cached",
    "fetch",
    "worst",
]
