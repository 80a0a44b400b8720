"""The program behind a launcher of Codex: npm's is a script, and starting Node takes two thirds of a short command."""

from __future__ import annotations

import glob
import os


def without_node(launcher: str) -> str:
    """Return the program that the launcher starts, or the launcher where it cannot be found."""
    package = os.path.dirname(os.path.dirname(os.path.realpath(launcher)))
    found = glob.glob(f"{os.path.dirname(package)}/codex-*/vendor/*/bin/codex")
    return found[0] if found and os.access(found[0], os.X_OK) else launcher
