"""`tui login` when the new login cannot be saved: it stays in memory and saving is offered again."""

from __future__ import annotations

import contextlib
import os
import signal

import pytest

from tests.commands.logins import (
    USER_CODE,
    Running,
    check_files,
    contents,
    live,
    saved,
    settled,
)
from tests.support.childuid import small_disk
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

PAGE = 4096
#: More than what is asked for before a login begins.
SMALL = 160 * PAGE


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """An issuer that knows ada."""
    with Simulator() as made:
        made.people.add("ada@example.com")
        yield made


@contextlib.contextmanager
def small_store(box: Box) -> Iterator[str]:
    """Put a small disk below our data."""
    folder = f"{box.switchyard}/data"
    os.mkdir(folder, 0o700)
    with small_disk(folder, SMALL):
        yield folder


def fill(folder: str) -> str:
    """Fill the disk of a folder and return the file that does."""
    path = f"{folder}/filler"
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"\0" * PAGE):
            pass
    return path


def logins(box: Box) -> dict[str, bytes]:
    """Return the bytes of every file but backups: one may have been made of what was to be replaced."""
    return {path: data for path, data in contents(box).items() if "/state/backups/" not in path}


def test_a_full_disk_is_seen_before_anybody_logs_in(box: Box, simulator: Simulator) -> None:
    """Exit 1, and the issuer was not even asked for a code."""
    with small_store(box) as folder:
        fill(folder)
        with Running(["work", "--device-code"], simulator) as login:
            ran = login.end(1)
    assert "full" in ran.err
    assert simulator.log == []


def test_a_disk_that_is_full_at_the_end_without_a_terminal(box: Box, simulator: Simulator) -> None:
    """One note; it is tried again by itself, and saved once there is room."""
    with small_store(box) as folder:
        settled(box, simulator, "ada", "ada@example.com", active=True)
        before = saved(box, "ada"), live(box)
        with Running(["ada", "--device-code"], simulator) as login:
            code = login.wait_for(USER_CODE)[1]
            filler = fill(folder)
            simulator.device.approve(code, "ada@example.com")
            login.wait_for("note: not saved yet: .*in memory only; trying again")
            assert (saved(box, "ada"), live(box)) == before
            os.unlink(filler)
            ran = login.end(0)
        assert ran.err.count("not saved yet") == 1
        assert saved(box, "ada") == live(box) != before[0]
        check_files(box, simulator)


def test_a_disk_that_is_full_at_the_end_in_a_terminal(box: Box, simulator: Simulator) -> None:
    """It is asked whether to save again; yes saves it, or asks again."""
    with small_store(box) as folder:
        with Running(["work", "--device-code"], simulator, terminal=True) as login:
            code = login.wait_for(USER_CODE)[1]
            filler = fill(folder)
            simulator.device.approve(code, "ada@example.com")
            login.wait_for(r"Save again\? \[Y/n\] $")
            login.say("\n")
            login.wait_for(r"(?s)Save again.*Save again\? \[Y/n\] $")
            os.unlink(filler)
            login.say("y\n")
            login.end(0)
        assert saved(box, "work")["tokens"]["refresh_token"]
        check_files(box, simulator)


@pytest.mark.parametrize("how", [[], ["--json"]], ids=["prose", "json"])
def test_a_stray_word_gives_no_login_up(box: Box, simulator: Simulator, how: list[str]) -> None:
    """What was typed before the question is no answer to it; nonsense is asked about again, as often as it comes."""
    with small_store(box) as folder:
        words = ["work", "--device-code", *how]
        with Running(words, simulator, terminal=True) as login:
            code = login.wait_for(r"([A-Z0-9]{4}-[A-Z0-9]{5})")[1]
            login.say("foo\nn\nno\n")
            filler = fill(folder)
            simulator.device.approve(code, "ada@example.com")
            login.wait_for(r"Save again\? \[Y/n\] $")
            for number, answer in enumerate(["x\n", "never\n", "\udcff\n", "n n\n"], 2):
                login.say(answer)
                login.wait_for(rf"(?s)(Save again\? \[Y/n\] .*){{{number}}}$")
            os.unlink(filler)
            login.say("YES\n")
            ran = login.end(0)
        assert "lost" not in ran.out
        assert saved(box, "work")["tokens"]["refresh_token"]


def test_the_end_of_input_gives_no_login_up(box: Box, simulator: Simulator) -> None:
    """Ctrl-d at the question: then nobody is asked, and it is tried again without."""
    with small_store(box) as folder:
        with Running(["work", "--device-code"], simulator, terminal=True) as login:
            code = login.wait_for(USER_CODE)[1]
            filler = fill(folder)
            simulator.device.approve(code, "ada@example.com")
            login.wait_for(r"Save again\? \[Y/n\] $")
            login.say("\x04")
            login.wait_for("trying again for 2 minutes")
            os.unlink(filler)
            login.end(0)
        assert saved(box, "work")["tokens"]["refresh_token"]


@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), (" No\n", 1), ("\x03", 130)])
def test_a_login_that_is_given_up(box: Box, simulator: Simulator, answer: str, code: int) -> None:
    """No and ctrl-c: said that it is lost, why, and what to do; nothing changed."""
    with small_store(box) as folder:
        settled(box, simulator, "ada", "ada@example.com", active=True)
        with Running(["ada", "--device-code"], simulator, terminal=True) as login:
            user_code = login.wait_for(USER_CODE)[1]
            fill(folder)
            before = logins(box)
            simulator.device.approve(user_code, "ada@example.com")
            login.wait_for(r"Save again\? \[Y/n\] $")
            login.say(answer)
            ran = login.end(code)
        assert logins(box) == before
    assert "the login is lost: " in ran.out
    assert "tui login ada --device-code" in ran.out.partition("next: ")[2]


def test_a_wait_for_room_that_is_interrupted(box: Box, simulator: Simulator) -> None:
    """Without a terminal a signal ends the wait, and an event says that the login is lost."""
    with (
        small_store(box) as folder,
        Running(["work", "--device-code", "--json"], simulator) as login,
    ):
        code = login.event("code")["user_code"]
        login.event("waiting")
        fill(folder)
        simulator.device.approve(code, "ada@example.com")
        login.wait_for("not saved yet")
        login.child.send_signal(signal.SIGTERM)
        assert "the login is lost" in login.event("failed")["error"]
        login.end(130)


def test_a_key_on_a_full_disk(box: Box) -> None:
    """A key is not lost: its owner has it."""
    with small_store(box) as folder, Running(["bot", "--api-key"], terminal=True) as login:
        login.wait_for(r"not shown\): $")
        fill(folder)
        login.say("sk-proj-1234567890\n")
        login.wait_for(r"Save again\? \[Y/n\] $")
        login.say("n\n")
        ran = login.end(1)
    assert "nothing was saved: " in ran.out
