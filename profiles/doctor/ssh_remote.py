"""Editors that work on another machine and forward its ports by themselves; containers."""

from __future__ import annotations

import os
import re

from profiles.doctor.finding import INFO, WARNING, Finding
from profiles.doctor.ssh_session import SERVERS, is_editor_terminal
from profiles.doctor.waiting import proc_of, waiting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.doctor.machine import Machine

_DEVICE = "tui login NAME --device-code"
#: The setting in a file that is JSON with comments; the lines before it must not be a comment's.
_FORWARD = re.compile(r'^[^/\n]*"remote\.autoForwardPorts"\s*:\s*(true|false)', re.MULTILINE)
_CGROUP = re.compile(r"docker|containerd|kubepods|lxc")
#: Containers whose root folder is kept like a machine's.
_LASTING = ("lxc", "systemd-nspawn", "flatpak")
_OCTAL = re.compile(r"\\([0-7]{3})")


def find_editor(machine: Machine, ports: Sequence[int]) -> list[Finding] | None:
    """Find editors between the browser and this machine; None when there is no trace of one."""
    found = []
    terminal = is_editor_terminal(machine)
    if terminal:
        found += _forwarded(machine, ports)
    servers = [name for name in SERVERS if os.path.isdir(f"{machine.context.user_home}/{name}")]
    if servers:
        found += _extension(machine, ports)
    return found if terminal or servers else None


def _forwarded(machine: Machine, ports: Sequence[int]) -> list[Finding]:
    home = machine.context.user_home
    present = [name for name in SERVERS if os.path.isdir(f"{home}/{name}")] or [SERVERS[0]]
    files = [f"{home}/{name}/data/Machine/settings.json" for name in present]
    said = [_FORWARD.findall(machine.text(path) or "") for path in files]
    if any(values and values[-1] == "false" for values in said):
        return []
    logins = waiting(machine, ports)
    by = "VSCODE_IPC_HOOK_CLI" if machine.environ.get("VSCODE_IPC_HOOK_CLI") else "TERM_PROGRAM"
    told = [f"{by} is set: a terminal of VS Code or its kin on a remote machine"]
    told += [f"{path}: remote.autoForwardPorts is not false" for path in files]
    told += [f"{each.words} waits for its callback" for each in logins]
    return [
        Finding(
            "vscode.forward",
            WARNING if logins else INFO,
            "The editor may forward the callback's port to another one",
            "\n".join(told),
            f"When {ports[0]} is taken on your machine it chooses another port there, and the callback is lost. Look "
            f"at its Ports view: the local port must be {ports[0]} too; or forward by ssh alone.",
            f'put "remote.autoForwardPorts": false into {files[0]}',
        )
    ]


def _extension(machine: Machine, ports: Sequence[int]) -> list[Finding]:
    from profiles.processes import executable

    listening = {each.pid: each.port for each in waiting(machine, ports)}
    found = []
    for process in machine.processes:
        program = executable(process.pid, proc_of(machine)) or ""
        if "/extensions/openai.chatgpt" not in program:
            continue
        if not any(f"/{name}/" in program for name in SERVERS):
            continue
        port = listening.get(process.pid)
        found.append(
            Finding(
                "vscode.remote",
                INFO if port is None else WARNING,
                "The editor's Codex extension runs on this machine"
                if port is None
                else "The editor's Codex extension waits here for a login",
                f"{process.command} (pid {process.pid}): {program}"
                + ("" if port is None else f"\nwaits on {port}"),
                "A login from the editor listens here, and the browser is elsewhere: it hangs, or is refused, unless "
                f"{port or ports[0]} is forwarded. The extension reads the same auth.json as every codex here.",
                _DEVICE,
            )
        )
    return found


def find_container(
    machine: Machine, ports: Sequence[int], temporary: Sequence[str]
) -> list[Finding] | None:
    """Find what a container does to a login; None outside of one. `temporary`: where nobody expects one to last."""
    kind = _container(machine)
    if kind is None:
        return None
    return [*_loopback(machine, ports, kind), *_home(machine, kind, temporary)]


def _container(machine: Machine) -> str | None:
    """Return by what we know that we are in a container; None when we are in none, or in one that shares all."""
    if os.path.exists(machine.path("/run/.toolboxenv")):
        return None
    for path in ("/.dockerenv", "/run/.containerenv"):
        if os.path.exists(machine.path(path)):
            return f"{path} is there"
    named = machine.environ.get("container", "")
    if named:
        return f"container={named[:40]}"
    found = _CGROUP.search(machine.text(machine.path("/proc/1/cgroup")) or "")
    return None if found is None else f"/proc/1/cgroup names {found[0]}"


def _loopback(machine: Machine, ports: Sequence[int], kind: str) -> list[Finding]:
    # With the host's network, the host's own bridges are seen.
    if os.path.exists(machine.path("/sys/class/net/docker0")):
        return []
    logins = waiting(machine, ports)
    return [
        Finding(
            "container.loopback",
            WARNING if logins else INFO,
            "A login in this container waits where no browser gets to"
            if logins
            else "This is a container: no callback gets into it",
            "\n".join([kind, *(f"{each.words} waits for its callback" for each in logins)]),
            f"A login listens on the container's own 127.0.0.1, and -p {ports[0]}:{ports[0]} ends elsewhere. A device "
            "code needs no port; or run with --network host; or paste the failed address into the login.",
            _DEVICE,
        )
    ]


def _home(machine: Machine, kind: str, temporary: Sequence[str]) -> list[Finding]:
    text = machine.text(machine.path("/proc/self/mountinfo"))
    if text is None or any(word in kind for word in _LASTING):
        return []
    # `36 35 98:0 /mnt1 /mnt/parent rw,noatime … - ext3 /dev/root rw`: the fifth is where it is mounted.
    points = [_unescape(fields[4]) for line in text.splitlines() if len(fields := line.split()) > 6]
    home = machine.home
    below = [point for point in points if home == point or home.startswith(point.rstrip("/") + "/")]
    if max(below, key=len, default="") != "/":
        return []
    has_login = os.path.exists(f"{home}/auth.json")
    return [
        Finding(
            "container.home",
            WARNING if has_login and not home.startswith(tuple(temporary)) else INFO,
            "The login is lost with this container"
            if has_login
            else "A login made here would be lost with this container",
            f"{home} is on no mount of its own; {kind}",
            "Every start of the image begins without it. Mount one volume for each login, and let each container have "
            "a login of its own: copies of one end each other.",
            f"docker run -v codex-home:{home} …",
        )
    ]


def _unescape(path: str) -> str:
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), path)
