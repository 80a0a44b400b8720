"""RS256 in a few lines, with a key that everybody may know: nobody trusts what it signs."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from tui.simulator.mint import unpadded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Algorithm = Literal["RS256", "HS256"]

#: The two primes of a 2048-bit RSA key.
_P = int(
    "d44da2eeddb162afb775973d377401a31e4fc90e598f43f1fa1325c8771e397040091136ea56f464272dec56"
    "587fc9ec60698eebaca97f3195c281042348c428fa404c9c7de641e3e5850da372e03430b39cec0cccf8bdb4"
    "293c49edf7f9f60fe922329d78f0e69b29db23d952118f3726ff04780db22850bba7a3f917382945",
    16,
)
_Q = int(
    "c3bbc8c4f07b5ee723e288c39d17cd16991023a886635c0b722578f60414f446bb44a4d1f135937c7ce32c20"
    "971194db53bbb93bfea404417eb33e05ac65933363beb43e5b4caff1179279aeffc3e9ab2b6ae4ac095d97aa"
    "f64fbb233471a1fba81a43112e74d1142f62d72e9194276bb68ab419e98eba6f35eb8ee773249793",
    16,
)

_N = _P * _Q
_E = 65537
_D = pow(_E, -1, (_P - 1) * (_Q - 1))
#: What PKCS #1 v1.5 puts before a SHA-256 digest.
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
_SIZE = 256
KEY_ID = "simulator-1"


def _rs256(data: bytes) -> bytes:
    digest = _SHA256 + hashlib.sha256(data).digest()
    padded = b"\x00\x01" + b"\xff" * (_SIZE - len(digest) - 3) + b"\x00" + digest
    number = int.from_bytes(padded)
    # By the Chinese remainder theorem: a quarter of the time.
    by_p = pow(number % _P, _D % (_P - 1), _P)
    by_q = pow(number % _Q, _D % (_Q - 1), _Q)
    signed = by_q + (by_p - by_q) * pow(_Q, -1, _P) % _P * _Q
    return signed.to_bytes(_SIZE)


def sign(data: bytes, algorithm: Algorithm) -> bytes:
    """Return the signature of a JWT's first two parts."""
    if algorithm == "HS256":
        return hmac.digest(b"the simulator's key", data, "sha256")
    return _rs256(data)


def public_keys() -> dict[str, Any]:
    """Return what `/.well-known/jwks.json` says."""
    numbers = {
        "n": unpadded(_N.to_bytes(_SIZE)),
        "e": unpadded(_E.to_bytes(3)),
    }
    return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, **numbers}]}
