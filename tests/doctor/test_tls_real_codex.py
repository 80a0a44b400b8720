"""Whom the real Codex trusts, beside what the doctor says: for each way in which variables and the system combine."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import Final, NamedTuple

import pytest

from tests.doctor.ways import SYSTEM, patient_of, wrong
from tests.support.certificates import Authority
from tests.support.programs import need, unavailable
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.doctor.patient import Patient

USER_CODE: Final = "/api/accounts/deviceauth/usercode"


class Way(NamedTuple):
    """`system` is the one whom the system's file trusts, `hashed` whom its folder; then the variables.

    "public" vouches for the service, "company" does not.
    """

    system: str = ""
    hashed: str = ""
    file: str = ""
    folder: str = ""
    added: str = ""


WAYS: Final = (
    Way(system="public"),
    Way(system="company"),
    Way(),
    Way(hashed="public"),
    Way(system="public", file="company"),
    Way(hashed="public", file="company"),
    Way(system="company", file="public"),
    Way(system="company", added="public"),
    Way(added="public"),
    Way(system="public", added="company"),
    Way(hashed="public", added="company"),
    Way(system="public", folder="company"),
    Way(hashed="public", folder="company"),
    Way(system="company", folder="public"),
    Way(system="public", folder="/nowhere"),
    Way(hashed="public", folder="/nowhere"),
    Way(hashed="public", folder="empty"),
    Way(hashed="public", folder="mixed"),
    Way(folder="mixed", system="public"),
    Way(system="public", folder="company", added="company"),
    Way(system="public", folder="/nowhere", added="company"),
    Way(system="company", folder="public", added="company"),
    Way(system="public", file="/nowhere", added="company"),
    Way(system="public", file="/nowhere", added="public"),
    Way(system="public", file="/nowhere"),
    Way(system="public", added="/nowhere"),
    Way(system="public", file="company", folder="public"),
    Way(system="public", file="company", folder="/nowhere"),
    Way(system="public", file="/nowhere", folder="public"),
)


@pytest.mark.real_codex
@pytest.mark.slow
def test_whom_codex_trusts(box: Box, codex_169: str) -> None:
    """For every way: the doctor finds a fault of TLS exactly when the real client does not reach the service."""
    authorities = {}
    for name in ("public", "company"):
        os.mkdir(f"{box.path}/{name}")
        authorities[name] = Authority(f"{box.path}/{name}", name)
    folders = {name: each.folder() for name, each in authorities.items()}
    folders["empty"] = f"{box.path}/empty"
    os.mkdir(folders["empty"])
    folders["mixed"] = f"/nowhere:{folders['company']}"
    differing = []
    with Simulator(tls=authorities["public"].vouch().server()) as simulator:
        for way in WAYS:
            patient = patient_of(box, simulator)
            certificates = f"{patient.root}{os.path.dirname(SYSTEM)}"
            os.makedirs(certificates, exist_ok=True)
            for name in os.listdir(certificates):
                os.unlink(f"{certificates}/{name}")
            if way.system:
                os.symlink(authorities[way.system].path, f"{patient.root}{SYSTEM}")
            if way.hashed:
                (name,) = os.listdir(folders[way.hashed])
                os.symlink(authorities[way.hashed].path, f"{certificates}/{name}")
            patient.set(
                SSL_CERT_FILE=_path(way.file, authorities),
                SSL_CERT_DIR=folders.get(way.folder, way.folder) or None,
                CODEX_CA_CERTIFICATE=_path(way.added, authorities),
            )
            ours = not any(each.level == "error" for each in wrong(patient))
            theirs = _reaches(patient, simulator, codex_169, certificates)
            if ours != theirs:
                differing.append((way, ours, theirs))
    assert differing == []


def _path(name: str, authorities: dict[str, Authority]) -> str | None:
    return authorities[name].path if name in authorities else name or None


def _reaches(patient: Patient, simulator: Simulator, codex: str, certificates: str) -> bool:
    """Let the real client begin a device login in a mount namespace in which these are the system's certificates."""
    home = f"{patient.box.path}/real"
    os.makedirs(home, exist_ok=True)
    before = len(simulator.requests(USER_CODE))
    quiet = ["mount", "--bind", certificates, "/etc/ssl/certs"]
    if subprocess.run([need("unshare"), "-m", *quiet], capture_output=True, check=False).returncode:
        unavailable("a mount namespace")
    login = [codex, "login", "--device-auth", "--experimental_issuer", simulator.url]
    words = ["sh", "-c", '"$1" "$2" "$3" "$4" && shift 4 && exec "$@"', "sh", *quiet, *login]
    with subprocess.Popen(
        [need("unshare"), "-m", *words],
        env={**patient.environ, "CODEX_HOME": home},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as running:
        try:
            while running.poll() is None:
                try:
                    simulator.wait_for(USER_CODE, before + 1, timeout=0.2)
                except TimeoutError:
                    continue
                break
        finally:
            try:
                os.killpg(running.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    return len(simulator.requests(USER_CODE)) > before
