"""How long the doctor takes: on a healthy machine, without the network, and where nothing answers."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import time
from typing import NamedTuple

from profiles.paths import AUTH_FILE
from tests.support.cli import ROOT
from tests.support.fake_codex import script
from tests.support.tokens import Login, Person
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Seconds that each may take.
HEALTHY, OFFLINE, SILENT = 1.5, 0.4, 5.5
REAL_CODEX = "SWITCHYARD_TEST_CODEX_169"
#: Programs that the doctor asks, and that may never answer.
ASKED = ("codex", "systemctl", "crontab", "tmux", "launchctl", "curl")


class Visit(NamedTuple):
    """One kind of visit: its name, the arguments, the environment, and the seconds that it may take."""

    name: str
    words: tuple[str, ...]
    environ: Mapping[str, str]
    most: float


class Figures(NamedTuple):
    """The seconds of several visits of one kind."""

    visit: Visit
    seconds: list[float]

    @property
    def reached(self) -> bool:
        """Whether the quickest kept to the limit: what else runs on the machine is not ours."""
        return min(self.seconds) <= self.visit.most

    def __str__(self) -> str:
        verdict = "reached" if self.reached else "MISSED"
        middle, least = statistics.median(self.seconds), min(self.seconds)
        return f"{self.visit.name:<44}{middle:>8.2f}{least:>8.2f}   under {self.visit.most:g} s: {verdict}"


def patient(folder: str) -> dict[str, str]:
    """Make a healthy machine with three logins; return its environment."""
    home = f"{folder}/home"
    environ = {
        "HOME": home,
        "SWITCHYARD_HOME": f"{folder}/sy",
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "PYTHONPATH": ROOT,
        "NO_PROXY": "127.0.0.1,localhost,::1",
    }
    first = Login(Person("ada")).fresh()
    first.write(f"{home}/.codex")
    first.write(f"{folder}/sy/data/profiles/ada")
    for name in ("bob", "cy"):
        Login(Person(name)).fresh().write(f"{folder}/sy/data/profiles/{name}")
    assert os.path.exists(f"{home}/.codex/{AUTH_FILE}")
    for name in (".bashrc", ".profile"):
        with open(f"{home}/{name}", "w", encoding="utf-8") as file:
            file.write("export EDITOR=vi\n" * 200)
    return environ


def visits(folder: str, issuer: str, backend: str, silent: str) -> Iterator[Visit]:
    """Yield the kinds of visit; the real Codex is installed in the first where one is known."""
    environ = patient(folder) | {
        "SWITCHYARD_ISSUER": issuer,
        "SWITCHYARD_CHATGPT_BASE_URL": backend,
    }
    real = os.environ.get(REAL_CODEX)
    if real:
        environ["PATH"] = f"{os.path.dirname(real)}:{environ['PATH']}"
    yield Visit(f"all is well{', codex doctor asked too' if real else ''}", (), environ, HEALTHY)
    yield Visit("all is well, --offline", ("--offline",), environ, OFFLINE)
    for name in ASKED:
        script(f"{folder}/silent", "import time; time.sleep(60)", name)
    dead = environ | {
        "SWITCHYARD_ISSUER": silent,
        "SWITCHYARD_CHATGPT_BASE_URL": f"{silent}/backend-api/",
        "PATH": f"{folder}/silent:{os.environ['PATH']}",
    }
    yield Visit("nothing answers: service, codex, systemctl, …", (), dead, SILENT)


def measure_doctor(folder: str, command: list[str], rounds: int) -> tuple[str, bool]:
    """Measure; return the table, and whether every limit was kept."""
    with Simulator() as simulator, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        silent = f"http://127.0.0.1:{listener.getsockname()[1]}"
        found = [
            Figures(visit, [_timed(command, visit) for _ in range(rounds)])
            for visit in visits(f"{folder}/doctor", simulator.url, simulator.backend_url, silent)
        ]
    head = f"{'tui doctor (s)':<44}{'median':>8}{'min':>8}"
    return "\n".join([head, *map(str, found), ""]), all(each.reached for each in found)


def _timed(command: list[str], visit: Visit) -> float:
    """Pay one visit; return its seconds."""
    begun = time.perf_counter()
    done = subprocess.run(
        [*command, "doctor", "--json", *visit.words],
        env=dict(visit.environ),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    seconds = time.perf_counter() - begun
    found = json.loads(done.stdout)["findings"]
    wrong = sorted({each["id"] for each in found if each["level"] in ("error", "unknown")})
    if bool(wrong) != (visit.most == SILENT):
        raise SystemExit(
            f"{visit.name}: {', '.join(wrong) or 'nothing'} was found\n{done.stderr!r}"
        )
    return seconds
