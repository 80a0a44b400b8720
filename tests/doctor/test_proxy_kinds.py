"""Kinds of proxies: values that Codex passes over, SOCKS, and the proxies of Windows and macOS."""

from __future__ import annotations

import pytest

from profiles.doctor.finding import ERROR, INFO, WARNING
from tests.doctor.ways import (
    PASSWORD,
    Socks,
    after,
    check_silence,
    levels,
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
