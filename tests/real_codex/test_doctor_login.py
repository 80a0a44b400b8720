"""The doctor and a real `codex login` that waits: named with its port, and it goes on waiting while it is looked at."""

from __future__ import annotations

import contextlib
import subprocess
import time

import pytest

from profiles.doctor.finding import INFO, WARNING
from profiles.ports import holders
from tests.doctor.listening import only_here, program_that_listens
from tests.doctor.patient import Patient
from tests.support.app_server import end_group

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box
    from tests.support.real_codex import RealCodex

pytestmark = pytest.mark.real_codex


@contextlib.contextmanager
def waiting_login(codex: RealCodex, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Let the client wait for its browser, at this port, while the block runs."""
    child = subprocess.Popen(
        [codex.path, "login"],
        env=codex.environ,
        cwd=codex.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not holders(port):
            assert child.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield child
    finally:
        child.terminate()
        end_group(child)


@pytest.fixture
def patient(box: Box) -> Patient:
    """Somebody in an SSH session."""
    made = Patient(box)
    made.context["processes"] = only_here(box)
    made.set(SSH_CONNECTION="203.0.113.7 50000 192.0.2.1 22")
    return made


def test_real_login_that_waits(
    newest: RealCodex, patient: Patient, redirect_ports: tuple[int, int]
) -> None:
    """The port is in use by it, its tunnel is missing, and no request reaches it (C116)."""
    first, _ = redirect_ports
    with waiting_login(newest, first) as child:
        [busy] = patient.found("ports", "port.busy")
        assert busy.level == INFO
        assert busy.title.startswith("A login waits on 1455: codex login (pid ")
        [tunnel] = patient.found("ssh", "ssh.no_tunnel")
        assert tunnel.level == WARNING
        assert "-L 127.0.0.1:1455:127.0.0.1:1455 " in tunnel.fix
        assert child.poll() is None
        assert holders(first)
        assert busy.fix.startswith("finish codex login (pid ")
        line = busy.fix.rpartition(": ")[2]  # it has no terminal here
        subprocess.run(["/bin/sh", "-c", line], check=True)
        child.wait(30)
    assert patient.found("ports", "port.busy") == []
    [tunnel] = patient.found("ssh", "ssh.no_tunnel")
    assert tunnel.level == INFO


@pytest.mark.slow
def test_real_login_on_the_second_port(
    newest: RealCodex, patient: Patient, redirect_ports: tuple[int, int]
) -> None:
    """A stranger has 1455, so it waits on 1457: the line has that port on both ends."""
    first, second = redirect_ports
    with program_that_listens(first), waiting_login(newest, second):
        [found] = patient.found("ssh", "ssh.port")
        assert found.level == WARNING
        assert "127.0.0.1:1457: codex login (pid " in found.evidence
        assert "-L 127.0.0.1:1457:127.0.0.1:1457 " in found.fix
