"""A real sshd on loopback, with throw-away keys, as whoever runs the tests; and the real ssh that goes there.

with sshd(folder) as server:
    with server.tunnel(line) as local: ...      # the line as it was shown, from another loopback address
    server.ssh("printenv SSH_CONNECTION")
"""

from __future__ import annotations

import contextlib
import os
import pwd
import select
import shlex
import socket
import subprocess
import time
from typing import NamedTuple

import pytest

from tests.support.programs import need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: The address that stands for the machine with the browser: all of 127/8 is loopback, and this one is not ours.
ELSEWHERE = "127.0.0.2"
PATIENCE = 30.0

CONFIG = """\
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
AllowTcpForwarding local
PidFile none
LogLevel VERBOSE
"""


class Server(NamedTuple):
    """An sshd that runs: where, and who may log in."""

    folder: str
    port: int
    user: str

    @property
    def connection(self) -> str:
        """What it would put into SSH_CONNECTION."""
        return f"127.0.0.1 50000 127.0.0.1 {self.port}"

    @property
    def options(self) -> list[str]:
        """What a person has in their own ~/.ssh: the key, and that they know this host."""
        return [
            *("-F", "none", "-i", f"{self.folder}/user_key", "-o", "IdentitiesOnly=yes"),
            *("-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={self.folder}/known_hosts"),
            *("-o", "GlobalKnownHostsFile=none", "-o", "StrictHostKeyChecking=yes"),
        ]

    def words(self, *options: str) -> list[str]:
        """Return the command that goes there; what is to be run there can be put after it."""
        place = ("-p", str(self.port), f"{self.user}@127.0.0.1")
        return [need("ssh"), *self.options, *options, *place]

    def ssh(self, *command: str) -> str:
        """Run a command there, and return what it printed."""
        words = [*self.words(), *command]
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, f"{done.stderr}\n{self.log()}"
        return done.stdout

    @contextlib.contextmanager
    def tunnel(self, line: str) -> Iterator[str]:
        """Run the line that was shown, and yield the address at which it listens.

        It is changed in one place: its near end is another loopback address, because both ends are one machine here.
        """
        near = "-L 127.0.0.1:"
        assert line.count(near) == 1, line
        words = shlex.split(line.replace(near, f"-L {ELSEWHERE}:"))
        assert words[0] == "ssh"
        words = [need("ssh"), "-v", *self.options, *words[1:]]
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            try:
                _read_until(child, b"Local forwarding listening on")
                _read_until(child, b"Entering interactive session")
            except AssertionError as error:
                pytest.fail(f"{error}\n{self.log()}")
            yield ELSEWHERE
        finally:
            child.kill()  # a SIGTERM that comes just before it waits is forgotten until the next thing happens
            child.communicate()

    def log(self) -> str:
        """Return what the server wrote."""
        with open(f"{self.folder}/log", encoding="utf-8", errors="replace") as file:
            return file.read()


@contextlib.contextmanager
def sshd(folder: str) -> Iterator[Server]:
    """Run a server with its files in this folder, which must exist."""
    program, keygen = need("sshd"), need("ssh-keygen")
    _make_privilege_folder()
    for name in ("host_key", "user_key"):
        words = [
            keygen,
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            "throw-away",
            "-f",
            f"{folder}/{name}",
        ]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with open(f"{folder}/host_key.pub", encoding="ascii") as file:
        host_key = file.read()
    for name, text in (
        ("sshd_config", CONFIG.format(port=port, folder=folder)),
        ("known_hosts", f"[127.0.0.1]:{port} {host_key}"),
    ):
        with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    server = Server(folder, port, pwd.getpwuid(os.getuid()).pw_name)
    child = subprocess.Popen(
        [program, "-D", "-f", f"{folder}/sshd_config", "-E", f"{folder}/log"],
        stdin=subprocess.DEVNULL,
    )
    try:
        _wait_for(child, server)
        yield server
    finally:
        child.terminate()
        child.wait()


def _make_privilege_folder() -> None:
    """Make what Debian's service makes at its start, where none was ever started: root's sshd needs it."""
    if os.getuid() == 0:
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)


def _wait_for(child: subprocess.Popen[bytes], server: Server) -> None:
    """Wait until it answers."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as found:
                assert found.recv(4) == b"SSH-"
                return
        except ConnectionRefusedError:
            ended = child.poll() is not None
            if ended or time.monotonic() > deadline:
                pytest.fail(f"sshd does not answer:\n{server.log()}")
            time.sleep(0.02)  # nothing tells when it begins to listen


def _read_until(child: subprocess.Popen[bytes], wanted: bytes) -> None:
    """Read what ssh tells until it says this."""
    assert child.stderr is not None
    descriptor = child.stderr.fileno()
    said = b""
    deadline = time.monotonic() + PATIENCE
    while wanted not in said:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        piece = os.read(descriptor, 1) if ready else b""
        assert piece, f"ssh said no {wanted!r}:\n{said.decode(errors='replace')}"
        said += piece
