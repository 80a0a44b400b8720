"""What the keys do in the pane of a login, and how the pane comes and goes."""

from __future__ import annotations

from profiles.model import API_KEY, PERSONAL_ACCESS_TOKEN
from tui.first_picture import numbered
from tui.login_state import (
    APPROVED,
    BROWSER,
    DEVICE,
    FAILED,
    KEY,
    MISMATCHED,
    OVER,
    SAVED,
    SAVING,
    STARTING,
    TOKEN,
    UNSAVED,
    WAITING,
)
from tui.screens.copies import Copies
from tui.screens.login_lines import LoginLines
from tui.screens.logins import LoginDesk
from tui.screens.panes import WORK
from tui.terminal import clean
from tui.widgets.login_pane import LoginPane
from tui.widgets.login_text import phase_sign

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tui.login_state import Login
    from tui.screens.login_dialogs import Wanted
    from tui.screens.main import MainScreen
    from tui.screens.switchyard import Switchyard

_KEYS = {API_KEY: "an API key", PERSONAL_ACCESS_TOKEN: "an access token"}


class LoginKeys:
    """The pane of one screen."""

    def __init__(self, screen: MainScreen, app: Switchyard) -> None:
        self._screen = screen
        self._yard = app
        self.logins = app.logins
        self.desk = LoginDesk(app, screen.deeds)
        self.copies = Copies(screen, app)
        self.pane = LoginPane(
            self.logins,
            signs=app.signs,
            keymap=app.keymap,
            mono=app.scene.look.mono,
            titled=lambda title: screen.panes.title(WORK, title),
        )
        self.lines = LoginLines(screen, app, self.pane, self.desk)
        self.pane.view.pasted = self._pasted
        self.desk.asks = self._asked
        self.handlers: dict[str, Callable[[], object]] = {
            "switch": self._switch,
            "login": lambda: self._log_in(DEVICE),
            "login-browser": lambda: self._log_in(BROWSER),
            "new": self._ask_new,
            "open": self._here(self.copies.open),
            "plain": self._here(self.copies.show),
            "qr": self._toggle_qr,
            "tunnel": self._edit_tunnel,
            "browser-instead": self._instead,
            "code-new": self._again,
            "cancel": app.action_cancel,
        }

    # -- coming and going --

    @property
    def login(self) -> Login | None:
        """The login in whose pane the focus is."""
        inside = self._screen.focused in (self.pane.view, self.pane.line)
        return self.logins.watched if inside and self._screen.focused is not None else None

    def _here(self, deed: Callable[[Login], object]) -> Callable[[], object]:
        """Return what does a deed with the login in whose pane the focus is."""
        return lambda: deed(login) if (login := self.login) is not None else None

    def place(self) -> str | None:
        """Return where in the pane the focus is; None outside."""
        focused = self._screen.focused
        if focused is None or self.logins.watched is None:
            return None
        if focused is self.pane.line:
            return "login-line"
        return self.logins.watched.place if focused is self.pane.view else None

    def open(self, login: Login | None = None) -> None:
        """Go to the pane of a login; without one, to that which was watched last."""
        if login is not None and login is not self.logins.watched:
            self.logins.show(login)
        watched = self.logins.watched
        if watched is None:
            return
        self._select(watched)
        self._screen.remove_class("-progress", "-progressing")
        self._screen.add_class("-watching", "-logins")
        self._screen.set_focus(self.pane.view)

    def leave(self) -> None:
        """Go back to the list; the login goes on."""
        self.lines.close()
        self._screen.remove_class("-watching")
        self._screen.set_focus(self._screen.list)

    def step_back(self) -> bool:
        """Go one step back in the pane; False outside."""
        login = self.login
        if login is None:
            return False
        if self.pane.line is not None:
            self.lines.close()
            self._screen.set_focus(self.pane.view)
        elif self.logins.shows_qr:
            self._toggle_qr()
        elif login.phase in OVER:
            self.desk.close(login)
            self.leave()
        else:
            self.leave()
        return True

    def changed(self) -> None:
        """Draw what the logins are at."""
        screen = self._screen
        screen.set_class(bool(self.logins.all), "-logins")
        if not self.logins.all and (screen.has_class("-watching") or self.login is not None):
            self.leave()
        line = self.pane.line
        watched = self.logins.watched
        if watched is not None and watched.phase not in (STARTING, APPROVED, SAVING):
            # What is in between is over in a moment: the pane keeps its height for it.
            screen.set_class(watched.phase != WAITING, "-short")
        if line is not None and (watched is None or watched.phase != WAITING):
            # Nothing waits for it any more.
            had_focus = screen.focused is line
            self.lines.close()
            if had_focus:
                screen.set_focus(self.pane.view)
        self.pane.show()

    def _select(self, login: Login) -> None:
        name = login.saved.name if login.saved is not None else login.name
        state = self._yard.state
        if state.snapshot.row(name) is not None:
            state.select_name(name)

    def turn(self, step: int) -> None:
        """Go to another login, or to what else is in their place."""
        if self._screen.work.turn(step):
            return
        if self.login is None and not self.pane.display:
            # The one that no row leads to is what the list's title names.
            self.open(self.logins.without_row(self._names()))
            return
        self.logins.turn(step)
        if self.login is not None and self.logins.watched is not None:
            self._select(self.logins.watched)
        else:
            self.open()

    def words(self) -> str:
        """Return what the list's title says of the logins."""
        signs = self._yard.signs
        login = self.logins.without_row(self._names())
        several = login is not None and login.runs and len(self.logins.running) > 1
        if login is not None and not several and login.phase not in (UNSAVED, MISMATCHED):
            what = "failed" if login.phase == FAILED else "saved" if login.phase == SAVED else ""
            name = f"{phase_sign(login.phase, signs)} {clean(login.name)}"
            words = f"{name} {what}".rstrip()
        else:
            words = self.logins.words()
        return numbered(WORK, words) if words else ""

    def _names(self) -> set[str | None]:
        return {row.name for row in self._yard.state.all_rows}

    def _switch(self) -> Awaitable[None] | None:
        """Switch to the selected profile; from the pane of a login that was saved, and that is done with then."""
        row = self._yard.state.selected
        if self.login is not None and self.login.phase == SAVED:
            self.step_back()
        return self._screen.deeds.do("switch", row.name if row is not None else None)

    # -- starting --

    def _log_in(self, way: str) -> Awaitable[None] | None:
        here = self.login
        if here is not None:
            if here.runs:
                change = self._yard.keymap.first("browser-instead")
                self._yard.tell(f"a login for {here.name} runs here: {change} changes the way")
            else:
                self.open(self.desk.start(here.name, way))
            return None
        row = self._yard.state.selected
        if row is None or row.name is None:
            return None
        name, running = row.name, self.logins.of(row.name)
        if running is not None and running.runs:
            self.open(running)
        elif row.kind in _KEYS:
            return self._screen.deeds.confirm(
                f"Log in to {name}?",
                f"{name} holds {_KEYS[row.kind]}. A login of a person is another one: you will be asked "
                "where it goes.",
                "log in",
                lambda: self.open(self.desk.start(name, way)),
            )
        else:
            self.open(self.desk.start(name, way))
        return None

    def log_in(self, name: str) -> None:
        """Start a login with a device code, and go to its pane."""
        self.open(self.logins.of(name) or self.desk.start(name, DEVICE))

    def _ask_new(self) -> Awaitable[None]:
        from tui.screens.login_dialogs import NewLogin

        rows = self._yard.state.all_rows
        names = [row.name for row in rows if row.name] + [each.name for each in self.logins.running]

        def answered(wanted: Wanted | None) -> None:
            if wanted is not None:
                self._make(wanted)

        found = len(self._yard.state.snapshot.discovered)
        return self._yard.push_screen(NewLogin(names, found), answered)

    def _make(self, wanted: Wanted) -> None:
        from tui.screens.login_dialogs import EMPTY, FOUND, AskSecret

        if wanted.way == EMPTY:
            self._screen.deeds.make_empty(wanted.name)
        elif wanted.way == FOUND:
            from tui.screens.found_homes import ask_which

            ask_which(self._yard, self._screen.deeds, wanted.name)
        elif wanted.way in (KEY, TOKEN):
            what = "API key" if wanted.way == KEY else "Access token"
            about = "It is checked first." if wanted.way == TOKEN else "It is saved as it is."

            def given(text: str | None) -> None:
                from profiles.model import Secret

                if text:
                    self.open(self.desk.start(wanted.name, wanted.way, secret=Secret(text)))

            from profiles.oauth.given import why_no_key, why_no_token

            why_not = why_no_key if wanted.way == KEY else why_no_token
            title = f"{what} for {wanted.name}"
            dialog = AskSecret(title, f"{about} Only dots are shown.", why_not)
            self._yard.push_screen(dialog, given)
        else:
            self.open(self.desk.start(wanted.name, wanted.way))

    # -- in the pane --

    def enter(self) -> Awaitable[None] | None:
        """Do the next thing there is to do in the pane."""
        login = self.login
        if login is None:
            return None
        if login.phase == UNSAVED:
            self.desk.save(login)
        elif login.phase == MISMATCHED:
            return self.decide(login)
        elif login.phase in OVER:
            self.step_back()
        elif login.phase == WAITING and login.way == BROWSER:
            return self.lines.ask_callback(login)
        return None

    def _asked(self, login: Login) -> None:
        """Ask at once where the person looks at this very login; elsewhere its pane waits for them."""
        if self.login is login and self._yard.screen is self._screen:
            self.decide(login)

    def decide(self, login: Login) -> Awaitable[None] | None:
        """Ask where a login of another identity goes."""
        from tui.screens.login_dialogs import Choose, Option

        mismatch = login.mismatch
        if mismatch is None:
            return None
        theirs = mismatch.belongs_to
        beside = f"into {theirs}, whose it is" if theirs else "as a new profile"
        options = (
            Option("new", beside, f"{login.name} stays as it is"),
            Option(
                "replace", f"into {login.name}", "the login that it has is kept under another name"
            ),
            Option("drop", "nowhere", "its tokens are discarded; they are not revoked"),
        )

        def answered(answer: str | None) -> None:
            if login.phase != MISMATCHED or answer is None:
                return
            if answer == "drop":
                self.desk.cancel(login)
            else:
                self.desk.save(login, answer)

        text = f"{mismatch.message[:1].upper()}{mismatch.message[1:]}. Save it"
        return self._yard.push_screen(Choose("Another login", text, options), answered)

    def cancel(self) -> bool:
        """End the login in whose pane we are, after a question where that costs something; False outside."""
        login = self.login
        if login is None:
            return False
        if self.pane.line is not None:
            return self.step_back()
        if login.phase == SAVING:
            self._yard.tell("it is being saved just now")
        elif self.desk.is_costly(login):
            self._screen.deeds.confirm(
                f"Cancel the login for {login.name}?",
                "It was approved already. Its tokens are discarded, and not revoked.",
                "cancel it",
                lambda: self._cancel(login),
                holds=lambda: login in self.logins.all and self.desk.is_costly(login),
            )
        elif login.phase in OVER:
            return self.step_back()
        else:
            self._cancel(login)
        return True

    def _cancel(self, login: Login) -> None:
        if login.phase in (SAVING, SAVED):
            return
        inside = self.login is login
        self.desk.cancel(login)
        if inside:
            self.leave()

    def _again(self) -> None:
        if self.login is not None:
            self.open(self.desk.again(self.login))

    def _instead(self) -> Awaitable[None] | None:
        """Change the way; what a person may be typing just now is given up only after a question."""
        login = self.login
        if login is None:
            return None
        if login.phase != WAITING:
            self.open(self.desk.instead(login))
            return None
        way = "device code" if login.way == BROWSER else "browser"
        lost = (
            "the page that is shown" if login.code is None else f"the code {login.code.user_code}"
        )

        def waits() -> bool:
            return self.logins.of(login.name) is login and login.phase == WAITING

        def agreed() -> None:
            if waits():
                self.open(self.desk.instead(login))

        words = f"{lost[:1].upper()}{lost[1:]} will no longer work."
        title = f"Log in by {way} instead?"
        return self._screen.deeds.confirm(title, words, f"by {way}", agreed, holds=waits)

    def _toggle_qr(self) -> None:
        self.logins.shows_qr = not self.logins.shows_qr
        self.logins.tell()

    def _edit_tunnel(self) -> Awaitable[None] | None:
        return self.lines.ask_tunnel(self.login) if self.login is not None else None

    def _pasted(self, text: str) -> None:
        if self.login is not None:
            self.lines.paste(self.login, text)

    # -- leaving the program --

    def leaving_costs(self, *, waiting: bool = False) -> str | None:
        """Say what leaving now would throw away; None when nothing. With `waiting` also what nobody approved yet."""
        at_stake, running = self.logins.at_stake, self.logins.running
        if at_stake:
            names = ", ".join(login.name for login in at_stake)
            more = "is approved and not saved yet: it would be lost"
            return f"The login for {names} {more}; its tokens are not revoked."
        if not waiting or not running:
            return None
        if len(running) == 1:
            return f"The login for {running[0].name} waits for approval: leave and cancel it?"
        return f"{len(running)} logins wait for approval: leave and cancel them?"
