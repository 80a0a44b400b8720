"""Two switches at once, with a Codex that rotates the live login meanwhile; and Codex's locks held by others."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import subprocess
import sys
import threading
import time
from typing import Final

import pytest

from profiles.errors import StoreLocked
from profiles.files import Files
from profiles.switching import switch
from tests.support.cli import Ran, check_output, run_tui, tui_command, tui_environ
from tests.support.tokens import HOUR, Login
from tests.surroundings.racing import PEOPLE, Racer, login_of
from tests.surroundings.scene import (
    leftovers,
    quiet_context,
    read,
    refused,
    save_profile,
    settle,
    snapshot,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

#: Rounds in the default tier: of switches in two long-lived processes, and of real commands.
ROUNDS, COMMANDS = 170, 30


class Reader(threading.Thread):
    """Reads the live file all the time and keeps whatever was not a whole document."""

    def __init__(self, path: str) -> None:
        super().__init__(daemon=True)
        self.path = path
        self.torn: list[str] = []
        self.reads = 0
        self._done = threading.Event()

    def run(self) -> None:
        """Read until told to end."""
        while not self._done.is_set():
            self.reads += 1
            try:
                json.loads(read(self.path))["tokens"]["refresh_token"]
            except (OSError, ValueError, KeyError) as error:
                self.torn.append(repr(error))

    def end(self) -> None:
        """Stop reading."""
        self._done.set()
        self.join()


@contextlib.contextmanager
def _reader(path: str) -> Iterator[Reader]:
    reader = Reader(path)
    reader.start()
    try:
        yield reader
    finally:
        reader.end()


class Race:
    """The home of three people, one of whom is active, and a Codex that rotates whoever is."""

    def __init__(self, box: Box, codex: str, seed: int) -> None:
        self.box = box
        self.draw = random.Random(seed)
        self.issued_at = int(time.time()) - HOUR
        self.live = f"{box.codex}/auth.json"
        for name in PEOPLE:
            save_profile(box, name, login_of(name, self.issued_at).document())
        login_of(PEOPLE[0], self.issued_at).write(box.codex)
        switch(quiet_context(), PEOPLE[0])
        self.codex = Racer(codex, box.codex, str(self.issued_at), str(seed))

    def go(self) -> None:
        """Let Codex rotate."""
        self.codex.tell("go")
        self.codex.answer()

    def stop(self) -> dict[str, Login]:
        """Stop Codex, and return the newest generation of each login."""
        self.codex.tell("stop")
        said = self.codex.answer()
        newest = {}
        for name, generation in zip(PEOPLE, said.split(" "), strict=False):
            assert generation.isdigit(), said
            login = login_of(name, self.issued_at)
            for _ in range(int(generation)):
                login = login.rotate(1)
            newest[name] = login
        return newest

    def _texts(self, *roots: str) -> list[str]:
        found = []
        for root in roots:
            for folder, _, names in os.walk(root):
                found += [read(f"{folder}/{name}").decode(errors="replace") for name in names]
        return found

    def assert_kept(self, newest: dict[str, Login]) -> None:
        """Nothing that was rotated is lost: it is live, in its profile, or among the backups."""
        texts = self._texts(
            self.box.codex, self.box.profiles, f"{self.box.switchyard}/state/backups"
        )
        for name, login in newest.items():
            assert any(login.refresh_token in text for text in texts), name

    def assert_exact(self, newest: dict[str, Login]) -> None:
        """The live file holds the newest of its login; whoever is not active has theirs in their profile."""
        token = json.loads(read(self.live))["tokens"]["refresh_token"]
        active = [name for name, login in newest.items() if login.refresh_token == token]
        assert len(active) == 1, "a spent token is live"
        for name in set(PEOPLE) - set(active):
            assert read(f"{self.box.profile(name)}/auth.json") == newest[name].document().data()


def _two_names(race: Race) -> tuple[str, str]:
    return race.draw.choice(PEOPLE), race.draw.choice(PEOPLE)


def _run_two_commands(names: tuple[str, str]) -> list[Ran]:
    children = [
        subprocess.Popen(
            tui_command(["switch", name]),
            env=tui_environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    ran = []
    for child in children:
        out, err = child.communicate(timeout=60)
        ran.append(Ran(child.returncode, out, err))
        check_output(ran[-1])
    return ran


def _race_of_processes(race: Race, rounds: int) -> None:
    with Racer("switcher") as one, Racer("switcher") as two, _reader(race.live) as reader:
        for number in range(rounds):
            race.go()
            names = _two_names(race)
            for racer, name in zip((one, two), names, strict=True):
                racer.tell(name)
            for racer in (one, two):
                said = racer.answer()
                assert said.split(" ")[0] in ("0", "6"), (number, names, said)
            newest = race.stop()
            race.assert_kept(newest)
            race.assert_exact(newest)
        assert not reader.torn
        assert reader.reads > rounds


def _race_of_commands(race: Race, rounds: int) -> None:
    with _reader(race.live) as reader:
        for number in range(rounds):
            race.go()
            names = _two_names(race)
            for ran in _run_two_commands(names):
                assert ran.code in (0, 6), (number, names, ran.err)
            newest = race.stop()
            race.assert_kept(newest)
            race.assert_exact(newest)
        assert not reader.torn


def test_two_switches_at_once_with_a_rotating_codex(box: Box, seed: int) -> None:
    """R13: after every round the file is whole, no token is lost, and whoever was slower waited or gave up."""
    race = Race(box, "codex-169", seed)
    with race.codex:
        _race_of_processes(race, ROUNDS)
        newest = race.stop()
    assert sum(login.generation for login in newest.values()) > ROUNDS
    assert not leftovers(box.path)


def test_two_commands_at_once_with_a_rotating_codex(box: Box, seed: int) -> None:
    """The same with whole commands, from their start to their end."""
    race = Race(box, "codex-169", seed)
    with race.codex:
        _race_of_commands(race, COMMANDS)
    assert not leftovers(box.path)


@pytest.mark.slow
def test_two_hundred_rounds_of_commands(box: Box, seed: int) -> None:
    """All of the rounds with whole commands."""
    race = Race(box, "codex-169", seed)
    with race.codex:
        _race_of_commands(race, 200)
    assert not leftovers(box.path)


def _race_with_an_old_codex(race: Race, rounds: int) -> None:
    with Racer("switcher", "anyway") as one, Racer("switcher", "anyway") as two:
        for number in range(rounds):
            race.go()
            names = _two_names(race)
            for racer, name in zip((one, two), names, strict=True):
                racer.tell(name)
            for racer in (one, two):
                said = racer.answer()
                # Who writes without a lock may do so between our write and our look at it.
                interrupted = said.startswith("1 ") and "changed by something else" in said
                assert interrupted or said.split(" ")[0] in ("0", "6"), (number, names, said)
            race.assert_kept(race.stop())


def test_a_codex_that_knows_no_locks(box: Box, seed: int) -> None:
    """R6: Codex 0.98 truncates and writes in place; whatever it rotated is still somewhere on the disk."""
    race = Race(box, "codex-98", seed)
    with race.codex:
        _race_with_an_old_codex(race, 40)


@pytest.mark.slow
def test_a_codex_that_knows_no_locks_for_long(box: Box, seed: int) -> None:
    """More of it."""
    race = Race(box, "codex-98", seed)
    with race.codex:
        _race_with_an_old_codex(race, 400)


# --- locks that others hold -----------------------------------------------------------------------------

#: Holds a lock until its stdin ends; says so when it has it.
HOLD: Final = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""
LOCKS: Final = ("auth.lock", "auth.json.lock")


@contextlib.contextmanager
def _held(path: str) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-I", "-c", HOLD, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "held\n"
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("how", ["let go", "killed"])
def test_a_switch_waits_for_codex(box: Box, lock: str, how: str) -> None:
    """R13: while another process holds a lock of Codex the switch waits; when that lets go or dies, it is done."""
    scene = settle(box)
    with _held(f"{box.codex}/{lock}") as holder:
        waits = 0

        def sleep(seconds: float) -> None:
            nonlocal waits
            waits += 1
            assert read(scene.live) == scene.ada.document().data()
            if waits == 3:
                if how == "killed":
                    holder.kill()
                else:
                    assert holder.stdin is not None
                    holder.stdin.close()
                holder.wait()
            assert waits < 20

        result = switch(quiet_context()._replace(sleep=sleep), "bob")
    assert result.changed
    assert waits >= 3
    assert read(scene.live) == scene.bob.document().data()


def test_the_command_waits_for_codex(box: Box) -> None:
    """The same through the command line and by the real clock: the lock goes after a second."""
    scene = settle(box)
    with _held(f"{box.codex}/auth.lock") as holder:
        begun = time.monotonic()
        threading.Timer(1.0, holder.kill).start()
        assert run_tui(["switch", "bob"]).code == 0
        assert time.monotonic() - begun >= 1.0
    assert read(scene.live) == scene.bob.document().data()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_that_stays_held(box: Box, lock: str) -> None:
    """R13: after 10 s, and not before, the switch gives up with the holder's pid, and nothing was changed."""
    settle(box)
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    with _held(f"{box.codex}/{lock}") as holder:
        before = snapshot(box.path)
        context = quiet_context()._replace(sleep=sleep, monotonic=lambda: now)
        with pytest.raises(StoreLocked) as caught:
            switch(context, "bob")
        assert snapshot(box.path) == before
    assert caught.value.pid == holder.pid
    assert 10.0 <= now < 11.0


def test_the_command_gives_up_after_ten_seconds(box: Box) -> None:
    """The same by the real clock: exit 6, the pid, and a step that looks at it; reading goes on meanwhile."""
    settle(box)
    with _held(f"{box.codex}/auth.lock") as holder:
        before = snapshot(box.path)
        begun = time.monotonic()
        ran = run_tui(["switch", "bob"])
        waited = time.monotonic() - begun
        refused(ran, 6, f"{box.codex}/auth.lock")
        assert f"process {holder.pid}" in ran.err
        assert 10.0 <= waited < 20.0
        assert run_tui(["list"]).code == 0
        assert snapshot(box.path) == before


def test_codex_waits_for_us(box: Box) -> None:
    """R13: when the live file is replaced nobody else can have either lock; afterwards anybody can have both."""
    scene = settle(box)
    busy: list[str] = []

    class Watching(Files):
        """Tries Codex's locks at the moment of the exchange."""

        def exchange(self, one: str, two: str) -> bool:
            """Exchange, and note which locks were busy then."""
            if two == scene.live:
                busy.extend(lock for lock in LOCKS if _is_busy(f"{box.codex}/{lock}"))
            return super().exchange(one, two)

    switch(quiet_context()._replace(files=Watching()), "bob")
    assert busy == list(LOCKS)
    assert not any(_is_busy(f"{box.codex}/{lock}") for lock in LOCKS)


def _is_busy(path: str) -> bool:
    with open(path, "a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
