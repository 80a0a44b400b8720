"""Run the README's line that installs and opens the screen, as in a fresh clone, and leave by `q`.

It runs in a copy of the tree and in a home of its own, on a pseudo-terminal of 80 x 24.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time

from readme_command import ROOT, readme_command

#: What a terminal is told before a full screen is drawn, and after it.
ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
PATIENCE = 600.0


def read(terminal: int, until: bytes, deadline: float) -> bytes:
    """Return what the terminal shows up to `until`, or to its end."""
    shown = b""
    while until not in shown:
        ready, _, _ = select.select([terminal], [], [], deadline - time.monotonic())
        if not ready:
            message = f"not seen in time: {until!r}, after {shown[-2000:]!r}"
            raise TimeoutError(message)
        try:
            data = os.read(terminal, 65_536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not data:
            break
        shown += data
    return shown


def opens(folder: str, command: str) -> bool:
    """Whether the command, run in this folder, opens a screen that `q` leaves with exit code 0."""
    deadline = time.monotonic() + PATIENCE
    pid, terminal = pty.fork()
    if pid == 0:
        home = f"{folder}/home"
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("CODEX_", "SWITCH"))}
        environ |= {"HOME": home, "SWITCHYARD_HOME": f"{home}/switchyard", "TERM": "xterm-256color"}
        os.chdir(f"{folder}/clone")
        os.execvpe("bash", ["bash", "-c", command], environ)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        shown = read(terminal, ENTER, deadline)
        if ENTER not in shown:
            sys.stdout.write(shown.decode(errors="replace")[-2000:])
            return False
        os.write(terminal, b"q")
        read(terminal, LEAVE, deadline)
        with contextlib.suppress(TimeoutError):
            read(terminal, b"\0never", time.monotonic() + 10)
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status) == 0
    except TimeoutError as error:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        sys.stdout.write(f"{error}\n")
        return False


def main() -> int:
    """Copy the tree, run the line, say how it went."""
    command = readme_command("open")
    sys.stdout.write(f"$ {command}\n")
    with tempfile.TemporaryDirectory() as folder:
        ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis")
        shutil.copytree(ROOT, f"{folder}/clone", ignore=ignored)
        os.mkdir(f"{folder}/home")
        return 0 if opens(folder, command) else 1


if __name__ == "__main__":
    # The home is another one, but pip may go on as it is set up here.
    os.environ.setdefault("PIP_CACHE_DIR", os.path.expanduser("~/.cache/pip"))
    if os.path.exists(settings := os.path.expanduser("~/.config/pip/pip.conf")):
        os.environ.setdefault("PIP_CONFIG_FILE", settings)
    sys.exit(main())
