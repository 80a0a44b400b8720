"""Whom TLS trusts, as Codex does it (C144): the system's roots or, in their place, SSL_CERT_FILE and SSL_CERT_DIR.

CODEX_CA_CERTIFICATE is added to either.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from profiles.errors import CertificateUnknown

if TYPE_CHECKING:
    from profiles.oauth.variables import Variable, Variables

ADDED = "CODEX_CA_CERTIFICATE"
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
    """Return the variable that stands in the place of the system's roots, if any."""
    return variables.find("SSL_CERT_FILE") or variables.find("SSL_CERT_DIR")


def _roots(variables: Variables, *, lenient: bool) -> ssl.SSLContext:
    file, folders = variables.find("SSL_CERT_FILE"), variables.find("SSL_CERT_DIR")
    if file is None and folders is None:
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
    if folders is not None and not _load_folders(context, folders) and not (file or lenient):
        raise _unusable(folders, "is no folder")
    return context


def _load(context: ssl.SSLContext, variable: Variable) -> None:
    try:
        context.load_verify_locations(cafile=variable.value)
    except ssl.SSLError:
        why = "holds no certificate (PEM is needed: -----BEGIN CERTIFICATE-----)"
    except OSError as error:
        why = f"cannot be read: {error.strerror or 'unknown error'}"
    else:
        return
    raise _unusable(variable, why)


def _load_folders(context: ssl.SSLContext, variable: Variable) -> bool:
    """Trust what lies in folders under the names of its hashes; False when none of them is there."""
    import os

    folders = [folder for folder in variable.value.split(os.pathsep) if os.path.isdir(folder)]
    for folder in folders:
        context.load_verify_locations(capath=folder)
    return bool(folders)


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
