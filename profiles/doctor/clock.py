"""This machine's clock: by the time that the service tells, and by logins that seem to come from the future."""

from __future__ import annotations

from profiles.doctor.checks import Check
from profiles.doctor.finding import ERROR, WARNING, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine

SEEN: dict[str, str] = {
    "clock": "How far this machine's clock is off, by the Date of the service's answers (over 60 s: warning, "
    "over 300 s: "
    "error), or without the network by logins that were issued or refreshed in the future.",
}
UNSEEN: dict[str, str] = {}

#: Seconds that a clock may be off before it is said, and before tokens and certificates suffer.
_OFF, _FAR_OFF = 60, 300
_WHY = (
    "With a wrong clock certificates look expired or not yet valid, tokens look expired and are refreshed again and "
    "again, or are used when they are over."
)


def _look(machine: Machine) -> list[Finding] | None:
    """Compare with what the service tells; where it tells nothing, see whether a login comes from the future."""
    skew, who = (None, "") if machine.offline else _told(machine)
    if skew is None:
        found = _from_the_future(machine)
        # Not reached: another check says why; a login of the past says at least something.
        is_told = machine.offline and any(
            each.issued_at or each.last_refresh for each in machine.snapshot.rows
        )
        return found or ([] if is_told else None)
    if abs(skew) <= _OFF:
        return []
    from profiles.doctor.certificates import day

    now = machine.context.now()
    direction = "behind" if skew > 0 else "ahead"
    return [
        Finding(
            "clock",
            ERROR if abs(skew) > _FAR_OFF else WARNING,
            f"The clock is {_span(abs(skew))} {direction}",
            f"this machine: {day(now)}; {who}: {day(now + skew)}",
            _WHY,
            _fix(machine),
        )
    ]


def _told(machine: Machine) -> tuple[float | None, str]:
    """Return how far off the clock is by the host that it agrees with best, and that host."""
    from profiles.doctor.network_ladder import climbed

    told = [
        (climb.skew, climb.place) for climb in climbed(machine).climbs if climb.skew is not None
    ]
    return min(told, key=lambda each: abs(each[0])) if told else (None, "")


def _from_the_future(machine: Machine) -> list[Finding]:
    from profiles.doctor.certificates import day

    now = machine.context.now()
    lines: list[str] = []
    furthest = 0.0
    for row in machine.snapshot.rows:
        for moment, what in ((row.issued_at, "issued"), (row.last_refresh, "refreshed")):
            # The year 9999 says nothing about a clock.
            if moment is not None and now + _OFF < moment < now + 50 * 365 * 86_400:
                furthest = max(furthest, moment - now)
                where = f"{machine.short(row.home)}/auth.json"
                lines.append(f"{where}: {what} {day(moment)}, {_span(moment - now)} from now")
    if not lines:
        return []
    return [
        Finding(
            "clock",
            ERROR if furthest > _FAR_OFF else WARNING,
            f"The clock is at least {_span(furthest)} behind",
            f"this machine: {day(now)}\n" + "\n".join(lines),
            f"A login cannot come from the future. {_WHY}",
            _fix(machine),
        )
    ]


def _fix(machine: Machine) -> str:
    from profiles.doctor.wsl_system import in_wsl

    if machine.platform == "darwin":
        return "sudo sntp -sS time.apple.com"
    if in_wsl(machine):
        return "sudo hwclock -s   (or, in Windows: wsl --shutdown)"
    return "sudo timedatectl set-ntp true"


def _span(seconds: float) -> str:
    """Return a duration for people."""
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}s"
    return f"{seconds:.0f} seconds"


CHECKS: tuple[Check, ...] = (
    Check({"clock": "the clock is right, as far as can be told"}, _look, slow=True),
)
