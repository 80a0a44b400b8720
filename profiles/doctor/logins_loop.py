"""The endless login: a sign-in that succeeds, and is lost all the same; the causes in the order in which to look."""

from __future__ import annotations

from profiles.doctor.finding import ERROR, INFO, Finding, severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine

#: The ids by which a good sign-in is lost, of a level that counts now; the first explains the rest.
_ORDER = (
    "store.keyring",
    "store.ephemeral",
    "config.forced",
    "home.readonly",
    "home.full",
    "file.owner",
    "file.mode",
    "file.hardlink",
    "file.mount",
    "token.short_lived",
)
#: With these every Codex command ends at once: nobody gets as far as a sign-in.
_NO_START = ("config.broken", "home.unusable", "home.link")
_VARIABLE = "CODEX_ACCESS_TOKEN"


def loops(machine: Machine) -> list[Finding]:
    """Gather what keeps a new login from lasting. Each is a finding of its own: how they hang together is told here."""
    causes = _causes(machine) if machine.context.active.problem is None else []
    if not causes:
        return []
    first = causes[0]
    lines = [f"{each.id}: {each.title}" for each in causes]
    return [
        Finding(
            "login.loop",
            INFO,
            "A new login will not last here"
            if len(causes) == 1
            else f"A new login will not last here, for {len(causes)} reasons",
            "\n".join(lines),
            "A sign-in succeeds in the browser, and yet the next start does not use it: logging in once more, or "
            "installing Codex anew, changes nothing. "
            + (
                "That finding has the way out."
                if len(causes) == 1
                else "Mend the first of these first."
            ),
            first.fix,
        )
    ]


def _causes(machine: Machine) -> list[Finding]:
    from profiles.doctor import files, homes, store
    from profiles.doctor.logins_states import states

    found = _by_variable(machine)
    checks = [check for module in (store, homes, files) for check in module.CHECKS]
    wanted = {*_ORDER, *_NO_START}
    looks = [check.look for check in checks if not wanted.isdisjoint(check.fine)]
    gathered = [each for look in [*looks, states] for each in look(machine) or ()]
    if any(each.id in _NO_START and each.level == ERROR for each in gathered):
        return []
    for id_ in _ORDER:
        worst = [each for each in gathered if each.id == id_ and each.level == ERROR]
        found += sorted(worst, key=severity)[:1]
    return found


def _by_variable(machine: Machine) -> list[Finding]:
    from profiles.doctor.redaction import described

    value = machine.environ.get(_VARIABLE, "")
    if not value.strip():
        return []
    title = f"{_VARIABLE} beats every login ({described(value)})"
    return [Finding("env.access_token", ERROR, title, fix=f"unset {_VARIABLE}")]
