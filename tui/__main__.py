"""The entry of `tui`, `codex-switchyard` and `python -m tui`."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run what the command line asks for and return its exit code; nothing is ever raised."""
    # A headless verb ends before collecting garbage pays (1 ms); the screen turns it on again.
    gc.disable()
    try:
        from tui.cli import run
    except KeyboardInterrupt:
        return 130
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
