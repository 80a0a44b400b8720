"""Which copy of a login is newer, and whether two copies belong to one family (R2, R3)."""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from typing import NamedTuple

from profiles.auth_file import AuthDocument, parse
from profiles.errors import AuthFileMalformed
from profiles.model import OAUTH_KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

#: An access token issued later than this from now (seconds) has a clock that cannot be believed.
FUTURE = 86_400.0

#: How a comparison was decided, from the surest to the weakest evidence.
BY_USABLE = "usable"
BY_SPENT = "spent"
BY_ISSUED = "issued at"
BY_REFRESH = "last refresh"
BY_EXPIRY = "expiry"
BY_MODIFIED = "modified"
BY_NOTHING = "tie"
#: Evidence on which an older token may be called spent.
SURE = frozenset({BY_ISSUED, BY_REFRESH})


class Copy(NamedTuple):
    """One file's content at one moment. `document` is None when Codex would not load it; `problem` says why.

    `raw` may be cut for files too large for a login; `repr` shows no content.
    """

    path: str
    raw: bytes
    document: AuthDocument | None
    problem: str | None
    modified_ns: int
    inode: tuple[int, int]
    mode: int

    def __repr__(self) -> str:
        return f"Copy({self.path!r}, {self.document!r})"

    @property
    def refresh_digest(self) -> str | None:
        """The digest of the refresh token, or None when there is none."""
        token = self.document.refresh_token if self.document is not None else None
        return token.digest() if token is not None else None


class Verdict(NamedTuple):
    """`order` is above 0 when the first copy is newer, below when the second is; `by` names the evidence."""

    order: int
    by: str


def read_copy(path: str) -> Copy | None:
    """Read a file as a copy of a login; None when it is not there.

    A file that cannot be opened or is no regular file is a copy without a document. Never raises for what is in it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        return Copy(
            path, b"", None, f"cannot be read: {os.strerror(error.errno or 0)}", 0, (0, 0), 0
        )
    try:
        return read_open(descriptor, path)
    finally:
        os.close(descriptor)


def read_open(descriptor: int, path: str) -> Copy:
    """Read an open file from its beginning, whatever has become of its name. Never raises for what is in it."""
    pieces: list[bytes] = []
    size = 0
    try:
        found = os.fstat(descriptor)
        inode = (found.st_dev, found.st_ino)
        if not stat.S_ISREG(found.st_mode):
            return Copy(path, b"", None, "not a regular file", 0, inode, found.st_mode)
        while piece := os.pread(descriptor, 1 << 20, size):
            pieces.append(piece)
            size += len(piece)
        found = os.fstat(descriptor)
    except OSError as error:
        return Copy(
            path, b"", None, f"cannot be read: {os.strerror(error.errno or 0)}", 0, (0, 0), 0
        )
    return copy_of(path, b"".join(pieces), found.st_mtime_ns, inode, found.st_mode)


def copy_of(
    path: str, raw: bytes, modified_ns: int, inode: tuple[int, int] = (0, 0), mode: int = 0o600
) -> Copy:
    """Make a copy from bytes that were read elsewhere."""
    return Copy(path, raw, *_parsed(raw), modified_ns, inode, mode)


@lru_cache(maxsize=64)
def _parsed(raw: bytes) -> tuple[AuthDocument | None, str | None]:
    """Return the document in these bytes, or None and why not. A verb reads the same few files again and again."""
    try:
        return parse(raw, ""), None
    except AuthFileMalformed as error:
        return None, f"{error.where}: {error.why}" if error.where else error.why


def same_lineage(one: AuthDocument, two: AuthDocument) -> bool:
    """Say whether two copies of one identity belong to one family of refresh tokens (R2).

    The best name that both have decides: owner id, then session, then the identity itself.
    """
    if one.identity != two.identity:
        return False
    if one.refresh_token is not None and one.refresh_token == two.refresh_token:
        return True
    for mine, other in zip(one.lineage, two.lineage, strict=True):
        if mine is not None and other is not None:
            return mine == other
    return True


def known_same_lineage(one: AuthDocument, two: AuthDocument) -> bool:
    """Like `same_lineage`, but on the word of an owner id or a session only, never on the identity alone."""
    if one.identity != two.identity:
        return False
    for mine, other in zip(one.lineage, two.lineage, strict=True):
        if mine is not None and other is not None:
            return mine == other
    return False


def _issued(document: AuthDocument, now: float) -> float | None:
    issued = document.access_facts.issued_at
    return issued if issued is not None and issued <= now + FUTURE else None


def compare(one: Copy, two: Copy, now: float, is_spent: Callable[[str], bool]) -> Verdict:
    """Decide which of two copies of the same identity is newer (R3). `now`: seconds since the epoch, UTC."""
    first, second = one.document, two.document
    usable = (_is_usable(first), _is_usable(second))
    if usable[0] != usable[1]:
        return Verdict(1 if usable[0] else -1, BY_USABLE)
    if first is None or second is None:
        return Verdict(_order(one.modified_ns, two.modified_ns), BY_MODIFIED)
    digests = (one.refresh_digest, two.refresh_digest)
    spent = tuple(digest is not None and is_spent(digest) for digest in digests)
    if spent[0] != spent[1]:
        return Verdict(-1 if spent[0] else 1, BY_SPENT)
    issued = (_issued(first, now), _issued(second, now))
    if issued[0] is not None and issued[1] is not None and issued[0] != issued[1]:
        return Verdict(_order(issued[0], issued[1]), BY_ISSUED)
    limit = int(now * 1e9)
    refreshed = (first.last_refresh, second.last_refresh)
    if (
        refreshed[0] is not None
        and refreshed[1] is not None
        and max(refreshed[0], refreshed[1]) <= limit
        and refreshed[0] != refreshed[1]
    ):
        return Verdict(_order(refreshed[0], refreshed[1]), BY_REFRESH)
    expires = (first.access_facts.expires_at, second.access_facts.expires_at)
    if expires[0] is not None and expires[1] is not None and expires[0] != expires[1]:
        return Verdict(_order(expires[0], expires[1]), BY_EXPIRY)
    if digests[0] != digests[1] and one.modified_ns != two.modified_ns:
        return Verdict(_order(one.modified_ns, two.modified_ns), BY_MODIFIED)
    return Verdict(0, BY_NOTHING)


def _is_usable(document: AuthDocument | None) -> bool:
    """Codex would load it, and it has a refresh token if its kind lives by one."""
    if document is None or document.identity is None:
        return False
    return document.kind not in OAUTH_KINDS or document.refresh_token is not None


def _order(one: float, two: float) -> int:
    return (one > two) - (one < two)
