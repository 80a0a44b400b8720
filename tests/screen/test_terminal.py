"""The screen in a terminal: colours, bytes, modes, signals, and what is left behind."""

from __future__ import annotations

import os
import re
import signal
import termios
import time

import pytest

from tests.screen.stage import configure, contents, live_login, put, two_logins
from tests.screen.terminal import Terminal
from tests.support.tokens import DAY, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

#: Select graphic rendition with its parameters.
SGR = re.compile(rb"\x1b\[([0-9;]*)m")
#: Modes in which the screen runs and in which a shell does: alternate screen, cursor, paste, mouse.
MODES = ((b"?1049h", b"?1049l"), (b"?25l", b"?25h"), (b"?2004h", b"?2004l"), (b"?1000h", b"?1000l"))


def colours(sent: bytes) -> set[bytes]:
    """Return the parameters that set a colour; 39 and 49 are the terminal's own."""
    found = set()
    for parameters in SGR.findall(sent):
        numbers = [int(each) for each in parameters.split(b";") if each]
        if any(30 <= n <= 38 or 40 <= n <= 48 or 90 <= n <= 107 for n in numbers):
            found.add(parameters)
    return found


def check_restored(terminal: Terminal) -> None:
    """Fail if the terminal is not as it was."""
    for ours, theirs in MODES:
        assert terminal.sent.rfind(theirs) > terminal.sent.rfind(ours), theirs
    assert terminal.modes_now() == terminal.modes


def test_switch_and_leave(box: Box) -> None:
    """As a program: it opens, switches by one key, leaves with 0, and the terminal is as before."""
    _, bob = two_logins(box)
    with Terminal(120, 30) as terminal:
        terminal.shows("● personal", "work")
        terminal.press("j", " ")
        terminal.shows("switched to work", "● work")
        terminal.press("q")
        assert terminal.end() == 0
        check_restored(terminal)
    assert live_login(box) == bob.document().data()


@pytest.mark.parametrize("term", ["xterm-256color", "xterm", "vt100"])
def test_no_color_sends_no_colour(box: Box, term: str) -> None:
    """With NO_COLOR not one colour code is sent, whatever the terminal; the selection is reversed."""
    two_logins(box)
    configure(box, 'theme = "dark"\n')
    with Terminal(env={"NO_COLOR": "1", "TERM": term}) as terminal:
        terminal.shows("● personal", "work")
        terminal.press("j", "d")
        terminal.shows("Delete work?")
        terminal.press("n", "?")
        terminal.shows("Here, in the list")
        terminal.press("q", "/", "w")
        terminal.shows("/w  1/2")
        terminal.press("ctrl+q")
        assert terminal.end() == 0
    assert not colours(terminal.sent)
    assert b"7" in b";".join(SGR.findall(terminal.sent)).split(b";")


def test_an_empty_no_color_means_nothing(box: Box) -> None:
    """NO_COLOR counts when it is not empty, as its own page says."""
    two_logins(box)
    with Terminal(env={"NO_COLOR": ""}) as terminal:
        terminal.shows("● personal")
        terminal.press("q")
        assert terminal.end() == 0
    assert colours(terminal.sent)


@pytest.mark.parametrize(
    ("theme", "term", "allowed"),
    [
        ("mono", "xterm-256color", ()),
        ("ansi", "xterm-256color", range(30, 38)),
        ("auto", "linux", range(30, 38)),
    ],
)
def test_themes_for_plain_terminals(box: Box, theme: str, term: str, allowed: range) -> None:
    """Mono sends no colour and ansi only the terminal's own eight; sixteen colours choose ansi."""
    two_logins(box)
    configure(box, f'theme = "{theme}"\n')
    with Terminal(env={"TERM": term}) as terminal:
        terminal.shows("● personal")
        terminal.press("j")
        terminal.quiet()
        terminal.press("q")
        assert terminal.end() == 0
    used = {int(n) for each in colours(terminal.sent) for n in each.split(b";")}
    assert {n for n in used if n > 9 and n not in (39, 49)} <= set(allowed)


def test_ascii_locale(box: Box) -> None:
    """Where the locale is not UTF-8, nothing but ASCII is sent, and states are still words and signs."""
    two_logins(box)
    Login(Person("old")).fresh(age=11 * DAY).write(box.profile("old"))
    with Terminal(100, 30, env={"LC_ALL": None, "LANG": "C"}) as terminal:
        terminal.shows("* personal", "+ ok", "~ due", "Held in")
        terminal.press("?")
        terminal.shows("Here, in the list")
        terminal.press("q", "g", "d")
        terminal.shows("Delete old?")
        terminal.press("n", "u")
        terminal.shows("no switch of")
        terminal.press("q")
        assert terminal.end() == 0
    assert terminal.sent.isascii()


def test_nothing_is_sent_while_nothing_changes(box: Box) -> None:
    """Once drawn, an idle screen whose tokens live for days sends not one byte."""
    two_logins(box)
    for name in ("personal", "work"):
        os.utime(f"{box.profile(name)}/auth.json")
    with Terminal() as terminal:
        terminal.shows("● personal", "Identity")
        terminal.quiet(1.0)
        before = len(terminal.sent)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            terminal.read(0.2)
        assert len(terminal.sent) == before
        terminal.press("q")
        assert terminal.end() == 0


def test_a_key_draws_lines_and_not_the_screen(box: Box) -> None:
    """Moving in the list costs few bytes: two lines there, and what differs in the detail."""
    for number in range(60):
        Login(Person(f"p{number:02}")).fresh().write(box.profile(f"p{number:02}"))
    with Terminal(79, 24) as terminal:
        terminal.shows("p00", "✓ ok")
        terminal.quiet()
        before = len(terminal.sent)
        terminal.press("j", "j", "j", "j")
        terminal.quiet()
        per_key = (len(terminal.sent) - before) / 4
        terminal.press("q")
        assert terminal.end() == 0
    assert 0 < per_key < 610


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_end_it_in_good_order(box: Box, number: signal.Signals) -> None:
    """SIGTERM, SIGINT and SIGHUP restore the terminal, and the exit code names the signal."""
    two_logins(box)
    with Terminal() as terminal:
        terminal.shows("● personal")
        # The picture is there before the screen is.
        terminal.until(lambda: b"\x1b[?2004h" in terminal.sent)
        terminal.quiet()
        terminal.signal(number)
        assert terminal.end() == 128 + number
        check_restored(terminal)


def test_a_running_switch_is_finished(box: Box) -> None:
    """A SIGTERM in the middle of a switch waits for it: Codex's lock is free again, then it is done."""
    import fcntl

    _, bob = two_logins(box)
    with Terminal(120, 30) as terminal, open(f"{box.codex}/auth.lock", "wb") as lock:
        terminal.shows("● personal")
        terminal.quiet()
        fcntl.flock(lock, fcntl.LOCK_EX)
        terminal.press("j", " ")
        terminal.shows("switching to work")
        terminal.signal(signal.SIGTERM)
        terminal.until(lambda: terminal.sent.endswith(b"\x1b[?1006l") or b"?1049l" in terminal.sent)
        assert terminal.child.poll() is None
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert terminal.end() == 128 + signal.SIGTERM
        check_restored(terminal)
    assert live_login(box) == bob.document().data()


def test_the_terminal_goes_away(box: Box) -> None:
    """When the connection breaks the program ends by itself, whole, and soon."""
    ada, _ = two_logins(box)
    with Terminal() as terminal:
        terminal.shows("● personal")
        terminal.quiet()
        terminal.hang_up()
        assert terminal.child.wait(20) != 0
    assert live_login(box) == ada.document().data()


def test_an_error_of_ours_shows_no_values(box: Box) -> None:
    """A bug in drawing ends the screen with places alone: no local variable, and the terminal is restored."""
    two_logins(box)
    code = (
        "from profiles.context import make_context\n"
        "from tui.widgets.profile_list import ProfileList\n"
        "from tui.app import run_screen\n"
        "def bug(self, *rest):\n"
        "    token = 'made-up-secret-value'\n"
        "    raise RuntimeError(token)\n"
        "ProfileList.render_line = bug\n"
        "raise SystemExit(run_screen(make_context()))\n"
    )
    path = f"{box.path}/bug.py"
    put(path, code.encode())
    import sys

    with Terminal(command=[sys.executable, path]) as terminal:
        assert terminal.end() == 1
        check_restored(terminal)
    left = terminal.sent[terminal.sent.rfind(b"\x1b[?1049l") :].decode()
    assert "RuntimeError" in left
    assert "in bug" in left
    assert "tui list still works" in left
    assert "made-up-secret-value" not in left.replace("token = 'made-up-secret-value'", "")


def test_an_error_in_a_thread_is_an_event(box: Box) -> None:
    """Whatever goes wrong in a worker is a toast and an event with a next step; the screen goes on."""
    two_logins(box)
    os.chmod(box.profile("work"), 0o700)
    code = (
        "from profiles.context import make_context\n"
        "import profiles.switching\n"
        "from tui.app import run_screen\n"
        "def bug(*a, **k): raise KeyError('made-up-secret-value')\n"
        "profiles.switching.switch = bug\n"
        "raise SystemExit(run_screen(make_context()))\n"
    )
    path = f"{box.path}/bug.py"
    put(path, code.encode())
    import sys

    with Terminal(100, 30, command=[sys.executable, path]) as terminal:
        terminal.shows("● personal")
        terminal.press("j", " ")
        terminal.shows("unexpected KeyError")
        terminal.press("@")
        terminal.shows("error: unexpected KeyError", "next:")
        terminal.press("q", "q")
        assert terminal.end() == 0
    assert b"made-up-secret-value" not in terminal.sent


def test_stderr_elsewhere(box: Box) -> None:
    """`tui 2>file` draws on the terminal all the same, and leaves the file empty."""
    two_logins(box)
    path = f"{box.path}/errors"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        with Terminal(stderr=descriptor) as terminal:
            terminal.shows("● personal")
            terminal.press("q")
            assert terminal.end() == 0
    finally:
        os.close(descriptor)
    assert contents(path) == b""


def test_early_keys_are_not_lost(box: Box) -> None:
    """What is typed while it still starts counts: j and space switch, and are not echoed."""
    _, bob = two_logins(box)
    with Terminal(100, 30) as terminal:
        terminal.press("j", " ")
        terminal.shows("switched to work")
        terminal.press("q")
        assert terminal.end() == 0
    assert live_login(box) == bob.document().data()


def test_stopped_and_continued(box: Box) -> None:
    """Ctrl+z gives the terminal back as it was; when it is continued, everything is drawn again."""
    two_logins(box)
    with Terminal(100, 30) as terminal:
        terminal.shows("● personal", "Held in")
        terminal.quiet()
        terminal.press("ctrl+z")
        pid, status = os.waitpid(terminal.child.pid, os.WUNTRACED)
        assert pid == terminal.child.pid
        assert os.WIFSTOPPED(status)
        terminal.quiet(0.3)
        assert terminal.modes_now()[3] & termios.ECHO
        start = len(terminal.sent)
        assert b"\x1b[?1049l" in terminal.sent
        terminal.signal(signal.SIGCONT)
        terminal.until(lambda: b"personal" in terminal.sent[start:])
        terminal.until(lambda: b"Held in" in terminal.sent[start:])
        terminal.press("q")
        assert terminal.end() == 0
        check_restored(terminal)
