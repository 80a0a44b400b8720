"""The main screen: profiles, detail, events; it turns keys into deeds and changes into drawing."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.reactive import Reactive
from textual.screen import Screen

from tui.key_names import key_word
from tui.keys import ACTIONS, BY_ID, MOVES
from tui.screens.bugs import Lasting
from tui.screens.clock import Clock
from tui.screens.deeds import Deeds
from tui.screens.filtering import Filtering
from tui.screens.log_copy import copy_here
from tui.screens.login_keys import LoginKeys
from tui.screens.marking import MarkDesk
from tui.screens.panes import Panes
from tui.screens.reading import PATIENCE, Reading
from tui.screens.refreshing import RefreshDesk
from tui.screens.sorting import SortDesk
from tui.screens.toasts import KEY
from tui.screens.usage import UsageDesk
from tui.screens.watching import Watching
from tui.screens.whereabouts import Whereabouts
from tui.screens.work import Work
from tui.state import BUSY, EVENTS, ROWS, SELECTION, USAGE
from tui.widgets.detail import DetailPane
from tui.widgets.event_log import EventLog
from tui.widgets.first_steps import paragraphs
from tui.widgets.key_line import KeyLine
from tui.widgets.line_input import LineInput
from tui.widgets.lines import LinePane
from tui.widgets.profile_list import ProfileList
from tui.widgets.title_line import TitleLine
from tui.widgets.too_small import TooSmall, too_small

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.geometry import Size
    from textual.timer import Timer
    from textual.widget import Widget

    from tui.messages import Chosen, Pressed, Scrolled, Typed
    from tui.screens.switchyard import Switchyard
    from tui.situation import Situation

#: What acts while a filter is typed, unless a letter stands for it.
_IN_FILTER = frozenset({"redraw", "suspend"})


class MainScreen(Lasting, Screen[None], inherit_bindings=False):
    """Profiles at the left, the selected one at the right, events below when asked for."""

    AUTO_FOCUS = "#list"
    #: The panes draw the focus themselves; Textual would draw the whole screen again for it.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority: what a key opens has the focus before the next key is looked at, so that
        # keys typed at once go where they were meant to.
        Binding(
            ",".join(action.keys), f"do('{action.id}')", id=action.id, show=False, priority=True
        )
        for action in ACTIONS
        if action.id not in ("cancel", "quit-now")
    ]

    def __init__(self, app: Switchyard) -> None:
        super().__init__()
        self._yard = app
        self.state = app.state
        self.deeds: Deeds = Deeds(app)
        context, signs = app.context, app.signs
        self.title_line = TitleLine(
            signs=signs, now=context.now, host=app.scene.host, demo=app.scene.demo
        )
        self.list = ProfileList(signs=signs, now=context.now)
        # Keys that were typed during the start come before the screen is mounted.
        self.list.rows, self.list.cursor = self.state.rows, self.state.cursor
        self.detail: DetailPane = DetailPane(
            signs=signs, now=context.now, user_home=context.user_home
        )
        self.events = EventLog(signs=signs, speech=app.speech)
        self.key_line = KeyLine(signs=signs, keymap=app.keymap)
        self.left = Vertical(self.list.head, self.list, id="left", classes="pane")
        self.body = Horizontal(self.left, self.detail, id="body")
        self.filtering = Filtering(self)
        self.logins = LoginKeys(self, app)
        self.panes: Panes = Panes(self, app)
        self.clock = Clock(self, app)
        self.reading = Reading(self)
        self.refreshing: RefreshDesk = RefreshDesk(self, app)
        self.work: Work = Work(self, app)
        self.where = Whereabouts(self)
        self.sorting = SortDesk(self, app)
        self.marking = MarkDesk(self, app)
        self.usage = UsageDesk(self, app)
        self.watching = Watching(self, app)
        self._handlers: dict[str, Callable[[], object]] = {
            "filter": self.filtering.open,
            "detail": self.panes.enter,
            "back": lambda: app.toasts.dismiss() or self.step_back(),
            "rescan": self._rescan,
            "help": self._help,
            "palette": self._palette,
            "doctor": self._doctor,
            "redraw": self._redraw,
            "suspend": app.action_suspend_process,
            "quit": self._quit,
            **self.panes.handlers,
            **self.logins.handlers,
            **self.refreshing.handlers,
            **self.sorting.handlers,
            **self.marking.handlers,
            **self.reading.handlers,
            **self.logins.copies.handlers,
            "copy": partial(copy_here, self),
        }
        #: What ctrl+c ends, the first that can be; each says whether it was.
        self.cancels = (
            self.logins.cancel,
            self.refreshing.cancel,
            self.marking.cancel,
            self.step_back,
        )
        self._shaped_for: Size | None = None
        self._busy_soon: Timer | None = None

    def compose(self) -> ComposeResult:
        """Make the panes."""
        self.detail.add_class("pane")
        self.events.add_class("pane")
        yield TooSmall(id="small")
        yield self.title_line
        yield self.body
        yield self.logins.pane
        yield self.work.pane
        yield self.events
        yield self.key_line

    def on_mount(self) -> None:
        """Draw what is known already, then let the slow things begin."""
        self.state.watch(self._changed)
        self.logins.logins.watch(self._logins_changed)
        self.refreshing.refreshes.watch(self._logins_changed)
        self._yard.app_resume_signal.subscribe(self, self._resumed)
        self._changed(frozenset({ROWS, SELECTION, EVENTS}))
        self.call_after_refresh(self._after_first_row)

    async def on_unmount(self) -> None:
        """Draw nothing any more, and end what still runs."""
        self.state.unwatch(self._changed)
        self.logins.logins.unwatch(self._logins_changed)
        self.refreshing.refreshes.unwatch(self._logins_changed)
        self.usage.stop()
        self.watching.stop()
        self.clock.stop()
        await self.logins.desk.stop_all()

    def _after_first_row(self) -> None:
        import gc

        if not gc.isenabled():
            # What was imported stays: it need not be looked at again.
            gc.freeze()
            gc.enable()
        self.deeds.start()
        self.usage.start()
        self.watching.start()

    # -- what changed is drawn --

    def _changed(self, names: frozenset[str]) -> None:
        state = self.state
        if ROWS in names:
            self.set_class(not state.all_rows, "-empty")
            self.list.know(state)
            self.list.show(state.rows, state.cursor, self._paragraphs(), among=state.all_rows)
            self.title_line.show(None if state.partial else state.snapshot, state.active)
            self.panes.name_list()
        if SELECTION in names:
            self.list.put_cursor(state.cursor)
        if names & {ROWS, SELECTION}:
            self.reading.soon()
        if USAGE in names:
            self.list.show_usage()
            self.reading.show()
        if EVENTS in names:
            self.events.show(state.events)
        if BUSY in names:
            self._show_busy_soon()
        if ROWS in names:
            self.usage.look()
        if names & {ROWS, SELECTION, USAGE}:
            self.clock.sleep()
        self.show_keys()

    def _logins_changed(self) -> None:
        self.logins.changed()
        self.work.changed()
        self.list.mark({**self.refreshing.refreshes.marks(), **self.logins.logins.phases()})
        self.panes.name_list()
        self.show_keys()

    def _paragraphs(self) -> list[tuple[tuple[str, str], ...]]:
        return paragraphs(self.state, self._yard.keymap, self._yard.context)

    def _show_busy_soon(self) -> None:
        if self._busy_soon is not None:
            self._busy_soon.stop()
        self._busy_soon = self.set_timer(PATIENCE, self.show_keys) if self.state.busy else None
        self.show_keys(quick=True)

    def show_keys(self, *, quick: bool = False) -> None:
        """Show what the keys do here; with `quick` what is written just now is not named yet."""
        above = self._yard.screen_stack[-1]
        # What has no such keys names them itself, in its border.
        self.key_line.show_dialog(None if above is self else getattr(above, "footer", ()))
        busy = None if quick else self.state.busy
        self.key_line.show(self.where.keys_place(), busy, self.refreshing.refreshes.words())

    def on_scrolled(self, _message: Scrolled) -> None:
        """Other countdowns can be seen."""
        self.clock.sleep()

    def on_resize(self, event: Resize) -> None:
        """Other panes may be seen now."""
        if event.size != self._yard.size:
            # Textual tells a screen once more of each size that it takes: of two that wait, each would bring the
            # other back, for ever.
            event.prevent_default()
            return
        self._shaped_for = self._yard.size
        self.call_after_refresh(self._resized)

    def on_screen_suspend(self) -> None:
        """Make room for a dialog."""
        self._yard.toasts.cover()
        self.show_keys()

    def on_screen_resume(self) -> None:
        """Take the shape of the terminal: Textual forgets that below a dialog."""
        self._yard.toasts.uncover()
        self.show_keys()
        size = self._yard.size
        if self._shaped_for not in (None, size):
            self.post_message(Resize(size, size))

    def _resized(self) -> None:
        # A terminal that was too small for any pane took the focus from all of them.
        if self.has_class("-watching") and self.logins.login is None:
            self.set_focus(self.logins.pane.view)
        elif self.has_class("-progressing") and self.focused is None:
            self.set_focus(self.work.pane)
        elif self.focused is None:
            self.panes.refocus()
        self.panes.name_list()
        self.reading.soon()
        self.clock.sleep()

    # -- where we are --

    def place(self) -> str:
        """Return where the focus is, as the footer and the help call it."""
        return self.where.place()

    def situation(self) -> Situation:
        """Return what decides whether a key can act."""
        return self.where.situation()

    def on_descendant_focus(self) -> None:
        """On a narrow screen the focus decides which pane is seen."""
        focused = self.focused
        if too_small(self._yard.size):
            return  # Nobody chose that: no pane can be seen, and Textual takes the next one.
        self.set_class(focused is self.detail, "-drilled")
        self.set_class(self.logins.login is not None, "-watching")
        self.set_class(focused is self.work.pane, "-progressing")
        self.panes.focus_moved()
        if focused is self.detail:
            self.reading.soon()
        self.show_keys()

    def on_chosen(self, message: Chosen) -> None:
        """Move the cursor."""
        self.state.select(message.cursor)

    async def on_pressed(self, message: Pressed) -> None:
        """Do what a word of the footer says."""
        await self.action_do(message.action)

    def on_typed(self, message: Typed) -> None:
        """Filter as somebody types."""
        self.state.set_filter(message.text)

    # -- keys --

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """While a line is typed, letters are letters: only what no letter stands for acts."""
        if action != "do" or not isinstance(self.focused, LineInput):
            return True
        return parameters[0] in _IN_FILTER and all(
            len(key_word(key)) > 1 and key != "space"
            for key in self._yard.keymap.of(str(parameters[0]))
        )

    async def action_do(self, action: str) -> None:
        """Do what a key stands for, or say why it cannot be done now."""
        entry = BY_ID[action]
        self._yard.toasts.heed(action)
        why = entry.why_not(self.situation()) if entry.why_not is not None else None
        if why is not None:
            self._yard.tell(why, about=KEY)
            return
        if entry.id in MOVES:
            self._move(action)
            return
        opened = self._handlers.get(action, partial(self._do_with_selected, action))()
        if isinstance(opened, Awaitable):
            await opened

    def _do_with_selected(self, action: str) -> Awaitable[None] | None:
        row = self.state.selected
        return self.deeds.do(action, row.name if row is not None else None)

    def _move(self, how: str) -> None:
        pane = self.focused or self.list  # before the first frame nothing has the focus
        if pane is self.list and self.state.rows:
            # At once and by no message: the next key may be here already.
            self.state.select(self.state.cursor + self.list.step(how))
        elif isinstance(pane, LinePane):
            pane.move(how)

    def step_back(self) -> bool:
        """Go one step back; False at the root."""
        focused = self.focused
        if focused is not None and focused.id == "filter":
            self.filtering.close(False)
        elif self.logins.step_back() or self.work.step_back() or self.marking.step_back():
            pass
        elif self.has_class("-events") and focused is not self.detail:
            self.panes.toggle_events()
        elif focused is self.detail:
            self.remove_class("-drilled")
            self.set_focus(self.list)
        elif self.state.filter:
            self.filtering.close(False)
        else:
            return False
        return True

    def _rescan(self) -> None:
        self.deeds.rescan(said=True)
        self.usage.ask_again()

    def _quit(self) -> None:
        if not self.step_back():
            self._yard.ask_to_leave()

    def _help(self) -> Awaitable[None]:
        from tui.screens.help import HelpScreen

        place = self.where.keys_place()
        return self._yard.push_screen(HelpScreen(self._yard, place, self.situation()))

    def _doctor(self) -> Awaitable[None]:
        from tui.screens.doctor import DoctorScreen

        return self._yard.push_screen(DoctorScreen(self._yard))

    def _palette(self) -> Awaitable[None]:
        from tui.screens.palette import open_palette

        return open_palette(self._yard, self)

    def _resumed(self, _app: object) -> None:
        """Draw everything after somebody else had the terminal; Textual draws only what it thinks it must."""
        self._redraw()
        self.deeds.rescan()
        self.clock.wake()

    def _redraw(self) -> None:
        views = (self.logins.pane.view, self.work.pane)
        for pane in (self.list, self.detail, *views, self.events):
            pane.redraw_all()
        self.refresh(layout=True)
        self._yard.draw_again()
