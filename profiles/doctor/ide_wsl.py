"""Codex run inside WSL by a program of Windows: by an editor's setting, by its log, by the desktop app."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from profiles.doctor.finding import INFO, WARNING, Finding
from profiles.doctor.ide_settings import (
    EXTENSION,
    FOLDER,
    WINDOWS,
    Editor,
    read_settings,
    settings_files,
    windows_folders,
)
from profiles.doctor.wsl_system import drives, in_wsl, windows_users

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from profiles.doctor.ide_settings import Setting, SettingsFile
    from profiles.doctor.machine import Machine

_NAME = "runCodexInWindowsSubsystemForLinux"
KEY = f"chatgpt.{_NAME}"
_WHY = (
    "It starts Codex in the default distro of WSL: two homes are in play, a login or a switch in one is none "
    "in the other, and a sign-in can fail with 'Token exchange failed: error sending request'."
)
#: What the extension writes whenever it starts Codex, and what besides when it does so in WSL.
_STARTED = re.compile(r"^.*Spawning codex (?:app-server|process).*$", re.MULTILINE | re.IGNORECASE)
_INSIDE = "Spawning codex process inside WSL"
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")
#: How much of a log's end is read, and how many of an editor's sessions are looked at.
_TAIL, _SESSIONS = 1 << 20, 4


class Proof(NamedTuple):
    """The last start of Codex that an extension's log tells of, when that was inside WSL."""

    path: str
    when: str
    modified: float

    @property
    def words(self) -> str:
        """Say it as evidence."""
        return f"{self.path}: '{_INSIDE}'{f', {self.when}' if self.when else ''}"


def in_editors(machine: Machine) -> list[Finding] | None:
    """Look which editors run Codex inside WSL."""
    files = settings_files(machine)
    folders = windows_folders(machine)
    if not files and not folders:
        return None
    proofs = {
        folder: proof
        for _, folder in folders
        if (proof := _newest_proof(machine, folder)) is not None
    }
    found = []
    for file in files:
        setting = file.last(KEY)
        if setting is not None and setting.value is True:
            folder = next((each for each in proofs if file.path.startswith(f"{each}/User/")), "")
            found.append(_by_setting(machine, file, setting, proofs.get(folder)))
            proofs.pop(folder, None)
    names = {folder: editor for editor, folder in folders}
    return found + list(_by_log(names, proofs, files))


def _by_setting(
    machine: Machine, file: SettingsFile, setting: Setting, proof: Proof | None
) -> Finding:
    evidence = f'{file.path}:{setting.line}: "{KEY}": true'
    fix = f'quit {file.editor}, then write "{KEY}": false in line {setting.line} of {file.path}'
    if file.side == FOLDER:
        fix = fix.replace("quit the folder", "quit the editor")
    in_force = file.side == WINDOWS or (file.side == FOLDER and _on_windows(machine, file.path))
    if not in_force:
        title = "An editor is to run Codex in WSL, were it on Windows"
        why = "The setting counts on Windows alone; but editors carry their settings from machine to machine."
        return Finding("ide.wsl", INFO, title, evidence, why, fix)
    if proof is not None:
        evidence += f"\n{proof.words}"
    who = "An editor" if file.side == FOLDER else file.editor
    return Finding(
        "ide.wsl", WARNING, f"{who} on Windows runs Codex inside WSL", evidence, _WHY, fix
    )


def _on_windows(machine: Machine, path: str) -> bool:
    return in_wsl(machine) and any(path.startswith(f"{each}/") for each in drives(machine).values())


def _by_log(
    names: Mapping[str, Editor], proofs: Mapping[str, Proof], files: list[SettingsFile]
) -> Iterator[Finding]:
    """Tell of starts in WSL that no setting explains: an extension that did so unasked, or a setting not found."""
    for folder, proof in proofs.items():
        own = [each for each in files if each.path.startswith(f"{folder}/User/")]
        # Settings that were changed since say what comes next; the log says what was.
        if any(
            os.stat(each.real).st_mtime > proof.modified
            for each in own
            if each.last(KEY) is not None and os.path.exists(each.real)
        ):
            continue
        editor = names[folder].name
        yield Finding(
            "ide.wsl",
            WARNING,
            f"{editor} on Windows ran Codex inside WSL",
            f"{proof.words}\nno settings file of it that was found has {KEY}: true",
            _WHY,
            f'write "{KEY}": false in {folder}/User/settings.json and start {editor} anew   '
            "(extension 0.4.34 did it unasked)",
        )


def _newest_proof(machine: Machine, folder: str) -> Proof | None:
    """Return the proof in the newest log of an editor's extension, when its last start was inside WSL."""
    logs = f"{folder}/logs"
    try:
        sessions = sorted(os.listdir(machine.path(logs)), reverse=True)[:_SESSIONS]
    except OSError:
        return None
    for session in sessions:
        newest = max(_starts(machine, f"{logs}/{session}"), default=None)
        if newest is not None:
            modified, path, inside, when = newest
            return Proof(path, when, modified) if inside else None
    return None


def _starts(machine: Machine, session: str) -> Iterator[tuple[float, str, bool, str]]:
    """Yield, for each window, when its log was written, where it is, and whether the last start was inside WSL."""
    from profiles.files import read_regular

    try:
        windows = [each for each in os.listdir(machine.path(session)) if each.startswith("window")]
    except OSError:
        return
    for window in windows:
        path = f"{session}/{window}/exthost/{EXTENSION}/Codex.log"
        try:
            text = read_regular(machine.path(path), _TAIL).decode("utf-8", "replace")
            modified = os.stat(machine.path(path)).st_mtime
        except OSError:
            continue
        # "Spawning codex app-server" comes first, whichever way; "… inside WSL" after it.
        lines = _STARTED.findall(text)
        if lines:
            last = lines[-1]
            when = _TIME.search(last)
            yield modified, path, _INSIDE.lower() in last.lower(), when[0] if when else ""


def in_desktop_app(machine: Machine) -> list[Finding] | None:
    """Look whether the desktop app on Windows runs its agent inside WSL."""
    if not in_wsl(machine):
        return None
    homes = [
        each
        for user in windows_users(machine)
        if os.path.isdir(machine.path(each := f"{user}/.codex"))
    ]
    if not homes:
        return None
    return [found for home in homes for found in _of_app(machine, home)]


def _of_app(machine: Machine, home: str) -> Iterator[Finding]:
    # The newer place counts when both speak.
    place = _in_config(machine, f"{home}/config.toml")
    if place is None:
        place = _in_state(machine, f"{home}/.codex-global-state.json")
    if place is None or place[0] is not True:
        return
    _, path, line, shown, wanted = place
    yield Finding(
        "ide.desktop",
        WARNING,
        "The desktop app on Windows runs Codex inside WSL",
        f"{path}:{line}: {shown}",
        _WHY,
        f"quit the app, then write {wanted} in line {line} of {path}",
    )


def _in_config(machine: Machine, path: str) -> tuple[object, str, int, str, str] | None:
    text = machine.text(machine.path(path))
    if text is None or _NAME not in text:
        return None
    import tomllib

    try:
        value = tomllib.loads(text.removeprefix("\ufeff"))["desktop"][_NAME]
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        return None
    before = text[: text.index(_NAME)]
    return value, path, before.count("\n") + 1, f"[desktop] {_NAME} = true", f"{_NAME} = false"


def _in_state(machine: Machine, path: str) -> tuple[object, str, int, str, str] | None:
    text = machine.text(machine.path(path))
    if text is None or _NAME not in text:
        return None
    last = None
    for each in read_settings(text):
        if each.name == _NAME or each.name.endswith(f".{_NAME}"):
            last = each
    if last is None:
        return None
    return last.value, path, last.line, f'"{_NAME}": true', f'"{_NAME}": false'
