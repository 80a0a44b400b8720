"""The ladder to the service, rung by rung: real servers, and one finding that explains the rest."""

from __future__ import annotations

import contextlib
import importlib
import json
import socket
import threading
import time
from typing import Final

import pytest

from profiles.doctor import network
from profiles.doctor.examining import examine
from profiles.doctor.finding import ERROR, INFO, OK, UNKNOWN
from profiles.doctor.network_ladder import climb_all
from tests.doctor.patient import Patient
from tests.doctor.ways import (
    SUBJECTS,
    after,
    black_hole,
    deaf,
    levels,
    only,
    patient_of,
    wrong,
)
from tests.support.proxies import dead_port
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Literal

    from profiles.doctor.finding import Finding
    from tests.conftest import Box

DISCOVERY, TOKEN = "/.well-known/openid-configuration", "/oauth/token"
USAGE: Final = "/backend-api/wham/usage"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """An issuer and backend that work."""
    with Simulator() as running:
        yield running


def test_network_healthy(box: Box, simulator: Simulator) -> None:
    """A service that answers as it should: every rung is ok, nothing warns, and it takes less than 1.5 s."""
    patient = patient_of(box, simulator)
    spent = []
    for _ in range(3):  # a machine that is busy with other tests is no bug
        begun = time.monotonic()
        found = patient.findings(*SUBJECTS)
        spent.append(time.monotonic() - begun)
    assert min(spent) < 1.5
    assert {each.level for each in found} == {OK}
    rungs = {"net.tcp", "net.silent", "net.intercepted", "net.403", "net.region", "net.service"}
    assert rungs <= {each.id for each in found}


def test_every_id_is_explained() -> None:
    """What the checks answer for is what is explained, and nothing is called both seen and unseen."""
    for name in SUBJECTS:
        module = importlib.import_module(f"profiles.doctor.{name}")
        assert {id_ for check in module.CHECKS for id_ in check.fine} == set(module.SEEN)
        assert not module.SEEN.keys() & module.UNSEEN.keys()
    assert {"firewall", "net.codex_alone"} <= network.UNSEEN.keys()


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
    return [each for each in examine(machine, network.CHECKS) if each.level not in (OK, INFO)]


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
    after(finding.fix.removeprefix("sudo "), patient)
    (finding,) = climbed_by(patient, look_up)
    assert "leads to" not in finding.evidence  # by now it is a name that nobody knows


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_tcp(box: Box, scheme: str) -> None:
    """net.tcp: nobody takes connections; one finding names both hosts, and it is gone when they are there again."""
    ports = dead_port(), dead_port()
    patient = Patient(box)
    patient.set(
        SWITCHYARD_ISSUER=f"{scheme}://127.0.0.1:{ports[0]}",
        SWITCHYARD_CHATGPT_BASE_URL=f"{scheme}://127.0.0.1:{ports[1]}/backend-api/",
    )
    finding = only(patient, "net.tcp")
    for port in ports:
        assert f"127.0.0.1:{port}: TCP {port}: Connection refused" in finding.evidence
    if scheme == "http":
        with Simulator(port=ports[0]), Simulator(port=ports[1]):
            assert wrong(patient) == []


def test_tcp_of_one_host(box: Box, simulator: Simulator) -> None:
    """net.tcp: with the backend alone unreachable only that is named, and the issuer's rungs are fine."""
    patient = patient_of(box, simulator)
    port = dead_port()
    patient.set(SWITCHYARD_CHATGPT_BASE_URL=f"http://127.0.0.1:{port}/backend-api/")
    finding = only(patient, "net.tcp")
    assert finding.title == f"No connection with 127.0.0.1:{port}"
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
        assert time.monotonic() - begun < 5.5
    assert "GET: no answer in time" in finding.evidence


def test_slow_drops(box: Box, simulator: Simulator) -> None:
    """net.silent: an answer that comes byte by byte cannot hold the doctor longer than all rungs may take."""
    simulator.faults.add("*", times=None, drip=0.3)
    patient = patient_of(box, simulator)
    begun = time.monotonic()
    finding = only(patient, "net.silent")
    assert time.monotonic() - begun < 5.5
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
        assert time.monotonic() - begun < 5.5
    assert [each.id for each in found if each.level == ERROR] == ["proxy.dead"]
    assert not any(each.level == UNKNOWN for each in found)
