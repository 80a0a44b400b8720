"""The application: its look, its end, and what becomes of whatever goes wrong in it."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from functools import partial
from typing import ClassVar

from textual.app import App
from textual.binding import Binding
from textual.notifications import Notification

from profiles.own_writes import noted
from profiles.paths import LiveHome
from tui import themes
from tui.keys import BY_ID
from tui.login_state import Logins
from tui.screens.bugs import Lasting, was_timer
from tui.screens.driver import YardDriver
from tui.screens.main import MainScreen
from tui.screens.refreshing import WAITED_FOR
from tui.screens.toasts import Toasts
from tui.speech import Speech
from tui.state import WARNING
from tui.terminal import clean
from tui.widgets.login_pane import TALL
from tui.widgets.too_small import COLUMNS, ROWS
from tui.widgets.words import ASCII

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import PurePath

    from textual.binding import BindingType
    from textual.driver import Driver
    from textual.notifications import SeverityLevel

    from profiles.config import Config
    from tui.colours import Look
    from tui.first_picture import Scene
    from tui.login_state import Login
    from tui.opener import Opener
    from tui.widgets.words import Signs

#: Signals that end the screen in good order, and the exit code of each as a shell gives it.
ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


class Switchyard(Lasting, App[int], inherit_bindings=False):
    """The screen over one context."""

    TITLE = "Switchyard"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    NOTIFICATION_TIMEOUT = 4
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (COLUMNS, "-narrow"), (80, "-medium"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (ROWS, "-low"), (16, "-high"), (TALL, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(BY_ID[action].keys), method, id=action, priority=True, show=False)
        for action, method in (("cancel", "cancel"), ("quit-now", "leave"))
    ]

    def __init__(
        self, scene: Scene, config: Config, *, driver_class: type[Driver] | None = None
    ) -> None:
        look = scene.look
        # Textual decides about colours while it is constructed, and for good; for NO_COLOR it
        # asks whether the variable is there, though one that is empty means nothing.
        with _no_color(wanted=look.mono):
            super().__init__(
                driver_class, css_path=style_sheets(look, scene.signs), ansi_color=look.ansi
            )
        for theme in themes.themes():
            self.register_theme(theme)
        self.theme = look.theme
        self.animation_level = "none"
        self.scene = scene
        # What we write ourselves is remembered: it is no news. A home that is not there yet may come.
        active = LiveHome(*scene.context.active).follow(scene.context.environ)
        self.context = scene.context._replace(files=noted(scene.context.files), active=active)
        self.config = config
        self.keymap, self.signs, self.state = scene.keymap, scene.signs, scene.state
        self.speech = Speech(self.keymap, self.context.user_home)
        self.toasts = Toasts(self)
        self.logins = Logins(self.context.now)
        self._opener: Opener | None = None
        self._asked_to_leave = self._is_ending = False
        #: What is said on the terminal after the screen.
        self._last_words: list[str] = []
        self.set_keymap(self.keymap.changes())
        for problem in self.keymap.problems:
            self.state.note(problem, WARNING, "? lists the actions and their keys")

    def get_default_screen(self) -> MainScreen:
        """Return the main screen, in the shape that it will have in this terminal.

        Textual gives it the classes of its breakpoints after it was drawn once, and then draws it again.
        """
        screen = MainScreen(self)
        points = (self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS)
        for cells, breakpoints in zip(self.scene.size, points, strict=True):
            name = max(point for point in breakpoints if point[0] <= cells)[1]
            screen.add_class(name, update=False)
        return screen

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give the roles of `app.tcss` a colour whatever the theme."""
        return {**super().get_theme_variable_defaults(), **themes.variables()}

    # -- beginning and end --

    def on_mount(self) -> None:
        """Begin to listen to signals."""
        self.take_signals()

    def take_signals(self) -> None:
        """Let signals end the screen as keys do: what is being written is finished first."""
        import asyncio

        loop = asyncio.get_running_loop()
        for number in ENDING:
            try:
                loop.add_signal_handler(number, self._told_to_end, 128 + number)
            except (RuntimeError, ValueError):
                # Only the main thread of a program may; a test can run elsewhere.
                return

    def _told_to_end(self, code: int) -> None:
        """End on a signal: a login that somebody approved is kept first. Signals often come twice for one reason."""
        if not self.logins.at_stake:
            self.leave(code)
        elif not self._is_ending:
            self._is_ending = True
            self.run_worker(self._keep_and_leave(code), exit_on_error=False)

    async def _keep_and_leave(self, code: int) -> None:
        from tui.screens.keeping import keep_logins

        try:
            self._last_words += await keep_logins(self)
        finally:
            self.leave(code)

    def leave(self, code: int = 0) -> None:
        """End the screen. Threads that write are waited for after the terminal is restored."""
        if self.main.refreshing.refreshes.runs:
            self.main.refreshing.stop()
            self._last_words.append(WAITED_FOR)
        self.exit(code, return_code=code)

    def action_leave(self) -> None:
        """Leave at once; where a login that somebody approved would be lost by it, ask once."""
        self._leave_unless(self.main.logins.leaving_costs)

    def ask_to_leave(self) -> None:
        """Leave; where anything still runs, ask once and name it."""
        self._leave_unless(self.main.work.running_words)

    def _leave_unless(self, still: Callable[[], str | None]) -> None:
        """Leave, or ask while `still` has words for what that would cost."""
        costs = still()
        if costs is None or self._asked_to_leave:
            self._leave_in_order()
            return
        self._asked_to_leave = True
        from tui.screens.live_dialog import LiveConfirm

        def answered(agreed: bool | None) -> None:  # noqa: FBT001
            self._asked_to_leave = False
            if agreed:
                # Somebody may have approved one of them just now.
                more = self.main.logins.leaving_costs
                words = more()
                self._leave_unless((lambda: None) if words is None or words in costs else more)

        over = partial(
            self.tell, "nothing runs any more", hint=f"{self.keymap.first('quit')} leaves"
        )
        dialog = LiveConfirm(self, "Leave?", still, yes="leave", no="stay", over=over)
        self.push_screen(dialog, answered)

    def _leave_in_order(self) -> None:
        """Leave when the refreshes that were sent are saved; whoever asks twice sees them end on the shell."""
        if not self.main.refreshing.first(self.leave):
            self.leave()

    def action_cancel(self) -> None:
        """Cancel what is open; where nothing is, leave."""
        if not isinstance(self.screen, MainScreen):
            self.screen.dismiss(None)
        elif not any(each() for each in self.screen.cancels):
            self.ask_to_leave()

    @property
    def main(self) -> MainScreen:
        """The main screen, also below a dialog."""
        screen = self.screen_stack[0]
        assert isinstance(screen, MainScreen)  # noqa: S101 - it is never left
        return screen

    @property
    def opener(self) -> Opener:
        """How a URL is opened in these surroundings."""
        if self._opener is None:
            from tui.opener import find_opener

            self._opener = find_opener(self.context.environ)
        return self._opener

    @opener.setter
    def opener(self, opener: Opener) -> None:
        self._opener = opener

    def watches(self, login: Login) -> bool:
        """Whether the person looks at the pane of this login."""
        main = self.main
        return self.screen is main and self.logins.watched is login and main.logins.pane.display

    def is_in(self, login: Login) -> bool:
        """Whether the focus is in the pane of this login."""
        return self.main.logins.login is login

    def on_app_blur(self) -> None:
        """Nobody looks: let the countdowns rest."""
        for screen in self.screen_stack[:1]:
            if isinstance(screen, MainScreen):
                screen.clock.rest()

    def on_app_focus(self) -> None:
        """Somebody looks again."""
        for screen in self.screen_stack[:1]:
            if isinstance(screen, MainScreen):
                screen.clock.wake()

    def draw_again(self) -> None:
        """Draw everything, also what the terminal should show already."""
        if isinstance(self._driver, YardDriver):
            self._driver.forget()
        self.refresh(layout=True)

    # -- what is said --

    def send(self, sequence: str) -> None:
        """Send something to the terminal that Textual has no words for."""
        if self._driver is not None:
            self._driver.write(sequence)

    def tell(
        self, text: str, level: str = "information", hint: str | None = None, about: str = ""
    ) -> None:
        """Show a result for a few seconds, in the place of what was said before `about` the same."""
        if level != "information" or not self._says_in_pane(f"{text}\n{hint}" if hint else text):
            self.toasts.tell(text, level, hint, about)

    def _says_in_pane(self, message: str) -> bool:
        """Say it at the edge of the pane that the person looks at, where a toast would cover its words."""
        screen = self.screen
        if not isinstance(screen, MainScreen) or screen.logins.login is None:
            return False
        # A toast that is still there would cover the edge.
        free = not self.toasts.shown and "\n" not in message
        return free and screen.logins.pane.say(clean(self.speech(message)))

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a notification as Textual does, but at once: what comes next may take its place."""
        seconds = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self._notifications.add(Notification(message, title, severity, seconds, markup))
        self._refresh_notifications()

    def forget_notes(self, messages: Collection[str]) -> None:
        """Take notifications away before their time."""
        for note in list(self._notifications):
            if note.message in messages:
                self._unnotify(note)

    def tell_bug(self, error: Exception) -> bool:
        """Say that something went wrong in what a key or a message does; False while there is no screen for it."""
        if not self.screen_stack or not isinstance(self.screen_stack[0], MainScreen):
            return False
        self.main.deeds.failed_reading(error)
        return True

    def _handle_exception(self, error: Exception) -> None:
        if not (was_timer(error) and self.tell_bug(error)):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """End with the places of a bug, never with values: a local variable may be a token.

        Textual itself would print every local of every frame.
        """
        from traceback import format_tb

        error = sys.exc_info()[1] or self._exception
        places = "".join(format_tb(error.__traceback__)) if error is not None else ""
        name = type(error).__name__
        self._exit_renderables.append(
            f"{places}{name}\nThis is a bug of Switchyard; no login was harmed. tui list still works."
        )
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        for words in (*self._exit_renderables[:1], *self._last_words):
            self.error_console.print(words, markup=False, highlight=False, soft_wrap=True)
        self._exit_renderables.clear()
        self._last_words.clear()


def style_sheets(look: Look, signs: Signs) -> list[str | PurePath]:
    """Return the style sheets: what is for plain terminals alone is parsed only there."""
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    names = ["app.tcss"]
    if look.ansi:
        names.append("plain.tcss")
    if signs is ASCII:
        names.append("ascii.tcss")
    return [os.path.join(folder, name) for name in names]


@contextmanager
def _no_color(*, wanted: bool) -> Iterator[None]:
    """Let NO_COLOR say what is wanted while the block runs."""
    before = os.environ.pop("NO_COLOR", None)
    if wanted:
        os.environ["NO_COLOR"] = "1"
    try:
        yield
    finally:
        os.environ.pop("NO_COLOR", None)
        if before is not None:
            os.environ["NO_COLOR"] = before
