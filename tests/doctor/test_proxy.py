"""Proxies: which one is in effect and who named it, which is dead, closed or passed over. Real proxies on loopback."""

from __future__ import annotations

import base64
import re

import pytest

from profiles.doctor.finding import ERROR, INFO, OK, WARNING
from tests.doctor.ways import (
    Doorman,
    Elsewhere,
    Socks,
    after,
    black_hole,
    levels,
    only,
    over_tls,
    patient_of,
    wrong,
)
from tests.support.certificates import Authority, self_signed
from tests.support.proxies import Babbler, Proxy, dead_port
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from profiles.doctor.finding import Finding
    from tests.conftest import Box
    from tests.doctor.patient import Patient

PASSWORD = "pQ7-secret-of-the-proxy"


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


def told(patient: Patient, id_: str, *, offline: bool = False) -> list[Finding]:
    """Return what is found of one id."""
    return patient.found("network", id_, offline=offline)


def check_silence(patient: Patient) -> None:
    """Prove that no finding holds the proxy's password, in any spelling."""
    everything = repr(patient.findings("network", "tls", "clock"))
    for secret in (PASSWORD, base64.b64encode(f"ada:{PASSWORD}".encode()).decode()):
        assert secret not in everything


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
    with Proxy() as proxy, Proxy() as other:
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


@pytest.mark.parametrize("where", ["environment", ".bashrc", ".env"])
def test_a_dead_proxy(patient: Patient, where: str) -> None:
    """proxy.dead: one finding, with the line that names the proxy; taking that line out is the end of it."""
    value = f"http://ada:{PASSWORD}@127.0.0.1:{dead_port()}"
    path = None
    if where == ".env":
        path = patient.write(".codex/.env", f"# of work\nHTTPS_PROXY={value}\n")
    else:
        patient.set(HTTPS_PROXY=value)
    if where == ".bashrc":
        path = patient.write(".bashrc", f"# of work\nexport HTTPS_PROXY={value}\n")
    finding = only(patient, "proxy.dead")
    assert "Connection refused" in finding.evidence
    assert re.search(r"the proxy 127\.0\.0\.1:\d+ is dead", finding.title)
    expected = {
        "environment": "HTTPS_PROXY of the environment in which this runs",
        ".bashrc": "HTTPS_PROXY, set by ~/.bashrc:2",
        ".env": "HTTPS_PROXY, set by ~/.codex/.env:2",
    }
    assert expected[where] in finding.evidence
    check_silence(patient)
    after(finding.fix.removeprefix("start the proxy, or: "), patient)
    if path is not None:
        with open(path, encoding="utf-8") as file:
            assert "\n# " in file.read()
    if where == ".bashrc":
        patient.set(HTTPS_PROXY=None)  # a new terminal
    assert wrong(patient) == []


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


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_socks_without_a_number(patient: Patient, simulator: Simulator, name: str) -> None:
    """proxy.socks_scheme: socks:// is passed over without a word; socks5h://, as the fix says, is used."""
    with Socks() as proxy:
        patient.set(**{name: f"socks://127.0.0.1:{proxy.port}"})
        finding = only(patient, "proxy.socks_scheme", WARNING)
        assert finding.title == f"{name}=socks://… is passed over by Codex"
        assert f"{name} of the environment" in finding.evidence
        assert proxy.asked == []
        assert finding == only(patient, "proxy.socks_scheme", WARNING, offline=True)
        after(finding.fix, patient)
        assert wrong(patient) == []
        assert set(proxy.asked) == {"127.0.0.1"}


def test_socks_without_a_number_and_no_other_way(patient: Patient) -> None:
    """proxy.socks_scheme is an error when the direct way, which Codex takes, ends: both causes are named."""
    patient.write(".profile", "export ALL_PROXY=socks://127.0.0.1:1080\n")
    patient.set(ALL_PROXY="socks://127.0.0.1:1080")
    gone = f"https://127.0.0.1:{dead_port()}"
    patient.set(SWITCHYARD_ISSUER=gone, SWITCHYARD_CHATGPT_BASE_URL=f"{gone}/backend-api")
    found = {each.id: each for each in wrong(patient)}
    assert {id_: each.level for id_, each in found.items()} == {
        "net.tcp": ERROR,
        "proxy.socks_scheme": ERROR,
    }
    assert "~/.profile:1" in found["proxy.socks_scheme"].evidence


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("ftp://proxy.example:21", "HTTPS_PROXY=ftp://… is passed over by Codex"),
        ("http://proxy.example:port", "HTTPS_PROXY=http://… is passed over by Codex"),
        (f"http://ada:{PASSWORD}@[", "HTTPS_PROXY=http://… is passed over by Codex"),
        (f"ada:{PASSWORD}@proxy:x", "HTTPS_PROXY is passed over by Codex: it is no address"),
    ],
)
def test_other_values_that_are_passed_over(patient: Patient, value: str, shown: str) -> None:
    """proxy.socks_scheme: what is no address is passed over, too; no password is shown."""
    patient.set(HTTPS_PROXY=value)
    finding = only(patient, "proxy.socks_scheme", WARNING)
    assert finding.title == shown
    assert finding.fix.startswith("export HTTPS_PROXY=socks5h://")
    check_silence(patient)


@pytest.mark.parametrize(
    "variables",
    [
        {"ALL_PROXY": "socks://127.0.0.1:1", "HTTPS_PROXY": "PROXY"},
        {"HTTP_PROXY": "socks://127.0.0.1:1"},
        {"HTTPS_PROXY": ""},
        {"HTTPS_PROXY": "  ", "ALL_PROXY": ""},
        {"HTTP_PROXY": "http://127.0.0.1:1"},
        {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.0/8"},
        {"HTTPS_PROXY": "PROXY", "https_proxy": "socks://127.0.0.1:1"},
        {"FTP_PROXY": "socks://127.0.0.1:1", "socks_proxy": "socks://127.0.0.1:1"},
        {"NO_PROXY": "*.example.com,localhost:80,<local>"},
    ],
)
def test_harmless_oddities(patient: Patient, variables: dict[str, str]) -> None:
    """What does not decide does not warn: empty values, http's proxy for https, a host that is exempt, other names."""
    with Proxy() as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        patient.set(
            **{name: url if value == "PROXY" else value for name, value in variables.items()}
        )
        assert wrong(patient) == []
        assert wrong(patient, offline=True) == []


def test_an_exempt_host(patient: Patient) -> None:
    """proxy.used: that NO_PROXY takes the service out of the proxy is worth knowing."""
    patient.set(HTTPS_PROXY=f"http://127.0.0.1:{dead_port()}", NO_PROXY="127.0.0.1")
    (finding,) = told(patient, "proxy.used")
    assert finding.title == "NO_PROXY exempts the service"
    assert "directly, exempted by NO_PROXY of the environment" in finding.evidence


def test_socks_with_a_password(patient: Patient) -> None:
    """proxy.auth of SOCKS 5: refused without, refused with a wrong one, and fine with the right one."""
    with Socks(PASSWORD) as proxy:
        for user, id_ in ((f"ada:{PASSWORD}@", ""), ("", "proxy.auth"), ("ada:x@", "proxy.auth")):
            patient.set(ALL_PROXY=f"socks5://{user}127.0.0.1:{proxy.port}")
            assert [each.id for each in wrong(patient)] == [id_] * bool(id_)
            check_silence(patient)


def test_socks_refuses(patient: Patient) -> None:
    """proxy.refused by SOCKS, in its words; of this machine itself that is proxy.loopback."""
    with Socks(refusal=2) as proxy:
        patient.set(ALL_PROXY=f"socks5h://127.0.0.1:{proxy.port}")
        only(patient, "proxy.loopback")
        patient.set(
            SWITCHYARD_ISSUER="https://auth.switchyard.invalid",
            SWITCHYARD_CHATGPT_BASE_URL="https://chat.switchyard.invalid/backend-api",
        )
        assert "not allowed" in only(patient, "proxy.refused").evidence
        assert set(proxy.asked) == {
            *("127.0.0.1", "auth.switchyard.invalid", "chat.switchyard.invalid")
        }


def test_socks_with_names_of_our_own(patient: Patient) -> None:
    """socks5:// looks names up here, socks5h:// there: with the first an unknown name is net.dns."""
    with Socks() as proxy:
        patient.set(
            ALL_PROXY=f"socks5://127.0.0.1:{proxy.port}",
            SWITCHYARD_ISSUER="https://auth.switchyard.invalid",
            SWITCHYARD_CHATGPT_BASE_URL="https://chat.switchyard.invalid/backend-api",
        )
        only(patient, "net.dns")
        assert proxy.asked == []


def test_a_kind_that_is_not_spoken(patient: Patient) -> None:
    """proxy.unspoken: SOCKS 4, which Codex speaks and Switchyard does not, is said; the way is not looked at."""
    patient.set(ALL_PROXY="socks4://127.0.0.1:1080")
    finding = only(patient, "proxy.unspoken", WARNING)
    assert "ALL_PROXY of the environment" in finding.evidence
    with Socks() as proxy:
        after(
            finding.fix.partition(",")[0].replace("HOST:PORT", f"127.0.0.1:{proxy.port}"), patient
        )
        assert wrong(patient) == []


WINDOWS = r"""
HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings
    User Agent    REG_SZ    Mozilla/4.0
    ProxyEnable    REG_DWORD    0x{on}
    ProxyServer    REG_SZ    {server}
    ProxyOverride    REG_SZ    <local>
"""


def windows(patient: Patient, on: int, server: str) -> None:
    """Let Windows, of which this is the WSL, have a proxy."""
    patient.set(WSL_DISTRO_NAME="Ubuntu")
    text = WINDOWS.format(on=on, server=server).replace("\n", "\r\n")
    patient.program(
        "reg.exe", f"import sys\nassert sys.argv[1] == 'query'\nsys.stdout.write({text!r})\n"
    )


def test_a_proxy_of_windows(patient: Patient) -> None:
    """proxy.system: Windows's proxy is worth knowing while all is well; a warning, and the way, when it is not."""
    with Proxy() as proxy:
        windows(patient, 1, f"http=x:1;https=127.0.0.1:{proxy.port}")
        assert wrong(patient) == []
        (finding,) = told(patient, "proxy.system", offline=True)
        assert finding.level == INFO
        assert f"Windows has the proxy 127.0.0.1:{proxy.port} set up" in finding.evidence
        assert "mirrored" in finding.why
        patient.write(".codex/config.toml", "[features]\nrespect_system_proxy = true\n")
        assert told(patient, "proxy.system") == []
        patient.write(".codex/config.toml", "")
        patient.set(SWITCHYARD_ISSUER=f"https://127.0.0.1:{dead_port()}")
        (finding,) = told(patient, "proxy.system")
        assert finding.level == WARNING
        after(finding.fix, patient)
        assert told(patient, "proxy.system") == []


def test_no_proxy_of_windows(patient: Patient) -> None:
    """proxy.system: switched off, or nobody to ask, is nothing; one for all schemes is read, too."""
    windows(patient, 0, "127.0.0.1:7890")
    assert told(patient, "proxy.system") == []
    windows(patient, 1, "proxy.corp.example:8080")
    (finding,) = told(patient, "proxy.system")
    assert finding.fix == "export HTTPS_PROXY=http://proxy.corp.example:8080"
    patient.program("reg.exe", "raise SystemExit(1)")
    assert told(patient, "proxy.system") == []
    patient.set(WSL_DISTRO_NAME=None)
    assert "proxy.system" not in levels(patient)


MAC = """<dictionary> {
  HTTPEnable : 1
  HTTPPort : 8080
  HTTPProxy : web.corp.example
  HTTPSEnable : 1
  HTTPSPort : 8443
  HTTPSProxy : safe.corp.example
}
"""


def test_a_proxy_of_macos(patient: Patient) -> None:
    """proxy.system: macOS's proxy for https is named; switched off it is nothing."""
    patient.options["platform"] = "darwin"
    patient.program("scutil", f"print({MAC!r})")
    (finding,) = told(patient, "proxy.system", offline=True)
    assert finding.fix == "export HTTPS_PROXY=http://safe.corp.example:8443"
    patient.program("scutil", f"print({MAC.replace('HTTPSEnable : 1', 'HTTPSEnable : 0')!r})")
    assert told(patient, "proxy.system", offline=True) == []


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
