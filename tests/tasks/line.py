"""A shell in a real tmux at the far end of a real ssh: what somebody at another machine has before them.

    with far_tmux(box) as far, far.line(80, 24) as line:
        line.enter("tui")
        line.shows("personal")
        line.press("q")
        line.is_restored()

Keys go in at the near end, as bytes; what is shown is what arrived there. tmux outlives the line, and is looked into
from beside it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sys
import termios
import time
from typing import Final

from tests.screen.terminal import PATIENCE, Terminal
from tests.screen.tmux import Tmux
from tests.support.cli import tui_environ
from tests.support.programs import need
from tests.support.sshd import Server, sshd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conftest import Box

PROMPT: Final = "far>"
_TUI: Final = """\
#!/bin/sh
exec {python} -m tui "$@"
"""
#: Focus is told, as many have it; whatever is not set is as tmux comes, TERM among it.
_SETTINGS: Final = """\
set -g status off
set -g focus-events on
set -g default-command "exec bash --noprofile --rcfile {folder}/bashrc"
"""
_BORDERS: Final = "│┃║▌█▏|"
#: A colour in a sequence; 39 and 49 take colours back, and are none.
COLOUR: Final = re.compile(rb"\x1b\[(?:[\d;]*;)?(?:[34][0-8]|9[0-7]|10[0-7])(?:;[\d;]*)?m")
#: What a terminal sends by itself to a program that asked for it, and did not take it back: focus, and a click.
_TOLD_BY_TERMINALS: Final = "\x1b[O\x1b[I\x1b[<0;3;3M\x1b[<0;3;3m"


#: What a program can set by sequences, as tmux calls it.
_TOLD_TO_TMUX: Final = (
    *("alternate_on", "cursor_flag", "insert_flag", "keypad_flag", "keypad_cursor_flag"),
    *("mouse_all_flag", "mouse_any_flag", "mouse_button_flag", "mouse_sgr_flag", "origin_flag"),
    *("scroll_region_lower", "scroll_region_upper", "wrap_flag"),
)


class FarTmux:
    """A tmux that lives behind an sshd, and is made by the first line that comes."""

    def __init__(self, box: Box, server: Server, env: Mapping[str, str | None]) -> None:
        self.box = box
        self.server = server
        self.inside = Tmux(box)
        self._folder = f"{box.path}/far"
        os.mkdir(self._folder)
        for name, text in (
            ("tui", _TUI.format(python=shlex.quote(sys.executable))),
            ("bashrc", f"PS1='{PROMPT} '\nunset HISTFILE\n"),
            ("tmux.conf", _SETTINGS.format(folder=self._folder)),
        ):
            with open(f"{self._folder}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        os.chmod(f"{self._folder}/tui", 0o755)
        # The address that ssh tells, and the kind of terminal, must be those of the line.
        environ = {name: value for name, value in tui_environ(env).items() if name != "TERM"}
        environ["PATH"] = os.pathsep.join((self._folder, environ["PATH"]))
        program = need("tmux"), "-S", self.inside._socket, "-f", f"{self._folder}/tmux.conf"
        words = ["env", *(f"{k}={v}" for k, v in environ.items()), *program]
        # Attaches where there is one, as people have it in their history.
        words += ["new-session", "-A", "-s", "far"]
        self._command = f"cd {shlex.quote(box.home)} && exec {shlex.join(words)}"

    @contextlib.contextmanager
    def line(self, columns: int, rows: int) -> Iterator[Line]:
        """Come from another machine, whose terminal is so large."""
        log = f"{self._folder}/ssh.log"
        options = ("-o", "LogLevel=VERBOSE", "-E", log, "-t")
        words = [*self.server.words(*options), self._command]
        with Line(self, columns, rows, words, log) as line:
            yield line

    def ask(self, what: str) -> str:
        """Return what tmux says of its one pane, in its own format language."""
        return self.inside._run("display-message", "-p", "-t", "far", what).strip()

    def is_left(self) -> None:
        """Wait until nobody is attached any more."""
        end = time.monotonic() + PATIENCE
        while self.inside._run("list-clients"):
            assert time.monotonic() < end, "tmux did not see that the line is gone"
            time.sleep(0.02)


class Line(Terminal):
    """The near end: a terminal with ssh in it."""

    def __init__(self, far: FarTmux, columns: int, rows: int, command: list[str], log: str) -> None:
        super().__init__(columns, rows, command=command)
        self.far = far
        self._log = log
        self._modes: tuple[object, str] | None = None

    def enter(self, command: str) -> None:
        """Give the far shell a command."""
        if self._modes is None:
            self._prompts()
            self._modes = self._far_modes()
        self.press(command, "enter")

    def _prompts(self) -> None:
        """Wait until the shell wants a command."""
        self.until(lambda: _lines(self.text)[-1:] == [PROMPT])

    def _far_modes(self) -> tuple[object, str]:
        """Return how the far terminal is set: as the system has it, and what tmux was told by sequences."""
        descriptor = os.open(self.far.ask("#{pane_tty}"), os.O_RDWR | os.O_NOCTTY)
        try:
            settings = termios.tcgetattr(descriptor)
        finally:
            os.close(descriptor)
        return settings, self.far.ask(" ".join(f"#{{{name}}}" for name in _TOLD_TO_TMUX))

    @property
    def words(self) -> str:
        """What is on the screen, as one line without borders, for sentences that are wrapped."""
        return " ".join("".join(" " if sign in _BORDERS else sign for sign in self.text).split())

    def shows(self, *words: str) -> None:
        """Read until all of this is on the screen, on one line or on several."""
        __tracebackhide__ = True
        self.until(lambda: all(word in self.text or word in self.words for word in words))

    def finds(self, pattern: str) -> str:
        """Wait until something on the screen matches, and return it."""
        self.until(lambda: re.search(pattern, self.text) is not None)
        found = re.search(pattern, self.text)
        assert found is not None
        return found.group()

    def shows_not(self, *words: str) -> None:
        """Wait until none of this is on the screen."""
        __tracebackhide__ = True
        self.until(lambda: not any(word in self.text for word in words))

    def is_whole(self) -> None:
        """Wait until the near screen is what the program drew far away, line by line."""
        self.until(lambda: _lines(self.text) == _lines(self.far.inside.text))

    def is_restored(self, code: int = 0) -> None:
        """Wait for the shell: its terminal is as it was, and nothing stands at its prompt that nobody typed."""
        self._prompts()
        self.press(_TOLD_BY_TERMINALS, "echo ended with $?", "enter")
        end = [f"{PROMPT} echo ended with $?", f"ended with {code}", PROMPT]
        self.until(lambda: _lines(self.text)[-3:] == end)
        assert self._far_modes() == self._modes

    def hang_up_shell(self) -> tuple[int, int]:
        """Leave the shell, and with it tmux and ssh; return what crossed the wire, sent and received, in bytes."""
        self.press("exit", "enter")
        assert self.end() == 0, self.text
        assert self.modes_now() == self.modes, "the near terminal is not as it was"
        with open(self._log, encoding="utf-8") as file:
            found = re.search(r"Transferred: sent (\d+), received (\d+) bytes", file.read())
        assert found is not None
        return int(found[1]), int(found[2])


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


@contextlib.contextmanager
def far_tmux(box: Box, env: Mapping[str, str | None] | None = None) -> Iterator[FarTmux]:
    """Run an sshd on loopback, with a place for a tmux behind it; `env` is for the shell there."""
    folder = f"{box.path}/sshd"
    os.mkdir(folder, 0o700)
    with sshd(folder) as server:
        far = FarTmux(box, server, env or {})
        with far.inside:
            yield far
