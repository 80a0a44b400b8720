"""Who sets the variable that counts: file and line where one can be found, and the step that takes it away."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from profiles.doctor.environment_mends import comment_out
from profiles.doctor.environment_places import removals, where_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.doctor.environment_places import Place
    from profiles.doctor.finding import Mend
    from profiles.doctor.machine import Machine
    from profiles.oauth.proxies import Proxy
    from profiles.oauth.variables import Variables

#: All variables that may name a proxy, in the order in which Codex looks, those for the service first.
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy")


class Source(NamedTuple):
    """`told` names the places, for people; `removal` is one line that takes the variable away, there and here."""

    told: str
    removal: str
    places: tuple[Place, ...] = ()

    def mend(self, machine: Machine, id_: str) -> Mend | None:
        """Return the mend that comments out the lines that set it, None when no file of the person's does."""
        return comment_out(machine, id_, self.places) if self.places else None


def source(machine: Machine, name: str, where: str, value: str | None = None) -> Source:
    """Return who sets a variable; `where` is what `Variables` says of it, `value` what it holds."""
    places = _places(machine, name, where, value)
    return Source(_told(name, where, places), _removal([(name, where)], places), tuple(places))


def pointing(machine: Machine, variables: Variables, proxy: Proxy) -> tuple[list[str], Source]:
    """Return what tells of each variable that names this proxy, and who sets all of them."""
    told: list[str] = []
    named: list[tuple[str, str]] = []
    places: list[Place] = []
    for name in _PROXIES:
        variable = variables.find(name)
        if variable is None or _place(name, variable.value) != proxy.place:
            continue
        found = _places(machine, name, variable.where, variable.value)
        told.append(_told(name, variable.where, found))
        named.append((name, variable.where))
        places += found
    return told, Source("; ".join(told), _removal(named, places), tuple(places))


def setting(machine: Machine, name: str, where: str, value: str | None, wanted: str) -> str:
    """Return the line that gives a variable another value: in this terminal, and in the files that set it.

    In the `.env`, which beats the environment (C147), only the file is changed.
    """
    lines = [
        f"${{EDITOR:-vi}} +{each.line} {shlex.quote(each.path)}"
        for each in _places(machine, name, where, value)
        if each.path is not None
    ]
    if where == "the environment":
        return "; ".join([*lines, f"export {name}={wanted}"])
    return f"{'; '.join(lines) or f'edit {where}'}  # {name}={wanted}"


def _places(machine: Machine, name: str, where: str, value: str | None) -> list[Place]:
    """Return the lines that set a variable: where it counts, and with the value in effect if any has that."""
    in_dotenv = where != "the environment"
    places = [
        each
        for each in where_set(machine, name, files_only=True)
        if each.in_dotenv == in_dotenv and not each.ignored
    ]
    same = [
        each
        for each in places
        if each.hit is not None and each.hit.value is not None and each.hit.value.reveal() == value
    ]
    return same or places


def _told(name: str, where: str, places: Sequence[Place]) -> str:
    if places:
        return f"{name}, set by {', '.join(each.told for each in places)}"
    kept = "the environment in which this runs" if where == "the environment" else where
    return f"{name} of {kept}"


def _removal(named: Sequence[tuple[str, str]], places: Sequence[Place]) -> str:
    """Return the line that takes variables out of all files, and out of this environment."""
    lines = removals(places)
    of_file = {each.name for each in places}
    here = [name for name, where in named if where == "the environment"]
    lines += [
        f"take {name} out of {where}"
        for name, where in named
        if name not in of_file and name not in here
    ]
    if here:
        lines.append(f"unset {' '.join(here)}")
    return "; ".join(lines)


def _place(name: str, value: str) -> str | None:
    """Return the host and port of the proxy that a value names, None when it names none."""
    from profiles.errors import ProxyRefused
    from profiles.oauth.proxies import proxy_for
    from profiles.oauth.variables import Variables

    url = "http://x.invalid/" if name.lower() == "http_proxy" else "https://x.invalid/"
    try:
        proxy = proxy_for(Variables({name: value}, {}, ""), url)
    except ProxyRefused:
        return None
    return None if proxy is None else proxy.place


def shown_address(value: str) -> str:
    """Return a proxy's address as it was written, without user, password and path."""
    scheme, mark, rest = value.strip().rpartition("://")
    host = rest.rpartition("@")[2].partition("/")[0].partition("?")[0].partition("#")[0]
    shown = "".join(sign for sign in f"{scheme}{mark}{host}" if sign.isprintable())
    return shown if len(shown) <= 80 else f"{shown[:79]}…"
