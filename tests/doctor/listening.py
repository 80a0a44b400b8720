"""Real listeners at ports that stand for 1455 and 1457, each in a process of its own.

first, second = two_ports()
with login_that_waits(patient, first) as pid: …          # a `codex login`
with program_that_listens(second, "0.0.0.0") as pid: …   # somebody else
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from typing import NamedTuple

from profiles.doctor.examining import examine
from profiles.doctor.finding import ERROR, OK, WARNING
from profiles.processes import codex_processes
from tests.doctor.patient import Patient
from tests.support.app_server import end_group
from tests.support.fake_codex import running, running_codex, script
from tests.support.tokens import SECRETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Unpack

    from profiles.doctor.checks import Check
    from profiles.doctor.finding import Finding
    from profiles.doctor.machine import Machine
    from profiles.model import Process
    from tests.conftest import Box
    from tests.doctor.patient import Options

LISTEN = """\
import os, socket, sys
if {uid}:
    os.setgid({uid})
    os.setuid({uid})
family = socket.AF_INET6 if ":" in {address!r} else socket.AF_INET
listener = socket.create_server(({address!r}, {port}), family=family)
print("up", flush=True)
sys.stdin.read()
"""


def only_here(box: Box) -> Callable[[], list[Process]]:
    """Return what lists the Codexes of this test: others' may run at the same time."""
    return lambda: [
        each for each in codex_processes() if (each.home or "").startswith(f"{box.path}/")
    ]


def two_ports() -> tuple[int, int]:
    """Return two ports that are free, on every address."""
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("", 0))
        return one.getsockname()[1], other.getsockname()[1]


@contextlib.contextmanager
def program_that_listens(port: int, address: str = "127.0.0.1", uid: int = 0) -> Iterator[int]:
    """Let a program that is no Codex listen while the block runs; as another user when `uid` is given."""
    text = LISTEN.format(uid=uid, address=address, port=port)
    with running([sys.executable, "-c", text], cwd="/") as child:
        yield child.pid


@contextlib.contextmanager
def login_that_waits(
    folder: str, port: int, *words: str, address: str = "127.0.0.1"
) -> Iterator[int]:
    """Let a `codex login` (or what is told) listen while the block runs."""
    text = LISTEN.format(uid=0, address=address, port=port)
    with running_codex(f"{folder}/login-{port}", *(words or ("login",)), text=text) as pid:
        yield pid


class InTerminal(NamedTuple):
    """A program in a terminal of its own; `terminal` as `ps` names it, `master` its other end."""

    pid: int
    terminal: str
    master: int

    def press_ctrl_c(self) -> None:
        """Press it, and wait for the end of the program."""
        os.write(self.master, b"\x03")
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)


@contextlib.contextmanager
def login_in_a_terminal(
    folder: str, port: int, *words: str, name: str = "codex"
) -> Iterator[InTerminal]:
    """Let a `codex login`, or another program with these words, listen in a terminal while the block runs."""
    take = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    text = take + LISTEN.format(uid=0, address="127.0.0.1", port=port)
    path = script(f"{folder}/terminal-{port}", text, name)
    master, slave = os.openpty()
    try:
        child = subprocess.Popen(
            [path, *words], stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        try:
            assert b"up" in os.read(master, 1024)
            yield InTerminal(child.pid, os.ttyname(slave).removeprefix("/dev/"), master)
        finally:
            end_group(child)
    finally:
        os.close(master)
        os.close(slave)


@contextlib.contextmanager
def native_that_listens(folder: str, port: int, *words: str) -> Iterator[int]:
    """Let a program whose own file is called codex listen while the block runs: Python, under that name."""
    os.makedirs(folder, exist_ok=True)
    path = f"{folder}/codex"
    if os.path.exists(path):
        os.unlink(path)
    shutil.copy(os.path.realpath(sys.executable), path)
    text = f"import socket; s = socket.create_server(('127.0.0.1', {port})); print(flush=True); input()"
    with running(
        [path, "-c", text, *words], PYTHONHOME=sys.base_prefix, HOME=os.environ["HOME"]
    ) as child:
        yield child.pid


def wrong(machine: Machine, checks: Sequence[Check], *ids: str) -> list[Finding]:
    """Return what these checks find that is not fine: of these ids, or of all of them."""
    findings = examine(machine, checks)
    inspect(findings)
    return [each for each in findings if each.level != OK and (not ids or each.id in ids)]


def inspect(findings: Sequence[Finding]) -> None:
    """Each finding is as it should be: short, with evidence, cause and step, and without any secret."""
    for each in findings:
        assert len(each.title) <= 70, each.title
        assert not each.title.endswith("."), each.title
        if each.level in (ERROR, WARNING):
            assert each.evidence, each
            assert each.why, each
            assert each.fix, each
        text = "\n".join(map(str, each[:6]))
        assert not [what for secret, what in SECRETS.items() if secret in text], each.id


class Inspected(Patient):
    """A patient whose findings are all inspected."""

    def findings(self, *subjects: str, **changes: Unpack[Options]) -> list[Finding]:
        """Examine it, and look at each finding."""
        found = super().findings(*subjects, **changes)
        inspect(found)
        return found


def npm_client(patient: Patient, version: str = "0.155.0") -> str:
    """Put a client of npm first on PATH, as npm lays it out; return its package.json."""
    package = f"{patient.box.path}/npm/node_modules/@openai/codex"
    os.makedirs(f"{package}/bin", exist_ok=True)
    with open(f"{package}/bin/codex.js", "w", encoding="utf-8") as file:
        file.write("#!/bin/false\n")
    os.chmod(f"{package}/bin/codex.js", 0o755)
    with open(f"{package}/package.json", "w", encoding="utf-8") as file:
        json.dump({"name": "@openai/codex", "version": version}, file)
    if not os.path.lexists(f"{patient.bin}/codex"):
        os.symlink(f"{package}/bin/codex.js", f"{patient.bin}/codex")
    return f"{package}/package.json"


def kill(finding: Finding) -> None:
    """Do what the fix says: its last words are a line that ends a process of the test's own."""
    program, pid = finding.fix.rpartition(": ")[2].split()
    assert program == "kill"
    end(int(pid))


def end(pid: int) -> None:
    """End a process of the test's own."""
    os.kill(pid, 15)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
