"""The Codexes that run: whose login the daemon says it has, and what is known of the others by their start."""

from __future__ import annotations

import json
import os
import time

import pytest

from profiles.context import make_context
from profiles.doctor.finding import ERROR, INFO, UNKNOWN, WARNING
from profiles.history import Entry, note
from tests.doctor.listening import Inspected, npm_client, only_here
from tests.support.documents import with_api_key, with_personal_access_token
from tests.support.fake_codex import running_codex
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.doctor.patient import Patient

#: Listens where the daemon does, and answers each connection as an app-server with this login; "" is silence.
DAEMON = """\
import base64, hashlib, json, os, socket, struct, sys, threading
control = os.environ["CODEX_HOME"] + "/app-server-control"
os.makedirs(control, exist_ok=True)
listener = socket.socket(socket.AF_UNIX)
listener.bind(control + "/app-server-control.sock")
listener.listen()
ANSWER = {answer!r}
def frame(value):
    data = json.dumps(value).encode()
    size = len(data)
    head = bytes([size]) if size < 126 else b"\\x7e" + struct.pack(">H", size)
    return b"\\x81" + head + data
def read(file):
    head = file.read(2)
    size = head[1] & 127
    if size == 126:
        size = struct.unpack(">H", file.read(2))[0]
    mask = file.read(4)
    data = file.read(size)
    return json.loads(bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)))
def serve(connection):
    file = connection.makefile("rwb")
    if ANSWER == "junk":
        connection.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
        return
    while file.readline().strip():
        pass
    if ANSWER == "silence":
        sys.stdin.read()
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\n\\r\\n")
    while True:
        asked = read(file)
        with open(control + "/asked", "a") as log:
            log.write(json.dumps(asked) + "\\n")
        if asked["method"] == "initialize":
            connection.sendall(frame(dict(method="noise", params=dict(x="y" * 200))))
            connection.sendall(frame(dict(id=asked["id"], result=dict(userAgent="x"))))
        elif asked["method"] == "getAuthStatus":
            wrong = dict(authMethod="apikey", authToken="of another answer")
            connection.sendall(frame(dict(id=asked["id"], method="a/request/of/its/own", result=wrong)))
            connection.sendall(frame(dict(id=99, result=wrong)))
            connection.sendall(frame(dict(id=asked["id"], result=ANSWER)))
def run():
    while True:
        threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()
threading.Thread(target=run, daemon=True).start()
print("up", flush=True)
sys.stdin.read()
"""
WORDS = ("app-server", "--listen", "unix://", "--managed-daemon")


@pytest.fixture
def patient(box: Box) -> Patient:
    """A machine with one new client."""
    made = Inspected(box)
    made.context["processes"] = only_here(box)
    npm_client(made, "0.169.0")
    return made


def daemon_of(patient: Patient, answer: object) -> str:
    """Return the program of a daemon that answers so."""
    return DAEMON.format(answer=answer)


def tells(token: str | None, method: str | None = "chatgpt") -> dict[str, object]:
    """Return what `getAuthStatus` answers."""
    return {"authMethod": method, "authToken": token, "requiresOpenaiAuth": True}


def asked(box: Box) -> list[str]:
    """Return the methods that the daemon was asked for."""
    with open(f"{box.codex}/app-server-control/asked", encoding="utf-8") as file:
        return [json.loads(line)["method"] for line in file]


def test_daemon_old(patient: Patient, box: Box) -> None:
    """A daemon that says it is somebody else is an error that names both; with its own login it is fine."""
    ada, bob = Login(Person("ada")).fresh(), Login(Person("bob")).fresh()
    bob.write(box.codex)
    with running_codex(
        f"{box.path}/old",
        *WORDS,
        text=daemon_of(patient, tells(ada.access_token)),
        CODEX_HOME=box.codex,
    ) as pid:
        findings = patient.found("codex", offline=True)
        found, running = findings
        assert (found.id, found.level) == ("daemon.old", ERROR)
        assert found.title == "The daemon still uses ada@example.com"
        assert f"daemon (pid {pid}) of {box.codex}: ada@example.com" in found.evidence
        assert f"{box.codex}/auth.json: bob@example.com" in found.evidence
        assert found.fix == f"CODEX_HOME={box.codex} codex app-server daemon restart"
        assert found.mend is not None
        assert found.mend.changes == (f"{found.fix}  (process {pid} ends, a new one begins)",)
        assert running.id == "codex.running"
        assert "codex app-server (daemon), pid" in running.evidence
        assert "ada@example.com, as it says itself" in running.evidence
        assert asked(box) == ["initialize", "initialized", "getAuthStatus"]
        ada.write(box.codex)
        [running] = patient.found("codex", offline=True)
        assert running.id == "codex.running"


def test_daemon_old_is_named_by_its_profile(patient: Patient, box: Box) -> None:
    """A login that a profile has is called by the profile's name."""
    ada, bob = Login(Person("ada")).fresh(), Login(Person("bob")).fresh()
    bob.write(box.codex)
    ada.write(box.profile("work"))
    with open(f"{box.profile('work')}/profile.toml", "w", encoding="utf-8") as file:
        file.write("")
    text = daemon_of(patient, tells(ada.access_token))
    with running_codex(f"{box.path}/old", *WORDS, text=text, CODEX_HOME=box.codex):
        [found] = patient.found("codex", "daemon.old")
        assert found.title == "The daemon still uses work (ada@example.com)"


def test_daemon_of_an_override(patient: Patient, box: Box) -> None:
    """A daemon that was started with CODEX_ACCESS_TOKEN uses that: its environment is what is named."""
    Login(Person("ada")).fresh().write(box.codex)
    token = str(with_personal_access_token().value["personal_access_token"])
    text = daemon_of(patient, tells(token, "personalAccessToken"))
    with running_codex(
        f"{box.path}/old", *WORDS, text=text, CODEX_HOME=box.codex, CODEX_ACCESS_TOKEN=token
    ):
        [found] = patient.found("codex", "daemon.old")
        assert found.level == ERROR
        assert "another credential (at-…, 67 characters)" in found.evidence
        assert "its environment has CODEX_ACCESS_TOKEN" in found.evidence


def test_daemon_without_a_login(patient: Patient, box: Box) -> None:
    """A daemon from before the login has none; one that went on after a logout has one too many."""
    ada = Login(Person("ada")).fresh()
    ada.write(box.codex)
    text = daemon_of(patient, tells(None, None))
    with running_codex(f"{box.path}/old", *WORDS, text=text, CODEX_HOME=box.codex):
        [found] = patient.found("codex", "daemon.old")
        assert (found.level, found.title) == (
            ERROR,
            "The daemon has no login, though auth.json has one",
        )
        os.unlink(f"{box.codex}/auth.json")
        assert patient.found("codex", "daemon.old") == []
    os.unlink(f"{box.codex}/app-server-control/app-server-control.sock")
    text = daemon_of(patient, tells(ada.access_token))
    with running_codex(f"{box.path}/other", *WORDS, text=text, CODEX_HOME=box.codex):
        [found] = patient.found("codex", "daemon.old")
        assert "auth.json: no login" in found.evidence


def test_daemon_with_an_older_token(patient: Patient, box: Box) -> None:
    """An older token of the same login is taken over by the daemon itself: worth knowing, no more."""
    ada = Login(Person("ada")).fresh()
    ada.rotate().write(box.codex)
    text = daemon_of(patient, tells(ada.access_token))
    with running_codex(f"{box.path}/old", *WORDS, text=text, CODEX_HOME=box.codex):
        [found] = patient.found("codex", "daemon.old")
        assert found.level == INFO


@pytest.mark.parametrize("answer", ["junk", "silence", {"x": 1}])
def test_daemon_that_does_not_answer(patient: Patient, box: Box, answer: object) -> None:
    """A daemon that hangs or talks nonsense holds nobody up, and is unknown; not to be asked, it is not."""
    Login(Person("ada")).fresh().write(box.codex)
    with running_codex(
        f"{box.path}/old", *WORDS, text=daemon_of(patient, answer), CODEX_HOME=box.codex
    ) as pid:
        began = time.monotonic()
        [found] = patient.found("codex", "daemon.old")
        assert time.monotonic() - began < 4
        assert found.level == (ERROR if isinstance(answer, dict) else UNKNOWN)
        assert f"daemon (pid {pid})" in found.evidence
        if answer == "junk":
            assert "an answer that makes no sense" in found.evidence


def test_daemon_without_a_socket(patient: Patient, box: Box) -> None:
    """Where nobody listens, that is said."""
    Login(Person("ada")).fresh().write(box.codex)
    with running_codex(f"{box.path}/old", *WORDS, CODEX_HOME=box.codex):
        [found] = patient.found("codex", "daemon.old")
        assert found.level == UNKNOWN
        assert "No such file or directory" in found.evidence


def test_daemon_is_not_asked_for_a_token_that_is_due(patient: Patient, box: Box) -> None:
    """Asked for a token that is due it would refresh it: it is left alone, and gives no alarm."""
    Login(Person("ada")).write(box.codex)  # long ago
    text = daemon_of(patient, tells("x"))
    with running_codex(f"{box.path}/old", *WORDS, text=text, CODEX_HOME=box.codex):
        assert [each.id for each in patient.found("codex", offline=True)] == ["codex.running"]
        assert not os.path.exists(f"{box.codex}/app-server-control/asked")


def test_daemon_whose_login_is_not_from_the_file(patient: Patient, box: Box) -> None:
    """With a keyring, a forced method, or a broken file, the daemon is not what is wrong."""
    Login(Person("ada")).fresh().write(box.codex)
    text = daemon_of(patient, tells(None, None))
    with running_codex(f"{box.path}/old", *WORDS, text=text, CODEX_HOME=box.codex):
        for line in (
            'cli_auth_credentials_store = "keyring"',
            'cli_auth_credentials_store = "auto"',
            'forced_login_method = "api"',
            "not = toml = at all",
        ):
            with open(f"{box.codex}/config.toml", "w", encoding="utf-8") as file:
                file.write(f"{line}\n")
            assert patient.found("codex", "daemon.old") == []
        os.unlink(f"{box.codex}/config.toml")
    os.unlink(f"{box.codex}/app-server-control/app-server-control.sock")
    with open(f"{box.codex}/auth.json", "w", encoding="utf-8") as file:
        file.write("{")
    text = daemon_of(patient, tells(Login(Person("ada")).fresh().access_token))
    with running_codex(f"{box.path}/other", *WORDS, text=text, CODEX_HOME=box.codex):
        assert patient.found("codex", "daemon.old") == []


def test_daemon_with_a_key(patient: Patient, box: Box) -> None:
    """A key is compared as a whole."""
    with_api_key("new").write(box.codex)
    for name, count in (("new", 0), ("old", 1)):
        key = str(with_api_key(name).value["OPENAI_API_KEY"])
        text = daemon_of(patient, tells(key, "apikey"))
        with running_codex(f"{box.path}/{name}", *WORDS, text=text, CODEX_HOME=box.codex):
            findings = patient.found("codex", "daemon.old")
            assert [each.level for each in findings] == [ERROR] * count
        os.unlink(f"{box.codex}/app-server-control/app-server-control.sock")


def switched(
    patient: Patient, before: Login, after: Login, *, ago: float, home: str | None = None
) -> None:
    """Write a switch into the history, and its login into the home."""
    context = make_context(patient.environ)
    home = home or context.home
    identities = []
    for login in (before, after):
        from profiles.auth_file import parse

        identity = parse(login.document().data(), "auth.json").identity
        assert identity is not None
        identities.append(identity.digest())
    after.write(home)
    moment = time.time() - ago
    note(
        context,
        Entry(moment, "switch", "new", identities[1], home, "changed", "old", identities[0]),
    )


def test_running_of_an_editor(patient: Patient, box: Box) -> None:
    """A process from before a switch is told to have the login of then; one that waits for a login has none yet."""
    ada, bob = Login(Person("ada")).fresh(), Login(Person("bob")).fresh()
    ada.write(box.codex)
    with (
        running_codex(f"{box.path}/editor", "app-server") as editor,
        running_codex(f"{box.path}/login", "login") as login,
    ):
        [found] = patient.found("codex", offline=True)
        assert f"pid {editor}, ~/.codex: ada@example.com, which auth.json had" in found.evidence
        assert f"codex login, pid {login}, ~/.codex: waits for a new login" in found.evidence
        switched(patient, ada, bob, ago=-3)  # in a moment: it is after the start in any case
        [found] = patient.found("codex", offline=True)
        assert (found.id, found.level) == ("codex.running", INFO)
        assert f"pid {editor}, ~/.codex: old: it began before the switch to new" in found.evidence
    assert patient.found("codex", offline=True) == []


def test_daemon_old_by_time(patient: Patient, box: Box) -> None:
    """A daemon that must not be asked is known by its start: a warning when that was before a switch."""
    ada, bob = Login(Person("ada")), Login(Person("bob"))  # from long ago: their tokens are due
    switched(patient, ada, bob, ago=60)
    with running_codex(f"{box.path}/daemon", *WORDS, CODEX_HOME=box.codex) as pid:
        assert patient.found("codex", "daemon.old", offline=True) == []
        elsewhere = make_context({**patient.environ, "CODEX_HOME": box.path})
        switched(patient, bob, ada, ago=-2, home=elsewhere.home)
        assert patient.found("codex", "daemon.old", offline=True) == []
        switched(patient, ada, bob, ago=-3)
        [found] = patient.found("codex", "daemon.old", offline=True)
        assert (found.level, found.title) == (WARNING, "The daemon still uses old")
        assert (
            f"daemon (pid {pid}) of {box.codex}: old: it began before the switch" in found.evidence
        )
        assert found.mend is not None
        switched(patient, bob, ada, ago=-4)
        assert patient.found("codex", "daemon.old", offline=True) == []


def test_screen_has_the_login_of_its_daemon(patient: Patient, box: Box) -> None:
    """A screen of a home with a daemon is that daemon's client: it is not counted twice."""
    ada, bob = Login(Person("ada")).fresh(), Login(Person("bob")).fresh()
    switched(patient, ada, bob, ago=-3)
    text = daemon_of(patient, tells(bob.access_token))
    with (
        running_codex(f"{box.path}/daemon", *WORDS, text=text, CODEX_HOME=box.codex),
        running_codex(f"{box.path}/screen"),
    ):
        [running] = patient.found("codex", offline=True)
        assert running.id == "codex.running"
        assert "that of its daemon" in running.evidence
        assert "2 codexes run" in running.title.lower()
