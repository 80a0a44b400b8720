"""Print the command that follows `<!-- command:NAME -->` in README.md."""

from __future__ import annotations

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def readme_command(name: str) -> str:
    """Return the one line of that block; ValueError unless there is exactly one."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        text = file.read()
    found = re.findall(rf"<!-- command:{re.escape(name)} -->\n```sh\n(.*)\n```\n", text)
    if len(found) != 1:
        message = f"README.md has {len(found)} commands called {name!r}, not one"
        raise ValueError(message)
    return str(found[0])


if __name__ == "__main__":
    sys.stdout.write(f"{readme_command(sys.argv[1])}\n")
