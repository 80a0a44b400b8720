"""Whom TLS trusts, as Codex does it (C144): the system's roots or, in their place, SSL_CERT_FILE and SSL_CERT_DIR.

CODEX_CA_CERTIFICATE is added to either. SSL_CERT_DIR alone leaves the system's bundle in force.
"""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

from profiles.errors import CertificateUnknown

if TYPE_CHECKING:
    from profiles.oauth.variables import Variable, Variables

ADDED = "CODEX_CA_CERTIFICATE"
#: Where Linux keeps all roots in one file; the first that is there counts.
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
    "/etc/pki/tls/cacert.pem",
)
#: What a hint proposes where nobody vouches for the other side.
ADVICE = f"export {ADDED}=/path/to/company-root.pem"


def trusting(variables: Variables) -> ssl.SSLContext:
    """Return whom to trust. Raises CertificateUnknown, naming variable and path, for a file without certificates."""
    added = variables.find(ADDED)
    context = _roots(variables, lenient=added is not None)
    if added is not None:
        _load(context, added)
    return context


def in_force(variables: Variables) -> Variable | None:
    """Return the variable that stands in the place of the system's roots, or of their folder, if any."""
    return variables.find("SSL_CERT_FILE") or variables.find("SSL_CERT_DIR")


def replaces_system(variables: Variables) -> bool:
    """Whether none of the system's certificates counts.

    SSL_CERT_DIR alone takes the place of the system's folder, and its file still counts; only beside
    CODEX_CA_CERTIFICATE it replaces everything, as SSL_CERT_FILE always does (C144).
    """
    if variables.find("SSL_CERT_FILE") is not None:
        return True
    return variables.find("SSL_CERT_DIR") is not None and variables.find(ADDED) is not None


def _roots(variables: Variables, *, lenient: bool) -> ssl.SSLContext:
    file, folders = variables.find("SSL_CERT_FILE"), variables.find("SSL_CERT_DIR")
    context: ssl.SSLContext
    if not replaces_system(variables):
        bundle = next((each for each in BUNDLES if os.path.isfile(each)), None)
        if folders is not None and bundle is not None:
            # OpenSSL itself, which truststore asks, would take the folder for all that there is.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(cafile=bundle)
            _load_folders(context, folders)
            return context
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if file is not None:
        try:
            _load(context, file)
        except CertificateUnknown:
            # With CODEX_CA_CERTIFICATE beside it, Codex minds that one alone.
            if not lenient:
                raise
    if folders is not None:
        _load_folders(context, folders)
    return context


def _load(context: ssl.SSLContext, variable: Variable) -> None:
    if os.path.exists(variable.value) and not os.path.isfile(variable.value):
        # OpenSSL would wait at a pipe for ever.
        kind = "is a directory" if os.path.isdir(variable.value) else "is no file"
        raise _unusable(variable, kind)
    try:
        context.load_verify_locations(cafile=variable.value)
    except ssl.SSLError:
        why = "holds no certificate (PEM is needed: -----BEGIN CERTIFICATE-----)"
    except OSError as error:
        why = f"cannot be read: {error.strerror or 'unknown error'}"
    else:
        return
    raise _unusable(variable, why)


def _load_folders(context: ssl.SSLContext, variable: Variable) -> None:
    """Trust what lies in folders under the names of its hashes; one that is not there is no error, as for Codex."""
    for folder in variable.value.split(os.pathsep):
        if os.path.isdir(folder):
            context.load_verify_locations(capath=folder)


def _unusable(variable: Variable, why: str) -> CertificateUnknown:
    advice = (
        f"give {variable.name} the path of a PEM file"
        if variable.name == ADDED
        else f"unset {variable.name}, or give it the system's bundle; to add to the system's: {ADVICE}"
    )
    if variable.where != "the environment":
        advice = f"mend the line in {variable.where}; {advice}"
    return CertificateUnknown(
        f"{variable.name}={variable.value} (of {variable.where}) {why}; nothing was sent", advice
    )
