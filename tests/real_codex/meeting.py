"""One login refreshed by us and by a real Codex at the same moment, each held where the test says.

    with Meeting(box, codex) as meeting:
        meeting.ours(WRITTEN_AHEAD)         # we stand before this step
        meeting.theirs(HANDLED)             # the client's token is spent, and it has no answer yet
        meeting.end(first="theirs")
        meeting.outcome()

We are held at file calls, before the request, or by the issuer; the client by the issuer, or stopped with its locks
held.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from typing import Any, Final, Literal, NamedTuple, Self

from profiles.listing import take_snapshot
from profiles.oauth.sender import Network
from profiles.processes import codex_processes, processes_of_home
from profiles.refreshing import Result, refresh_logins
from tests.real_codex.halting import (
    BY_ISSUER,
    HOMES_LOCKED,
    LAB,
    LIVE,
    OWN,
    WRITTEN_AHEAD,
    Halting,
    Stop,
)
from tests.refreshing.stand import Stand
from tests.support.app_server import AppServerError, Session, stdio_session
from tests.support.programs import CODEX_98, need
from tests.support.real_codex import RealCodex
from tui.simulator.gates import ARRIVED, HALF, HANDLED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from profiles.context import Context
    from profiles.model import Process
    from profiles.refresh_answer import Send
    from profiles.refresh_plan import Options
    from tests.conftest import Box
    from tui.simulator.gates import Gate
    from tui.simulator.wire import Request

    First = Literal["ours", "theirs"]

TOKEN: Final = "/oauth/token"
#: Our clock runs so much faster than the machine's: waits that end by themselves take a moment.
HASTE: Final = 20.0
PATIENCE: Final = 30.0

#: Where the client stands.
THEIRS_SENT = "its request sent"
THEIRS_ROTATED = "issuer rotated for it"
THEIRS_HALF = "half its answer read"
THEIRS_LOCKED = "its locks taken"
GATES: Final = (THEIRS_SENT, THEIRS_ROTATED, THEIRS_HALF, THEIRS_LOCKED)
_GATE_BY_ISSUER: Final = {THEIRS_SENT: ARRIVED, THEIRS_ROTATED: HANDLED, THEIRS_HALF: HALF}


class Outcome(NamedTuple):
    """What is left when both have ended.

    `works`: every holder has the token that the issuer takes. `alive`: there is such a token. `outcome`, `reason` and
    `said` are our result's, `state` and `because` the row's.
    """

    works: bool
    alive: bool
    outcome: str
    reason: str | None
    said: tuple[str, ...]
    state: str
    because: str | None

    @property
    def is_told(self) -> bool:
        """Whether the person is told that the login may be lost."""
        doubted = {self.outcome, self.state} & {"login-needed", "uncertain"}
        return bool(doubted) or any("in the same moment" in sentence for sentence in self.said)


class Meeting(Stand):
    """Ada's login in her profile, the active home and another home; a client runs with the active one."""

    def __init__(self, box: Box, codex: str, *, forgiving: bool = False) -> None:
        super().__init__(box, forgiving=forgiving)
        self.simulator._now = time.time
        self.environ |= {"CODEX_HOME": self.home}
        self.is_old = codex == CODEX_98
        override = f"{self.simulator.url}/oauth/token" if self.is_old else None
        self.client = RealCodex(
            need(codex), self.home, {"CODEX_REFRESH_TOKEN_URL_OVERRIDE": override}
        )
        self.results: list[Result] = []
        self.how = ""
        self._cleanup = contextlib.ExitStack()
        self._stop = Stop()
        self._our_gate: Gate | None = None
        self._their_gate: Gate | None = None
        self._us: threading.Thread | None = None
        self._them: threading.Thread | None = None
        self._session: Session | None = None
        self._failed: list[BaseException] = []
        #: What the client answered: its access token, or None, or an error.
        self.answer: dict[str, Any] | AppServerError | None = None

    def __enter__(self) -> Self:
        super().__enter__()
        login = self.sign_in("ada")
        self.paths = {
            OWN: self.put("ada", login),
            LIVE: self.live(login),
            LAB: self.register("lab", f"{self.box.path}/lab", login),
        }
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        self._stop.go()
        self.simulator.gates.open_all()
        self._continue()
        for thread in (self._us, self._them):
            if thread is not None:
                thread.join(PATIENCE)
        self._cleanup.close()
        self.reuse_is_forced = self.simulator.reused
        super().__exit__(kind, *exc)
        if kind is None:
            assert not self._failed, self._failed
            sent = self.tokens_sent(ours)
            assert len(sent) == len(set(sent)), "we sent a token twice"

    @property
    def context(self) -> Context:
        """The surroundings: the machine's clock and processes, and a hasty monotonic one."""
        return super().context._replace(
            now=time.time,
            monotonic=lambda: time.monotonic() * HASTE,
            sleep=lambda seconds: time.sleep(seconds / HASTE),
            processes=codex_processes,
        )

    def tokens_sent(self, which: Callable[[Request], bool]) -> list[str]:
        """Return the refresh tokens that were sent, oldest first."""
        return [
            json.loads(r.body)["refresh_token"] for r in self.simulator.requests(TOKEN) if which(r)
        ]

    # -- the client --

    def start(self, gate: str = "") -> Session:
        """Let the client run; for the gate of its locks it stops itself once it has them."""
        command = [self.client.path, "app-server"]
        if gate == THEIRS_LOCKED:
            lock = f"{self.home}/auth.json.lock"
            command = [
                *(need("strace"), "-f", "-qq", "-o", "/dev/null", "-P", lock),
                *("-e", "trace=flock", "-e", "inject=flock:signal=SIGSTOP", *command),
            ]
        self._session = self._cleanup.enter_context(stdio_session(command, self.client.environ))
        return self._session

    @property
    def process(self) -> Process:
        """The client as it is listed."""
        [process] = processes_of_home(self.home)
        return process

    def theirs(self, gate: str = "") -> str:
        """Let the client refresh, up to a gate; return `held`, `ended`, or `in line` for a lock of ours."""
        session = self._session or self.start(gate)
        pid = self.process.pid
        if gate in _GATE_BY_ISSUER:
            self._their_gate = self.simulator.gates.hold(TOKEN, _GATE_BY_ISSUER[gate], theirs)

        def ask() -> None:
            try:
                params = {"includeToken": True, "refreshToken": True}
                self.answer = session.request("getAuthStatus", params)
            except AppServerError as error:
                self.answer = error

        self._them = threading.Thread(target=ask)
        self._them.start()
        held = {
            "held": lambda: (
                _is_stopped(pid)
                if gate == THEIRS_LOCKED
                else self._their_gate is not None and self._their_gate.is_reached
            )
        }
        self.how = self._until({**held, **self._their_ends()})
        return self.how

    def end_client(self) -> None:
        """Let the client end."""
        self._cleanup.close()
        self._session = None

    def _their_ends(self) -> dict[str, Callable[[], bool]]:
        them = self._them
        assert them is not None
        return {
            "ended": lambda: not them.is_alive(),
            "in line": lambda: stands_in_line(f"{self.home}/auth.lock"),
        }

    def _keep_going(self) -> None:
        """Wake the client, also if it stops only later: it may stand in line for its locks until then."""
        them = self._them
        while them is not None and them.is_alive():
            self._continue()
            time.sleep(0.02)

    def _continue(self) -> None:
        if self._session is not None:
            for process in processes_of_home(self.home):
                with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                    if _is_stopped(process.pid):
                        os.kill(process.pid, signal.SIGCONT)

    # -- we --

    def ours(self, step: str) -> None:
        """Let us refresh, up to a step."""
        context = self.context
        context = context._replace(files=Halting(step, self._stop, context, self.paths))
        if step == HOMES_LOCKED:
            context = context._replace(processes=self._processes)
        if step in BY_ISSUER:
            self._our_gate = self.simulator.gates.hold(TOKEN, BY_ISSUER[step], ours)

        def refresh() -> None:
            try:
                with Network() as network:
                    way = self._way(network, step)
                    self.results += refresh_logins(context, connect=way)
            except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
                self._failed.append(error)

        self._us = threading.Thread(target=refresh)
        self._us.start()
        reached = self._until(
            {
                "held": lambda: (
                    self._our_gate.is_reached if self._our_gate else self._stop.is_reached
                ),
                "ended": lambda: self._us is not None and not self._us.is_alive(),
            }
        )
        assert reached == "held", f"never came to {step}: {self.results} {self._failed}"

    def _processes(self) -> list[Process]:
        self._stop.stand()
        return codex_processes()

    def _way(self, network: Network, step: str) -> Callable[[Context, str], Send]:
        def to(context: Context, home: str) -> Send:
            send = network.to(context, home)

            def halting(request: Any, take: Any) -> Any:  # noqa: ANN401 - as it comes
                if step == WRITTEN_AHEAD:
                    self._stop.stand()
                return send(request, take)

            return halting

        return to

    # -- both --

    def end(self, first: First) -> None:
        """Let one go on until it has ended, or cannot without the other; then the other."""
        if first == "ours":
            self._let_us_go()
            self.let_them_go()
        else:
            self.let_them_go()
            self._let_us_go()
        for thread in (self._us, self._them):
            assert thread is not None
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def _let_us_go(self) -> None:
        self._stop.go()
        if self._our_gate is not None:
            self._our_gate.open()
        assert self._us is not None
        self._us.join(PATIENCE)

    def let_them_go(self) -> None:
        """Let the client go on until it has ended, or stands in line for a lock of ours."""
        if self._their_gate is not None:
            self._their_gate.open()
        threading.Thread(target=self._keep_going).start()
        self._until(self._their_ends())

    def _until(self, ends: Mapping[str, Callable[[], bool]]) -> str:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for name, is_so in ends.items():
                if is_so():
                    return name
            time.sleep(0.005)
        raise TimeoutError(f"none of {list(ends)}")

    def outcome(self) -> Outcome:
        """Return what is left."""
        [family] = self.simulator.families
        [ada] = [result for result in self.results if result.name == "ada"]
        row = take_snapshot(self.context).row("ada")
        assert row is not None
        alive = family.current is not None
        return Outcome(
            self.all_work(), alive, ada.outcome, ada.reason, ada.said, row.state, row.reason
        )

    def all_work(self) -> bool:
        """Say whether every holder has the token that the issuer takes."""
        return all(map(self.works, self.paths.values()))

    def again(self, options: Options | None = None) -> list[Result]:
        """Refresh as the next cron job would."""
        return list(refresh_logins(self.context, None, options))


def ours(request: Request) -> bool:
    """Say whether a request is our refresh."""
    return b'"scheduled"' in request.body


def theirs(request: Request) -> bool:
    """Say whether a request is a client's refresh."""
    return b'"refresh_token"' in request.body and not ours(request)


def stands_in_line(path: str) -> bool:
    """Say whether somebody waits for a flock on the file."""
    try:
        inode = os.stat(path).st_ino
    except FileNotFoundError:
        return False
    with open("/proc/locks", encoding="ascii") as file:
        return any("->" in line and f":{inode} " in line for line in file)


def _is_stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0] in "tT"
