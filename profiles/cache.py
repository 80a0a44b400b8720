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
from profiles.generation import Copy, read_copy
from profiles.model import EMPTY, UNREADABLE, Identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.auth_file import AuthDocument
    from profiles.context import Context

VERSION = 1


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


_NONE = type(None)
_TEXT, _TIME = (str, _NONE), (float, int, _NONE)
_FACT_TYPES = (
    *((str,), (list, Identity, _NONE), _TEXT, _TEXT),
    *(_TIME, _TIME, _TIME, _TIME, _TEXT, (bool,), _TEXT),
)
_IDENTITY_TYPES = ((str,), _TEXT, _TEXT, (str,))
#: Shapes that were found to be right in this run: a list of a thousand profiles has three or four.
_known_shapes: set[tuple[type, ...]] = set()


def has_types(fields: object, allowed: tuple[tuple[type, ...], ...]) -> bool:
    """Say whether the remembered fields are of the types that they should be."""
    if not isinstance(fields, list | tuple):
        return False
    shape = tuple(map(type, fields))
    if shape in _known_shapes:
        return True
    if len(shape) != len(allowed) or not all(map(tuple.__contains__, allowed, shape)):
        return False
    _known_shapes.add(shape)
    return True


def unpack_identity(fields: object) -> Identity | None:
    """Return an identity as the cache keeps it. Raises TypeError when it is none."""
    if fields is None:
        return None
    if not has_types(fields, _IDENTITY_TYPES):
        message = "not an identity"
        raise TypeError(message)
    return Identity(*fields)  # type: ignore[misc]


def _unpack(fields: object) -> AuthFacts | None:
    if not isinstance(fields, list) or not has_types(fields, _FACT_TYPES):
        return None
    return AuthFacts(fields[0], unpack_identity(fields[1]), *fields[2:])


class FactCache:
    """The cache of one run; `save` writes it when something new was learnt."""

    def __init__(self, context: Context) -> None:
        self._files = context.files
        self._path = f"{context.roots.cache}/claims.json"
        self._known: dict[str, list[Any]] = {}
        self._used: dict[str, list[Any]] = {}
        self._changed = False
        try:
            found = json.loads(read_regular(self._path))
            if found["version"] == VERSION and isinstance(found["files"], dict):
                self._known = found["files"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            self._changed = True

    def lookup(self, path: str, learn: Callable[[], list[Any]]) -> tuple[list[Any], bool]:
        """Return what is known of the file as it is now, learning it when it changed, and whether it exists."""
        try:
            found = os.stat(path)
        except OSError:
            return [], False
        key = [found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns]
        entry = self._known.get(path)
        if isinstance(entry, list) and len(entry) == 2 and entry[0] == key:
            self._used[path] = entry
            if isinstance(entry[1], list):
                return entry[1], True
        fields = learn()
        self._used[path] = [key, fields]
        self._changed = True
        return fields, True

    def auth_facts(self, path: str) -> AuthFacts:
        """Return the facts of an auth.json; `MISSING` when there is none."""

        def learn() -> list[Any]:
            copy = read_copy(path)
            return list(MISSING if copy is None else facts_of_copy(copy))

        fields, exists = self.lookup(path, learn)
        if not exists:
            # What cannot even be looked at (a link in a circle, no permission) is a problem, not an absence.
            copy = read_copy(path)
            return MISSING if copy is None else facts_of_copy(copy)
        try:
            facts = _unpack(fields)
        except TypeError:
            facts = None
        if facts is None:
            self._known.pop(path, None)
            fields, _ = self.lookup(path, learn)
            facts = _unpack(fields)
        return facts if facts is not None else MISSING

    def save(self) -> None:
        """Write the cache, if it can be written; only files that were asked for are kept."""
        if not self._changed and self._used.keys() == self._known.keys():
            return
        folder = os.path.dirname(self._path)
        temporary = f"{self._path}.{os.getpid()}"
        try:
            make_private_folder(self._files, folder)
            text = json.dumps({"version": VERSION, "files": self._used}, separators=(",", ":"))
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(temporary, flags, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, 0o600)
                file.write(text.encode())
            os.replace(temporary, self._path)
        except (OSError, StoreError):
            try:
                os.unlink(temporary)
            except OSError:
                pass
