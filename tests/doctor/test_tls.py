"""TLS: real servers whose certificates an authority of the test's vouches for, or nobody; files of certificates."""

from __future__ import annotations

import os
import time

import pytest

from profiles.doctor.finding import ERROR, INFO, OK, WARNING
from tests.doctor.patient import Patient
from tests.doctor.ways import (
    Inspector,
    after,
    copy,
    cutting,
    dated,
    deaf,
    levels,
    only,
    patient_of,
    told,
    trust,
    wrong,
)
from tests.support.certificates import Authority, self_signed
from tests.support.proxies import Babbler
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

DAY = 86_400


@pytest.fixture
def public(box: Box) -> Authority:
    """Who vouches for the service, and is trusted by the system."""
    os.mkdir(f"{box.path}/public")
    return Authority(f"{box.path}/public")


@pytest.fixture
def company(box: Box) -> Authority:
    """The authority of a company's gateway."""
    os.mkdir(f"{box.path}/company")
    return Authority(f"{box.path}/company", "gateway")


@pytest.fixture
def simulator(public: Authority) -> Iterator[Simulator]:
    """A service that speaks TLS."""
    with Simulator(tls=public.vouch().server()) as running:
        yield running


@pytest.fixture
def patient(box: Box, simulator: Simulator, public: Authority) -> Patient:
    """Somebody whose system trusts the service."""
    return patient_of(box, simulator, public)


def test_tls_healthy(patient: Patient) -> None:
    """A service whom the system vouches for: every id is ok, or information."""
    assert wrong(patient) == []
    found = levels(patient)
    for id_ in ("tls.missing_ca", "tls.expired", "tls.other_host", "tls.cut", "tls.stale_ca"):
        assert found[id_] == OK
    assert found["tls.trust"] == OK


def test_the_rungs_in_words(patient: Patient, simulator: Simulator) -> None:
    """Evidence tells the outcome of every rung, with the certificate's issuer."""
    simulator.faults.add("/oauth/token", times=None, status=500)
    evidence = only(patient, "net.service").evidence
    for word in ("TCP", "connected", "TLS, certificate issued by Tests root", "discovery 200"):
        assert word in evidence


def test_a_gateway_that_opens_tls(
    box: Box, simulator: Simulator, public: Authority, company: Authority
) -> None:
    """tls.missing_ca: a real inspecting proxy; its authority is named, and trusted as the fix says all is well."""
    patient = patient_of(box, simulator, public, proxied=True)
    with Inspector(company.vouch()) as gateway:
        patient.set(HTTPS_PROXY=f"http://127.0.0.1:{gateway.port}")
        finding = only(patient, "tls.missing_ca")
        assert finding.title == "Unknown issuer: Tests gateway"
        assert "issued by Tests gateway" in finding.evidence
        assert "HTTPS_PROXY of the environment" in finding.evidence
        assert finding.fix == "export CODEX_CA_CERTIFICATE=/path/company-root.pem"
        after(finding.fix.replace("/path/company-root.pem", company.path), patient)
        assert wrong(patient) == []
        (inspected,) = told(patient, "tls.inspected")
        assert inspected.level == INFO
        assert "certificate issued by Tests gateway" in inspected.evidence
        (trusted,) = told(patient, "tls.trust")
        assert f"{company.path}: 1 certificate (Tests gateway), beside them" in trusted.evidence


@pytest.mark.parametrize("where", ["REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "the system"])
def test_the_missing_root_lies_nearby(
    box: Box, simulator: Simulator, company: Authority, public: Authority, where: str
) -> None:
    """tls.missing_ca: a file of which other programs were told, or which waits for update-ca-certificates, is found."""
    patient = patient_of(box, simulator, company)  # the system trusts another one
    if where == "the system":
        with open(public.path, encoding="ascii") as file:
            path = patient.put("/usr/local/share/ca-certificates/acme.crt", file.read())
    else:
        path = copy(public.path, box, "our root.pem")
        patient.set(**{where: path})
    finding = only(patient, "tls.missing_ca")
    assert path in finding.why
    after(finding.fix, patient)
    assert patient.environ["CODEX_CA_CERTIFICATE"] == path
    assert wrong(patient) == []


def test_what_lies_nearby_and_does_not_help(
    box: Box, simulator: Simulator, company: Authority
) -> None:
    """tls.missing_ca: files that do not vouch for the service, or are none, are not proposed."""
    patient = patient_of(box, simulator, company)
    patient.set(REQUESTS_CA_BUNDLE=company.path, CURL_CA_BUNDLE=box.home, GIT_SSL_CAINFO="/nowhere")
    finding = only(patient, "tls.missing_ca")
    assert finding.fix == "export CODEX_CA_CERTIFICATE=/path/company-root.pem"


def test_a_server_that_vouches_for_itself(box: Box, public: Authority) -> None:
    """tls.missing_ca: self-signed."""
    with Simulator(tls=self_signed(box.path).server()) as simulator:
        patient = patient_of(box, simulator, public)
        finding = only(patient, "tls.missing_ca")
    assert "self-signed certificate" in finding.evidence
    assert "certificate of self, issued by self" in finding.evidence


def test_a_system_without_certificates(box: Box, simulator: Simulator, public: Authority) -> None:
    """tls.no_roots: a slim container; with certificates it is gone."""
    patient = patient_of(box, simulator)
    finding = only(patient, "tls.no_roots")
    assert "ca-certificates" in finding.fix
    trust(patient, public)
    assert wrong(patient) == []


def test_a_certificate_that_is_over(box: Box, public: Authority) -> None:
    """tls.expired: with a clock that is right it is the server's, or the gateway's, fault."""
    now = time.time()
    old = dated(public, f"{box.path}/public", now - 30 * DAY, now - DAY)
    with Simulator(tls=old.server()) as simulator:
        patient = patient_of(box, simulator, public)
        finding = only(patient, "tls.expired")
        assert "certificate has expired" in finding.evidence
        assert "issued by Tests root, good from 20" in finding.evidence
        port = int(simulator.url.rpartition(":")[2])
    renewed = dated(public, f"{box.path}/public", now - 2 * DAY, now + DAY)
    with Simulator(tls=renewed.server(), port=port):
        assert wrong(patient) == []


def test_a_certificate_of_another(box: Box, public: Authority) -> None:
    """tls.other_host: the sign-in page of a hotel shows its own certificate."""
    certificate = public.vouch("portal.hotel.example", "DNS:portal.hotel.example")
    with Simulator(tls=certificate.server()) as simulator:
        patient = patient_of(box, simulator, public)
        finding = only(patient, "tls.other_host")
    assert finding.title == "The certificate shown is that of portal.hotel.example"


def test_tls_that_is_cut(box: Box, public: Authority) -> None:
    """tls.cut: a firewall that hangs up at the name; what answers without TLS is net.intercepted instead."""
    patient = Patient(box)
    trust(patient, public)

    def ask(port: int) -> None:
        url = f"https://127.0.0.1:{port}"
        patient.set(SWITCHYARD_ISSUER=url, SWITCHYARD_CHATGPT_BASE_URL=f"{url}/backend-api")

    with cutting() as port:
        ask(port)
        only(patient, "tls.cut")
    with Babbler(b"HTTP/1.1 400 Bad Request\r\n\r\n") as other:
        ask(other.port)
        assert "not TLS" in only(patient, "net.intercepted").evidence
    with deaf() as port:
        ask(port)
        begun = time.monotonic()
        finding = only(patient, "tls.cut")
        assert time.monotonic() - begun < 4
    assert "no answer to the TLS handshake" in finding.evidence


def test_an_outdated_bundle_beside_a_gateway(
    box: Box, simulator: Simulator, public: Authority, company: Authority
) -> None:
    """With neither the file in force nor the system's trusting the gateway, its root is what is missing."""
    patient = patient_of(box, simulator, public, proxied=True)
    os.mkdir(f"{box.path}/third")
    with Inspector(company.vouch()) as gateway:
        patient.set(
            HTTPS_PROXY=f"http://127.0.0.1:{gateway.port}",
            SSL_CERT_FILE=copy(Authority(f"{box.path}/third", "third").path, box),
        )
        found = {each.id: each.level for each in wrong(patient)}
    assert found["tls.missing_ca"] == ERROR
    assert found == {"tls.missing_ca": ERROR, "tls.stale_ca": WARNING}
