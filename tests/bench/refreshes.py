"""How long it takes to refresh many logins, against what the latency alone would, and beside another tool."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from typing import NamedTuple

from profiles.auth_file import parse
from profiles.context import make_context
from profiles.model import Secret
from profiles.oauth.documents import chatgpt_document
from profiles.oauth.issuer import Issuer
from profiles.oauth.token_endpoint import TokenAnswer
from profiles.profile_file import ProfileFile, save_profile_file
from tests.support.cli import ROOT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Self

    from profiles.auth_file import AuthDocument
    from tests.bench.installed import Installed

#: Seconds that the service thinks about each answer; how many are asked at a time.
LATENCY, AT_A_TIME = 0.1, 8
#: So many times what the latency and the start alone take may a run take; and how much memory (bytes).
SLACK, MEMORY = 1.25, 80 << 20
#: A run of ten times as many logins may take so many times as long for each.
GROWTH = 1.1
RIVAL = "ai-auth-switch==0.6.10"


class Run(NamedTuple):
    """One run of a program: seconds, and the most memory that it had (bytes)."""

    seconds: float
    memory: int
    status: int = 0


class Service:
    """A made-up service with so many logins, and a store of ours that holds all of them."""

    def __init__(self, folder: str, count: int, latency: float, *, careful: bool = True) -> None:
        self.twice, self._careful = 0, careful
        self.count, self.folder = count, f"{folder}/refreshes-{count}-{latency}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.service", str(count), str(latency)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        self.url = str(found["url"])
        self.documents = [self._document(login) for login in found["logins"]]
        self._furnish()

    def _document(self, login: dict[str, Any]) -> AuthDocument:
        answer = TokenAnswer(*(Secret(login[name]) for name in TokenAnswer._fields))
        return chatgpt_document(answer, Issuer(self.url), time.time() - 9 * 86_400)

    def _furnish(self) -> None:
        context = make_context(self.environ())
        for number, document in enumerate(self.documents):
            folder = f"{context.roots.profiles}/p{number:04}"
            os.makedirs(folder, mode=0o700)
            with open(
                os.open(f"{folder}/auth.json", os.O_CREAT | os.O_WRONLY, 0o600), "wb"
            ) as file:
                file.write(document.raw)
            save_profile_file(
                context, folder, ProfileFile(identity=parse(document.raw, "").identity)
            )

    def environ(self, **more: str) -> dict[str, str]:
        """Return the environment of a person with these logins."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        os.makedirs(f"{self.folder}/home", exist_ok=True)
        return {
            **kept,
            "HOME": f"{self.folder}/home",
            "SWITCHYARD_HOME": f"{self.folder}/sy",
            "SWITCHYARD_ISSUER": self.url,
            "NO_PROXY": "127.0.0.1",
            **more,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        twice, _ = self._process.communicate()
        self.twice = int(twice)
        assert not (self._careful and self.twice), "a refresh token was sent twice"


def run(command: Sequence[str], environ: dict[str, str], *, anyway: bool = False) -> Run:
    """Run a program, which must succeed unless it may fail `anyway`."""
    begun = time.perf_counter()
    with open(os.devnull, "r+b") as null:
        process = subprocess.Popen(
            command, env=environ, stdin=null, stdout=null, stderr=null, cwd="/"
        )
        _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    if status and not anyway:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return Run(seconds, used.ru_maxrss * 1024, status)


def measure_refreshes(folder: str, installed: Installed, rounds: int) -> tuple[str, bool]:
    """Return what to print, and whether every aim was reached."""
    ours = [installed.script, "--refresh-all", "--force"]
    lines, reached = [], True
    with (
        Service(folder, 1, 0.0) as one,
        Service(folder, 100, LATENCY) as hundred,
        Service(folder, 1_000, LATENCY) as thousand,
    ):
        starts = [run(ours, one.environ()).seconds for _ in range(rounds)]
        runs = [run(ours, hundred.environ()) for _ in range(rounds)]
        start, took = min(starts), min(each.seconds for each in runs)
        limit = SLACK * (start + math.ceil(100 / AT_A_TIME) * LATENCY)
        lines.append(
            f"100 logins, {LATENCY * 1e3:.0f} ms each, {AT_A_TIME} at a time: {took:.2f} s "
            f"(aim {limit:.2f} s = {SLACK} × (start {start:.2f} s + 13 × {LATENCY} s))"
            f"  {_verdict(took <= limit)}"
        )
        reached &= took <= limit
        large = run(ours, thousand.environ())
        each, growth = large.seconds / 1_000, large.seconds / 1_000 / (took / 100)
        lines.append(
            f"1,000 logins: {large.seconds:.1f} s, {each * 1e3:.1f} ms each, {growth:.2f}× of each of a hundred "
            f"(aim {GROWTH}×)  {_verdict(growth <= GROWTH)}; {large.memory >> 20} MiB (aim under {MEMORY >> 20})"
            f"  {_verdict(large.memory < MEMORY)}"
        )
        reached &= growth <= GROWTH and large.memory < MEMORY
        lines += _rival(folder, hundred, rounds)
    return "Refreshing (s)\n" + "\n".join(lines) + "\n", reached


def _verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED"


def _rival(folder: str, service: Service, rounds: int) -> list[str]:
    """Measure the other tool on as many accounts of the same service."""
    tool = f"{folder}/rival"
    subprocess.run([sys.executable, "-m", "venv", tool], check=True)
    pip = [f"{tool}/bin/pip", "install", "--quiet", "--disable-pip-version-check", RIVAL]
    if subprocess.run(pip, check=False, stderr=subprocess.DEVNULL).returncode:
        return [f"{RIVAL} cannot be had here: not measured"]
    with Service(f"{folder}/theirs", service.count, LATENCY, careful=False) as theirs:
        environ = theirs.environ(AI_AUTH_SWITCH_CODEX_TOKEN_URL=f"{theirs.url}/oauth/token")
        home = f"{environ['HOME']}/.codex"
        os.makedirs(home, exist_ok=True)
        for number, document in enumerate(theirs.documents):
            with open(f"{home}/auth.json", "wb") as file:
                file.write(document.raw)
            run([f"{tool}/bin/ais", "auth", "save", "codex", f"p{number:04}"], environ)
        command = [f"{tool}/bin/ais", "auth", "refresh", "codex", "--all", "--force"]
        lines = []
        for words in ([], ["--workers", str(AT_A_TIME)]):
            runs = [run([*command, *words], environ, anyway=True) for _ in range(rounds)]
            failed = sum(1 for each in runs if each.status)
            took = min(each.seconds for each in runs)
            lines.append(
                f"{RIVAL} {' '.join(words) or '(as it comes)'}: {took:.2f} s, {failed} of {rounds} runs failed"
            )
    return [*lines, f"{RIVAL} sent {theirs.twice} refresh tokens twice"]
