"""What sets variables in one folder alone, or in one program: direnv, mise, containers, editors' terminals."""

from __future__ import annotations

import json
import os
import re

from profiles.doctor.environment_places import Place, of_file
from profiles.doctor.startup_files import read_shell
from profiles.doctor.variable_hits import INNER, Hit, hit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from profiles.doctor.machine import Machine

#: How many folders above the working folder are looked at.
_MOST = 40
_HERE = "in and below this folder alone, by {}"
_MISE = ("mise.toml", ".mise.toml", "mise.local.toml", ".config/mise.toml")
_CONTAINERS = (
    *("devcontainer.json", ".devcontainer.json", ".devcontainer/devcontainer.json"),
    *("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"),
)
#: The folders of the editors of VS Code's family, below the configuration's and in the home of a remote machine.
EDITORS = ("Code", "Code - Insiders", "Cursor", "Windsurf", "VSCodium")
SERVERS = (".vscode-server", ".vscode-server-insiders", ".cursor-server", ".windsurf-server")
_SYSTEMS = {"darwin": "osx", "win32": "windows"}


def in_folders(machine: Machine, names: Collection[str]) -> Iterator[Place]:
    """Yield what is set for the working folder, and in the terminals of editors."""
    for folder in _upward(machine):
        yield from _direnv(machine, f"{folder}/.envrc", names)
        for name in _MISE:
            yield from _mise(machine, f"{folder}/{name}", names, _HERE.format("mise"))
        for name in _CONTAINERS:
            yield from _container(machine, f"{folder}/{name}", names)
        reach = "terminals of an editor in this folder"
        yield from _editor(machine, f"{folder}/.vscode/settings.json", names, reach)
    config = machine.environ.get("XDG_CONFIG_HOME", "") or f"{machine.context.user_home}/.config"
    yield from _mise(machine, f"{config}/mise/config.toml", names, "shells in which mise is active")
    for path in _settings(machine, config):
        yield from _editor(machine, path, names, "terminals of this editor")


def _upward(machine: Machine) -> Iterator[str]:
    folder = machine.folder
    for _ in range(_MOST):
        if not folder or folder == "/":
            return
        yield folder
        folder = os.path.dirname(folder)


def _text(machine: Machine, path: str, names: Collection[str]) -> str | None:
    text = machine.text(path)
    return text if text and any(name in text for name in names) else None


def _direnv(machine: Machine, path: str, names: Collection[str]) -> Iterator[Place]:
    for found in read_shell(_text(machine, path, names) or "", names).hits:
        if found.scope != INNER:
            yield of_file(machine, path, found, reach=_HERE.format("direnv"))


def _mise(machine: Machine, path: str, names: Collection[str], reach: str) -> Iterator[Place]:
    """Yield what `[env]` of mise's files sets: `NAME = "value"` below it, or `env.NAME = …`."""
    within = False
    for number, line in enumerate((_text(machine, path, names) or "").split("\n"), 1):
        section = re.match(r"\s*\[+([^\]]*)\]", line)
        if section:
            within = section[1].strip() == "env"
            continue
        found = re.match(r"\s*(env\.)?([A-Za-z_]\w*)\s*=\s*(.*)", line)
        if found and found[2] in names and (within or found[1]):
            whole = re.fullmatch(r"\"([^\"\\]*)\"\s*(?:#.*)?|'([^']*)'\s*(?:#.*)?", found[3])
            value = (whole[1] or whole[2] or "") if whole else None
            made = hit(found[2], number, value, mark="# " if whole else None)
            yield of_file(machine, path, made, reach=reach)


def _container(machine: Machine, path: str, names: Collection[str]) -> Iterator[Place]:
    text = _text(machine, path, names)
    if text is None:
        return
    is_json = path.endswith(".json")
    for number, line in enumerate((without_comments(text) if is_json else text).split("\n"), 1):
        code = line if is_json else re.split(r"(?:^|\s)#", line, maxsplit=1)[0]
        for name in names:
            if re.search(rf"(?:^|[\s\"'{{,-]){name}[\"']?\s*[:=]", code):
                made = hit(name, number, None)
                yield of_file(machine, path, made, reach="containers made by it", bites=False)


def _settings(machine: Machine, config: str) -> Iterator[str]:
    """Yield the settings files of the editors of this person, here and as a remote machine."""
    home = machine.context.user_home
    base = f"{home}/Library/Application Support" if machine.platform == "darwin" else config
    for editor in EDITORS:
        user = f"{base}/{editor}/User"
        yield f"{user}/settings.json"
        try:
            yield from (
                f"{user}/profiles/{n}/settings.json" for n in os.listdir(f"{user}/profiles")
            )
        except OSError:
            continue
    for server in SERVERS:
        yield f"{home}/{server}/data/Machine/settings.json"


def _editor(machine: Machine, path: str, names: Collection[str], reach: str) -> Iterator[Place]:
    text = _text(machine, path, names)
    if text is None:
        return
    system = _SYSTEMS.get(machine.platform, "linux")
    for found in in_editor(text, names, system):
        yield of_file(machine, path, found, reach=reach)


def in_editor(text: str, names: Collection[str], system: str) -> Iterator[Hit]:
    """Yield what `terminal.integrated.env.SYSTEM` of an editor's settings sets; null takes a variable away."""
    code = without_comments(text)
    for block in re.finditer(rf'"terminal\.integrated\.env\.{system}"\s*:\s*{{([^{{}}]*)}}', code):
        for found in re.finditer(r'"([^"\\]+)"\s*:\s*("(?:[^"\\]|\\.)*"|null)', block[1]):
            if found[1] in names and found[2] != "null":
                line = code.count("\n", 0, block.start(1) + found.start()) + 1
                yield hit(found[1], line, _string(found[2]))


def _string(text: str) -> str | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, str) and "${" not in value else None


_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)


def without_comments(text: str) -> str:
    """Return JSON with its comments blanked, so that lines and places stay what they are."""

    def blanked(found: re.Match[str]) -> str:
        return found[0] if found[0].startswith('"') else re.sub(r"[^\n]", " ", found[0])

    return _COMMENT.sub(blanked, text)
