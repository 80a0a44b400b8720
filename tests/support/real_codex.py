"""The unmodified Codex client, run in a home of the test's, with nothing beyond this machine.

    codex = RealCodex(need(CODEX_169), box.codex)
    codex.access_token()                    # the bearer a new `codex app-server` uses
    codex.login_status()                    # code 0 or 1, and what it says
    with codex.app_server() as session: …   # one that keeps running
    with codex.daemon():                    # a real one, 0.4 GB, removed at the end
        codex.daemon_access_token()

Every address that Codex would ask is replaced by a closed port here, so that a refresh, a
revocation or an update of the client fails at once and no request leaves the machine.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import select
import shutil
import signal
import subprocess
from typing import Any, Final, NamedTuple

from tests.support.app_server import AppServerError, Session, socket_session, stdio_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Port 9, "discard": nobody listens there, so a connection is refused at once.
CLOSED: Final = "http://127.0.0.1:9"
#: What makes Codex ask the closed port instead of OpenAI.
OFFLINE: Final[dict[str, str]] = {
    "ALL_PROXY": CLOSED,
    "HTTPS_PROXY": CLOSED,
    "HTTP_PROXY": CLOSED,
    "NO_PROXY": "127.0.0.1,localhost,::1",
    "CODEX_APP_SERVER_LOGIN_ISSUER": CLOSED,
    "CODEX_AUTHAPI_BASE_URL": CLOSED,
    "CODEX_REFRESH_TOKEN_URL_OVERRIDE": f"{CLOSED}/oauth/token",
    "CODEX_REVOKE_TOKEN_URL_OVERRIDE": f"{CLOSED}/oauth/revoke",
}
#: How long a command of the client may take, in seconds. Its daemon copies 0.4 GB first.
PATIENCE: Final = 120.0

_NOISE: Final = ("WARNING: proceeding, even though we could not",)


class Finished(NamedTuple):
    """How a command of the client ended; `text` is what it said on both streams, less its noise."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """What a person reads."""
        lines = [*self.out.splitlines(), *self.err.splitlines()]
        return "\n".join(line for line in lines if not line.startswith(_NOISE)).strip()


class RealCodex:
    """One client and one home.

    `path` is the client's launcher. `env` changes the test's environment for it; None takes a
    variable away.
    """

    def __init__(self, path: str, home: str, env: Mapping[str, str | None] | None = None) -> None:
        self.path = path
        self.home = os.path.realpath(home)
        os.makedirs(self.home, mode=0o700, exist_ok=True)
        changes = {**OFFLINE, "CODEX_HOME": self.home, **(env or {})}
        environ = {name: value for name, value in os.environ.items() if name not in changes}
        #: The whole environment that the client gets.
        self.environ = environ | {
            name: value for name, value in changes.items() if value is not None
        }

    def run(self, *arguments: str, input: str = "", timeout: float = PATIENCE) -> Finished:  # noqa: A002
        """Run `codex ARGUMENTS…` to its end."""
        done = subprocess.run(
            [self.path, *arguments],
            env=self.environ,
            input=input,
            cwd=self.home,
            timeout=timeout,
            capture_output=True,
            check=False,
            text=True,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    @property
    def version(self) -> str:
        """The client's version, as `0.169.0`."""
        return self.run("--version").out.split()[-1]

    # -- the login in auth.json --

    def login_status(self) -> Finished:
        """Run `codex login status`: code 0 when logged in; it says by what, not as whom."""
        return self.run("login", "status")

    def doctor(self) -> dict[str, Any]:
        """Return what `codex doctor --json` finds (not in 0.98)."""
        document = json.loads(self.run("doctor", "--json").out)
        assert isinstance(document, dict)
        return document

    def login_with_api_key(self, key: str) -> Finished:
        """Let the client write a login: `codex login --with-api-key`; it is not verified."""
        return self.run("login", "--with-api-key", input=f"{key}\n")

    def logout(self) -> Finished:
        """Let the client remove the login; its revocation reaches nobody."""
        return self.run("logout")

    @contextlib.contextmanager
    def app_server(self) -> Iterator[Session]:
        """Keep a `codex app-server` on stdio running while the block runs."""
        with stdio_session([self.path, "app-server"], self.environ) as session:
            yield session

    def auth_status(self, *, include_token: bool = True) -> dict[str, Any]:
        """Ask a new `codex app-server` for `authMethod` and `authToken`, as a new session would."""
        with self.app_server() as session:
            return session.auth_status(include_token=include_token)

    def access_token(self) -> str | None:
        """Return the bearer that a Codex started now uses: an access token, a key, or None."""
        with self.app_server() as session:
            return session.access_token()

    # -- the daemon (not in 0.98) --

    @property
    def socket(self) -> str:
        """Where the daemon listens."""
        return f"{self.home}/app-server-control/app-server-control.sock"

    def daemon_command(self, verb: str) -> dict[str, Any]:
        """Run `codex app-server daemon VERB` and return what it prints, a JSON object."""
        done = self.run("app-server", "daemon", verb)
        if done.code != 0:
            raise AppServerError(f"daemon {verb}: {done.text}")
        answer = json.loads(done.out)
        assert isinstance(answer, dict)
        return answer

    @contextlib.contextmanager
    def daemon(self) -> Iterator[int]:
        """Start a daemon, give its pid, and in the end remove whatever it left."""
        try:
            pid = self.daemon_command("start")["pid"]
            assert isinstance(pid, int)
            yield pid
        finally:
            self.remove_daemon()

    @contextlib.contextmanager
    def daemon_session(self) -> Iterator[Session]:
        """Join the daemon, as a screen does, while the block runs."""
        with socket_session(self.socket) as session:
            yield session

    def daemon_access_token(self) -> str | None:
        """Return the bearer that the running daemon uses."""
        with self.daemon_session() as session:
            return session.access_token()

    def remove_daemon(self) -> None:
        """End the home's daemon and its update loop; remove the 0.4 GB copy and the sockets."""
        for pid in _running_below(f"{self.home}/packages"):
            _end(pid)
        # Killed, they leave the links to their sockets, which lie in a folder of the machine's.
        sockets = [os.path.realpath(link) for link in glob.glob(f"{self.home}/app-server-*/*.sock")]
        for path in sockets:
            for each in (path, f"{path}.lock"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(each)
        for name in ("packages", "app-server-daemon", "app-server-control"):
            shutil.rmtree(f"{self.home}/{name}", ignore_errors=True)


def _running_below(folder: str) -> list[int]:
    """Return the processes whose program lies below `folder`."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{name}/exe").startswith(f"{folder}/"):
                    found.append(int(name))
    return found


def _end(pid: int) -> None:
    """Kill a process that is no child of ours, and wait until it is gone or a zombie."""
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            assert select.select([descriptor], [], [], 10)[0], f"process {pid} does not end"
        finally:
            os.close(descriptor)
