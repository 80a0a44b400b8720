"""`profile.toml`: what we know of a profile beside its login. Written by us only, with tomli-w."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from profiles.atomic import replace_file
from profiles.errors import ConfigError
from profiles.files import read_regular
from profiles.model import Identity
from profiles.paths import PROFILE_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context


class ProfileFile(NamedTuple):
    """The fields of a `profile.toml`. `home` is set for registered profiles; `created` is ISO 8601, UTC."""

    note: str | None = None
    home: str | None = None
    created: str | None = None
    order: int | None = None
    identity: Identity | None = None
    email: str | None = None


def load_profile_file(folder: str) -> ProfileFile:
    """Read the file; an empty one when it is missing. Raises ConfigError naming file, line and field."""
    path = f"{folder}/{PROFILE_FILE}"
    try:
        raw = read_regular(path)
    except FileNotFoundError:
        return ProfileFile()
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {os.strerror(error.errno or 0)}") from error
    hint = f"mend the line, or remove the file (the profile keeps its login): {path}"
    try:
        table = _parse(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(path, f"not TOML: {str(error)[:120]}", hint) from None
    identity = table.get("identity")
    home = _field(path, table, "home", hint)
    if home is not None and (not os.path.isabs(home) or "\0" in home):
        raise ConfigError(path, "home: not an absolute path", hint)
    return ProfileFile(
        note=_field(path, table, "note", hint),
        home=home,
        created=_field(path, table, "created", hint),
        order=table["order"] if isinstance(table.get("order"), int) else None,
        identity=None if identity is None else _identity(path, identity, hint),
        email=_field(path, identity, "email", hint) if isinstance(identity, dict) else None,
    )


def _parse(text: str) -> dict[str, Any]:
    """Parse TOML. Raises ValueError and RecursionError."""
    table = parse_plain(text)
    if table is not None:
        return table
    import tomllib

    return tomllib.loads(text)


def parse_plain(text: str) -> dict[str, Any] | None:
    """Parse what `save_profile_file` writes, as tomllib would; None when anything else stands there.

    Every switch reads two such files, and importing tomllib costs it 7 ms.
    """
    table: dict[str, Any] = {}
    part = table
    for line in text.split("\n"):
        if not line:
            continue
        if line == "[identity]" and "identity" not in table:
            part = table["identity"] = {}
            continue
        name, _, value = line.partition(" = ")
        if not (name.isascii() and name.isidentifier()) or name in part:
            return None
        if value.isascii() and value.isdigit() and len(value) < 10 and value[0] != "0":
            part[name] = int(value)
            continue
        inner = value[1:-1]
        if value != f'"{inner}"' or '"' in inner or "\\" in inner or not inner.isprintable():
            return None
        part[name] = inner
    return table


def _field(path: str, table: dict[str, Any], name: str, hint: str) -> str | None:
    value = table.get(name)
    if value is not None and not isinstance(value, str):
        raise ConfigError(path, f"{name}: not text", hint)
    return value


def _identity(path: str, table: object, hint: str) -> Identity:
    if not isinstance(table, dict) or not isinstance(table.get("kind"), str):
        raise ConfigError(path, "identity: not a table with a kind", hint)
    return Identity(
        table["kind"],
        _field(path, table, "user_id", hint),
        _field(path, table, "account_id", hint),
        _field(path, table, "key", hint) or "",
    )


def save_profile_file(context: Context, folder: str, fields: ProfileFile) -> None:
    """Replace the file durably. Raises StoreNotWritable."""
    import tomli_w

    table: dict[str, Any] = {}
    for name in ("note", "home", "created", "order"):
        value = getattr(fields, name)
        if value is not None:
            table[name] = value
    if fields.identity is not None:
        parts = {**fields.identity._asdict(), "email": fields.email}
        table["identity"] = {name: value for name, value in parts.items() if value}
    replace_file(context.files, f"{folder}/{PROFILE_FILE}", tomli_w.dumps(table).encode())
