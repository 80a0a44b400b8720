"""What a certificate says of itself: whose it is, who vouches for it, from when until when. Nothing is verified here.

Python shows this only of certificates that it trusts; those that are not trusted are the ones to be named.
"""

from __future__ import annotations

import binascii
import re
from calendar import timegm
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = re.compile(
    rb"-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----(.*?)-----END \1-----", re.DOTALL
)
_EXPLICIT_VERSION, _NAME_PIECES = 0xA0, 0x31
_UTC_TIME, _LONG_TIME = 0x17, 0x18
_NAMED = {b"\x55\x04\x03": "name", b"\x55\x04\x0a": "organisation"}
#: Letters that a name is shown with at most.
_LONGEST = 80


class Named(NamedTuple):
    """Somebody's name in a certificate; `raw` is all of it, to be compared."""

    name: str
    organisation: str
    raw: bytes

    @property
    def text(self) -> str:
        """The name for people."""
        if self.organisation and self.organisation not in self.name:
            return f"{self.name} ({self.organisation})" if self.name else self.organisation
        return self.name or "without a name"


class Certificate(NamedTuple):
    """One certificate; times in seconds since the epoch, UTC."""

    subject: Named
    issuer: Named
    begins: float
    ends: float

    @property
    def is_own(self) -> bool:
        """Whether nobody vouches for it but itself."""
        return self.subject.raw == self.issuer.raw

    @property
    def days(self) -> str:
        """From when until when it is good, for people."""
        return f"good from {day(self.begins)} to {day(self.ends)}"


class Bundle(NamedTuple):
    """The certificates in a PEM file; `broken` says how many blocks of it are none."""

    certificates: list[Certificate]
    broken: int


def day(moment: float) -> str:
    """Return a moment as a day, or with its minute, UTC, for people."""
    from time import gmtime, strftime

    return strftime("%Y-%m-%d %H:%M UTC", gmtime(moment))


def read_bundle(raw: bytes) -> Bundle:
    """Read the certificates of a PEM file; text around them is passed over."""
    found: list[Certificate] = []
    broken = 0
    for block in _BLOCK.finditer(raw):
        try:
            der = binascii.a2b_base64(b"".join(block[2].split()), strict_mode=True)
        except binascii.Error:
            broken += 1
            continue
        certificate = read_certificate(der)
        if certificate is None:
            broken += 1
        else:
            found.append(certificate)
    return Bundle(found, broken)


def read_certificate(der: bytes) -> Certificate | None:
    """Read a certificate; None for what is none."""
    try:
        _, whole, _ = _piece(der, 0)
        _, body, _ = _piece(whole, 0)
        pieces = list(_pieces(body))
        if pieces and pieces[0][0] == _EXPLICIT_VERSION:
            del pieces[0]
        # serial number, algorithm, issuer, validity, subject, …
        begins, ends = (_time(*each) for each in _pieces(pieces[3][1]))
        return Certificate(_name(pieces[4][1]), _name(pieces[2][1]), begins, ends)
    except (ValueError, IndexError):
        return None


def _piece(data: bytes, at: int) -> tuple[int, bytes, int]:
    """Return the tag and the content of what begins there, and where the next begins."""
    tag, length = data[at], data[at + 1]
    at += 2
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4:
            raise ValueError("a length that no certificate has")
        length = int.from_bytes(data[at : at + size], "big")
        at += size
    if at + length > len(data):
        raise ValueError("cut")
    return tag, data[at : at + length], at + length


def _pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        tag, content, at = _piece(data, at)
        yield tag, content


def _name(data: bytes) -> Named:
    found = {"name": "", "organisation": ""}
    for tag, group in _pieces(data):
        if tag != _NAME_PIECES:
            raise ValueError("not a name")
        for _, pair in _pieces(group):
            (_, kind), (form, value) = _pieces(pair)
            if kind in _NAMED:
                found[_NAMED[kind]] = _text(form, value)
    return Named(found["name"], found["organisation"], data)


def _text(form: int, value: bytes) -> str:
    text = value.decode("utf-16-be" if form == 0x1E else "utf-8", "replace")
    shown = "".join(sign if sign.isprintable() else "?" for sign in text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def _time(tag: int, value: bytes) -> float:
    text = value.decode("ascii")
    found = re.fullmatch(
        r"([0-9]{2}|[0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z", text
    )
    if found is None or tag not in (_UTC_TIME, _LONG_TIME):
        raise ValueError("not a time")
    year, *rest = map(int, found.groups())
    if tag == _UTC_TIME:
        year += 1900 if year >= 50 else 2000
    month, date, hour, minute, second = rest
    if not (1 <= year <= 9999 and 1 <= month <= 12 and 1 <= date <= 31):
        raise ValueError("not a time")
    return float(timegm((year, month, date, hour, minute, second)))
