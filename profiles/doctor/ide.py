"""Editors of the VS Code family and the desktop app: whether they run Codex somewhere else than one thinks."""

from __future__ import annotations

from profiles.doctor.checks import Check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from profiles.doctor.finding import Finding
    from profiles.doctor.machine import Machine

#: What each id looks at, and what cannot be seen from here, for `tui doctor --explain`.
SEEN: dict[str, str] = {
    "ide.wsl": "Reads the settings of VS Code, Insiders, Cursor, Windsurf, VSCodium and their like, on this "
    "side and on Windows's, for chatgpt.runCodexInWindowsSubsystemForLinux, and the extension's newest log "
    "for 'Spawning codex process inside WSL'. Then two homes are in play, and a sign-in can fail with 'Token "
    "exchange failed'.",
    "ide.desktop": "Reads, on the Windows side, whether the desktop app runs its agent inside WSL ([desktop] "
    "of config.toml, or .codex-global-state.json): another home than that of the app on Windows is in play then.",
    "ide.executable": "Reads chatgpt.cliExecutable of the editors' settings: the extension runs that program "
    "instead of its own Codex, and nothing at all when it is not there.",
    "ide.kind": "Reads remote.extensionKind of the editors' settings: with 'ui' for openai.chatgpt the "
    "extension runs beside the window, with the home of that machine, also in windows of WSL or of a server.",
    "ide.remote": "Looks for the extension in the servers that editors leave on a remote machine. The "
    "settings of the editor itself lie on the other machine: it names the file and the key to look at there.",
}
UNSEEN: dict[str, str] = {
    "ide.portable": "An editor that keeps its settings elsewhere (portable mode, --user-data-dir) cannot be "
    "found. In the editor: Preferences: Open User Settings (JSON), and look for "
    "chatgpt.runCodexInWindowsSubsystemForLinux.",
}


def _wsl(machine: Machine) -> Iterable[Finding] | None:
    from profiles.doctor.ide_wsl import in_editors

    return in_editors(machine)


def _desktop(machine: Machine) -> Iterable[Finding] | None:
    from profiles.doctor.ide_wsl import in_desktop_app

    return in_desktop_app(machine)


def _executable(machine: Machine) -> Iterable[Finding] | None:
    from profiles.doctor.ide_extension import executable

    return executable(machine)


def _kind(machine: Machine) -> Iterable[Finding] | None:
    from profiles.doctor.ide_extension import kind

    return kind(machine)


def _remote(machine: Machine) -> Iterable[Finding] | None:
    from profiles.doctor.ide_extension import remote

    return remote(machine)


# In WSL their files lie on a drive of Windows, where each look takes its time.
CHECKS: tuple[Check, ...] = (
    Check({"ide.wsl": "no editor runs Codex inside WSL"}, _wsl, slow=True),
    Check({"ide.desktop": "the desktop app runs Codex on Windows"}, _desktop, slow=True),
    Check({"ide.executable": "editors run their own Codex"}, _executable, slow=True),
    Check({"ide.kind": "the extension runs where the files are"}, _kind, slow=True),
    Check({"ide.remote": "no editor's server has the extension"}, _remote),
)
