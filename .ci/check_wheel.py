"""Build the wheel and fail unless it holds both packages whole, their data, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGES = ("profiles", "tui")


def present() -> set[str]:
    """Return the files of both packages in this tree."""
    return {
        os.path.relpath(os.path.join(folder, name), ROOT)
        for package in PACKAGES
        for folder, _, names in os.walk(f"{ROOT}/{package}")
        for name in names
        if "__pycache__" not in folder
    }


def built() -> set[str]:
    """Return the files of a wheel built now, less its metadata."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT]
        subprocess.run(command, check=True)
        (wheel,) = os.listdir(folder)
        with zipfile.ZipFile(f"{folder}/{wheel}") as archive:
            names = archive.namelist()
    return {name for name in names if ".dist-info/" not in name}


def main() -> int:
    """Compare, and say what differs."""
    wanted, found = present(), built()
    needed = {"tui/app.tcss", "profiles/RULES.md", "profiles/CODEX.md"}
    for name in sorted((wanted | needed) - found):
        sys.stdout.write(f"not in the wheel: {name}\n")
    for name in sorted(found - wanted):
        sys.stdout.write(f"in the wheel, but no file of the project: {name}\n")
    sys.stdout.write(f"{len(found)} files in the wheel\n")
    return 0 if found == wanted | needed else 1


if __name__ == "__main__":
    sys.exit(main())
