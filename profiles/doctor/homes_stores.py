"""The refresh tokens in other tools' stores, by digest: enough to see that two hold one login, and no more."""

from __future__ import annotations

import os
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from profiles.doctor.machine import Machine

#: What the tools' files are called, below the person's home folder; `*` is any one name.
STORES = (
    ("CLIProxyAPI", ".cli-proxy-api/*.json"),
    ("CLIProxyAPI", ".cli-proxy-api/*/*.json"),
    ("codex-auth", ".codex/accounts/*.json"),
    ("codex-multi-auth", ".codex/multi-auth/*.json"),
    ("codex-multi-auth", ".codex/multi-auth/projects/*/*.json"),
    ("codexswitch-cli", ".codex/codexswitch/profiles/*.json"),
    ("codexswitch-cli", ".codex/codexswitch/profiles/*/*.json"),
    ("opencode", ".opencode/openai-codex-accounts.json"),
    ("opencode", ".local/share/opencode/auth.json"),
    ("codex-switch", ".codex-switch/profiles/*/auth.json"),
    ("codex-switcher", ".codex-switcher/accounts.json"),
    ("codex-quota", ".codex-quota/profiles/*/auth.json"),
    ("multi-codex", ".cx/*/auth.json"),
    ("ai-auth-switch", ".local/share/ai-auth-switch/profiles/codex/*.json"),
    ("caam", ".local/share/caam/vault/codex/*/auth.json"),
    ("caam", ".local/share/caam/profiles/codex/*/codex_home/auth.json"),
    ("prodex", ".prodex/profiles/*/auth.json"),
)
_NAMES = frozenset({"refresh_token", "refreshToken", "refresh"})
#: Bytes of a store, and files of one pattern, beyond which nothing is looked at.
_LARGEST = 10 << 20
_MOST = 200


class Stored(NamedTuple):
    """A file of another tool, and the digests of the refresh tokens in it."""

    tool: str
    path: str
    inode: tuple[int, int]
    digests: frozenset[str]


def stored_tokens(machine: Machine) -> list[Stored]:
    """Return every readable file of another tool that holds a refresh token."""
    found = []
    for tool, pattern in STORES:
        for path in list(_matching(machine.context.user_home, pattern.split("/")))[:_MOST]:
            stored = _read(tool, path)
            if stored is not None:
                found.append(stored)
    return found


def _matching(folder: str, parts: list[str]) -> Iterator[str]:
    """Yield what a pattern matches; a name of a folder is `*` or whole."""
    name, rest = parts[0], parts[1:]
    if "*" not in name:
        names = [name]
    else:
        ending = name[1:]
        try:
            names = sorted(each for each in os.listdir(folder) if each.endswith(ending))
        except OSError:
            return
    for each in names:
        path = f"{folder}/{each}"
        if rest:
            yield from _matching(path, rest)
        elif os.path.isfile(path):
            yield path


def _read(tool: str, path: str) -> Stored | None:
    import json

    from profiles.files import read_regular

    try:
        status = os.stat(path)
        if status.st_size > _LARGEST:
            return None
        value = json.loads(read_regular(path))
    except (OSError, ValueError, RecursionError):
        return None
    digests = frozenset(_digests(value))
    return Stored(tool, path, (status.st_dev, status.st_ino), digests) if digests else None


def _digests(value: object) -> Iterator[str]:
    """Yield the digest of every refresh token in a document of whatever shape."""
    from profiles.model import Secret

    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            for name, inner in each.items():
                if name in _NAMES and isinstance(inner, str) and inner:
                    yield Secret(inner).digest()
                else:
                    waiting.append(inner)
