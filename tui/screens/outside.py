"""Programs that take the whole terminal: the screen steps aside, and comes back when they end."""

from __future__ import annotations

import sys

from textual.app import SuspendNotSupported

from profiles.errors import ProfilesError
from profiles.running import NOT_FOUND, run
from tui.screens.driver import terminal_file
from tui.state import ERROR, WARNING
from tui.stderr import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.screens.deeds import Deeds
    from tui.screens.switchyard import Switchyard

#: How a program ends whom the person ended: nothing to explain then.
_ENDED_BY_PERSON = (0, 130)


def run_codex(app: Switchyard, deeds: Deeds, name: str) -> None:
    """Run `codex` as a profile; nothing is switched."""
    code = _run(app, name, ["codex"], f"codex as {name}; nothing is switched")
    if code is not None:
        _say_end(app, "codex", name, code)
    deeds.rescan()


def _run(app: Switchyard, name: str, command: Sequence[str], heading: str) -> int | None:
    """Run a command as a profile with the terminal its own; None when it did not start."""
    said: list[str] = []
    code: int | None = None
    try:
        with app.suspend():
            _write(f"{heading}\n\n")
            try:
                code = run(app.context, name, command, on_said=said.append)
            except ProfilesError as error:
                _failed(app, error)
            except OSError as error:
                _failed(app, error)
            if code is not None and code not in _ENDED_BY_PERSON and code != NOT_FOUND:
                _wait_for_enter(f"\n{command[0]} ended with exit code {code}. ")
    except SuspendNotSupported:
        words = "this terminal cannot be handed to another program"
        app.state.note(words, ERROR, f"tui run {name} -- {' '.join(command)}")
        app.tell(words, ERROR, f"tui run {name} -- {' '.join(command)}")
        return None
    new = app.state.note_all(said)
    if new:
        app.tell("\n".join(new), WARNING if code == NOT_FOUND else "information")
    return code


def _failed(app: Switchyard, error: Exception) -> None:
    message, hint = explain(error)
    app.state.note(message, ERROR, hint)
    app.tell(message, ERROR, hint)


def _say_end(app: Switchyard, what: str, name: str, code: int) -> None:
    if code == NOT_FOUND:
        app.state.note(
            "codex is not on the PATH", ERROR, "install it: npm install -g @openai/codex"
        )
        return
    words = f"{what} as {name} ended" + (f" with exit code {code}" if code else "")
    app.state.note(words)
    if code:
        app.tell(words, WARNING)


def _write(text: str) -> None:
    file = terminal_file()
    if file is not None:
        file.write(text)
        file.flush()


def _wait_for_enter(text: str) -> None:
    """Let what a program said last be read before the screen covers it."""
    _write(f"{text}Press enter to go back to Switchyard. ")
    try:
        if sys.__stdin__ is not None:
            sys.__stdin__.readline()
    except (KeyboardInterrupt, OSError, ValueError):
        pass
