"""The pane of the running logins: one is shown, the others are tabs. It draws events, and knows no protocol."""

from __future__ import annotations

from textual.containers import Vertical

from tui.login_state import DEVICE, WAITING
from tui.widgets.line_input import LineInput
from tui.widgets.lines import LineView
from tui.widgets.login_text import Around, login_lines, tab_line, title_text
from tui.widgets.qr import qr_lines, size_of
from tui.widgets.words import MUTED, PLAIN, Line, cells, wrap_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.events import Paste
    from textual.timer import Timer

    from tui.keymap import Keymap
    from tui.login_state import Login, Logins
    from tui.widgets.words import Signs

#: From how many lines on the terminal has room for the list and a QR code at once; as in app.tcss.
TALL = 40
#: The cells between text and QR code, and the least that the text needs beside it.
GAP, LEAST_TEXT = 3, 36
#: Seconds that a result is shown at the edge of the pane, and the cells of the edge that it cannot have.
SAID, EDGES = 5.0, 6


class LoginPane(Vertical):
    """The words of the login that is watched, and below them the line that is typed, when there is one."""

    def __init__(
        self,
        logins: Logins,
        *,
        signs: Signs,
        keymap: Keymap,
        mono: bool,
        titled: Callable[[str], str],
    ) -> None:
        super().__init__(id="login", classes="pane")
        self._titled = titled
        self._logins = logins
        self.view = LoginView(logins, signs=signs, keymap=keymap, mono=mono)
        self._title = ""
        self._wake: Timer | None = None
        self._silence: Timer | None = None
        self._resting = False

    def on_mount(self) -> None:
        """Put the words in."""
        self.mount(self.view)

    @property
    def line(self) -> LineInput | None:
        """The line that is typed, if one is open."""
        return next((line for line in self.query(LineInput) if not line.left), None)

    def show(self) -> None:
        """Show what the logins are at now."""
        self.name_it()
        self.tick()

    def name_it(self) -> None:
        """Say in the title whose login it is."""
        login = self._logins.watched
        if login is not None:
            every = self._logins.all
            title = self._titled(title_text(login, len(every), every.index(login)))
            if title != self._title:
                self._title = self.border_title = title

    def tick(self) -> None:
        """Let time pass, and wake up when a text here reads differently: only while somebody can see it."""
        if self._wake is not None:
            self._wake.stop()
            self._wake = None
        if not self.display or not self.view.line_width:
            return
        self.view.prepare_again()
        login = self._logins.watched
        if self._resting or login is None or login.phase != WAITING or login.expires_at is None:
            return
        # One wake a second, at the second of the countdown, for all that counts here.
        wait = (login.expires_at - self._logins.now()) % 1.0 + 0.005
        self._wake = self.set_timer(wait, self.tick)

    def on_resize(self) -> None:
        """It may be seen now, and perhaps nothing above it that says what it must say then."""
        self.call_after_refresh(self.show)

    def say(self, words: str) -> bool:
        """Say a result for a few seconds at the lower edge, where it covers nothing; False where it does not fit."""
        if not self.display or cells(words) > self.size.width - EDGES:
            return False
        if self._silence is not None:
            self._silence.stop()
        self.border_subtitle = words.replace("[", "\\[")
        self._silence = self.set_timer(SAID, self._say_nothing)
        return True

    def _say_nothing(self) -> None:
        self.border_subtitle = ""

    def rest(self, *, resting: bool) -> None:
        """Stop the countdown while nobody looks, or go on."""
        self._resting = resting
        self.tick()


class LoginView(LineView):
    """The words, and the QR code beside them where the terminal is tall, else in their place when asked for."""

    def __init__(self, logins: Logins, *, signs: Signs, keymap: Keymap, mono: bool) -> None:
        super().__init__(name="login-lines", signs=signs)
        self._logins = logins
        self._keymap = keymap
        self._mono = mono
        self._height = 0
        #: Takes what is pasted while no line is open.
        self.pasted: Callable[[str], None] | None = None

    def on_paste(self, event: Paste) -> None:
        """A callback address may be pasted without opening the line for it first."""
        if self.pasted is not None:
            event.stop()
            self.pasted(event.text)

    def on_resize(self) -> None:
        """Another height is another choice of words, too."""
        if self._height != self.page:
            self._prepared = -1
        super().on_resize()

    def wrapped(self, width: int) -> Sequence[Line]:
        """Return the lines for a width."""
        self._height = self.page
        login, every = self._logins.watched, self._logins.all
        if login is None:
            return []
        around = Around(self._logins.now(), width, self.page, self.signs, self._keymap)
        tabs = [tab_line(every, login, around)] if len(every) > 1 else []
        around = around._replace(height=self.page - len(tabs))
        if not self._has_qr(login):
            return [*tabs, *login_lines(login, around)]
        if self._logins.shows_qr:
            return [*tabs, *self._qr_alone(login, around)]
        if self.app.size.height >= TALL:
            return [*tabs, *self._beside(login, around)]
        return [*tabs, *login_lines(login, around)]

    def _has_qr(self, login: Login) -> bool:
        return login.way == DEVICE and login.phase == WAITING and login.code is not None

    def _why_no_qr(self, login: Login, around: Around) -> str | None:
        if login.code is None:
            return "there is no code yet"
        if not self.signs.dot.isascii():
            width, height = size_of(login.code.verification_url)
            if width <= around.width and height <= around.height:
                return None
            return (
                f"the QR code takes {width}x{height} cells; here are {around.width}x{around.height}"
            )
        return "a QR code needs a terminal with UTF-8"

    def _qr(self, login: Login) -> list[Line]:
        url = login.code.verification_url if login.code is not None else ""
        return qr_lines(url, inverted=self._mono)

    def _qr_alone(self, login: Login, around: Around) -> list[Line]:
        why = self._why_no_qr(login, around)
        if why is not None:
            refusal = wrap_line(((why, MUTED),), around.width)
            return [*refusal, (), *login_lines(login, around._replace(height=1))]
        lines = self._qr(login)
        width = cells(lines[0][0][0])
        spare = around.height - len(lines)
        if around.width - width < LEAST_TEXT + GAP:
            left = (around.width - width) // 2
            said = [((" " * left, PLAIN), *line) for line in lines]
            if spare >= 1 and login.code is not None:
                code = login.code.user_code
                said.insert(
                    0, ((" " * ((around.width - cells(code)) // 2), PLAIN), (code, "accent"))
                )
            return said
        return self._joined(login_lines(login, self._narrowed(around, width)), lines, around)

    def _beside(self, login: Login, around: Around) -> list[Line]:
        if self._why_no_qr(login, around) is not None:
            return login_lines(login, around)
        lines = self._qr(login)
        width = cells(lines[0][0][0])
        if around.width - width - GAP < LEAST_TEXT:
            return login_lines(login, around)
        return self._joined(login_lines(login, self._narrowed(around, width)), lines, around)

    def _narrowed(self, around: Around, width: int) -> Around:
        return around._replace(width=around.width - width - GAP)

    def _joined(self, left: list[Line], right: list[Line], around: Around) -> list[Line]:
        """Return two blocks side by side, the QR code at the right."""
        room = around.width - cells(right[0][0][0])
        said: list[Line] = []
        for number in range(max(len(left), len(right))):
            one = left[number] if number < len(left) else ()
            if number >= len(right):
                said.append(one)
                continue
            used = sum(cells(text) for text, _ in one)
            said.append((*one, (" " * (room - used), PLAIN), *right[number]))
        return said
