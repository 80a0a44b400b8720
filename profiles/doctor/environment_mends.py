"""The mend of a line that sets a variable: commented out, in every file of the person that has one."""

from __future__ import annotations

import os
import re

from profiles.doctor.finding import Mend, Mended
from profiles.doctor.mending import rewrite
from profiles.errors import ProfilesError
from profiles.files import read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from profiles.doctor.environment_places import Place
    from profiles.doctor.machine import Machine

#: What is put behind a line that was commented out.
REMARK = "  # commented out by switchyard"


def can_mend(place: Place) -> bool:
    """Tell whether a place is a line of a file that we may write, and that a sign before it takes away."""
    return (
        place.path is not None
        and place.hit is not None
        and place.hit.mark is not None
        and not place.ignored
        and os.access(place.path, os.W_OK)
    )


def comment_out(machine: Machine, id_: str, places: Iterable[Place]) -> Mend | None:
    """Return the mend that comments out all lines that can be; None when there is none of these.

    All files are changed, or none: what was done is taken back when one of them cannot be written.
    """
    by_file: dict[str, list[Place]] = {}
    for place in places:
        if place.path is not None and can_mend(place):
            by_file.setdefault(place.path, []).append(place)
    changes: list[str] = []
    pairs = []
    for path, lines in by_file.items():
        try:
            before = read_regular(os.path.realpath(path))
        except OSError:
            continue
        after, shown = _without(before, lines)
        changes += shown
        pairs.append(
            (
                rewrite(machine.context, id_, path, before, after, changes=tuple(shown)),
                rewrite(machine.context, id_, path, after, before, changes=tuple(shown)),
            )
        )
    if not pairs:
        return None

    def apply() -> Mended:
        done: list[Mended] = []
        for there, _back in pairs:
            try:
                done.append(there.apply())
            except ProfilesError:
                for _there, back in pairs[: len(done)]:
                    back.apply()
                raise
        said = [line for each in done for line in each.said]
        said.append("the value still stands in the comment and in that copy: remove it there, too")
        undo = " && ".join(each.undo for each in done if each.undo)
        return Mended((*said, "open a new terminal: this one has the variable still"), undo)

    names = ", ".join(place.where for lines in by_file.values() for place in lines)
    return Mend(f"comment out {names}", tuple(changes), apply)


def _without(before: bytes, places: Iterable[Place]) -> tuple[bytes, list[str]]:
    """Return a file's bytes with the lines commented out, and what people are shown of that: no value."""
    lines = before.split(b"\n")
    shown = []
    for place in places:
        if place.hit is None or place.hit.mark is None or place.line is None:
            continue
        old = lines[place.line - 1]
        end = b"\r" if old.endswith(b"\r") else b""
        mark, text = place.hit.mark.encode(), old.removesuffix(b"\r")
        lines[place.line - 1] = mark + text + REMARK.encode() + end
        told = _hidden(text.decode("utf-8", "replace"), place.name)
        shown += [f"- {place.where}: {told}", f"+ {place.where}: {place.hit.mark}{told}{REMARK}"]
    return b"\n".join(lines), shown


def _hidden(line: str, name: str) -> str:
    """Return a line up to the name, with `…` for the value."""
    found = re.match(rf"(.*?\b{name})(\s*[+:]?=\s*|\s+(?:DEFAULT|OVERRIDE)=|\s+)", line, re.DOTALL)
    return f"{found[1]}{found[2]}…" if found else "…"
