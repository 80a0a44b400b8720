"""Programs that take the whole terminal: the screen steps aside, and comes back when they end.

Only the drawing rests meanwhile: logins are waited for and refreshes are saved as ever, since the program is waited for
in a thread.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import ExitStack, contextmanager
from functools import partial

from textual.app import SuspendNotSupported

from profiles.running import NOT_FOUND, run
from tui.screens.driver import terminal_file
from tui.state import ERROR, WARNING
from tui.stderr import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tui.screens.deeds import Deeds
    from tui.screens.switchyard import Switchyard

#: How a program ends whom the person ended: nothing to explain then.
_ENDED_BY_PERSON = (0, 130)
#: Where a terminal is read.
_STDIN = 0


def run_codex(app: Switchyard, deeds: Deeds, name: str) -> None:
    """Run `codex` as a profile; nothing is switched."""
    command = ["codex"]
    if not _is_there(app, command[0]):
        _say_missing(app)
        return
    aside = ExitStack()
    try:
        # At once, so that what is typed next is the program's; drawing is held back before, and goes on after it.
        aside.enter_context(app.batch_update())
        aside.enter_context(app.suspend())
    except SuspendNotSupported:
        aside.close()
        words = "this terminal cannot be handed to another program"
        app.state.note(words, ERROR, f"tui run {name} -- {' '.join(command)}")
        app.tell(words, ERROR, f"tui run {name} -- {' '.join(command)}")
        deeds.rescan()
        return
    app.run_worker(_run(app, deeds, name, command, aside), group="outside", exit_on_error=False)


async def _run(
    app: Switchyard, deeds: Deeds, name: str, command: Sequence[str], aside: ExitStack
) -> None:
    """Run a command as a profile with the terminal its own, then come back."""
    said: list[str] = []
    code: int | None = None
    error: Exception | None = None
    with aside:
        _write(f"{command[0]} as {name}; nothing is switched\n\n")
        with _signals(app) as (passed_on, interrupted):
            work = partial(run, on_said=said.append, on_started=passed_on)
            try:
                code = await asyncio.to_thread(work, app.context, name, command)
            except Exception as raised:  # noqa: BLE001 - whatever it is, the screen comes back
                error = raised
            if code is not None and code not in _ENDED_BY_PERSON and code != NOT_FOUND:
                interrupted.clear()
                await _wait_for_enter(f"\n{command[0]} ended with exit code {code}. ", interrupted)
    if error is not None:
        message, hint = explain(error)
        app.state.note(message, ERROR, hint)
        app.tell(message, ERROR, hint)
    if code == NOT_FOUND:
        said = [sentence for sentence in said if not sentence.startswith(f"{command[0]}: ")]
    new = app.state.note_all(said)
    if new:
        app.tell("\n".join(new))
    if code is not None:
        _say_end(app, command[0], name, code)
    deeds.rescan()


@contextmanager
def _signals(
    app: Switchyard,
) -> Iterator[tuple[Callable[[Callable[[int], None]], None], asyncio.Event]]:
    """Leave ctrl-c to the program, pass on what would end it, and take the signals back after it.

    Yields what is told how to reach the program, and an event that ctrl-c sets.
    """
    loop = asyncio.get_running_loop()
    interrupted = asyncio.Event()
    send: list[Callable[[int], None]] = []

    def pass_on(number: int) -> None:
        for each in send:
            each(number)
        if not send:
            app.leave(128 + number)
        interrupted.set()

    loop.add_signal_handler(signal.SIGINT, interrupted.set)
    loop.add_signal_handler(signal.SIGQUIT, interrupted.set)
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, pass_on, number)
    try:
        yield send.append, interrupted
    finally:
        loop.remove_signal_handler(signal.SIGQUIT)
        app.take_signals()


def _is_there(app: Switchyard, program: str) -> bool:
    """Whether a program can be found, so that the terminal need not be handed over for nothing."""
    from shutil import which

    return which(program, path=app.context.environ.get("PATH", os.defpath)) is not None


def _say_missing(app: Switchyard) -> None:
    """Say how to get the official client."""
    words = "codex is not on the PATH"
    hint = (
        "npm install -g @openai/codex, or add the folder that it is in to PATH and start tui again"
    )
    app.state.note(words, ERROR, hint)
    app.tell(words, ERROR, hint, about="codex")


def _say_end(app: Switchyard, what: str, name: str, code: int) -> None:
    if code == NOT_FOUND:
        _say_missing(app)
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


async def _wait_for_enter(text: str, interrupted: asyncio.Event) -> None:
    """Let what a program said last be read before the screen covers it; ctrl-c goes back, too."""
    _write(f"{text}Press enter to go back to Switchyard. ")
    loop = asyncio.get_running_loop()

    def read() -> None:
        try:
            os.read(_STDIN, 1024)
        except OSError:
            pass  # The terminal is gone.
        interrupted.set()

    try:
        loop.add_reader(_STDIN, read)
    except (OSError, ValueError):
        return  # It cannot be waited for, so nobody sits there.
    try:
        await interrupted.wait()
    finally:
        loop.remove_reader(_STDIN)
