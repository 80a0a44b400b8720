"""Whether we are in an SSH session, and from where: by the environment, else by our parents (sudo, tmux)."""

from __future__ import annotations

import os
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine

#: Processes between us and our sshd, at most: a shell in a tmux in a sudo in a shell is six.
_ANCESTORS = 40
#: What VS Code and its kin set in the terminals of a remote machine, and the folder their server lies in.
_REMOTE_VARIABLE = "VSCODE_IPC_HOOK_CLI"
SERVERS = (
    ".vscode-server",
    ".vscode-server-insiders",
    ".cursor-server",
    ".windsurf-server",
    ".vscodium-server",
)


class Session(NamedTuple):
    """An SSH session: the addresses of both ends, the server's port; `known_by` says how it was found."""

    client: str
    server: str
    port: int
    known_by: str

    @property
    def words(self) -> str:
        """Say from where, for people."""
        return f"SSH session from {self.client} to {self.server} port {self.port} ({self.known_by})"


def find_session(machine: Machine) -> Session | None:
    """Return the SSH session that we are in, or None."""
    return machine.once("ssh session", lambda: _look(machine))


def is_editor_terminal(machine: Machine) -> bool:
    """Tell whether this is a terminal of VS Code or its kin on a remote machine: one that forwards ports by itself."""
    environ = machine.environ
    if environ.get(_REMOTE_VARIABLE):
        return True
    return environ.get("TERM_PROGRAM") == "vscode" and find_session(machine) is not None


def _look(machine: Machine) -> Session | None:
    found = _read(machine.environ.get("SSH_CONNECTION", ""), "SSH_CONNECTION")
    if found is None and machine.platform.startswith("linux"):
        found = _of_ancestors(machine)
    if found is None and machine.environ.get("SSH_TTY"):
        found = Session("an address that is not known", "this machine", 22, "SSH_TTY")
    return found


def _read(connection: str, known_by: str) -> Session | None:
    """Read SSH_CONNECTION: client address, client port, server address, server port."""
    words = connection.split()
    if len(words) != 4 or not words[3].isdecimal() or not connection.isprintable():
        return None
    return Session(words[0], words[2], int(words[3]), known_by)


def _of_ancestors(machine: Machine) -> Session | None:
    from profiles.ports import ESTABLISHED, connections, parent, program, sockets_of

    root = os.path.dirname(machine.proc)
    pid: int | None = os.getpid()
    for _ in range(_ANCESTORS):
        if pid is None:
            return None
        name = program(pid, root) or ""
        for entry in (machine.text(f"{machine.proc}/{pid}/environ") or "").split("\0"):
            if entry.startswith("SSH_CONNECTION="):
                found = _read(entry[15:], f"SSH_CONNECTION of {name} (pid {pid})")
                if found is not None:
                    return found
        if name.startswith("sshd"):
            own = sockets_of(pid, root)
            for each in connections(root):
                if each.inode in own and each.state == ESTABLISHED:
                    server = each.address.removeprefix("::ffff:")
                    return Session(
                        "an address that is not known",
                        server,
                        each.port,
                        f"{name} (pid {pid}) above us",
                    )
            return Session(
                "an address that is not known", "this machine", 22, f"{name} (pid {pid}) above us"
            )
        pid = parent(pid, root)
    return None
