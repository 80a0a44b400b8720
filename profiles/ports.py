"""Who listens on a TCP port of this machine.

On Linux the kernel's own tables are read; elsewhere psutil answers. A port is never tried by connecting to it: Codex's
listener takes one `GET /cancel` as the end of its login (C116 in profiles/CODEX.md).
"""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: Below which folder the kernel's `proc` lies; None: there is none here, ask psutil.
ROOT: str | None = "/" if sys.platform.startswith("linux") else None

LISTENING = "0A"
ESTABLISHED = "01"


class PortHolder(NamedTuple):
    """A socket that listens on the port.

    `pid` and `program` are None when the system does not tell us whose it is, which is so for other users' processes;
    `uid` is then often known all the same. `program` is the short name that the system keeps, never a command line.
    """

    pid: int | None
    program: str | None
    address: str
    uid: int | None = None

    @property
    def covers_loopback(self) -> bool:
        """Tell whether nobody else can listen on 127.0.0.1 there: it does, or it listens on every address."""
        return self.address in ("127.0.0.1", "0.0.0.0", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0")  # noqa: S104 - compared only

    @property
    def words(self) -> str:
        """Say who it is, for people."""
        if self.pid is not None:
            own = " of this very program" if self.pid == os.getpid() else ""
            return f"{self.program or 'a program'} (pid {self.pid}){own}"
        if self.uid is not None and self.uid != os.getuid():
            return f"another user's process (uid {self.uid})"
        return "a process that cannot be seen from here"


class Connection(NamedTuple):
    """One line of the kernel's table: a socket, its own address, its owner."""

    address: str
    port: int
    state: str
    uid: int
    inode: int


def holders(port: int, root: str | None = ROOT) -> list[PortHolder]:
    """Return who listens on the port, on whichever address, sorted by address."""
    if root is None:
        return sorted(set(_ask_psutil(port)), key=_order)
    root = root.rstrip("/")
    sockets = {
        each.inode: each
        for each in connections(root)
        if each.port == port and each.state == LISTENING
    }
    owners = _owners(root, set(sockets)) if sockets else {}
    found = []
    for inode, each in sockets.items():
        pid = owners.get(inode)
        name = None if pid is None else program(pid, root)
        found.append(PortHolder(pid, name, each.address, each.uid))
    return sorted(set(found), key=_order)


def connections(root: str = "") -> Iterator[Connection]:
    """Yield the TCP sockets of the kernel's tables; lines that make no sense are skipped."""
    root = root.rstrip("/")
    for table in ("tcp", "tcp6"):
        try:
            with open(f"{root}/proc/net/{table}", encoding="ascii", errors="replace") as file:
                lines = file.read().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            # `0: 0100007F:05AF 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 71563 …`
            fields = line.split()
            try:
                address, port = fields[1].split(":")
                yield Connection(
                    _address(address), int(port, 16), fields[3], int(fields[7]), int(fields[9])
                )
            except (IndexError, ValueError):
                continue


def sockets_of(pid: int, root: str = "") -> set[int]:
    """Return the inodes of the sockets that a process has open; none when it may not be looked at."""
    folder = f"{root.rstrip('/')}/proc/{pid}/fd"
    found: set[int] = set()
    try:
        descriptors = os.listdir(folder)
    except OSError:
        return found
    for descriptor in descriptors:
        try:
            target = os.readlink(f"{folder}/{descriptor}")
        except OSError:
            continue
        if target.startswith("socket:[") and target[8:-1].isdigit():
            found.add(int(target[8:-1]))
    return found


def program(pid: int, root: str = "") -> str | None:
    """Return the short name of a process, with what could upset a terminal taken out; None if it is gone."""
    try:
        with open(
            f"{root.rstrip('/')}/proc/{pid}/comm", encoding="utf-8", errors="replace"
        ) as file:
            name = file.read()
    except OSError:
        return None
    return "".join(sign for sign in name.strip() if sign.isprintable()) or None


def parent(pid: int, root: str = "") -> int | None:
    """Return the parent's pid; None at the top, or when the process is gone."""
    try:
        with open(f"{root.rstrip('/')}/proc/{pid}/stat", "rb") as file:
            # The second field, a name in parentheses, may itself hold spaces and parentheses.
            found = int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return found or None


def _owners(root: str, inodes: set[int]) -> dict[int, int]:
    """Return the process of each socket: of several that share it, the one that began with it."""
    sharing: dict[int, set[int]] = {}
    try:
        names = os.listdir(f"{root}/proc")
    except OSError:
        return {}
    for pid in (int(name) for name in names if name.isdigit()):
        for inode in sockets_of(pid, root) & inodes:
            sharing.setdefault(inode, set()).add(pid)
    return {
        inode: min(pids, key=lambda pid: (parent(pid, root) in pids, pid))
        for inode, pids in sharing.items()
    }


def _address(text: str) -> str:
    """Turn the kernel's spelling, words of 32 bits in the machine's own order, into an address."""
    import socket
    import struct

    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    if len(text) not in (8, 32):
        raise ValueError(text)
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, struct.pack(f"={len(words)}I", *words))


def _ask_psutil(port: int) -> Iterator[PortHolder]:
    """Ask psutil; where it may not see all sockets, as on macOS, for those of our own processes."""
    import psutil

    try:
        for each in psutil.net_connections("tcp"):
            if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port:
                yield _by_psutil(each.pid, each.laddr.ip)
    except psutil.AccessDenied:
        for process in psutil.process_iter():
            try:
                for own in process.net_connections("tcp"):
                    if own.status == psutil.CONN_LISTEN and own.laddr.port == port:
                        yield _by_psutil(process.pid, own.laddr.ip)
            except psutil.Error:
                continue


def _by_psutil(pid: int | None, address: str) -> PortHolder:
    import psutil

    if pid is None:
        return PortHolder(None, None, address)
    try:
        process = psutil.Process(pid)
        return PortHolder(pid, process.name(), address, process.uids().real)
    except psutil.Error:
        return PortHolder(pid, None, address)


def _order(holder: PortHolder) -> tuple[str, int]:
    return holder.address, holder.pid or 0
