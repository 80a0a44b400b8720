"""A yard in which the rules are tried: homes and profiles on disk, a clock that moves when told, no process.

    yard = Yard(box)
    yard.save("ada", ada)              # a profile as `tui add` leaves it
    yard.live(ada.rotate())            # what Codex wrote to the active home
    yard.switch("bob")
    assert yard.holds(yard.saved("ada"), ada.rotate())

Whatever waits moves the clock instead; whoever meddles does so at a file call, not after a pause.
"""

from __future__ import annotations

import json
import os

import pytest

from profiles import switching
from profiles.auth_file import parse
from profiles.backups import kept
from profiles.context import Context, make_context
from profiles.files import Files
from profiles.history import iso, read_history
from profiles.marks import load_marks
from profiles.model import Process, Secret
from profiles.profile_file import ProfileFile, load_profile_file, save_profile_file
from profiles.reconcile import Report, reconcile
from profiles.spent import SPENT, load_spent, record
from tests.support.faults import Faulty
from tests.support.tokens import HOUR, NOON, Document, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.history import Entry
    from profiles.marks import Mark
    from profiles.model import Identity
    from profiles.switching import SwitchResult
    from tests.conftest import Box

ADA = Login(Person("ada"))
BOB = Login(Person("bob"))


def refresh_digest(login: Login) -> str:
    """Return the digest by which the login's refresh token is remembered."""
    return Secret(login.refresh_token).digest()


def identity_of(login: Login | Document) -> Identity:
    """Return the identity of a login as we read it."""
    document = login.document() if isinstance(login, Login) else login
    identity = parse(document.data(), "made").identity
    assert identity is not None
    return identity


#: For tests that meddle or kill at one file call after the other: some of the calls, and in the slow tier each.
AT_FILE_CALLS = pytest.mark.parametrize(
    "step",
    [pytest.param(5, id="some calls"), pytest.param(1, marks=pytest.mark.slow, id="each call")],
)


class Meddler(Faulty):
    """Lets somebody else act once, just before the file call number `at`; nothing fails, nothing is really synced."""

    def __init__(self, at: int, act: Callable[[], object]) -> None:
        super().__init__()
        self.meddle_at = at
        self.act = act
        self.acted: str | None = None

    def _step(self, name: str) -> None:
        super()._step(name)
        if self.calls == self.meddle_at:
            self.acted = name
            self.act()


def sub_box(box: Box, number: int) -> Box:
    """Return a box within the box, for tests that do one thing many times from the same start."""
    path = f"{box.path}/{number}"
    made = type(box)(path, f"{path}/home", f"{path}/home/.codex", f"{path}/sy")
    for folder in (path, made.home, made.switchyard):
        os.mkdir(folder, 0o700)
    return made


class Yard:
    """Everything that a rule depends on, in the test's own folders. Times are seconds since the epoch, UTC."""

    def __init__(self, box: Box, files: Files | None = None) -> None:
        self.box = box
        self.home = os.path.realpath(box.codex)
        self.time = float(NOON + 6 * HOUR)
        self.ticks = 0.0
        self.slept: list[float] = []
        self.running: list[Process] = []
        self.files = files or Files()
        self.environ = {"HOME": box.home, "SWITCHYARD_HOME": box.switchyard}
        self.on_sleep: Callable[[], None] = lambda: None
        os.makedirs(self.home, mode=0o700, exist_ok=True)

    # -- the surroundings --

    @property
    def context(self) -> Context:
        """The surroundings now: this clock, these processes, these file calls."""
        return make_context(self.environ)._replace(
            files=self.files,
            now=lambda: self.time,
            monotonic=lambda: self.ticks,
            sleep=self.sleep,
            processes=lambda: list(self.running),
        )

    def sleep(self, seconds: float) -> None:
        """Let time pass, and whoever waits for that do something."""
        self.slept.append(seconds)
        self.ticks += seconds
        self.time += seconds
        self.on_sleep()

    def codex(self, home: str, command: str = "codex", pid: int = 4321) -> Process:
        """Let a Codex run with a home."""
        process = Process(pid, command, daemon=False, home=os.path.realpath(home))
        self.running.append(process)
        return process

    # -- what is on disk --

    @property
    def live_path(self) -> str:
        """The active home's auth.json."""
        return f"{self.home}/auth.json"

    def saved(self, name: str) -> str:
        """A managed profile's auth.json."""
        return f"{self.box.profile(name)}/auth.json"

    def live(self, login: Login | Document, *, in_place: bool = False) -> str:
        """Write the active home's auth.json as Codex does."""
        return login.write(self.home, in_place=in_place)

    def save(self, name: str, login: Login | Document) -> str:
        """Make a managed profile as `tui add` leaves it; return its auth.json."""
        path = login.write(self.box.profile(name))
        self._describe(name, login, None)
        return path

    def register(self, name: str, home: str, login: Login | Document | None) -> str:
        """Make a profile of a home elsewhere; with a login, write it there. Returns that auth.json."""
        os.makedirs(home, mode=0o700, exist_ok=True)
        os.makedirs(self.box.profile(name), mode=0o700, exist_ok=True)
        if login is not None:
            login.write(home)
        self._describe(name, login, os.path.realpath(home))
        return f"{os.path.realpath(home)}/auth.json"

    def _describe(self, name: str, login: Login | Document | None, home: str | None) -> None:
        os.chmod(self.box.profile(name), 0o700)
        fields = ProfileFile(created=iso(self.time), home=home)
        if login is not None:
            fields = fields._replace(identity=identity_of(login))
        save_profile_file(make_context()._replace(files=Faulty()), self.box.profile(name), fields)

    def age(self, path: str, seconds: float) -> None:
        """Make a file `seconds` older than now."""
        moment = int((self.time - seconds) * 1e9)
        os.utime(path, ns=(moment, moment))

    def names(self) -> list[str]:
        """The profiles there are."""
        folder = self.box.profiles
        found = os.listdir(folder) if os.path.isdir(folder) else []
        return sorted(name for name in found if not name.startswith("."))

    def fields(self, name: str) -> ProfileFile:
        """What a profile.toml says."""
        return load_profile_file(self.box.profile(name))

    def holds(self, path: str, login: Login) -> bool:
        """Whether the file is a whole login file with this very refresh token under this account id."""
        try:
            tokens = json.loads(read(path))["tokens"]
        except (OSError, ValueError, KeyError):
            return False
        same = tokens["refresh_token"] == login.refresh_token
        return bool(same and tokens.get("account_id") == login.account_id)

    def backups(self, home: str | None = None) -> list[bytes]:
        """The bytes of a home's backups, oldest first."""
        return [read(path) for path in kept(self.context, home or self.home)]

    def backed_up(self, login: Login, home: str | None = None) -> bool:
        """Whether a backup of that home holds this login's refresh token."""
        return any(login.refresh_token.encode() in raw for raw in self.backups(home))

    def places(self, login: Login) -> list[str]:
        """Every file that holds this login's refresh token, whatever it is called."""
        found = []
        for folder, _, names in os.walk(self.box.path):
            for name in names:
                path = f"{folder}/{name}"
                if os.path.isfile(path) and login.refresh_token.encode() in read(path):
                    found.append(path)
        return sorted(found)

    # -- what we remember --

    def is_spent(self, login: Login) -> bool:
        """Whether the login's refresh token is remembered as used up."""
        return load_spent(self.context).is_spent(refresh_digest(login))

    def mark_spent(self, login: Login) -> None:
        """Remember the login's refresh token as used up."""
        record(self.context, SPENT, [refresh_digest(login)])

    def mark(self, login: Login) -> Mark | None:
        """What is remembered of the login's refresh token beside that."""
        return load_marks(self.context).get(refresh_digest(login))

    def history(self) -> list[Entry]:
        """What was done, oldest first."""
        return read_history(self.context)

    # -- what we do --

    def switch(self, name: str, *, anyway: bool = False) -> SwitchResult:
        """Switch, and a second later it is a second later."""
        self.sleep(1.0)
        return switching.switch(self.context, name, anyway=anyway)

    def reconcile(self) -> Report:
        """Reconcile the active home."""
        self.sleep(1.0)
        return reconcile(self.context)


def read(path: str) -> bytes:
    """Return a file's bytes."""
    with open(path, "rb") as file:
        return file.read()


def write(path: str, data: bytes) -> None:
    """Truncate a file and write it in place, as old clients do."""
    with open(path, "wb") as file:
        file.write(data)
