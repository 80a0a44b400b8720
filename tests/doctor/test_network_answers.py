"""The last rung: what is answered, by the service or by somebody in its place."""

from __future__ import annotations

import base64
import time
from typing import Final, NamedTuple

import pytest

from profiles.doctor.finding import ERROR, WARNING
from tests.doctor.patient import Patient
from tests.doctor.ways import (
    SUBJECTS,
    Elsewhere,
    after,
    only,
    patient_of,
    wrong,
)
from tests.support.certificates import Authority
from tests.support.proxies import Babbler
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

DISCOVERY, TOKEN = "/.well-known/openid-configuration", "/oauth/token"
USAGE: Final = "/backend-api/wham/usage"
REGION: Final[dict[str, object]] = {
    "error": {
        "code": "unsupported_country_region_territory",
        "message": "Country, region, or territory not supported",
        "param": None,
        "type": "request_forbidden",
    }
}
PAGE: Final = "<html>"
HTML: Final = {"Content-Type": "text/html"}


class Said(NamedTuple):
    """An answer."""

    status: int
    headers: dict[str, str]
    body: str | dict[str, object]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """An issuer and backend that work."""
    with Simulator() as running:
        yield running


@pytest.mark.parametrize(
    ("id_", "answered", "told"),
    [
        ("net.region", Said(403, {}, REGION), "403, unsupported_country_region_territory"),
        ("net.403", Said(403, {}, {"error": "forbidden"}), "POST 403, forbidden"),
        ("net.403", Said(403, {"cf-mitigated": "challenge"}, PAGE), "a challenge for robots"),
        ("net.403", Said(403, HTML, PAGE), "403, a web page"),
        ("net.limited", Said(429, {}, {"error": "slow_down"}), "429, slow_down"),
        ("net.service", Said(503, {}, {}), "503"),
        ("net.service", Said(500, HTML, PAGE), "500, a web page"),
        (
            "net.intercepted",
            Said(302, {"Location": "http://portal.example/?x=1"}, ""),
            "302 to portal.example",
        ),
        ("net.intercepted", Said(200, HTML, PAGE), "200, a web page"),
        ("net.intercepted", Said(400, HTML, PAGE), "400, a web page"),
        ("net.intercepted", Said(204, {}, ""), "POST 204, where 400 belongs"),
    ],
)
def test_answers(box: Box, simulator: Simulator, id_: str, answered: Said, told: str) -> None:
    """Each answer to the token request has its own finding, which says what was answered; then it is gone."""
    simulator.faults.add(TOKEN, times=None, **answered._asdict())
    patient = patient_of(box, simulator)
    finding = only(patient, id_, WARNING if id_ == "net.limited" else ERROR)
    assert told in finding.evidence
    assert "x=1" not in finding.evidence
    assert "discovery 200" in finding.evidence
    simulator.faults.clear()
    assert wrong(patient) == []


@pytest.mark.parametrize("body", [REGION, {"error": "forbidden"}])
def test_another_exit(box: Box, body: dict[str, object]) -> None:
    """net.403 and net.region: given a proxy that leaves by another address, as the fix says, the refusal is gone."""
    authority = Authority(box.path)
    certificate = authority.vouch()
    with (
        Simulator(tls=certificate.server()) as refusing,
        Simulator(tls=certificate.server()) as serving,
        Elsewhere(int(serving.url.rpartition(":")[2])) as proxy,
    ):
        refusing.faults.add(TOKEN, times=None, status=403, body=body)
        patient = patient_of(box, refusing, authority, proxied=True)
        finding = only(patient, "net.region" if "code" in str(body) else "net.403")
        assert finding.fix.endswith("export HTTPS_PROXY=http://HOST:PORT")
        line = finding.fix.rpartition(": ")[2].replace("HOST:PORT", f"127.0.0.1:{proxy.port}")
        after(line, patient)
        assert wrong(patient) == []
        assert proxy.asked == [refusing.url.removeprefix("https://")] * 2


def test_a_gateway_before_everything(box: Box, simulator: Simulator) -> None:
    """net.intercepted: a sign-in page that answers for both hosts is one finding."""
    simulator.faults.add(
        "*",
        times=None,
        status=302,
        headers={"Location": "https://login.hotel.example/", "Content-Type": "text/html"},
        body="<html>welcome</html>",
    )
    patient = patient_of(box, simulator)
    finding = only(patient, "net.intercepted")
    assert "HEAD 302 to login.hotel.example" in finding.evidence
    assert "GET 302 to login.hotel.example" in finding.evidence


def test_another_issuer(box: Box, simulator: Simulator) -> None:
    """net.intercepted: a discovery document that names somebody else."""
    document: dict[str, object] = {"issuer": "https://evil.example"}
    simulator.faults.add(DISCOVERY, times=None, body=document)
    finding = only(patient_of(box, simulator), "net.intercepted")
    assert "it says that it is evil.example" in finding.evidence


@pytest.mark.parametrize("says", [b"SSH-2.0-OpenSSH_9.9\r\n", b"\x00\x01\x02\r\n\r\n"])
def test_no_http(box: Box, says: bytes) -> None:
    """net.intercepted: what answers speaks another language."""
    with Babbler(says) as other:
        patient = Patient(box)
        patient.set(
            SWITCHYARD_ISSUER=other.url, SWITCHYARD_CHATGPT_BASE_URL=f"{other.url}/backend-api/"
        )
        finding = only(patient, "net.intercepted")
    assert "an answer that is not HTTP" in finding.evidence


def test_a_server_that_closes_behind_each_answer(box: Box) -> None:
    """Connections that end without a word behind an answer are made anew; nothing is wrong with that."""
    body = b'{"error":"invalid_request"}'
    says = b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with Babbler(says) as other:
        patient = Patient(box)
        patient.set(
            SWITCHYARD_ISSUER=other.url, SWITCHYARD_CHATGPT_BASE_URL=f"{other.url}/backend-api/"
        )
        assert wrong(patient) == []
        assert len(other.heard) == 4


def test_the_backend_may_refuse_in_its_own_way(box: Box, simulator: Simulator) -> None:
    """A challenge, a refusal, a missing page of the backend: it is there, and that was the question."""
    patient = patient_of(box, simulator)
    for status, headers in ((403, {"cf-mitigated": "challenge"}), (404, {}), (429, {}), (401, {})):
        simulator.faults.add(USAGE, status=status, headers=headers, body="<html>")
        assert wrong(patient) == []
    simulator.faults.add(USAGE, status=502, body="<html>")
    only(patient, "net.service")


def test_small_oddities_of_the_issuer(box: Box, simulator: Simulator) -> None:
    """Another discovery or HEAD does not matter where the token endpoint refuses as it should."""
    patient = patient_of(box, simulator)
    for status in (404, 403, 500):
        simulator.faults.add(DISCOVERY, status=status, body="<html>")
        assert wrong(patient) == []
    simulator.faults.add(TOKEN, status=200, body="")  # the HEAD
    assert wrong(patient) == []
    simulator.faults.add(TOKEN, times=2, status=401, body={"error": "invalid_client"})
    assert wrong(patient) == []
    simulator.faults.add(DISCOVERY, oversize=True)
    assert wrong(patient) == []


def test_windows_leaves_elsewhere(box: Box, simulator: Simulator) -> None:
    """net.403 in WSL: Windows's own curl gets 400, so the two leave by different addresses; that is said and mended."""
    simulator.faults.add(TOKEN, times=None, status=403, body={"error": "forbidden"})
    patient = patient_of(box, simulator)
    patient.set(WSL_DISTRO_NAME="Ubuntu")
    patient.program(
        "curl.exe",
        "import sys\nassert 'grant_type=authorization_code' in sys.argv\nprint('400', end='')\n",
    )
    finding = only(patient, "net.403")
    assert "Windows's own curl.exe got 400 for the same POST" in finding.evidence
    assert "leaves by another address" in finding.why
    assert "networkingMode=mirrored" in finding.fix
    patient.program("curl.exe", "print('403', end='')\n")
    finding = only(patient, "net.403")
    assert "got 403" in finding.evidence
    assert "networkingMode" not in finding.fix
    patient.program("curl.exe", "import time\ntime.sleep(30)\n")
    begun = time.monotonic()
    assert "curl.exe" not in only(patient, "net.403").evidence
    assert time.monotonic() - begun < 5.5
    simulator.faults.clear()
    begun = time.monotonic()
    assert wrong(patient) == []
    assert time.monotonic() - begun < 3  # Windows is waited for only where it matters


def test_no_secret_in_any_answer(box: Box, simulator: Simulator) -> None:
    """What the other side says is not repeated: a body that holds tokens leaves nothing in any finding."""
    canary = f"eyJhbGciOiJub25l.{base64.urlsafe_b64encode(b'canary' * 4).decode()}.c2ln"
    for status in (200, 302, 400, 403, 500):
        simulator.faults.add(
            TOKEN,
            times=2,
            status=status,
            headers={"Location": f"https://x.example/?t={canary}", "X": canary},
            body={"error": canary, "access_token": canary},
        )
        found = patient_of(box, simulator).findings(*SUBJECTS)
        assert canary[:20] not in repr(found)
