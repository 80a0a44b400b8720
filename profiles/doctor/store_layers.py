"""Codex's settings about logins, file over file: the administrator's managed file, the home's, the system's.

0.169 reads `/etc/codex/managed_config.toml` over `$CODEX_HOME/config.toml` over `/etc/codex/config.toml`, and lets
through only what `/etc/codex/requirements.toml` allows.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import Any, NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine
    from profiles.overrides import HomeSettings

SYSTEM = "/etc/codex"
MANAGED, HOME = "managed", "home"


class Layer(NamedTuple):
    """One file of settings: what it says about logins, and its whole content (empty when it is not TOML)."""

    role: str
    settings: HomeSettings
    table: dict[str, Any]
    text: str

    @property
    def path(self) -> str:
        """Where it lies."""
        return self.settings.path

    @property
    def is_home(self) -> bool:
        """Whether it is the home's own, and so the person's to change."""
        return self.role == HOME

    def line(self, key: str) -> int | None:
        """Return the line on which a key is set at the top level, as people count."""
        return line_of(self.text, key)

    def where(self, key: str) -> str:
        """Return file and line of a key."""
        number = self.line(key)
        return self.path if number is None else f"{self.path}:{number}"


def layers(machine: Machine, home: str) -> list[Layer]:
    """Return the files of settings that count for a home, the strongest first; only those that are there."""
    return machine.once(f"settings of {home}", lambda: _layers(machine, home))


def _layers(machine: Machine, home: str) -> list[Layer]:
    from profiles.overrides import read_settings

    system = machine.path(SYSTEM)
    named = (
        (MANAGED, f"{system}/managed_config.toml"),
        (HOME, f"{home}/config.toml"),
        ("system", f"{system}/config.toml"),
    )
    found = []
    for role, path in named:
        if os.path.lexists(path):
            text = machine.text(path) or ""
            found.append(Layer(role, read_settings(path), _parsed(text), text))
    return found


def requirements(machine: Machine) -> Layer | None:
    """Return what the administrator requires, if anything."""
    from profiles.overrides import METHODS, HomeSettings, read_settings

    path = machine.path(f"{SYSTEM}/requirements.toml")
    text = machine.text(path)
    if text is None:
        return None
    problem = read_settings(path).problem
    table = _parsed(text)
    methods = _texts(table.get("allowed_login_methods"))
    method = methods[0] if methods in (("api",), ("chatgpt",)) else None
    if not set(methods) <= set(METHODS):
        problem = problem or f"allowed_login_methods is none of {', '.join(METHODS)}"
    workspaces = _texts(table.get("allowed_chatgpt_workspaces"))
    settings = HomeSettings(
        path, forced_method=method, forced_workspaces=workspaces, problem=problem
    )
    return Layer("requirements", settings, table, text)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _parsed(text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}


def winner(found: list[Layer], key: str) -> tuple[Layer, Any] | None:
    """Return the strongest layer that sets a key, and to what."""
    return next(((layer, layer.table[key]) for layer in found if key in layer.table), None)


def providers(found: list[Layer]) -> dict[str, dict[str, Any]]:
    """Return the tables of `model_providers`, the stronger layer's fields over the weaker one's."""
    merged: dict[str, dict[str, Any]] = {}
    for layer in reversed(found):
        tables = layer.table.get("model_providers")
        for name, table in tables.items() if isinstance(tables, dict) else ():
            if isinstance(table, dict):
                merged[name] = {**merged.get(name, {}), **table}
    return merged


def line_of(text: str, key: str) -> int | None:
    """Return the line on which a key is set before the first table."""
    pattern = re.compile(rf"\s*([\"']?){re.escape(key)}\1\s*=")
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.match(line):
            return number
        if line.lstrip().startswith("["):
            return None
    return None


def without(layer: Layer, key: str) -> str:
    """Return the command that comments a setting out of its file."""
    return _edited(layer, key, "s/^/# /")


def with_value(layer: Layer, key: str, value: str) -> str:
    """Return the command that gives a setting another value."""
    return _edited(layer, key, f's/.*/{key} = "{value}"/')


def _edited(layer: Layer, key: str, change: str) -> str:
    """Return the command that changes the line of a setting, and nothing, should it stand elsewhere by then."""
    number, path = layer.line(key), os.path.realpath(layer.path)
    if number is None or not _parsed(layer.text.splitlines()[number - 1]):
        # Over several lines, or written in a way that no one command changes.
        return f"${{EDITOR:-vi}} {shlex.quote(path)}"
    # Everywhere the same, on a Mac too, and the former file is kept beside it.
    command = shlex.join(["sed", "-i.bak", f"{number}{{/{key}/{change};}}", path])
    return command if layer.is_home or os.geteuid() == 0 else f"sudo {command}"
