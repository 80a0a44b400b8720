"""The files of a login: whole or broken, whose they are, who may read them, and whether Codex can save into them."""

from __future__ import annotations

import os
import shlex

from profiles.doctor.checks import Check
from profiles.doctor.files_modes import modes, owners
from profiles.doctor.finding import ERROR, WARNING, Finding
from profiles.doctor.homes_mounts import is_mount_point
from profiles.doctor.homes_places import (
    ACTIVE,
    PROFILE,
    Place,
    copy_in,
    login_words,
    own_places,
    words_for,
)
from profiles.doctor.logins_none import bring_a_login

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine
    from profiles.generation import Copy

SEEN: dict[str, str] = {
    "file.mode": "Modes of every home, login, backup, and of a .env with credentials: whether others may read or write "
    "them, and whether their owner may. What Codex makes itself (folder 0755, auth.json 0600) is fine.",
    "file.owner": "Whether home, login, locks and settings belong to whoever runs this: one sudo codex leaves files of "
    "root, and then nothing can be saved.",
    "file.broken": "Whether each auth.json is a file that Codex would load: not empty, cut, a folder or a pipe, JSON "
    "as Codex reads it, tokens that it can decode.",
    "file.auth_mode": "Whether auth_mode is a word that Codex knows; with any other the whole file is refused.",
    "file.link": "Whether auth.json is a link that leads nowhere: Codex then says “Not logged in”.",
    "file.hardlink": "Whether auth.json has a second name (a hard link): Codex 0.169 then refuses to save, and drops "
    "what it refreshes.",
    "file.mount": "Whether auth.json is a mount of its own, as with docker -v …/auth.json: Codex cannot replace it, "
    "and drops what it refreshes.",
    "file.leftover": "Whether a killed Codex left newer tokens beside auth.json, under a temporary name.",
}
UNSEEN: dict[str, str] = {}


def _level(place: Place) -> str:
    return ERROR if place.role == ACTIVE else WARNING


def _look_at_broken(machine: Machine) -> list[Finding]:
    found = []
    for place in own_places(machine):
        if os.path.islink(place.auth) and not os.path.exists(place.auth):
            continue  # file.link
        copy = copy_in(machine, place)
        if copy is not None and copy.document is None:
            found.append(_broken(machine, place, copy))
    return found


def _broken(machine: Machine, place: Place, copy: Copy) -> Finding:
    problem = copy.problem or "cannot be used"
    is_mode = problem.startswith("auth_mode: ") and "needs" not in problem
    words = login_words(machine, place)
    if is_mode:
        title = f"Codex does not know the auth_mode of {words}"
        why = (
            "The whole file is refused then. A newer Codex or another tool wrote it; Codex 0.98 knows apikey, chatgpt "
            "and chatgptAuthTokens only."
        )
    else:
        title = f"Codex cannot load {words}"
        why = "Codex fails with an error, or calls it not logged in, whatever else is right."
    id_ = "file.auth_mode" if is_mode else "file.broken"
    evidence = f"{words_for(machine, place)}: {place.auth}: {problem}"
    return Finding(id_, _level(place), title, evidence, why, _way_back(machine, place))


def _way_back(machine: Machine, place: Place) -> str:
    """Return the step that puts a whole login back: a switch to a saved one, a backup, or a new login."""
    from profiles.backups import kept
    from profiles.generation import read_copy
    from profiles.seen import last_seen

    aside = shlex.join(["mv", place.auth, f"{place.auth}.broken"]) + " && "
    # A switch and an install write over a file; what is none is moved away first.
    away = "" if os.path.isfile(place.auth) else aside
    if place.role == PROFILE:
        return f"{away}tui login {place.name} --device-code"
    if place.role == ACTIVE:
        sight = last_seen(machine.context, place.home)
        known = machine.snapshot.row(sight.profile) if sight is not None else None
        if known is not None and known.state not in ("broken", "empty", "login-needed"):
            return f"{away}tui switch {known.name}"
    for path in reversed(kept(machine.context, place.home)):
        copy = read_copy(path)
        if copy is not None and copy.document is not None and copy.document.identity is not None:
            return away + shlex.join(["install", "-m", "600", path, place.auth])
    return f"{aside}{bring_a_login(machine, place.home)}"


def _look_at_links(machine: Machine) -> list[Finding]:
    found = []
    for place in own_places(machine):
        if os.path.islink(place.auth) and not os.path.exists(place.auth):
            found.append(_dangling(machine, place))
            continue
        try:
            status = os.stat(place.auth)
        except OSError:
            continue
        if status.st_nlink > 1 and os.path.isfile(place.auth):
            found.append(_hard_linked(machine, place, status))
        if is_mount_point(machine, os.path.realpath(place.auth)):
            found.append(_mounted(place))
    return found


def _dangling(machine: Machine, place: Place) -> Finding:
    from profiles.doctor.mending import remove_link

    return Finding(
        "file.link",
        _level(place),
        "The login file auth.json is a link that leads nowhere",
        f"{place.auth} -> {os.readlink(place.auth)}",
        "Codex says “Not logged in”. When it leads to a disk that is not mounted, mount that; else remove the link: a "
        "login, or a switch, then makes a real file.",
        shlex.join(["rm", place.auth]),
        remove_link(machine.context, "file.link", place.auth),
    )


def _hard_linked(machine: Machine, place: Place, status: os.stat_result) -> Finding:
    real = os.path.realpath(place.auth)
    others = [
        each.auth
        for each in own_places(machine)
        if each.home != place.home and _inode(each.auth) == (status.st_dev, status.st_ino)
    ]
    also = f", also {', '.join(others)}" if others else ""
    aside = shlex.quote(f"{real}.own")
    return Finding(
        "file.hardlink",
        _level(place),
        "The login file auth.json has a second name (a hard link)",
        f"{real} has {status.st_nlink} links{also}",
        "Codex 0.169 refuses to save into such a file: a refresh spends the token, the next one is dropped, and then "
        "“refresh token was already used”.",
        f"cp -p {shlex.quote(real)} {aside} && mv {aside} {shlex.quote(real)}",
    )


def _inode(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _mounted(place: Place) -> Finding:
    return Finding(
        "file.mount",
        _level(place),
        "The login file auth.json is a mount of its own",
        f"{os.path.realpath(place.auth)} is a mount point",
        "Codex saves by replacing the file, and a mount cannot be replaced: a refresh spends the token, and the next "
        "one is dropped.",
        "mount the whole folder instead: -v FOLDER:/root/.codex for …/auth.json",
    )


def _look_at_leftovers(machine: Machine) -> list[Finding]:
    from profiles.generation import SURE, compare, known_same_lineage
    from profiles.leftovers import leftovers, read_leftover

    found = []
    for place in own_places(machine):
        for path in leftovers(place.home):
            mine = copy_in(machine, place)
            other = read_leftover(path)
            if other is None or other.document is None or mine is None or mine.document is None:
                continue
            verdict = compare(other, mine, machine.context.now(), lambda _: False)
            kin = known_same_lineage(other.document, mine.document)
            if kin and verdict.order > 0 and verdict.by in SURE:
                found.append(_left(machine, place, path))
    return found


def _left(machine: Machine, place: Place, path: str) -> Finding:
    name = place.name if place.role == PROFILE else machine.snapshot.active
    verb = "refresh" if place.role == PROFILE else "switch"
    fix = shlex.join(["mv", path, os.path.realpath(place.auth)])
    return Finding(
        "file.leftover",
        _level(place),
        "A killed Codex left newer tokens beside the login",
        f"{path} is newer than {place.auth}",
        "The tokens in auth.json are used up, and the temporary file is the only copy of the next ones. Do not remove "
        "it: a switch or refresh of ours takes it up.",
        f"tui {verb} {name}" if name else fix,
    )


CHECKS: tuple[Check, ...] = (
    Check({"file.mode": "only you may read the logins"}, modes),
    Check({"file.owner": "all files of the homes are yours"}, owners),
    Check(
        {
            "file.broken": "every auth.json is one that Codex loads",
            "file.auth_mode": "every auth_mode is one that Codex knows",
        },
        _look_at_broken,
    ),
    Check(
        {
            "file.link": "no auth.json is a link that leads nowhere",
            "file.hardlink": "no auth.json has a second name",
            "file.mount": "no auth.json is a mount of its own",
        },
        _look_at_links,
    ),
    Check({"file.leftover": "nothing newer lies beside a login"}, _look_at_leftovers),
)
