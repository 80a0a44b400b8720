"""Who listens where a login's callback comes, and which logins wait there.

The kernel's tables are read. Nobody is called: one `GET /cancel` ends a login of Codex (C116 in profiles/CODEX.md).
"""

from __future__ import annotations

import os
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.doctor.machine import Machine

#: Those of profiles.oauth.redirect_port, which would bring sockets along.
PORTS = (1455, 1457)
#: Our own programs, whose logins wait like Codex's.
_OURS = ("tui", "codex-switchyard")


class Listener(NamedTuple):
    """Somebody who listens on one of the ports.

    `program` is a label such as `codex login`, never a command line; `owner` names another user, "" for our own.
    `is_login`: a Codex or a program of ours, whose listener is there for a callback. `covers`: nobody else can listen
    on 127.0.0.1 there.
    """

    port: int
    address: str
    pid: int | None
    program: str
    owner: str
    is_login: bool
    covers: bool

    @property
    def who(self) -> str:
        """Say who it is, for people."""
        pid = "" if self.pid is None else f" (pid {self.pid})"
        of = f" of {self.owner}" if self.owner else ""
        return f"{self.program}{pid}{of}"

    @property
    def words(self) -> str:
        """Say who listens where, for people."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{address}:{self.port}: {self.who}"


def proc_of(machine: Machine) -> str | None:
    """Return the folder in which the kernel tells of processes; None where there is none, and psutil is asked."""
    return machine.proc if machine.platform.startswith("linux") else None


def kernel_root(machine: Machine) -> str | None:
    """Return the folder that has the kernel's `proc` in it, as `profiles.ports` wants it."""
    proc = proc_of(machine)
    return None if proc is None else os.path.dirname(proc)


def listeners(machine: Machine, ports: Sequence[int] = PORTS) -> list[Listener]:
    """Return who listens on these ports, by port and address."""
    return machine.once(f"listeners {ports}", lambda: _look(machine, ports))


def waiting(machine: Machine, ports: Sequence[int] = PORTS) -> list[Listener]:
    """Return the logins of this user that listen for their callback."""
    return [each for each in listeners(machine, ports) if each.is_login]


def person(uid: int) -> str:
    """Return a user's name, or the number of one that has none."""
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


def _look(machine: Machine, ports: Sequence[int]) -> list[Listener]:
    from profiles.ports import holders

    labels = {each.pid: each.command for each in machine.processes}
    found = []
    for port in ports:
        for each in holders(port, kernel_root(machine)):
            own = each.uid is None or each.uid == machine.context.uid
            label = labels.get(each.pid) if each.pid is not None else None
            if label is None and own and each.pid is not None and _is_ours(machine, each.pid):
                label = "tui (this program)" if each.pid == os.getpid() else "tui"
            name = label or each.program or "a process that cannot be seen from here"
            owner = "" if own or each.uid is None else person(each.uid)
            found.append(
                Listener(
                    port,
                    each.address,
                    each.pid,
                    name,
                    owner,
                    label is not None,
                    each.covers_loopback,
                )
            )
    return found


def _is_ours(machine: Machine, pid: int) -> bool:
    """Tell whether a process is Switchyard: `tui`, `python …/tui`, `python -m tui`."""
    if pid == os.getpid():
        return True
    line = machine.text(f"{machine.proc}/{pid}/cmdline") or ""
    words = line.split("\0")[:4]
    return any(word.rpartition("/")[2] in _OURS for word in words)
