"""The clock: by the Date of real answers, by certificates, and offline by logins that come from the future."""

from __future__ import annotations

import json
import time
from email.utils import formatdate

import pytest

from profiles.doctor.finding import ERROR, OK, WARNING
from tests.doctor.patient import Patient
from tests.doctor.ways import SUBJECTS, dated, levels, only, patient_of, wrong
from tests.support.certificates import Authority
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

DAY = 86_400


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A service."""
    with Simulator() as running:
        yield running


def tell(simulator: Simulator, offset: float, **more: str) -> None:
    """Let the service tell a time that is so many seconds ahead of ours."""
    simulator.faults.clear()
    headers = {"Date": formatdate(time.time() + offset, usegmt=True), **more}
    simulator.faults.add("*", times=None, headers=headers)


@pytest.mark.parametrize(
    ("offset", "level", "title"),
    [
        (600, ERROR, "The clock is 10 minutes behind"),
        (-601, ERROR, "The clock is 10 minutes ahead"),
        (90, WARNING, "The clock is 90 seconds behind"),
        (-7200, ERROR, "The clock is 2 hours ahead"),
        (40 * DAY, ERROR, "The clock is 40 days behind"),
    ],
)
def test_a_clock_that_is_off(
    box: Box, simulator: Simulator, offset: float, level: str, title: str
) -> None:
    """clock: by the Date of the answers; both times are shown, and it is gone when they agree."""
    patient = patient_of(box, simulator)
    tell(simulator, offset)
    finding = only(patient, "clock", level)
    assert finding.title.replace("91", "90").replace("89", "90") == title
    assert simulator.url.removeprefix("http://") in finding.evidence
    assert finding.evidence.count("UTC") == 2
    assert finding.fix == "sudo timedatectl set-ntp true"
    tell(simulator, 0)
    assert wrong(patient) == []


def test_the_clock_of_this_machine(box: Box, simulator: Simulator) -> None:
    """clock: the injected clock is what is compared; set right, as the fix does, the finding is gone."""
    patient = patient_of(box, simulator)
    tell(simulator, 0)
    patient.context["now"] = lambda: time.time() - 1000
    only(patient, "clock")
    patient.context["now"] = time.time
    assert levels(patient)["clock"] == OK


@pytest.mark.parametrize(
    ("offset", "headers"),
    [
        (0, {}),
        (45, {}),
        (-45, {}),
        (-3600, {"Age": "3600"}),
        (0, {"Date": "yesterday"}),
        (0, {"Date": ""}),
        (0, {"Date": "Thu, 01 Jan 1970 00:00:99 GMT"}),
        (0, {"Date": "Fri, 31 Dec 9999 23:59:59 +9999"}),
        (0, {"Age": "9" * 40}),
    ],
)
def test_harmless_oddities(
    box: Box, simulator: Simulator, offset: float, headers: dict[str, str]
) -> None:
    """Less than a minute, an answer out of a cache, dates that are none: no alarm."""
    patient = patient_of(box, simulator)
    tell(simulator, offset, **headers)
    assert wrong(patient) == []


def test_one_host_with_a_clock_of_its_own(box: Box, simulator: Simulator) -> None:
    """Two hosts that disagree: the one that agrees with us says that the clock is right."""
    patient = patient_of(box, simulator)
    date = formatdate(time.time() + 900, usegmt=True)
    simulator.faults.add("/backend-api/wham/usage", times=None, headers={"Date": date})
    now = formatdate(time.time(), usegmt=True)
    simulator.faults.add("*", times=None, headers={"Date": now})
    assert wrong(patient) == []


def test_a_refusal_tells_the_time_too(box: Box, simulator: Simulator) -> None:
    """clock: an answer of any status has a Date."""
    patient = patient_of(box, simulator)
    date = formatdate(time.time() + 900, usegmt=True)
    simulator.faults.add("*", times=None, status=503, headers={"Date": date})
    assert {each.id for each in wrong(patient)} == {"net.service", "clock"}


@pytest.mark.parametrize("days", [30, -30])
def test_certificates_by_a_wrong_clock(box: Box, days: int) -> None:
    """clock: a certificate that is over, or not good yet, by our clock and good by theirs is the clock's fault."""
    authority = Authority(box.path)
    then = time.time() + days * DAY
    certificate = dated(authority, box.path, then - DAY, then + DAY)
    with Simulator(tls=certificate.server()) as simulator:
        tell(simulator, days * DAY)
        patient = patient_of(box, simulator, authority)
        finding = only(patient, "clock")
        assert "30 days" in finding.title
        tell(simulator, 0)
        only(patient, "tls.expired")


def test_a_certificate_that_is_over_by_any_clock(box: Box) -> None:
    """Both are said when the clock is off and the certificate is over all the same."""
    authority = Authority(box.path)
    now = time.time()
    certificate = dated(authority, box.path, now - 30 * DAY, now - 10 * DAY)
    with Simulator(tls=certificate.server()) as simulator:
        tell(simulator, -900)
        patient = patient_of(box, simulator, authority)
        assert {each.id for each in wrong(patient)} == {"clock", "tls.expired"}


def login(patient: Patient, issued: float, refreshed: float) -> None:
    """Let the active home have a login that was issued and refreshed at these moments."""
    with Simulator(now=lambda: issued) as simulator:
        simulator.people.add("ada@example.com", workspaces=[("ws-acme", "Acme", "team")])
        tokens = simulator.sign_in("ada@example.com", "Acme", issued_at=issued)
    tokens = {name: tokens[name] for name in ("id_token", "access_token", "refresh_token")}
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(refreshed))
    document = {"auth_mode": "chatgpt", "tokens": tokens, "last_refresh": stamp}
    patient.write(".codex/auth.json", json.dumps(document), 0o600)


@pytest.mark.parametrize(
    ("issued", "refreshed", "level"),
    [
        (-DAY, -60, OK),
        (30, 30, OK),
        (-DAY, 120, WARNING),
        (-DAY, 3600, ERROR),
        (7200, -DAY, ERROR),
        (-DAY, 7900 * 365 * DAY, OK),
    ],
)
def test_logins_from_the_future(box: Box, issued: float, refreshed: float, level: str) -> None:
    """clock, without the network: a login that was issued or refreshed later than now."""
    patient = Patient(box)
    now = time.time()
    login(patient, now + issued, now + refreshed)
    found = patient.findings("clock", offline=True)
    assert [each.level for each in found] == [level]
    if level != OK:
        assert "~/.codex/auth.json" in found[0].evidence
        assert "behind" in found[0].title
        with open(f"{box.codex}/auth.json", encoding="utf-8") as file:
            tokens = json.load(file)["tokens"]
        assert not any(token in repr(found) for token in tokens.values())
        # The clock is set right.
        patient.context["now"] = lambda: time.time() + 3 * 3600
        assert patient.findings("clock", offline=True)[0].level == OK


def test_a_service_that_is_asked_beats_a_login(box: Box, simulator: Simulator) -> None:
    """With the service's Date at hand a login from the future is no sign of a wrong clock."""
    patient = patient_of(box, simulator)
    login(patient, time.time() - DAY, time.time() + 3600)
    tell(simulator, 0)
    assert levels(patient)["clock"] == OK


def test_nobody_to_ask(box: Box) -> None:
    """Without any answer nothing is said of the clock: not that it is right."""
    patient = Patient(box)
    patient.set(
        SWITCHYARD_ISSUER="https://auth.switchyard.invalid",
        SWITCHYARD_CHATGPT_BASE_URL="https://chat.switchyard.invalid/backend-api",
    )
    assert "clock" not in {each.id for each in patient.findings(*SUBJECTS)}


def test_how_it_is_set_right(box: Box, simulator: Simulator) -> None:
    """The fix is that of the system: WSL's clock stands still while Windows sleeps; macOS has its own command."""
    patient = patient_of(box, simulator)
    tell(simulator, 900)
    patient.set(WSL_DISTRO_NAME="Ubuntu")
    assert "sudo hwclock -s" in patient.found("clock")[0].fix
    patient.set(WSL_DISTRO_NAME=None)
    patient.options["platform"] = "darwin"
    assert "sntp" in patient.found("clock")[0].fix
