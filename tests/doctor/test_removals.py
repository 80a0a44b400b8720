"""The `sed` lines that are offered, run by a real shell: links stay links, copies are whole and closed."""

from __future__ import annotations

import os
import subprocess

import pytest

from profiles.doctor.finding import ERROR, WARNING
from tests.doctor.patient import Patient
from tests.doctor.remedies import mode_of
from tests.doctor.test_environment import PAT, TOKEN, content, one
from tests.support.proxies import dead_port

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

SET = f"export {TOKEN}={PAT}"


@pytest.fixture
def patient(box: Box) -> Patient:
    """A machine on which nobody runs anything."""
    made = Patient(box, proc=f"{box.path}/proc")
    os.makedirs(f"{box.path}/proc")
    made.context = {"processes": list}
    return made


def run(line: str) -> None:
    """Run a line as a person pastes it."""
    subprocess.run(["bash", "-c", line], check=True)


def linked(patient: Patient, text: str, mode: int = 0o644) -> tuple[str, str]:
    """Make ~/.bashrc a link into a folder of dot files; return the link and the file."""
    real = patient.write("dots/bash rc", text, mode)
    link = f"{patient.box.home}/.bashrc"
    os.symlink("dots/bash rc", link)
    return link, real


def test_a_link_stays_a_link(patient: Patient) -> None:
    """Catches a fix by which sed replaces the link and leaves the file of the repository as it was."""
    link, real = linked(patient, f"A=1\n{SET}\n")
    finding = one(patient.found("environment"), "env.access_token", WARNING)
    assert "~/.bashrc:2" in finding.evidence
    run(finding.fix)
    assert os.readlink(link) == "dots/bash rc"
    assert content(real) == f"A=1\n# {SET}\n".encode()
    assert not os.path.lexists(f"{link}.bak")
    assert not patient.found("environment", "env.access_token")


def test_a_link_to_a_proxy_stays_a_link(patient: Patient) -> None:
    """The same for the line of a dead proxy that the next terminal would have."""
    link, real = linked(patient, f"export HTTPS_PROXY=http://127.0.0.1:{dead_port()}\n")
    issuer = f"http://127.0.0.1:{dead_port()}"
    patient.set(SWITCHYARD_ISSUER=issuer, SWITCHYARD_CHATGPT_BASE_URL=f"{issuer}/backend-api")
    finding = one(patient.found("network", "proxy.dead"), "proxy.dead", WARNING)
    run(finding.fix)
    assert os.path.islink(link)
    assert content(real).startswith(b"# export")
    assert mode_of(f"{real}.bak") == "0644"  # nothing in it is secret
    assert not patient.found("network", "proxy.dead")


@pytest.mark.parametrize(
    "line",
    [SET, "export HTTPS_PROXY=http://ada:pQ7-secret@proxy.invalid:3128"],
    ids=["token", "proxy"],
)
def test_no_copy_of_a_secret_is_open(patient: Patient, line: str) -> None:
    """Catches a copy of a 0644 file with a token or a proxy's password in it that everybody may read."""
    from profiles.doctor.environment_places import removals, where_set

    path = patient.write(".bashrc", f"{line}\n", 0o644)
    name = line.split()[1].partition("=")[0]
    (fix,) = removals(where_set(patient.machine(), name, files_only=True))
    run(fix)
    assert content(path) == f"# {line}\n".encode()
    assert mode_of(path) == "0644"
    assert mode_of(f"{path}.bak") == "0600"
    closed = patient.write(".bashrc", f"{line}\n", 0o600)
    (fix,) = removals(where_set(patient.machine(), name, files_only=True))
    assert "chmod" not in fix
    run(fix)
    assert mode_of(f"{closed}.bak") == "0600"


def test_two_lines_of_one_file(patient: Patient) -> None:
    """Catches a second sed that writes over the copy which the first has made: the copy is the file as it was."""
    path = patient.write(".bashrc", f"{SET}\nA=1\n{SET}\n")
    patient.set(**{TOKEN: PAT})
    finding = one(patient.found("environment"), "env.access_token", ERROR)
    run(finding.fix)
    assert content(path) == f"# {SET}\nA=1\n# {SET}\n".encode()
    assert content(f"{path}.bak") == f"{SET}\nA=1\n{SET}\n".encode()
    assert finding.fix.endswith(f"; unset {TOKEN}")
