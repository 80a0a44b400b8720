"""The Codex clients on PATH: where each lies, how it was installed, which version it is."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine

#: From this version on the browser is sent to 127.0.0.1; before, to localhost (C117 in profiles/CODEX.md).
BY_NUMBER = (0, 163)
_VERSION = r"v?(\d+\.\d+\.\d+[\w.+-]*)"
#: Folders that carry the version: a release of the daemon's or of Homebrew's.
_IN_PATH = re.compile(rf"/(?:releases|Cellar/codex|Caskroom/codex)/{_VERSION}")
_PLATFORM = re.compile(r"-(?:x86_64|aarch64|arm64)\b.*$")
_SAID = re.compile(rf"\b{_VERSION}")
#: So far above the program lies the package.json of npm.
_ABOVE = 7
#: A client of the other side, which WSL finds on Windows's PATH: never run from here.
OF_WINDOWS = "of Windows"
#: Seconds for `codex --version`.
_PATIENCE = 2.0


class Client(NamedTuple):
    """A client: `path` as PATH leads to it, `real` where it lies; `version` is None when it does not tell."""

    path: str
    real: str
    kind: str
    version: str | None

    @property
    def numbers(self) -> tuple[int, int] | None:
        """The first two numbers of the version."""
        found = re.match(r"(\d+)\.(\d+)", self.version or "")
        return None if found is None else (int(found[1]), int(found[2]))

    @property
    def removal(self) -> str:
        """The line that takes it away."""
        import shlex

        if self.kind == "npm":
            return "npm uninstall -g @openai/codex"
        if self.kind == "Homebrew":
            return "brew uninstall codex"
        return f"rm {shlex.quote(self.path)}"

    @property
    def update(self) -> str:
        """The line that brings the newest version."""
        if self.kind == "npm":
            return "npm install -g @openai/codex@latest"
        return "brew upgrade codex" if self.kind == "Homebrew" else "codex update"


def clients(machine: Machine) -> list[Client]:
    """Return the clients in the order of PATH. May run `codex --version`: only for slow checks."""
    return machine.once("codex clients", lambda: _look(machine))


def _look(machine: Machine) -> list[Client]:
    found: dict[str, Client] = {}
    for folder in machine.environ.get("PATH", os.defpath).split(os.pathsep):
        path = f"{folder or '.'}/codex"
        if not os.access(path, os.X_OK) or not os.path.isfile(path):
            continue
        real = os.path.realpath(path)
        if real in found:
            continue
        kind = _kind(machine, real)
        version = _in_path(real) or _of_package(real)
        if version is None and kind != OF_WINDOWS:
            version = _said(machine, path)
        found[real] = Client(path, real, kind, version)
    return list(found.values())


def _kind(machine: Machine, real: str) -> str:
    if "/extensions/openai.chatgpt" in real:
        return "bundled with an editor"
    if real.startswith(machine.path("/mnt/")) and "/Users/" in real:
        return OF_WINDOWS
    if "/node_modules/" in real:
        return "npm"
    if "/Cellar/" in real or "/Caskroom/" in real:
        return "Homebrew"
    return "standalone"


def _in_path(real: str) -> str | None:
    found = _IN_PATH.search(real)
    return None if found is None else _PLATFORM.sub("", found[1])


def _of_package(real: str) -> str | None:
    import json

    folder = os.path.dirname(real)
    for _ in range(_ABOVE):
        try:
            with open(f"{folder}/package.json", encoding="utf-8") as file:
                package = json.load(file)
        except (OSError, ValueError):
            folder = os.path.dirname(folder)
            continue
        if isinstance(package, dict) and str(package.get("name", "")).startswith("@openai/codex"):
            found = _SAID.match(str(package.get("version", "")))
            return None if found is None else _PLATFORM.sub("", found[1])
        return None
    return None


def _said(machine: Machine, path: str) -> str | None:
    """Ask the client, in a home of its own, so that it can neither read nor make anything."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="sy-") as home:
        environ = {"HOME": home, "CODEX_HOME": home, "PATH": machine.environ.get("PATH", "")}
        ran = machine.run([path, "--version"], _PATIENCE, environ=environ, folder=home)
    found = _SAID.search(ran.out) if ran is not None and ran.code == 0 else None
    return None if found is None else found[1]
