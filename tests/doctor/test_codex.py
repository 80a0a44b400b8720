"""The clients on PATH, and what Codex's own doctor says; all of them made up here."""

from __future__ import annotations

import json
import os
import subprocess
import time

import pytest

from profiles.doctor import codex
from profiles.doctor.finding import INFO, UNKNOWN, WARNING
from tests.doctor.listening import Inspected, npm_client, only_here
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.doctor.patient import Patient

#: A client that answers `--version` and `doctor --json`.
CLIENT = """\
import os, sys, time
if sys.argv[1:] == ["--version"]:
    print("codex-cli {version}")
elif sys.argv[1:] == ["doctor", "--json"]:
    time.sleep({wait})
    sys.stderr.write("noise\\n")
    print({said!r})
    sys.exit(1)
"""


@pytest.fixture
def patient(box: Box) -> Patient:
    """A machine with one new client."""
    made = Inspected(box)
    made.context["processes"] = only_here(box)
    npm_client(made, "0.169.0")
    return made


def doctors(*checks: tuple[str, str, str], wait: float = 0.0, version: str = "0.169.0") -> str:
    """Return a client whose doctor says this: id, status, summary."""
    found = {id_: {"id": id_, "status": status, "summary": text} for id_, status, text in checks}
    return CLIENT.format(version=version, wait=wait, said=json.dumps({"checks": found}))


def test_codex_healthy(patient: Patient, box: Box) -> None:
    """One client, nothing that runs, a login: nothing is wrong, and each id but codex.doctor says so offline."""
    Login(Person("ada")).fresh().write(box.codex)
    findings = patient.findings("codex", offline=True)
    assert {each.level for each in findings} == {"ok"}
    assert {each.id for each in findings} == set(codex.SEEN) - {"codex.doctor"}


def test_codex_missing(patient: Patient) -> None:
    """No codex at all is worth knowing, no more."""
    os.unlink(f"{patient.bin}/codex")
    patient.set(PATH=patient.bin)
    [found] = patient.found("codex")
    assert (found.id, found.level) == ("codex.missing", INFO)
    patient.program("codex", doctors())
    assert patient.found("codex") == []


def test_codex_several(patient: Patient, box: Box) -> None:
    """Two clients of different versions are named with place and kind; the fix removes the older one."""
    other = f"{box.path}/Cellar/codex/0.140.1/bin"
    os.makedirs(other)
    with open(f"{other}/codex", "w", encoding="utf-8") as file:
        file.write("#!/bin/false\n")
    os.chmod(f"{other}/codex", 0o755)
    linked = f"{box.path}/brew"
    os.makedirs(linked)
    os.symlink(f"{other}/codex", f"{linked}/codex")
    patient.set(PATH=f"{patient.bin}:{linked}:{other}:{patient.bin}")
    [found] = patient.found("codex", offline=True)
    assert (found.id, found.level) == ("codex.several", WARNING)
    assert f"{patient.bin}/codex: 0.169.0 (npm)" in found.evidence
    assert f"{linked}/codex: 0.140.1 (Homebrew), which is {other}/codex" in found.evidence
    assert found.evidence.count("\n") == 1
    assert found.fix == "brew uninstall codex"
    os.unlink(f"{other}/codex")
    assert patient.found("codex", offline=True) == []


def test_codex_several_standalone(patient: Patient, box: Box) -> None:
    """A client without a package is asked for its version; `rm` is the line that removes it."""
    folder = f"{box.path}/own bin"
    os.makedirs(folder)
    path = patient.program("codex-old", doctors(version="0.98.0"))
    os.rename(path, f"{folder}/codex")
    patient.set(PATH=f"{patient.bin}:{folder}")
    [found] = patient.found("codex", offline=True)
    assert f"{folder}/codex: 0.98.0 (standalone)" in found.evidence
    subprocess.run(["/bin/sh", "-c", found.fix], check=True)
    assert patient.found("codex", offline=True) == []


def test_same_version_twice(patient: Patient, box: Box) -> None:
    """Several clients of one version, links to one, folders and files that cannot be run: no alarm."""
    for name in ("a", "b", "c"):
        os.makedirs(f"{box.path}/{name}")
    path = patient.program("codex-again", doctors(version="0.169.0"))
    os.rename(path, f"{box.path}/a/codex")
    os.makedirs(f"{box.path}/b/codex")
    with open(f"{box.path}/c/codex", "w", encoding="utf-8") as file:
        file.write("#!/bin/false\n")
    patient.set(PATH=f"{patient.bin}:{box.path}/a:{box.path}/b:{box.path}/c:/nowhere:")
    assert patient.found("codex", offline=True) == []


def test_client_of_windows(box: Box) -> None:
    """WSL finds Windows's client on PATH: never run; behind one of ours harmless, before it the wrong one."""
    patient = Inspected(box, proc=None)
    patient.context["processes"] = list
    npm_client(patient, "0.169.0")
    theirs = os.path.dirname(
        patient.put("/mnt/c/Users/u/AppData/Roaming/npm/codex", "#!/bin/sh\n>ran\n", 0o755)
    )
    patient.set(PATH=f"{patient.bin}:{theirs}")
    assert patient.found("codex", offline=True) == []
    patient.set(PATH=f"{theirs}:{patient.bin}")
    [found] = patient.found("codex", offline=True)
    assert (found.id, found.level) == ("codex.several", WARNING)
    assert f"{theirs}/codex (of Windows)" in found.evidence
    assert found.fix == f'export PATH="{patient.bin}:$PATH"'
    patient.set(PATH=theirs)
    [found] = patient.found("codex", offline=True)
    assert found.fix == "npm install -g @openai/codex"
    assert not os.path.exists(f"{patient.work}/ran")


@pytest.mark.parametrize(
    ("version", "does"),
    [
        ("0.98.0", "Its logout revokes nothing"),
        ("0.155.0", "a token from memory"),
        ("0.163.2", "two logins mixed"),
    ],
)
def test_codex_version(patient: Patient, version: str, does: str) -> None:
    """What an old version does to a login is said; updated, it is not."""
    npm_client(patient, version)
    [found] = patient.found("codex", offline=True)
    assert (found.id, found.level) == ("codex.version", WARNING)
    assert found.evidence == f"{patient.bin}/codex: {version} (npm)"
    assert does in found.why
    assert found.fix == "npm install -g @openai/codex@latest"
    npm_client(patient, "0.170.0-alpha.3")
    assert patient.found("codex", offline=True) == []


def test_codex_version_that_is_not_told(patient: Patient) -> None:
    """A client that does not answer keeps nobody waiting, and its version is unknown, not fine."""
    os.unlink(f"{patient.bin}/codex")
    patient.program("codex", "import time; time.sleep(60)")
    began = time.monotonic()
    [found] = patient.found("codex", "codex.version", offline=True)
    assert time.monotonic() - began < 4
    assert found.level == UNKNOWN


def test_codex_asked_for_its_version_sees_no_login(patient: Patient, box: Box) -> None:
    """It is asked in a home of its own, without a variable of ours."""
    os.unlink(f"{patient.bin}/codex")
    seen = f"{box.path}/seen"
    patient.program("codex", f"import os; print(dict(os.environ), file=open({seen!r}, 'w'))")
    patient.set(CODEX_ACCESS_TOKEN="at-not-for-it", PATH=f"{patient.bin}:/usr/bin")
    patient.found("codex", "codex.version", offline=True)
    with open(seen, encoding="utf-8") as file:
        text = file.read()
    assert "'CODEX_HOME': '/tmp/sy-" in text
    assert box.home not in text
    assert "at-not-for-it" not in text


def test_codex_doctor(patient: Patient) -> None:
    """What its doctor calls wrong is passed on, less what is named better here; offline it is not run at all."""
    os.unlink(f"{patient.bin}/codex")
    text = doctors(
        ("auth.credentials", "fail", "no Codex credentials were found"),
        ("app_server.status", "warning", "stale"),
        ("config.load", "fail", "config.toml: expected `=` at-12345678 \x1b[31m"),
        ("network.provider_reachability", "fail", "unreachable"),
        ("terminal.env", "ok", "fine"),
    )
    patient.program("codex", text)
    [found] = patient.found("codex", "codex.doctor")
    assert found.level == WARNING
    assert found.evidence.splitlines() == [
        "config.load: fail: config.toml: expected `=` <at-…> [31m",
        "network.provider_reachability: fail: unreachable",
    ]
    assert patient.found("codex", "codex.doctor", offline=True) == []
    patient.program("codex", doctors(("auth.credentials", "fail", "none")))
    assert patient.found("codex") == []


def test_codex_doctor_offline_is_no_alarm(patient: Patient) -> None:
    """Failing for want of a network, or of a terminal, it gives no second alarm."""
    os.unlink(f"{patient.bin}/codex")
    checks = [
        ("network.provider_reachability", "fail", "unreachable"),
        ("network.websocket_reachability", "warning", "failed"),
        ("updates.status", "warning", "no answer"),
        ("terminal.env", "fail", "TERM is dumb"),
    ]
    patient.program("codex", doctors(*checks))
    [found] = patient.found("codex", "codex.doctor")
    assert (found.level, found.evidence.count("\n")) == (INFO, 3)


@pytest.mark.parametrize("said", ["", "[]", "{}", '{"checks": {"a": 1}}', "x" * 100_000])
def test_codex_doctor_that_makes_no_sense(patient: Patient, said: str) -> None:
    """Whatever it prints is no error of ours."""
    os.unlink(f"{patient.bin}/codex")
    patient.program("codex", CLIENT.format(version="0.169.0", wait=0, said=said))
    [found] = patient.found("codex", "codex.doctor")
    assert (found.level, "makes no sense" in found.title) == (INFO, True)


def test_codex_doctor_that_hangs(patient: Patient) -> None:
    """It is ended when the time is over, and that is all there is to say."""
    os.unlink(f"{patient.bin}/codex")
    patient.program("codex", doctors(wait=60.0))
    began = time.monotonic()
    [found] = patient.found("codex", "codex.doctor", limit=1.5)
    assert time.monotonic() - began < 3
    assert (found.level, "no answer in time" in found.evidence) == (INFO, True)


def test_old_codex_is_not_asked_for_its_doctor(patient: Patient, box: Box) -> None:
    """Before there was a doctor the word is a prompt: such a client is never run with it."""
    os.unlink(f"{patient.bin}/codex")
    log = f"import sys; print(sys.argv[1:], file=open({box.path + '/words'!r}, 'a'))\n"
    patient.program("codex", log + doctors(version="0.98.0"))
    assert [each.id for each in patient.found("codex")] == ["codex.version"]
    with open(f"{box.path}/words", encoding="utf-8") as file:
        assert file.read() == "['--version']\n"


def test_nothing_else_runs(patient: Patient) -> None:
    """No check leaves a process behind."""
    patient.findings("codex")
    assert only_here(patient.box)() == []
    assert {id_ for check in codex.CHECKS for id_ in check.fine} == set(codex.SEEN)
