"""The ladder to the service, rung by rung: real servers, and one finding that explains the rest."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
import time
from typing import Final, NamedTuple

import pytest

from profiles.doctor.examining import examine
from profiles.doctor.finding import ERROR, INFO, OK, UNKNOWN, WARNING
from profiles.doctor.network import CHECKS
from profiles.doctor.network_ladder import climb_all
from tests.doctor.patient import Patient
from tests.doctor.ways import (
    SUBJECTS,
    Elsewhere,
    after,
    black_hole,
    deaf,
    levels,
    only,
    patient_of,
    wrong,
)
from tests.support.certificates import Authority
from tests.support.proxies import Babbler, dead_port
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Literal

    from profiles.doctor.finding import Finding
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


def test_network_healthy(box: Box, simulator: Simulator) -> None:
    """A service that answers as it should: every rung is ok, nothing warns, and it takes less than 1.5 s."""
    patient = patient_of(box, simulator)
    begun = time.monotonic()
    found = patient.findings(*SUBJECTS)
    assert time.monotonic() - begun < 1.5
    assert {each.level for each in found} == {OK}
    rungs = {"net.tcp", "net.silent", "net.intercepted", "net.403", "net.region", "net.service"}
    assert rungs <= {each.id for each in found}


def test_what_is_sent(box: Box, simulator: Simulator) -> None:
    """Four requests, the token request with its grant type alone; no token of any login, no Authorization, no name."""
    patient = patient_of(box, simulator)
    simulator.people.add("ada@example.com", workspaces=[("ws-acme", "Acme", "team")])
    tokens = simulator.sign_in("ada@example.com", "Acme")
    patient.write(".codex/auth.json", json.dumps({"auth_mode": "chatgpt", "tokens": tokens}), 0o600)
    patient.findings(*SUBJECTS)
    asked = sorted((each.method, each.path, each.body) for each in simulator.log)
    assert asked == [
        ("GET", DISCOVERY, b""),
        ("GET", USAGE, b""),
        ("HEAD", TOKEN, b""),
        ("POST", TOKEN, b"grant_type=authorization_code"),
    ]
    for request in simulator.log:
        names = {name.lower() for name, _ in request.headers}
        assert names <= {"host", "accept", "content-type", "content-length"}


def test_offline_sends_nothing(box: Box, simulator: Simulator) -> None:
    """--offline asks nobody, and says nothing of what it has not seen."""
    patient = patient_of(box, simulator)
    found = patient.findings(*SUBJECTS, offline=True)
    assert simulator.log == []
    assert not {"net.tcp", "net.403", "tls.missing_ca"} & {each.id for each in found}
    assert {each.level for each in found} == {OK}


def test_dns(box: Box, simulator: Simulator) -> None:
    """net.dns: names that nobody knows are one finding for both hosts, with the name servers that were asked."""
    patient = patient_of(box, simulator)
    patient.set(
        SWITCHYARD_ISSUER="https://auth.switchyard.invalid",
        SWITCHYARD_CHATGPT_BASE_URL="https://chat.switchyard.invalid/backend-api",
    )
    patient.put("/etc/resolv.conf", "# made up\nnameserver 192.0.2.53\n")
    finding = only(patient, "net.dns")
    for word in ("auth.switchyard.invalid: ", "chat.switchyard.invalid: ", "192.0.2.53"):
        assert word in finding.evidence
    assert finding.fix.endswith("getent hosts auth.switchyard.invalid")
    rungs = {"net.tcp", "net.403", "tls.missing_ca", "clock"}
    assert not rungs & levels(patient).keys() - {"clock"}
    patient.set(SWITCHYARD_ISSUER=simulator.url, SWITCHYARD_CHATGPT_BASE_URL=simulator.backend_url)
    assert wrong(patient) == []


def climbed_by(patient: Patient, look_up: object) -> list[Finding]:
    """Return what the checks of the network find when this looks names up."""
    machine = patient.machine()
    machine.once("network ladder", lambda: climb_all(machine, look_up))  # type: ignore[arg-type]
    return [each for each in examine(machine, CHECKS) if each.level not in (OK, INFO)]


def test_dns_that_hangs(box: Box, simulator: Simulator) -> None:
    """net.dns: a look-up that never ends is given up after 2.5 s, though nothing can end it."""
    patient = patient_of(box, simulator)
    patient.set(SWITCHYARD_ISSUER="https://auth.switchyard.invalid")
    ended = threading.Event()

    def hang(*_: object, **__: object) -> list[Any]:
        ended.wait(30)
        return []

    begun = time.monotonic()
    try:
        (finding,) = climbed_by(patient, hang)
    finally:
        ended.set()
    assert time.monotonic() - begun < 4
    assert finding.id == "net.dns"
    assert "no name server answered within 2.5 s" in finding.evidence


def test_dns_that_leads_home(box: Box, simulator: Simulator) -> None:
    """net.dns: a line of /etc/hosts that leads the service to this machine is named; commented out, it is gone."""
    patient = patient_of(box, simulator)
    patient.set(SWITCHYARD_ISSUER="https://auth.switchyard.invalid")
    hosts = patient.put(
        "/etc/hosts",
        "127.0.0.1 localhost\n# auth.switchyard.invalid\n0.0.0.0 x auth.switchyard.invalid\n",
    )
    astray = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]

    def look_up(host: str, port: int, **kinds: int) -> list[Any]:
        with open(hosts, encoding="ascii") as file:
            lines = [line.split() for line in file if not line.startswith("#")]
        if any(host in line for line in lines if host != "127.0.0.1"):
            return astray
        return socket.getaddrinfo(host, port, **kinds)

    (finding,) = climbed_by(patient, look_up)
    assert finding.id == "net.dns"
    assert "/etc/hosts:3 names it" in finding.evidence
    assert finding.title == "/etc/hosts leads auth.switchyard.invalid astray"
    after(finding.fix.removeprefix("sudo ").replace("/etc/hosts", hosts), patient)
    (finding,) = climbed_by(patient, look_up)
    assert "leads to" not in finding.evidence  # by now it is a name that nobody knows


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_tcp(box: Box, scheme: str) -> None:
    """net.tcp: nobody takes connections; one finding names both hosts, and it is gone when they are there again."""
    port = dead_port()
    patient = Patient(box)
    patient.set(
        SWITCHYARD_ISSUER=f"{scheme}://127.0.0.1:{port}",
        SWITCHYARD_CHATGPT_BASE_URL=f"{scheme}://127.0.0.1:{port}/backend-api/",
    )
    finding = only(patient, "net.tcp")
    assert finding.evidence.count(f"127.0.0.1:{port}: TCP {port}: Connection refused") == 2
    if scheme == "http":
        with Simulator(port=port):
            assert wrong(patient) == []


def test_tcp_of_one_host(box: Box, simulator: Simulator) -> None:
    """net.tcp: with the backend alone unreachable only that is named, and the issuer's rungs are fine."""
    patient = patient_of(box, simulator)
    port = dead_port()
    patient.set(SWITCHYARD_CHATGPT_BASE_URL=f"http://127.0.0.1:{port}/backend-api/")
    finding = only(patient, "net.tcp")
    assert finding.title == f"127.0.0.1:{port}: no connection"
    assert levels(patient)["net.403"] == OK


def test_a_black_hole(box: Box) -> None:
    """net.tcp: packets that are dropped are given up after 2.5 s, and are no "unknown" anywhere."""
    with black_hole() as port:
        patient = Patient(box)
        patient.set(
            SWITCHYARD_ISSUER=f"https://127.0.0.1:{port}",
            SWITCHYARD_CHATGPT_BASE_URL=f"https://127.0.0.1:{port}/backend-api/",
        )
        begun = time.monotonic()
        finding = only(patient, "net.tcp")
    assert time.monotonic() - begun < 4
    assert "no connection within 2.5 s" in finding.evidence


def test_silence(box: Box) -> None:
    """net.silent: both hosts take connections and never answer; all is told within five seconds."""
    with deaf() as port:
        patient = Patient(box)
        patient.set(
            SWITCHYARD_ISSUER=f"http://127.0.0.1:{port}",
            SWITCHYARD_CHATGPT_BASE_URL=f"http://127.0.0.1:{port}/backend-api/",
        )
        begun = time.monotonic()
        finding = only(patient, "net.silent")
        assert time.monotonic() - begun < 5
    assert "GET: no answer in time" in finding.evidence


def test_slow_drops(box: Box, simulator: Simulator) -> None:
    """net.silent: an answer that comes byte by byte cannot hold the doctor longer than all rungs may take."""
    simulator.faults.add("*", times=None, drip=0.3)
    patient = patient_of(box, simulator)
    begun = time.monotonic()
    finding = only(patient, "net.silent")
    assert time.monotonic() - begun < 5
    assert "127.0.0.1" in finding.evidence


@pytest.mark.parametrize("drop", ["before", "half"])
def test_hanging_up(box: Box, simulator: Simulator, drop: Literal["before", "half"]) -> None:
    """net.silent: a connection that is closed without an answer, or in the middle of one."""
    simulator.faults.add(DISCOVERY, drop=drop)
    patient = patient_of(box, simulator)
    finding = only(patient, "net.silent")
    words = {"before": "hangs up without an answer", "half": "was cut off"}
    assert words[drop] in finding.evidence
    assert wrong(patient) == []


@pytest.mark.parametrize(
    ("id_", "answered", "told"),
    [
        ("net.region", Said(403, {}, REGION), "403, unsupported_country_region_territory"),
        ("net.403", Said(403, {}, {"error": "forbidden"}), "POST: 403, forbidden"),
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
        ("net.intercepted", Said(204, {}, ""), "POST: 204"),
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
    assert "GET: 302 to login.hotel.example" in finding.evidence


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
    assert time.monotonic() - begun < 5
    simulator.faults.clear()
    begun = time.monotonic()
    assert wrong(patient) == []
    assert time.monotonic() - begun < 1.5  # Windows is waited for only where it matters


def test_an_issuer_of_ones_own(box: Box, simulator: Simulator) -> None:
    """net.issuer: one to which no token may be sent is named, and nobody at that address is asked."""
    patient = patient_of(box, simulator)
    plain = simulator.url.replace("127.0.0.1", "192.0.2.7")
    patient.set(SWITCHYARD_ISSUER=plain)
    (finding,) = patient.found("network", "net.issuer", offline=True)
    assert finding.level == ERROR
    assert plain in finding.evidence
    after(finding.fix, patient)
    assert patient.found("network", "net.issuer", offline=True) == []


def test_a_waiting_login_is_left_alone(box: Box, redirect_ports: tuple[int, int]) -> None:
    """C116: whatever names port 1455 or 1457 of this machine, nobody connects there."""
    with contextlib.ExitStack() as stack:
        listeners = [
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
            for port in redirect_ports
        ]
        patient = Patient(box)
        patient.set(
            SWITCHYARD_ISSUER=f"http://127.0.0.1:{redirect_ports[0]}",
            SWITCHYARD_CHATGPT_BASE_URL=f"http://127.0.0.1:{redirect_ports[1]}/backend-api/",
        )
        finding = only(patient, "net.tcp")
        patient.set(
            NO_PROXY=None, no_proxy=None, HTTP_PROXY=f"http://127.0.0.1:{redirect_ports[0]}"
        )
        only(patient, "proxy.dead")
        for listener in listeners:
            listener.setblocking(False)
            with pytest.raises(BlockingIOError):
                listener.accept()
    assert "it is left alone" in finding.evidence


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


@pytest.mark.slow
def test_everything_hangs(box: Box) -> None:
    """A proxy that takes connections and says nothing, for both hosts: told within five seconds, nothing unknown."""
    with deaf() as port:
        patient = Patient(box)
        patient.set(NO_PROXY=None, no_proxy=None, HTTPS_PROXY=f"http://127.0.0.1:{port}")
        patient.set(
            SWITCHYARD_ISSUER="https://auth.switchyard.invalid",
            SWITCHYARD_CHATGPT_BASE_URL="https://chat.switchyard.invalid/backend-api",
        )
        begun = time.monotonic()
        found = patient.findings(*SUBJECTS)
        assert time.monotonic() - begun < 5
    assert [each.id for each in found if each.level == ERROR] == ["proxy.dead"]
    assert not any(each.level == UNKNOWN for each in found)
