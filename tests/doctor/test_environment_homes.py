"""CODEX_HOME and the variables of Codex's own tests: set by a real .bashrc, mended, and gone in a new shell."""

from __future__ import annotations

import os
import shlex
import subprocess

import pytest

from profiles.doctor.finding import ERROR, INFO, WARNING
from tests.doctor.patient import Patient
from tests.doctor.test_environment import all_text, new_terminal, no_leak, one
from tests.support import tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


@pytest.fixture
def patient(box: Box) -> Patient:
    """A machine on which nobody runs anything."""
    made = Patient(box, proc=f"{box.path}/proc")
    os.makedirs(f"{box.path}/proc")
    made.context = {"processes": list}
    return made


@pytest.mark.parametrize("kind", ["missing", "file", "tilde", "space"])
def test_codex_home_is_no_folder(patient: Patient, kind: str) -> None:
    """env.home: what Codex 0.169 refuses (C2), set by a real .bashrc; the mend or the command ends it."""
    value = f"{patient.box.home}/other"
    if kind == "file":
        patient.write("other", "")
    elif kind == "tilde":
        value = "~/.codex"
    elif kind == "space":
        value = f"{patient.box.home}/.codex "
        os.makedirs(value.strip())
    patient.write(".bashrc", f"export CODEX_HOME='{value}'\n")
    new_terminal(patient)
    finding = one(patient.found("environment"), "env.home", ERROR)
    assert f"CODEX_HOME={value}" in finding.evidence
    assert "~/.bashrc:1" in finding.evidence
    assert ("is not a folder" if kind == "file" else "does not exist") in finding.evidence
    if kind == "missing":
        made = shlex.split(finding.why.partition("make the folder: ")[2])
        subprocess.run(made, check=True)
        assert one(patient.found("environment"), "env.home", INFO)
        os.rmdir(value)
    patient.mend(finding)
    new_terminal(patient)
    assert not patient.found("environment")


def test_signs_that_steer_a_terminal(patient: Patient) -> None:
    """No escape sequence of a value gets to a terminal."""
    for home in ("/x\x1b[2J\n", "x\x1b[2J"):
        patient.set(CODEX_HOME=home, CODEX_SQLITE_HOME="/y\x1b]0;z\a")
        found = patient.found("environment")
        assert len(found) == 2
        assert all(line.isprintable() for line in all_text(found).split("\n"))


def test_codex_home_changes(patient: Patient) -> None:
    """env.home: a relative path warns; one that only a new terminal has warns; one that exists is worth knowing."""
    os.makedirs(f"{patient.box.home}/b")
    patient.set(CODEX_HOME=f"{patient.box.home}/b")
    assert one(patient.found("environment"), "env.home", INFO).evidence.startswith("CODEX_HOME=/")
    patient.set(CODEX_HOME=os.path.relpath(f"{patient.box.home}/b"))
    relative = one(patient.found("environment"), "env.home", WARNING)
    assert relative.fix == f"export CODEX_HOME={patient.box.home}/b"
    patient.set(CODEX_HOME=None)
    patient.write(".profile", 'export CODEX_HOME="$HOME/b"\n')
    later = one(patient.found("environment"), "env.home", WARNING)
    assert "~/.profile:1" in later.evidence
    assert "Codex will not start" not in later.evidence
    patient.write(".profile", "export CODEX_HOME=~/nowhere\n")
    missing = one(patient.found("environment"), "env.home", WARNING)
    assert f"{patient.box.home}/nowhere, which is no folder" in missing.evidence
    patient.write(".profile", 'export CODEX_HOME="$HOME/b"\n')
    patient.mend(later)
    assert not patient.found("environment")


@pytest.mark.parametrize(
    ("name", "value", "level"),
    [
        ("CODEX_REFRESH_TOKEN_URL_OVERRIDE", "http://127.0.0.1:19/oauth/token", ERROR),
        ("CODEX_REVOKE_TOKEN_URL_OVERRIDE", "https://auth.openai.com.evil.example/r", ERROR),
        ("CODEX_REVOKE_TOKEN_URL_OVERRIDE", "https://notopenai.com/r", ERROR),
        ("CODEX_AUTHAPI_BASE_URL", "http://auth.openai.com/api/accounts", ERROR),
        ("CODEX_APP_SERVER_LOGIN_ISSUER", "https://openai.com@evil.example", ERROR),
        ("CODEX_APP_SERVER_LOGIN_CLIENT_ID", "app_other", WARNING),
        ("CODEX_REFRESH_TOKEN_URL_OVERRIDE", "https://auth.openai.com/oauth/token", INFO),
        ("CODEX_APP_SERVER_LOGIN_CLIENT_ID", tokens.CLIENT_ID, INFO),
        ("CODEX_SQLITE_HOME", "/var/tmp", INFO),
    ],
    ids=["refresh", "revoke", "name", "http", "userinfo", "client", "own", "own client", "sqlite"],
)
def test_hooks(patient: Patient, name: str, value: str, level: str) -> None:
    """env.test_hooks: an address that is not OpenAI's is an error; the line that sets it is named and can go."""
    patient.write(".bashrc", f"export {name}={value}\n")
    new_terminal(patient)
    finding = one(patient.found("environment"), "env.test_hooks", level)
    assert name in finding.evidence
    assert "~/.bashrc:1" in finding.evidence
    if level == INFO:
        return
    patient.mend(finding)
    new_terminal(patient)
    assert not patient.found("environment")


def test_hooks_hide_what_is_in_a_url(patient: Patient) -> None:
    """A password or token in an override's address is not shown."""
    patient.set(CODEX_AUTHAPI_BASE_URL="https://me:hunter2@proxy.example/tunafish?k=sesame")
    found = patient.found("environment")
    assert "https://proxy.example" in one(found, "env.test_hooks", ERROR).evidence
    no_leak(found, "hunter2", "tunafish", "sesame")
