"""Whether the server, or the options of the key, forbid the tunnel that a callback needs."""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles.doctor.finding import INFO, UNKNOWN, WARNING, Finding
from profiles.doctor.ssh_session import find_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from profiles.doctor.machine import Machine

_FOLDER = "/etc/ssh"
#: Includes in includes, at most, as OpenSSH has it.
_DEEPEST = 16
_FORBIDDING = frozenset({"allowtcpforwarding", "disableforwarding", "permitopen"})
_KEY_TYPES = ("ssh-", "ecdsa-", "sk-")
_FIX = "tui login NAME --device-code"
_WHY = (
    "ssh says: channel open failed: administratively prohibited. A device code needs no tunnel; or paste the failed "
    "address of the browser into the login that waits."
)


class Setting(NamedTuple):
    """A line of sshd_config. `applies` is None when its Match cannot be decided from here."""

    word: str
    value: str
    place: str
    in_match: bool
    applies: bool | None


def find_forbidden(machine: Machine, ports: Sequence[int]) -> list[Finding] | None:
    """Find what forbids a tunnel to the first of these ports; None outside an SSH session."""
    if find_session(machine) is None:
        return None
    unread: list[str] = []
    settings = list(_settings(machine, f"{_FOLDER}/sshd_config", unread, _DEEPEST))
    found = _by_server(settings, ports[0])
    if unread and not found:
        found = [
            Finding(
                "ssh.forbidden",
                UNKNOWN,
                "Whether the server forbids tunnels cannot be read",
                "\n".join(f"{path} cannot be read" for path in unread),
                _WHY,
                "sudo sshd -T | grep -iE 'allowtcpforwarding|disableforwarding|permitopen'",
            )
        ]
    return found or _by_keys(machine, ports[0])


def _by_server(settings: list[Setting], port: int) -> list[Finding]:
    """Return what the server's settings say: those of a Match go before the others, and the first of a kind counts."""
    chosen: dict[str, Setting] = {}
    for in_match in (True, False):
        for each in settings:
            if each.in_match == in_match and each.applies:
                chosen.setdefault(each.word, each)
    bad = [each for each in chosen.values() if _forbids(each, port)]
    if bad:
        return [
            Finding(
                "ssh.forbidden",
                WARNING,
                "The SSH server forbids tunnels",
                "\n".join(f"{each.place}: {each.word} {each.value}" for each in bad),
                _WHY,
                _FIX,
            )
        ]
    doubtful = [each for each in settings if each.applies is None and _forbids(each, port)]
    if not doubtful:
        return []
    return [
        Finding(
            "ssh.forbidden",
            UNKNOWN,
            "The SSH server may forbid tunnels, by a Match",
            "\n".join(f"{each.place}: {each.word} {each.value}" for each in doubtful),
            f"Whether its conditions are met cannot be seen from here. {_WHY}",
            _FIX,
        )
    ]


def _forbids(setting: Setting, port: int) -> bool:
    value = setting.value.lower()
    if setting.word == "disableforwarding":
        return value == "yes"
    if setting.word == "allowtcpforwarding":
        return value in ("no", "remote")
    return setting.word == "permitopen" and not _permits(value.split(), port)


def _permits(places: Sequence[str], port: int) -> bool:
    """Tell whether `PermitOpen` or `permitopen=` lets the tunnel through; sshd compares words, not addresses."""
    hosts, numbers = ("127.0.0.1", "*"), (str(port), "*")
    allowed = {f"{host}:{number}" for host in hosts for number in numbers}
    return any(each == "any" or each in allowed for each in places)


def _settings(
    machine: Machine, path: str, unread: list[str], depth: int, *, outer: bool | None = True
) -> Iterator[Setting]:
    """Yield the settings that matter, with those of included files in their place."""
    real = machine.path(path)
    if not os.path.lexists(real):
        return
    text = machine.text(real)
    if text is None:
        unread.append(real)
        return
    in_match, applies = outer is not True, outer
    for number, line in enumerate(text.splitlines(), 1):
        words = _words(line)
        if len(words) < 2:
            continue
        word = words[0].lower()
        if word == "match":
            in_match, applies = True, _all_of(outer, _matches(machine, words[1:]))
        elif word == "include" and depth:
            for pattern in words[1:]:
                for each in _included(machine, pattern):
                    yield from _settings(
                        machine, each, unread, depth - 1, outer=applies if in_match else True
                    )
        elif word in _FORBIDDING:
            yield Setting(word, " ".join(words[1:]), f"{real}:{number}", in_match, applies)


def _words(line: str) -> list[str]:
    import shlex

    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return []
    if words and "=" in words[0]:
        key, _, value = words[0].partition("=")
        words = [key, value, *words[1:]] if value else [key, *words[1:]]
    elif words[1:2] == ["="]:
        del words[1]
    return words


def _included(machine: Machine, pattern: str) -> list[str]:
    from glob import glob

    full = machine.path(pattern if pattern.startswith("/") else f"{_FOLDER}/{pattern}")
    return [path.removeprefix(machine.root) for path in sorted(glob(full))]


def _all_of(*parts: bool | None) -> bool | None:
    return False if False in parts else None if None in parts else True


def _matches(machine: Machine, words: Sequence[str]) -> bool | None:
    """Tell whether the conditions of a Match are met by this session; None when they cannot be decided."""
    met: list[bool | None] = []
    rest = iter(words)
    for word in rest:
        if word.lower() == "all":
            met.append(True)
            continue
        patterns = next(rest, "").split(",")
        if word.lower() == "user":
            met.append(_fits([_user(machine)], patterns))
        elif word.lower() == "group":
            met.append(_fits(_groups(_user(machine)), patterns))
        else:
            met.append(None)
    return _all_of(*met)


def _fits(names: Sequence[str], patterns: Sequence[str]) -> bool:
    """Tell whether one of the names fits the list, in which a pattern after `!` excludes."""
    from fnmatch import fnmatchcase

    fit = False
    for pattern in patterns:
        if any(fnmatchcase(name, pattern.removeprefix("!")) for name in names):
            if pattern.startswith("!"):
                return False
            fit = True
    return fit


def _user(machine: Machine) -> str:
    """Return who logged in: whoever became root by sudo, else who we are."""
    import pwd

    before = machine.environ.get("SUDO_USER", "")
    if machine.context.uid == 0 and before:
        return before
    try:
        return pwd.getpwuid(machine.context.uid).pw_name
    except KeyError:
        return machine.environ.get("USER", "")


def _groups(user: str) -> list[str]:
    import grp
    import pwd

    try:
        numbers = os.getgrouplist(user, pwd.getpwnam(user).pw_gid)
        return [grp.getgrgid(number).gr_name for number in numbers]
    except KeyError:
        return []


def _by_keys(machine: Machine, port: int) -> list[Finding]:
    """Return what the options of the keys say that may log in here; which of them was used cannot be told."""
    keys: list[tuple[str, bool]] = []
    for name in ("authorized_keys", "authorized_keys2"):
        path = f"{machine.context.user_home}/.ssh/{name}"
        for number, line in enumerate((machine.text(path) or "").splitlines(), 1):
            text = line.strip()
            if text and not text.startswith("#"):
                keys.append((f"{path}:{number}", _key_allows(text, port)))
    bad = [place for place, allows in keys if not allows]
    if not bad:
        return []
    every = len(bad) == len(keys)
    return [
        Finding(
            "ssh.forbidden",
            WARNING if every else INFO,
            f"{'Your SSH key' if every else 'An SSH key here'} may not open tunnels",
            "\n".join(f"{place}: its options forbid port forwarding" for place in bad),
            _WHY if every else f"If you came by it: {_WHY}",
            _FIX,
        )
    ]


def _key_allows(line: str, port: int) -> bool:
    if line.startswith(_KEY_TYPES):
        return True
    allows, places = True, []
    for option in _options(line):
        name, _, value = option.partition("=")
        if name.lower() in ("restrict", "no-port-forwarding"):
            allows = False
        elif name.lower() == "port-forwarding":
            allows = True
        elif name.lower() == "permitopen":
            places.append(value.strip('"'))
    return allows and (not places or _permits(places, port))


def _options(line: str) -> Iterator[str]:
    """Yield the options before a key: commas between them, quotes around values, a space at their end."""
    option, quoted, before = "", False, ""
    for sign in line:
        if sign == '"' and before != "\\":
            quoted = not quoted
        if not quoted and sign in ", \t":
            yield option
            option = ""
            if sign != ",":
                return
        else:
            option += sign
        before = sign
