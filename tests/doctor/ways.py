"""What stands on the way to the service, as real servers: gateways that open TLS, proxies of every temper, silence."""

from __future__ import annotations

import base64
import contextlib
import os
import select
import shutil
import socket
import ssl
import subprocess
import threading
import time
from typing import Final

from profiles.doctor.finding import ERROR, INFO, OK
from tests.doctor.patient import Patient
from tests.support.certificates import NAMES, Authority, Certificate
from tests.support.programs import need
from tests.support.proxies import Babbler, Proxy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from profiles.doctor.finding import Finding
    from tests.conftest import Box
    from tui.simulator.server import Simulator

_PATIENCE: Final = 10.0
#: Where the system's certificates lie, below a patient's root.
SYSTEM: Final = "/etc/ssl/certs/ca-certificates.crt"
#: What belongs to whoever runs the tests, not to the patient.
_STRANGE: Final = ("CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "PIP_CERT")
#: The password of each proxy that wants one.
PASSWORD: Final = "pQ7-secret-of-the-proxy"
#: What stands in small letters at the beginning of a title: names.
_NAMES: Final = ("https_proxy", "http_proxy", "all_proxy", "no_proxy", "macOS")
SUBJECTS: Final = ("network", "tls", "clock")


def patient_of(
    box: Box, simulator: Simulator, authority: Authority | None = None, *, proxied: bool = False
) -> Patient:
    """Return a patient whose Codex asks this simulator; its system trusts `authority`."""
    patient = Patient(box)
    patient.set(**dict.fromkeys(_STRANGE))
    patient.set(SWITCHYARD_ISSUER=simulator.url, SWITCHYARD_CHATGPT_BASE_URL=simulator.backend_url)
    if authority is not None:
        trust(patient, authority)
    if proxied:
        patient.set(NO_PROXY=None, no_proxy=None)
    return patient


def trust(patient: Patient, authority: Authority) -> str:
    """Let the patient's system trust an authority alone."""
    with open(authority.path, encoding="ascii") as file:
        return patient.put(SYSTEM, file.read())


def dated(authority: Authority, folder: str, begins: float, ends: float) -> Certificate:
    """Return a server's certificate that is good between two moments, by an authority that was made in `folder`."""
    name = f"dated{int(begins)}"
    made = Certificate(f"{folder}/{name}.pem", f"{folder}/{name}.key")
    settings = f"{folder}/{name}.cnf"
    with open(settings, "w", encoding="ascii") as file:
        file.write(
            f"[ca]\ndefault_ca = here\n[here]\ndatabase = {folder}/{name}.txt\nnew_certs_dir = {folder}\n"
            f"rand_serial = yes\ndefault_md = sha256\npolicy = any\nx509_extensions = names\n"
            f"[any]\ncommonName = supplied\n[names]\nsubjectAltName = {NAMES}\n"
        )
    with open(f"{folder}/{name}.txt", "w", encoding="ascii"):
        pass
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    request = f"{folder}/{name}.csr"
    window = [
        *("-startdate", time.strftime("%Y%m%d%H%M%SZ", time.gmtime(begins))),
        *("-enddate", time.strftime("%Y%m%d%H%M%SZ", time.gmtime(ends))),
    ]
    root = ("-cert", authority.path, "-keyfile", authority.path.replace(".pem", ".key"))
    for words in (
        ["req", *key, "-subj", f"/CN={name}", "-keyout", made.key, "-out", request],
        [
            *("ca", "-batch", "-notext", "-config", settings, "-in", request, "-out", made.path),
            *root,
            *window,
        ],
    ):
        done = subprocess.run(
            [need("openssl"), *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    return made


class Inspector(Proxy):
    """A proxy that opens TLS: it shows a certificate of its own authority, and goes on to the real host."""

    def __init__(self, certificate: Certificate) -> None:
        super().__init__()
        self._shown = certificate.server()

    def answer(self, connection: socket.socket, heard: bytes) -> None:
        """Say yes, then pretend to be the other."""
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        host, _, port = heard.split()[1].decode().rpartition(":")
        anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
        raw = socket.create_connection((host, int(port)), _PATIENCE)
        with (
            anyone.wrap_socket(raw) as other,
            self._shown.wrap_socket(connection.dup(), server_side=True) as ours,
        ):
            _carry(ours, other)


class Open(Proxy):
    """A proxy that lets everybody through, and does not mind who connects and says nothing."""

    def answer(self, connection: socket.socket, heard: bytes) -> None:
        """Connect with whom is asked for."""
        if heard:
            super().answer(connection, heard)


class Elsewhere(Proxy):
    """A proxy that leaves by another address: whoever is asked for, this port of 127.0.0.1 answers."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._exit = port

    def answer(self, connection: socket.socket, heard: bytes) -> None:
        """Connect with the other one."""
        super().answer(connection, b"CONNECT 127.0.0.1:%d HTTP/1.1" % self._exit)


class Doorman(Proxy):
    """A proxy that lets in whoever knows the password."""

    def __init__(self, user: str, password: str, scheme: str = "Basic") -> None:
        super().__init__()
        self._wanted = base64.b64encode(f"{user}:{password}".encode())
        self._scheme = scheme

    def answer(self, connection: socket.socket, heard: bytes) -> None:
        """Look at the credentials."""
        if b"Proxy-Authorization: Basic " + self._wanted in heard:
            super().answer(connection, heard)
            return
        said = f"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: {self._scheme}\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(said.encode())


class Socks(Babbler):
    """A SOCKS 5 proxy; with a `password` for user `ada` it wants that, `refusal` is its answer to everybody."""

    def __init__(self, password: str = "", refusal: int = 0) -> None:
        super().__init__()
        self._password = password.encode()
        self._refusal = refusal
        self.asked: list[str] = []

    def answer(self, connection: socket.socket, heard: bytes) -> None:
        """Shake hands and connect."""
        wanted = 2 if self._password else 0
        if wanted not in heard[2:]:
            connection.sendall(b"\x05\xff")
            return
        connection.sendall(bytes([5, wanted]))
        if wanted:
            told = connection.recv(512)
            good = told == b"\x01\x03ada" + bytes([len(self._password)]) + self._password
            connection.sendall(b"\x01\x00" if good else b"\x01\x01")
            if not good:
                return
        request = connection.recv(512)
        if len(request) < 8:
            return
        if request[3] == 1:
            host, rest = socket.inet_ntoa(request[4:8]), request[8:]
        else:
            host, rest = request[5 : 5 + request[4]].decode(), request[5 + request[4] :]
        self.asked.append(host)
        connection.sendall(bytes([5, self._refusal, 0, 1, 0, 0, 0, 0, 0, 0]))
        if self._refusal == 0:
            with socket.create_connection((host, int.from_bytes(rest, "big")), _PATIENCE) as other:
                _carry(connection, other)


def wrong(patient: Patient, *, offline: bool = False) -> list[Finding]:
    """Return what is worse than information, in all three subjects."""
    found = patient.findings(*SUBJECTS, offline=offline)
    for each in found:
        assert len(each.title) <= 70, each.title
        assert not each.title.endswith("."), each.title
        if each.level != OK:
            assert not each.title[0].islower() or each.title.startswith(_NAMES), each.title
    return [each for each in found if each.level not in (OK, INFO)]


def only(patient: Patient, id_: str, level: str = ERROR, *, offline: bool = False) -> Finding:
    """Return the one thing that is wrong; nothing else, and nothing unknown, stands beside it."""
    (finding,) = wrong(patient, offline=offline)
    assert (finding.id, finding.level) == (id_, level)
    assert len(finding.title) <= 70
    assert finding.why
    assert finding.fix
    return finding


def levels(patient: Patient) -> dict[str, str]:
    """Return the level of each id."""
    return {each.id: each.level for each in patient.findings(*SUBJECTS)}


def copy(path: str, box: Box, name: str = "bundle.pem") -> str:
    """Copy a file of certificates into the person's home; return its path."""
    os.makedirs(f"{box.home}/certs", exist_ok=True)
    return shutil.copy(path, f"{box.home}/certs/{name}")


def told(patient: Patient, id_: str, *, offline: bool = False) -> list[Finding]:
    """Return what is found of one id, in all three subjects, that is not ok."""
    found = patient.findings(*SUBJECTS, offline=offline)
    return [each for each in found if each.id == id_ and each.level != OK]


def check_silence(patient: Patient) -> None:
    """Prove that no finding holds the proxy's password, in any spelling."""
    everything = repr(patient.findings("network", "tls", "clock"))
    for secret in (PASSWORD, base64.b64encode(f"ada:{PASSWORD}".encode()).decode()):
        assert secret not in everything


@contextlib.contextmanager
def deaf() -> Iterator[int]:
    """Give a port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """Give a port at which no connection comes about, and none is refused: its queue is full, so SYNs are dropped."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        for _ in range(3):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield port


@contextlib.contextmanager
def cutting() -> Iterator[int]:
    """Give a port that hangs up as soon as anything is said, as firewalls do to names that they block."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    connection.recv(1)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(_PATIENCE)


@contextlib.contextmanager
def over_tls(port: int, certificate: Certificate) -> Iterator[int]:
    """Give a port that speaks TLS and hands what comes to a port that does not."""
    context = certificate.server()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:

        def serve(connection: socket.socket) -> None:
            with contextlib.suppress(OSError), connection:
                connection.settimeout(_PATIENCE)
                with (
                    context.wrap_socket(connection, server_side=True) as ours,
                    socket.create_connection(("127.0.0.1", port), _PATIENCE) as other,
                ):
                    _carry(ours, other)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=[connection], daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(_PATIENCE)


def run_line(line: str, patient: Patient) -> dict[str, str]:
    """Run a shell line that sets or unsets variables in the patient's environment; return what they are then."""
    done = subprocess.run(
        ["/bin/bash", "--norc", "-c", f"{line}\nenv -0"],
        env=patient.environ,
        capture_output=True,
        check=True,
        timeout=30,
    )
    pairs = done.stdout.decode().split("\0")
    return dict(each.split("=", 1) for each in pairs if "=" in each)


def after(line: str, patient: Patient) -> None:
    """Do what a finding's `fix` says: a shell line in the patient's environment."""
    patient.environ = run_line(line, patient)


def _carry(one: socket.socket, two: socket.socket) -> None:
    """Carry what comes from either side until one of them ends."""
    while True:
        pending = [
            side for side in (one, two) if isinstance(side, ssl.SSLSocket) and side.pending()
        ]
        ready = pending or select.select([one, two], [], [], _PATIENCE)[0]
        if not ready:
            return
        for side in ready:
            side.settimeout(0)  # what came may be TLS's own, with nothing in it for us
            try:
                data = side.recv(65_536)
            except ssl.SSLWantReadError:
                continue
            finally:
                side.settimeout(_PATIENCE)
            if not data:
                return
            (two if side is one else one).sendall(data)
