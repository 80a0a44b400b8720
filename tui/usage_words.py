"""Usage for people: bars, windows, when they are reset, credits; and its shape in JSON. For commands and the screen."""

from __future__ import annotations

from profiles.expiry import countdown, duration_words
from tui import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.usage_answer import Credits, UsageSnapshot, Window

    #: The sign of what is used, and of what is not.
    Signs = tuple[str, str]

UTF8_SIGNS: Signs = ("█", "░")
ASCII_SIGNS: Signs = ("#", "-")
#: From so much used on (per cent) a window is marked.
SCARCE, NEARLY_GONE = 75.0, 90.0

#: What stops a login, in words; an unknown word is shown as it is.
REACHED = {
    "rate_limit_reached": "the limit is reached",
    "workspace_owner_credits_depleted": "the workspace's credits are used up",
    "workspace_member_credits_depleted": "your credits in this workspace are used up",
    "workspace_owner_usage_limit_reached": "the workspace's usage limit is reached",
    "workspace_member_usage_limit_reached": "your usage limit in this workspace is reached",
    "spend_limit_reached": "the spend limit is reached",
}


def bar(percent: float | None, width: int, signs: Signs) -> str:
    """Return a bar of `width` cells; empty when nothing is known.

    It is empty at nothing and full at all only: what is used a little shows, and so does what is left.
    """
    if percent is None or width <= 0:
        return ""
    share = min(max(percent, 0.0), 100.0)
    full = round(share / 100 * width)
    if share > 0:
        full = max(full, 1)
    if share < 100:
        full = min(full, width - 1)
    return signs[0] * full + signs[1] * (width - full)


def percent(used: float | None) -> str:
    """Return how much is used, whole per cents; a fraction is not rounded to all or nothing."""
    if used is None:
        return "?"
    whole = round(used)
    if 99 < used < 100:
        whole = 99
    return f"{1 if 0 < used < 1 else whole}%"


def resets(window: Window, now: float) -> str:
    """Return when a window is reset: `resets in 2h13m`, `was reset 5m ago`, nothing when it is unknown."""
    if window.resets_at is None:
        return ""
    words = countdown(now, window.resets_at)
    return f"was reset {words}" if window.resets_at <= now else f"resets in {words}"


def style_of(used: float | None) -> str:
    """Return the style of a share that is used."""
    if used is None:
        return "dim"
    return "red" if used >= NEARLY_GONE else "yellow" if used >= SCARCE else ""


def reached(snapshot: UsageSnapshot) -> str | None:
    """Return what stops this login now, in words; None when nothing does."""
    word = snapshot.reached
    return None if word is None else REACHED.get(word, word)


def credit_words(credit: Credits | None) -> str | None:
    """Return the credits in words; None when there are none to speak of."""
    if credit is None:
        return None
    if credit.unlimited:
        return "unlimited"
    if not credit.has_credits and credit.balance in (None, "0", "0.0", "0.00"):
        return None
    return "some" if credit.balance is None else f"{credit.balance} left"


def age(snapshot: UsageSnapshot, now: float) -> str:
    """Return how old a snapshot is: `3h05m ago`."""
    return f"{duration_words(snapshot.age(now))} ago"


def short(snapshot: UsageSnapshot | None, now: float) -> str:
    """Return all windows in a few cells: `5h 41%  7d 7%`; what is reached is marked."""
    if snapshot is None:
        return "?"
    words = [f"{each.label} {percent(each.used_now(now))}" for each in snapshot.windows]
    return "  ".join([*words, *(["reached"] if snapshot.reached else [])]) or "no limits told"


def sentence(snapshot: UsageSnapshot, now: float) -> str:
    """Return all of a snapshot in one line, its age included."""
    parts = []
    for window in snapshot.windows:
        when = resets(window, now)
        parts.append(
            f"{window.label} {percent(window.used_now(now))} used{f' ({when})' if when else ''}"
        )
    parts = parts or ["no limits told"]
    credit = credit_words(snapshot.credits)
    parts += [f"credits {credit}"] if credit else []
    parts += [each] if (each := reached(snapshot)) else []
    return f"{', '.join(parts)}; {age(snapshot, now)}"


# --- JSON -----------------------------------------------------------------------------------------


def usage_fields(snapshot: UsageSnapshot | None, error: str | None) -> output.Json:
    """Return what a profile's usage is in JSON, without name and plan."""
    windows = () if snapshot is None else snapshot.windows
    credit = None if snapshot is None else snapshot.credits
    return {
        "windows": [
            {
                "label": each.label,
                "window_seconds": each.window_seconds,
                "used_percent": each.used_percent,
                "resets_at": output.time(each.resets_at),
            }
            for each in windows
        ],
        "credits": None if credit is None else dict(credit._asdict()),
        "reached": None if snapshot is None else snapshot.reached,
        "error": error,
    }


def profile_usage(snapshot: UsageSnapshot | None, error: str | None = None) -> output.Json | None:
    """Return `usage` of the PROFILE object, with the time at which it was told; None when nothing is known."""
    if snapshot is None:
        return None
    told = {"plan": snapshot.plan, **usage_fields(snapshot, error)}
    return {**told, "as_of": output.time(snapshot.at)}
