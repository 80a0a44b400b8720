"""Who listens on a port: the kernel's tables as they are here, and as they may be elsewhere."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys

import pytest

from profiles.ports import PortHolder, connections, holders, parent, program, sockets_of
from tests.support.programs import unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

#: The kernel's tables, and psutil, as on systems that have none.
WAYS = ["/", None]
EVERY = socket.inet_ntoa(bytes(4))
LISTEN = "import socket,sys; s=socket.create_server(('127.0.0.1',0)); print(s.getsockname()[1],flush=True); input()"

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


@contextlib.contextmanager
def child_that_listens(code: str = LISTEN) -> Iterator[tuple[int, int]]:
    """Run a program that listens on a free port; its pid and the port."""
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        yield child.pid, int(child.stdout.readline())
    finally:
        child.communicate("\n", timeout=10)


@pytest.mark.parametrize("root", WAYS)
def test_a_child_that_listens_is_named(root: str | None) -> None:
    """The pid and the program of the real holder, and nothing of its command line."""
    with child_that_listens() as (pid, port):
        (found,) = holders(port, root)
    assert found.pid == pid
    assert found.uid == os.getuid()
    assert found.address == "127.0.0.1"
    assert found.program is not None
    assert found.program.startswith("python")
    assert found.words == f"{found.program} (pid {pid})"


@pytest.mark.parametrize("root", WAYS)
def test_nobody_is_named_for_a_free_port(root: str | None) -> None:
    """A port that is only used by a connection is free to listen on, and has no holder."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with (
            socket.create_connection(("127.0.0.1", port)) as client,
            contextlib.closing(server.accept()[0]),
        ):
            assert holders(client.getsockname()[1], root) == []
            assert len(holders(port, root)) == 1
    assert holders(port, root) == []


@pytest.mark.parametrize("root", WAYS)
def test_every_address_counts_as_loopback_but_ipv6_loopback_does_not(root: str | None) -> None:
    """`::` and 0.0.0.0 keep us from 127.0.0.1; `::1` does not, though it is listed."""
    try:
        six = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        six.bind(("::1", 0))
    except OSError:
        unavailable("IPv6")
    with six, socket.create_server(("", 0)) as every:
        six.listen()
        (one,), (other,) = (holders(each.getsockname()[1], root) for each in (six, every))
    assert (one.address, one.covers_loopback) == ("::1", False)
    assert (other.address, other.covers_loopback) == (EVERY, True)
    assert other.words.endswith(f"(pid {os.getpid()}) of this very program")


def test_of_those_who_share_a_socket_the_one_that_began_is_named() -> None:
    """A server's workers inherit its socket; whoever is told to end it must hear of the server."""
    code = (
        "import os,signal,socket; s=socket.create_server(('127.0.0.1',0)); "
        "c=os.fork() or (signal.pause(), os._exit(0)); "
        "print(s.getsockname()[1],flush=True); input(); os.kill(c,9)"
    )
    with child_that_listens(code) as (pid, port):
        found = holders(port, "/")
    assert [each.pid for each in found] == [pid]


def kernel(box: Box, tcp: str = "", tcp6: str = "") -> str:
    """Make a root whose kernel has these tables."""
    root = f"{box.path}/root"
    os.makedirs(f"{root}/proc/net")
    for name, text in (("tcp", tcp), ("tcp6", tcp6)):
        with open(f"{root}/proc/net/{name}", "w", encoding="ascii") as file:
            file.write(HEAD + text)
    return root


def line(address: str, *, state: str = "0A", uid: int = 1000, inode: int = 71563) -> str:
    """Write a line as the kernel does."""
    rest = "00000000:00000000 00:00000000 00000000"
    return f"   0: {address} 00000000:0000 {state} {rest} {uid:5} 0 {inode} 1 0 100 0 0 10 0\n"


@pytest.mark.skipif(sys.byteorder != "little", reason="the lines are of such a machine")
def test_the_kernels_spelling_of_addresses(box: Box) -> None:
    """Both tables, every form of address; other states and other ports are left out."""
    root = kernel(
        box,
        line("0100007F:05AF", inode=1)
        + line("00000000:05AF", inode=2)
        + line("0100007F:05B1", inode=3)
        + line("0100007F:05AF", state="01", inode=4),
        line("0" * 32 + ":05AF", inode=5)
        + line("0000000000000000FFFF00000100007F:05AF", inode=6)
        + line("00000000000000000000000001000000:05AF", inode=7),
    )
    found = {each.address: each.covers_loopback for each in holders(1455, root)}
    assert found == {
        EVERY: True,
        "127.0.0.1": True,
        "::": True,
        "::1": False,
        "::ffff:127.0.0.1": True,
    }


def test_another_users_process_is_told_by_its_uid(box: Box) -> None:
    """The kernel hides whose socket it is, and not the user: that is what people are told."""
    stranger = os.getuid() + 4321
    (found,) = holders(1455, kernel(box, line("0100007F:05AF", uid=stranger)))
    assert found == PortHolder(None, None, "127.0.0.1", stranger)
    assert found.words == f"another user's process (uid {stranger})"


def test_tables_that_make_no_sense_are_skipped(box: Box) -> None:
    """Cut and strange lines cost nothing but themselves; a kernel without tables has no holders."""
    good = line("0100007F:05AF")
    strange = "\n   1:\n   2: zz:05AF 0 0A\n" + line("0100:05AF") + line("0100007F-05AF")
    root = kernel(box, strange + good + good[:40])
    assert [each.inode for each in connections(root)] == [71563]
    assert holders(1455, f"{box.path}/nothing") == []


def test_what_is_gone_has_no_name(box: Box) -> None:
    """A process may end between two looks."""
    assert program(2**30) is None
    assert parent(2**30) is None
    assert sockets_of(2**30) == set()
    assert parent(os.getpid()) == os.getppid()


def test_a_name_cannot_upset_the_terminal(box: Box) -> None:
    """A process names itself as it likes; what a terminal would obey is taken out."""
    os.makedirs(f"{box.path}/proc/77")
    with open(f"{box.path}/proc/77/comm", "wb") as file:
        file.write(b"co\x1b[2J\x07dex\xff\n")
    assert program(77, box.path) == "co[2Jdex\N{REPLACEMENT CHARACTER}"
