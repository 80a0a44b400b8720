"""What is set on the Windows side of WSL: variables of user and machine, PowerShell's files, editors' settings."""

from __future__ import annotations

import re

from profiles.doctor.environment_places import Place, of_file
from profiles.doctor.variable_hits import hit, in_powershell
from profiles.doctor.wsl_system import in_wsl, windows_users
from profiles.doctor.wsl_windows import ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from profiles.doctor.machine import Machine

#: Seconds. The registry answers in a tenth of one; PowerShell needs some at its first start.
_PATIENCE = 1.5
_POWERSHELL_PATIENCE = 4.5
_KEYS = {
    "User": r"HKCU\Environment",
    "Machine": r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment",
}
_VALUE = re.compile(r"\s+(\w+)\s+REG_(?:EXPAND_)?SZ\s*(.*?)\s*", re.IGNORECASE)
_DOCUMENTS = ("Documents", "OneDrive/Documents")
_PROFILES = tuple(
    f"{folder}/{name}"
    for folder in ("PowerShell", "WindowsPowerShell")
    for name in ("Microsoft.PowerShell_profile.ps1", "profile.ps1")
)


def in_registry(machine: Machine, names: Collection[str]) -> tuple[list[Place], str | None]:
    """Ask for the variables of the Windows user and machine; also why they are not known."""
    values: list[tuple[str, str, str]] = []
    for scope, key in _KEYS.items():
        told = ask(machine, ["reg.exe", "query", key], _PATIENCE)
        if told.out is None or told.code not in (0, 1):
            break
        matches = (_VALUE.fullmatch(line) for line in told.out.splitlines())
        values += [(scope, each[1], each[2]) for each in matches if each]
    else:
        return _places(machine, names, values), None
    listed = ",".join(f"'{name}'" for name in names)
    question = (
        "[Console]::OutputEncoding=[Text.Encoding]::UTF8; "
        f"foreach ($s in 'User','Machine') {{ foreach ($n in {listed}) {{ "
        "$v = [Environment]::GetEnvironmentVariable($n, $s); "
        'if ($v) { "$s|$n|$v" } } }; "asked"'
    )
    words = ["powershell.exe", "-NoProfile", "-NonInteractive", "-Command", question]
    told = ask(machine, words, _POWERSHELL_PATIENCE)
    if told.out is None or "asked" not in told.out.split():
        return [], told.why or "powershell.exe gave no whole answer"
    fields = (line.split("|", 2) for line in told.out.splitlines())
    values = [(each[0], each[1], each[2]) for each in fields if len(each) == 3]
    return _places(machine, names, [each for each in values if each[0] in _KEYS]), None


def _places(
    machine: Machine, names: Collection[str], values: list[tuple[str, str, str]]
) -> list[Place]:
    carried = {each.split("/")[0] for each in machine.environ.get("WSLENV", "").split(":")}
    by_name = {name.upper(): name for name in reversed(list(names))}  # the upper case wins
    found = []
    for scope, name, value in values:
        wanted = by_name.get(name.upper())
        if wanted is None:
            continue
        whose = "this user" if scope == "User" else "the whole machine"
        reach = "Windows programs: the desktop app, editors"
        if wanted in carried:
            reach += "; and, by WSLENV, this Linux"
        call = f"[Environment]::SetEnvironmentVariable('{wanted}',$null,'{scope}')"
        if scope == "User":
            escaped = call.replace("$", "\\$")
            remove = f'powershell.exe -NoProfile -Command "{escaped}"'
        else:
            remove = f"in an elevated PowerShell: {call}"
        where = f"the Windows variables of {whose}"
        found.append(Place(wanted, where, reach=reach, remove=remove, hit=hit(wanted, 0, value)))
    return found


def in_windows_files(machine: Machine, names: Collection[str]) -> Iterator[Place]:
    """Yield what PowerShell's profiles set, and the editors of Windows for their terminals. Nothing there is mended."""
    if not in_wsl(machine):
        return
    from profiles.doctor.environment_folders import EDITORS, in_editor

    for user in windows_users(machine):
        folder = machine.path(user)
        for documents in _DOCUMENTS:
            for name in _PROFILES:
                path = f"{folder}/{documents}/{name}"
                text = machine.text(path) or ""
                for found in in_powershell(text, names):
                    by_hand = found._replace(mark=None)
                    yield of_file(machine, path, by_hand, reach="PowerShell on Windows")
        for editor in EDITORS:
            path = f"{folder}/AppData/Roaming/{editor}/User/settings.json"
            text = machine.text(path) or ""
            # In a window of WSL the settings of Windows hold, too, with those for Linux.
            for system, where in (("windows", "Windows"), ("linux", "WSL")):
                for found in in_editor(text, names, system):
                    reach = f"terminals of this editor in {where}"
                    yield of_file(machine, path, found, reach=reach)
