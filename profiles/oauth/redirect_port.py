"""The port on which a callback is awaited, and who has it when we cannot.

Only 1455 and 1457 are registered at the issuer (C116 in profiles/CODEX.md). Nobody is asked to leave: Codex sends `GET
/cancel` to whoever has 1455, which ends another login; here the next port is taken, or the person is told who it is.
"""

from __future__ import annotations

import errno
import os
import socket
import sys

from profiles.errors import PortUnavailable
from profiles.ports import holders as holders_of
from profiles.wsl import hint_of_unseen, is_wsl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from profiles.ports import PortHolder

REDIRECT_PORTS = (1455, 1457)
#: Where a free port is looked for, to be offered.
_OFFERED = range(1459, 1500)


def bind_loopback(port: int) -> socket.socket:
    """Return a socket that listens on 127.0.0.1 there. Raises OSError when it cannot.

    On Linux SO_REUSEADDR is set: it lets a login begin while connections of the last one are in TIME_WAIT, a minute
    long, and takes nothing from anybody, because there a port that is listened on stays refused. On the BSDs and macOS
    it would take 127.0.0.1 away from a program that listens on all addresses, so there it is not set.
    """
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform.startswith("linux"):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", port))
        # At once: of two programs that are both bound, the second to listen is refused.
        made.listen(64)
        made.setblocking(False)
    except BaseException:
        made.close()
        raise
    return made


def take_port(
    named: int | None,
    environ: Mapping[str, str],
    *,
    bind: Callable[[int], socket.socket] = bind_loopback,
    find_holders: Callable[[int], Sequence[PortHolder]] = holders_of,
    in_wsl: Callable[[Mapping[str, str]], bool] = is_wsl,
) -> socket.socket:
    """Return a socket that listens on the first redirect port that is free, or on the one that the person named.

    Raises PortUnavailable, which names who has them and offers a free port and the device code.
    """
    failures: dict[int, OSError] = {}
    for port in REDIRECT_PORTS if named is None else (named,):
        try:
            return bind(port)
        except OSError as error:
            failures[port] = error
    unseen: list[int] = []
    told = []
    for port, why in failures.items():
        found = [each for each in find_holders(port) if each.covers_loopback]
        if why.errno != errno.EADDRINUSE:
            told.append(f"{port} cannot be used ({os.strerror(why.errno or 0)})")
        elif found:
            told.append(f"{port} is held by {', '.join(each.words for each in found)}")
        else:
            unseen.append(port)
            told.append(f"{port} is held by nobody who can be seen from here")
    ways = [hint_of_unseen(unseen)] if unseen and in_wsl(environ) else []
    free = _free_port(bind)
    if named is None:
        message = f"both redirect ports are taken: {', '.join(told)}"
        ways.append(f"end what you do not need there, or name any free port: --port {free}")
    else:
        message = f"the port that was named is not free: {told[0]}"
        ways.append(f"name another: --port {free}")
    raise PortUnavailable(message, f"{'; '.join(ways)}; or log in by --device-code")


def _free_port(bind: Callable[[int], socket.socket]) -> str:
    """Return a port that is free now, as text; N when none was found."""
    for port in _OFFERED:
        try:
            bind(port).close()
        except OSError:
            continue
        return str(port)
    return "N"
