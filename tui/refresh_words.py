"""What became of a refresh, in words: a line for each profile, a summary, and what to do next."""

from __future__ import annotations

from profiles.expiry import LOGIN_NEEDED, countdown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from profiles.context import Context
    from profiles.refreshing import Result

#: Every outcome and its word, in the order of the summary.
WORDS = {
    "refreshed": "refreshed",
    "fresh": "fresh",
    "skipped": "skipped",
    "login-needed": "login needed",
    "unreachable": "unreachable",
    "uncertain": "uncertain",
    "failed": "failed",
}
#: The outcomes with which nobody has to do anything.
WELL = frozenset({"refreshed", "fresh", "skipped"})

#: By what these reasons are known, which need another next step than their outcome has.
BUSY, MIXED, PORTAL = "(429)", "mixes two logins", "without an error of the issuer's"


def is_well(result: Result) -> bool:
    """Say whether this needs nobody."""
    return result.outcome in WELL


def sentence(result: Result, now: float) -> str:
    """Return what became of one profile. `now`: seconds since the epoch, UTC."""
    word = WORDS.get(result.outcome, result.outcome)
    if result.reason is not None:
        return f"{word}: {result.reason}"
    if result.expires_at is None:
        return word
    left = countdown(now, result.expires_at)
    return f"{word}, expired {left}" if left.endswith(" ago") else f"{word}, expires in {left}"


def summary(results: Sequence[Result]) -> str:
    """Return how many profiles had which outcome."""
    counts = {word: sum(r.outcome == outcome for r in results) for outcome, word in WORDS.items()}
    parts = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    number = f"{len(results)} profile{'' if len(results) == 1 else 's'}"
    return f"{number}: {parts}" if parts else number


def is_interrupted(result: Result) -> bool:
    """Say whether it was begun, and given up because somebody wanted an end."""
    return (result.reason or "").startswith("interrupted")


def next_steps(
    results: Sequence[Result],
    again: str,
    twice: Collection[str] = (),
    environ: Mapping[str, str] | None = None,
) -> list[str]:
    """Return what a person can do about what is not well, the most urgent first.

    `again`: the same command. `twice`: the uncertain profiles that were sent twice already, see `sent_twice`.
    """

    def names(outcome: str) -> list[str]:
        return [r.name for r in results if r.outcome == outcome and not r.locked]

    steps = []
    if needed := names("login-needed"):
        steps.append(f"tui login {needed[0]} --device-code{_others(needed)}")
    away = [
        r for r in results if r.outcome == "unreachable" and not (r.locked or is_interrupted(r))
    ]
    busy = [r for r in away if BUSY in (r.reason or "")]
    if len(busy) < len(away):
        steps.append(f"look at network and proxy, then: {again}")
    if busy:
        steps.append(f"wait some minutes, then: {again}")
    if any(r.locked for r in results):
        steps.append(f"once the other process is done: {again}")
    doubtful = [r for r in results if r.outcome == "uncertain" and not r.locked]
    mixed = [r.name for r in doubtful if MIXED in (r.reason or "")]
    steps += _of_unanswered([r.name for r in doubtful if r.name not in mixed], twice)
    portal = [r.name for r in results if r.outcome == "failed" and PORTAL in (r.reason or "")]
    if portal:
        steps.append(f"{look_at_exit(environ)}; then: {again}")
    if failed := [*mixed, *(name for name in names("failed") if name not in portal)]:
        steps.append(f"tui show {failed[0]}{_others(failed)}")
    return steps


def _others(names: Sequence[str]) -> str:
    return f" (likewise {', '.join(names[1:])})" if len(names) > 1 else ""


def _of_unanswered(names: Sequence[str], twice: Collection[str]) -> list[str]:
    steps = []
    if once := [name for name in names if name not in twice]:
        steps.append(f"tui refresh {once[0]}{_others(once)} asks once more")
    if often := [name for name in names if name in twice]:
        steps.append(forced_or_new(often[0], _others(often)))
    return steps


def step_for(name: str, state: str, reason: str | None, context: Context) -> str:
    """Return what to do about one profile that is login-needed or uncertain."""
    if state == LOGIN_NEEDED or MIXED in (reason or ""):
        return f"tui login {name} --device-code"
    if sent_twice(context, [name]):
        return forced_or_new(name)
    return f"tui refresh {name} asks once more"


def forced_or_new(name: str, others: str = "") -> str:
    """Return the two ways on for a login that was sent twice without an answer that tells (R17)."""
    return (
        f"tui refresh {name} --force{others} sends it once more, at your risk; "
        f"a new login ends the doubt: tui login {name} --device-code"
    )


def look_at_exit(environ: Mapping[str, str] | None) -> str:
    """Return how to find out who answers in the issuer's place."""
    from profiles.oauth.issuer import DEFAULT_ISSUER, ISSUER_VARIABLE

    address = (environ or {}).get(ISSUER_VARIABLE) or DEFAULT_ISSUER
    return (
        "the answer comes from the network or from the issuer's guard (proxy, portal, region, bot wall): "
        f"curl -sSI {address} shows it; try from another network or exit address"
    )


def sent_twice(context: Context, names: Collection[str]) -> frozenset[str]:
    """Return those of these profiles whose refresh token was sent twice without an answer that tells (R17)."""
    if not names:
        return frozenset()
    from profiles.cache import FactCache
    from profiles.discovery import load_shelf
    from profiles.spent import load_spent

    twice, cache = load_spent(context).twice, FactCache(context)
    profiles = [each for each in load_shelf(context, cache).profiles if each.name in names]
    return frozenset(
        each.name for each in profiles if cache.auth_facts(each.auth_path).refresh_digest in twice
    )
