"""The homes of Codex on the Windows side, and whether their login is ours: the same, newer or older."""

from __future__ import annotations

import os
import shlex

from profiles.doctor.finding import INFO, UNKNOWN, WARNING, Finding
from profiles.doctor.wsl_system import drives, windows_users
from profiles.doctor.wsl_windows import windows_codex_home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.doctor.machine import Machine
    from profiles.generation import Copy

_ID = "wsl.homes"


def homes(machine: Machine) -> list[Finding]:
    """Compare the login of every Windows home with the active one."""
    from profiles.generation import read_copy

    if not drives(machine):
        why = "no drive of Windows is mounted here (automount in /etc/wsl.conf, or a mount that failed)"
        title = "the Windows homes cannot be seen"
        return [Finding(_ID, UNKNOWN, title, why, "", "ls /mnt/c/Users")]
    named = windows_codex_home(machine)
    places = [f"{user}/.codex" for user in windows_users(machine)]
    active = read_copy(f"{machine.home}/auth.json")
    found, seen = [], {machine.home}
    for place in [named, *places] if named is not None else places:
        real = os.path.realpath(machine.path(place))
        # Where both are one folder there is nothing to compare (home.symlink).
        if real in seen:
            continue
        seen.add(real)
        copy = read_copy(f"{real}/auth.json")
        # A file may load and hold no login.
        if copy is not None and (copy.document is None or copy.document.identity is not None):
            found.append(_judge(machine, f"{place}/auth.json", copy, active))
    return found


def _judge(machine: Machine, path: str, theirs: Copy, ours: Copy | None) -> Finding:
    from profiles.generation import same_lineage
    from profiles.model import OAUTH_KINDS

    if theirs.document is None:
        title = "a Windows home's login cannot be read"
        why = "Whether it is a copy of the login here is not known."
        return Finding(_ID, UNKNOWN, title, f"{path}: {theirs.problem}", why, "tui doctor")
    there = f"{path}: {_who(theirs.document)}"
    if ours is None or ours.document is None or ours.document.identity is None:
        why = "Each side logs in by itself: a copied login ends at the first refresh of the other side."
        return Finding(
            _ID, INFO, "Windows has a login, this home has none", there, why, _log_in(machine)
        )
    evidence = f"{there}\n{machine.short(ours.path)}: {_who(ours.document)}"
    if theirs.document.identity != ours.document.identity:
        why = "Codex on Windows and Codex here are two people to the service. A switch here changes nothing there."
        return Finding(_ID, INFO, "Windows uses another login", evidence, why)
    if ours.document.kind not in OAUTH_KINDS:
        why = "It does not rotate: both sides may use it."
        return Finding(_ID, INFO, "Windows uses the same key or token", evidence, why)
    if not same_lineage(theirs.document, ours.document):
        why = "It was signed in there apart: neither side ends the other's."
        return Finding(_ID, INFO, "Windows has its own login of this account", evidence, why)
    return _of_one_family(machine, path, evidence, theirs, ours)


def _of_one_family(machine: Machine, path: str, evidence: str, theirs: Copy, ours: Copy) -> Finding:
    """Judge two copies that have one family of refresh tokens: only the newest of it is alive."""
    from profiles.generation import compare
    from profiles.spent import load_spent

    if theirs.refresh_digest == ours.refresh_digest:
        why = "The first side to refresh ends the other's copy (copy.twin)."
        return Finding(_ID, INFO, "Windows holds this very login", evidence, why, _log_in(machine))
    order = compare(theirs, ours, machine.context.now(), load_spent(machine.context).is_spent).order
    if order > 0:
        return Finding(
            _ID,
            WARNING,
            "Windows has a newer copy of this login",
            evidence,
            "It was refreshed there, and a refresh token serves once: the copy here is spent, and its next refresh "
            "fails as already used, which may end the one on Windows too.",
            _log_in(machine),
        )
    if order < 0:
        return Finding(
            _ID,
            WARNING,
            "Windows has an older copy of this login",
            evidence,
            "It was refreshed here, and a refresh token serves once: the copy on Windows is spent. When Codex there "
            "sends it, the login here may end too. Sign in there anew afterwards; not by codex logout, which "
            "revokes.",
            f"mv {shlex.quote(path)} {shlex.quote(f'{path}.old')}",
        )
    why = "Which of the two is newer cannot be told; only one of them is alive."
    return Finding(
        _ID, WARNING, "Windows has another copy of this login", evidence, why, _log_in(machine)
    )


def _who(document: AuthDocument) -> str:
    return f"{document.kind}{f', {document.email}' if document.email else ''}"


def _log_in(machine: Machine) -> str:
    return f"tui login {shlex.quote(machine.snapshot.active or 'NAME')} --device-code"
