"""Modes and owners of what holds a login. What Codex itself leaves (folder 0755, file 0600) is fine."""

from __future__ import annotations

import os
import shlex
import stat
from typing import NamedTuple

from profiles.doctor.finding import ERROR, INFO, WARNING, Finding
from profiles.doctor.homes_mounts import mount_of
from profiles.doctor.homes_places import (
    ACTIVE,
    Place,
    home_words,
    login_words,
    own_places,
    shelf_of,
)
from profiles.doctor.mending import change_mode
from profiles.paths import AUTH_FILE, CODEX_HOME_LOCK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from profiles.doctor.machine import Machine

_FILE, _FOLDER = 0o600, 0o700
_OTHERS, _OTHERS_WRITE, _ALL_WRITE = 0o077, 0o022, 0o002
#: Backups that are looked at: nobody has more homes and switches than these.
_MOST = 2_000
_SECRET_WORDS = ("KEY", "TOKEN", "SECRET", "PASSWORD")


class Kept(NamedTuple):
    """A file or folder whose mode counts, in words, and whether Codex uses it now; `ours`: a folder that we made."""

    path: str
    status: os.stat_result
    words: str
    active: bool = False
    login: bool = False
    ours: bool = False

    @property
    def mode(self) -> int:
        """Its permission bits."""
        return stat.S_IMODE(self.status.st_mode)


def modes(machine: Machine) -> list[Finding]:
    """Find what others may read or write, and what its own owner may not."""
    findings = []
    for kept in _with_modes(machine):
        folder = stat.S_ISDIR(kept.status.st_mode)
        finding = _wrong_folder(machine, kept) if folder else _wrong_file(machine, kept)
        if finding is not None:
            findings.append(finding)
    return findings


def _with_modes(machine: Machine) -> Iterator[Kept]:
    """Yield what is ours to mend, where modes mean something."""
    seen: set[tuple[int, int]] = set()
    for kept in _kept(machine):
        inode = (kept.status.st_dev, kept.status.st_ino)
        if inode in seen or kept.status.st_uid != machine.context.uid:
            continue
        seen.add(inode)
        mount = mount_of(machine, kept.path)
        if mount is None or mount.has_modes:
            yield kept


def _kept(machine: Machine) -> Iterator[Kept]:
    roots = machine.context.roots
    for place in own_places(machine):
        yield from _kept_in(machine, place)
    for profile in shelf_of(machine).profiles:
        if not profile.managed:
            yield from _one(profile.folder, "a folder of ours", ours=True)
            yield from _one(profile.parked_path, "a copy of a login")
    for folder in (roots.data, roots.profiles, roots.state, roots.backups):
        yield from _one(folder, "a folder of ours", ours=True)
    for path in _backups(roots.backups):
        yield from _one(path, "a backup of a login")


def _backups(above: str) -> list[str]:
    """Return the logins among the backups: overwritten documents, and those of deleted profiles."""
    found = []
    for folder in _names(above):
        names = _names(f"{above}/{folder}")
        if folder == "deleted":
            found += [f"{above}/{folder}/{name}/{AUTH_FILE}" for name in names]
        else:
            found += [f"{above}/{folder}/{name}" for name in names if name.endswith(".json")]
    return found[:_MOST]


def _kept_in(machine: Machine, place: Place) -> Iterator[Kept]:
    active = place.role == ACTIVE
    yield from _one(place.home, home_words(machine, place), active=active, ours=place.managed)
    auth = os.path.realpath(place.auth)
    yield from _one(auth, login_words(machine, place), active=active, login=True)
    for name in _names(place.home):
        if name.startswith((".auth-", f".{AUTH_FILE}.", f"{AUTH_FILE}.bak")):
            yield from _one(f"{place.home}/{name}", "a copy of a login")
    path = f"{place.home}/.env"
    if _holds_secrets(machine, path):
        yield from _one(path, "a file with credentials")


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _one(
    path: str, words: str, *, active: bool = False, login: bool = False, ours: bool = False
) -> Iterator[Kept]:
    try:
        status = os.lstat(path)
    except OSError:
        return
    if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
        yield Kept(path, status, words, active, login, ours)


def _holds_secrets(machine: Machine, path: str) -> bool:
    """Tell whether a `.env` holds more than settings: a key, or a proxy's password."""
    import re

    from profiles.doctor.redaction import kind_of

    for line in (machine.text(path) or "").splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        value = value.strip().strip("\"'")
        if not equals or name.startswith("#") or not value:
            continue
        named = any(word in name.upper() for word in _SECRET_WORDS)
        if named or kind_of(value) != "other" or re.search(r"://[^/\s@]+:[^/\s@]+@", value):
            return True
    return False


def _wrong_file(machine: Machine, kept: Kept) -> Finding | None:
    mode, words = kept.mode, kept.words
    if kept.login and mode & _FILE != _FILE:
        can = "read" if not mode & 0o400 else "write"
        why = (
            "Codex cannot read the login, and asks for one."
            if can == "read"
            else "Codex refuses to save into such a file: a refresh spends the token, and the next one is dropped."
        )
        title = f"The owner may not {can} {words}"
        return _finding(machine, kept, ERROR if kept.active else WARNING, title, (why, _FILE))
    if mode & _OTHERS:
        can = "write" if mode & _OTHERS_WRITE else "read"
        level = ERROR if mode & _ALL_WRITE and kept.login else WARNING
        why = "Whoever reads it can use the account, and whoever writes it can put another in."
        return _finding(machine, kept, level, f"Others may {can} {words}", (why, _FILE))
    if mode & 0o100 and kept.login:
        why = "Nobody runs a login; chmod -R 700 makes it so. It does no harm, and its usual mode is 0600."
        title = f"{words[0].upper()}{words[1:]} is marked as a program"
        return _finding(machine, kept, INFO, title, (why, _FILE))
    return None


def _wrong_folder(machine: Machine, kept: Kept) -> Finding | None:
    from profiles.ownership import why_folder_not_trusted

    mode, words = kept.mode, kept.words
    level = ERROR if kept.active else WARNING
    is_open = os.access(kept.path, os.R_OK | os.W_OK | os.X_OK)
    if not is_open and mode & _FOLDER != _FOLDER:
        why = "Neither a login nor a refreshed token can be saved in a folder that its own owner may not write."
        return _finding(machine, kept, level, f"The owner may not use {words}", (why, _FOLDER))
    if mode & _OTHERS_WRITE and why_folder_not_trusted(machine.context, kept.path) is not None:
        why = (
            "Whoever may write there can put another login in. Switchyard believes nothing that lies in such a folder, "
            "and writes nothing there."
        )
        wanted = _FOLDER if kept.ours else mode & ~_OTHERS_WRITE
        return _finding(machine, kept, level, f"Others may write in {words}", (why, wanted))
    if mode & _OTHERS and kept.ours:
        why = "Switchyard makes its folders 0700. The logins in them are closed by their own modes."
        return _finding(machine, kept, INFO, f"Others may look into {words}", (why, _FOLDER))
    return None


def _finding(
    machine: Machine, kept: Kept, level: str, title: str, cure: tuple[str, int]
) -> Finding:
    why, wanted = cure
    return Finding(
        "file.mode",
        level,
        title,
        f"{kept.path} has mode {kept.mode:04o}; {wanted:04o} is right",
        why,
        f"chmod {wanted:o} {shlex.quote(kept.path)}",
        change_mode(machine.context, "file.mode", kept.path, wanted),
    )


def owners(machine: Machine) -> list[Finding]:
    """Find what belongs to somebody else, one finding for each home."""
    findings = []
    for place in own_places(machine):
        foreign = _foreign_in(machine, place)
        if foreign:
            findings.append(_foreign(machine, place, foreign))
    return findings


def _foreign_in(machine: Machine, place: Place) -> list[tuple[str, int]]:
    mount = mount_of(machine, place.home)
    if mount is not None and mount.is_windows:
        return []
    names = ("", f"/{AUTH_FILE}", f"/{CODEX_HOME_LOCK}", f"/{AUTH_FILE}.lock")
    found = []
    for path in [f"{place.home}{name}" for name in (*names, "/config.toml", "/.env")]:
        try:
            uid = os.stat(path).st_uid
        except OSError:
            continue
        if uid != machine.context.uid:
            found.append((path, uid))
    return found


def _foreign(machine: Machine, place: Place, foreign: list[tuple[str, int]]) -> Finding:
    me, sudoer = machine.context.uid, machine.environ.get("SUDO_USER", "")
    lines = [f"{path} belongs to {_user(uid)}, and you are {_user(me)}" for path, uid in foreign]
    sudo = bool(sudoer) and me == 0
    if sudo:
        lines.append(f"SUDO_USER={sudoer}")
        fix = "run codex and tui without sudo"
    else:
        owner = f"{_name(me)}:"
        fix = ("" if me == 0 else "sudo ") + shlex.join(["chown", "-R", owner, place.home])
    words = home_words(machine, place)
    title = f"{words[0].upper()}{words[1:]} belongs to somebody else"
    if foreign[0][0] != place.home:
        title = f"Files in {words} belong to somebody else"
    if me == 0:
        # Nothing is denied to root.
        level = WARNING
        why = (
            "You can read and save there, as root can everywhere, but their owner reads the login, too, and can put "
            "another in: Switchyard believes no such file. What root saves there becomes root's, and the owner is "
            "locked out."
        )
    else:
        level = ERROR if place.role == ACTIVE else WARNING
        why = (
            "Codex cannot save there (“Permission denied”), drops what it refreshes, and Switchyard believes no such "
            "file. A single sudo codex leaves them behind."
        )
    return Finding("file.owner", level, title, "\n".join(lines), why, fix)


def _name(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _user(uid: int) -> str:
    name = _name(uid)
    return f"user {uid}" if name == str(uid) else f"{name} (user {uid})"
