"""The entry of `tui`, `codex-switchyard` and `python -m tui`."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run what the command line asks for and return its exit code; nothing is ever raised."""
    # A command ends before collecting garbage pays; the screen turns it on after its first row.
    gc.disable()
    try:
        from tui.cli import run
    except KeyboardInterrupt:
        return 130
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
