"""The files that set variables: of shells, of the system's logins, and of Codex's home."""

from __future__ import annotations

import os

from profiles.doctor.environment_folders import in_folders
from profiles.doctor.environment_places import Place, of_file
from profiles.doctor.environment_windows import in_windows_files
from profiles.doctor.startup_files import Read, expanded, read_shell
from profiles.doctor.variable_hits import (
    INNER,
    Hit,
    in_lines,
    in_nushell,
    in_pam,
    in_powershell,
    in_text,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from profiles.doctor.machine import Machine

    Reader = Callable[[str, Collection[str]], Iterable[Hit]]

_BASH = (".bashrc", ".bash_profile", ".bash_login", ".profile", ".bash_aliases")
_DESKTOP = (".xprofile", ".xsessionrc", ".xinitrc")
_ZSH = (".zshenv", ".zprofile", ".zshrc", ".zlogin")
_SYSTEM_SHELL = (
    *("/etc/profile", "/etc/bash.bashrc", "/etc/bashrc"),
    *(f"/etc/zsh/{name[1:]}" for name in _ZSH),
    *(f"/etc/{name[1:]}" for name in _ZSH),
)
_DESKTOP_REACH = "the desktop and its services"


def in_files(machine: Machine, names: Collection[str]) -> list[Place]:
    """Return what all files set, the likeliest first, each file once."""
    places = list(_Files(machine, names).look())
    elsewhere = [*in_folders(machine, names), *in_windows_files(machine, names)]
    return [*_dotenv(machine, names), *places, *elsewhere]


class _Files:
    def __init__(self, machine: Machine, names: Collection[str]) -> None:
        self.machine = machine
        self.names = names
        self.home = machine.context.user_home
        environ = machine.environ
        self.config = environ.get("XDG_CONFIG_HOME", "") or f"{self.home}/.config"
        self.known = {**environ, "HOME": self.home}
        self.seen: set[str] = set()
        self.awaited: list[tuple[str, bool, bool]] = []

    def look(self) -> Iterator[Place]:
        """Yield what stands in all files, those of the person first."""
        for name in _BASH:
            yield from self._shell(f"{self.home}/{name}")
        yield from self._zsh()
        yield from self._other_shells()
        for name in _DESKTOP:
            yield from self._shell(f"{self.home}/{name}")
        yield from self._logins()
        yield from self._system()
        yield from self._sourced()
        yield from self._units()

    def _other_shells(self) -> Iterator[Place]:
        home, config = self.home, self.config
        for variable in ("BASH_ENV", "ENV"):
            path = expanded(self.machine.environ.get(variable, ""), self.known, home)
            if path:
                yield from self._shell(path)
        for path in (f"{config}/fish/config.fish", *self._listed(f"{config}/fish/conf.d", ".fish")):
            yield from self._shell(path, fish=True)
        yield from self._fish_variables(f"{config}/fish/fish_variables")
        for folder in (config, *self._mac("Library/Application Support")):
            for name in ("env.nu", "config.nu"):
                yield from self._plain(f"{folder}/nushell/{name}", in_nushell)
        for name in ("profile.ps1", "Microsoft.PowerShell_profile.ps1"):
            yield from self._plain(f"{config}/powershell/{name}", in_powershell)

    def _logins(self) -> Iterator[Place]:
        """Yield what the person's logins and desktop are given, whatever the shell."""
        home = self.home
        for path in self._listed(f"{self.config}/environment.d", ".conf"):
            yield from self._plain(path, in_lines, _DESKTOP_REACH)
        yield from self._plain(f"{home}/.pam_environment", in_pam, "logins, where PAM reads it")
        reach = "SSH logins, where the server permits it"
        yield from self._plain(f"{home}/.ssh/environment", in_lines, reach)
        for folder in self._mac("Library/LaunchAgents"):
            for path in self._listed(folder, ".plist"):
                yield from self._plain(path, _in_plist, "what launchd starts by it", bites=False)

    def _mac(self, name: str) -> list[str]:
        return [f"{self.home}/{name}"] if self.machine.platform == "darwin" else []

    def _system(self) -> Iterator[Place]:
        machine = self.machine
        for path in _SYSTEM_SHELL:
            yield from self._shell(machine.path(path))
        for path in self._listed(machine.path("/etc/profile.d"), ".sh"):
            yield from self._shell(path)
        fish = machine.path("/etc/fish")
        for path in (f"{fish}/config.fish", *self._listed(f"{fish}/conf.d", ".fish")):
            yield from self._shell(path, fish=True)
        yield from self._plain(machine.path("/etc/environment"), in_lines, "every login")
        yield from self._plain(machine.path("/etc/security/pam_env.conf"), in_pam, "every login")
        for folder in ("/etc/environment.d", "/usr/lib/environment.d"):
            for path in self._listed(machine.path(folder), ".conf"):
                yield from self._plain(path, in_lines, _DESKTOP_REACH)
        sshd = machine.path("/etc/ssh/sshd_config")
        for path in (sshd, *self._listed(f"{sshd}.d", ".conf")):
            yield from self._plain(path, _in_ssh, "every SSH login to this machine")
        reach = "the hosts that you reach by ssh"
        yield from self._plain(f"{self.home}/.ssh/config", _in_ssh, reach, bites=False)

    def _units(self) -> Iterator[Place]:
        """Yield what the systemd user units of this person and machine set."""
        for folder in (f"{self.config}/systemd", self.machine.path("/etc/systemd")):
            path = f"{folder}/user.conf"
            yield from self._plain(path, _in_unit, _DESKTOP_REACH)
            for unit in self._listed(f"{folder}/user", ""):
                inner = self._listed(unit, ".conf") if unit.endswith(".d") else [unit]
                for path in inner:
                    yield from self._plain(path, _in_unit, "this unit alone", bites=False)

    def _zsh(self) -> Iterator[Place]:
        yield from self._shell(f"{self.home}/.zshenv")
        folder = self.known.get("ZDOTDIR", "")
        folder = expanded(folder, self.known, self.home) or self.home
        for name in _ZSH:
            yield from self._shell(f"{folder}/{name}")

    def _listed(self, folder: str, ending: str) -> list[str]:
        try:
            return sorted(f"{folder}/{n}" for n in os.listdir(folder) if n.endswith(ending))
        except OSError:
            return []

    def _new(self, path: str) -> str | None:
        """Return the text of a file that was not looked at yet."""
        real = os.path.realpath(path)
        if real in self.seen:
            return None
        text = self.machine.text(path)
        if text is not None:
            self.seen.add(real)
        return text

    def _shell(
        self, path: str, *, fish: bool = False, follow: bool = True, exported: bool = False
    ) -> Iterator[Place]:
        text = self._new(path)
        if text is None:
            return
        read = read_shell(text, self.names, fish=fish, all_exported=exported)
        if follow:
            self._remember(path, read, fish=fish)
        for found in read.hits:
            if found.scope != INNER or found.name in self.machine.environ:
                yield of_file(self.machine, path, found)

    def _remember(self, path: str, read: Read, *, fish: bool) -> None:
        """Note which files one reads, to look at them when all that have a name of their own were looked at."""
        for name, value in read.simple.items():
            known = expanded(value, self.known, self.home) if value[:1] in ("~", "$") else value
            if known is not None and (name == "ZDOTDIR" or name not in self.known):
                self.known[name] = known
        for each, exported in read.sourced:
            target = expanded(each, self.known, self.home)
            if target is None:
                continue
            if not target.startswith((f"{self.home}/", f"{os.path.dirname(path)}/")):
                target = self.machine.path(target)
            if "*" in target:
                from glob import glob

                self.awaited += [(found, fish, exported) for found in sorted(glob(target))]
            else:
                self.awaited.append((target, fish, exported))

    def _sourced(self) -> Iterator[Place]:
        for path, fish, exported in self.awaited:
            yield from self._shell(path, fish=fish, follow=False, exported=exported)

    def _plain(
        self, path: str, reader: Reader, reach: str = "", *, bites: bool = True
    ) -> Iterator[Place]:
        text = self._new(path)
        if text is not None and any(name in text for name in self.names):
            for found in reader(text, self.names):
                yield of_file(self.machine, path, found, reach=reach, bites=bites)

    def _fish_variables(self, path: str) -> Iterator[Place]:
        """Yield fish's universal variables: kept in a file that fish itself writes over."""
        for number, line in enumerate((self._new(path) or "").split("\n"), 1):
            words, _, value = line.partition(":")
            name = words.rpartition(" ")[2]
            if words.startswith("SETUVAR --export ") and name in self.names:
                from profiles.doctor.variable_hits import hit

                made = of_file(self.machine, path, hit(name, number, value))
                yield made._replace(remove=f"fish -c 'set -Ue {name}'")


def _in_unit(text: str, names: Collection[str]) -> Iterable[Hit]:
    return in_text(text, names, r"^\s*(?:Default)?Environment=(?:.*[\s\"'])?")


def _in_ssh(text: str, names: Collection[str]) -> Iterable[Hit]:
    return in_text(text, names, r"^\s*[Ss][Ee][Tt][Ee][Nn][Vv]\s+(?:.*\s)?")


def _in_plist(text: str, names: Collection[str]) -> Iterator[Hit]:
    from profiles.doctor.variable_hits import hit

    for number, line in enumerate(text.split("\n"), 1):
        for name in names:
            if f"<key>{name}</key>" in line:
                yield hit(name, number, None)


def _dotenv(machine: Machine, names: Collection[str]) -> Iterator[Place]:
    """Yield what the active home's `.env` sets: it beats the environment, but for Codex's own names (C147)."""
    path = f"{machine.home}/.env"
    text = machine.text(path)
    for found in in_lines(text or "", names):
        why = "Codex ignores names that begin with CODEX_ in this file"
        ignored = why if found.name.startswith("CODEX_") else ""
        yield of_file(machine, path, found)._replace(in_dotenv=True, ignored=ignored)
