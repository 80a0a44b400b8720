"""What a test does with a finding: look that it hides every secret, carry its fix out, mend it and take that back."""

from __future__ import annotations

import os
import shlex
import subprocess

from profiles.doctor.finding import INFO, OK
from tests.support.cli import run_tui
from tests.support.tokens import SECRETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from profiles.doctor.finding import Finding
    from tests.doctor.patient import Patient


def check_canary(findings: Iterable[Finding]) -> None:
    """No field of any finding holds any secret that tests ever made."""
    for finding in findings:
        changes = finding.mend.changes if finding.mend is not None else ()
        text = "\n".join([*(str(field) for field in finding[:6]), *changes])
        for secret, what in SECRETS.items():
            assert secret not in text, f"{finding.id} holds the {what}"


def found_all(patient: Patient, id_: str) -> list[Finding]:
    """Examine the subject of an id that is ours; return its findings that are not "ok"."""
    from profiles.doctor import files, homes, logins, store

    subjects = {"homes": homes, "files": files, "store": store, "logins": logins}
    (subject,) = [name for name, module in subjects.items() if id_ in module.SEEN]
    findings = patient.findings(subject)
    check_canary(findings)
    for finding in findings:
        assert len(finding.title) <= 70, finding.title
        assert not finding.title.endswith("."), finding.title
        assert finding.level == OK or not finding.title[0].islower(), finding.title
    return [each for each in findings if each.id == id_ and each.level != OK]


def found_one(patient: Patient, id_: str, level: str, *culprits: str) -> Finding:
    """Expect exactly one finding of this id and level, whose evidence names the culprits."""
    __tracebackhide__ = True
    found = found_all(patient, id_)
    assert len(found) == 1, found
    (finding,) = found
    assert finding.level == level, finding
    for culprit in culprits:
        assert culprit in finding.evidence, (culprit, finding.evidence)
    assert finding.why, finding
    assert finding.fix or level == INFO, finding
    return finding


def assert_gone(patient: Patient, id_: str) -> None:
    """Expect that nothing is wrong any more."""
    __tracebackhide__ = True
    assert found_all(patient, id_) == []


def carry_out(patient: Patient, fix: str) -> None:
    """Do what a fix says: `tui …` by our program, a variable in the patient's shell, all else by a shell."""
    __tracebackhide__ = True
    for step in fix.split(" && "):
        _step(patient, step)


def _step(patient: Patient, fix: str) -> None:
    __tracebackhide__ = True
    words = shlex.split(fix)
    if words[0] == "tui":
        ran = run_tui(words[1:])
        assert ran.code == 0, ran
    elif words[0] == "unset":
        patient.set(**dict.fromkeys(words[1:]))
    elif words[0] == "export":
        name, _, value = words[1].partition("=")
        patient.set(**{name: value})
    else:
        done = subprocess.run(
            ["sh", "-c", fix], env=patient.environ, capture_output=True, check=False, text=True
        )
        assert done.returncode == 0, (fix, done.stderr)


def cured(patient: Patient, finding: Finding) -> None:
    """Carry the fix out and expect that the finding is gone."""
    __tracebackhide__ = True
    carry_out(patient, finding.fix)
    assert_gone(patient, finding.id)


def mended_and_undone(patient: Patient, finding: Finding) -> None:
    """Mend it, expect that it is gone, take that back, and expect that it is found again."""
    __tracebackhide__ = True
    undo = patient.mend(finding)
    assert_gone(patient, finding.id)
    carry_out(patient, undo)
    again = found_all(patient, finding.id)
    assert [each[:6] for each in again] == [finding[:6]]


def mode_of(path: str) -> str:
    """Return the permission bits as `ls` would, four octal digits."""
    return f"{os.stat(path).st_mode & 0o7777:04o}"


def assert_nothing_wrong(patient: Patient) -> None:
    """Expect that all four subjects give nothing but "ok" and "info"."""
    __tracebackhide__ = True
    findings = patient.findings("homes", "files", "store", "logins")
    check_canary(findings)
    assert [each[:4] for each in findings if each.level not in (OK, INFO)] == []
