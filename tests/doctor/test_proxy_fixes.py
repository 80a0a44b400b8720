"""What the fix of a proxy and of a bundle says, carried out: everywhere at once, in the file that counts, by whom."""

from __future__ import annotations

import pytest

from profiles.doctor.finding import ERROR, WARNING
from tests.doctor.remedies import mode_of
from tests.doctor.test_environment import content
from tests.doctor.ways import (
    PASSWORD,
    Doorman,
    Open,
    after,
    check_silence,
    copy,
    only,
    patient_of,
    told,
    wrong,
)
from tests.support.certificates import Authority
from tests.support.proxies import Proxy, dead_port
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from tests.conftest import Box
    from tests.doctor.patient import Patient


@pytest.fixture
def authority(box: Box) -> Authority:
    """Who vouches for the service, and is trusted by the system."""
    return Authority(box.path)


@pytest.fixture
def simulator(authority: Authority) -> Iterator[Simulator]:
    """A service that speaks TLS."""
    with Simulator(tls=authority.vouch().server()) as running:
        yield running


@pytest.fixture
def patient(box: Box, simulator: Simulator, authority: Authority) -> Patient:
    """Somebody without NO_PROXY."""
    return patient_of(box, simulator, authority, proxied=True)


#: Writes what stands behind the sign # of the fix into the line at which it is opened.
EDITOR = """\
import os, sys
number, path = int(sys.argv[1][1:]), sys.argv[2]
with open(path) as file:
    lines = file.read().split("\\n")
name = lines[number - 1].partition("=")[0]
lines[number - 1] = f"{name}={os.environ['WANTED']}"
with open(path, "w") as file:
    file.write("\\n".join(lines))
"""


class Cutting(Proxy):
    """A proxy that says yes to CONNECT and then cuts the connection, or says nothing more at all."""

    def __init__(self, *, silent: bool) -> None:
        super().__init__()
        self._silent = silent

    def answer(self, connection: socket.socket, heard: bytes) -> None:
        """Say yes, and no more."""
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        connection.recv(65_536)
        if self._silent:
            connection.recv(65_536)


def test_a_dead_proxy_in_many_variables(patient: Patient) -> None:
    """Catches a fix that takes one of several variables away, so that the next one names the same dead proxy."""
    port = dead_port()
    value = f"http://ada:{PASSWORD}@127.0.0.1:{port}"
    values = {
        "HTTPS_PROXY": value,
        "https_proxy": f"127.0.0.1:{port}",
        "ALL_PROXY": f"socks5h://127.0.0.1:{port}/",
        "http_proxy": "http://127.0.0.1:9",
    }
    lines = [f"export {name}={each}" for name, each in values.items()]
    path = patient.write(".bashrc", "\n".join(["# mine", *lines[:2], ""]), 0o644)
    patient.set(**values)
    finding = only(patient, "proxy.dead")
    assert "HTTPS_PROXY, set by ~/.bashrc:2" in finding.evidence
    assert "https_proxy, set by ~/.bashrc:3" in finding.evidence
    assert "ALL_PROXY of the environment" in finding.evidence
    assert "http_proxy" not in finding.evidence  # another proxy
    assert finding.fix.endswith("; unset HTTPS_PROXY https_proxy ALL_PROXY")
    assert finding.mend is not None
    assert len(finding.mend.changes) == 4
    check_silence(patient)
    after(finding.fix, patient)
    assert wrong(patient) == []
    assert content(path).decode().split("\n")[1:3] == [f"# {each}" for each in lines[:2]]
    assert mode_of(f"{path}.bak") == "0600"  # a password is in it


@pytest.mark.parametrize(
    ("name", "id_"), [("SSL_CERT_FILE", "tls.stale_ca"), ("CODEX_CA_CERTIFICATE", "tls.codex_ca")]
)
def test_a_bundle_that_is_gone(patient: Patient, name: str, id_: str) -> None:
    """Catches a fix that mends the next terminal and leaves this one as it is."""
    gone = f"{patient.box.home}/gone.pem"
    path = patient.write(".profile", f"export {name}={gone}\n")
    patient.set(**{name: gone})
    finding = only(patient, id_)
    assert finding.fix == f"sed -i.bak '1s/^/# /' {path}; unset {name}"
    after(finding.fix, patient)
    assert wrong(patient) == []


def test_a_bundle_of_few(patient: Patient, authority: Authority, box: Box) -> None:
    """The same for a company's root that stands in the place of all others: it is added instead, and the line goes."""
    bundle = copy(authority.path, box)
    path = patient.write(".profile", f"export SSL_CERT_FILE={bundle}\n")
    patient.set(SSL_CERT_FILE=bundle)
    finding = only(patient, "tls.stale_ca", WARNING, offline=True)
    after(finding.fix, patient)
    assert content(path).startswith(b"# ")
    assert wrong(patient, offline=True) == []
    assert wrong(patient) == []


@pytest.mark.parametrize("where", [".env", ".bashrc"])
def test_a_password_belongs_into_the_file(patient: Patient, where: str) -> None:
    """Catches an export that the home's .env beats, or that the next terminal has no longer: the line is named."""
    with Doorman("ada", PASSWORD) as proxy:
        line = f"HTTPS_PROXY=http://127.0.0.1:{proxy.port}"
        if where == ".env":
            path = patient.write(".codex/.env", f"# work\n{line}\n", 0o600)
        else:
            path = patient.write(".bashrc", f"# work\nexport {line}\n")
            patient.set(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")
        finding = only(patient, "proxy.auth")
        assert f"{where}:2" in finding.evidence
        assert f"${{EDITOR:-vi}} +2 {path}" in finding.fix
        assert f"HTTPS_PROXY=http://USER:PASSWORD@127.0.0.1:{proxy.port}" in finding.fix
        assert ("export" in finding.fix) == (where == ".bashrc")
        wanted = f"http://ada:{PASSWORD}@127.0.0.1:{proxy.port}"
        patient.set(EDITOR=patient.program("ed", EDITOR), WANTED=wanted)
        after(finding.fix.replace("USER:PASSWORD", f"ada:{PASSWORD}"), patient)
        assert wrong(patient) == []
        assert wanted in content(path).decode()
        check_silence(patient)


def test_a_scheme_belongs_into_the_file(patient: Patient) -> None:
    """The same for a value that is passed over: proxy.socks_scheme names the line of the .env."""
    path = patient.write(".codex/.env", "ALL_PROXY=socks://127.0.0.1:1080\n", 0o600)
    (finding,) = told(patient, "proxy.socks_scheme", offline=True)
    assert finding.fix == f"${{EDITOR:-vi}} +1 {path}  # ALL_PROXY=socks5h://127.0.0.1:1080"


@pytest.mark.parametrize("silent", [False, True])
def test_a_proxy_that_promises_and_cuts(patient: Patient, *, silent: bool) -> None:
    """tls.cut behind a proxy: it is the one to suspect, and nobody is told to set one; without it all is well."""
    with Cutting(silent=silent) as proxy:
        patient.set(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")
        finding = only(patient, "tls.cut", ERROR)
    assert finding.title == f"The proxy 127.0.0.1:{proxy.port} lets no TLS through"
    assert "200 to CONNECT" in finding.why
    assert ("nothing came" in finding.why) == silent
    assert "export" not in finding.fix
    assert "ask who runs the proxy" in finding.fix
    after(finding.fix.rpartition(": ")[2], patient)
    assert wrong(patient) == []
    with Open() as other:
        patient.set(HTTPS_PROXY=f"http://127.0.0.1:{other.port}")
        assert wrong(patient) == []
