"""Which Codexes run, and as whom: what the daemon says itself, and for the others when they began."""

from __future__ import annotations

import os

from profiles.doctor.codex_daemon import of_daemon, old_daemon
from profiles.doctor.codex_logins import login_in
from profiles.doctor.finding import INFO, WARNING, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from profiles.doctor.machine import Machine
    from profiles.history import Entry
    from profiles.model import Process


def _ours(machine: Machine) -> set[str]:
    """Return the homes that somebody switches or runs with: the active one and those of the profiles."""
    if not machine.processes:
        return set()
    return {machine.home, *(os.path.realpath(row.home) for row in machine.snapshot.rows)}


def find_running(machine: Machine) -> list[Finding]:
    """Find the Codexes that run, and those of them that have another login than their home's auth.json."""
    told: list[str] = []
    found: list[Finding] = []
    daemons = {each.home for each in machine.processes if each.daemon}
    ours = _ours(machine)
    for process in machine.processes:
        home = "a home that cannot be seen" if process.home is None else machine.short(process.home)
        kind = " (daemon)" if process.daemon else ""
        words = f"{process.command}{kind}, pid {process.pid}, {home}"
        asked = None
        if process.daemon and process.home is not None:
            asked = of_daemon(machine, process, process.home)
        uses, finding = asked or _by_time(machine, process, daemons)
        told.append(f"{words}: {uses}")
        if finding is not None and process.home not in ours:
            # Whoever keeps a home by hand is told, and not alarmed.
            finding = finding._replace(level=INFO)
        found += [] if finding is None else [finding]
    if not told:
        return []
    count = "a Codex runs" if len(told) == 1 else f"{len(told)} Codexes run"
    why = "Each keeps the login with which it began; none notices that auth.json changes."
    running = Finding("codex.running", INFO, count.capitalize(), "\n".join(told), why)
    return [*found, running]


def _by_time(
    machine: Machine, process: Process, daemons: set[str | None]
) -> tuple[str, Finding | None]:
    """Go by when it began: whoever was there before a switch has the login of then."""
    from profiles.doctor.waiting import proc_of
    from profiles.generation import read_copy
    from profiles.paths import AUTH_FILE
    from profiles.processes import is_login, is_tui, start_time

    if is_login(process):
        return "waits for a new login", None
    if is_tui(process) and process.home in daemons:
        return "that of its daemon", None
    began = start_time(process.pid, proc_of(machine))
    if began is None or process.home is None:
        return "whose login it uses cannot be seen", None
    copy = read_copy(f"{process.home}/{AUTH_FILE}")
    document = None if copy is None else copy.document
    since = _switched_since(_entries(machine), process.home, began)
    identity = document.identity if document is not None else None
    now = identity.digest() if identity is not None else ""
    if since is None or since.before_identity in ("", now):
        name = login_in(machine, document).name
        return f"{name}, which auth.json had when it began", None
    before = since.before or "the login before"
    words = f"{before}: it began before the switch to {since.profile or 'another login'}"
    if not process.daemon:
        return words, None  # token.other_account warns of it
    title = f"The daemon still uses {before}"
    finding = old_daemon(machine, process, process.home, WARNING, title[:70])
    return words, finding._replace(evidence=f"{finding.evidence}: {words}")


def _entries(machine: Machine) -> list[Entry]:
    from profiles.history import newest_first

    return machine.once("history", lambda: list(newest_first(machine.context)))


def _switched_since(entries: Iterable[Entry], home: str, began: float) -> Entry | None:
    """Return the first switch of a home after this moment: what was there before it, a process still has."""
    found = None
    for entry in entries:
        # Times of entries have whole seconds.
        if entry.time <= began:
            break
        if entry.home == home and entry.verb in ("switch", "undo") and entry.result == "changed":
            found = entry
    return found
