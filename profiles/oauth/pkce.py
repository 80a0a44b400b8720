"""Proof key for code exchange (RFC 7636), and the other random words of a login, in the lengths that Codex makes."""

from __future__ import annotations

import os
from binascii import b2a_base64

from profiles.model import Secret


def make_verifier() -> Secret:
    """Return a code verifier: 64 random bytes, 86 characters."""
    return Secret(unpadded(os.urandom(64)))


def challenge_of(verifier: Secret) -> str:
    """Return the S256 challenge of a verifier: 43 characters."""
    from profiles.digest import sha256_hex

    return unpadded(bytes.fromhex(sha256_hex(verifier.reveal().encode("ascii"))))


def make_state() -> str:
    """Return 32 random bytes, 43 characters: what ties a callback to its login."""
    return unpadded(os.urandom(32))


def unpadded(data: bytes) -> str:
    """Return base64url without padding."""
    text = b2a_base64(data, newline=False).decode("ascii")
    return text.rstrip("=").replace("+", "-").replace("/", "_")
