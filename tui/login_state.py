"""The logins that run: what each waits for, what came of it, which one is watched. No Textual here.

Whoever draws subscribes with a callback. Everything is called on one thread, the screen's. Nothing that a
record here says for people is ever a secret; the login itself is in `document`, which hides what it holds.
Times are seconds since the epoch, UTC.
"""

from __future__ import annotations

from profiles.oauth.events import (
    Approved,
    CallbackRefused,
    Checked,
    CodeIssued,
    Obtained,
    Postponed,
    UrlIssued,
)
from tui.watched import Watched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from profiles.auth_file import AuthDocument
    from profiles.errors import LoginMismatch
    from profiles.logging_in import SavedLogin
    from profiles.oauth.events import Event

#: The ways to log in, as `profiles.logging_in` calls them.
DEVICE, BROWSER, KEY, TOKEN = "device-code", "browser", "api-key", "access-token"
#: The same for people.
WAYS = {DEVICE: "device code", BROWSER: "browser", KEY: "API key", TOKEN: "access token"}

#: What a login is at. STARTING: nothing to show yet. WAITING: for a person. APPROVED: tokens are being
#: fetched. SAVING. UNSAVED: whole, and in memory alone. MISMATCHED: whole, in memory, somebody else's than
#: expected. SAVED, FAILED: over.
STARTING, WAITING, APPROVED, SAVING, UNSAVED, MISMATCHED, SAVED, FAILED = (
    *("starting", "waiting", "approved", "saving", "unsaved", "mismatched", "saved", "failed"),
)
#: What a person would lose by leaving now.
AT_STAKE = frozenset({APPROVED, SAVING, UNSAVED, MISMATCHED})
#: What nothing more comes of.
OVER = frozenset({SAVED, FAILED})

#: Seconds of waiting for a device code, after which it is said where such codes have to be allowed first.
PATIENCE = 60.0


class Login:
    """One login, from its start until somebody closes its pane."""

    def __init__(self, name: str, way: str, started_at: float) -> None:
        #: The profile that it is for, and how it is made.
        self.name = name
        self.way = way
        self.started_at = started_at
        self.phase = STARTING
        #: Whose login it should be, for people; None when anybody's will do.
        self.expected: str | None = None
        #: Whether the profile is there already.
        self.exists = False
        #: What a person does next: the code and where to type it, or the URL.
        self.code: CodeIssued | None = None
        self.url: UrlIssued | None = None
        #: The line for the person's own computer, what of it they may edit, the one for another shell of this
        #: machine, and whether a browser was opened here.
        self.tunnel = ""
        self.tunnel_edit = ""
        self.curl = ""
        self.opened = False
        #: The latest news while it waits.
        self.checked_at: float | None = None
        self.postponed: Postponed | None = None
        self.refused: CallbackRefused | None = None
        self.approved: Approved | None = None
        #: Something to know about these surroundings, such as a port that Windows has; and what is no trouble.
        self.remark = ""
        self.note = ""
        #: Why it failed, or was not saved, and what to do next.
        self.message = ""
        self.hint = ""
        #: The error's name, for those who offer something else then.
        self.failure = ""
        self.mismatch: LoginMismatch | None = None
        self.document: AuthDocument | None = None
        self.saved: SavedLogin | None = None

    def take(self, event: Event) -> None:
        """Take what the flow tells."""
        if isinstance(event, CodeIssued):
            self.code, self.phase = event, WAITING
        elif isinstance(event, UrlIssued):
            self.url, self.phase = event, WAITING
        elif isinstance(event, Checked):
            self.checked_at, self.postponed = event.at, None
        elif isinstance(event, Postponed):
            self.postponed = event
        elif isinstance(event, CallbackRefused):
            # Also what became of a pasted code: then it waits for another one.
            self.refused, self.approved, self.phase = event, None, WAITING
        elif isinstance(event, Approved):
            self.approved, self.refused, self.postponed = event, None, None
            self.phase = APPROVED
        elif isinstance(event, Obtained):
            self.document, self.phase = event.document, SAVING

    def fail(self, message: str, hint: str | None, failure: str = "") -> None:
        """End without a login; the profile is as it was."""
        self.phase, self.message, self.hint, self.failure = FAILED, message, hint or "", failure
        self.document = None

    def keep(self, message: str, hint: str | None) -> None:
        """Keep the login in memory: it could not be saved."""
        self.phase, self.message, self.hint = UNSAVED, message, hint or ""

    def ask(self, mismatch: LoginMismatch) -> None:
        """Keep the login in memory until a person says where it goes."""
        self.phase, self.mismatch = MISMATCHED, mismatch

    def done(self, saved: SavedLogin) -> None:
        """End well."""
        self.phase, self.saved, self.document = SAVED, saved, None
        self.message = self.hint = ""

    @property
    def runs(self) -> bool:
        """Whether something may still come of it."""
        return self.phase not in OVER

    @property
    def expires_at(self) -> float | None:
        """When nobody waits for the person any more."""
        issued = self.code or self.url
        return issued.expires_at if issued is not None and self.phase == WAITING else None

    @property
    def place(self) -> str:
        """Where the focus is when it is here, as footer and help call it."""
        if self.phase == WAITING:
            return "login-device" if self.way == DEVICE else "login-browser"
        return {
            FAILED: "login-failed",
            SAVED: "login-saved",
            UNSAVED: "login-unsaved",
            MISMATCHED: "login-mismatched",
        }.get(self.phase, "login-busy")

    def needs_patience(self, now: float) -> bool:
        """Whether a device code waits for so long that it may not be allowed."""
        waits = self.way == DEVICE and self.phase == WAITING
        return waits and now - self.started_at >= PATIENCE


class Logins(Watched):
    """All of them, in the order of their start, and the one whose pane is shown."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self.now = now
        self.all: list[Login] = []
        self.watched: Login | None = None
        #: Whether the whole pane is a QR code now.
        self.shows_qr = False

    def start(self, name: str, way: str) -> Login:
        """Add a login, in the place of what came of the last one for this profile; it is watched now."""
        login = Login(name, way, self.now())
        before = self.of(name)
        if before is None:
            self.all.append(login)
        else:
            self.all[self.all.index(before)] = login
        self.show(login)
        return login

    def show(self, login: Login) -> None:
        """Watch this one."""
        self.watched, self.shows_qr = login, False
        self.tell()

    def turn(self, step: int) -> None:
        """Watch the next one, or the one before."""
        if self.watched in self.all:
            at = self.all.index(self.watched)
            self.show(self.all[(at + step) % len(self.all)])

    def close(self, login: Login) -> None:
        """Show this one no more; its neighbour is watched then."""
        if login not in self.all:
            return
        at = self.all.index(login)
        self.all.remove(login)
        if self.watched is login:
            self.shows_qr = False
            self.watched = self.all[min(at, len(self.all) - 1)] if self.all else None
        self.tell()

    def of(self, name: str | None) -> Login | None:
        """Return the login for a profile."""
        return next((login for login in self.all if login.name == name), None)

    def without_row(self, names: Collection[str | None]) -> Login | None:
        """Return a login whose profile is not among `names`, the watched one first: no row leads to it."""
        found = [login for login in self.all if login.name not in names]
        return next(
            (login for login in found if login is self.watched), found[0] if found else None
        )

    @property
    def running(self) -> list[Login]:
        """Those that something may still come of."""
        return [login for login in self.all if login.runs]

    @property
    def at_stake(self) -> list[Login]:
        """Those that a person approved, and that no disk holds yet."""
        return [login for login in self.all if login.phase in AT_STAKE]

    def phases(self) -> Mapping[str, str]:
        """Return, by profile, what a running login is at: three states beside those of `profiles.expiry`."""
        words = {UNSAVED: "unsaved-login", MISMATCHED: "other-login"}
        return {login.name: words.get(login.phase, "logging-in") for login in self.running}

    def words(self) -> str:
        """Return how many run, for people: `2 logins run`; nothing where none does."""
        stuck = [login for login in self.running if login.phase in (UNSAVED, MISMATCHED)]
        if stuck:
            what = "not saved" if stuck[0].phase == UNSAVED else "to decide"
            return f"{what}: {stuck[0].name}"
        count = len(self.running)
        return f"{count} login{' runs' if count == 1 else 's run'}" if count else ""
