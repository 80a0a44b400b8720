"""The doctor and a real Codex daemon: asked over its socket it names the old account, and its restart mends it."""

from __future__ import annotations

import os
import subprocess

import pytest

from profiles.doctor.finding import ERROR, OK
from tests.doctor.listening import only_here
from tests.doctor.patient import Patient
from tests.support.tokens import SECRETS, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.support.real_codex import RealCodex

pytestmark = [pytest.mark.real_codex, pytest.mark.slow]


def test_real_daemon_on_the_old_account(newest: RealCodex, box: Box) -> None:
    """It is named with both accounts; the mend, and the very line of the fix, make it the new one (C90, C92)."""
    ada, bob, cy = (Login(Person(name)).fresh() for name in ("ada", "bob", "cy"))
    ada.write(newest.home)
    patient = Patient(box)
    path = f"{os.path.dirname(newest.path)}:/usr/bin:/bin"
    patient.set(**{**newest.environ, "PATH": os.environ["PATH"] + ":" + path})
    patient.context["processes"] = only_here(box)
    with newest.daemon() as pid:
        assert patient.found("codex", "daemon.old", offline=True) == []
        [running] = patient.found("codex", "codex.running", offline=True)
        assert f"codex app-server (daemon), pid {pid}" in running.evidence
        assert running.evidence.endswith("ada@example.com, as it says itself")

        bob.write(newest.home)
        findings = patient.found("codex", offline=True)
        [found] = [each for each in findings if each.id == "daemon.old"]
        assert (found.level, found.title) == (ERROR, "The daemon still uses ada@example.com")
        assert f"daemon (pid {pid}) of {newest.home}: ada@example.com" in found.evidence
        assert f"{newest.home}/auth.json: bob@example.com" in found.evidence
        text = "\n".join(str(field) for each in findings for field in each)
        assert not [what for secret, what in SECRETS.items() if secret in text]

        assert found.mend is not None
        done = found.mend.apply()
        assert done.undo is None
        assert done.said[0].startswith("restarted: process ")
        assert patient.found("codex", "daemon.old", offline=True) == []
        assert newest.daemon_access_token() == bob.access_token

        cy.write(newest.home)
        [found] = patient.found("codex", "daemon.old", offline=True)
        assert found.level == ERROR
        subprocess.run(["/bin/sh", "-c", found.fix], env=patient.environ, check=True)
        assert patient.found("codex", "daemon.old", offline=True) == []
        assert newest.daemon_access_token() == cy.access_token
    # The mend of a finding that nothing is left of is done without a word of Codex.
    assert found.mend is not None
    assert found.mend.apply().said == ("no daemon runs there any more",)


def test_real_daemon_with_newer_tokens_of_its_own(newest: RealCodex, box: Box) -> None:
    """A refresh by somebody else is no old account, and looking makes the daemon neither send nor write anything."""
    ada = Login(Person("ada")).fresh()
    ada.write(newest.home)
    patient = Patient(box)
    patient.context["processes"] = only_here(box)
    with newest.daemon():
        ada.rotate().write(newest.home)
        before = os.stat(f"{newest.home}/auth.json")
        levels = [
            each.level
            for each in patient.findings("codex", offline=True)
            if each.id == "daemon.old"
        ]
        assert levels in (["info"], [OK])
        after = os.stat(f"{newest.home}/auth.json")
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
        assert newest.daemon_access_token() == ada.access_token
