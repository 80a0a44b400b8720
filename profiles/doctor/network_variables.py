"""Who sets the variable that counts: file and line where one can be found, and the step that takes it away."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from profiles.doctor.environment_mends import comment_out
from profiles.doctor.environment_places import where_set

if TYPE_CHECKING:
    from profiles.doctor.environment_places import Place
    from profiles.doctor.finding import Mend
    from profiles.doctor.machine import Machine


class Source(NamedTuple):
    """`told` names the places, for people; `removal` is one step that takes the variable away."""

    told: str
    removal: str
    places: tuple[Place, ...] = ()

    def mend(self, machine: Machine, id_: str) -> Mend | None:
        """Return the mend that comments out the lines that set it, None when no file of the person's does."""
        return comment_out(machine, id_, self.places) if self.places else None


def source(machine: Machine, name: str, where: str, value: str | None = None) -> Source:
    """Return who sets a variable; `where` is what `Variables` says of it, `value` what it holds."""
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
    places = same or places
    if not places:
        kept = f"of {where}" if in_dotenv else "of the environment in which this runs"
        removal = f"take {name} out of {where}" if in_dotenv else f"unset {name}"
        return Source(f"{name} {kept}", removal)
    told = f"{name}, set by {', '.join(each.told for each in places)}"
    removal = " && ".join(dict.fromkeys(each.remove for each in places if each.remove))
    return Source(told, removal or f"unset {name}", tuple(places))


def shown_address(value: str) -> str:
    """Return a proxy's address as it was written, without user, password and path."""
    scheme, mark, rest = value.strip().rpartition("://")
    host = rest.rpartition("@")[2].partition("/")[0].partition("?")[0].partition("#")[0]
    shown = "".join(sign for sign in f"{scheme}{mark}{host}" if sign.isprintable())
    return shown if len(shown) <= 80 else f"{shown[:79]}…"
