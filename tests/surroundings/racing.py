"""Processes that work on one home at the same time, each told what to do by lines on its stdin.

    with Racer("switcher") as one: one.tell("ada"); one.answer()        # "0", or "6 why"

`switcher` switches to the profile that a line names. `codex-169` rotates the live login as Codex
0.169 stores what it refreshed: auth.lock, then <auth.json>.lock, read again, compare, temporary file,
rename. `codex-98` rewrites the file in place without any lock. Both rotate until they are told to
stop, and then say which generation of each login is the newest.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import subprocess
import sys
import time
from typing import Final

from tests.support.cli import ROOT, tui_environ
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

PEOPLE: Final = ("ada", "bob", "carl")
#: Seconds between two rotations: many in each switch, and room for a switch in between.
PAUSE: Final = 0.01
#: Codex 0.169 gives up on `<auth.json>.lock` after about 5 s.
CODEX_PATIENCE: Final = 5.0


def login_of(name: str, age: int) -> Login:
    """Return the login of one of the people, issued `age` seconds ago by the clock of the test."""
    return Login(Person(name), issued_at=age)


class Racer:
    """A child process; `tell` and `answer` are one line each."""

    def __init__(self, role: str, *words: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.surroundings.racing", role, *words],
            env=tui_environ(),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.answer() == "up"

    def tell(self, line: str) -> None:
        """Write a line to it."""
        assert self._child.stdin is not None
        self._child.stdin.write(f"{line}\n")
        self._child.stdin.flush()

    def answer(self) -> str:
        """Return the next line that it says."""
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        assert line, "the child is gone"
        return line.rstrip("\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        with contextlib.suppress(OSError):
            self._child.stdin.close()
        try:
            self._child.wait(30)
        finally:
            self._child.kill()
            self._child.wait()
            self._child.stdout.close()


# --- what the children do -----------------------------------------------------------------------------


def _say(line: str) -> None:
    print(line, flush=True)


def _switcher(anyway: str = "") -> None:
    from profiles.context import make_context
    from profiles.errors import ProfilesError
    from profiles.files import Files
    from profiles.switching import switch
    from tui.stderr import exit_code_for

    class Hasty(Files):
        """Waits for no disk: what is tried here is order among processes, not a power cut."""

        def sync(self, descriptor: int) -> None:
            """Do nothing."""

        def sync_folder(self, folder: str) -> None:
            """Do nothing."""

    for line in sys.stdin:
        context = make_context()._replace(
            files=Hasty(), sleep=lambda seconds: time.sleep(seconds / 5), processes=list
        )
        try:
            switch(context, line.strip(), anyway=bool(anyway))
        except ProfilesError as error:
            _say(f"{int(exit_code_for(error))} {error.message}")
        except Exception as error:  # noqa: BLE001 - the test says what came
            _say(f"99 {error!r}")
        else:
            _say("0")


@contextlib.contextmanager
def codex_locks(home: str) -> Iterator[None]:
    """Hold both locks of Codex 0.169, in its order and with its patience."""
    target = os.path.realpath(f"{home}/auth.json")
    first = os.open(f"{home}/auth.lock", os.O_RDWR | os.O_CREAT, 0o666)
    second = os.open(f"{target}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(first, fcntl.LOCK_EX)
        begun = time.monotonic()
        while True:
            try:
                fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                # Here Codex would drop what it has just been given.
                assert time.monotonic() - begun < CODEX_PATIENCE, "held longer than Codex waits"
                time.sleep(0.01)
        yield
    finally:
        os.close(second)
        os.close(first)


def _replace(path: str, data: bytes, draw: random.Random) -> None:
    target = os.path.realpath(path)
    temporary = f"{os.path.dirname(target)}/.auth-{draw.randrange(1 << 30):06x}"
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    os.rename(temporary, target)


def _rewrite(path: str, data: bytes, draw: random.Random) -> None:
    """Truncate and write, now and then in two goes, as a busy machine makes of it."""
    with open(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb", buffering=0
    ) as file:
        cut = draw.choice((0, len(data) // 2, len(data)))
        if cut:
            file.write(data[:cut])
        if cut < len(data):
            time.sleep(draw.choice((0.0, 0.002, 0.02)))
            file.write(data[cut:])


class _Codex:
    """The newest generation of each login, and how the live one gets its next."""

    def __init__(self, home: str, issued_at: str, seed: str, *, locked: bool) -> None:
        self.home = home
        self.locked = locked
        self.draw = random.Random(int(seed))
        self.newest = {name: login_of(name, int(issued_at)) for name in PEOPLE}

    def rotate(self) -> str | None:
        """Rotate the live login; return what is wrong with what is there, if anything is."""
        path = f"{self.home}/auth.json"
        with codex_locks(self.home) if self.locked else contextlib.nullcontext():
            try:
                with open(path, "rb") as file:
                    token = json.loads(file.read())["tokens"]["refresh_token"]
            except ValueError:
                # Codex would not start with it; in place, it may be our own half.
                return "not whole" if self.locked else None
            for name, login in self.newest.items():
                if login.refresh_token == token:
                    self.newest[name] = login.rotate(1)
                    write = _replace if self.locked else _rewrite
                    write(path, self.newest[name].document().data(), self.draw)
                    return None
            # Without locks it may have been replaced in the very moment; with them, never.
            return "a spent token is live" if self.locked else None

    def say_newest(self, wrong: str | None) -> None:
        """Say the generations, or what is wrong."""
        _say(wrong or " ".join(f"{self.newest[name].generation}" for name in PEOPLE))


def _codex(home: str, issued_at: str, seed: str, *, locked: bool) -> None:
    import select

    codex = _Codex(home, issued_at, seed, locked=locked)
    os.set_blocking(0, False)
    running, wrong = False, None
    while True:
        ready, _, _ = select.select([0], [], [], PAUSE if running else None)
        if ready:
            order = os.read(0, 4096).decode()
            if not order:
                return
            running = order.split()[-1] == "go"
            codex.say_newest(wrong)
        elif running and wrong is None:
            wrong = codex.rotate()


def main(role: str, *words: str) -> None:
    """Play a role until stdin ends."""
    _say("up")
    if role == "switcher":
        _switcher(*words)
    else:
        home, issued_at, seed = words
        _codex(home, issued_at, seed, locked=role == "codex-169")


if __name__ == "__main__":
    main(*sys.argv[1:])
