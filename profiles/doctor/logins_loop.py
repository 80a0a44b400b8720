"""The endless login: what on this machine makes the next start ask again, in the order in which to look."""

from __future__ import annotations

from profiles.doctor.finding import ERROR, INFO, Finding, severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine

#: The ids that end a good login, of a level that counts now; the first explains the rest.
_ORDER = (
    "store.keyring",
    "store.ephemeral",
    "config.forced",
    "config.broken",
    "home.many",
    "home.unusable",
    "home.link",
    "home.readonly",
    "home.full",
    "file.owner",
    "file.mode",
    "file.hardlink",
    "file.mount",
    "token.short_lived",
)
_VARIABLE = "CODEX_ACCESS_TOKEN"


def loops(machine: Machine) -> list[Finding]:
    """Gather what keeps a new login from lasting; an error when Codex finds no login now, else worth knowing."""
    causes = _causes(machine)
    if not causes:
        return []
    first = causes[0]
    lines = [f"{each.id}: {each.title}" for each in causes]
    looping = _asks_now(machine) or any(each.id == "config.forced" for each in causes)
    return [
        Finding(
            "login.loop",
            ERROR if looping else INFO,
            "A new login will not last here"
            if len(causes) == 1
            else f"A new login will not last here, for {len(causes)} reasons",
            "\n".join(lines),
            "The sign-in succeeds, and the next start asks again: logging in once more, or installing Codex anew, "
            "changes nothing. Mend the first of these first.",
            first.fix,
        )
    ]


def _causes(machine: Machine) -> list[Finding]:
    from profiles.doctor import files, homes, store
    from profiles.doctor.logins_states import states

    found = _by_variable(machine)
    checks = [check for module in (store, homes, files) for check in module.CHECKS]
    looks = [check.look for check in checks if not set(_ORDER).isdisjoint(check.fine)]
    gathered = [each for look in [*looks, states] for each in look(machine) or ()]
    for id_ in _ORDER:
        worst = [each for each in gathered if each.id == id_ and _counts(each)]
        found += sorted(worst, key=severity)[:1]
    return found


def _counts(finding: Finding) -> bool:
    return finding.level == ERROR or (finding.id == "home.many" and finding.level != INFO)


def _by_variable(machine: Machine) -> list[Finding]:
    from profiles.doctor.redaction import described

    value = machine.environ.get(_VARIABLE, "")
    if not value.strip():
        return []
    title = f"{_VARIABLE} beats every login ({described(value)})"
    return [Finding("env.access_token", ERROR, title, fix=f"unset {_VARIABLE}")]


def _asks_now(machine: Machine) -> bool:
    """Tell whether Codex finds no login that it could use in the active home."""
    from profiles.doctor.homes_places import cache_of
    from profiles.model import NO_LOGIN_KINDS
    from profiles.paths import AUTH_FILE

    live = cache_of(machine).auth_facts(f"{machine.home}/{AUTH_FILE}")
    active = machine.snapshot.row(machine.snapshot.active or "")
    return live.kind in NO_LOGIN_KINDS or (active is not None and active.state == "login-needed")
