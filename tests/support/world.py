"""A small world in which logins can be lost: an issuer, homes, Codexes, a clock, and a memory of what must still exist.

The world knows which refresh token of each family is alive. After every step it looks for each of them in all files on
disk: one that is nowhere must have been lost in one of the ways that nobody can prevent (profiles/RULES.md), and said.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace

from profiles.context import Context
from profiles.errors import ProfilesError
from profiles.generation import read_copy
from profiles.paths import ActiveHome, Roots
from tests.support.documents import api_key, mixture, with_api_key
from tests.support.faults import Faulty, Killed
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.files import Files

#: Two members of one workspace, one person in two workspaces, a person apart.
CAST = {
    "ada": Login(Person("ada")),
    "ada at acme": Login(Person("ada")).in_workspace("acme"),
    "bob at acme": Login(Person("bob")).in_workspace("acme"),
    "cyd": Login(Person("cyd")),
}


@dataclass
class Family:
    """A family of refresh tokens as the issuer knows it."""

    current: Login
    alive: bool = True
    #: Every token it ever had.
    tokens: set[str] = field(default_factory=set)
    #: Lost in a way that nobody can prevent, or destroyed by whoever wrote garbage over its last copy.
    excused: bool = False


class World:
    """The files below `root`, the issuer, and the clock."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.home = f"{root}/home/.codex"
        self.data = f"{root}/sy"
        self.time = 1_800_000_000.0
        self.ticks = 0.0
        self.families: dict[str, Family] = {}
        self.keys: set[str] = set()
        self.said: list[str] = []
        self.serial = 0
        os.makedirs(f"{root}/home", mode=0o700)

    # -- our program --

    def context(self, files: Files | None = None) -> Context:
        """Return surroundings with this world's clock; nothing waits."""
        roots = Roots(*(f"{self.data}/{name}" for name in ("config", "data", "state", "cache")))
        return Context(
            environ={"HOME": f"{self.root}/home"},
            roots=roots,
            user_home=f"{self.root}/home",
            active=ActiveHome(self.home, from_environment=False, problem=None),
            uid=os.geteuid(),
            files=files or Faulty(),
            now=lambda: self.time,
            monotonic=lambda: self.ticks,
            sleep=self.sleep,
            processes=list,
        )

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.ticks += seconds
        self.time += seconds

    def perform(
        self, verb: Callable[[Context], object], files: Faulty | None = None
    ) -> object | None:
        """Run a verb of ours; a refusal and an injected failure are both fine, a crash is not.

        Returns the verb's result, or None when it was refused, failed or killed.
        """
        self.sleep(1.0)
        files = files or Faulty()
        try:
            result = verb(self.context(files))
        except ProfilesError as error:
            self.said.append(error.message)
            return None
        except Killed:
            files.bury()
            return None
        said = getattr(result, "said", result)
        if isinstance(said, list):
            self.said.extend(said)
        return result

    def profile_names(self) -> list[str]:
        """Return the names of the folders below `profiles/`."""
        try:
            names = os.listdir(f"{self.data}/data/profiles")
        except OSError:
            return []
        return sorted(name for name in names if not name.startswith("."))

    # -- the issuer --

    def sign_in(self, who: str) -> Login:
        """Let the issuer make a new family for somebody."""
        self.serial += 1
        login = CAST[who].sign_in(f"sign-in {self.serial}", at=int(self.time))
        self.families[login.session_id] = Family(login, tokens={login.refresh_token})
        return login

    def rotate(self, login: Login) -> Login:
        """Let the issuer exchange a token: the old one is dead at once."""
        family = self.families[login.session_id]
        assert family.current.refresh_token == login.refresh_token, "a dead token was presented"
        self.sleep(2.0)
        newer = replace(login, generation=login.generation + 1, issued_at=int(self.time))
        family.current = newer
        family.tokens.add(newer.refresh_token)
        return newer

    def revoke(self, login: Login) -> None:
        """Let the issuer end a family."""
        self.families[login.session_id].alive = False

    # -- what is on disk --

    def login_in(self, path: str) -> Login | None:
        """Return the ChatGPT login in a file as the issuer would know it, with the fields that the file has."""
        try:
            with open(path, "rb") as file:
                tokens = json.loads(file.read())["tokens"]
            token, account = tokens["refresh_token"], tokens.get("account_id")
        except (OSError, ValueError, KeyError, TypeError):
            return None
        for family in self.families.values():
            known = family.current
            if token == known.refresh_token and account == known.account_id:
                kept = bool(tokens.get("oauth_provenance")), bool(tokens.get("login_owner_id"))
                return replace(known, provenance=kept[0], owner=kept[1])
        return None

    @property
    def live_path(self) -> str:
        """The active home's auth.json."""
        return f"{self.home}/auth.json"

    def files_on_disk(self) -> list[str]:
        """Return every file there is."""
        return sorted(
            os.path.join(folder, name)
            for folder, _, names in os.walk(self.root)
            for name in names
            if not os.path.islink(os.path.join(folder, name))
        )

    def everything(self) -> bytes:
        """Return all bytes on disk."""
        pieces = []
        for path in self.files_on_disk():
            with open(path, "rb") as file:
                pieces.append(file.read())
        return b"\0".join(pieces)

    def excuse(self, login: Login) -> None:
        """Note that this family is lost and nobody could prevent it."""
        self.families[login.session_id].excused = True

    def destroyed_by_garbage(self) -> None:
        """Forgive the loss of whatever is nowhere any more: somebody else wrote over it."""
        disk = self.everything()
        for family in self.families.values():
            if family.current.refresh_token.encode() not in disk:
                family.excused = True
        self.keys = {key for key in self.keys if key.encode() in disk}

    def newest_in_profiles(self) -> dict[str, Login]:
        """Return the families whose newest token is in a profile's auth.json, by profile."""
        found = {}
        for name in self.profile_names():
            login = self.login_in(f"{self.data}/data/profiles/{name}/auth.json")
            if login is not None and self.families[login.session_id].alive:
                found[login.session_id] = login
        return found

    def check_none_went_back(self, held: dict[str, Login]) -> None:
        """Assert that what was newest in a profile still is in one, unless a newer sign-in took its place (R9)."""
        now = self.newest_in_profiles()
        for session, login in held.items():
            if session in now:
                continue
            assert self._has_newer(login), (
                f"the profile of {login.email} in {login.workspace} lost its newest token"
            )

    def _has_newer(self, login: Login) -> bool:
        """Say whether a profile holds something issued later to the same person and workspace, alive or not."""
        for name in self.profile_names():
            copy = read_copy(f"{self.data}/data/profiles/{name}/auth.json")
            document = copy.document if copy is not None else None
            if document is None or document.identity is None:
                continue
            issued = document.access_facts.issued_at or 0.0
            identity = (document.identity.user_id, document.identity.account_id)
            if identity == login.identity and issued >= login.issued_at:
                return True
        return False

    # -- what must hold --

    def check(self) -> None:
        """Assert the promises."""
        disk = self.everything()
        for family in self.families.values():
            if family.alive and not family.excused:
                login = family.current
                assert login.refresh_token.encode() in disk, (
                    f"the newest token of {login.email} in {login.workspace} "
                    f"(generation {login.generation}) is nowhere"
                )
        for key in self.keys:
            assert key.encode() in disk, "an API key is nowhere"
        self._check_private()
        self._check_whole()

    def _check_private(self) -> None:
        """No secret in what we write beside the login files, nor in what we say."""
        state = f"{self.data}/state"
        texts = ["\n".join(self.said)]
        for name in ("history.jsonl", "seen.json", "states.json", "spent"):
            try:
                with open(f"{state}/{name}", encoding="utf-8", errors="replace") as file:
                    texts.append(file.read())
            except OSError:
                continue
        try:
            with open(f"{self.data}/cache/claims.json", encoding="utf-8", errors="replace") as file:
                texts.append(file.read())
        except OSError:
            pass
        text = "\n".join(texts)
        for family in self.families.values():
            for token in family.tokens:
                assert token not in text, "a refresh token stands in a state file or a message"
        for key in self.keys:
            assert key not in text, "a key stands in a state file or a message"

    def _check_whole(self) -> None:
        """What we wrote as auth.json is a whole document with mode 0600."""
        for path in self.files_on_disk():
            if os.path.basename(path) != "auth.json" or path in self.garbage:
                continue
            with open(path, "rb") as file:
                assert isinstance(json.loads(file.read()), dict), path
            assert os.stat(path).st_mode & 0o077 == 0, path

    @property
    def garbage(self) -> set[str]:
        """The auth.json files that hold what somebody else wrote and no client would load."""
        found = set()
        for path in self.files_on_disk():
            with open(path, "rb") as file:
                if file.read().startswith(GARBAGE):
                    found.add(path)
        return found

    # -- Codex, and others --

    def put_api_key(self) -> None:
        """`codex login --with-api-key`: overwrites the live file and revokes nothing."""
        self.serial += 1
        name = f"key {self.serial}"
        self._about_to_lose_live()
        with_api_key(name).write(self.home)
        self.keys.add(api_key(name))

    def _about_to_lose_live(self) -> Login | None:
        """Excuse the live login when its last rotation is nowhere but in the live file (case 2)."""
        login = self.login_in(self.live_path)
        try:
            with open(self.live_path, encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:
            text = ""
        for family in self.families.values():
            token = family.current.refresh_token
            if token in text and not self._is_elsewhere(token):
                family.excused = True
        self.keys = {k for k in self.keys if k not in text or self._is_elsewhere(k)}
        return login

    def _is_elsewhere(self, secret: str) -> bool:
        for path in self.files_on_disk():
            if path != self.live_path:
                with open(path, "rb") as file:
                    if secret.encode() in file.read():
                        return True
        return False

    def restore(self, login: Login, age: int) -> None:
        """Somebody puts a copy of `age` generations ago back into the active home."""
        self._about_to_lose_live()
        generation = max(0, login.generation - age)
        back = login.generation - generation
        older = replace(login, generation=generation, issued_at=login.issued_at - back)
        older.write(self.home, in_place=True)

    def codex_login(self, who: str, *, old: bool) -> None:
        """`codex login` in the active home; since 0.140 it revokes and deletes what was there."""
        login = self._about_to_lose_live()
        if login is not None and not old:
            self.revoke(login)
        newcomer = self.sign_in(who)
        (newcomer.as_098() if old else newcomer).write(self.home, in_place=old)

    def codex_logout(self, *, old: bool) -> None:
        """`codex logout`; since 0.140 it revokes."""
        login = self._about_to_lose_live()
        if login is not None and not old:
            self.revoke(login)
        try:
            os.unlink(self.live_path)
        except FileNotFoundError:
            pass

    def codex_refresh(self, home: str, *, old: bool) -> bool:
        """A Codex refreshes the login in a home; an old one drops the fields that it does not know."""
        login = self.login_in(f"{home}/auth.json")
        if login is None or not self.families[login.session_id].alive:
            return False
        newer = self.rotate(login)
        (newer.as_098() if old else newer).write(home, in_place=old)
        return True

    def mix(self, outgoing: Login, incoming: Login) -> None:
        """An old Codex finishes the refresh of `outgoing` after the file went to `incoming` (case 1 if 0.169)."""
        newer = self.rotate(outgoing)
        mixture(newer, incoming).write(self.home, in_place=True)


#: How every piece of garbage begins, so that the world can tell it from what we wrote.
GARBAGE = b"\x00garbage"
