"""The TLS rung: whom Codex would trust, and of a certificate that is not trusted whose it is and what would help."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

from profiles.doctor.certificates import read_certificate
from profiles.doctor.network_ladder import TLS
from profiles.doctor.network_streams import Fallen, Tls, words_of
from profiles.errors import CertificateUnknown
from profiles.oauth.trust import ADDED, BUNDLES, in_force, replaces_system, trusting
from profiles.oauth.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from profiles.doctor.machine import Machine
    from profiles.doctor.network_ladder import Climb, Climber
    from profiles.doctor.network_streams import Stream
    from profiles.oauth.variables import Variable

SYSTEM_FOLDERS = ("/etc/ssl/certs", "/etc/pki/tls/certs")
#: Files that other programs are given where TLS is inspected.
OTHER_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO")
_LOCAL_FOLDERS = ("/usr/local/share/ca-certificates", "/etc/pki/ca-trust/source/anchors")
_MOST_REMEDIES = 4
#: OpenSSL's numbers.
NOT_YET, EXPIRED = 9, 10
_OTHER_NAMES = (62, 64)


def trusted(machine: Machine, variables: Variables) -> ssl.SSLContext:
    """Return whom Codex trusts. Raises Fallen (`tls.stale_ca`, `tls.codex_ca`) for a file that cannot be used."""
    for name, id_ in ((ADDED, "tls.codex_ca"), ("SSL_CERT_FILE", "tls.stale_ca")):
        variable = variables.find(name)
        if variable is not None and _is_special(variable.value):
            raise Fallen(id_, f"{name}={variable.value} is no file")
    try:
        if machine.platform != "linux" or replaces_system(variables):
            return trusting(variables)
        return of_system(machine, variables, variables.find("SSL_CERT_DIR"))
    except CertificateUnknown as error:
        added = error.message.startswith(ADDED)
        raise Fallen("tls.codex_ca" if added else "tls.stale_ca", error.message) from None


def _is_special(path: str) -> bool:
    """Whether a path is a pipe or device: OpenSSL would wait at it for ever."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def of_system(
    machine: Machine, variables: Variables, folders: Variable | None = None
) -> ssl.SSLContext:
    """Return whom Codex would trust without SSL_CERT_FILE, with `folders` in the place of the system's own.

    Raises CertificateUnknown.
    """
    if machine.platform != "linux":
        without = dict.fromkeys(("SSL_CERT_FILE", "SSL_CERT_DIR"), "")
        added = variables.find(ADDED)
        environ = without if added is None else {**without, ADDED: added.value}
        return trusting(Variables(environ, {}, ""))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    file, folder = system_places(machine)
    value = "" if folders is None else folders.value
    given = [each for each in value.split(os.pathsep) if os.path.isdir(each)]
    # Of several, and of one that is not there, 0.169 adds those that are to the system's.
    if folder is not None and not os.path.exists(value):
        given.append(folder)
    for name, places in (("cafile", [file] if file else []), ("capath", given)):
        for place in places:
            try:
                context.load_verify_locations(**{name: place})
            except OSError:
                continue
    added = variables.find(ADDED)
    if added is not None:
        try:
            context.load_verify_locations(cafile=added.value)
        except OSError:
            raise CertificateUnknown(f"{ADDED}={added.value} cannot be used") from None
    return context


def system_places(machine: Machine) -> tuple[str | None, str | None]:
    """Return the file and the folder in which the system keeps its certificates, as far as they are there."""
    files = [machine.path(each) for each in BUNDLES]
    folders = [machine.path(each) for each in SYSTEM_FOLDERS]
    return (
        next((each for each in files if os.path.isfile(each)), None),
        next((each for each in folders if os.path.isdir(each)), None),
    )


def secure(
    machine: Machine, variables: Variables, climber: Climber, climb: Climb, stream: Stream
) -> Tls:
    """Begin TLS on a connection. Raises Fallen, having found out whose certificate is not trusted."""
    try:
        context = trusted(machine, variables)
    except Fallen:
        stream.close()
        raise
    try:
        tls = Tls(stream, context, climb.host)
    except ssl.SSLCertVerificationError as error:
        climb.verdict = (error.verify_code, error.verify_message)
        raise _not_trusted(machine, variables, climber, climb) from None
    except TimeoutError:
        raise Fallen("tls.cut", "no answer to the TLS handshake in time") from None
    except OSError as error:
        reason = getattr(error, "reason", None) or ""
        if "WRONG_VERSION" in reason or "HTTP_REQUEST" in reason:
            raise Fallen("net.intercepted", "something that is not TLS answers") from None
        raise Fallen("tls.cut", f"TLS: {words_of(error)}") from None
    climb.certificate = read_certificate(tls.certificate)
    if TLS not in climb.passed:
        climb.passed.append(TLS)
        issuer = climb.certificate.issuer.text if climb.certificate else "somebody"
        climb.told.append(f"TLS, certificate issued by {issuer}")
    return tls


def _not_trusted(machine: Machine, variables: Variables, climber: Climber, climb: Climb) -> Fallen:
    """Look whose certificate it is, and what would make it trusted; return what to raise."""
    code, words = climb.verdict
    _look_closer(climber, climb)
    shown = climb.certificate
    told = f"TLS: {words}"
    if shown is not None:
        told += (
            f" (certificate of {shown.subject.text}, issued by {shown.issuer.text}, {shown.days})"
        )
    if code in (NOT_YET, EXPIRED):
        return Fallen("tls.expired", told)
    if code in _OTHER_NAMES:
        return Fallen("tls.other_host", told)
    if in_force(variables) is None:
        if machine.platform == "linux" and system_places(machine) == (None, None):
            return Fallen("tls.no_roots", told)
    elif _system_would_do(machine, variables, climber, climb):
        climb.system_would_do = True
        return Fallen("tls.stale_ca", told)
    climb.remedy = _remedy(machine, variables, climber, climb)
    return Fallen("tls.missing_ca", told)


def _system_would_do(
    machine: Machine, variables: Variables, climber: Climber, climb: Climb
) -> bool:
    try:
        return _would_do(climber, climb, of_system(machine, variables))
    except CertificateUnknown:
        return False


def _remedy(machine: Machine, variables: Variables, climber: Climber, climb: Climb) -> str | None:
    """Return a file that vouches for the host, and of which Codex was not told."""
    for path in _remedies(machine, variables):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ValueError):
            continue
        if _would_do(climber, climb, context):
            return path
    return None


def _look_closer(climber: Climber, climb: Climb) -> None:
    """Connect once more without trusting anybody: for the certificate, and for the time that is told behind it."""
    from profiles.doctor.network_answers import Line

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        tls = Tls(climber.stream(climb), context, climb.host)
        climb.certificate = read_certificate(tls.certificate)
        line = Line(tls, climb.place, "", {})
        try:
            climber.note_clock(climb, line.ask("HEAD", "/"))
        finally:
            line.close()
    except (Fallen, OSError):
        return


def _would_do(climber: Climber, climb: Climb, context: ssl.SSLContext) -> bool:
    try:
        Tls(climber.stream(climb), context, climb.host).close()
    except (Fallen, OSError):
        return False
    return True


def _remedies(machine: Machine, variables: Variables) -> Iterator[str]:
    """Yield files in which a company's root may be that Codex was not told of."""
    found: list[str] = []
    for name in OTHER_VARIABLES:
        variable = variables.find(name)
        if variable is not None:
            found.append(variable.value)
    for folder in map(machine.path, _LOCAL_FOLDERS):
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        found += [f"{folder}/{name}" for name in names if name.endswith((".crt", ".pem"))]
    yield from [each for each in dict.fromkeys(found) if os.path.isfile(each)][:_MOST_REMEDIES]
