"""From the start of a program to a text of its first row on an 80×24 pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: How long a screen may take to show anything, in seconds.
PATIENCE = 30.0

#: The least that Textual can do: one text on the screen.
BARE_APP = """\
import gc
gc.disable()
import sys
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static(sys.argv[1])
Bare().run()
"""


def first_row(command: Sequence[str], environ: Mapping[str, str], text: str) -> float:
    """Return the seconds until `text` arrives at the terminal; the program is killed then."""
    wanted = text.encode()
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    begun = time.perf_counter()
    child = subprocess.Popen(
        command,
        env=environ,
        cwd="/",
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        close_fds=True,
    )
    os.close(slave)
    seen = b""
    try:
        while wanted not in seen:
            ready, _, _ = select.select([master], [], [], PATIENCE)
            piece = _read(master) if ready else b""
            if not piece:
                raise SystemExit(f"{' '.join(command)} never showed {text}:\n{os.fsdecode(seen)}")
            seen += piece
        return time.perf_counter() - begun
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        os.close(master)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:
        # The other side is gone.
        return b""
