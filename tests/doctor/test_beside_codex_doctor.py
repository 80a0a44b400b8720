"""Twelve broken set-ups before `codex doctor` of the real Codex 0.169.0 and before ours: what each of the two names.

Run with `-s` for the table. Both have a network in which everything answers, on loopback; what the real one says of
the hosts that it reaches for besides, through a closed port, it says of a healthy home, too, and that does not count.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any, Final, NamedTuple

import pytest

from profiles.auth_file import parse
from profiles.context import make_context
from profiles.doctor.finding import ERROR, INFO, OK, WARNING
from profiles.marks import LOGIN_NEEDED, set_mark
from tests.doctor.listening import inspect, only_here, program_that_listens
from tests.doctor.ways import patient_of
from tests.support.certificates import Authority
from tests.support.documents import personal_access_token
from tests.support.programs import CODEX_169, need
from tests.support.proxies import dead_port
from tests.support.real_codex import CLOSED, RealCodex
from tests.support.redirect_ports import PORTS, redirect_ports
from tests.support.tokens import Login, Person
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.conftest import Box
    from tests.doctor.patient import Patient

pytestmark = [pytest.mark.real_codex, pytest.mark.slow]

ADA: Final = Login(Person("ada"))
#: The order of what codex doctor says.
RANK: Final = {"ok": 0, "warning": 1, "fail": 2}


class Scene(NamedTuple):
    """A healthy machine with ada's login, to be broken."""

    box: Box
    patient: Patient
    codex: RealCodex
    authority: Authority
    backend: str
    login: Login

    @property
    def auth(self) -> str:
        """The login's file."""
        return f"{self.box.codex}/auth.json"

    def configure(self, line: str) -> str:
        """Write a line of config.toml; return the file's path."""
        path = f"{self.box.codex}/config.toml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{line}\n")
        return path

    def ask_codex(self) -> dict[str, str]:
        """Return what codex doctor says: the status of each of its checks."""
        environ = {
            **self.patient.environ,
            "HTTPS_PROXY": CLOSED,
            "NO_PROXY": "127.0.0.1",
            "CODEX_CA_CERTIFICATE": self.authority.path,
        }
        command = ["-c", f'chatgpt_base_url="{self.backend}"', "doctor", "--json"]
        codex = RealCodex(self.codex.path, self.codex.home)
        codex.environ = environ
        checks: dict[str, dict[str, Any]] = json.loads(codex.run(*command).out)["checks"]
        return {id_: check["status"] for id_, check in checks.items()}


#: Breaks a scene while the block runs, and yields the id that names it, and the culprit.
Breaking = tuple[str, str]


@contextlib.contextmanager
def stale_variable(scene: Scene) -> Iterator[Breaking]:
    """A CODEX_ACCESS_TOKEN of long ago, from a start-up file."""
    value = personal_access_token()
    scene.patient.write(".bashrc", f"# old\nexport CODEX_ACCESS_TOKEN={value}\n")
    scene.patient.set(CODEX_ACCESS_TOKEN=value)
    yield "env.access_token", ".bashrc:2"


@contextlib.contextmanager
def token_as_key(scene: Scene) -> Iterator[Breaking]:
    """A ChatGPT token exported as an API key."""
    scene.patient.set(OPENAI_API_KEY=scene.login.access_token)
    yield "env.openai_api_key", "OPENAI_API_KEY"


@contextlib.contextmanager
def home_nowhere(scene: Scene) -> Iterator[Breaking]:
    """A CODEX_HOME that is not there."""
    scene.patient.set(CODEX_HOME=f"{scene.box.home}/gone")
    yield "env.home", f"{scene.box.home}/gone"


@contextlib.contextmanager
def open_file(scene: Scene) -> Iterator[Breaking]:
    """An auth.json that everybody can read."""
    os.chmod(scene.auth, 0o644)
    yield "file.mode", "0644"


@contextlib.contextmanager
def no_account(scene: Scene) -> Iterator[Breaking]:
    """Tokens without an account_id: no refresh, ever."""
    scene.login.document().having_tokens(account_id=...).write(scene.box.codex)
    yield "login.account_id", scene.auth


@contextlib.contextmanager
def spent(scene: Scene) -> Iterator[Breaking]:
    """A refresh token that the issuer has called used."""
    token = parse(scene.login.document().data(), scene.auth).refresh_token
    assert token is not None
    context = make_context(scene.patient.environ)
    set_mark(context, token.digest(), LOGIN_NEEDED, "refresh_token_reused: it was already used")
    yield "token.reused", scene.auth


@contextlib.contextmanager
def keyring(scene: Scene) -> Iterator[Breaking]:
    """A store that does not read auth.json."""
    yield "store.keyring", scene.configure('cli_auth_credentials_store = "keyring"')


@contextlib.contextmanager
def forced_workspace(scene: Scene) -> Iterator[Breaking]:
    """A workspace that is forced, and not ada's: the next start deletes her login."""
    path = scene.configure('forced_chatgpt_workspace_id = "7d3cbb1e-8c52-4d0d-9b0a-000000000009"')
    yield "config.forced", path


@contextlib.contextmanager
def old_daemon(scene: Scene) -> Iterator[Breaking]:
    """A real daemon from before a switch."""
    with scene.codex.daemon() as pid:
        Login(Person("bob")).fresh().write(scene.box.codex)
        yield "daemon.old", f"daemon (pid {pid})"


@contextlib.contextmanager
def held_port(scene: Scene) -> Iterator[Breaking]:
    """Both ports of the callback held by other programs."""
    with program_that_listens(PORTS[0]) as pid, program_that_listens(PORTS[1]):
        yield "port.busy", f"(pid {pid})"


@contextlib.contextmanager
def dead_proxy(scene: Scene) -> Iterator[Breaking]:
    """A proxy in the home's .env that nobody listens at any more."""
    port = dead_port()
    scene.patient.write(".codex/.env", f"HTTPS_PROXY=http://127.0.0.1:{port}\nNO_PROXY=\n", 0o600)
    yield "proxy.dead", ".env:1"


@contextlib.contextmanager
def twin(scene: Scene) -> Iterator[Breaking]:
    """The same login copied into another home."""
    scene.login.write(f"{scene.box.home}/.codex-laptop")
    yield "copy.twin", f"{scene.box.home}/.codex-laptop"


#: Where codex doctor complains at all.
COMPLAINTS: Final[dict[object, set[str]]] = {
    home_nowhere: {"config.load", "network.provider_reachability", "state.paths"},
    keyring: {"auth.credentials"},
    dead_proxy: {"network.provider_reachability"},
}
SETUPS: Final[tuple[Callable[[Scene], AbstractContextManager[Breaking]], ...]] = (
    stale_variable,
    token_as_key,
    home_nowhere,
    open_file,
    no_account,
    spent,
    keyring,
    forced_workspace,
    old_daemon,
    held_port,
    dead_proxy,
    twin,
)


@pytest.fixture
def scene(box: Box) -> Iterator[Scene]:
    """A machine on which all is well."""
    authority = Authority(box.path)
    login = ADA.fresh()
    login.write(box.codex)
    os.chmod(box.codex, 0o700)
    with redirect_ports(), Simulator(tls=authority.vouch().server()) as simulator:
        patient = patient_of(box, simulator, authority, proxied=True)
        patient.set(BROWSER="firefox", CODEX_CA_CERTIFICATE=None)
        patient.put("/etc/hosts", "127.0.0.1 localhost\n")
        patient.context["processes"] = only_here(box)
        codex = RealCodex(need(CODEX_169), box.codex, {"CODEX_HOME": box.codex})
        yield Scene(box, patient, codex, authority, simulator.backend_url, login)


def ours(scene: Scene) -> list[tuple[str, str, str]]:
    """Return what our doctor finds wrong: id, level, evidence."""
    findings = scene.patient.findings()
    inspect(findings)
    return [
        (each.id, each.level, each.evidence)
        for each in findings
        # Whatever else runs on this machine has an environment of its own.
        if each.level not in (OK, INFO) and each.id != "env.stale_process"
    ]


def worse(now: dict[str, str], healthy: dict[str, str]) -> set[str]:
    """Return the checks of codex doctor that are worse than with a healthy home."""
    return {id_ for id_, status in now.items() if RANK[status] > RANK[healthy.get(id_, "ok")]}


def files(folder: str) -> dict[str, int]:
    """Return when each file of a folder was changed."""
    return {name: os.stat(f"{folder}/{name}").st_mtime_ns for name in os.listdir(folder)}


def test_a_healthy_machine_gives_no_alarm(scene: Scene) -> None:
    """Neither of the two complains of the machine that is then broken; nor does looking change any file."""
    before = files(scene.box.codex)
    assert ours(scene) == []
    said = scene.ask_codex()
    assert said["auth.credentials"] == "ok"
    assert said["network.provider_reachability"] == "ok"
    assert files(scene.box.codex) == before


@pytest.mark.parametrize("breaking", SETUPS, ids=lambda each: each.__name__)
def test_ours_names_what_is_broken(
    scene: Scene, breaking: Callable[[Scene], AbstractContextManager[Breaking]]
) -> None:
    """Ours names each of the twelve by its id and culprit; codex doctor complains of three, and of nine says ok."""
    healthy = scene.ask_codex()
    with breaking(scene) as (id_, culprit):
        found = ours(scene)
        theirs = worse(scene.ask_codex(), healthy)
    row = (
        breaking.__name__,
        ", ".join(sorted(theirs)) or "ok",
        ", ".join(each[0] for each in found),
    )
    print("\n{:16} | {:16} | {}".format(*row), end="")
    named = [each for each in found if each[0] == id_]
    assert named, found
    assert named[0][1] in (ERROR, WARNING)
    assert any(culprit in each[2].replace("~", scene.box.home) for each in named), named
    assert theirs == COMPLAINTS.get(breaking, set())
