"""Toasts: what is said for a few seconds. Of one subject only the newest stands, and none ever covers a dialog.

What comes while a dialog is open waits until it is closed. In a small terminal one stands at a time, in two lines: what
is left out of it is in the event log.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from tui.terminal import clean
from tui.widgets.words import cells, crop, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.notifications import SeverityLevel

    from tui.screens.switchyard import Switchyard

#: Seconds for which it can be read.
SECONDS: dict[str, float] = {"information": 4, "warning": 8, "error": 8}
#: The cells of its text in a terminal of 80 columns or more, and in one with fewer; as in app.tcss.
ROOM, SMALL_ROOM = 61, 35
#: Below so many columns or rows one stands at a time, and in so many lines.
COLUMNS, ROWS, LINES = 80, 16, 2
#: The subject of what a key says that cannot act now.
KEY = "key"
#: What begins with another subject and this belongs to it, and goes with it.
PART = "/"


class Said(NamedTuple):
    """One of them. `about`: its subject, empty where it has none; `until`: seconds of the monotonic clock."""

    text: str
    hint: str
    level: str
    about: str
    until: float = 0.0
    #: What is drawn of it: its text in lines.
    message: str = ""
    is_noted: bool = False

    @property
    def words(self) -> str:
        """All of it."""
        return f"{self.text}\n{self.hint}" if self.hint else self.text


class Toasts:
    """Those of one screen."""

    def __init__(self, app: Switchyard) -> None:
        self._yard = app
        self.seconds = SECONDS
        self._shown: list[Said] = []
        self._held: list[Said] = []
        #: Whether the person did something else since the last one came.
        self._went_on = False

    # -- what there is --

    @property
    def shown(self) -> list[Said]:
        """Those that can be read now."""
        there = {note.message for note in self._yard._notifications}  # noqa: SLF001 - Textual's own list
        self._shown = [each for each in self._shown if each.message in there]
        return self._shown

    @property
    def words(self) -> list[str]:
        """All that is said now, or waits for a dialog to be closed."""
        return [each.words for each in (*self.shown, *self._held)]

    @property
    def is_small(self) -> bool:
        """Whether the terminal has room for one in two lines only."""
        size = self._yard.size
        return size.width < COLUMNS or size.height < ROWS

    # -- saying --

    def tell(self, text: str, level: str, hint: str | None, about: str) -> None:
        """Say something, in the place of what was said before about the same subject."""
        speech = self._yard.speech
        said = Said(_lines(speech(text)), _lines(speech(hint or "")), level, about)
        self.forget(about)
        if said.words in self.words:
            return  # it can still be read
        if len(self._yard.screen_stack) > 1:
            self._held.append(said)
        else:
            self._show(said)

    def forget(self, about: str) -> None:
        """Take away what was said about a subject: it is not so any more."""
        if about:
            self._held = [each for each in self._held if not _belongs(each, about)]
            self._drop([each for each in self.shown if _belongs(each, about)])

    def dismiss(self) -> bool:
        """Take all away, as esc does; whether that was all that it was pressed for.

        In a small terminal they cover rows, so it was. But what says which key to press is only in that key's way, and
        who went on with other keys means what those led to.
        """
        shown = list(self.shown)
        self._drop(shown)
        return self.is_small and not self._went_on and any(each.about != KEY for each in shown)

    def heed(self, action: str) -> None:
        """Know of every key's action: whoever does something else than going back went on."""
        self._went_on |= action != "back"

    # -- dialogs --

    def cover(self) -> None:
        """Keep them off a dialog that opens; what was not there for long is said again after it."""
        self._held = [*self.shown, *self._held]
        self._drop(list(self.shown))

    def uncover(self) -> None:
        """Say what waited for the end of a dialog."""
        held, self._held = self._held, []
        now = time.monotonic()
        held = [each for each in held if not each.until or each.until > now]
        if self.is_small and len(held) > 1:
            new = [each for each in held if not each.until]
            for each in new:
                self._note(each)
            held = [_joined(new)] if len(new) > 1 else [*held, *new][-1:]
        for each in held:
            self._show(each)

    # -- showing --

    def _show(self, said: Said) -> None:
        if self.is_small:
            self._drop(list(self.shown))
        message = "\n".join(self._wrapped(said))
        self._went_on = False
        now = time.monotonic()
        seconds = max(1.0, said.until - now) if said.until else self.seconds[said.level]
        self._shown.append(said._replace(message=message, until=now + seconds))
        level: SeverityLevel = "information"
        if said.level == "warning":
            level = "warning"
        elif said.level == "error":
            level = "error"
        self._yard.notify(message, severity=level, timeout=seconds, markup=False)

    def _drop(self, gone: Sequence[Said]) -> None:
        if gone:
            messages = {each.message for each in gone}
            self._shown = [each for each in self._shown if each not in gone]
            self._yard.forget_notes(messages)

    def _wrapped(self, said: Said) -> list[str]:
        """Return its lines; in a small terminal two, and the key that shows the rest."""
        room = SMALL_ROOM if self._yard.size.width < COLUMNS else ROOM
        lines = [line for text in said.words.splitlines() for line in wrap(text, room)]
        if not self.is_small or len(lines) <= LINES:
            return lines
        self._note(said)
        more = f" {self._yard.keymap.first('events')} tells all"
        rest = " ".join(lines[LINES - 1 :])
        signs = self._yard.signs
        return [*lines[: LINES - 1], crop(rest, room - cells(more), signs) + more]

    def _note(self, said: Said) -> None:
        """Put into the event log what is not there yet."""
        state = self._yard.state
        if said.is_noted:
            return
        recent = "\n".join(self._yard.speech(event.text) for event in list(state.events)[-20:])
        if not all(line in recent for line in said.text.splitlines()):
            state.note(said.text.replace("\n", "; "), said.level, said.hint or None)


def _belongs(said: Said, about: str) -> bool:
    return said.about == about or said.about.startswith(about + PART)


def _joined(several: Sequence[Said]) -> Said:
    """Return several as one, a line each, as grave as the gravest."""
    levels = list(SECONDS)
    level = max((each.level for each in several), key=levels.index)
    text = "\n".join(each.words.replace("\n", ": ") for each in several)
    return Said(text, "", level, several[-1].about, is_noted=True)


def _lines(text: str) -> str:
    return "\n".join(clean(line) for line in text.splitlines())
