"""Which version of Codex a process runs: before 0.163 it sends a token from memory without a look at the file (R20)."""

from __future__ import annotations

import json
import os
import re

from profiles.processes import PROC, executable

#: From this version on a refresh looks at the file first (profiles/CODEX.md, C75).
LOOKS_FIRST = (0, 163)
_RELEASE = re.compile(r"/releases/v?(\d+)\.(\d+)\.")
_NUMBERS = re.compile(r"(\d+)\.(\d+)\.")
#: So far above the program lies the package.json of npm.
_ABOVE = 7

_known: dict[tuple[str, int], tuple[int, int] | None] = {}


def version_of(pid: int, proc: str | None = PROC) -> tuple[int, int] | None:
    """Return the first two numbers of the version that a process runs; None when it cannot be told."""
    path = executable(pid, proc)
    return None if path is None else version_of_program(path)


def version_of_program(path: str) -> tuple[int, int] | None:
    """Return the first two numbers of a program's version: by its folder, its package, or by asking it."""
    try:
        key = (path, os.stat(path).st_mtime_ns)
    except OSError:
        return None
    if key not in _known:
        _known[key] = _by_folder(path) or _by_package(path) or _by_asking(path)
    return _known[key]


def _by_folder(path: str) -> tuple[int, int] | None:
    return _numbers(_RELEASE.search(path))


def _by_package(path: str) -> tuple[int, int] | None:
    folder = os.path.dirname(path)
    for _ in range(_ABOVE):
        try:
            with open(f"{folder}/package.json", encoding="utf-8") as file:
                package = json.load(file)
        except (OSError, ValueError):
            folder = os.path.dirname(folder)
            continue
        if isinstance(package, dict) and str(package.get("name", "")).startswith("@openai/codex"):
            return _numbers(_NUMBERS.match(str(package.get("version", ""))))
        return None
    return None


def _by_asking(path: str) -> tuple[int, int] | None:
    """Ask the program, in a home of its own, so that it can neither read nor make anything."""
    import subprocess
    import tempfile

    if os.path.basename(path) != "codex":
        return None
    with tempfile.TemporaryDirectory(prefix="sy-") as home:
        try:
            answer = subprocess.run(
                [path, "--version"],
                env={"HOME": home, "CODEX_HOME": home, "PATH": os.defpath},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=5,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    return _numbers(_NUMBERS.search(answer.stdout.decode("ascii", "replace")))


def _numbers(match: re.Match[str] | None) -> tuple[int, int] | None:
    return None if match is None else (int(match[1]), int(match[2]))
