"""Files of certificates: which one is in force, what is wrong with it, and which line names it."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.doctor.certificates import read_bundle, read_certificate
from profiles.doctor.finding import INFO, OK, WARNING
from tests.doctor.ways import (
    SYSTEM,
    after,
    copy,
    dated,
    only,
    patient_of,
    told,
    wrong,
)
from tests.support.certificates import Authority, self_signed
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box
    from tests.doctor.patient import Patient

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


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "CODEX_CA_CERTIFICATE"])
@pytest.mark.parametrize(
    ("what", "told_of"),
    [
        ("missing", "does not exist"),
        ("empty", "is empty"),
        ("no PEM", "holds no certificate in PEM form"),
        ("broken", "holds a certificate that is broken (of 2)"),
        ("folder", "is a folder, not a file"),
        ("pipe", "cannot be read"),
    ],
)
def test_files_that_cannot_be_used(patient: Patient, name: str, what: str, told_of: str) -> None:
    """tls.stale_ca and tls.codex_ca: which file, what is wrong with it, which line names it; then the line goes."""
    path = f"{patient.box.home}/certs/bundle.pem"
    os.makedirs(f"{patient.box.home}/certs")
    if what == "folder":
        os.mkdir(path)
    elif what == "pipe":
        os.mkfifo(path)
    elif what != "missing":
        with open(f"{patient.root}{SYSTEM}", encoding="ascii") as file:
            good = file.read()
        broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        patient.write(
            "certs/bundle.pem",
            {"empty": " \n", "no PEM": "\x30\x02", "broken": good + broken}[what],
        )
    line = f"export {name}={path}"
    patient.write(".bashrc", f"# for another project\n{line}\n")
    patient.set(**{name: path})
    id_ = "tls.stale_ca" if name == "SSL_CERT_FILE" else "tls.codex_ca"
    for offline in (False, True):
        finding = only(patient, id_, offline=offline)
        assert f"{path} {told_of}" in finding.evidence
        assert f"{name}, set by ~/.bashrc:2" in finding.evidence
    undo = patient.mend(finding)
    after(undo, patient)
    after(finding.fix, patient)
    with open(f"{patient.box.home}/.bashrc", encoding="utf-8") as file:
        assert f"# {line}" in file.read()
    patient.set(**{name: None})  # a new terminal
    assert wrong(patient) == []


def test_a_file_that_may_not_be_read(patient: Patient, public: Authority, box: Box) -> None:
    """tls.stale_ca: another user's file; root may read anything, so a reader without rights looks."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to become somebody else")
    path = copy(public.path, box)
    os.chmod(path, 0)
    patient.set(SSL_CERT_FILE=path)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover
        os.setuid(65_534)
        from profiles.doctor.tls_bundles import look_at_file

        os.write(writer, look_at_file(patient.machine(), path).problem.encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    assert os.read(reader, 999) == b"cannot be read: Permission denied"
    os.close(reader)


def test_only_certificates_that_are_over(box: Box, patient: Patient, public: Authority) -> None:
    """tls.stale_ca: an old bundle, all of whose certificates are over."""
    now = time.time()
    old = dated(public, f"{box.path}/public", now - 30 * DAY, now - 10 * DAY)
    patient.set(SSL_CERT_FILE=copy(old.path, box))
    finding = only(patient, "tls.stale_ca")
    assert "holds only certificates that are over (the last since 20" in finding.evidence
    after(finding.fix, patient)
    assert wrong(patient) == []


def test_the_companys_root_alone(box: Box, patient: Patient, company: Authority) -> None:
    """tls.stale_ca: a company's root in the place of the system's breaks the public chain; unset, it is gone."""
    path = copy(company.path, box, "company.pem")
    patient.set(SSL_CERT_FILE=path)
    finding = only(patient, "tls.stale_ca")
    assert finding.title == "SSL_CERT_FILE does not vouch for the service"
    assert f"{path}: 1 certificate (Tests gateway)" in finding.evidence
    assert "unable to get local issuer certificate" in finding.evidence
    warned = only(patient, "tls.stale_ca", WARNING, offline=True)
    assert warned.title == "Codex trusts 1 certificate in all, not the system's"
    after(warned.fix, patient)  # added to the system's instead
    assert wrong(patient) == []
    patient.set(SSL_CERT_FILE=path, CODEX_CA_CERTIFICATE=None)
    after(finding.fix, patient)
    assert wrong(patient) == []


def test_hashed_folders(box: Box, patient: Patient, company: Authority, public: Authority) -> None:
    """tls.stale_ca of SSL_CERT_DIR: no folder, nothing under its hash, another authority; a good one is fine."""
    for value, words in (("/nowhere", "is no folder"), (box.home, "no certificate under its hash")):
        patient.set(SSL_CERT_DIR=value)
        finding = only(patient, "tls.stale_ca", WARNING)  # the system's file counts beside it
        assert f"{value} {words}" in finding.evidence.replace("holds ", "")
        after(finding.fix, patient)
        assert wrong(patient) == []
    patient.set(SSL_CERT_DIR=company.folder())
    assert wrong(patient) == []
    patient.set(CODEX_CA_CERTIFICATE=company.path)  # beside this one it replaces everything
    finding = only(patient, "tls.stale_ca")
    assert finding.title == "SSL_CERT_DIR does not vouch for the service"
    after(finding.fix, patient)
    assert wrong(patient) == []
    patient.set(SSL_CERT_DIR=f"/nowhere:{public.folder()}", CODEX_CA_CERTIFICATE=None)
    patient.put(SYSTEM, "")
    assert wrong(patient) == []
    (trusted,) = told(patient, "tls.trust")
    assert "1 certificate" in trusted.evidence


def test_both_set(box: Box, patient: Patient, public: Authority, company: Authority) -> None:
    """tls.both: no complaint of a missing SSL_CERT_FILE beside CODEX_CA_CERTIFICATE, which is then trusted alone."""
    patient.set(CODEX_CA_CERTIFICATE=public.path, SSL_CERT_FILE="/nowhere/bundle.pem")
    assert wrong(patient) == []
    (finding,) = told(patient, "tls.both")
    assert finding.level == INFO
    assert "/nowhere/bundle.pem does not exist" in finding.evidence
    assert "it trusts CODEX_CA_CERTIFICATE alone" in finding.why
    patient.set(SSL_CERT_FILE=company.path)
    assert wrong(patient) == []
    patient.set(CODEX_CA_CERTIFICATE=company.path, SSL_CERT_FILE="/nowhere/bundle.pem")
    finding = only(patient, "tls.stale_ca")
    assert only(patient, "tls.stale_ca", WARNING, offline=True).title == (
        "Codex trusts 1 certificate in all, not the system's"
    )
    after(finding.fix, patient)
    assert wrong(patient) == []
    patient.set(CODEX_CA_CERTIFICATE=None, SSL_CERT_FILE="/nowhere/bundle.pem")
    only(patient, "tls.stale_ca")


def test_other_programs_bundles(box: Box, patient: Patient, company: Authority) -> None:
    """tls.requests_bundle: not used by Codex; information, with the line that sets it."""
    patient.write(".profile", f"export REQUESTS_CA_BUNDLE={company.path}\n")
    patient.set(REQUESTS_CA_BUNDLE=company.path)
    assert wrong(patient) == []
    (finding,) = told(patient, "tls.requests_bundle", offline=True)
    assert finding.level == INFO
    assert finding.title == "REQUESTS_CA_BUNDLE: not used by Codex"
    assert "~/.profile:1" in finding.evidence
    patient.set(CURL_CA_BUNDLE=company.path, NODE_EXTRA_CA_CERTS=company.path)
    assert wrong(patient) == []
    (finding,) = told(patient, "tls.requests_bundle", offline=True)
    assert finding.evidence.count(company.path) == 3
    patient.set(REQUESTS_CA_BUNDLE=None, CURL_CA_BUNDLE=None, NODE_EXTRA_CA_CERTS=None)
    assert told(patient, "tls.requests_bundle") == []


def test_a_root_in_the_dotenv(patient: Patient, company: Authority) -> None:
    """tls.dotenv: Codex passes over CODEX_ lines of its .env (C147); exported as well, there is nothing to say."""
    path = patient.write(".codex/.env", f"# ours\n\nexport CODEX_CA_CERTIFICATE={company.path}\n")
    finding = only(patient, "tls.dotenv", WARNING)
    assert finding.evidence == f"{path}:3"
    patient.set(CODEX_CA_CERTIFICATE=company.path)
    assert wrong(patient) == []
    patient.set(CODEX_CA_CERTIFICATE=None)
    patient.write(".codex/.env", "# CODEX_CA_CERTIFICATE=x\nCODEX_CA_CERTIFICATE=\n")
    assert wrong(patient) == []


def test_a_bundle_in_the_dotenv(patient: Patient, company: Authority, box: Box) -> None:
    """tls.stale_ca from the home's .env, which counts for SSL_CERT_FILE: the line is named and taken out."""
    patient.write(".codex/.env", f"SSL_CERT_FILE={copy(company.path, box)}\n")
    finding = only(patient, "tls.stale_ca")
    assert "SSL_CERT_FILE, set by ~/.codex/.env:1" in finding.evidence
    after(finding.fix, patient)
    assert wrong(patient) == []


def test_harmless_oddities(box: Box, patient: Patient, public: Authority) -> None:
    """Empty variables, text around certificates, a certificate that is over among good ones, CRLF: all is well."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "CODEX_CA_CERTIFICATE", "REQUESTS_CA_BUNDLE"):
        patient.set(**{name: " " if name == "SSL_CERT_FILE" else ""})
    assert {each.level for each in patient.findings("tls")} == {OK, INFO}  # inspected by "Tests"
    patient.set(**dict.fromkeys(("SSL_CERT_DIR", "CODEX_CA_CERTIFICATE", "REQUESTS_CA_BUNDLE")))
    now = time.time()
    old = dated(public, f"{box.path}/public", now - 30 * DAY, now - DAY)
    text = "# ours\n"
    for path in (old.path, public.path):
        with open(path, encoding="ascii") as file:
            text += f"Subject: somebody\n{file.read()}"
    path = patient.write("certs/bundle.pem", text.replace("\n", "\r\n"))
    patient.set(SSL_CERT_FILE=path)
    assert wrong(patient) == []
    os.symlink(path, f"{box.home}/link.pem")
    patient.set(SSL_CERT_FILE=f"{box.home}/link.pem")
    assert wrong(patient) == []


def test_the_system_s_own_bundle_is_read() -> None:
    """Every certificate that this machine trusts is one that can be read, with its times."""
    if not os.path.exists(SYSTEM):
        pytest.skip("this system keeps its certificates elsewhere")
    import ssl

    with open(SYSTEM, "rb") as file:
        bundle = read_bundle(file.read())
    assert bundle.broken == 0
    known = ssl.create_default_context(cafile=SYSTEM).get_ca_certs()
    ends = sorted(ssl.cert_time_to_seconds(str(each["notAfter"])) for each in known)
    assert sorted(each.ends for each in bundle.certificates) == ends


@given(st.binary(max_size=400))
def test_junk_is_no_certificate(raw: bytes) -> None:
    """Whatever bytes another side shows, reading them raises nothing."""
    assert read_certificate(raw) is None or raw
    read_bundle(b"-----BEGIN CERTIFICATE-----" + raw + b"-----END CERTIFICATE-----")


@given(data=st.data())
def test_a_damaged_certificate(data: st.DataObject) -> None:
    """A certificate with any byte changed, or cut anywhere, is read or refused, and raises nothing."""
    raw = bytearray(_SAMPLE)
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    read_certificate(bytes(raw))
    assert read_certificate(_SAMPLE[: data.draw(st.integers(0, len(_SAMPLE) - 1))]) is None


def _sample() -> bytes:
    import ssl
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = self_signed(folder).path
        with open(path, encoding="ascii") as file:
            return ssl.PEM_cert_to_DER_cert(file.read())


_SAMPLE = _sample()
