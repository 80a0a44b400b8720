"""The doctor: what it found, the worst first, with evidence and reason, and what mends it."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding
from textual.containers import Container
from textual.screen import Screen
from textual.widget import Widget

from tui import __version__
from tui.clipboard import SENT_TO_TMUX, copy_sequence, give_to_tmux, sent_words
from tui.keys import ACTIONS, MOVES
from tui.screens.bugs import Lasting
from tui.situation import DOCTOR, DOCTOR_MEND
from tui.state import ERROR
from tui.stderr import explain
from tui.terminal import clean
from tui.widgets.findings import FindingList, FindingText
from tui.widgets.ink import ink_of
from tui.widgets.key_line import KeyLine
from tui.widgets.title_text import DEMO
from tui.widgets.too_small import TooSmall
from tui.widgets.words import MUTED, STRONG, crop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from profiles.doctor.checks import Check
    from profiles.doctor.finding import Finding, Mend, Mended
    from tui.messages import Chosen, Pressed
    from tui.screens.switchyard import Switchyard


class DoctorScreen(Lasting, Screen[None], inherit_bindings=False):
    """Findings at the left or above, the one with the cursor at the right or below."""

    CSS = """
    DoctorScreen { background: $sy-ground; }
    DoctorScreen #examined { height: 1; padding: 0 2; }
    DoctorScreen #cases { layout: vertical; height: 1fr; }
    DoctorScreen #findings { height: 2fr; background: $sy-ground; }
    DoctorScreen #finding { height: 3fr; background: $sy-ground; }
    DoctorScreen.-wide #cases { layout: horizontal; }
    DoctorScreen.-wide #findings { width: 1fr; height: 1fr; }
    DoctorScreen.-wide #finding { width: 52; height: 1fr; }
    DoctorScreen.-low #examined { display: none; }
    DoctorScreen.-low #finding { display: none; }
    DoctorScreen.-low.-reading #finding { display: block; }
    DoctorScreen.-low.-reading #findings { display: none; }
    DoctorScreen.-tiny #cases, DoctorScreen.-flat #cases { display: none; }
    DoctorScreen.-tiny #examined, DoctorScreen.-flat #examined { display: none; }
    DoctorScreen ToastRack, DoctorScreen Toast { display: none; }
    """
    AUTO_FOCUS = "#findings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            ",".join(action.keys), f"do('{action.id}')", id=action.id, show=False, priority=True
        )
        for action in ACTIONS
        if action.id not in ("cancel", "quit-now")
    ]

    def __init__(self, app: Switchyard, checks: Sequence[Check] | None = None) -> None:
        """Make it; `checks` are those that look, all of them when None."""
        super().__init__()
        self._yard = app
        self._checks = checks
        self._findings: list[Finding] = []
        self._looking = False
        self._said = ""
        self.title_words = Examined()
        self.list = FindingList(signs=app.signs, moved=self._moved)
        self.text = FindingText(signs=app.signs, mend_key=lambda: app.keymap.first("mend"))
        self.key_line = KeyLine(signs=app.signs, keymap=app.keymap)
        self._handlers: dict[str, Callable[[], object]] = {
            "mend": self._mend,
            "copy": self._copy,
            "copy-more": self._copy_fix,
            "events": self._events,
            "rescan": self.look,
            "back": self._back,
            "quit": self._back,
            "help": self._help,
            "pane": self._other_pane,
            "pane-back": self._other_pane,
            "detail": self._other_pane,
            "redraw": self._redraw,
            "suspend": self._yard.action_suspend_process,
            "doctor": self.look,
        }

    def compose(self) -> ComposeResult:
        """Make the panes."""
        self.list.add_class("pane")
        self.text.add_class("pane")
        yield TooSmall(id="small")
        yield self.title_words
        yield Container(self.list, self.text, id="cases")
        yield self.key_line

    def on_mount(self) -> None:
        """Begin to look."""
        self.key_line.show(self._place, None)
        self.look()

    def on_resize(self) -> None:
        """Say in another place what there is to say."""
        self.call_after_refresh(self._entitle)

    # -- looking --

    def look(self) -> None:
        """Look at everything, unless that is under way; what is found is shown as it comes."""
        if self._looking:
            return
        from profiles.doctor.examining import examine
        from profiles.doctor.finding import severity
        from profiles.doctor.machine import Machine

        self._looking = True
        # What was found before stays until all is known anew, and the cursor on it.
        first = not self._findings
        checks, context, later = self._checks, self._yard.context, self._yard.call_later

        def found(some: Sequence[Finding]) -> None:
            if not first:
                return
            self._findings = sorted([*self._findings, *some], key=severity)
            self._show()

        def ended(everything: list[Finding]) -> None:
            self._looking, self._findings = False, everything
            self._show()

        def body() -> None:
            try:
                everything = examine(
                    Machine(context), checks, on_found=lambda some: later(found, some)
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, the screen goes on
                later(self._failed, error)
            else:
                later(ended, everything)

        self._show()
        self._yard.run_worker(body, group="doctor", thread=True, exit_on_error=False)

    def _failed(self, error: Exception) -> None:
        self._looking = False
        message, hint = explain(error)
        self._yard.state.note(message, ERROR, hint)
        self._say(message)

    def _show(self) -> None:
        if self.is_mounted:
            self.list.show(self._findings)
            self._entitle()

    def _entitle(self) -> None:
        counts = [(word, sum(each.level == word for each in self._findings)) for word in _COUNTED]
        words = [
            f"{number} {_COUNTED[word].format('' if number == 1 else 's')}"
            for word, number in counts
            if number
        ]
        if self._looking:
            words.append(f"looking{self._yard.signs.more}")
        elif not any(number for word, number in counts if word in ("error", "warning")):
            words.insert(0, "Nothing is wrong")
        said = self._said or "   ".join(words)
        self.title_words.show(said, demo=self._yard.scene.demo)
        # A low terminal has no first line: its one pane says it, and nothing else then.
        low = self.has_class("-low")
        self.list.border_title = _title(self._said or f"Doctor  {said}" if low else "Doctor")
        self.text.border_title = _title(self._said or "Finding" if low else "Finding")

    def _say(self, words: str) -> None:
        """Say something in the first line, until the next key."""
        self._said = words
        self._entitle()

    @property
    def _place(self) -> str:
        finding = self.list.selected
        return DOCTOR_MEND if finding is not None and finding.mend is not None else DOCTOR

    def _moved(self) -> None:
        self.key_line.show(self._place, None)
        self.text.show(self.list.selected)

    # -- keys --

    async def action_do(self, action: str) -> None:
        """Do what a key stands for."""
        from collections.abc import Awaitable

        if self._said:
            self._say("")
        if action in MOVES:
            (self.text if self.focused is self.text else self.list).move(action)
            return
        opened = self._handlers.get(action, self._elsewhere)()
        if isinstance(opened, Awaitable):
            await opened

    async def on_pressed(self, message: Pressed) -> None:
        """Do what a word of the footer says."""
        await self.action_do(message.action)

    def on_chosen(self, message: Chosen) -> None:
        """Move the cursor to what was clicked."""
        self.list.go(message.cursor)

    def _other_pane(self) -> None:
        self._read(reading=self.focused is not self.text)

    def _read(self, *, reading: bool) -> None:
        """Go to what is told about a finding, or back; a low terminal shows one of the two."""
        self.set_class(reading, "-reading")
        self.set_focus(self.text if reading else self.list)

    def _back(self) -> None:
        if self.focused is self.text and self.has_class("-low"):
            self._read(reading=False)
        else:
            self.dismiss(None)

    def _help(self) -> Awaitable[None]:
        from tui.screens.help import HelpScreen

        now = self._yard.main.situation()._replace(place=self._place)
        return self._yard.push_screen(HelpScreen(self._yard, self._place, now))

    def _elsewhere(self) -> None:
        """Say where the other keys act."""
        self._say(f"{self._yard.keymap.first('back')} goes back to the profiles")

    def _events(self) -> None:
        """Go to the log, where what was done stands."""
        self.dismiss(None)
        main = self._yard.main
        if not main.has_class("-events"):
            main.panes.toggle_events()

    def _redraw(self) -> None:
        self.list.redraw_all()
        self.text.redraw_all()
        self._yard.draw_again()

    # -- mending --

    def _mend(self) -> Awaitable[None] | None:
        finding = self.list.selected
        if finding is None or finding.level == "ok":
            self._say("nothing to mend here")
            return None
        mend = finding.mend
        if mend is None:
            copy = self._yard.keymap.first("copy-more")
            self._say(
                f"not ours to change: {copy} copies the fix"
                if finding.fix
                else "not ours to change"
            )
            return None
        text = "\n".join([f"{mend.title}:", "", *mend.changes])
        return self._yard.main.deeds.confirm("Mend it?", text, "mend it", lambda: self._apply(mend))

    def _apply(self, mend: Mend) -> None:
        deeds = self._yard.main.deeds

        def done(mended: Mended) -> None:
            self._yard.state.note_all([*mended.said, f"done: {mend.title}"])
            if mended.undo is not None:
                self._yard.state.note(f"to take it back: {mended.undo}")
            self.look()
            self._say(f"done: {self._yard.keymap.first('events')} tells how to take it back")

        deeds.write("mending", mend.apply, done, failed=self._failed)

    # -- the report --

    async def _copy(self) -> None:
        from profiles.doctor.report import report

        context = self._yard.context
        text = await asyncio.to_thread(report, self._findings, context, __version__)
        await self._send("report", text)

    async def _copy_fix(self) -> None:
        finding = self.list.selected
        if finding is None or not finding.fix:
            self._say("there is no fix to copy")
        else:
            await self._send("fix", finding.fix)

    async def _send(self, what: str, text: str) -> None:
        environ = self._yard.context.environ
        if await asyncio.to_thread(give_to_tmux, text, environ):
            self._say(f"{what} {SENT_TO_TMUX}")
            return
        self._yard.send(copy_sequence(text, environ))
        self._say(f"{what} {sent_words(environ)}")


def _title(words: str) -> str:
    return clean(words).replace("[", "\\[")  # titles are markup


#: How many of each level are counted in the first line, and with which words.
_COUNTED = {
    "error": "error{}",
    "warning": "warning{}",
    "unknown": "not seen",
    "info": "to know",
    "ok": "fine",
}


class Examined(Widget):
    """The first line: how many of what was found."""

    def __init__(self) -> None:
        super().__init__(id="examined")
        self._words = ""
        self._demo = False

    def show(self, words: str, *, demo: bool) -> None:
        """Show other words."""
        if (words, demo) != (self._words, self._demo):
            self._words, self._demo = words, demo
            self.refresh()

    def render(self) -> Text:
        """Return the line."""
        ink = ink_of(self.app)
        line = Text(no_wrap=True, end="")
        if self._demo:
            line.append(f"{DEMO}  ", ink[MUTED])
        signs = getattr(self.app, "signs", None)
        room = self.size.width - line.cell_len
        words = clean(self._words)
        line.append(crop(words, room, signs) if signs is not None else words[:room], ink[STRONG])
        return line
