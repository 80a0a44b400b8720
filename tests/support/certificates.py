"""Certificates for real TLS on loopback, made by the `openssl` program: an authority, who it vouches for, nobody."""

from __future__ import annotations

import os
import ssl
import subprocess
from typing import Final, NamedTuple

from tests.support.programs import need

#: The name and the address by which tests reach a server.
NAMES: Final = "IP:127.0.0.1,DNS:localhost"
_KEY: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Certificate(NamedTuple):
    """A certificate and its key, as paths of PEM files."""

    path: str
    key: str

    def server(self) -> ssl.SSLContext:
        """Return what a server with this certificate needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key)
        return context


def self_signed(folder: str, name: str = "self", names: str = NAMES) -> Certificate:
    """Make a certificate that nobody vouches for but itself."""
    made = Certificate(f"{folder}/{name}.pem", f"{folder}/{name}.key")
    subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName={names}")
    _openssl("req", "-x509", *_KEY, "-days", "2", *subject, "-keyout", made.key, "-out", made.path)
    return made


class Authority:
    """An authority of the test's own; `path` is its root, which a client may be told to trust."""

    def __init__(self, folder: str, name: str = "root") -> None:
        self._folder, self._name = folder, name
        root = Certificate(f"{folder}/{name}.pem", f"{folder}/{name}.key")
        subject = ("-subj", f"/CN=Tests {name}")
        _openssl(
            "req", "-x509", *_KEY, "-days", "2", *subject, "-keyout", root.key, "-out", root.path
        )
        self._root = root
        self.path = root.path

    def vouch(self, name: str = "server", names: str = NAMES, days: int = 2) -> Certificate:
        """Make a certificate for a server of these names; with negative `days` one that is over."""
        made = Certificate(f"{self._folder}/{name}.pem", f"{self._folder}/{name}.key")
        request = f"{self._folder}/{name}.csr"
        _openssl("req", *_KEY, "-subj", f"/CN={name}", "-keyout", made.key, "-out", request)
        extensions = f"{self._folder}/{name}.ext"
        with open(extensions, "w", encoding="ascii") as file:
            file.write(f"subjectAltName={names}\n")
        ending = ("-days", str(days))
        by = ("-CA", self._root.path, "-CAkey", self._root.key, "-CAcreateserial")
        _openssl(
            *("x509", "-req", "-in", request, *by, *ending),
            *("-extfile", extensions, "-out", made.path),
        )
        return made

    def folder(self) -> str:
        """Return a folder such as SSL_CERT_DIR names: the root under the name of its hash."""
        digest = _openssl("x509", "-hash", "-noout", "-in", self.path).strip()
        path = f"{self._folder}/{self._name}.d"
        os.makedirs(path)
        os.symlink(self.path, f"{path}/{digest}.0")
        return path


def _openssl(*arguments: str) -> str:
    done = subprocess.run(
        [need("openssl"), *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
