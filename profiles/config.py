"""The person's `config.toml`: read, never written. Every key has a default and is listed by `tui paths`."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import Any, NamedTuple

from profiles.errors import ConfigError
from profiles.files import read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from profiles.context import Context

DAEMON_CHOICES = ("ask", "restart", "leave")
#: The orders of the list on the screen.
SORTS = ("name", "expiry", "last-used", "usage", "state")


class Config(NamedTuple):
    """The settings, with their defaults. `keys` maps action ids to keys."""

    theme: str = "auto"
    mouse: bool = True
    keys: Mapping[str, str] = MappingProxyType({})
    refresh_concurrency: int = 8
    daemon: str | None = None
    homes: tuple[str, ...] = ()
    ssh_host: str | None = None
    sort: str = "name"


#: Key in the file, field here, what it does: the list that `tui paths` prints.
KEYS = (
    ("theme", "theme", "auto, dark, light, ansi or mono"),
    ("mouse", "mouse", "whether the mouse works on the screen"),
    (
        "sort",
        "sort",
        "the list's order at the start: name, expiry, last-used, usage or state; -expiry turns it round",
    ),
    ("keys", "keys", "keys by action id, as listed by ? on the screen"),
    ("refresh.concurrency", "refresh_concurrency", "refreshes at a time, 1 to 32"),
    (
        "daemon",
        "daemon",
        "Codex's app-server daemon after a switch: restart, leave or ask; by itself it is restarted if unattended",
    ),
    ("homes", "homes", "more CODEX_HOME folders to look in"),
    ("ssh.host", "ssh_host", "this host as your ssh reaches it, for the tunnel line"),
)


def config_path(context: Context) -> str:
    """Return the path of the file, whether it exists or not."""
    return f"{context.roots.config}/config.toml"


def load_config(context: Context) -> Config:
    """Read the file; the defaults when there is none. Raises ConfigError naming file and key."""
    path = config_path(context)
    if not os.path.lexists(path):
        return Config()
    import tomllib

    try:
        table = tomllib.loads(read_regular(path).decode("utf-8"))
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {os.strerror(error.errno or 0)}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            path, f"not TOML: {str(error)[:120]}", f"mend it: $EDITOR {path}"
        ) from None
    return _checked(path, table)


def _stranger(table: dict[str, Any]) -> tuple[str, str] | None:
    """Return the first key that we do not know, or that is no table or no order where one is needed, and why."""
    allowed = {key.split(".")[0] for key, _, _ in KEYS}
    for key, value in table.items():
        if key not in allowed:
            from difflib import get_close_matches

            near = get_close_matches(key, sorted(allowed), 1)
            return key, f"no such key{f'; did you mean {near[0]}?' if near else ''}"
        if key in ("refresh", "ssh") and not isinstance(value, dict):
            return key, "a table is needed"
        if key == "sort" and (not isinstance(value, str) or value.removeprefix("-") not in SORTS):
            return key, f"{', '.join(SORTS[:-1])} or {SORTS[-1]} is needed, or one after a -"
    return None


def _checked(path: str, table: dict[str, Any]) -> Config:
    hint = f"mend it: $EDITOR {path}; tui paths lists the keys"

    def bad(key: str, why: str) -> ConfigError:
        return ConfigError(path, f"{key}: {why}", hint)

    if (stranger := _stranger(table)) is not None:
        raise bad(*stranger)
    config = Config()
    theme = table.get("theme", config.theme)
    if theme not in ("auto", "dark", "light", "ansi", "mono"):
        raise bad("theme", "auto, dark, light, ansi or mono is needed")
    mouse = table.get("mouse", config.mouse)
    if not isinstance(mouse, bool):
        raise bad("mouse", "true or false is needed")
    keys = table.get("keys", {})
    if not isinstance(keys, dict) or not all(isinstance(v, str) and v for v in keys.values()):
        raise bad("keys", 'a table such as switch = "space,s" is needed')
    daemon = table.get("daemon", config.daemon)
    if daemon is not None and daemon not in DAEMON_CHOICES:
        raise bad("daemon", "ask, restart or leave is needed")
    homes = table.get("homes", [])
    if not isinstance(homes, list) or not all(
        isinstance(h, str) and h and "\0" not in h for h in homes
    ):
        raise bad("homes", "a list of folders is needed")
    sort = table.get("sort", config.sort)
    refresh, ssh = table.get("refresh", {}), table.get("ssh", {})
    concurrency = refresh.get("concurrency", config.refresh_concurrency)
    if (
        isinstance(concurrency, bool)
        or not isinstance(concurrency, int)
        or not 1 <= concurrency <= 32
    ):
        raise bad("refresh.concurrency", "a whole number from 1 to 32 is needed")
    host = ssh.get("host")
    if host is not None and not isinstance(host, str):
        raise bad("ssh.host", "text is needed")
    return Config(theme, mouse, dict(keys), concurrency, daemon, tuple(homes), host, sort)
