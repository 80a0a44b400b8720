"""The line that brings a callback from the browser's machine to this one: `ssh -N … -L …`.

We only see how *we* were reached; the person's ssh may know this machine by another name, through a jump host, on
another port. So the guess can be edited, and the edit is remembered for this machine (`tunnels.json` in the state
folder).
"""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles.errors import ConfigError, UsageError
from profiles.state_file import load_object, save_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from profiles.context import Context

_USUAL_PORT = 22
_HOW = "write it as for ssh: user@host, and -p PORT or -J JUMP as you use them; the rest belongs into ~/.ssh/config"
#: Options of ours, that stand in the line we show and may come back with it: those with a value, and those without.
_OWN_WITH_VALUE = frozenset({"-L", "-o"})
_OWN = frozenset({"-N", "ssh"})
#: Processes between us and our sshd, at most: a shell in a tmux in a sudo in a shell is six.
_ANCESTORS = 40


class Tunnel(NamedTuple):
    """How the person's ssh reaches this machine; `port` is None for the usual one."""

    user: str
    host: str
    port: int | None = None
    jump: str | None = None

    @property
    def edit(self) -> str:
        """Return it as a person edits it, such as `ada@box -p 2222 -J gate`; `parse_edit` reads it back."""
        return " ".join((self.destination, *self.options))

    @property
    def destination(self) -> str:
        """Return who logs in where, as one word of a shell."""
        return _quoted(f"{self.user}@{self.host}" if self.user else self.host)

    @property
    def options(self) -> list[str]:
        """Return `-p PORT` and `-J JUMP`, as words of a shell."""
        words = [] if self.port is None else ["-p", str(self.port)]
        return words if self.jump is None else [*words, "-J", _quoted(self.jump)]


def tunnel_line(tunnel: Tunnel, redirect_port: int, listening_port: int) -> str:
    """Return the command for the browser's machine, to be pasted into its shell.

    Both ends are 127.0.0.1 and not localhost: that is where the browser calls and where we listen, whatever a resolver
    makes of the name. ExitOnForwardFailure tells at once when the browser's machine has no free port.
    """
    options = "".join(f"{word} " for word in tunnel.options)
    forward = f"127.0.0.1:{redirect_port}:127.0.0.1:{listening_port}"
    return f"ssh -N -o ExitOnForwardFailure=yes -L {forward} {options}{tunnel.destination}"


def curl_line(redirect_port: int, listening_port: int) -> str:
    """Return the command for another shell of this machine: it reads `url = "ADDRESS"` from its standard input.

    So the code stays out of the list of processes and out of the shell's history. A proxy that the shell names would
    get the code, and could not bring it here.
    """
    to_us = f"--connect-to 127.0.0.1:{redirect_port}:127.0.0.1:{listening_port} "
    return f"curl -sS --noproxy 127.0.0.1 {'' if redirect_port == listening_port else to_us}-K -"


def parse_edit(text: str, user: str = "") -> Tunnel:
    """Return what a person wrote: `user@host -p 2222 -J jump`, `ssh://user@host:2222`, or the whole line again.

    `user` is who they are when they name nobody. Raises UsageError.
    """
    import shlex

    try:
        words = shlex.split(text)
    except ValueError:
        raise UsageError("a quote is not closed", _HOW) from None
    found = {"-p": "", "-J": "", "-l": ""}
    destination = ""
    rest = iter(words)
    for word in rest:
        option, value = word[:2], word[2:]
        if word in _OWN:
            continue
        if option in found or option in _OWN_WITH_VALUE:
            value = value or next(rest, "")
            if not value:
                raise UsageError(f"{option} needs a value", _HOW)
            if option in found:
                found[option] = value
        elif word.startswith("-"):
            raise UsageError(f"{word} is not known here", _HOW)
        elif destination:
            raise UsageError("there are two hosts", _HOW)
        else:
            destination = word
    named, host, port = _parts(destination)
    return _checked(found["-l"] or named or user, host, found["-p"] or port, found["-J"] or None)


def guess(context: Context, root: str = "/") -> Tunnel:
    """Return how this machine is probably reached: by `ssh.host` of config.toml, else by the address that sshd saw."""
    user = _user(context.environ, context.uid)
    from profiles.config import load_config

    try:
        named = load_config(context).ssh_host
        if named:
            return parse_edit(named, user)
    except (ConfigError, UsageError):
        pass  # a line that is off costs only itself; the start of the program tells of the file
    address, port = _reached_at(context.environ, root)
    return Tunnel(user, address or this_machine(), None if port == _USUAL_PORT else port)


def find_tunnel(context: Context) -> Tunnel:
    """Return the person's own edit for this machine; without one, the guess."""
    return load_tunnel(context) or guess(context)


def load_tunnel(context: Context, machine: str | None = None) -> Tunnel | None:
    """Return what the person wrote for this machine, or None."""
    line = load_object(_path(context)).get(machine or this_machine())
    try:
        return parse_edit(line) if isinstance(line, str) else None
    except UsageError:
        return None


def save_tunnel(context: Context, tunnel: Tunnel, machine: str | None = None) -> None:
    """Remember the edit for this machine: a home folder may be shared by several. Raises StoreNotWritable."""
    path = _path(context)
    kept = {name: line for name, line in load_object(path).items() if isinstance(line, str)}
    save_object(context, path, {**kept, machine or this_machine(): tunnel.edit})


def this_machine() -> str:
    """Return the machine's own name."""
    return os.uname().nodename or "localhost"


def _path(context: Context) -> str:
    return f"{context.roots.state}/tunnels.json"


def _parts(destination: str) -> tuple[str, str, str]:
    """Split `user@host`, `user@host:port`, `user@[address]:port`, or the same behind `ssh://`."""
    text = destination.removeprefix("ssh://").removesuffix("/")
    user, _, host = text.rpartition("@")
    if host.startswith("["):
        address, _, port = host[1:].partition("]")
        return user, address, port.removeprefix(":")
    # More colons than one are an IPv6 address.
    if host.count(":") == 1:
        host, _, port = host.partition(":")
        return user, host, port
    return user, host, ""


def _checked(user: str, host: str, port: str, jump: str | None) -> Tunnel:
    """Return them as a tunnel, unless ssh could take one for something else."""
    if not host:
        raise UsageError("a host is needed", _HOW)
    for what, word in (("user", user), ("host", host), ("jump host", jump or "")):
        if word.startswith("-") or not word.isprintable():
            raise UsageError(f"that is no {what}", _HOW)
    if any(sign.isspace() or sign in "@/'\"\\" for sign in host):
        raise UsageError("that is no host", _HOW)
    if port and not (port.isascii() and port.isdecimal() and 0 < int(port) <= 65_535):
        raise UsageError("the port must be a number from 1 to 65535", _HOW)
    number = int(port) if port else None
    return Tunnel(user, host, None if number == _USUAL_PORT else number, jump)


def _quoted(word: str) -> str:
    import shlex

    return shlex.quote(word)


def _user(environ: Mapping[str, str], uid: int) -> str:
    """Return who would log in here: whoever became root by sudo, else the system's name for us."""
    before = environ.get("SUDO_USER", "")
    if uid == 0 and before and before.isprintable():
        return before
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return environ.get("USER", "")


def _reached_at(environ: Mapping[str, str], root: str) -> tuple[str, int]:
    """Return the address and port at which sshd took this session's connection; "" and 22 when there is none."""
    found = _server_of(environ.get("SSH_CONNECTION", ""))
    if found is None:
        found = _of_ancestors(root)
    return found or ("", _USUAL_PORT)


def _server_of(connection: str) -> tuple[str, int] | None:
    """Read SSH_CONNECTION: client address, client port, server address, server port."""
    words = connection.split()
    if len(words) != 4 or not words[3].isdecimal() or not words[2].isprintable():
        return None
    return words[2], int(words[3])


def _of_ancestors(root: str) -> tuple[str, int] | None:
    """Ask our parents, up to sshd: sudo and tmux drop the variable, not the processes."""
    from profiles.ports import ESTABLISHED, connections, parent, program, sockets_of

    root = root.rstrip("/")
    pid: int | None = os.getpid()
    for _ in range(_ANCESTORS):
        if pid is None:
            return None
        for entry in _environ(f"{root}/proc/{pid}/environ"):
            if entry.startswith("SSH_CONNECTION=") and (found := _server_of(entry[15:])):
                return found
        if (program(pid, root) or "").startswith("sshd"):
            own = sockets_of(pid, root)
            for each in connections(root):
                if each.inode in own and each.state == ESTABLISHED:
                    return each.address.removeprefix("::ffff:"), each.port
        pid = parent(pid, root)
    return None


def _environ(path: str) -> list[str]:
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read()).split("\0")
    except OSError:
        return []
