"""The way back from a browser elsewhere: SSH sessions and tunnels, and what forbids them."""

from __future__ import annotations

import os
import socket
import sys
import time

import pytest

from profiles.doctor import ssh
from profiles.doctor.finding import INFO, UNKNOWN, WARNING
from tests.doctor.listening import (
    kill,
    login_that_waits,
    native_that_listens,
    npm_client,
    only_here,
    program_that_listens,
    two_ports,
    wrong,
)
from tests.doctor.patient import Patient
from tests.support.cli import ROOT
from tests.support.fake_codex import running_codex
from tests.support.sshd import Server, sshd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from profiles.doctor.finding import Finding
    from tests.conftest import Box

HERE = "on the machine with the browser: "
#: The settings of a real Debian, and its folder of more.
USUAL = "Include /etc/ssh/sshd_config.d/*.conf\nX11Forwarding yes\nUsePAM yes\n"
SESSION = """\
import sys
sys.path.insert(0, sys.argv[1])
from profiles.context import make_context
from profiles.doctor.machine import Machine
from profiles.doctor.ssh_session import find_session
found = find_session(Machine(make_context()))
print(*("nothing" if found is None else found))
"""


@pytest.fixture
def patient(box: Box) -> Patient:
    """A machine without an SSH session, whose server is set up as usual."""
    made = Patient(box)
    made.context["processes"] = only_here(box)
    made.put("/etc/ssh/sshd_config", USUAL)
    return made


@pytest.fixture
def remote(patient: Patient) -> Patient:
    """The same in a session from elsewhere."""
    patient.set(SSH_CONNECTION="203.0.113.7 50000 192.0.2.1 2222")
    return patient


@pytest.fixture
def pair() -> tuple[int, int]:
    """Two free ports that stand for 1455 and 1457."""
    return two_ports()


@pytest.fixture
def server(box: Box) -> Iterator[Server]:
    """A real sshd of the test's own."""
    folder = f"{box.path}/sshd"
    os.mkdir(folder, 0o700)
    with sshd(folder) as running:
        yield running


def look(patient: Patient, pair: tuple[int, int], *ids: str) -> list[Finding]:
    """Return what is not fine."""
    return wrong(patient.machine(), ssh.checks(pair), *ids)


def forbidden(patient: Patient, pair: tuple[int, int]) -> Finding | None:
    """Return what is said about the server's settings."""
    found = look(patient, pair, "ssh.forbidden")
    assert len(found) < 2
    return found[0] if found else None


def test_ssh_healthy(patient: Patient, pair: tuple[int, int]) -> None:
    """Without a session, editor or container there is nothing to look at."""
    assert patient.found("ssh") == []
    with login_that_waits(patient.box.path, pair[0]):
        assert look(patient, pair) == []


def test_session_healthy(remote: Patient, pair: tuple[int, int]) -> None:
    """A session is worth knowing, with the whole line of the tunnel; nothing more is wrong."""
    [found] = look(remote, pair)
    assert (found.id, found.level) == ("ssh.no_tunnel", INFO)
    assert "SSH session from 203.0.113.7 to 192.0.2.1 port 2222 (SSH_CONNECTION)" in found.evidence
    assert found.fix.startswith(
        f"{HERE}ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:{pair[0]}:127.0.0.1:{pair[0]} -p 2222 "
    )
    assert found.fix.endswith("@192.0.2.1")


def test_ssh_no_tunnel(remote: Patient, pair: tuple[int, int], server: Server) -> None:
    """A login that nobody gets to is a warning; the line of the fix, run by a real ssh, brings a browser to it."""
    remote.set(SSH_CONNECTION=server.connection)
    with login_that_waits(remote.box.path, pair[0]) as pid:
        [found] = look(remote, pair)
        assert (found.id, found.level) == ("ssh.no_tunnel", WARNING)
        assert f"127.0.0.1:{pair[0]}: codex login (pid {pid}) waits" in found.evidence
        assert f"nobody is connected to {pair[0]}" in found.evidence
        with (
            server.tunnel(found.fix.removeprefix(HERE)) as address,
            socket.create_connection((address, pair[0])),
        ):
            until(lambda: look(remote, pair)[0].level == INFO)


def test_ssh_port(remote: Patient, pair: tuple[int, int]) -> None:
    """A login on the second port is said to be there, with who has the first, and the line has that port."""
    with (
        program_that_listens(pair[0]) as holder,
        login_that_waits(remote.box.path, pair[1]) as pid,
    ):
        general, found = sorted(look(remote, pair), key=lambda each: each.id)
        assert (general.id, general.level) == ("ssh.no_tunnel", INFO)
        assert (found.id, found.level) == ("ssh.port", WARNING)
        assert f"codex login (pid {pid})" in found.evidence
        assert f"(pid {holder})" in found.evidence
        assert f"-L 127.0.0.1:{pair[1]}:127.0.0.1:{pair[1]} " in found.fix
    with login_that_waits(remote.box.path, pair[0]):
        assert look(remote, pair, "ssh.port") == []


def test_line_has_the_port_that_a_login_would_get(remote: Patient, pair: tuple[int, int]) -> None:
    """With the first port held by a stranger, the next login waits on the second."""
    with program_that_listens(pair[0]):
        [found] = look(remote, pair)
        assert f"-L 127.0.0.1:{pair[1]}:127.0.0.1:{pair[1]} " in found.fix


def test_ssh_host(remote: Patient, pair: tuple[int, int]) -> None:
    """An old client sends the browser to localhost: the line listens on both its addresses; updated, it is gone."""
    npm_client(remote, "0.155.0")
    [found] = look(remote, pair, "ssh.host")
    assert found.level == INFO
    assert found.evidence == f"{remote.bin}/codex: version 0.155.0"
    assert f" -L {pair[0]}:127.0.0.1:{pair[0]} -p 2222 " in found.fix
    npm_client(remote, "0.163.0")
    assert look(remote, pair, "ssh.host") == []


def test_ssh_host_of_a_login_that_waits(remote: Patient, pair: tuple[int, int]) -> None:
    """A waiting login of an old client is a warning, by the program that it runs, whatever is on PATH."""
    npm_client(remote, "0.169.0")
    folder = f"{remote.box.path}/packages/releases/0.155.0-x86_64/bin"
    with native_that_listens(folder, pair[0], "login") as pid:
        [found] = look(remote, pair, "ssh.host")
        assert found.level == WARNING
        assert f"codex login (pid {pid}), version 0.155" in found.evidence
    assert look(remote, pair, "ssh.host") == []


def test_ssh_refused_remote(remote: Patient, pair: tuple[int, int]) -> None:
    """A browser login that listens nowhere is named; a device login listens nowhere by nature."""
    remote.context["now"] = lambda: time.time() + 60
    with running_codex(f"{remote.box.path}/login", "login") as pid:
        [found] = look(remote, pair, "ssh.refused_remote")
        assert found.level == WARNING
        assert f"codex login (pid {pid})" in found.evidence
        kill(found)
    with (
        running_codex(f"{remote.box.path}/login", "login", "--device-auth"),
        login_that_waits(remote.box.path, pair[0]),
    ):
        assert look(remote, pair, "ssh.refused_remote") == []


@pytest.mark.parametrize(
    "lines",
    [
        "AllowTcpForwarding no",
        "AllowTcpForwarding remote",
        "  allowtcpforwarding=no",
        "DisableForwarding yes",
        "PermitOpen none",
        'PermitOpen "10.0.0.1:80" 127.0.0.1:22',
        "Match all\n  AllowTcpForwarding no",
        "AllowTcpForwarding yes\nMatch User *\n  AllowTcpForwarding no",
    ],
)
def test_ssh_forbidden_by_the_server(remote: Patient, pair: tuple[int, int], lines: str) -> None:
    """Each setting that forbids a tunnel is named with file and line; taken out, nothing is."""
    path = remote.put("/etc/ssh/sshd_config.d/50-site.conf", f"# site\n{lines}\n")
    found = forbidden(remote, pair)
    assert found is not None
    assert found.level == WARNING
    assert f"{path}:{2 + lines.count(chr(10))}: " in found.evidence
    remote.put("/etc/ssh/sshd_config.d/50-site.conf", "# site\n")
    assert forbidden(remote, pair) is None


@pytest.mark.parametrize(
    "lines",
    [
        "AllowTcpForwarding yes",
        "AllowTcpForwarding local\nAllowTcpForwarding no",
        "#AllowTcpForwarding no",
        "DisableForwarding no",
        "PermitOpen any",
        "PermitOpen 127.0.0.1:*",
        "PermitListen none",
        "Match User somebody-else\n  AllowTcpForwarding no",
        "Match User *,!root,!{user}\n  AllowTcpForwarding no",
        "AllowTcpForwarding no\nMatch User {user}\n  AllowTcpForwarding yes",
        "Match User somebody-else Address 10.0.0.0/8\n  DisableForwarding yes",
        "Match Address 10.0.0.0/8\n  X11Forwarding no",
    ],
)
def test_ssh_not_forbidden(remote: Patient, pair: tuple[int, int], lines: str) -> None:
    """What allows a tunnel, or forbids it to others, gives no alarm."""
    import pwd

    user = pwd.getpwuid(os.getuid()).pw_name
    remote.put("/etc/ssh/sshd_config", f"{USUAL}{lines.format(user=user)}\n")
    assert forbidden(remote, pair) is None


def test_ssh_forbidden_perhaps(remote: Patient, pair: tuple[int, int]) -> None:
    """Where a Match by address decides, or the file cannot be read, we say that we cannot know."""
    text = f"{USUAL}Match Address 203.0.113.0/24\n  AllowTcpForwarding no\n"
    path = remote.put("/etc/ssh/sshd_config", text)
    found = forbidden(remote, pair)
    assert found is not None
    assert found.level == UNKNOWN
    assert f"{path}:5: allowtcpforwarding no" in found.evidence
    os.unlink(path)
    assert forbidden(remote, pair) is None
    os.mkfifo(path)  # and nobody waits for a pipe
    found = forbidden(remote, pair)
    assert found is not None
    assert (found.level, found.evidence) == (UNKNOWN, f"{path} cannot be read")


def test_ssh_forbidden_by_one_key_of_several(remote: Patient, pair: tuple[int, int]) -> None:
    """With an unrestricted key besides, a restricted one is only worth knowing."""
    path = remote.write(
        ".ssh/authorized_keys",
        "# mine\nssh-ed25519 AAAA ada@box\n"
        'command="echo, \\"x\\" no-port-forwarding",no-port-forwarding ssh-ed25519 BBBB backup\n',
    )
    found = forbidden(remote, pair)
    assert found is not None
    assert found.level == INFO
    assert found.evidence == f"{path}:3: its options forbid port forwarding"
    remote.write(
        ".ssh/authorized_keys",
        'restrict,port-forwarding ssh-rsa AAAA\ncommand="no-port-forwarding" ssh-ed25519 BBBB\n'
        f'permitopen="127.0.0.1:{pair[0]}" ssh-ed25519 CCCC\n',
    )
    assert forbidden(remote, pair) is None


@pytest.mark.slow
def test_ssh_forbidden_by_a_real_server(
    remote: Patient, pair: tuple[int, int], server: Server
) -> None:
    """A real sshd refuses the tunnel of a key that we name, and lets it through once the option is gone."""
    remote.set(SSH_CONNECTION=server.connection)
    keys = f"{server.folder}/user_key.pub"
    os.makedirs(f"{remote.box.home}/.ssh")
    os.symlink(keys, f"{remote.box.home}/.ssh/authorized_keys")
    with open(keys, encoding="ascii") as file:
        key = file.read()
    with open(keys, "w", encoding="ascii") as file:
        file.write(f"restrict {key}")
    with login_that_waits(remote.box.path, pair[0]):
        [general] = look(remote, pair, "ssh.no_tunnel")
        line = general.fix.removeprefix(HERE)
        found = forbidden(remote, pair)
        assert found is not None
        assert found.level == WARNING
        assert f"{remote.box.home}/.ssh/authorized_keys:1" in found.evidence
        with server.tunnel(line) as address:
            assert not reaches(address, pair[0])
        with open(keys, "w", encoding="ascii") as file:
            file.write(key)
        assert forbidden(remote, pair) is None
        with server.tunnel(line) as address:
            assert reaches(address, pair[0])


@pytest.mark.slow
def test_session_of_a_real_sshd(server: Server) -> None:
    """A session is seen by its variable; by the shell above us where it was lost; by sshd's own socket at last."""
    path = f"{server.folder}/session.py"
    with open(path, "w", encoding="utf-8") as file:
        file.write(SESSION)
    script = f"{sys.executable} {path} {ROOT}"
    client, host, port, by = server.ssh(script).split(None, 3)
    assert (client, host, port, by) == (
        "127.0.0.1",
        "127.0.0.1",
        str(server.port),
        "SSH_CONNECTION\n",
    )
    lost = server.ssh(f"env -u SSH_CONNECTION -u SSH_TTY {script}; true")
    assert lost.startswith(f"127.0.0.1 127.0.0.1 {server.port} SSH_CONNECTION of ")
    if os.getuid() == 0:  # only root may look at sshd's own sockets
        bare = server.ssh(f"exec env -i PATH=$PATH HOME=/nowhere {script}")
        assert bare.startswith(f"an address that is not known 127.0.0.1 {server.port} sshd")


def test_no_session_by_odd_variables(patient: Patient, pair: tuple[int, int]) -> None:
    """An empty variable, or one that makes no sense, is no session."""
    for value in ("", "x", "1 2 3", "a b c d"):
        patient.set(SSH_CONNECTION=value, SSH_TTY="")
        assert look(patient, pair) == []


def test_every_row_is_built_or_explained() -> None:
    """Each id is looked at, or said to be out of sight."""
    assert {id_ for check in ssh.CHECKS for id_ in check.fine} == set(ssh.SEEN)
    assert set(ssh.UNSEEN) == {"ssh.local_busy"}


def reaches(address: str, port: int) -> bool:
    """Tell whether what connects there stays connected: ssh takes everybody, and hangs up when it is refused."""
    with socket.create_connection((address, port)) as connection:
        connection.settimeout(1.0)
        try:
            return connection.recv(1) != b""
        except TimeoutError:
            return True


def until(true: Callable[[], bool], patience: float = 20.0) -> None:
    """Return when it is true: nobody tells us when the far end of a tunnel has been reached."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
