"""What became of a refresh, in words: a line for each profile, a summary, and what to do next."""

from __future__ import annotations

from profiles.expiry import countdown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

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


def next_steps(results: Sequence[Result], again: str) -> list[str]:
    """Return what a person can do about what is not well, the most urgent first. `again`: the same command."""

    def names(outcome: str) -> list[str]:
        return [r.name for r in results if r.outcome == outcome and not r.locked]

    def others(of: list[str]) -> str:
        return f" (likewise {', '.join(of[1:])})" if len(of) > 1 else ""

    steps = []
    if needed := names("login-needed"):
        steps.append(f"tui login {needed[0]} --device-code{others(needed)}")
    if names("unreachable"):
        steps.append(f"look at network and proxy, then: {again}")
    if any(r.locked for r in results):
        steps.append(f"once the other process is done: {again}")
    if unsure := names("uncertain"):
        steps.append(
            f"tui refresh {unsure[0]}{others(unsure)}; if that does not help, log in again"
        )
    if failed := names("failed"):
        steps.append(f"tui show {failed[0]}{others(failed)}")
    return steps
