"""Homes: which there are, which one counts, on what kind of disk they lie, and whether two hold one login."""

from __future__ import annotations

import os
import shlex

from profiles.doctor.checks import Check
from profiles.doctor.finding import ERROR, INFO, WARNING, Finding
from profiles.doctor.homes_mounts import mount_of, why_locks_fail
from profiles.doctor.homes_places import (
    ACTIVE,
    OTHER_USER,
    PROFILE,
    Place,
    foreign_places,
    home_words,
    own_places,
    shortened,
    words_for,
)
from profiles.doctor.homes_twins import outrun, twins
from profiles.paths import AUTH_FILE, CODEX_HOME_LOCK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from profiles.doctor.homes_mounts import Mount
    from profiles.doctor.machine import Machine

SEEN: dict[str, str] = {
    "home.unusable": "Whether ~/.codex is a folder. When a file of that name lies there, every Codex command fails.",
    "home.link": "Whether the active home is a link that leads nowhere: Codex then calls the home missing.",
    "home.many": "All folders with a login that can be seen: this person's, other users', those of Windows. A warning "
    "when the home that counts is empty and another one holds a login: then the wrong one is in use.",
    "home.symlink": "On what kind of file system the home really lies, links followed: on a Windows drive or a network "
    "disk SQLite and locks do not hold, and two Codex builds damage each other's database.",
    "home.locks": "Whether file locks hold in the home and in Switchyard's folders: a lock is tried for a moment on a "
    "file that is there, without writing. Without locks two programs lose each other's tokens.",
    "home.readonly": "Whether the home's file system lets anybody write: on a read-only one no login and no refreshed "
    "token can be saved.",
    "home.full": "Whether there is room beside the login: on a full disk a refresh spends the token and cannot save "
    "the next one.",
    "home.tmp": "Whether the home lies below the temporary folder: Codex then grumbles about PATH aliases on every "
    "command, which is harmless.",
    "copy.twin": "Whether two places hold one login: homes, Windows's homes, other tools' stores. The refresh tokens "
    "are compared by digest, in memory. The first to refresh ends the other's copy.",
    "copy.stale": "Whether another home holds newer tokens of the active login's own sign-in: the ones here are then "
    "used up.",
}
UNSEEN: dict[str, str] = {
    "copy.stopgap": "Whether a copied login's source is still used by anybody cannot be seen from here. As a stop-gap "
    "a copy is fine while the source side rests: copy auth.json alone (install -m 600 SOURCE ~/.codex/auth.json), no "
    "other file of that home, and soon sign in anew on the other side, after moving the copy away there. Not by codex "
    "logout: that revokes the login for both.",
}
#: Room (bytes) in which a login and its replacement fit many times over.
_ENOUGH = 1 << 18


def _look_at_place(machine: Machine) -> list[Finding]:
    active, context = machine.context.active, machine.context
    usual = f"{context.user_home}/.codex"
    named = context.environ.get("CODEX_HOME", "") if active.from_environment else usual
    if active.problem is None:
        return []
    if os.path.islink(named) and not os.path.exists(named):
        from profiles.doctor.mending import remove_link

        path = os.path.abspath(named)
        finding = Finding(
            "home.link",
            ERROR,
            "The active home is a link that leads nowhere",
            f"{path} -> {os.readlink(path)}",
            "Codex calls such a home missing. When it leads to a disk that is not mounted, mount that; else remove the "
            "link, and Codex makes a folder there.",
            shlex.join(["rm", path]),
            remove_link(context, "home.link", path),
        )
        return [finding]
    if active.from_environment:
        return []
    return [
        Finding(
            "home.unusable",
            ERROR,
            "The home ~/.codex is not a folder",
            active.path,
            "Every Codex command fails as long as something else has the name of its home.",
            shlex.join(["mv", active.path, f"{active.path}.moved"]),
        )
    ]


def many(machine: Machine) -> list[Finding]:
    """Tell of all homes with a login; a warning when the one in use has none, and another one does."""
    homes = [*own_places(machine), *foreign_places(machine)]
    with_login = [each for each in homes if os.path.isfile(each.auth)]
    others = [each for each in with_login if each.role not in (ACTIVE, PROFILE)]
    if not others:
        return []
    active = Place(machine.home, ACTIVE)
    is_empty = not os.path.lexists(active.auth)
    marked = f"{words_for(machine, active)}: {'no login' if is_empty else 'a login'}  <- in use"
    evidence = "\n".join([marked, *(f"{words_for(machine, each)}: a login" for each in others)])
    own = next((each for each in others if each.is_own), None)
    sudoer = machine.environ.get("SUDO_USER", "")
    if is_empty and any(each.role == OTHER_USER and each.name == sudoer for each in others):
        return [
            Finding(
                "home.many",
                WARNING,
                "With sudo, Codex looks into another home than yours",
                f"SUDO_USER={sudoer}\n{evidence}",
                "Each user has a home of their own; the one of root holds no login.",
                "run codex and tui without sudo",
            )
        ]
    if not is_empty or own is None:
        return [
            Finding(
                "home.many",
                INFO,
                f"{len(others) + 1} homes are there; Codex uses {shortened(machine.short(active.home))}",
                evidence,
                "Each home has a login of its own; CODEX_HOME chooses, else ~/.codex counts.",
            )
        ]
    usual = os.path.realpath(f"{machine.context.user_home}/.codex")
    fix = "unset CODEX_HOME" if own.home == usual else f"export CODEX_HOME={shlex.quote(own.home)}"
    return [
        Finding(
            "home.many",
            WARNING,
            "The home in use holds no login, and another one does",
            evidence,
            "Codex looks into one home only, and asks for a login there although you are logged in elsewhere.",
            fix,
        )
    ]


def _look_at_disks(machine: Machine) -> list[Finding]:
    found = []
    for place in own_places(machine):
        mount = mount_of(machine, place.home)
        if mount is not None and (mount.is_windows or mount.is_network):
            found.append(_bad_disk(machine, place, mount))
    return found


def _bad_disk(machine: Machine, place: Place, mount: Mount) -> Finding:
    what = "a Windows drive" if mount.is_windows else "a network or FUSE disk"
    usual = f"{machine.context.user_home}/.codex"
    evidence = f"{place.home} lies on {mount.kind} ({mount.point})"
    if place.role == ACTIVE and not machine.context.active.from_environment:
        if os.path.islink(usual):
            evidence = f"{usual} -> {os.readlink(usual)}\n{evidence}"
            fix = f"rm {shlex.quote(usual)} && mkdir -m 700 {shlex.quote(usual)}"
        else:
            fix = "export CODEX_HOME=FOLDER, one on a local disk"
    elif place.role == ACTIVE:
        fix = "unset CODEX_HOME"
    else:
        fix = f"move {machine.short(place.home)} to a local disk"
    breaks = mount.is_windows and place.role == ACTIVE
    words = home_words(machine, place)
    return Finding(
        "home.symlink",
        ERROR if breaks else WARNING,
        f"{words[0].upper()}{words[1:]} lies on {what}",
        evidence,
        "Locks and SQLite do not hold there: “disk I/O error”, “migration 1 was previously applied”, “database appears "
        "to be damaged”. Accept no repair first: give Codex a real folder on a local disk, and log in there.",
        fix,
    )


def _look_at_locks(machine: Machine) -> list[Finding]:
    files, found = machine.context.files, []
    for place in own_places(machine):
        names = (CODEX_HOME_LOCK, f"{AUTH_FILE}.lock", AUTH_FILE, "config.toml")
        why = why_locks_fail(files, [f"{place.home}/{name}" for name in names])
        if why is not None:
            found.append(_no_locks(place.home, why, active=place.role == ACTIVE))
    locks = machine.context.roots.locks
    try:
        tried = [entry.path for entry in os.scandir(locks) if entry.is_file()][:1]
    except OSError:
        tried = []
    why = why_locks_fail(files, tried)
    return [*found, *([_no_locks(locks, why, active=True)] if why is not None else [])]


def _no_locks(folder: str, why: str, *, active: bool) -> Finding:
    return Finding(
        "home.locks",
        ERROR if active else WARNING,
        "Locks do not hold where a login lies",
        f"{folder}: {why}",
        "Two programs that refresh at once then spend one token twice, which may end the login. Switchyard refuses to "
        "write there.",
        "export CODEX_HOME=FOLDER, one on a local disk; tui paths shows where ours lie (SWITCHYARD_HOME moves them)",
    )


def _look_at_room(machine: Machine) -> list[Finding]:
    found = []
    ours = machine.context.roots.data
    places = [(each.home, each.role == ACTIVE) for each in own_places(machine)]
    if os.path.isdir(ours):
        places.append((ours, True))
    for folder, counts in _first_of_each_disk(places):
        finding = _room_in(folder, ERROR if counts else WARNING)
        if finding is not None:
            found.append(finding)
    return found


def _first_of_each_disk(places: Iterable[tuple[str, bool]]) -> list[tuple[str, bool]]:
    seen: set[int] = set()
    kept = []
    for folder, counts in places:
        try:
            device = os.stat(folder).st_dev
        except OSError:
            continue
        if device not in seen:
            seen.add(device)
            kept.append((folder, counts))
    return kept


def _room_in(folder: str, level: str) -> Finding | None:
    status = os.statvfs(folder)
    if status.f_flag & os.ST_RDONLY:
        return Finding(
            "home.readonly",
            level,
            "The file system of a login is read-only",
            folder,
            "No login can be saved there, and a refresh spends the token without saving the next one.",
            f"mount it writable: findmnt -T {shlex.quote(folder)} names the disk",
        )
    free = (status.f_bfree if os.geteuid() == 0 else status.f_bavail) * status.f_frsize
    no_names = status.f_files > 0 and status.f_ffree == 0
    # Some file systems count nothing, and answer 0 of 0.
    if status.f_blocks == 0 or (free >= _ENOUGH and not no_names):
        return None
    left = "no file can be made (inodes)" if no_names else f"{free // 1024} KiB are left"
    return Finding(
        "home.full",
        level,
        "The disk of a login is full",
        f"{folder}: {left}",
        "A refresh spends the token first, and then cannot save the next one.",
        f"free some space: df -h {shlex.quote(folder)} names the disk",
    )


def _look_at_tmp(machine: Machine) -> list[Finding]:
    temporary = os.path.realpath(machine.environ.get("TMPDIR") or "/tmp")  # noqa: S108 - Codex's own
    if not f"{machine.home}/".startswith(f"{temporary}/"):
        return []
    return [
        Finding(
            "home.tmp",
            INFO,
            "The home lies below the temporary folder",
            f"{machine.home} is below {temporary}",
            "Codex warns that it could not create PATH aliases; that is harmless. What lies there may be gone after a "
            "restart of the machine, the login too.",
            "unset CODEX_HOME" if machine.context.active.from_environment else "",
        )
    ]


CHECKS: tuple[Check, ...] = (
    Check(
        {
            "home.unusable": "the active home is a folder, or can become one",
            "home.link": "no home is a link that leads nowhere",
        },
        _look_at_place,
    ),
    Check({"home.many": "one home, and it is the one in use"}, many, slow=True),
    Check({"home.symlink": "every home lies on a local disk"}, _look_at_disks),
    Check({"home.locks": "file locks hold where logins lie"}, _look_at_locks),
    Check(
        {
            "home.readonly": "logins lie where can be written",
            "home.full": "there is room for a new login",
        },
        _look_at_room,
    ),
    Check({"home.tmp": "the home is not a temporary folder"}, _look_at_tmp),
    Check({"copy.twin": "no login lies in two hands"}, twins, slow=True),
    Check({"copy.stale": "the active login is the newest of its sign-in"}, outrun, slow=True),
)
