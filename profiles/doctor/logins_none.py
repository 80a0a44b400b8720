"""A home in which nobody is logged in: what brings a login into it, by our own commands."""

from __future__ import annotations

import os
import shlex

from profiles.doctor.finding import WARNING, Finding
from profiles.doctor.homes_places import cache_of
from profiles.paths import AUTH_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine

#: The name of a profile that nobody has named yet.
_FIRST = "main"
#: States of a profile whose login no switch can bring.
_UNUSABLE = ("broken", "empty", "login-needed")


def bring_a_login(machine: Machine, home: str) -> str:
    """Return the command that brings a login into a home: a switch to one that works, else a new login.

    Never `codex login`: it revokes the login that it finds there, and Codex need not be installed.
    """
    name = _profile_for(machine, home)
    row = machine.snapshot.row(name) if name is not None else None
    into = "" if home == machine.home else f"CODEX_HOME={shlex.quote(home)} "
    if row is not None and row.state not in _UNUSABLE:
        return f"{into}tui switch {name}"
    name = name or _new_name(machine, home)
    return f"tui login {name} --device-code && {into}tui switch {name}"


def _profile_for(machine: Machine, home: str) -> str | None:
    """Return the profile that a person will want there: the one of before, else one that works, else any."""
    from profiles.history import last_switches
    from profiles.seen import last_seen

    sight = last_seen(machine.context, home)
    before = [sight.profile] if sight is not None else []
    before += [each.profile for each in last_switches(machine.context, home)][:1]
    rows = {each.name: each for each in machine.snapshot.rows if each.name is not None}
    known = [name for name in before if name in rows]
    if known:
        return known[0]
    if home != machine.home:
        return None
    working = [name for name, row in rows.items() if row.state not in _UNUSABLE]
    return next(iter(working or rows), None)


def _new_name(machine: Machine, home: str) -> str:
    """Return a name that no profile has: after the folder, as `~/.codex-work` is work."""
    from profiles.doctor.homes_places import shelf_of
    from profiles.errors import ProfilesError
    from profiles.store import check_name

    word = os.path.basename(home).partition(".codex-")[2] or _FIRST
    try:
        check_name(word)
    except ProfilesError:
        word = _FIRST
    taken = {each.name for each in shelf_of(machine).profiles}
    names = (word if number == 1 else f"{word}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def nobody(machine: Machine) -> list[Finding]:
    """Find that Codex has no login in the active home; nothing where another finding says why already."""
    auth = f"{machine.home}/{AUTH_FILE}"
    if machine.context.active.problem is not None or not _is_missing(machine, auth):
        return []
    if _has_another(machine) or _is_elsewhere(machine):
        return []
    from profiles.seen import last_seen

    saved = [each.name for each in machine.snapshot.rows if each.name is not None]
    what = "is not there" if not os.path.exists(auth) else "holds no login"
    lines = [f"{machine.short(auth)} {what}"]
    if last_seen(machine.context, machine.home) is not None:
        lines.append("a login was there before")
    if saved:
        shown = ", ".join(saved[:5]) + (" …" if len(saved) > 5 else "")
        lines.append(f"saved in Switchyard, and not in use: {shown}")
        why = "Codex asks for a login at its next start. A switch brings a saved one back."
    else:
        lines.append("no login is saved in Switchyard")
        why = "Codex asks for a login at its next start; until then there is nothing to work with."
    return [
        Finding(
            "login.none",
            WARNING,
            "Nobody is logged in here",
            "\n".join(lines),
            why,
            bring_a_login(machine, machine.home),
        )
    ]


def _is_missing(machine: Machine, auth: str) -> bool:
    """Tell whether there is no login, and no file that another finding calls broken or a link to nowhere."""
    from profiles.model import EMPTY

    if os.path.islink(auth) and not os.path.exists(auth):
        return False
    return cache_of(machine).auth_facts(auth).kind == EMPTY


def _has_another(machine: Machine) -> bool:
    """Tell whether Codex works with something else here: a token in a variable, a keyring, a provider of its own."""
    from profiles.doctor.environment_tokens import AGENT, PERSONAL, read_credential
    from profiles.doctor.store_layers import layers, providers, winner

    value = machine.environ.get("CODEX_ACCESS_TOKEN", "")
    if value.strip():
        credential = read_credential(value, machine.context.now())
        if credential.kind in (PERSONAL, AGENT) and not credential.expired:
            return True
    found = layers(machine, machine.home)
    store = winner(found, "cli_auth_credentials_store")
    if store is not None and store[1] in ("keyring", "auto", "ephemeral"):
        return True  # store.keyring, store.ephemeral: whether there is a login, auth.json does not tell
    chosen = winner(found, "model_provider")
    name = chosen[1] if chosen is not None else "openai"
    if not isinstance(name, str) or name in ("", "openai"):
        return False
    table = providers(found).get(name)
    return table is None or table.get("requires_openai_auth") is not True


def _is_elsewhere(machine: Machine) -> bool:
    """Tell whether the login lies in another home: home.many says so, and which."""
    from profiles.doctor.homes import many

    return any(each.level == WARNING for each in many(machine))
