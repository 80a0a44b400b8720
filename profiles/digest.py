"""SHA-256, without the OpenSSL that hashlib would load: 3 ms of every switch.

`random` of the standard library does the same, for the same reason.
"""

from __future__ import annotations

try:
    from _sha2 import sha256  # type: ignore[import-not-found,unused-ignore]  # Python 3.12 and later
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        from hashlib import sha256


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 as 64 hex digits."""
    digits: str = sha256(data).hexdigest()
    return digits
