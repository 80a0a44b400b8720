"""The findings about CODEX_HOME, and about the variables with which Codex's own tests lead it elsewhere."""

from __future__ import annotations

import os
import shlex

from profiles.doctor.environment_findings import places_of, steps, where_lines
from profiles.doctor.environment_mends import comment_out
from profiles.doctor.environment_places import HOOK_URLS, HOOKS, Place
from profiles.doctor.finding import ERROR, INFO, WARNING, Finding
from profiles.doctor.variable_hits import FUNCTION, ONE_COMMAND

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine

HOME = "CODEX_HOME"
_ID = "env.home"
_CLIENT = "CODEX_APP_SERVER_LOGIN_CLIENT_ID"
#: Codex's own client id (profiles/CODEX.md, C22).
_OWN_CLIENT = "app_EMoamEEZ73f0CkXaXp7hrann"


def printable(text: str) -> str:
    """Return a text that a terminal can be given: signs that steer it stand as `?`."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def codex_home(machine: Machine) -> list[Finding]:
    """Find what CODEX_HOME chooses, here and in a new terminal (C1 to C3)."""
    places = places_of(machine, HOME)
    value = machine.environ.get(HOME, "")
    if not value:
        return _not_here(machine, places)
    active = machine.context.active
    lines = [f"{HOME}={printable(value)}", *where_lines(machine, HOME, places, is_set=True)]
    if active.path != value:
        lines[0] += f", which is {printable(active.path)}"
    if active.problem is not None:
        return [_broken(machine, value, lines, places)]
    if not os.path.isabs(value):
        why = "Codex takes it from the folder in which it is started: in each folder it has another home and login."
        title = f"{HOME} is a relative path: it changes with the folder"
        fix = f"export {HOME}={shlex.quote(printable(active.path))}"
        return [Finding(_ID, WARNING, title, "\n".join(lines), why, fix)]
    title = f"{HOME} chooses the home"
    why = f"Codex looks for its login there, and not in {machine.short(machine.context.user_home)}/.codex."
    return [Finding(_ID, INFO, title, "\n".join(lines), why)]


def _broken(machine: Machine, value: str, lines: list[str], places: list[Place]) -> Finding:
    problem = machine.context.active.problem
    missing = problem == "does not exist"
    lines[0] += f": {problem}"
    why = f"Every command of Codex ends at once: {HOME} points to … but that path {problem}."
    if value.startswith("~") or value != value.strip():
        why += (
            " Nothing is expanded in it: a ~ in quotes stays one, and a space belongs to the name."
        )
    elif missing:
        why += f" Where the name is right, make the folder: mkdir -m 700 -p {shlex.quote(printable(value))}"
    title = (
        f"{HOME} names a folder that does not exist"
        if missing
        else f"{HOME} names something that is no folder"
    )
    fix = steps(HOME, [place for place in places if not _is_local(place)], is_set=True)
    mend = comment_out(machine, _ID, [place for place in places if not _is_local(place)])
    return Finding(_ID, ERROR, title, "\n".join(lines), why, fix, mend)


def _is_local(place: Place) -> bool:
    """Tell whether a place chooses a home on purpose, for a command or folder: people with two logins do that."""
    scope = place.hit.scope if place.hit is not None else ""
    return scope in (ONE_COMMAND, FUNCTION) or place.reach.startswith("in and below")


def _not_here(machine: Machine, places: list[Place]) -> list[Finding]:
    """Say what a new terminal will have, or what some commands and folders choose."""
    if not places:
        return []
    wide = [place for place in places if not (_is_local(place) or place.ignored) and place.bites]
    other = [place for place in wide if _home_of(machine, place) not in (None, machine.home)]
    lines = [HOME, *where_lines(machine, HOME, places, is_set=False)]
    for place in other:
        path = _home_of(machine, place)
        if path is not None and not os.path.isdir(path):
            lines.append(
                f"{place.where} chooses {printable(path)}, which is no folder: Codex will not start"
            )
    if not other:
        title = f"{HOME} is chosen for some commands or folders"
        why = "There Codex has another home and login than in this terminal."
        return [Finding(_ID, INFO, title, "\n".join(lines), why)]
    title = f"A new terminal or program will have another {HOME}"
    why = f"It is not set here, where Codex uses {machine.short(machine.home)}: there it has another login."
    fix = steps(HOME, other, is_set=False)
    return [
        Finding(_ID, WARNING, title, "\n".join(lines), why, fix, comment_out(machine, _ID, other))
    ]


def _home_of(machine: Machine, place: Place) -> str | None:
    """Return the home that a place chooses, when that can be told from what stands there."""
    from profiles.doctor.startup_files import expanded

    value = place.hit.text if place.hit is not None else None
    if value is None:
        return None
    home = machine.context.user_home
    path = expanded(value.reveal(), {**machine.environ, "HOME": home}, home)
    return None if path is None else os.path.realpath(path)


def test_hooks(machine: Machine) -> list[Finding]:
    """Find the variables that lead Codex's requests elsewhere (C143)."""
    found = []
    for name in HOOKS:
        value = machine.environ.get(name, "").strip()
        places = places_of(machine, name)
        if value or places:
            found.append(_of_hook(machine, name, value, places))
    return found


def _of_hook(machine: Machine, name: str, value: str, places: list[Place]) -> Finding:
    literal = [_literal(place) for place in places if not place.ignored]
    values = [value] if value else [each for each in literal if each]
    # Who tries a service of their own, as our demo does, has said so to us, too.
    strange = [each for each in values if _is_strange(name, each) and not machine.is_chosen(each)]
    told = ", ".join(_told(name, each) for each in values) or "set"
    lines = [f"{name}: {told}", *where_lines(machine, name, places, is_set=bool(value))]
    if not strange:
        title = f"{name} is set"
        why = "It is meant for tests of Codex, and changes nothing that a login needs as it stands."
        return Finding("env.test_hooks", INFO, title, "\n".join(lines), why)
    if name == _CLIENT:
        title = f"{name} names another client than Codex"
        why = "Logins by the app-server are made for another client than Codex's own, which may not renew them."
    else:
        title = f"{name} leads away from OpenAI"
        why = "Codex sends its tokens to that address and not to OpenAI: logins and refreshes fail, or go to strangers."
    level = ERROR if value and name in HOOK_URLS else WARNING
    fix = steps(name, places, is_set=bool(value))
    mend = comment_out(machine, "env.test_hooks", places)
    return Finding("env.test_hooks", level, title, "\n".join(lines), why, fix, mend)


def _literal(place: Place) -> str:
    value = place.hit.value if place.hit is not None else None
    return value.reveal().strip() if value is not None else ""


def _is_strange(name: str, value: str) -> bool:
    if name in HOOK_URLS:
        scheme, host = _address(value)
        return not (scheme == "https" and (host == "openai.com" or host.endswith(".openai.com")))
    return name == _CLIENT and value != _OWN_CLIENT


def _address(value: str) -> tuple[str, str]:
    """Return the scheme and the host with its port of a URL, nothing else of it."""
    scheme, separator, rest = value.partition("://")
    if not separator:
        return "", ""
    for sign in "/?#":
        rest = rest.partition(sign)[0]
    return scheme.lower(), rest.rpartition("@")[2].lower()


def _told(name: str, value: str) -> str:
    if name in HOOK_URLS:
        scheme, host = _address(value)
        return printable(f"{scheme}://{host}") if scheme else "no address"
    if name == _CLIENT:
        return "Codex's own" if value == _OWN_CLIENT else "another client id"
    return printable(value)
