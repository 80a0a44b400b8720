"""How Textual gets the terminal: the first picture may be on it already."""

from __future__ import annotations

import os
import sys

from textual.drivers.linux_driver import LinuxDriver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from io import TextIOWrapper

    from textual.app import App

    from tui.first_picture import Painted

#: What enters the alternate screen; where the first picture is, we are in it already.
ENTER = "\x1b[?1049h"


def terminal_file() -> TextIOWrapper | None:
    """Return what is drawn on: standard error as Textual has it, unless only standard output is a terminal."""
    for file in (sys.__stderr__, sys.__stdout__):
        if file is not None and os.isatty(file.fileno()):
            return file
    return sys.__stderr__


class YardDriver(LinuxDriver):
    """Textual's own driver for terminals, that takes over a picture instead of an empty screen."""

    #: The picture that is there, set before the application runs.
    painted: Painted | None = None

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        file = terminal_file()
        if file is not None:
            self._file = file

    def write(self, data: str) -> None:
        """Write to the terminal; the screen that the picture is on is not entered twice."""
        painted = self.painted
        if painted is not None and not painted.taken_over and data == ENTER:
            painted.taken_over = True
            return
        super().write(data)

    def start_application_mode(self) -> None:
        """Take the terminal over; what it goes back to in the end is what it was at first."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.painted is not None and self.attrs_before is not None:
            self.attrs_before = self.painted.modes
