"""Editors of the VS Code family and the desktop app: whether they run Codex inside WSL, or elsewhere."""

from __future__ import annotations

import os

import pytest

from profiles.doctor.finding import INFO, OK, WARNING
from profiles.doctor.ide_settings import read_settings
from tests.doctor.patient import Patient
from tests.doctor.test_wsl_ports import only
from tests.doctor.windows import Windows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

KEY = "chatgpt.runCodexInWindowsSubsystemForLinux"
FOLDERS = {
    "VS Code": "Code",
    "VS Code Insiders": "Code - Insiders",
    "Cursor": "Cursor",
    "Windsurf": "Windsurf",
    "VSCodium": "VSCodium",
}
SERVERS = {
    "VS Code": ".vscode-server",
    "VS Code Insiders": ".vscode-server-insiders",
    "Cursor": ".cursor-server",
    "Windsurf": ".windsurf-server",
    "VSCodium": ".vscodium-server",
}
#: As people have it: comments of both kinds, a URL, a key that is commented out, trailing commas, CRLF.
SETTINGS = """\ufeff// mine \u201cquoted" {
{
    /* "chatgpt.runCodexInWindowsSubsystemForLinux": true,
    */
    "http.proxy": "http://127.0.0.1:7890", // not "x": {
    "[python]": { "editor.tabSize": 4, },
    "remote.SSH.remotePlatform": { "box": "linux", },
    "chatgpt.runCodexInWindowsSubsystemForLinux": VALUE, // since November
    "files.exclude": ["**/.git", "a\\\\\\"b",],
}
"""
LINE = 8
#: What the extension writes when it starts Codex inside WSL, and when it does not.
STARTED = """2025-11-06 09:12:0{0}.120 [info] [CodexMcpConnection] Spawning codex app-server
"""
INSIDE = """2025-11-06 09:12:0{0}.140 [info] [wsl] eligible distro list: Ubuntu
2025-11-06 09:12:0{0}.151 [info] [spawn-codex-process] Spawning codex process inside WSL
2025-11-06 09:12:0{0}.151 [info] [spawn-codex-process] WSL command: wsl.exe -d Ubuntu -- codex app-server
"""


@pytest.fixture
def windows(box: Box) -> Windows:
    """A healthy WSL 2 in NAT mode."""
    return Windows(Patient(box, proc=None))


def settings(value: str) -> str:
    """Return a person's settings with this value."""
    return SETTINGS.replace("VALUE", value).replace("\n", "\r\n")


def correct(path: str, line: int = LINE, old: str = "true", new: str = "false") -> None:
    """Carry the fix out: change what stands in that one line."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = file.read().split("\n")
    assert old in lines[line - 1], lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write("\n".join(lines))


# -- the setting on the Windows side --


@pytest.mark.parametrize("profile", ["", "profiles/-4b1f/"])
@pytest.mark.parametrize("editor", FOLDERS)
def test_an_editor_on_windows(windows: Windows, editor: str, profile: str) -> None:
    """ide.wsl: file and line are named, in each profile of each editor; that line mended, it is gone."""
    name = f"AppData/Roaming/{FOLDERS[editor]}/User/{profile}settings.json"
    path = windows.user_file(name, settings("true"))
    before = os.stat(windows.real(path))
    finding = only(windows.patient.found("ide"), "ide.wsl", WARNING)
    assert finding.title == f"{editor} on Windows runs Codex inside WSL"
    assert f'{path}:{LINE}: "{KEY}": true' in finding.evidence
    assert f'"{KEY}": false in line {LINE} of {path}' in finding.fix
    assert finding.mend is None
    assert os.stat(windows.real(path)).st_mtime_ns == before.st_mtime_ns
    correct(windows.real(path))
    assert windows.patient.found("ide") == []


def test_two_editors_are_two_findings(windows: Windows) -> None:
    """Each is mended by itself, and so is each person's."""
    windows.user_file("AppData/Roaming/Code/User/settings.json", settings("true"))
    windows.patient.put(
        "/mnt/c/Users/v/AppData/Roaming/Cursor/User/settings.json", f'{{"{KEY}":true}}'
    )
    found = windows.patient.found("ide")
    assert [each.id for each in found] == ["ide.wsl", "ide.wsl"]
    assert "/Users/u/" in found[0].evidence
    assert "/Users/v/AppData/Roaming/Cursor/User/settings.json:1:" in found[1].evidence


def test_a_folder_on_a_drive_of_windows(windows: Windows) -> None:
    """The settings of the folder that is worked in, or of one above, count when it is opened on Windows."""
    patient = windows.patient
    windows.mount(f"C:\\134 {patient.box.path}/c 9p rw,aname=drvfs;path=C:\\ 0 0\n")
    patient.work = f"{patient.box.path}/c/repo/src"
    path = f"{patient.box.path}/c/repo/.vscode/settings.json"
    os.makedirs(os.path.dirname(path))
    os.makedirs(patient.work)
    with open(path, "w", encoding="utf-8") as file:
        file.write(settings("true"))
    finding = only(patient.found("ide"), "ide.wsl", WARNING)
    assert f"{path}:{LINE}" in finding.evidence
    assert "quit the editor" in finding.fix
    correct(path)
    assert patient.found("ide") == []


@pytest.mark.parametrize("value", ["false", "null", '"true"', "1", "[true]", '{"x": true}'])
def test_values_that_are_not_true(windows: Windows, value: str) -> None:
    """The setting is a boolean: nothing but true switches it on."""
    windows.user_file("AppData/Roaming/Code/User/settings.json", settings(value))
    assert windows.patient.found("ide") == []


def test_the_later_of_two_counts(windows: Windows) -> None:
    """As in the editor; and an object stands for its dots."""
    name = "AppData/Roaming/Code/User/settings.json"
    windows.user_file(name, f'{{"{KEY}": true,\n"{KEY}": false}}')
    assert windows.patient.found("ide") == []
    key = KEY.partition(".")[2]
    windows.user_file(name, f'{{"{KEY}": false,\n"chatgpt": {{\n"{key}": true}}}}')
    assert ":3:" in only(windows.patient.found("ide"), "ide.wsl", WARNING).evidence


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "\ufeff",
        '{"a": ',
        '"',
        "}}}]",
        "/* ",
        '{"x": "unended\n}',
        "\0" * 999,
        "{" * 9999,
    ],
)
def test_broken_settings_harm_nobody(windows: Windows, text: str) -> None:
    """Whatever stands there is read as far as it goes."""
    windows.user_file("AppData/Roaming/Code/User/settings.json", text)
    windows.user_file(".codex/.codex-global-state.json", text)
    windows.user_file(".codex/config.toml", text)
    assert {each.level for each in windows.patient.findings("ide")} == {OK}


def test_settings_that_are_no_file(windows: Windows) -> None:
    """A folder or a pipe of that name is passed over, and nothing hangs."""
    os.makedirs(windows.real(f"{windows.user}/AppData/Roaming/Code/User/settings.json"))
    os.makedirs(windows.real(f"{windows.user}/AppData/Roaming/Cursor/User"))
    os.mkfifo(windows.real(f"{windows.user}/AppData/Roaming/Cursor/User/settings.json"))
    assert windows.patient.found("ide") == []


def test_reading_settings() -> None:
    """Names, values and lines of a text with comments and trailing commas."""
    found = {each.name: (each.value, each.line) for each in read_settings(settings("true"))}
    assert found["http.proxy"] == ("http://127.0.0.1:7890", 5)
    assert found["[python].editor.tabSize"] == ("4", 6)
    assert found["remote.SSH.remotePlatform.box"] == ("linux", 7)
    assert found[KEY] == (True, LINE)
    assert found["files.exclude[]"] == ('a\\"b', 9)
    assert len(found) == 5


# -- the log --


def log(windows: Windows, text: str, session: str = "20251106T091200", window: int = 1) -> str:
    """Write the extension's log of one window."""
    name = f"AppData/Roaming/Cursor/logs/{session}/window{window}/exthost/openai.chatgpt/Codex.log"
    return windows.user_file(name, text)


def test_the_log_proves_the_setting(windows: Windows) -> None:
    """ide.wsl: the line of the log stands beside the setting, with its time."""
    windows.user_file("AppData/Roaming/Cursor/User/settings.json", settings("true"))
    path = log(windows, STARTED.format(1) + INSIDE.format(1))
    finding = only(windows.patient.found("ide"), "ide.wsl", WARNING)
    assert finding.evidence.endswith(
        f"{path}: 'Spawning codex process inside WSL', 2025-11-06 09:12:01"
    )


def test_the_log_without_a_setting(windows: Windows) -> None:
    """ide.wsl: an extension that did so unasked; switched off and started anew, it is gone."""
    path = log(windows, STARTED.format(1) + INSIDE.format(1))
    finding = only(windows.patient.found("ide"), "ide.wsl", WARNING)
    assert path in finding.evidence
    assert "Cursor on Windows ran" in finding.title
    log(windows, STARTED.format(1) + INSIDE.format(1) + STARTED.format(5))
    assert windows.patient.found("ide") == []


def test_switched_off_since(windows: Windows) -> None:
    """Settings that were changed after the log say what comes next."""
    path = log(windows, STARTED.format(1) + INSIDE.format(1))
    os.utime(windows.real(path), (1_700_000_000, 1_700_000_000))
    windows.user_file("AppData/Roaming/Cursor/User/settings.json", settings("false"))
    assert windows.patient.found("ide") == []


def test_old_sessions_count_for_nothing(windows: Windows) -> None:
    """The newest session in which the extension ran decides, and in it the window that ran last."""
    log(windows, STARTED.format(1) + INSIDE.format(1), "20251106T091200")
    log(windows, STARTED.format(1), "20251107T100000")
    windows.user_file("AppData/Roaming/Cursor/logs/20251108T100000/main.log", "Spawning nothing")
    assert windows.patient.found("ide") == []
    old = log(windows, STARTED.format(1), "20251108T100000", 1)
    os.utime(windows.real(old), (1_700_000_000, 1_700_000_000))
    log(windows, STARTED.format(2) + INSIDE.format(2), "20251108T100000", 2)
    assert "/window2/" in only(windows.patient.found("ide"), "ide.wsl", WARNING).evidence


# -- the desktop app --


def test_the_desktop_app_by_its_state(windows: Windows) -> None:
    """ide.desktop: the key of its state file, at whatever depth; mended, it is gone."""
    text = (
        '{\n "projects": [],\n "persisted": {\n  "runCodexInWindowsSubsystemForLinux": true\n }\n}'
    )
    path = windows.user_file(".codex/.codex-global-state.json", text)
    finding = only(windows.patient.found("ide"), "ide.desktop", WARNING)
    assert f"{path}:4:" in finding.evidence
    correct(windows.real(path), 4)
    assert windows.patient.found("ide") == []


def test_the_desktop_app_by_its_config(windows: Windows) -> None:
    """ide.desktop: `[desktop]` of config.toml; and what stands there beats the older file."""
    state = '{"runCodexInWindowsSubsystemForLinux": true}'
    windows.user_file(".codex/.codex-global-state.json", state)
    text = 'model = "gpt"\n[desktop]\n# runs\nrunCodexInWindowsSubsystemForLinux = true\n'
    path = windows.user_file(".codex/config.toml", text)
    finding = only(windows.patient.found("ide"), "ide.desktop", WARNING)
    assert f"{path}:4: [desktop]" in finding.evidence
    correct(windows.real(path), 4)
    assert windows.patient.found("ide") == []


# -- the other sides --


@pytest.mark.parametrize("platform", ["linux", "darwin"])
@pytest.mark.parametrize("editor", FOLDERS)
def test_the_setting_where_it_does_nothing(box: Box, editor: str, platform: str) -> None:
    """On Linux and macOS the key counts for nothing, but may be carried to Windows: info, with the line."""
    patient = Patient(box, platform=platform)
    base = "Library/Application Support" if platform == "darwin" else ".config"
    path = patient.write(f"{base}/{FOLDERS[editor]}/User/settings.json", settings("true"))
    finding = only(patient.found("ide"), "ide.wsl", INFO)
    assert f"{path}:{LINE}" in finding.evidence
    correct(path)
    assert patient.found("ide") == []


@pytest.mark.parametrize("editor", SERVERS)
def test_the_server_of_an_editor(box: Box, editor: str) -> None:
    """The machine settings of an editor's server are read; the extension in it points to the other machine."""
    patient = Patient(box)
    path = patient.write(f"{SERVERS[editor]}/data/Machine/settings.json", settings("true"))
    assert f"{path}:{LINE}" in only(patient.found("ide"), "ide.wsl", INFO).evidence
    correct(path)
    assert patient.found("ide") == []
    patient.write(
        f"{SERVERS[editor]}/extensions/openai.chatgpt-26.5601.2-linux-x64/package.json", "{}"
    )
    finding = only(patient.found("ide"), "ide.remote", INFO)
    assert f"{SERVERS[editor]}/extensions/openai.chatgpt-26.5601.2-linux-x64" in finding.evidence
    assert KEY in finding.fix
    assert rf"%APPDATA%\{FOLDERS[editor]}\User\settings.json" in finding.fix


def test_in_wsl_the_other_side_is_seen(windows: Windows) -> None:
    """There the server belongs to a Windows whose settings are read: nothing to look at elsewhere."""
    windows.patient.write(".vscode-server/extensions/openai.chatgpt-26.5601.2/package.json", "{}")
    assert windows.patient.found("ide") == []


def test_ide_healthy(box: Box) -> None:
    """Editors with settings of their own, in every place: all is well, on every id that was looked at."""
    patient = Patient(box)
    for folder in FOLDERS.values():
        patient.write(f".config/{folder}/User/settings.json", settings("false"))
    patient.write("work/.vscode/settings.json", '{"remote.extensionKind": {"a.b": ["ui"]},}')
    patient.write(".vscode-server/extensions/ms-python.python-1/package.json", "{}")
    found = patient.findings("ide")
    assert {each.id for each in found} == {"ide.wsl", "ide.executable", "ide.kind"}
    assert {each.level for each in found} == {OK}


# -- the extension's program and its place --


def test_a_program_that_is_not_there(box: Box) -> None:
    """ide.executable: the extension has nothing to run; without the line, or with the program, it is gone."""
    patient = Patient(box)
    path = f"{box.home}/old/codex"
    where = patient.write(
        ".config/Cursor/User/settings.json", f'{{\n"chatgpt.cliExecutable": "{path}",\n}}'
    )
    finding = only(patient.found("ide"), "ide.executable", WARNING)
    assert f"{where}:2:" in finding.evidence
    assert path in finding.evidence
    patient.write("old/codex", "#!/bin/sh\n", 0o644)
    only(patient.found("ide"), "ide.executable", WARNING)
    os.chmod(path, 0o755)
    only(patient.found("ide"), "ide.executable", INFO)
    correct(where, 2, f'"chatgpt.cliExecutable": "{path}",', "")
    assert patient.found("ide") == []


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (r"C:\\codex\\codex.exe", INFO),
        (r"C:\\gone\\codex.exe", WARNING),
        (r"E:\\codex.exe", INFO),
        (r"C:\\%WHERE%\\codex.exe", INFO),
        ("/usr/local/bin/codex", INFO),
        ("${env:HOME}/codex", INFO),
        ("codex", INFO),
        ("", None),
    ],
)
def test_a_program_of_windows(windows: Windows, value: str, level: str | None) -> None:
    """ide.executable: looked for on the drive; what cannot be seen from here is not called missing."""
    windows.patient.put("/mnt/c/codex/codex.exe", "")
    name = "AppData/Roaming/Code/User/settings.json"
    windows.user_file(name, f'{{"chatgpt.cliExecutable": "{value}"}}')
    found = windows.patient.found("ide")
    assert [each.level for each in found] == ([] if level is None else [level])


def test_the_extension_beside_the_window(windows: Windows) -> None:
    """ide.kind: with "ui" it uses the home of Windows in windows of WSL, too."""
    path = windows.user_file(
        "AppData/Roaming/Code/User/settings.json",
        '{"remote.extensionKind": {\n  "x.y": ["ui"],\n  "openai.chatgpt": ["ui"],\n}}',
    )
    finding = only(windows.patient.found("ide"), "ide.kind", INFO)
    assert f"{path}:3:" in finding.evidence
    correct(windows.real(path), 3, '"ui"', '"workspace"')
    assert windows.patient.found("ide") == []
