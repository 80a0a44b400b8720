"""Which WSL this is, as files on the Linux side tell: version, drives, settings, networking mode, Windows users."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine

MIRRORED, NAT, NONE, WSL1 = "mirrored", "nat", "none", "wsl1"
_BY_WSLINFO, _BY_KERNEL = "wslinfo", "the kernel"
#: File systems by which WSL shows the drives of Windows.
_KINDS = frozenset({"9p", "drvfs", "v9fs", "virtiofs"})
#: A drive as the kernel writes it: `C:`, `C:\\134`, and among the options of a mount `path=C:\\`.
_DRIVE = re.compile(r"([A-Za-z]):(?:\\134|\\)?")
_PATH = re.compile(r"[;,]path=([A-Za-z]):(?:\\134|\\)?[;,]")
#: Folders of `Users` that belong to nobody.
_NOBODY = frozenset(
    {"all users", "default", "default user", "defaultuser0", "public", "wdagutilityaccount"}
)
#: Longer than any settings file of WSL; one that is longer is something else.
_LONGEST = 1 << 16


class Entry(NamedTuple):
    """A value of a settings file, and its line, from 1."""

    value: str
    line: int


class Settings(NamedTuple):
    """A settings file of WSL: its path, and what stands in it by `section.key`, in lower case."""

    path: str
    entries: dict[str, Entry]

    def place(self, *names: str) -> tuple[Entry, str] | None:
        """Return the first of the entries that is there, and where that is: `PATH:LINE`."""
        for name in names:
            entry = self.entries.get(name)
            if entry is not None:
                return entry, f"{self.path}:{entry.line}"
        return None


class Mode(NamedTuple):
    """How this Linux gets to the network, and who says so."""

    name: str
    known_by: str

    @property
    def shares_ports(self) -> bool:
        """Whether a port that Windows has is taken here, too."""
        return self.name in (MIRRORED, WSL1)

    @property
    def is_sure(self) -> bool:
        """Whether it is what is in effect, and not a wish or a guess."""
        return self.known_by in (_BY_WSLINFO, _BY_KERNEL)


def kernel_root(machine: Machine) -> str:
    """Return the folder below which `proc` lies."""
    return machine.proc.removesuffix("/proc") or "/"


def in_wsl(machine: Machine) -> bool:
    """Tell whether this is WSL. A container on a WSL host is not."""
    return machine.once("wsl.here", lambda: _in_wsl(machine))


def _in_wsl(machine: Machine) -> bool:
    if machine.platform != "linux":
        return False
    from profiles.wsl import is_wsl, runs_windows_programs

    root = kernel_root(machine)
    if is_wsl(machine.environ, root):
        # The variables can be handed into a container; the way to Windows programs is not.
        return runs_windows_programs(root) or not _in_container(machine)
    # Over ssh, with Windows programs switched off: the folder of WSL's own sockets is left.
    return (
        "microsoft" in _kernel(machine).lower()
        and os.path.isdir(machine.path("/run/WSL"))
        and not _in_container(machine)
    )


def _in_container(machine: Machine) -> bool:
    # systemd takes WSL itself for a container.
    return machine.environ.get("container", "wsl") not in {"", "wsl"} or any(
        os.path.exists(machine.path(each)) for each in ("/.dockerenv", "/run/.containerenv")
    )


def _kernel(machine: Machine) -> str:
    words = (
        machine.text(machine.path(f"/proc/{each}")) for each in ("version", "sys/kernel/osrelease")
    )
    return " ".join(word.strip() for word in words if word)


def version(machine: Machine) -> int:
    """Return 1 or 2. Only the second lets people bring a kernel of their own."""
    kernel = _kernel(machine).lower()
    first = "microsoft" in kernel and "microsoft-standard" not in kernel and "wsl2" not in kernel
    return 1 if first else 2


def distro(machine: Machine) -> str:
    """Return the name of this distro, as Windows knows it when that is told."""
    named = machine.environ.get("WSL_DISTRO_NAME", "")
    if named:
        return named
    text = machine.text(machine.path("/etc/os-release")) or ""
    found = re.search(r'^PRETTY_NAME="?([^"\n]+)', text, re.MULTILINE)
    return found[1] if found else "a Linux without a name"


def linux_settings(machine: Machine) -> Settings:
    """Return `/etc/wsl.conf`, which holds for this distro."""
    return _settings(machine, "/etc/wsl.conf")


def drives(machine: Machine) -> dict[str, str]:
    """Return where the drives of Windows are mounted, by their letters: `{"c": "/mnt/c"}`."""
    return machine.once("wsl.drives", lambda: _drives(machine))


def _drives(machine: Machine) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in (machine.text(machine.path("/proc/mounts")) or "").splitlines():
        fields = line.split(" ")
        if len(fields) < 4 or fields[2] not in _KINDS:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda each: chr(int(each[1], 8)), fields[1])
        # A whole drive: Docker mounts folders of one by the same means.
        named = _DRIVE.fullmatch(fields[0]) or _PATH.search(f",{fields[3]},")
        letter = named[1] if named else os.path.basename(point)
        if len(letter) == 1 and letter.isalpha():
            found.setdefault(letter.lower(), point)
    if "c" not in found:
        root = linux_settings(machine).entries.get("automount.root")
        usual = f"{root.value.rstrip('/') if root else '/mnt'}/c"
        if os.path.isdir(machine.path(usual)):
            found["c"] = usual
    return found


def windows_users(machine: Machine) -> list[str]:
    """Return the folders of the people on the Windows side that can be read, our own first when it is known."""
    return machine.once("wsl.users", lambda: _windows_users(machine))


def _windows_users(machine: Machine) -> list[str]:
    found = []
    for mount in drives(machine).values():
        try:
            names = sorted(os.listdir(machine.path(f"{mount}/Users")))
        except OSError:
            continue
        for name in names:
            folder = f"{mount}/Users/{name}"
            # What cannot be listed belongs to somebody else.
            if name.lower() not in _NOBODY and os.access(machine.path(folder), os.R_OK | os.X_OK):
                real = machine.path(folder)
                if os.path.isdir(real) and not os.path.islink(real):
                    found.append(folder)
    own = _own_folder(machine)
    return sorted(found, key=lambda folder: folder != own)


def _own_folder(machine: Machine) -> str | None:
    """Return this person's folder on the Windows side, as PATH gives it away: Windows puts parts of it there."""
    told = linux_path(machine, machine.environ.get("USERPROFILE", ""))
    if told is not None:
        return told
    for entry in machine.environ.get("PATH", "").split(os.pathsep):
        for mount in drives(machine).values():
            if entry.startswith(f"{mount}/Users/"):
                name = entry[len(mount) + 7 :].split("/")[0]
                if name and name.lower() not in _NOBODY:
                    return f"{mount}/Users/{name}"
    return None


def linux_path(machine: Machine, path: str) -> str | None:
    r"""Return where a path of Windows (`C:\Users\u`) is seen from here; None when it is none, or nowhere."""
    path = path.strip()
    if re.match(r"[A-Za-z]:([\\/]|$)", path):
        mount = drives(machine).get(path[0].lower())
        return None if mount is None else f"{mount}{path[2:]}".replace("\\", "/").rstrip("/")
    if path.startswith("\\\\"):
        ran = machine.run(["wslpath", "-u", path], 1.0)
        told = ran.out.strip() if ran is not None and ran.code == 0 else ""
        return told if told.startswith("/") else None
    return path if path.startswith("/") else None


def windows_settings(machine: Machine, user: str | None = None) -> Settings | None:
    """Return `.wslconfig`, which holds for all distros; None when it is not known whose counts.

    `user` is the person's folder on the Windows side, as Windows itself says; without it the files tell.
    """
    user = user or _own_folder(machine)
    if user is None:
        users = windows_users(machine)
        if len(users) != 1:
            return None
        user = users[0]
    return _settings(machine, f"{user}/.wslconfig")


def networking(machine: Machine) -> Mode:
    """Return the mode that is in effect; the file's wish alone where `wslinfo` cannot say."""
    return machine.once("wsl.networking", lambda: _networking(machine))


def _networking(machine: Machine) -> Mode:
    if version(machine) == 1:
        return Mode(WSL1, _BY_KERNEL)
    ran = machine.run(["wslinfo", "--networking-mode"], 2.0)
    if ran is not None and ran.code == 0:
        told = ran.out.strip().lower()
        if re.fullmatch(r"[a-z0-9]+", told):
            return Mode(told, _BY_WSLINFO)
    wish = wished_mode(windows_settings(machine))
    return wish or Mode(NAT, "the default; wslinfo does not say")


def wished_mode(settings: Settings | None) -> Mode | None:
    """Return the mode that `.wslconfig` asks for."""
    found = settings and settings.place("wsl2.networkingmode", "experimental.networkingmode")
    return Mode(found[0].value.lower(), found[1]) if found else None


def _settings(machine: Machine, path: str) -> Settings:
    """Read a settings file of WSL: sections, `key = value`, `#` for what is not meant."""
    entries: dict[str, Entry] = {}
    section = ""
    text = (machine.text(machine.path(path)) or "")[:_LONGEST].removeprefix("\ufeff")
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("[") and "]" in line:
            section = line[1 : line.index("]")].strip().lower()
        elif line and not line.startswith(("#", ";")) and "=" in line:
            key, _, value = line.partition("=")
            value = value.split("#")[0].strip().strip("\"'")
            entries[f"{section}.{key.strip().lower()}"] = Entry(value, number)
    return Settings(path, entries)
