"""Where an editor's extension runs its Codex: another program, another machine, a server whose editor is elsewhere."""

from __future__ import annotations

import os
import shlex

from profiles.doctor.finding import INFO, WARNING, Finding
from profiles.doctor.ide_settings import EDITORS, EXTENSION, SERVER, WINDOWS, settings_files
from profiles.doctor.ide_wsl import KEY
from profiles.doctor.wsl_system import in_wsl, linux_path, windows_users

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.ide_settings import Editor, SettingsFile
    from profiles.doctor.machine import Machine

_EXECUTABLE = "chatgpt.cliExecutable"
_KIND = f"remote.extensionKind.{EXTENSION}"


def executable(machine: Machine) -> list[Finding] | None:
    """Look which program the extension is told to run, and whether it is there."""
    files = settings_files(machine)
    found = []
    for file in files:
        setting = file.last(_EXECUTABLE)
        if setting is None or not isinstance(setting.value, str) or not setting.value.strip():
            continue
        evidence = f'{file.path}:{setting.line}: "{_EXECUTABLE}": "{setting.value}"'
        fix = f"remove line {setting.line} of {shlex.quote(file.path)}, then start the editor anew"
        if _is_missing(machine, file, setting.value.strip()):
            title = f"{_of(file)} is to run a Codex that is not there"
            why = "The extension runs that program instead of its own Codex, and has none: no sign-in works in it."
            found.append(Finding("ide.executable", WARNING, title, evidence, why, fix))
        else:
            title = f"{_of(file)} runs a Codex of your choice"
            why = "The extension runs that program instead of its own Codex, of whatever version it is."
            found.append(Finding("ide.executable", INFO, title, evidence, why, fix))
    return found if files else None


def _is_missing(machine: Machine, file: SettingsFile, value: str) -> bool:
    """Tell whether the program is surely not there; what the editor may still replace is not judged."""
    if "$" in value or "%" in value:
        return False
    if file.side == WINDOWS:
        place = None if value.startswith("/") else linux_path(machine, value)
        return place is not None and not os.path.exists(machine.path(place))
    if value.startswith("/"):
        return not os.access(value, os.X_OK) or os.path.isdir(value)
    return False


def _of(file: SettingsFile) -> str:
    return {WINDOWS: f"{file.editor} on Windows", SERVER: f"{file.editor}'s server here"}.get(
        file.side, file.editor
    )


def kind(machine: Machine) -> list[Finding] | None:
    """Look whether the extension is told to run beside the window, not beside the files."""
    files = settings_files(machine)
    found = []
    for file in files:
        here = [each for each in file.values(_KIND) if each.value == "ui"]
        if here:
            found.append(
                Finding(
                    "ide.kind",
                    INFO,
                    f"{_of(file)} runs the extension beside its window",
                    f'{file.path}:{here[0].line}: "remote.extensionKind": "{EXTENSION}": "ui"',
                    "In windows of WSL or of a server, too, it uses the Codex home of the machine with the "
                    "window: a login or a switch on this side does not reach it.",
                    f"remove line {here[0].line} of {shlex.quote(file.path)}, or log in on that machine",
                )
            )
    return found if files else None


def remote(machine: Machine) -> list[Finding] | None:
    """Look for the extension in editors' servers, and name the file to look at on the machine with the editor."""
    if in_wsl(machine) and windows_users(machine):
        return None
    here = [each for each in EDITORS if (_extension(machine, each)) is not None]
    if not here:
        return None
    return [
        Finding(
            "ide.remote",
            INFO,
            "Editors elsewhere run the extension on this machine",
            "\n".join(str(_extension(machine, each)) for each in here),
            "Their own settings lie on the machine with the window, and cannot be seen from here. When that "
            f"is Windows, {KEY} there decides where Codex runs in windows without a remote.",
            "\n".join(
                rf"on Windows look for {KEY} in %APPDATA%\{each.folder}\User\settings.json"
                for each in here
            ),
        )
    ]


def _extension(machine: Machine, editor: Editor) -> str | None:
    """Return where the newest extension lies in an editor's server."""
    folder = f"{machine.context.user_home}/{editor.server}/extensions"
    try:
        names = [each for each in os.listdir(folder) if each.startswith(f"{EXTENSION}-")]
    except OSError:
        return None
    return f"{folder}/{max(names)}" if names else None
