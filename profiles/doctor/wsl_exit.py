"""How Windows gets out: the token endpoint asked by Windows's own curl, for a comparison with this Linux."""

from __future__ import annotations

import re

from profiles.doctor.finding import INFO, UNKNOWN, WARNING, Finding
from profiles.doctor.wsl_windows import ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine

URL = "https://auth.openai.com/oauth/token"
#: Seconds that curl itself may take.
_PATIENCE = 4
_FIX = "on Windows: curl.exe -sS -d grant_type=authorization_code " + URL
#: What curl's exit codes say, as far as they lead on.
_CODES = {
    5: "the proxy has no address",
    6: "the name has no address",
    7: "nobody takes the connection",
    28: "no answer in time",
    35: "TLS failed",
    56: "the connection was cut",
    60: "the certificate is not trusted",
}


def exit_of_windows(machine: Machine) -> list[Finding]:
    """Send the request without any account that must be answered by 400; tell what else comes."""
    patience = max(1, int(machine.left(_PATIENCE)))
    words = [
        "-sS",
        "-m",
        str(patience),
        "-w",
        r"\n%{http_code}",
        "-d",
        "grant_type=authorization_code",
    ]
    told = ask(machine, ["curl.exe", *words, URL], _PATIENCE + 0.5)
    if told.out is None:
        title = "how Windows gets out is not known"
        return [Finding("wsl.exit", UNKNOWN, title, told.why, "", _FIX)]
    body, _, code = told.out.strip().rpartition("\n")
    code = code.strip()
    if code == "400" and not told.code:
        return []
    if told.code or not re.fullmatch(r"[1-5]\d\d", code):
        why = _CODES.get(told.code, "no answer")
        return [
            Finding(
                "wsl.exit",
                INFO,
                "Windows's curl does not reach the login service",
                f"curl.exe, {URL}: {why} (exit code {told.code})",
                "The browser may have a proxy of its own. When its pages do not load either, Windows is not "
                "connected.",
                _FIX,
            )
        ]
    evidence = f"curl.exe on Windows, POST {URL}: {code} where 400 is right"
    if code == "403":
        return [_refused(evidence, body)]
    return [
        Finding(
            "wsl.exit",
            WARNING,
            f"On Windows something else answers for the login service ({code})",
            evidence,
            "A gateway, a portal or the service itself is in the way of the browser.",
            _FIX,
        )
    ]


def _refused(evidence: str, body: str) -> Finding:
    region = "unsupported_country_region_territory" in body
    if region:
        evidence += "\nits reason: unsupported_country_region_territory"
    elif "<html" in body.lower():
        evidence += "\na page came instead of JSON: a wall against robots"
    return Finding(
        "wsl.exit",
        WARNING,
        "Windows leaves by an address that is refused (403)",
        evidence,
        "The service does not serve the region of this address."
        if region
        else "The service refuses this address. WSL usually leaves by the same one; a proxy on one side only "
        "changes that.",
        "leave by another address: a VPN or proxy on Windows that WSL uses too",
    )
