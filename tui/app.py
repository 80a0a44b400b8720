"""How the screen starts: what is needed for the first row comes first, everything else after it.

Only `run_screen` is called from outside. Importing this file costs nothing; it imports Textual when
the screen is wanted.
"""

from __future__ import annotations

import os
from contextlib import contextmanager

from profiles.config import Config, load_config
from profiles.discovery import NAME
from profiles.errors import ConfigError
from profiles.last_used import last_used
from profiles.listing import Snapshot, take_snapshot
from profiles.model import EMPTY, ProfileRow
from profiles.usage_rows import usage_of_rows
from tui.colours import choose
from tui.first_picture import Scene, paint
from tui.keymap import make_keymap
from tui.sorting import USED, read_order
from tui.state import WARNING, State
from tui.widgets.words import ASCII, UNICODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from profiles.context import Context
    from tui.screens.switchyard import Switchyard

#: Up to so many profiles the disk is read whole before the first row: 0.2 ms each at the worst.
#: With more the names come first, and what stands in their files right after.
READ_AT_ONCE = 64
#: With Textual's own 60 a change waits 8 ms longer, such as the marker of a switch. Nothing is drawn unchanged.
FRAMES = 120
#: The names of the first picture then; no terminal has more lines.
FIRST_NAMES = 200


def run_screen(
    context: Context,
    *,
    demo: bool = False,
    mouse: bool = True,
    on_open: Callable[[Switchyard], None] | None = None,
) -> int:
    """Open the screen, and return the exit code when the person left it.

    `demo` says that everything is made up; without `mouse` the terminal keeps it, whatever config.toml
    says; `on_open` is told the application before it runs.
    """
    import gc

    # Importing Textual makes much that lives as long as we do: looking for garbage in it costs 10
    # to 27 ms. It is switched on again after the first row.
    gc.disable()
    config, problem = read_config(context)
    state = first_state(context, config)
    if problem is not None:
        state.note(problem.message, WARNING, problem.hint)
    scene = make_scene(context, config, state)._replace(demo=demo)
    with _signals_end_it():
        painted = paint(scene, _terminal()) if scene.size != (0, 0) else None
        try:
            with _frames_a_second(FRAMES):
                from tui.screens.patient_input import PatientDriver
                from tui.screens.switchyard import Switchyard

            PatientDriver.painted = painted
            app = Switchyard(scene, config, driver_class=PatientDriver)
            if on_open is not None:
                on_open(app)
            code = app.run(mouse=mouse and config.mouse)
        finally:
            if painted is not None:
                painted.restore()
    return app.return_code or code or 0


def first_state(context: Context, config: Config) -> State:
    """Return what the first picture shows, in the order that the person wants."""
    state = State(context.now, *first_look(context))
    state.usage.remember(usage_of_rows(context, state.all_rows))
    order = read_order(config.sort)
    state.sort(order, last_used(context) if order.by == USED else None)
    return state


def make_scene(
    context: Context, config: Config, state: State, size: tuple[int, int] | None = None
) -> Scene:
    """Return what the first picture and the screen draw alike."""
    from tui.terminal import says_utf8

    remote = "SSH_CONNECTION" in context.environ
    return Scene(
        context=context,
        state=state,
        keymap=make_keymap(config.keys),
        signs=UNICODE if says_utf8(context.environ) else ASCII,
        look=choose(config.theme, context.environ),
        host=os.uname().nodename if remote else None,
        size=_terminal_size() if size is None else size,
    )


@contextmanager
def _frames_a_second(most: int) -> Iterator[None]:
    """Let Textual, which reads that when it is imported, draw at most so often; children need not know."""
    known = "TEXTUAL_FPS" in os.environ
    os.environ.setdefault("TEXTUAL_FPS", str(most))
    try:
        yield
    finally:
        if not known:
            del os.environ["TEXTUAL_FPS"]


@contextmanager
def _signals_end_it() -> Iterator[None]:
    """Let signals end the start in good order too, until the screen does that itself."""
    import signal

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    kept = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _terminal() -> int:
    """Return the descriptor of the terminal: standard error, as Textual has it, else standard output."""
    return 2 if os.isatty(2) else 1


def _terminal_size() -> tuple[int, int]:
    """Return columns and rows of the terminal; zeros where it does not tell."""
    try:
        columns, rows = os.get_terminal_size(_terminal())
    except OSError:
        return (0, 0)
    return (columns, rows)


def read_config(context: Context) -> tuple[Config, ConfigError | None]:
    """Return the person's settings; the defaults, and why, if their file cannot be used."""
    try:
        return load_config(context), None
    except ConfigError as error:
        return Config(), error


def first_look(context: Context) -> tuple[Snapshot, bool]:
    """Return what the first picture shows, and whether it is names only."""
    try:
        names = os.listdir(context.roots.profiles)
    except OSError:
        names = []
    if len(names) <= READ_AT_ONCE:
        return take_snapshot(context), False
    folder = context.roots.profiles
    names = sorted(names, key=str.lower)
    rows = [
        _unread(name, f"{folder}/{name}") for name in names[:FIRST_NAMES] if NAME.fullmatch(name)
    ]
    home = context.active
    return Snapshot(context.now(), home.path, home.problem, None, rows, [], [], []), True


def _unread(name: str, folder: str) -> ProfileRow:
    """Return the row of a profile of which only the name is known so far."""
    return ProfileRow(
        name=name,
        active=False,
        kind=EMPTY,
        email="",
        user_id=None,
        account_id=None,
        workspace=None,
        plan=None,
        state="",
        reason=None,
        issued_at=None,
        access_token_expires_at=None,
        id_token_expires_at=None,
        last_refresh=None,
        home=folder,
        managed=True,
        note=None,
    )
