"""A real tmux with the screen in it, for what people really do.

with Tmux(box) as tmux:
tmux.start(120, 30)
tmux.shows("personal")
tmux.press("j", "Space")
tmux.shows("switched to work")
"""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from typing import Final

from tests.support.cli import tui_command, tui_environ
from tests.support.programs import need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from tests.conftest import Box

#: Seconds that something may take to show; only a failing test waits so long.
PATIENCE: Final = 30.0


class Tmux:
    """A tmux server of this test's own, with one window."""

    def __init__(self, box: Box) -> None:
        self._program = need("tmux")
        self._socket = f"{box.path}/tmux"
        self._folder = box.home

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._run("kill-server", check=False)

    def _run(self, *arguments: str, check: bool = True) -> str:
        command = [self._program, "-S", self._socket, "-f", "/dev/null", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout

    def start(
        self,
        columns: int,
        rows: int,
        env: Mapping[str, str | None] | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        """Open the window with a program in it: `tui`, unless another is given; it stays when that ends."""
        environ = tui_environ(env)
        words = ["env", "-i", *(f"{k}={v}" for k, v in environ.items() if k != "TERM")]
        words += ["TERM=tmux-256color", *(command or tui_command())]
        line = f"{shlex.join(words)}; echo ended with $?; exec cat"
        size = ("-x", str(columns), "-y", str(rows))
        self._run("new-session", "-d", *size, "-c", self._folder, line)

    @property
    def text(self) -> str:
        """What is on the screen now."""
        return self._run("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        for key in keys:
            self._run("send-keys", key)

    def type(self, text: str) -> None:
        """Type a text."""
        self._run("send-keys", "-l", text)

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        self._run("resize-window", "-x", str(columns), "-y", str(rows))

    def shows(self, *words: str) -> None:
        """Wait until all of this is on the screen."""
        __tracebackhide__ = True
        end = time.monotonic() + PATIENCE
        while True:
            text = self.text
            if all(word in text for word in words):
                return
            assert time.monotonic() < end, f"{words} never came\n{text}"
            time.sleep(0.05)

    def shows_not(self, *words: str) -> None:
        """Wait until none of this is on the screen."""
        __tracebackhide__ = True
        end = time.monotonic() + PATIENCE
        while any(word in self.text for word in words):
            assert time.monotonic() < end, f"{words} never went\n{self.text}"
            time.sleep(0.05)


def with_path(folder: str) -> str:
    """Return a PATH on which the programs of a folder come first."""
    return os.pathsep.join((folder, os.environ["PATH"]))
