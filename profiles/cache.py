"""Facts about files, remembered by path, mtime, size, inode and change time, for reading verbs.

Nothing is ever written on the word of the cache: writing verbs use it to find candidates among many profiles and read
the files themselves under the locks. It is thrown away when it is not what it should be, and need not be writable.
"""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from profiles.atomic import make_private_folder
from profiles.errors import StoreError
from profiles.files import read_regular
from profiles.model import EMPTY, UNREADABLE, Identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.auth_file import AuthDocument
    from profiles.context import Context
    from profiles.generation import Copy

#: To be raised whenever other fields are remembered of a file, or the same ones mean something else.
VERSION = 2
#: A verb that looked at some files only leaves the cache as it is, unless more than one entry in so many is new.
WORTH_WRITING = 50


class AuthFacts(NamedTuple):
    """What a list needs of one auth.json; times in seconds since the epoch, UTC."""

    kind: str
    identity: Identity | None
    email: str | None
    plan: str | None
    issued_at: float | None
    access_expires_at: float | None
    id_expires_at: float | None
    last_refresh: float | None
    refresh_digest: str | None
    mixture: bool
    problem: str | None


MISSING = AuthFacts(EMPTY, None, None, None, None, None, None, None, None, False, None)


def _read_facts(path: str) -> AuthFacts:
    """Read the facts from the file itself, with what that needs (4 ms of a start, seldom wanted)."""
    from profiles.generation import read_copy

    copy = read_copy(path)
    return MISSING if copy is None else facts_of_copy(copy)


def facts_of_copy(copy: Copy) -> AuthFacts:
    """Boil a copy down to facts; a copy that Codex would not load keeps its problem."""
    document = copy.document
    if document is None:
        return MISSING._replace(kind=UNREADABLE, problem=copy.problem)
    return facts_of_document(document)


def facts_of_document(document: AuthDocument) -> AuthFacts:
    """Boil a document down to facts."""
    token = document.refresh_token
    identity_facts, access = document.id_facts, document.access_facts
    return AuthFacts(
        kind=document.kind,
        identity=document.identity,
        email=identity_facts.email,
        plan=identity_facts.plan,
        issued_at=access.issued_at,
        access_expires_at=access.expires_at,
        id_expires_at=identity_facts.expires_at,
        last_refresh=None if document.last_refresh is None else document.last_refresh / 1e9,
        refresh_digest=token.digest() if token is not None else None,
        mixture=document.is_mixture,
        problem=None,
    )


def unpack_identity(fields: list[str] | None) -> Identity | None:
    """Return an identity as the cache keeps it."""
    return None if fields is None else Identity(*fields)


def _sealed(files: bytes) -> bytes:
    """Return the text of the cache. What its sum shows to be ours is not checked value by value (5 ms in 1,000)."""
    from binascii import crc32

    return b'{"version":%d,"sum":%d,"files":\n%b}' % (VERSION, crc32(files), files)


class _Parsed(NamedTuple):
    """What the cache file held when it was read last: a screen reads it again for every look and every switch."""

    key: tuple[str, int, int, int, int]
    known: dict[str, list[Any]]


_last: _Parsed | None = None


def _parsed(path: str) -> dict[str, list[Any]]:
    """Return what the cache file says, parsed once as long as it stays the same; nothing when it is missing or cut."""
    global _last  # noqa: PLW0603 - one file, read by every cache of this process
    try:
        found = os.stat(path)
        key = (path, found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns)
        if _last is None or _last.key != key:
            raw = read_regular(path)
            files = raw.partition(b"\n")[2][:-1]
            known = json.loads(files) if raw == _sealed(files) else {}
            if os.stat(path).st_ino != found.st_ino:
                return known  # Another file by now: the next one who asks reads it.
            _last = _Parsed(key, known)
        return _last.known
    except (OSError, ValueError):
        return {}


class FactCache:
    """The cache of one run; `save` writes it when something new was learnt.

    While it is `trusting`, what is remembered of a file is taken without a look at the file. That is good enough for
    a guess at the locks that a verb will need, and for nothing else. A `blank` one begins with nothing, and saves
    nothing: for a look at few files of many.
    """

    def __init__(self, context: Context, *, trusting: bool = False, blank: bool = False) -> None:
        self.trusting = trusting
        self._blank = blank
        self._files = context.files
        self._path = f"{context.roots.cache}/claims.json"
        self._known: dict[str, list[Any]] = {}
        self._used: set[str] = set()
        self._learnt = 0
        if not blank:
            # A copy: entries are replaced and never changed, so that those are shared.
            self._known = dict(_parsed(self._path))

    def lookup(self, path: str, learn: Callable[[], list[Any]]) -> tuple[list[Any], bool]:
        """Return what is known of the file as it is now, learning it when it changed, and whether it exists."""
        entry = self._known.get(path)
        if entry is not None and self.trusting:
            return entry[1], True
        try:
            found = os.stat(path)
        except OSError:
            return [], False
        self._used.add(path)
        key = [found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns]
        if entry is None or entry[0] != key:
            entry = self._known[path] = [key, learn()]
            self._learnt += 1
        return entry[1], True

    def auth_facts(self, path: str) -> AuthFacts:
        """Return the facts of an auth.json; `MISSING` when there is none."""
        fields, exists = self.lookup(path, lambda: list(_read_facts(path)))
        if not exists:
            # What cannot even be looked at (a link in a circle, no permission) is a problem, not an absence.
            return _read_facts(path)
        return AuthFacts(fields[0], unpack_identity(fields[1]), *fields[2:])

    def save(self, *, whole: bool = False) -> None:
        """Write what was learnt, if it can be written and is worth it: a thousand entries are not written for two.

        Who asked for all that there is (`whole`) leaves out what was not asked for any more.
        """
        if self._blank:
            return
        if whole:
            wanted = bool(self._learnt) or len(self._used) < len(self._known)
            self._known = {path: self._known[path] for path in self._used}
        else:
            wanted = self._learnt * WORTH_WRITING > len(self._known)
        if wanted:
            self._write()

    def _write(self) -> None:
        temporary = f"{self._path}.{os.getpid()}"
        try:
            make_private_folder(self._files, os.path.dirname(self._path))
            data = _sealed(json.dumps(self._known, separators=(",", ":")).encode())
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(temporary, flags, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, 0o600)
                file.write(data)
            os.replace(temporary, self._path)
        except (OSError, StoreError):
            try:
                os.unlink(temporary)
            except OSError:
                pass
