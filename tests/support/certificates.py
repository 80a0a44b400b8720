"""A certificate for 127.0.0.1 from an authority of one's own, which nobody trusts who was not told to."""

from __future__ import annotations

import ssl
import subprocess
from typing import NamedTuple


class Certificate(NamedTuple):
    """Paths: the authority's certificate, which clients are told to trust, the server's, and its key."""

    authority: str
    certificate: str
    key: str

    def server(self) -> ssl.SSLContext:
        """Return what a server speaks TLS with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def trusting(self) -> ssl.SSLContext:
        """Return what a client trusts it with."""
        return ssl.create_default_context(cafile=self.authority)


def make_certificate(folder: str) -> Certificate:
    """Make authority and certificate in a folder.

    They are two, since the real Codex takes no authority's own certificate from a server.
    """
    made = Certificate(f"{folder}/authority.pem", f"{folder}/server.pem", f"{folder}/server.key")
    authority_key = f"{folder}/authority.key"
    new = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    life = ("-nodes", "-days", "2")
    subprocess.run(
        [*new, *life, "-keyout", authority_key, "-out", made.authority, "-subj", "/CN=authority"],
        check=True,
        capture_output=True,
    )
    subprocess.run(
        [
            *(*new, *life, "-keyout", made.key, "-out", made.certificate, "-subj", "/CN=127.0.0.1"),
            *("-CA", made.authority, "-CAkey", authority_key),
            *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
        ],
        check=True,
        capture_output=True,
    )
    return made
