"""Editors that work on another machine and forward its ports by themselves; containers."""

from __future__ import annotations

import os

import pytest

from profiles.doctor import ssh
from profiles.doctor.finding import INFO, WARNING
from tests.doctor.listening import (
    login_that_waits,
    native_that_listens,
    only_here,
    two_ports,
    wrong,
)
from tests.doctor.patient import Patient
from tests.support.fake_codex import running_codex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.finding import Finding
    from tests.conftest import Box


@pytest.fixture
def patient(box: Box) -> Patient:
    """A machine like any other."""
    made = Patient(box)
    made.context["processes"] = only_here(box)
    return made


@pytest.fixture
def pair() -> tuple[int, int]:
    """Two free ports that stand for 1455 and 1457."""
    return two_ports()


def look(patient: Patient, pair: tuple[int, int], *ids: str) -> list[Finding]:
    """Return what is not fine."""
    return wrong(patient.machine(), ssh.checks(pair), *ids)


def test_vscode_forward(patient: Patient, pair: tuple[int, int]) -> None:
    """A remote terminal of an editor may forward by itself: a warning while a login waits, until it is set not to."""
    patient.set(VSCODE_IPC_HOOK_CLI="/run/vscode.sock", TERM_PROGRAM="vscode")
    [found] = look(patient, pair)
    assert (found.id, found.level) == ("vscode.forward", INFO)
    assert "VSCODE_IPC_HOOK_CLI is set" in found.evidence
    name = ".cursor-server/data/Machine/settings.json"
    path = patient.write(name, '{\n  // "remote.autoForwardPorts": false,\n}\n')
    with login_that_waits(patient.box.path, pair[0]) as pid:
        [found] = look(patient, pair)
        assert found.level == WARNING
        assert f"{path}: remote.autoForwardPorts is not false" in found.evidence
        assert f"codex login (pid {pid})" in found.evidence
        assert found.fix == f'put "remote.autoForwardPorts": false into {path}'
        patient.write(name, '{\n  "remote.autoForwardPorts": true\n}\n')
        assert len(look(patient, pair)) == 1
        patient.write(name, '{\n  // ports\n  "remote.autoForwardPorts": false,\n}\n')
        assert look(patient, pair) == []


def test_local_terminal_of_an_editor(patient: Patient, pair: tuple[int, int]) -> None:
    """On the editor's own machine nothing is forwarded."""
    patient.set(TERM_PROGRAM="vscode")
    assert look(patient, pair) == []


def test_vscode_remote(patient: Patient, pair: tuple[int, int]) -> None:
    """The extension's app-server on this side is named, by the program that really runs; ended, it is not."""
    folder = f"{patient.box.home}/.vscode-server/extensions/openai.chatgpt-0.4.40/bin/linux-x86_64"
    with running_codex(folder, "app-server", native=True) as pid:
        [found] = look(patient, pair)
        assert (found.id, found.level) == ("vscode.remote", INFO)
        assert found.evidence == f"codex app-server (pid {pid}): {folder}/codex"
        assert found.fix == "tui login NAME --device-code"
    with native_that_listens(folder, pair[0], "app-server") as pid:
        [found] = look(patient, pair)
        assert found.level == WARNING
        assert f"codex app-server (pid {pid})" in found.evidence
        assert f"waits on {pair[0]}" in found.evidence
    assert look(patient, pair) == []
    for place in (".local/bin", ".vscode/extensions/openai.chatgpt-0.4.40/bin/linux-x86_64"):
        with running_codex(f"{patient.box.home}/{place}", "app-server", native=True):
            assert look(patient, pair) == []


def test_container_loopback(patient: Patient, pair: tuple[int, int]) -> None:
    """In a container no callback arrives: worth knowing, a warning while a login waits; not in the host's network."""
    patient.put("/.dockerenv", "")
    [found] = look(patient, pair, "container.loopback")
    assert (found.level, found.evidence) == (INFO, "/.dockerenv is there")
    with login_that_waits(patient.box.path, pair[0]) as pid:
        [found] = look(patient, pair, "container.loopback")
        assert found.level == WARNING
        assert f"codex login (pid {pid})" in found.evidence
    patient.put("/sys/class/net/docker0", "")
    assert look(patient, pair, "container.loopback") == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/run/.containerenv", ""),
        ("/proc/1/cgroup", "0::/kubepods.slice/kubepods-besteffort.slice/x\n"),
    ],
)
def test_containers_of_other_kinds(box: Box, pair: tuple[int, int], path: str, text: str) -> None:
    """Podman and Kubernetes are known, too; a toolbox, which shares everything, is none."""
    patient = Patient(box, proc=None)
    patient.context["processes"] = list
    assert look(patient, pair) == []
    patient.put(path, text)
    assert [each.id for each in look(patient, pair)] == ["container.loopback"]
    patient.put("/run/.toolboxenv", "")
    assert look(patient, pair) == []


def test_container_home(box: Box, pair: tuple[int, int]) -> None:
    """A login in the container's own layer is lost with it: a warning, until a mount is there."""
    patient = Patient(box, proc=None)
    patient.context["processes"] = list
    patient.put("/.dockerenv", "")
    root = "620 511 0:56 / / rw,relatime master:1 - overlay overlay rw\n621 620 0:59 / /proc rw - proc proc rw\n"
    patient.put("/proc/self/mountinfo", root)
    [found] = look(patient, pair, "container.home")
    assert found.level == INFO
    os.makedirs(box.codex)
    with open(f"{box.codex}/auth.json", "w", encoding="utf-8") as file:
        file.write("{}")
    [found] = look(patient, pair, "container.home")
    assert found.level == INFO  # nobody expects a home below /tmp to last
    [found] = wrong(patient.machine(), ssh.checks(pair, ()), "container.home")
    assert found.level == WARNING
    assert f"{box.codex} is on no mount of its own" in found.evidence
    assert found.fix == f"docker run -v codex-home:{box.codex} …"
    mount = f"630 620 8:1 /x {box.codex.replace('.', chr(92) + '056')} rw - ext4 /dev/sda1 rw\n"
    patient.put("/proc/self/mountinfo", root + mount)
    assert look(patient, pair, "container.home") == []


def test_lasting_containers(box: Box, pair: tuple[int, int]) -> None:
    """LXC and nspawn keep their root folder like a machine does."""
    patient = Patient(box, proc=None)
    patient.context["processes"] = list
    patient.put("/proc/self/mountinfo", "620 511 0:56 / / rw - ext4 /dev/sda rw\n")
    patient.set(container="lxc")
    assert look(patient, pair, "container.home") == []
