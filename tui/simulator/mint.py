"""Random texts of the forms that the service gives out, each noted as a secret when it is one."""

from __future__ import annotations

import base64
import random
import secrets
import threading
import uuid

#: A text that somebody sent us counts as a secret from so many characters on: shorter ones stand in prose too.
LEAST = 16
#: The signs of user codes: none that look like another.
_SIGNS = "BCDFGHJKLMNPQRSTVWXZ23456789"
_WORD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def unpadded(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


class Mint:
    """Makes random texts. With a `seed` two runs that ask alike get the same; secret they are then not."""

    def __init__(self, seed: str | None = None) -> None:
        self._random = secrets.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311
        self._lock = threading.Lock()
        self._secrets: set[str] = set()

    # -- what must never be printed --

    def note(self, text: str) -> str:
        """Remember a secret that was issued, and return it."""
        with self._lock:
            self._secrets.add(text)
        return text

    def received(self, text: str) -> None:
        """Remember a secret that somebody presented, if it is long enough to be one."""
        if len(text) >= LEAST:
            self.note(text)

    def secrets(self) -> set[str]:
        """Return all of them so far."""
        with self._lock:
            return set(self._secrets)

    # -- texts --

    def data(self, size: int) -> bytes:
        """Return random bytes."""
        with self._lock:
            return self._random.randbytes(size) if size else b""

    def word(self, size: int) -> str:
        """Return random letters and digits."""
        return "".join(_WORD[byte % len(_WORD)] for byte in self.data(size))

    def uuid(self) -> str:
        """Return a UUID of version 4."""
        return str(uuid.UUID(bytes=self.data(16), version=4))

    def user_code(self) -> str:
        """Return a code that a person types: four signs, a dash, five more. No secret: it is made to be shown."""
        signs = "".join(_SIGNS[byte % len(_SIGNS)] for byte in self.data(9))
        return f"{signs[:4]}-{signs[4:]}"

    def verifier(self) -> str:
        """Return a PKCE verifier as the service makes them for device logins."""
        return self.note(unpadded(self.data(64)))

    def opaque(self, prefix: str, size: int = 48) -> str:
        """Return a secret that says nothing: a prefix, then `size` random bytes as base64url."""
        return self.note(prefix + unpadded(self.data(size)))
