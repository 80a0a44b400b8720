"""The way back from a browser on another machine: SSH and its tunnel, editors that forward, containers."""

from __future__ import annotations

from profiles.doctor.checks import Check
from profiles.doctor.finding import INFO, WARNING, Finding
from profiles.doctor.ports_holders import DEVICE_CODE, end_login
from profiles.doctor.ssh_remote import find_container, find_editor
from profiles.doctor.ssh_server import find_forbidden
from profiles.doctor.ssh_session import find_session
from profiles.doctor.waiting import PORTS, kernel_root, listeners, proc_of, waiting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.doctor.machine import Machine
    from profiles.doctor.waiting import Listener
    from profiles.oauth.tunnel import Tunnel

SEEN: dict[str, str] = {
    "ssh.no_tunnel": (
        "Whether this is an SSH session (also through sudo and tmux), from where, and whether a login waits here that "
        "nobody is connected to: the browser calls its own machine, and only a tunnel leads from there to here."
    ),
    "ssh.port": (
        "Whether the login that waits here has taken 1457, because 1455 was held: a tunnel of 1455 misses it. "
        "The port stands in the redirect_uri of the address; both ends of the tunnel must have it."
    ),
    "ssh.host": (
        "Whether the client sends the browser to localhost, as those before 0.163: then the near end of the tunnel is "
        "to listen on 127.0.0.1 and ::1. The far end is always 127.0.0.1."
    ),
    "ssh.forbidden": (
        "Whether sshd_config or the options of your key forbid tunnels; ssh then says administratively prohibited. "
        "What a Match by address or host makes of it cannot be seen from here."
    ),
    "ssh.refused_remote": (
        "Whether a browser login runs here without listening on 1455 or 1457: a tunnel to it is refused (connect "
        "failed: Connection refused)."
    ),
    "vscode.forward": (
        "Whether this is a remote terminal of VS Code or its kin, which forward ports by themselves, and whether their "
        "settings here say that they do not. With 1455 taken on your machine they choose another port there."
    ),
    "vscode.remote": (
        "Whether Codex's editor extension runs on this machine, below .vscode-server or its kin: its login listens "
        "here, and your browser is elsewhere."
    ),
    "container.loopback": (
        "Whether this is a container with a network of its own: a login listens on the container's 127.0.0.1, which a "
        "published port does not reach."
    ),
    "container.home": (
        "Whether the active home lies in the container's own layer instead of a mount: it is lost with the container."
    ),
}
UNSEEN: dict[str, str] = {
    "ssh.local_busy": (
        "Whether 1455 is taken on the machine with the browser cannot be seen from this one; ssh says there: bind "
        "[127.0.0.1]:1455: Address already in use. Look there who has it, by lsof -nP -iTCP:1455 -sTCP:LISTEN or, on "
        "Windows, Get-NetTCPConnection -LocalPort 1455; or log in by device code."
    ),
}
#: Below these nobody expects a home to last.
TEMPORARY = ("/tmp/", "/var/tmp/")  # noqa: S108 - only compared
#: Options of `codex login` with which it listens on no port.
_NO_BROWSER = ("--device-auth", "--with-api-key", "--with-access-token")
#: Seconds after which a login listens.
_BEGUN = 3.0


def checks(ports: Sequence[int] = PORTS, temporary: Sequence[str] = TEMPORARY) -> tuple[Check, ...]:
    """Return the checks for these ports, the first of which is taken first; `temporary` folders are not to last."""
    return (
        Check(
            {
                "ssh.no_tunnel": "not in an SSH session",
                "ssh.port": "no login waits on the second port",
                "ssh.refused_remote": "every browser login that runs here listens",
            },
            lambda machine: _tunnel(machine, ports),
        ),
        Check(
            {"ssh.host": "the client sends the browser to 127.0.0.1"},
            lambda machine: _host(machine, ports),
            slow=True,
        ),
        Check(
            {"ssh.forbidden": "nothing that can be read here forbids a tunnel"},
            lambda machine: find_forbidden(machine, ports),
        ),
        Check(
            {
                "vscode.forward": "no editor forwards ports of this terminal by itself",
                "vscode.remote": "no editor's Codex extension runs here",
            },
            lambda machine: find_editor(machine, ports),
        ),
        Check(
            {
                "container.loopback": "the container has the host's network",
                "container.home": "the active home outlives the container",
            },
            lambda machine: find_container(machine, ports, temporary),
        ),
    )


def _tunnel(machine: Machine, ports: Sequence[int]) -> list[Finding] | None:
    from profiles.oauth.tunnel import tunnel_line

    session = find_session(machine)
    if session is None:
        return None
    logins = waiting(machine, ports)
    held = {each.port for each in listeners(machine, ports) if each.covers}
    port = logins[0].port if logins else next((p for p in ports if p not in held), ports[0])
    fix = f"on the machine with the browser: {tunnel_line(_way_here(machine), port, port)}"
    if not logins and held.issuperset(ports):
        fix = DEVICE_CODE  # as port.busy says, no login gets a port
    second = bool(logins) and port != ports[0]
    lonely = bool(logins) and not _connected(machine, port)
    told = [session.words, *(f"{each.words} waits for its callback" for each in logins)]
    if lonely:
        told.append(f"nobody is connected to {port}")
    found = [
        Finding(
            "ssh.no_tunnel",
            WARNING if lonely and not second else INFO,
            "A login waits here, and the browser is on another machine"
            if logins
            else "You are here by SSH: a browser login needs a tunnel",
            "\n".join(told),
            f"The callback goes to port {port} of the machine with the browser: without a tunnel it says connection "
            "refused there. The line can be edited where a login shows it; a device code needs none.",
            fix,
        )
    ]
    if second:
        others = [each.words for each in listeners(machine, ports) if each.port == ports[0]]
        found.append(
            Finding(
                "ssh.port",
                WARNING,
                f"The login waits on {port}, not on {ports[0]}",
                "\n".join([*(each.words for each in logins), *others]),
                f"{ports[0]} was held when it began. A tunnel of {ports[0]} leads elsewhere: both ends of it must be "
                f"{port}, as in the redirect_uri of the address.",
                fix,
            )
        )
    return [*found, *_not_listening(machine, logins)]


def _not_listening(machine: Machine, logins: Sequence[Listener]) -> list[Finding]:
    from profiles.processes import is_login, start_time

    listening = {each.pid for each in logins}
    found = []
    for process in machine.processes:
        if not is_login(process) or process.pid in listening:
            continue
        words = (machine.text(f"{machine.proc}/{process.pid}/cmdline") or "").split("\0")
        since = start_time(process.pid, proc_of(machine))
        young = since is None or machine.context.now() - since < _BEGUN
        if young or not set(_NO_BROWSER).isdisjoint(words):
            continue
        found.append(
            Finding(
                "ssh.refused_remote",
                WARNING,
                "A browser login runs here, and listens on no port",
                f"{process.command} (pid {process.pid}) has neither 1455 nor 1457",
                "A tunnel to it is refused. It is coming to its end, or runs in a network of its own, as in a "
                "container. Cancel it, and begin again.",
                end_login(machine, process.pid, process.command, finish=False),
            )
        )
    return found


def _host(machine: Machine, ports: Sequence[int]) -> list[Finding] | None:
    from profiles.codex_version import version_of
    from profiles.doctor.codex_clients import BY_NUMBER, clients

    if find_session(machine) is None:
        return None
    for each in waiting(machine, ports):
        version = None if each.pid is None else version_of(each.pid, proc_of(machine))
        if version is not None and version < BY_NUMBER:
            number = ".".join(map(str, version))
            return [_by_name(machine, WARNING, each.port, f"{each.words}, version {number}")]
    first = next(iter(clients(machine)), None)
    if first is None or first.numbers is None or first.numbers >= BY_NUMBER:
        return []
    return [_by_name(machine, INFO, ports[0], f"{first.path}: version {first.version}")]


def _by_name(machine: Machine, level: str, port: int, evidence: str) -> Finding:
    tunnel = _way_here(machine)
    options = "".join(f"{word} " for word in tunnel.options)
    line = f"ssh -N -o ExitOnForwardFailure=yes -L {port}:127.0.0.1:{port} {options}{tunnel.destination}"
    return Finding(
        "ssh.host",
        level,
        "This client sends the browser to localhost, not to 127.0.0.1",
        evidence,
        "The tunnel's near end must listen on both addresses that localhost may be, so none is named there.",
        f"on the machine with the browser: {line}",
    )


def _way_here(machine: Machine) -> Tunnel:
    from profiles.oauth.tunnel import guess, load_tunnel

    return load_tunnel(machine.context) or guess(machine.context, kernel_root(machine) or "/")


def _connected(machine: Machine, port: int) -> bool:
    """Tell whether somebody is connected to a port of ours."""
    from profiles.ports import ESTABLISHED, connections

    root = kernel_root(machine)
    if root is None:
        return False
    return any(each.port == port and each.state == ESTABLISHED for each in connections(root))


CHECKS: tuple[Check, ...] = checks()
