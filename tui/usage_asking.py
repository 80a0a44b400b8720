"""Ask for usage from a headless command: progress where somebody watches, an end that loses nothing, a choice."""

from __future__ import annotations

from profiles import expiry
from profiles.model import CHATGPT
from tui import stderr
from tui.usage_words import percent, resets

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from profiles.context import Context
    from profiles.errors import ProfilesError
    from profiles.usage import UsageResult
    from profiles.usage_choice import Candidate

#: The states of a login that works, or will after its next refresh.
WORKING = (expiry.OK, expiry.EXPIRING, expiry.EXPIRED)


def ask(
    context: Context, names: Sequence[str] | None = None, total: int | None = None
) -> list[UsageResult]:
    """Ask for the usage of these profiles, or of all, and return the results as they came.

    Raises ProfileNotFound. Raises KeyboardInterrupt when somebody wants an end; what was sent is then saved first.
    """
    from asyncio import CancelledError, run

    try:
        return run(_collect(context, names, total))
    except CancelledError:
        # SIGTERM or SIGHUP; asyncio itself makes a KeyboardInterrupt of ctrl-c.
        raise KeyboardInterrupt from None


async def _collect(
    context: Context, names: Sequence[str] | None, total: int | None
) -> list[UsageResult]:
    import asyncio
    from contextlib import aclosing

    from profiles.usage import fetch

    _end_gently(asyncio.get_running_loop(), asyncio.current_task())
    results: list[UsageResult] = []
    async with aclosing(fetch(context, names)) as coming:
        async for result in coming:
            results.append(result)
            if total is not None and len(results) < total and stderr.can_rewrite():
                stderr.progress(f"asked for {len(results)} of {total}; ctrl-c stops")
    # What comes next may go to stdout, on the same terminal.
    stderr.progress("")
    return results


def _end_gently(loop: asyncio.AbstractEventLoop, task: asyncio.Task[object] | None) -> None:
    """Let a refresh that is under way be answered and saved before the process ends."""
    import signal

    for number in (signal.SIGTERM, signal.SIGHUP):
        if task is not None and signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, task.cancel)


def say_trouble(results: Sequence[UsageResult]) -> None:
    """Say which profiles could not be asked about, why, and what to do."""
    for result in results:
        for sentence in result.said:
            stderr.note(sentence)
        if result.error is not None:
            stderr.note(f"{result.name}: {result.error}{f'; {result.hint}' if result.hint else ''}")


def best_profile(context: Context) -> str:
    """Return the profile with the most usage left, and say why it is that one.

    Raises ProfilesError when nothing can be told, with what to do.
    """
    from profiles.errors import LoginNeeded
    from profiles.listing import take_snapshot
    from profiles.usage_choice import choose
    from tui.first_steps import LOG_IN, SAVE

    found = take_snapshot(context).rows
    rows = [row for row in found if row.name is not None]
    working = [row for row in rows if row.kind == CHATGPT and row.state in WORKING]
    for row in rows:
        if row.kind == CHATGPT and row not in working:
            stderr.say(f"{row.name}: not considered, it is {row.state}")
    names = [row.name for row in working if row.name is not None]
    results = ask(context, names, len(names)) if names else []
    results.sort(key=lambda result: names.index(result.name))
    say_trouble(results)
    active = next((row.name for row in working if row.active), None)
    candidates = choose(results, active, context.now())
    if not rows:
        raise LoginNeeded("no profile yet, so there is none to choose", SAVE if found else LOG_IN)
    if not candidates:
        raise _nothing_known(context, results)
    for each in candidates:
        stderr.say(_left(each, context.now()))
    best = candidates[0]
    much = "the most usage left" if best.left is not None else "no limits told"
    stderr.say(f"{best.name} has {much}." if best.left != 0 else _gone(best, context.now()))
    return best.name


def _left(candidate: Candidate, now: float) -> str:
    window = candidate.window
    if candidate.left is None:
        return f"{candidate.name}: no limits told"
    if window is None:
        return f"{candidate.name}: nothing left"
    when = resets(window, now)
    tail = f", which {when}" if when else ""
    stopped = " (and a limit is reached)" if candidate.is_stopped else ""
    much = percent(100 - (window.used_percent or 0))
    return f"{candidate.name}: {much} left in its {window.label} window{tail}{stopped}"


def _gone(candidate: Candidate, now: float) -> str:
    when = resets(candidate.window, now) if candidate.window is not None else ""
    return f"No login has any usage left; {candidate.name}{f' {when}, the first of them' if when else ' is taken'}."


def _nothing_known(context: Context, results: Sequence[UsageResult]) -> ProfilesError:
    """Return why there is no best login."""
    from profiles.errors import IssuerUnreachable, LoginNeeded, StoreLocked, SwitchRefused
    from profiles.usage import LOCKED, NEEDED, UNREACHABLE, worst

    if not results:
        return LoginNeeded(
            "no profile holds a ChatGPT login that works", "tui login NAME --device-code"
        )
    failure = worst(results)
    first = next(each for each in results if each.failure == failure)
    message = f"the usage of no login can be told; {first.name}: {first.error}"
    hint = first.hint or "tui usage"
    if failure == NEEDED:
        return LoginNeeded(message, hint)
    if failure == UNREACHABLE:
        return IssuerUnreachable(message, hint)
    if failure == LOCKED:
        return StoreLocked(context.roots.locks, None, 30.0)
    return SwitchRefused(message, hint)
