"""`tui login --browser`: a real callback to the real port, or pasted: typed, piped, or by curl from another shell."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from tests.commands.logins import (
    AUTHORIZE_URL,
    Running,
    check_files,
    found_in,
    saved,
    settled,
    unchanged,
)
from tests.support.programs import need
from tests.support.redirect_ports import is_free, redirect_ports
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conftest import Box

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
TOKEN = "/oauth/token"
ADA = "ada@example.com"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """An issuer that knows ada and bob, while this test alone has the redirect ports."""
    with redirect_ports(), Simulator() as made:
        made.people.add(ADA)
        made.people.add("bob@example.com")
        yield made


@contextlib.contextmanager
def holding(*ports: int) -> Iterator[None]:
    """Listen on these ports, as some other program."""
    with contextlib.ExitStack() as stack:
        for port in ports:
            each = stack.enter_context(socket.socket())
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            each.bind(("127.0.0.1", port))
            each.listen()
        yield


def visit(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Go to a callback as a browser does; return status and page."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(
            urllib.request.Request(url, headers=dict(headers or {})),  # noqa: S310 - http, by its port
            timeout=30,
        ) as page:
            return page.status, page.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


# --- the callback arrives -----------------------------------------------------------------------------


def test_prose(box: Box, simulator: Simulator) -> None:
    """The address unbroken on a line, the whole ssh line, how to paste; the page and stderr show no secret."""
    with Running(["work", "--browser"], simulator) as login:
        url = login.wait_for(AUTHORIZE_URL)[1]
        login.wait_for(
            r"(?m)^ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:1455:127.0.0.1:1455 .*\S$"
        )
        login.wait_for(r"(?m)^curl -sS .*-K -$")
        login.wait_for(r'(?m)^url = "ADDRESS"$')
        status, page = visit(simulator.browse(url, ADA))
        ran = login.end(0)
    assert status == 200
    assert not found_in(page, simulator)
    assert ran.out == ""
    assert ran.err.splitlines()[-1] == "next: tui switch work"
    assert saved(box, "work")["tokens"]["refresh_token"]
    check_files(box, simulator)
    assert is_free(1455)


def test_json(box: Box, simulator: Simulator) -> None:
    """The port that really was bound, the redirect, and the whole ssh line for it."""
    with Running(["work", "--browser", "--json"], simulator) as login:
        event = login.event("url")
        assert event["port"] == 1455
        assert event["redirect_uri"] == "http://127.0.0.1:1455/auth/callback"
        assert event["tunnel"].startswith("ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:1455:")
        login.event("waiting")
        visit(simulator.browse(event["authorize_url"], ADA))
        done = login.event("done")
        assert (done["name"], done["email"]) == ("work", ADA)
        login.end(0)


def test_the_first_port_is_held(box: Box, simulator: Simulator) -> None:
    """1457 is used, and everything shown says so."""
    with holding(1455), Running(["work", "--browser", "--json"], simulator) as login:
        event = login.event("url")
        assert event["port"] == 1457
        assert "127.0.0.1:1457:127.0.0.1:1457" in event["tunnel"]
        login.event("waiting")
        callback = simulator.browse(event["authorize_url"], ADA)
        assert urlsplit(callback).port == 1457
        visit(callback)
        login.event("done")
        login.end(0)


def test_both_ports_are_held(box: Box, simulator: Simulator) -> None:
    """Exit 6, who holds them, and the way around; nobody's listener is asked to end."""
    with holding(1455, 1457), unchanged(box):
        with Running(["work", "--browser"], simulator) as login:
            ran = login.end(6)
        assert f"process {os.getpid()}" in ran.err or str(os.getpid()) in ran.err
        assert "1455" in ran.err
        assert "1457" in ran.err
        assert "--port" in ran.err
        with Running(["work", "--browser", "--json"], simulator) as login:
            assert "--port" in login.event("failed")["hint"]
            login.end(6)


def test_another_port(box: Box, simulator: Simulator) -> None:
    """`--port N` moves the listener alone: the redirect stays on 1455, tunnel and curl lead from it to N."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (
        holding(1455, 1457),
        Running(["work", "--browser", "--port", str(port)], simulator) as login,
    ):
        url = login.wait_for(AUTHORIZE_URL)[1]
        login.wait_for(rf"(?m)^ssh .* -L 127.0.0.1:1455:127.0.0.1:{port} ")
        command = login.wait_for(r"(?m)^(curl .*)\n")[1]
        assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A1455%2Fauth%2Fcallback" in url
        callback = simulator.browse(url, ADA)
        by_curl(command, callback)
        login.end(0)
    assert saved(box, "work")["tokens"]["refresh_token"]


def by_curl(command: str, callback: str) -> str:
    """Do as the words say: the command in a shell, the address on its standard input."""
    need("curl")
    environ = {**os.environ, "http_proxy": "http://127.0.0.1:9"}
    environ.pop("no_proxy", None)
    environ.pop("NO_PROXY", None)
    done = subprocess.run(
        ["sh", "-c", command],
        input=f'url = "{callback}"\n',
        env=environ,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_by_curl_in_another_shell(box: Box, simulator: Simulator) -> None:
    """The printed command works as it stands, also where a proxy is set; the code is in no argument."""
    with Running(["work", "--browser"], simulator) as login:
        url = login.wait_for(AUTHORIZE_URL)[1]
        page = by_curl(login.wait_for(r"(?m)^(curl .*)\n")[1], simulator.browse(url, ADA))
        login.end(0)
    assert not found_in(page, simulator)
    assert saved(box, "work")["tokens"]["refresh_token"]


def test_the_browser_here_is_opened(box: Box, simulator: Simulator) -> None:
    """Where somebody sits it is, and that is said; with --json it is not."""
    program = f"{box.path}/browser"
    with open(program, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nprintf "%s\\n" "$1" > {box.path}/opening\n')
        file.write(f"mv {box.path}/opening {box.path}/opened\n")
    os.chmod(program, 0o755)
    with Running(["work", "--browser"], simulator, {"BROWSER": program}) as login:
        url = login.wait_for(AUTHORIZE_URL)[1]
        login.wait_for("opened in the browser here")
        visit(simulator.browse(url, ADA))
        login.end(0)
    with open(f"{box.path}/opened", encoding="utf-8") as file:
        assert file.read() == f"{url}\n"


# --- it is pasted ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["address", "query", "code"])
@pytest.mark.parametrize("ending", ["\n", "end of input"])
def test_pasted_into_a_pipe(box: Box, simulator: Simulator, part: str, ending: str) -> None:
    """The whole address, its query, or the bare code; with a line's end or the input's."""
    with Running(["work", "--browser"], simulator) as login:
        callback = simulator.browse(login.wait_for(AUTHORIZE_URL)[1], ADA)
        query = urlsplit(callback).query
        code = re.search(r"code=([^&]+)", query)
        assert code
        login.say({"address": callback, "query": query, "code": code[1]}[part])
        login.say("\n") if ending == "\n" else login.end_input()
        login.end(0)
    assert saved(box, "work")["tokens"]["refresh_token"]
    check_files(box, simulator)


def test_pasted_into_a_terminal(box: Box, simulator: Simulator) -> None:
    """It is not shown there; afterwards the terminal shows again what is typed."""
    with Running(["work", "--browser"], simulator, terminal=True) as login:
        callback = simulator.browse(login.wait_for(AUTHORIZE_URL)[1], ADA)
        assert not login.echoes()
        login.say(f"\x1b[200~{callback}\x1b[201~\n")
        login.wait_for("next: tui switch work")
        assert login.echoes()
        login.end(0)
    assert saved(box, "work")["tokens"]["refresh_token"]


def test_wrong_pastes_say_why_and_the_login_goes_on(box: Box, simulator: Simulator) -> None:
    """Another site, another login's state, the authorize URL itself, nonsense; each a note; then the right one."""
    settled(box, simulator, "work", ADA)
    with Running(["work", "--browser"], simulator) as login:
        url = login.wait_for(AUTHORIZE_URL)[1]
        callback = simulator.browse(url, ADA)
        wrong = [
            "https://evil.example/auth/callback?code=abcdefabcdefabcdef&state=x",
            re.sub(r"state=[^&]+", "state=another", callback),
            url,
            "http://127.0.0.1:1455/auth/callback",
            "what do I do now?",
        ]
        with unchanged(box):
            for number, each in enumerate(wrong, 1):
                login.say(f"{each}\n\n")
                login.wait_for(rf"(?s)(note: .*){{{number}}}")
        login.say(f"{callback}\n")
        ran = login.end(0)
    notes = [line for line in ran.err.splitlines() if line.startswith("note: ")]
    assert len(notes) == len(wrong)
    assert all(note.endswith("goes on waiting") for note in notes)
    assert len(set(notes)) == len(wrong)


def test_a_wrong_code_is_refused_by_the_issuer_and_waited_past(
    box: Box, simulator: Simulator
) -> None:
    """A bare code that the issuer does not know: said, not repeated; then ctrl-c or the right one work."""
    with Running(["work", "--browser"], simulator) as login:
        callback = simulator.browse(login.wait_for(AUTHORIZE_URL)[1], ADA)
        login.say("ac_this-code-is-of-nobody-1234\n")
        login.wait_for("note: the pasted code was not taken")
        login.say(f"{callback}\n")
        ran = login.end(0)
    assert "of-nobody" not in ran.err
    with unchanged(box), Running(["other", "--browser"], simulator) as login:
        login.wait_for(AUTHORIZE_URL)
        login.say("ac_this-code-is-of-nobody-1234\n")
        login.wait_for("note: the pasted code was not taken")
        login.child.send_signal(signal.SIGINT)
        login.end(130)


@pytest.mark.parametrize("kind", ["closed", "null", "file", "ended pipe"])
def test_without_anything_on_stdin(box: Box, simulator: Simulator, kind: str) -> None:
    """The end of input is not the end of the login."""
    wrap = ["sh", "-c", 'exec "$@" <&-', "sh"] if kind == "closed" else []
    with open("/dev/null" if kind != "file" else __file__, "rb") as file:
        stdin = file.fileno() if kind in ("null", "file") else None
        with Running(["work", "--browser"], simulator, stdin=stdin, wrap=wrap) as login:
            url = login.wait_for(AUTHORIZE_URL)[1]
            if kind == "ended pipe":
                login.end_input()
            visit(simulator.browse(url, ADA))
            login.end(0)
    assert saved(box, "work")["tokens"]["refresh_token"]


def test_a_callback_that_waits_in_a_file(box: Box, simulator: Simulator) -> None:
    """Stdin may be a file: its lines are taken as pasted."""
    path = f"{box.path}/answers"
    os.mkfifo(path)
    wrap = ["sh", "-c", f'exec "$@" <>{path}', "sh"]
    with Running(["work", "--browser"], simulator, wrap=wrap) as login:
        callback = simulator.browse(login.wait_for(AUTHORIZE_URL)[1], ADA)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{callback}\n")
        login.end(0)
    os.unlink(path)
    assert saved(box, "work")["tokens"]["refresh_token"]


# --- it fails -------------------------------------------------------------------------------------------


#: What the page sends back, what follows of it, and a word that names it.
NO = {
    "denied": ("access_denied", "The user denied the request.", 4, "refused"),
    "no entitlement": ("access_denied", "missing_codex_entitlement", 4, "Codex"),
    "error": ("server_error", "", 1, "server_error"),
}


@pytest.mark.parametrize("way", ["callback", "pasted"])
@pytest.mark.parametrize("what", NO)
def test_the_page_says_no(box: Box, simulator: Simulator, way: str, what: str) -> None:
    """Each in its own words with a next step; nothing changed."""
    error, description, code, word = NO[what]
    settled(box, simulator, "work", ADA)
    with unchanged(box), Running(["work", "--browser"], simulator) as login:
        url = login.wait_for(AUTHORIZE_URL)[1]
        callback = simulator.browse(url, ADA, error=error, description=description)
        if way == "callback":
            visit(callback)
        else:
            login.say(f"{callback}\n")
        ran = login.end(code)
    assert word in ran.err
    assert ran.err.splitlines()[-1].startswith("next: ")


def test_strangers_at_the_port(box: Box, simulator: Simulator) -> None:
    """Wrong state, foreign Host, foreign Origin, /cancel: refused, and the login goes on."""
    with Running(["work", "--browser"], simulator) as login:
        callback = simulator.browse(login.wait_for(AUTHORIZE_URL)[1], ADA)
        wrong = re.sub(r"state=[^&]+", "state=another", callback)
        assert visit(wrong)[0] == 400
        login.wait_for("note: .*State mismatch")
        assert visit(callback, {"Host": "evil.example"})[0] >= 400
        assert visit(callback, {"Origin": "https://evil.example"})[0] >= 400
        assert visit("http://127.0.0.1:1455/cancel")[0] >= 400
        assert visit(callback)[0] == 200
        login.end(0)
    assert simulator.requests(TOKEN)[0].method == "POST"


def test_the_code_is_not_taken(box: Box, simulator: Simulator) -> None:
    """A callback whose code the issuer refuses ends the login: exit 4."""
    simulator.faults.add(TOKEN, status=400, body={"error": "invalid_grant"})
    with unchanged(box), Running(["work", "--browser"], simulator) as login:
        visit(simulator.browse(login.wait_for(AUTHORIZE_URL)[1], ADA))
        ran = login.end(4)
    assert ran.err.splitlines()[-1].startswith("next: ")


@pytest.mark.parametrize("number", SIGNALS)
def test_interrupted_while_it_waits(box: Box, simulator: Simulator, number: signal.Signals) -> None:
    """Exit 130, the listener is gone at once, nothing changed."""
    settled(box, simulator, "work", ADA)
    with unchanged(box), Running(["work", "--browser"], simulator) as login:
        login.wait_for(AUTHORIZE_URL)
        assert not is_free(1455)
        login.child.send_signal(number)
        ran = login.end(130)
    assert is_free(1455)
    assert "cancelled; nothing was changed" in ran.err


@pytest.mark.parametrize("number", SIGNALS)
def test_interrupted_once_the_callback_came(
    box: Box, simulator: Simulator, number: signal.Signals
) -> None:
    """The tokens are being issued, so they are saved first."""
    simulator.faults.add(TOKEN, delay=1.5)
    with Running(["work", "--browser"], simulator) as login:
        callback = simulator.browse(login.wait_for(AUTHORIZE_URL)[1], ADA)
        login.say(f"{callback}\n")
        simulator.wait_for(TOKEN)
        login.child.send_signal(number)
        login.wait_for("finished and saved first")
        login.end(0)
    assert saved(box, "work")["tokens"]["refresh_token"]


def test_the_terminal_is_as_it_was(box: Box, simulator: Simulator) -> None:
    """Ctrl-c typed while nothing is shown that is typed: it is shown again afterwards."""
    with unchanged(box), Running(["work", "--browser"], simulator, terminal=True) as login:
        login.wait_for(AUTHORIZE_URL)
        login.say("\x03")
        login.wait_for("cancelled; nothing was changed")
        assert login.echoes()
        login.end(130)


def test_after_a_stop_nothing_is_shown_either(box: Box, simulator: Simulator) -> None:
    """Ctrl-z and fg: the shell in between showed what was typed, and a code is still not shown."""
    with Running(["work", "--browser"], simulator, terminal=True) as login:
        callback = simulator.browse(login.wait_for(AUTHORIZE_URL)[1], ADA)
        login.child.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, login.child.pid, os.WSTOPPED | os.WNOWAIT)
        login.show_typing()
        login.child.send_signal(signal.SIGCONT)
        end = time.monotonic() + 20
        while login.echoes():
            assert time.monotonic() < end
            time.sleep(0.01)
        login.say(f"{callback}\n")
        login.end(0)


def test_the_terminal_is_closed(box: Box, simulator: Simulator) -> None:
    """SIGHUP by a terminal that goes away."""
    with unchanged(box), Running(["work", "--browser"], simulator, terminal=True) as login:
        login.wait_for(AUTHORIZE_URL)
        login.hang_up()
        login.end(130)
    assert is_free(1455)
