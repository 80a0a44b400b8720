"""The certificates that are met on the way to the service, and what each fault of theirs means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiles.doctor.finding import ERROR, INFO, Finding
from profiles.doctor.network_findings import cut, evidence_of, hosts
from profiles.doctor.network_ladder import ISSUER, PROXY, TLS, climbed
from profiles.doctor.network_variables import pointing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.doctor.machine import Machine
    from profiles.doctor.network_ladder import Climb, Ladder

#: Who issues the certificates of public services; a part of the name is enough.
_PUBLIC = (
    *("Google Trust Services", "Let's Encrypt", "DigiCert", "Cloudflare", "Sectigo", "GlobalSign"),
    *("Amazon", "Microsoft", "ISRG", "Entrust", "SSL.com", "SSL Corp", "ZeroSSL", "Baltimore"),
    *("USERTrust", "COMODO", "GoDaddy", "Starfield", "Buypass", "Certum", "IdenTrust", "QuoVadis"),
)
#: Seconds by which the clock may be off before it is what makes a certificate look over.
_CLOCK = 300


def look_at(machine: Machine, id_: str) -> list[Finding] | None:
    """Return what was found of one kind; None where TLS was not reached, for another reason."""
    ladder = climbed(machine)
    if id_ == "tls.inspected":
        return _inspected(ladder)
    fallen = [
        climb
        for climb in ladder.of(id_)
        if not (id_ == "tls.expired" and _by_clock(machine, climb))
    ]
    if fallen:
        if id_ == "tls.cut" and all(PROXY in climb.passed for climb in fallen):
            title, why, fix = _held_by_proxy(machine, ladder, fallen)
        else:
            title, why, fix = _WORDS[id_](fallen)
        return [Finding(id_, ERROR, title, evidence_of(machine, ladder, fallen), why, fix)]
    return [] if any(climb.role == ISSUER for climb in ladder.over(TLS)) else None


def _missing(fallen: Sequence[Climb]) -> tuple[str, str, str]:
    issuers = {climb.certificate.issuer.text for climb in fallen if climb.certificate is not None}
    who = " and ".join(sorted(issuers)) or "somebody unknown"
    remedy = next((climb.remedy for climb in fallen if climb.remedy), None)
    import shlex

    root = shlex.quote(remedy) if remedy else "/path/company-root.pem"
    why = (
        f"{who} vouches for {hosts(fallen)} here, and is nobody whom Codex trusts: TLS is opened on the way, by a "
        'gateway or antivirus. Codex ends with "error sending request" (UnknownIssuer). Browsers may trust it by a '
        "store of their own."
    )
    if remedy:
        why += f" The root that is missing lies in {remedy}."
    return f"Unknown issuer: {cut(who, 50)}", why, f"export CODEX_CA_CERTIFICATE={root}"


def _no_roots(fallen: Sequence[Climb]) -> tuple[str, str, str]:
    return (
        "This system has no certificates to trust anybody by",
        f"{hosts(fallen)} cannot be told from an impostor, so Codex ends every connection: a slim container.",
        "apt-get install ca-certificates   (apk add, dnf install: the same name)",
    )


def _expired(fallen: Sequence[Climb]) -> tuple[str, str, str]:
    shown = fallen[0].certificate
    who = "somebody" if shown is None else shown.issuer.text
    why = (
        f"{who} issued it. A gateway that opens TLS here forgot to renew it, or this machine's clock is wrong; "
        "nothing of Codex's gets through."
    )
    return (
        f"The certificate of {cut(hosts(fallen), 38)} is out of date",
        why,
        "see whether the clock is right (date -u); if it is, tell whoever runs this network",
    )


def _other_host(fallen: Sequence[Climb]) -> tuple[str, str, str]:
    shown = fallen[0].certificate
    who = "another host" if shown is None else shown.subject.text
    return (
        f"The certificate shown is that of {cut(who, 36)}",
        f"Another answers for {hosts(fallen)}: a sign-in page of the network, or a gateway.",
        "open any http:// page in a browser on this network and sign in there, then: tui doctor",
    )


def _hung_up(fallen: Sequence[Climb]) -> tuple[str, str, str]:
    return (
        f"TLS with {cut(hosts(fallen), 45)} is cut off",
        "The connection comes about, and TLS does not: firewalls do that to names that they block.",
        "ask who runs this network to allow it; where your browser has a proxy: export HTTPS_PROXY=http://HOST:PORT",
    )


def _held_by_proxy(
    machine: Machine, ladder: Ladder, fallen: Sequence[Climb]
) -> tuple[str, str, str]:
    """The way by a proxy, which said that it goes on, and did not."""
    proxy = fallen[0].proxy
    assert proxy is not None  # noqa: S101 - it was passed
    _, named = pointing(machine, ladder.variables, proxy)
    said = "said yes" if proxy.url.startswith("socks") else "said 200 to CONNECT"
    silent = "no answer" in fallen[0].why
    then = "and then nothing came any more" if silent else "and then the connection was cut"
    why = (
        f"It {said}, {then}: it does not carry on what it promised, or a firewall behind it blocks {hosts(fallen)}. "
        "No login, refresh or turn gets through."
    )
    return (
        f"The proxy {cut(proxy.place, 40)} lets no TLS through",
        why,
        f"ask who runs the proxy to let {hosts(fallen)} through; if Codex needs no proxy: {named.removal}",
    )


_WORDS = {
    "tls.missing_ca": _missing,
    "tls.no_roots": _no_roots,
    "tls.expired": _expired,
    "tls.other_host": _other_host,
    "tls.cut": _hung_up,
}


def _by_clock(machine: Machine, climb: Climb) -> bool:
    """Whether the certificate is good at the time that the other side tells: then it is the clock that is wrong."""
    if climb.skew is None or climb.certificate is None or abs(climb.skew) <= _CLOCK:
        return False
    then = machine.context.now() + climb.skew
    return climb.certificate.begins <= then <= climb.certificate.ends


def _inspected(ladder: Ladder) -> list[Finding] | None:
    met = [climb for climb in ladder.over(TLS) if climb.certificate is not None]
    if not met:
        return None
    lines = []
    for climb in met:
        assert climb.certificate is not None  # noqa: S101 - chosen so
        issuer = climb.certificate.issuer.text
        if not any(each.lower() in issuer.lower() for each in _PUBLIC):
            lines.append(f"{climb.place}: certificate issued by {issuer}")
    if not lines:
        return []
    return [
        Finding(
            "tls.inspected",
            INFO,
            "TLS is opened on the way, by somebody whom Codex trusts",
            "\n".join(dict.fromkeys(lines)),
            "No public authority issued this certificate. It works; whoever opens TLS sees what Codex sends.",
        )
    ]
