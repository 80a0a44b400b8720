"""Whose login the daemon of a home has, as it says itself; and its restart."""

from __future__ import annotations

from profiles.doctor.codex_logins import TOLD_KINDS, bearer, is_due, login_in, login_told
from profiles.doctor.finding import ERROR, INFO, UNKNOWN, Finding, Mend, Mended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.doctor.codex_socket import Told
    from profiles.doctor.machine import Machine
    from profiles.model import Process

#: Seconds for a daemon's answer.
_PATIENCE = 2.0
_ANEW = "Each new codex there joins it. Restarted, it reads auth.json again; screens reconnect by themselves."


def of_daemon(machine: Machine, process: Process, home: str) -> tuple[str, Finding | None] | None:
    """Return whose login a daemon has, and what is wrong about that.

    None when it must not be asked: its token is due, and asked for it, it would refresh it. Nothing is sent by looking.
    """
    from profiles.daemon import SOCKET
    from profiles.doctor.codex_socket import Silent, ask
    from profiles.generation import read_copy
    from profiles.paths import AUTH_FILE

    copy = read_copy(f"{home}/{AUTH_FILE}")
    document = None if copy is None else copy.document
    if document is not None and is_due(machine, document):
        return None
    try:
        told = ask(f"{home}/{SOCKET}", machine.left(_PATIENCE))
    except Silent as error:
        title = "The daemon does not say whose login it has"
        finding = old_daemon(machine, process, home, UNKNOWN, title)
        finding = finding._replace(evidence=f"{finding.evidence}: {error}")
        return f"did not answer ({error})", finding
    uses = f"{login_told(machine, told).name}, as it says itself"
    if copy is not None and document is None:
        return uses, None  # auth.json itself is what is wrong
    if not _is_from_file(home, document):
        return uses, None
    return uses, _compared(machine, process, home, told, document)


def _is_from_file(home: str, document: AuthDocument | None) -> bool:
    """Tell whether an app-server that begins in this home has the login of this document, and can tell so."""
    from profiles.overrides import home_settings, why_void

    settings = home_settings(home)
    if settings.store not in (None, "file") or settings.problem is not None:
        return False
    if document is None or document.identity is None:
        return True
    return document.kind in TOLD_KINDS and not why_void(settings, document.identity, document)


def _compared(
    machine: Machine, process: Process, home: str, told: Told, document: AuthDocument | None
) -> Finding | None:
    """Return what is wrong when a daemon has another bearer than the document."""
    expected = None if document is None else bearer(document)
    if told.token == expected:
        return None
    theirs, ours = login_told(machine, told), login_in(machine, document)
    if expected is not None and theirs.is_same(ours):
        title = "The daemon has an older token of the same login"
        finding = old_daemon(machine, process, home, INFO, title)
        return finding._replace(
            why="It takes the newer one over as soon as it needs it: nothing has to be done."
        )
    title = f"The daemon still uses {theirs.name}"
    if told.token is None:
        title = "The daemon has no login, though auth.json has one"
    finding = old_daemon(machine, process, home, ERROR, title[:70])
    evidence = f"{finding.evidence}: {theirs.name}\n{home}/auth.json: {ours.name}"
    override = _override_of(machine, process)
    if override:
        evidence += f"\nits environment has {override}"
    return finding._replace(evidence=evidence)


def old_daemon(machine: Machine, process: Process, home: str, level: str, title: str) -> Finding:
    """Return the finding that a daemon has another login than its home, with the restart that mends it."""
    from profiles.daemon import command_line

    line = command_line(home)
    change = f"{line}  (process {process.pid} ends, a new one begins)"
    return Finding(
        "daemon.old",
        level,
        title,
        f"daemon (pid {process.pid}) of {home}",
        _ANEW,
        line,
        Mend(f"restart the daemon of {home}", (change,), lambda: _restart(machine, home)),
    )


def _restart(machine: Machine, home: str) -> Mended:
    from profiles.daemon import find, restart
    from profiles.history import Entry, note

    context = machine.context
    if not restart(home, machine.environ, find(home, context.processes())):
        return Mended(("no daemon runs there any more",))
    note(context, Entry(context.now(), "doctor", "", "", home, "mended daemon.old"))
    status = find(home, context.processes())
    return Mended(("restarted" if status is None else f"restarted: process {status.pid}",))


def _override_of(machine: Machine, process: Process) -> str:
    """Return the variables in a process's environment that beat its auth.json."""
    from profiles.daemon import OVERRIDES

    text = machine.text(f"{machine.proc}/{process.pid}/environ") or ""
    pairs = [entry.partition("=") for entry in text.split("\0")]
    return " and ".join(name for name, _, value in pairs if name in OVERRIDES and value.strip())
