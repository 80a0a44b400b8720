"""TLS: whom Codex trusts by which variable, and whose certificate it meets on the way.

Codex trusts the system's certificates; SSL_CERT_FILE and SSL_CERT_DIR stand in their place, CODEX_CA_CERTIFICATE is
added (C144, C149). The files are looked at in tls_bundles.py, the certificates that are met in tls_chains.py.
"""

from __future__ import annotations

from profiles.doctor.checks import Check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.doctor.finding import Finding
    from profiles.doctor.machine import Machine

SEEN: dict[str, str] = {
    "tls.trust": "Which certificates Codex trusts: the system's, or those of SSL_CERT_FILE and SSL_CERT_DIR in "
    "their place, "
    "and CODEX_CA_CERTIFICATE beside them; with the file and line that sets each variable.",
    "tls.stale_ca": "Whether SSL_CERT_FILE and SSL_CERT_DIR, which replace the system's certificates, are there, "
    "readable, "
    "hold certificates that are not over, and vouch for the service; a company's root alone does not.",
    "tls.codex_ca": "The same for CODEX_CA_CERTIFICATE: Codex ends before it sends anything when that file "
    "cannot be used.",
    "tls.both": "Whether both are set: CODEX_CA_CERTIFICATE then counts, and an SSL_CERT_FILE that cannot be "
    "used does no harm.",
    "tls.dotenv": "Whether the home's .env sets CODEX_CA_CERTIFICATE: Codex passes over its lines that begin "
    "with CODEX_.",
    "tls.requests_bundle": "Whether REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or NODE_EXTRA_CA_CERTS is set: other "
    "programs use these, "
    "Codex does not.",
    "tls.missing_ca": "Whether the certificates of both hosts lead to somebody who is trusted. If not, TLS is "
    "opened on the "
    "way, by a gateway or antivirus whose own root Codex must be told of; it is named.",
    "tls.no_roots": "Whether the system has any certificates at all; slim containers have none.",
    "tls.expired": "Whether the certificate that is shown is over or not yet good, by this machine's clock.",
    "tls.other_host": "Whether the certificate that is shown is that of the host that was asked.",
    "tls.cut": "Whether the TLS handshake comes to an end; firewalls cut it off by the name that is asked for.",
    "tls.inspected": "Whether a trusted certificate was issued by nobody who is known to issue public ones: TLS "
    "is opened on "
    "the way, and that works.",
}
UNSEEN: dict[str, str] = {}


def _met(id_: str) -> Callable[[Machine], list[Finding] | None]:
    def look(machine: Machine) -> list[Finding] | None:
        from profiles.doctor.tls_chains import look_at

        return look_at(machine, id_)

    return look


def _file(name: str) -> Callable[[Machine], list[Finding] | None]:
    def look(machine: Machine) -> list[Finding] | None:
        from profiles.doctor import tls_bundles

        found: list[Finding] | None = getattr(tls_bundles, name)(machine)
        return found

    return look


def _check(id_: str, fine: str) -> Check:
    return Check({id_: fine}, _met(id_), sends=True, slow=True)


CHECKS: tuple[Check, ...] = (
    Check({"tls.trust": "the system's certificates are trusted"}, _file("trust"), slow=True),
    Check(
        {"tls.codex_ca": "CODEX_CA_CERTIFICATE is unset, or a file that can be used"},
        _file("added"),
        slow=True,
    ),
    Check(
        {"tls.stale_ca": "the system's certificates are not replaced by worse ones"},
        _file("stale"),
        slow=True,
    ),
    Check(
        {"tls.both": "CODEX_CA_CERTIFICATE and SSL_CERT_FILE are not both set"},
        _file("both"),
        slow=True,
    ),
    Check(
        {"tls.dotenv": "the home's .env names no CODEX_CA_CERTIFICATE"}, _file("dotenv"), slow=True
    ),
    Check(
        {"tls.requests_bundle": "no certificates are named to other programs alone"},
        _file("others"),
        slow=True,
    ),
    _check("tls.missing_ca", "the certificates of both hosts are vouched for"),
    _check("tls.no_roots", "the system has certificates"),
    _check("tls.expired", "the certificates of both hosts are good now"),
    _check("tls.other_host", "the certificates are those of the hosts that were asked"),
    _check("tls.cut", "the TLS handshake comes to an end"),
    _check("tls.inspected", "TLS is not opened on the way"),
)
