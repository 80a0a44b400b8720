"""The settings of the editors of the VS Code family: where they lie, and what stands in which line.

They are JSON with comments and trailing commas, so they are read here and never written.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from profiles.doctor.wsl_system import in_wsl, windows_users

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from profiles.doctor.machine import Machine

#: The extension's own settings begin with `chatgpt.`; its full name is this.
EXTENSION = "openai.chatgpt"
#: Sides of a settings file: Windows, seen from WSL; this one; an editor's server here; the folder worked in.
WINDOWS, HERE, SERVER, FOLDER = "windows", "here", "server", "folder"


class Editor(NamedTuple):
    """An editor: how people call it, its folder of settings, the folder of its server on a remote machine."""

    name: str
    folder: str
    server: str


EDITORS = (
    Editor("VS Code", "Code", ".vscode-server"),
    Editor("VS Code Insiders", "Code - Insiders", ".vscode-server-insiders"),
    Editor("Cursor", "Cursor", ".cursor-server"),
    Editor("Windsurf", "Windsurf", ".windsurf-server"),
    Editor("VSCodium", "VSCodium", ".vscodium-server"),
    Editor("Code - OSS", "Code - OSS", ".vscode-server-oss"),
    Editor("Antigravity", "Antigravity", ".antigravity-server"),
    Editor("Kiro", "Kiro", ".kiro-server"),
    Editor("Trae", "Trae", ".trae-server"),
)


class Setting(NamedTuple):
    """One value: `value` is a text, a bool, None for null, or the number as it is written. `line` counts from 1."""

    name: str
    value: str | bool | None
    line: int


class SettingsFile(NamedTuple):
    """One settings file; `path` is as a person knows it, `real` where it is read."""

    editor: str
    side: str
    path: str
    real: str
    settings: tuple[Setting, ...]

    def values(self, name: str) -> list[Setting]:
        """Return the values of a setting that may be a list."""
        return [each for each in self.settings if each.name in (name, f"{name}[]")]

    def last(self, name: str) -> Setting | None:
        """Return the value that counts: of two that are there, the editor takes the later."""
        found = [each for each in self.settings if each.name == name]
        return found[-1] if found else None


_TOKENS = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?(?:\*/|\Z)|[{}\[\]:,]|[^\s{}\[\]:,"/]+|\S', re.DOTALL
)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def read_settings(text: str) -> Iterator[Setting]:
    """Yield every value of a text of JSON with comments, as far as it can be read.

    Names of nested objects are joined by dots, as the editors do; the values of a list all have its name and `[]`.
    """
    names: list[str | None] = []  # one for each object or list around: its key
    kinds: list[str] = []
    key: str | None = None
    line, counted = 1, 0
    for token in _TOKENS.finditer(text.removeprefix("\ufeff")):
        word = token[0]
        line += token.string.count("\n", counted, token.start())
        counted = token.start()
        if word.startswith(("//", "/*")) or word == ":":
            continue
        if word in "{[":
            names.append(f"{key or ''}[]" if word == "[" else key)
            kinds.append(word)
            key = None
        elif word in "}]":
            if kinds:
                kinds.pop()
                names.pop()
            key = None
        elif word == ",":
            key = None
        elif word.startswith('"') and kinds and kinds[-1] == "{" and key is None:
            key = _string(word)
        else:
            value = _string(word) if word.startswith('"') else _WORDS.get(word, word)
            yield Setting(".".join(each for each in (*names, key) if each is not None), value, line)


def _string(word: str) -> str:
    import json

    try:
        return str(json.loads(word))
    except ValueError:
        return word.strip('"')


def settings_files(machine: Machine) -> list[SettingsFile]:
    """Return every settings file that can be seen from here, on this side and on the side of Windows."""
    return machine.once("ide.settings", lambda: list(_settings_files(machine)))


def _settings_files(machine: Machine) -> Iterator[SettingsFile]:
    for editor, side, path, real in _places(machine):
        text = machine.text(real)
        if text is not None:
            yield SettingsFile(editor, side, path, real, tuple(read_settings(text)))


def _places(machine: Machine) -> Iterator[tuple[str, str, str, str]]:
    """Yield editor, side, path as people know it, real path, of what may be there."""
    for editor, folder in windows_folders(machine):
        for path in _of_user(machine.path(f"{folder}/User")):
            yield editor.name, WINDOWS, f"{folder}/User{path}", machine.path(f"{folder}/User{path}")
    home = machine.context.user_home
    for editor in EDITORS:
        folder = f"{_base(machine)}/{editor.folder}/User"
        for path in _of_user(folder):
            yield editor.name, HERE, f"{folder}{path}", f"{folder}{path}"
        path = f"{home}/{editor.server}/data/Machine/settings.json"
        yield editor.name, SERVER, path, path
    folder = machine.folder or ""
    for _ in range(32):
        path = f"{folder.rstrip('/')}/.vscode/settings.json"
        yield "the folder", FOLDER, path, path
        if folder in ("", "/", home):
            break
        folder = os.path.dirname(folder)


def windows_folders(machine: Machine) -> list[tuple[Editor, str]]:
    """Return each editor's folder on the Windows side, for every person there, that exists."""
    if not in_wsl(machine):
        return []
    return [
        (editor, folder)
        for user in windows_users(machine)
        for editor in EDITORS
        if os.path.isdir(machine.path(folder := f"{user}/AppData/Roaming/{editor.folder}"))
    ]


def _of_user(folder: str) -> Iterator[str]:
    """Yield the ends of the paths of a person's settings: the usual ones, and those of every profile of the editor."""
    if not os.path.isdir(folder):
        return
    yield "/settings.json"
    try:
        names = sorted(os.listdir(f"{folder}/profiles"))[:64]
    except OSError:
        return
    for name in names:
        yield f"/profiles/{name}/settings.json"


def _base(machine: Machine) -> str:
    """Return the folder in which editors keep their settings on this side."""
    if machine.platform == "darwin":
        return f"{machine.context.user_home}/Library/Application Support"
    named = machine.environ.get("XDG_CONFIG_HOME", "")
    return named if named.startswith("/") else f"{machine.context.user_home}/.config"
