"""All checks at once: quick ones one after the other, slow ones each in a thread, five seconds for all."""

from __future__ import annotations

import queue
import threading

from profiles.doctor.finding import OK, Finding, severity
from profiles.doctor.machine import failed
from profiles.doctor.redaction import without_secrets
from profiles.errors import ProfilesError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from profiles.doctor.checks import Check
    from profiles.doctor.machine import Machine

    #: Gets the findings of a check as soon as it has looked, in any order.
    Teller = Callable[[Sequence[Finding]], object]

#: The modules of `profiles.doctor` with a `CHECKS`, in the order of a diagnosis: the first hit explains the rest.
SUBJECTS = (
    "environment",
    "homes",
    "files",
    "store",
    "logins",
    "codex",
    "ports",
    "network",
    "tls",
    "clock",
    "wsl",
    "ide",
    "ssh",
)


def all_checks() -> list[Check]:
    """Return every check, in the order of a diagnosis."""
    from importlib import import_module

    return [
        check
        for subject in SUBJECTS
        for check in import_module(f"profiles.doctor.{subject}").CHECKS
    ]


def examine(
    machine: Machine, checks: Iterable[Check] | None = None, on_found: Teller | None = None
) -> list[Finding]:
    """Look at everything and return what was found: the worst first, then in the order of a diagnosis.

    A check that raises, or that has no answer when the time is over, is a finding of level "unknown" for each of its
    ids. Nothing is changed, and nothing is sent when the machine is `offline`.
    """
    chosen = [
        each
        for each in (all_checks() if checks is None else checks)
        if not (each.sends and machine.offline)
    ]
    found: dict[int, list[Finding]] = {}

    def take(place: int, findings: list[Finding]) -> None:
        found[place] = findings
        if on_found is not None:
            on_found(findings)

    for place, findings in _answers(chosen, machine):
        take(place, findings)
    late = f"no answer within {machine.limit:g} s"
    for place, check in enumerate(chosen):
        if place not in found:
            take(place, [failed(id_, late) for id_ in check.fine])
    return sorted((each for place in sorted(found) for each in found[place]), key=severity)


def _answers(checks: Sequence[Check], machine: Machine) -> Iterator[tuple[int, list[Finding]]]:
    """Let all checks look, and give their answers as they come, until the time is over."""
    answers: queue.SimpleQueue[tuple[int, list[Finding]]] = queue.SimpleQueue()

    def look(places: Iterable[int]) -> None:
        for place in places:
            answers.put((place, _look(checks[place], machine)))

    # The quick ones, too: a home on a dead network drive must not hold the doctor. All threads are daemons, since one
    # that hangs in the kernel must not keep the program from ending.
    groups = [[place] for place, check in enumerate(checks) if check.slow]
    groups.append([place for place, check in enumerate(checks) if not check.slow])
    for group in groups:
        threading.Thread(target=look, args=[group], daemon=True).start()
    deadline = machine.context.monotonic() + machine.limit
    for _ in checks:
        try:
            yield answers.get(timeout=max(0.0, deadline - machine.context.monotonic()))
        except queue.Empty:
            return


def _look(check: Check, machine: Machine) -> list[Finding]:
    """Return what one check finds, with "ok" for every id of it about which nothing was found."""
    try:
        looked = check.look(machine)
        findings = None if looked is None else [_clean(each) for each in looked]
    except ProfilesError as error:
        return [failed(id_, without_secrets(error.message)) for id_ in check.fine]
    except Exception as error:  # noqa: BLE001 - one broken check never hides what the others find
        return [
            failed(id_, f"the check itself failed: {type(error).__name__}") for id_ in check.fine
        ]
    if findings is None:
        return []
    told = {each.id for each in findings}
    return findings + [
        Finding(id_, OK, fine) for id_, fine in check.fine.items() if id_ not in told
    ]


def _clean(finding: Finding) -> Finding:
    """Return the finding without anything that looks like a credential, whatever a check took over from outside."""
    return finding._replace(
        title=without_secrets(finding.title),
        evidence=without_secrets(finding.evidence),
        why=without_secrets(finding.why),
    )
