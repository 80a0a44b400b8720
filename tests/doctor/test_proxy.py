"""Proxies: which one is in effect and who named it, which is dead, closed or passed over. Real proxies on loopback."""

from __future__ import annotations

import os
import re

import pytest

from profiles.doctor.finding import ERROR, INFO, OK, WARNING
from tests.doctor.ways import (
    PASSWORD,
    Doorman,
    Elsewhere,
    Open,
    after,
    black_hole,
    check_silence,
    levels,
    only,
    over_tls,
    patient_of,
    told,
    wrong,
)
from tests.support.certificates import Authority, self_signed
from tests.support.proxies import Babbler, Proxy, dead_port
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
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


def test_proxy_healthy(patient: Patient, simulator: Simulator) -> None:
    """Without a proxy nothing is said; with one that works, which and by what variable, as information."""
    assert wrong(patient) == []
    assert levels(patient)["proxy.used"] == OK
    with Proxy() as proxy:
        patient.set(HTTPS_PROXY=f"http://ada:{PASSWORD}@127.0.0.1:{proxy.port}")
        assert wrong(patient) == []
        (used,) = told(patient, "proxy.used")
        assert used.level == INFO
        assert used.title == f"Codex goes through the proxy 127.0.0.1:{proxy.port}"
        assert "HTTPS_PROXY of the environment" in used.evidence
        assert levels(patient)["proxy.dead"] == OK
        check_silence(patient)
        assert set(proxy.asked) == {simulator.url.removeprefix("https://")}


def test_where_the_proxy_is_named(patient: Patient, box: Box) -> None:
    """proxy.used: file and line of whatever names it, be it a start-up file or the home's .env."""
    with Open() as proxy, Proxy() as other:
        line = f"export HTTPS_PROXY=http://127.0.0.1:{proxy.port}"
        patient.write(".bashrc", f"# mine\n{line}\n")
        patient.set(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")
        (used,) = told(patient, "proxy.used", offline=True)
        assert "HTTPS_PROXY, set by ~/.bashrc:2" in used.evidence
        # C147: the .env beats the environment.
        patient.write(".codex/.env", f"A=1\n\nHTTPS_PROXY=http://127.0.0.1:{other.port}\n")
        (used,) = told(patient, "proxy.used")
        assert (
            f"http://127.0.0.1:{other.port} (HTTPS_PROXY, set by ~/.codex/.env:3" in used.evidence
        )
        assert other.asked
        assert proxy.asked == []


def test_only_the_line_that_counts_is_named(patient: Patient) -> None:
    """proxy.dead: of several lines those with the value in effect; of .env and start-up file the .env, which counts."""
    value = f"http://127.0.0.1:{dead_port()}"
    patient.write(".profile", "export HTTPS_PROXY=http://127.0.0.1:9\n")
    patient.write(".bashrc", f"export HTTPS_PROXY={value}\n")
    patient.set(HTTPS_PROXY=value)
    (finding,) = [each for each in wrong(patient) if each.level == ERROR]
    assert finding.evidence.endswith(": HTTPS_PROXY, set by ~/.bashrc:1")
    patient.write(".codex/.env", f"HTTPS_PROXY={value}\n")
    (finding,) = [each for each in wrong(patient) if each.level == ERROR]
    assert finding.evidence.endswith(": HTTPS_PROXY, set by ~/.codex/.env:1")
    assert finding.mend is not None
    assert not any(".bashrc" in change for change in finding.mend.changes)


@pytest.mark.parametrize("how", ["fix", "mend"])
@pytest.mark.parametrize("where", ["environment", ".bashrc", ".env"])
def test_a_dead_proxy(patient: Patient, where: str, how: str) -> None:
    """proxy.dead: one finding, with the line that names the proxy; commented out, by hand or by us, it is gone."""
    value = f"http://ada:{PASSWORD}@127.0.0.1:{dead_port()}"
    path = f"{patient.box.home}/.profile"
    if where == ".env":
        path = patient.write(".codex/.env", f"# of work\nHTTPS_PROXY={value}\n")
    else:
        patient.set(HTTPS_PROXY=value)
    if where == ".bashrc":
        path = patient.write(".bashrc", f"# of work\nexport HTTPS_PROXY={value}\n")
    finding = only(patient, "proxy.dead")
    assert "Connection refused" in finding.evidence
    assert re.search(r"The proxy 127\.0\.0\.1:\d+ is dead", finding.title)
    expected = {
        "environment": "HTTPS_PROXY of the environment in which this runs",
        ".bashrc": "HTTPS_PROXY, set by ~/.bashrc:2",
        ".env": "HTTPS_PROXY, set by ~/.codex/.env:2",
    }
    assert expected[where] in finding.evidence
    check_silence(patient)
    if where == "environment":
        assert finding.mend is None
    elif how == "mend":
        undo = patient.mend(finding)
        with open(path, encoding="utf-8") as file:
            assert "\n# " in file.read()
        after(undo, patient)
        only(patient, "proxy.dead")
        patient.mend(only(patient, "proxy.dead"))
    if where == "environment" or how == "fix":
        after(finding.fix, patient)
    if where == ".bashrc" and how == "mend":
        patient.set(HTTPS_PROXY=None)  # a new terminal
    assert wrong(patient) == []


def test_a_dead_proxy_of_the_next_terminal(patient: Patient) -> None:
    """proxy.dead as a warning: it does not count here yet; the line is named and mended, a condition is no warning."""
    dead, value = dead_port(), f"http://ada:{PASSWORD}@127.0.0.1:"
    path = patient.write(".bashrc", f"# of work\nexport HTTPS_PROXY={value}{dead}\n")
    finding = only(patient, "proxy.dead", WARNING)
    assert f"127.0.0.1:{dead}: Connection refused" in finding.evidence
    assert "HTTPS_PROXY is set by ~/.bashrc:2" in finding.evidence
    check_silence(patient)
    after(patient.mend(finding), patient)
    after(only(patient, "proxy.dead", WARNING).fix, patient)
    assert wrong(patient) == []
    with Open() as proxy:
        patient.write(".bashrc", f"export HTTPS_PROXY={value}{proxy.port}\n")
        assert wrong(patient) == []
        patient.set(HTTPS_PROXY=f"{value}{proxy.port}")
        assert wrong(patient) == []
        assert told(patient, "proxy.dead") == []
    patient.set(HTTPS_PROXY=None)
    for line in (
        f"at_work() {{ export HTTPS_PROXY={value}{dead}; }}",
        f"if at_work; then\n  export HTTPS_PROXY={value}{dead}\nfi",
        f"at_work && export HTTPS_PROXY={value}{dead}",
        f"HTTPS_PROXY={value}{dead} curl https://x.example",
        f"export HTTP_PROXY={value}{dead}",
        f"# export HTTPS_PROXY={value}{dead}",
    ):
        patient.write(os.path.basename(path), f"{line}\n")
        assert wrong(patient) == [], line


def test_a_proxy_that_is_started(patient: Patient) -> None:
    """proxy.dead: the other way to mend it."""
    with Proxy() as proxy:
        port = proxy.port
        patient.set(HTTPS_PROXY=f"http://127.0.0.1:{port}")
        assert wrong(patient) == []
    only(patient, "proxy.dead")


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (b"SSH-2.0-OpenSSH_9.9\r\n", "it answers with something that is not HTTP: no proxy"),
        (b"", "it hangs up at once: no proxy"),
    ],
)
def test_no_proxy_at_all(patient: Patient, says: bytes, why: str) -> None:
    """proxy.dead: somebody listens there, who is no proxy."""
    with Babbler(says) as other:
        patient.set(ALL_PROXY=other.url)
        assert why in only(patient, "proxy.dead").evidence


def test_a_proxy_without_a_name(patient: Patient) -> None:
    """proxy.dead: its host is not known; the service's own name is no matter then."""
    patient.set(HTTPS_PROXY="http://proxy.switchyard.invalid:3128")
    finding = only(patient, "proxy.dead")
    assert "its name is not known" in finding.evidence
    assert "proxy.switchyard.invalid:3128" in finding.title


def test_a_proxy_in_a_black_hole(patient: Patient) -> None:
    """proxy.dead: connecting to it takes for ever, and is given up."""
    with black_hole() as port:
        patient.set(HTTPS_PROXY=f"127.0.0.1:{port}")
        assert "no connection within 2.5 s" in only(patient, "proxy.dead").evidence


def test_a_proxy_over_tls(patient: Patient, authority: Authority, box: Box) -> None:
    """An https:// proxy: TLS over TLS works where it is trusted, and is proxy.dead where it is not."""
    patient.set(HTTPS_PROXY=f"https://127.0.0.1:{dead_port()}")
    only(patient, "proxy.dead")
    with Babbler(b"no TLS here") as plain:
        patient.set(HTTPS_PROXY=f"https://127.0.0.1:{plain.port}")
        assert "no TLS with it" in only(patient, "proxy.dead").evidence
    with Proxy() as proxy:
        with over_tls(proxy.port, authority.vouch("proxy")) as port:
            patient.set(HTTPS_PROXY=f"https://127.0.0.1:{port}")
            assert wrong(patient) == []
            assert proxy.asked
        with over_tls(proxy.port, self_signed(box.path)) as port:
            patient.set(HTTPS_PROXY=f"https://127.0.0.1:{port}")
            finding = only(patient, "proxy.dead")
            assert "no TLS with it: self-signed certificate" in finding.evidence


def test_a_proxy_wants_a_password(patient: Patient) -> None:
    """proxy.auth: 407 without credentials and with wrong ones; with those of the fix it is gone."""
    with Doorman("ada", PASSWORD) as proxy:
        patient.set(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")
        finding = only(patient, "proxy.auth")
        assert "none are given" in finding.why
        assert "HTTPS_PROXY of the environment" in finding.evidence
        patient.set(HTTPS_PROXY=f"http://ada:wrong@127.0.0.1:{proxy.port}")
        finding = only(patient, "proxy.auth")
        assert "a user and a password are given" in finding.why
        check_silence(patient)
        line = finding.fix.replace("USER", "ada").replace("PASSWORD", PASSWORD)
        after(line, patient)
        assert wrong(patient) == []
        check_silence(patient)


def test_a_proxy_that_speaks_ntlm(patient: Patient) -> None:
    """proxy.auth: a scheme that Codex does not speak needs a relay, not a password."""
    with Doorman("ada", PASSWORD, "NTLM") as proxy:
        patient.set(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")
        finding = only(patient, "proxy.auth")
    assert "(NTLM)" in finding.why
    assert "cntlm" in finding.fix


@pytest.mark.parametrize("status", [403, 502])
def test_a_proxy_refuses(patient: Patient, authority: Authority, box: Box, status: int) -> None:
    """proxy.refused: a host elsewhere that the proxy does not let through is named."""
    with Proxy(status) as proxy:
        patient.set(
            HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}",
            SWITCHYARD_ISSUER="https://auth.switchyard.invalid",
            SWITCHYARD_CHATGPT_BASE_URL="https://chat.switchyard.invalid/backend-api",
        )
        finding = only(patient, "proxy.refused")
        assert f"CONNECT auth.switchyard.invalid:443: {status}" in finding.evidence
    # Allowed by whoever runs the proxy.
    names = "DNS:auth.switchyard.invalid,DNS:chat.switchyard.invalid"
    with (
        Simulator(tls=authority.vouch("allowed", names).server()) as there,
        Elsewhere(int(there.url.rpartition(":")[2])) as proxy,
    ):
        there.faults.add(
            "/.well-known/openid-configuration", body={"issuer": "https://auth.switchyard.invalid"}
        )
        patient.set(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")
        assert wrong(patient) == []


def test_this_machine_through_a_proxy(patient: Patient) -> None:
    """proxy.loopback: 127.0.0.1 is not exempt by itself (C145); an error when the proxy refuses, else worth knowing."""
    with Proxy() as proxy:
        patient.set(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")
        (finding,) = told(patient, "proxy.loopback")
        assert finding.level == INFO
        assert f"through 127.0.0.1:{proxy.port}" in finding.evidence
        (finding,) = told(patient, "proxy.loopback", offline=True)
        assert finding.level == INFO
    with Proxy(403) as proxy:
        patient.set(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")
        finding = only(patient, "proxy.loopback")
        assert f"the proxy 127.0.0.1:{proxy.port}: HTTPS_PROXY" in finding.evidence
        after(finding.fix, patient)
        assert wrong(patient) == []
        assert told(patient, "proxy.loopback") == []


def test_an_exempt_host(patient: Patient) -> None:
    """proxy.used: that NO_PROXY takes the service out of the proxy is worth knowing."""
    patient.set(HTTPS_PROXY=f"http://127.0.0.1:{dead_port()}", NO_PROXY="127.0.0.1")
    (finding,) = told(patient, "proxy.used")
    assert finding.title == "NO_PROXY exempts the service"
    assert "directly, exempted by NO_PROXY of the environment" in finding.evidence


def test_plain_http_through_a_proxy(box: Box) -> None:
    """An http:// address, as a test issuer's, is asked of the proxy itself, by its whole name, as Codex does."""
    with Babbler(
        b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"
    ) as proxy:
        with Simulator() as simulator:
            patient = patient_of(box, simulator, proxied=True)
            patient.set(HTTP_PROXY=f"http://ada:{PASSWORD}@127.0.0.1:{proxy.port}")
            only(patient, "proxy.auth")
        lines = [heard.split(b"\r\n")[0] for heard in proxy.heard]
        assert f"GET {simulator.url}/backend-api/wham/usage HTTP/1.1".encode() in lines
        assert b"Proxy-Authorization: Basic " in proxy.heard[0]
        check_silence(patient)
