"""From the start of a program to a text of its first row on a pseudo-terminal."""

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


def spawn(
    command: Sequence[str], environ: Mapping[str, str], size: tuple[int, int]
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a program on a pseudo-terminal of so many columns and rows; return it and our end of that."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
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
    return child, master


def first_row(
    command: Sequence[str],
    environ: Mapping[str, str],
    text: str,
    size: tuple[int, int] = (80, 24),
) -> float:
    """Return the seconds until `text` arrives at a terminal of so many columns and rows; the program is killed then."""
    wanted = text.encode()
    begun = time.perf_counter()
    child, master = spawn(command, environ, size)
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
