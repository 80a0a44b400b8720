"""What Codex's own doctor says, less what is named better here."""

from __future__ import annotations

from profiles.doctor.finding import INFO, WARNING, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine

#: The first version whose `codex doctor` is known: in an older one the word may be a prompt.
_SINCE = (0, 163)
#: Its checks of what has a subject of ours.
_OURS = frozenset({"auth.credentials", "app_server.status"})
#: Those that fail without a network, and those that have nothing to do with a login.
_HARMLESS = ("network.", "updates.", "terminal.", "git.", "runtime.search", "system.", "mcp.")
_SEVERITY = {"fail": WARNING, "warning": INFO}


def ask_doctor(machine: Machine) -> list[Finding] | None:
    """Run `codex doctor --json` of the first client on PATH; None where there is none that knows it."""
    from profiles.doctor.codex_clients import clients

    first = next(iter(clients(machine)), None)
    if first is None or first.numbers is None or first.numbers < _SINCE:
        return None
    command = [first.path, "doctor", "--json"]
    ran = machine.run(command, folder=machine.folder)
    if ran is None or ran.code is None:
        said = "it cannot be run" if ran is None else "no answer in time; offline it takes longer"
        return [_finding(INFO, "Codex's own doctor gave no answer here", f"{first.path}: {said}")]
    checks = _read(ran.out)
    if checks is None:
        return [
            _finding(
                INFO,
                "Codex's own doctor gave an answer that makes no sense",
                f"{first.path}: exit code {ran.code}",
            )
        ]
    bad = [(id_, status, summary) for id_, status, summary in checks if id_ not in _OURS]
    if not bad:
        return []
    worst = [status == "fail" and not id_.startswith(_HARMLESS) for id_, status, _ in bad]
    level = WARNING if any(worst) else INFO
    lines = [f"{id_}: {status}: {summary}" for id_, status, summary in bad]
    title = f"Codex's own doctor names {len(bad)} thing{'s' * (len(bad) > 1)} more"
    return [_finding(level, title, "\n".join(lines))]


def _finding(level: str, title: str, evidence: str) -> Finding:
    why = "It looks at Codex as a whole; what concerns logins is named above, where it can be."
    return Finding("codex.doctor", level, title, evidence, why, "codex doctor")


def _read(out: str) -> list[tuple[str, str, str]] | None:
    """Return id, status and summary of its checks that are not ok."""
    import json

    try:
        checks = json.loads(out)["checks"]
        return [
            (str(id_), str(check["status"]), _line(str(check["summary"])))
            for id_, check in checks.items()
            if check["status"] in _SEVERITY
        ]
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _line(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())[:200]
